public import Support

/// A backup that Upstash holds.
public struct UpstashBackup: Hashable, Sendable, CustomStringConvertible {
  /// How far it is.
  public enum State: Hashable, Sendable {
    /// Being made.
    case pending
    /// Whole; it can be restored.
    case completed
    /// It came to nothing.
    case failed
    /// What this program has no name for.
    case other(String)

    /// The API's word.
    public var word: String {
      switch self {
      case .pending: "pending"
      case .completed: "completed"
      case .failed: "failed"
      case .other(let word): word
      }
    }

    init(_ word: String) {
      self =
        switch word {
        case "pending": .pending
        case "completed": .completed
        case "failed": .failed
        default: .other(word)
        }
    }
  }

  /// Its id.
  public let id: String
  /// The database that it is of.
  public let database: String
  /// Its name, which whoever made it chose.
  public let name: String
  /// How far it is.
  public let state: State
  /// When it was made, in seconds since 1970.
  public let created: Int64?
  /// Bytes, as Upstash counts them.
  public let size: Int64?
  /// Whether it is one of Upstash's own daily ones.
  public let isDaily: Bool

  /// Reads what the API answered; nil when it is no backup.
  public init?(_ json: JSONValue) {
    guard let id = json["backup_id"]?.text, !id.isEmpty else { return nil }
    self.id = id
    database = json["database_id"]?.text ?? ""
    name = json["name"]?.text ?? ""
    state = State(json["state"]?.text ?? "")
    created = json["creation_time"]?.looseInteger
    size = json["backup_size"]?.looseInteger
    isDaily = json["daily_backup"]?.looseBool ?? false
  }

  /// Name and id.
  public var description: String { name.isEmpty ? id : "\(name) (\(id))" }

  /// All of it.
  public var json: JSONValue {
    .members([
      "id": .string(id), "database": .string(database), "name": .string(name), "state": .string(state.word),
      "created": created.map { .integer($0) } ?? .null, "bytes": size.map { .integer($0) } ?? .null,
      "daily": .bool(isDaily),
    ])
  }
}
