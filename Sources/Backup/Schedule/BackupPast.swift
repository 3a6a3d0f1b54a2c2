public import Support

/// What is known of a target's earlier runs; times are seconds since 1970.
public struct BackupPast: Hashable, Sendable {
  /// When the last good run began.
  public var succeeded: Int64?
  /// The backup that it made.
  public var backup: String?
  /// When the last run began, whatever came of it.
  public var attempted: Int64?
  /// How many runs have failed since the last good one.
  public var failures = 0
  /// When the first of them began.
  public var failedSince: Int64?
  /// What went wrong last.
  public var message: String?

  /// Nothing yet.
  public init() {}

  /// Notes a good run.
  public mutating func noteSuccess(at moment: Int64, backup: String) {
    self = BackupPast()
    succeeded = moment
    attempted = moment
    self.backup = backup
  }

  /// Notes a run that failed.
  public mutating func noteFailure(at moment: Int64, _ message: String) {
    attempted = moment
    failures += 1
    failedSince = failedSince ?? moment
    self.message = message
  }

  /// As JSON, for the journal.
  public var json: JSONValue {
    func number(_ value: Int64?) -> JSONValue { value.map { .integer($0) } ?? .null }
    return .members([
      "succeeded": number(succeeded), "backup": .optional(backup), "attempted": number(attempted),
      "failures": .integer(failures), "failedSince": number(failedSince), "message": .optional(message),
    ])
  }

  /// From JSON; what is missing or something else counts as never.
  public init(_ json: JSONValue) {
    succeeded = json["succeeded"]?.integer
    backup = json["backup"]?.text
    attempted = json["attempted"]?.integer
    failures = Int(json["failures"]?.integer ?? 0)
    failedSince = json["failedSince"]?.integer
    message = json["message"]?.text
  }
}
