import Glibc
import History
public import Support
import SyncEngine

/// Before a backup that somebody asked for: what stands in the directory becomes a version, so that the backup has it.
public enum BackupCapture {
  /// Captures, through the daemon if one runs.
  ///
  /// - Parameters:
  ///   - setup: The bank.
  ///   - publishes: Whether remotes are to have it, too; else they are not asked.
  ///   - log: Where to say what is noticed.
  /// - Throws: ``ControlError``.
  public static func run(_ setup: BankSetup, publishes: Bool, log: Log) throws(ControlError) {
    switch try BankAccess.find(setup, log: log) {
    // A daemon publishes at once whatever it captures.
    case .daemon(let client): _ = try BankAccess.ask(client, ["command": "settle"])
    case .open(let replica):
      // What is paused is left alone; one that joins waits for what the bank has.
      guard replica.state.read("paused") == nil, !replica.engine.joins else { return }
      if publishes {
        _ = try SyncOnce.run(replica)
        return
      }
      do {
        try replica.engine.captureEverything()
        if let main = replica.engine.main { try replica.engine.history.makeDurable(main) }
      } catch {
        throw ControlError(.problems, "\(error)")
      }
      replica.saveTable()
    }
  }
}
