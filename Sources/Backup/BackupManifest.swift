public import Support

/// What a backup is of, and what it is made of: a JSON object that makes it complete and lets it be checked.
public struct BackupManifest: Hashable, Sendable {
  /// What holds the versions.
  public enum Content: Hashable, Sendable {
    /// A git bundle beside the manifest.
    case bundle(file: String, bytes: Int64, sha256: String)
    /// Keys in a Redis: the packs' ids, and the paths that have no document of their own.
    case copy(packs: [String], withoutDocument: [String])
    /// Upstash, in so many bytes where it says so; nobody can look into it.
    case snapshot(bytes: Int64?)
  }

  static let format = "membank-backup"
  static let version: Int64 = 1

  /// The bank's name in Redis.
  public var project: String
  /// The bank's uuid.
  public var bank: String
  /// The newest commit.
  public var head: ObjectID
  /// When it was made, in seconds since 1970.
  public var seconds: Int64
  /// How many versions it holds.
  public var commits: Int
  /// How many files the newest version has.
  public var files: Int
  /// How many bytes these have.
  public var bytes: Int64
  /// The replica that made it.
  public var replica: String
  /// The membank that made it.
  public var membank: String
  /// What holds the versions.
  public var content: Content

  /// As JSON; its last member is a checksum of all others.
  public var json: JSONValue {
    guard case .object(let members) = body else { return body }
    return .object(members + [JSONMember("checksum", .string(Self.checksum(members)))])
  }

  private var body: JSONValue {
    let content: JSONValue =
      switch content {
      case .bundle(let file, let bytes, let sha256):
        .members(["file": .string(file), "bytes": .integer(bytes), "sha256": .string(sha256)])
      case .copy(let packs, let paths):
        .members([
          "packs": .array(packs.map { .string($0) }), "withoutDocument": .array(paths.map { .string($0) }),
        ])
      case .snapshot(let bytes): .members(["bytes": bytes.map { .integer($0) } ?? .null])
      }
    return .members([
      "format": .string(Self.format), "version": .integer(Self.version), "project": .string(project),
      "bank": .string(bank), "head": .string(head.description), "time": .string(Timestamp.text(seconds: seconds)),
      "commits": .integer(commits), "files": .integer(files), "bytes": .integer(bytes), "replica": .string(replica),
      "membank": .string(membank), contentName: content,
    ])
  }

  private var contentName: String {
    switch content {
    case .bundle: "bundle"
    case .copy: "copy"
    case .snapshot: "snapshot"
    }
  }

  private static func checksum(_ members: [JSONMember]) -> String {
    sha256(JSONValue.object(members).renderedBytes())
  }

  /// The manifest's bytes.
  public var rendered: [UInt8] { json.renderedBytes(pretty: true) + [UInt8(ascii: "\n")] }

  /// What a manifest was made without; for those who put one together by hand.
  public init(
    project: String, bank: String, head: ObjectID, seconds: Int64, commits: Int, files: Int, bytes: Int64,
    replica: String, membank: String, content: Content
  ) {
    self.project = project
    self.bank = bank
    self.head = head
    self.seconds = seconds
    self.commits = commits
    self.files = files
    self.bytes = bytes
    self.replica = replica
    self.membank = membank
    self.content = content
  }
}

/// Why some bytes are no manifest.
public enum ManifestProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// Something else: not for us to judge, or to touch.
  case foreign
  /// Of a later membank.
  case newer(Int64)
  /// A manifest that was changed or cut short.
  case damaged(String)

  /// What is wrong.
  public var description: String {
    switch self {
    case .foreign: "is no manifest of a backup"
    case .newer(let version): "was made by a newer membank (format \(version)); update membank"
    case .damaged(let what): "the manifest is damaged: \(what)"
    }
  }
}

extension BackupManifest {
  /// Reads a manifest.
  ///
  /// - Throws: ``ManifestProblem``.
  public init(parsing bytes: [UInt8]) throws(ManifestProblem) {
    let json: JSONValue
    do { json = try JSONValue.parse(bytes) } catch {
      throw String(decoding: bytes.prefix(4096), as: UTF8.self).contains(Self.format)
        ? .damaged("it is not JSON (\(error))") : .foreign
    }
    guard json["format"]?.text == Self.format, let members = json.members else { throw .foreign }
    guard let version = json["version"]?.integer else { throw .damaged("it has no version") }
    guard version <= Self.version else { throw .newer(version) }
    guard json["checksum"]?.text == Self.checksum(members.filter { $0.name != "checksum" }) else {
      throw .damaged("its checksum is wrong")
    }
    guard let project = json["project"]?.text, ProjectName.isValid(project), let bank = json["bank"]?.text,
      BankIdentity.isValid(bank), let head = json["head"]?.text.flatMap({ ObjectID(hex: $0) }),
      let seconds = json["time"]?.text.flatMap({ MomentText.seconds($0, now: 0, local: .utc) }),
      let commits = json["commits"]?.integer, let files = json["files"]?.integer, let size = json["bytes"]?.integer
    else { throw .damaged("something is missing in it") }
    self.init(
      project: project, bank: bank, head: head, seconds: seconds, commits: Int(commits), files: Int(files),
      bytes: size, replica: json["replica"]?.text ?? "", membank: json["membank"]?.text ?? "",
      content: try Self.content(json))
  }

  private static func content(_ json: JSONValue) throws(ManifestProblem) -> Content {
    if let bundle = json["bundle"] {
      guard let file = bundle["file"]?.text, !file.contains("/"), !file.isEmpty, file != "..",
        let bytes = bundle["bytes"]?.integer, let digest = bundle["sha256"]?.text
      else { throw .damaged("it doesn't say which bundle it is about") }
      return .bundle(file: file, bytes: bytes, sha256: digest)
    }
    if let snapshot = json["snapshot"] { return .snapshot(bytes: snapshot["bytes"]?.integer) }
    guard let packs = json["copy"]?["packs"]?.elements, let paths = json["copy"]?["withoutDocument"]?.elements else {
      throw .damaged("it doesn't say what it is about")
    }
    return .copy(packs: packs.compactMap(\.text), withoutDocument: paths.compactMap(\.text))
  }
}
