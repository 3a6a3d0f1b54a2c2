import Support
import SyncEngine

/// What was spent at each remote that bills its commands, in the state directory.
struct QuotaNotes {
  private static let name = "quota"

  private struct Note: Equatable {
    let ledger: QuotaLedger
    let renewAt: Int64
  }

  private let state: StateDirectory
  private var notes: [String: Note] = [:]

  /// What was noted last; nothing when that can't be read.
  init(_ state: StateDirectory) {
    self.state = state
    for line in (state.read(Self.name) ?? "").split(separator: "\n") {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      guard fields.count == 5, let spent = Int64(fields[2]), let since = Int64(fields[3]),
        let renewAt = Int64(fields[4]), let ledger = QuotaLedger(month: fields[1], spent: spent, since: since)
      else { continue }
      notes[fields[0]] = Note(ledger: ledger, renewAt: renewAt)
    }
  }

  private static func key(_ session: RemoteSession) -> String { RemoteNotes.key(session.name, session.address) }

  /// What was noted of a remote.
  func kept(for session: RemoteSession) -> (ledger: QuotaLedger, renewAt: Int64)? {
    notes[Self.key(session)].map { ($0.ledger, $0.renewAt) }
  }

  /// Notes what the engine knows, where that is something else.
  mutating func write(_ engine: Engine) throws(SystemError) {
    var now = notes
    for index in engine.sessions.indices {
      guard let (ledger, renewAt) = engine.quotaNotes(index) else { continue }
      now[Self.key(engine.sessions[index])] = Note(ledger: ledger, renewAt: renewAt)
    }
    guard now != notes else { return }
    let lines = now.sorted { $0.key < $1.key }.map { key, note in
      "\(key)\t\(note.ledger.month)\t\(note.ledger.spent)\t\(note.ledger.since)\t\(note.renewAt)"
    }
    try state.write(Self.name, lines.joined(separator: "\n"))
    notes = now
  }
}

/// Keeps on disk what was spent: from time to time, since losing some of it matters little, and at the end.
struct QuotaKeeper {
  /// After so many commands it is written again.
  private static let step: Int64 = 50

  private var notes: QuotaNotes
  private var written: [Int64]?
  private let log: Log

  init(_ state: StateDirectory, log: Log) {
    notes = QuotaNotes(state)
    self.log = log
  }

  /// Writes it when enough was spent since the last time.
  mutating func note(_ engine: Engine) {
    let spent = engine.sessions.indices.map { engine.quotaNotes($0)?.ledger.spent ?? 0 }
    let isNew = written.map { zip($0, spent).contains { abs($1 - $0) >= Self.step } || $0.count != spent.count } ?? true
    guard isNew, !spent.allSatisfy({ $0 == 0 }) else { return }
    write(engine)
    written = spent
  }

  /// Writes it.
  mutating func write(_ engine: Engine) {
    do { try notes.write(engine) } catch { log.warning("what was spent at remotes: \(error)", key: "quota") }
  }
}

extension QuotaSettings {
  /// As the bank's configuration has them.
  init(_ configuration: QuotaConfiguration) {
    self.init(
      budget: configuration.budget, activePoll: configuration.activePoll, idlePoll: configuration.idlePoll,
      scan: configuration.scan)
  }
}
