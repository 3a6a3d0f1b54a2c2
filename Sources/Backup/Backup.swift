public import Support

/// One backup, as it is found where backups are kept.
public struct Backup: Hashable, Sendable {
  /// How it stands.
  public enum State: Hashable, Sendable {
    /// All of it is there, as far as a look from outside can tell.
    case complete
    /// It can't be used, and why.
    case damaged(String)
  }

  /// Its name among those of its bank and place: when it was made, as ``BackupStamp`` writes it.
  public let id: String
  /// When it was made, in seconds since 1970.
  public let seconds: Int64
  /// Where it is: a file, a key.
  public let place: String
  /// What its manifest says; nil when that can't be read.
  public let manifest: BackupManifest?
  /// How it stands.
  public let state: State

  /// A backup.
  public init(id: String, seconds: Int64, place: String, manifest: BackupManifest?, state: State) {
    self.id = id
    self.seconds = seconds
    self.place = place
    self.manifest = manifest
    self.state = state
  }

  /// Whether it counts when backups are counted.
  public var isGood: Bool { state == .complete }

  /// Refuses a backup that can't be used.
  func checkState() throws(BackupError) {
    if case .damaged(let problem) = state {
      throw BackupError(.damaged, place, "\(problem). Use another backup: `membank backup list` shows them")
    }
  }

  /// The manifest of a backup that can be used.
  func soundManifest() throws(BackupError) -> BackupManifest {
    try checkState()
    guard let manifest else { throw BackupError(.damaged, place, "it has no manifest") }
    return manifest
  }

  /// The object of `--json`.
  public var json: JSONValue {
    let problem: String? = if case .damaged(let problem) = state { problem } else { nil }
    return .members([
      "id": .string(id), "time": .string(Timestamp.text(seconds: seconds)), "place": .string(place),
      "head": .optional(manifest?.head.description), "commits": manifest.map { .integer($0.commits) } ?? .null,
      "files": manifest.map { .integer($0.files) } ?? .null, "bytes": manifest.map { .integer($0.bytes) } ?? .null,
      "state": .string(problem == nil ? "complete" : "damaged"), "problem": .optional(problem),
    ])
  }
}

/// Times as they stand in the names of backups: `20261120T140205Z`.
public enum BackupStamp {
  /// The name of a moment, in seconds since 1970.
  public static func text(_ seconds: Int64) -> String {
    Timestamp.text(seconds: seconds).filter { $0 != "-" && $0 != ":" }
  }

  /// The moment that a name stands for; nil for anything else.
  public static func seconds(_ text: some StringProtocol) -> Int64? {
    let letters = Array(text.utf8)
    guard letters.count == 16, letters[8] == UInt8(ascii: "T"), letters[15] == UInt8(ascii: "Z") else { return nil }
    func part(_ range: Range<Int>) -> String { String(decoding: letters[range], as: UTF8.self) }
    let written =
      "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T\(part(9..<11)):\(part(11..<13)):\(part(13..<15))Z"
    guard let seconds = MomentText.seconds(written, now: 0, local: .utc), self.text(seconds) == String(text) else {
      return nil
    }
    return seconds
  }
}
