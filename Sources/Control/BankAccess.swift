import Glibc
public import Support

/// The way to a bank for a command: through its daemon when one runs, else by opening it.
public enum BankAccess: ~Copyable {
  /// A daemon has it.
  case daemon(ControlClient)
  /// It is open here.
  case open(Replica)

  /// How long a command waits for another one that has the bank, in tries of a twentieth of a second.
  private static let tries = 400

  /// Finds the way; see ``Replica/init(_:remotes:log:)``.
  ///
  /// - Throws: ``ControlError``, with the exit code of the contract.
  public static func find(
    _ setup: BankSetup, remotes: [String] = [], log: Log
  ) throws(ControlError) -> BankAccess {
    let configuration = try setup.load()
    let path = ControlSocket.path(
      try setup.state(configuration), runtimeDirectory: setup.environment.runtimeDirectory)
    for attempt in 0..<tries {
      do {
        if let client = try ControlClient(path) { return .daemon(client) }
      } catch {
        throw ControlError(.problems, "\(error)")
      }
      if let replica = try Replica(setup, remotes: remotes, log: log) { return .open(replica) }
      // Another command has the lock for a moment, or a daemon is starting and doesn't listen yet.
      if attempt == 0 { log.info("another membank is at work on \(setup.directory); waiting") }
      usleep(50_000)
    }
    throw ControlError(.problems, "another membank has \(setup.directory) and does not answer")
  }

  /// Opens a bank for a daemon: where only a command has it, for a moment, that is waited for.
  ///
  /// - Throws: ``ControlError``, with the exit code of the contract; usage when a daemon has it already.
  public static func own(_ setup: BankSetup, remotes: [String], log: Log) throws(ControlError) -> Replica {
    let path = ControlSocket.path(
      try setup.state(setup.load()), runtimeDirectory: setup.environment.runtimeDirectory)
    for attempt in 0..<tries {
      if let replica = try Replica(setup, remotes: remotes, log: log) { return replica }
      // Only a daemon listens.
      if daemonListens(path) {
        throw ControlError(.usage, "a daemon runs for \(setup.directory) already; `membank status` shows it")
      }
      if attempt == 0 { log.info("another membank is at work on \(setup.directory); waiting") }
      usleep(50_000)
    }
    throw ControlError(.problems, "another membank has \(setup.directory) and does not answer")
  }

  private static func daemonListens(_ path: String) -> Bool {
    do {
      guard let client = try ControlClient(path) else { return false }
      _ = consume client
      return true
    } catch {
      return false
    }
  }

  /// Asks a daemon.
  ///
  /// - Throws: ``ControlError`` with the daemon's own words when it refuses.
  public static func ask(_ client: borrowing ControlClient, _ request: JSONValue) throws(ControlError) -> JSONValue {
    let answer: JSONValue
    do { answer = try client.ask(request) } catch { throw ControlError(.problems, "the daemon: \(error)") }
    if let message = answer["error"]?.text { throw ControlError(.problems, message) }
    return answer
  }
}
