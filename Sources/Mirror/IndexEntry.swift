public import Support

/// What `P:index` says about a path; JSON in the hash.
public struct IndexEntry: Hashable, Sendable {
  /// The git blob id of the file's bytes.
  public var blob: ObjectID
  /// The number of the file's bytes.
  public var size: Int64
  /// The commit that gave the path this blob.
  public var commit: ObjectID
  /// When, in milliseconds since 1970.
  public var at: Int64
  /// The blob id of the value as it is stored, when that is not the file's bytes themselves.
  public var stored: ObjectID?
  /// Whether the file is too large to have a document.
  public var withoutDocument: Bool

  /// An entry put together from its fields.
  public init(
    blob: ObjectID, size: Int64, commit: ObjectID, at: Int64, stored: ObjectID? = nil, withoutDocument: Bool = false
  ) {
    self.blob = blob
    self.size = size
    self.commit = commit
    self.at = at
    self.stored = stored
    self.withoutDocument = withoutDocument
  }

  /// The entry as JSON without blanks, members always in the same order.
  public var json: [UInt8] {
    var text = #"{"blob":"\#(blob)","size":\#(size),"commit":"\#(commit)","at":\#(at)"#
    if let stored { text += #","stored":"\#(stored)""# }
    if withoutDocument { text += #","withoutDocument":true"# }
    return Array((text + "}").utf8)
  }

  /// Reads JSON; nil when `blob` or `commit` is missing or something is no JSON object.
  ///
  /// Unknown members are skipped; a missing size or time is 0.
  public init?(json: [UInt8]) {
    if let entry = EntryScanner.entry(json) {
      self = entry
      return
    }
    guard let members = FlatJSON.members(json) else { return nil }
    func id(_ name: String) -> ObjectID? { members[name].flatMap { ObjectID(hex: $0) } }
    guard let blob = id("blob"), let commit = id("commit") else { return nil }
    self.init(
      blob: blob, size: members["size"].flatMap { Int64($0) } ?? 0, commit: commit,
      at: members["at"].flatMap { Int64($0) } ?? 0, stored: id("stored"),
      withoutDocument: members["withoutDocument"] == "true")
  }
}
