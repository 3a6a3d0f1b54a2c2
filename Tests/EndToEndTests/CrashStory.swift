import Support
import Testing

/// A story that leads through a failpoint, and how it has to end whether somebody died in it or not.
struct CrashStory: Sendable {
  typealias Part = @Sendable (CrashStage) async throws -> Void

  /// What was before.
  var prepare: Part = { try await $0.share(["shared.md": CrashStory.shared, "old.md": "# Old\n"]) }
  /// What leads to the step: the victim's next pass reaches it.
  var provoke: Part = { _ in }
  /// The command that dies; nil: a pass, or the daemon.
  var words: (@Sendable (CrashStage) async throws -> [String])?
  /// How the victim dies, where that is not simply while running `words`.
  var strike: Part?
  /// What its user does after the crash.
  var afterwards: Part = { _ in }
  /// Whether a daemon has to see all that happens at once.
  var atOnce = false
  /// The bank's files in the end; nil: whatever they are, nothing is lost and both have the same.
  var expected: [String: String]?

  static let shared = "# Shared\n\nfirst line\n\nlast line\n"
  static let firstEdited = "# Shared\n\nfirst line, edited\n\nlast line\n"
  static let lastEdited = "# Shared\n\nfirst line\n\nlast line, edited\n"
  static let bothEdited = "# Shared\n\nfirst line, edited\n\nlast line, edited\n"

  /// Runs it through; `inDaemon`: the victim is a daemon, not a pass.
  func play(_ crash: CrashStage, inDaemon: Bool) async throws {
    try await prepare(crash)
    if inDaemon {
      try await crash.strikeDaemon(atOnce: atOnce) { try await provoke(crash) }
    } else {
      try await provoke(crash)
      if let strike {
        try await strike(crash)
      } else {
        try await crash.strike(try await words?(crash) ?? ["sync", "--once", crash.one.bank])
      }
    }
    try await afterwards(crash)
    try await crash.converge()
    try await crash.expectNothingLost(expected)
  }
}
