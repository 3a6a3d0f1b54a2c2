import Control
import Glibc
import Support

/// Asks before something is done that can't be undone.
enum Confirmation {
  /// Whether somebody is there to be asked.
  static var isPossible: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

  /// Refuses where nobody can be asked and nobody has said yes; before anything is done.
  ///
  /// - Throws: ``ControlError`` (usage).
  static func require(_ yes: Bool, _ action: String) throws(ControlError) {
    guard yes || isPossible else {
      throw ControlError(.usage, "this would \(action), and there is no terminal to ask on: say --yes if it is meant")
    }
  }

  /// Says what is about to happen and has `word` typed; does nothing where `--yes` was said.
  ///
  /// - Throws: ``ControlError`` (usage) when something else is typed.
  static func ask(_ yes: Bool, _ action: String, word: String) throws(ControlError) {
    try require(yes, action)
    guard !yes else { return }
    Output.complaint("This will \(printable(action)).\nType \(printable(word)) to go on: ")
    guard readLine() == word else { throw ControlError(.usage, "nothing was done") }
  }
}
