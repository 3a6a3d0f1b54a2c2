import Glibc
import Support

/// What a program's effects go through: where it is killed, nothing of it goes on.
final class Gate {
  /// Whether the program is dead.
  private(set) var isDead = false
  /// So many effects until it is killed; nil: it isn't.
  private(set) var left: Int?
  /// Effects so far.
  private(set) var passed = 0
  private let trace: Trace
  private let who: String
  /// Called when it is killed in the middle of something.
  var onDeath: () -> Void = {}

  init(_ trace: Trace, _ who: String) {
    self.trace = trace
    self.who = who
  }

  /// Kills it before the effect after so many more; nil: not.
  func killAfter(_ effects: Int?) { left = effects }

  func kill() {
    guard !isDead else { return }
    isDead = true
    onDeath()
  }

  /// Whether an effect takes place; `text` names it and `number` is what it is known by.
  func lets(_ number: UInt64, _ text: @autoclosure () -> String) -> Bool {
    if isDead { return false }
    if let left {
      guard left > 0 else {
        trace.tell(who, "is killed before: \(text())")
        kill()
        return false
      }
      self.left = left - 1
    }
    passed += 1
    trace.effect(number, who, text())
    return true
  }
}
