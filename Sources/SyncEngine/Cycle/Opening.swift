public import Bank
public import History
public import Support

/// The opening of a replica's state: what the last run, or a power cut, left is mended before anything else.
public struct Opening {
  private static let bootNote = "boot"
  private static let bornNote = "born"

  /// Whether the machine went down under the last run.
  public let isUnclean: Bool
  /// What was mended, in words.
  public private(set) var notices: [String]
  private let bootID: String
  private let history: History
  private let notes: any Notes

  /// Mends the history.
  ///
  /// - Parameters:
  ///   - history: The versions.
  ///   - notes: What this replica noted.
  ///   - bootID: What is another after each boot of the machine.
  /// - Throws: ``HistoryError``.
  public init(_ history: History, notes: any Notes, bootID: String) throws(HistoryError) {
    self.history = history
    self.notes = notes
    self.bootID = bootID
    isUnclean = notes.read(Self.bootNote).map { $0 != bootID } ?? false
    notices = try history.repair(thorough: isUnclean)
  }

  /// Opens the engine on what was mended.
  public func engine(
    bank: Bank, settings: EngineSettings, table: FileTable, clock: any Clock, random: any RandomSource
  ) throws(HistoryError) -> Engine {
    let engine = try Engine(
      bank: bank, history: history, settings: settings, table: table, clock: clock, random: random)
    engine.joins = engine.main == nil && notes.read(Self.bornNote) == nil
    return engine
  }

  /// Brings back files that a power cut has damaged, then notes that a run has begun.
  ///
  /// - Parameters:
  ///   - engine: The engine that ``engine(bank:settings:table:clock:random:)`` opened.
  ///   - bootedAt: When the machine booted, in nanoseconds since 1970.
  /// - Throws: ``HistoryError``, or the failure to write the note.
  public mutating func restoreTornFiles(_ engine: Engine, bootedAt: Int64) throws {
    if isUnclean { notices += try engine.restoreTornFiles(bootedAt: bootedAt) }
    // Not before: after a kill in between, the damage that is left would be taken for edits.
    try notes.write(Self.bootNote, bootID)
  }

  /// Notes that a run ended in order: what the next one finds is no damage of a power cut.
  public static func noteEnd(_ notes: some Notes) { notes.remove(bootNote) }

  /// Whether a run has begun and not ended in order.
  public static func isUnderWay(_ notes: some Notes) -> Bool { notes.read(bootNote) != nil }

  /// Notes that a directory was made a bank here, and so has nothing to wait for.
  public static func noteBirth(_ notes: some Notes) throws(SystemError) { try notes.write(bornNote, "here") }

  /// Whether the directory was made a bank here.
  public static func isBorn(_ notes: some Notes) -> Bool { notes.read(bornNote) != nil }
}
