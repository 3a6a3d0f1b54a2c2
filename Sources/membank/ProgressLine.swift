import Backup
import Glibc
import Support

/// One line on the terminal that says how far long work is; nothing anywhere else.
final class ProgressLine: Sendable {
  private struct State {
    var shownAt: Int64 = 0
    var isShown = false
  }

  private let isWatched: Bool
  private let state = Lock(State())

  /// `isQuiet`: whether a program reads the answer.
  init(isQuiet: Bool) { isWatched = !isQuiet && Output.isWatched }

  var watch: BackupWatch { BackupWatch { self.note($0, $1, $2) } }

  private func note(_ step: String, _ done: Int, _ total: Int) {
    guard isWatched else { return }
    let now = SystemClock().monotonicNanoseconds
    let isDue = state.withLock { state in
      guard now - state.shownAt > 100_000_000 else { return false }
      state.shownAt = now
      state.isShown = true
      return true
    }
    if isDue { Output.complaint("\r\u{1b}[K\(step)\(total > 0 ? " \(done) of \(total)" : "")") }
  }

  /// Takes the line away.
  func clear() {
    let wasShown = state.withLock { state in
      defer { state.isShown = false }
      return state.isShown
    }
    if wasShown { Output.complaint("\r\u{1b}[K") }
  }
}
