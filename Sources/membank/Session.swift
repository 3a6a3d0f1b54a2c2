import Control
import FoundationEssentials
import Support

/// What every command starts from: the environment, the log, the way to the bank.
struct Session {
  let environment: Environment
  let log: Log

  /// - Parameters:
  ///   - quiet: Whether only what is wrong is told, because the answer is for a program.
  ///   - watched: Whether somebody looks on: then all that is done is told.
  /// - Throws: ``ControlError`` (usage) for a variable that makes no sense.
  init(quiet: Bool = false, watched: Bool = false) throws(ControlError) {
    do {
      environment = try Environment.current()
    } catch {
      throw ControlError(.usage, "\(error)")
    }
    let level =
      environment.debug ? LogLevel.debug : environment.logLevel ?? (quiet ? .warning : watched ? .info : .notice)
    log = Log(level: level, journalStream: environment.journalStream)
    for secret in environment.secrets { log.hide(secret) }
  }

  /// The bank that a command is about.
  ///
  /// - Parameter directory: What the person named; nil looks at and above the current directory, then at the usual
  ///   places below it.
  /// - Returns: The bank, whether it has a marker or not.
  /// - Throws: ``ControlError``.
  func setup(_ directory: String?) throws(ControlError) -> BankSetup {
    if let directory {
      // A bank whose directory is gone is one yet: what is to be said about it is not that there is no such directory.
      let gone = BankLocation.gone(directory).map { BankSetup($0, environment: environment) }
      if let gone, gone.hasHistory { return gone }
      return BankSetup(try BankLocation.canonical(directory), environment: environment)
    }
    let current = FileManager.default.currentDirectoryPath
    let found = BankLocation.nearest(to: current) { BankSetup($0, environment: environment).hasHistory }
    guard let found else {
      throw ControlError(
        .usage,
        "no bank at or above \(current), and no memory-bank below it; name one, or make one with `membank init DIR`")
    }
    return BankSetup(try BankLocation.canonical(found), environment: environment)
  }

  /// The bank, opened or reached through its daemon.
  func access(_ directory: String?, remotes: [String] = []) throws(ControlError) -> BankAccess {
    try BankAccess.find(setup(directory), remotes: remotes, log: log)
  }
}
