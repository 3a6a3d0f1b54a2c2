import Backup
import FoundationEssentials
import Glibc
import History
import Support
import TestSupport
import Testing

/// A bank's history in a directory of its own, and what it takes to back it up.
final class Workbench {
  static let bank = "11111111-2222-4333-8444-555555555555"

  let root: TemporaryDirectory
  let history: History
  private(set) var head: ObjectID?
  var replica = "aaaaaaaa00000000"
  private var clock: Int64 = 1_790_000_000

  init() throws {
    root = try TemporaryDirectory()
    history = try History.create(at: root.path + "/history.git")
  }

  func place(_ name: String) -> String { "\(root.path)/\(name)" }

  var subject: BackupSubject {
    BackupSubject(project: "demo", bank: Self.bank, replica: replica, prefix: "membank", documentLimit: 1 << 20)
  }

  /// A version in which these files are others (nil: gone); a minute after the one before.
  @discardableResult
  func commit(_ files: [String: [UInt8]?]) throws -> ObjectID {
    clock += 60
    let base = try head.map { try history.commit($0).tree }
    var changes: [(path: BankPath, entry: TreeEntry?)] = []
    for (name, bytes) in files {
      changes.append((try BankPath(name), try bytes.map { TreeEntry(blob: try history.writeBlob($0)) }))
    }
    let person = Signature(name: "Ada", email: "ada@example.org", seconds: clock)
    let commit = try history.writeCommit(
      tree: try history.writeTree(from: base, changes: changes), parents: head.map { [$0] } ?? [], author: person,
      committer: person, message: "Version at \(clock)\n")
    try history.setRef("refs/heads/main", to: commit, expecting: head)
    head = commit
    return commit
  }

  /// A bank with all sorts of files and some versions.
  func fill(versions: Int = 12) throws {
    try commit([
      "README.md": Array("# Read me\n".utf8), "notes/über uns.md": Array("größer\r\n".utf8), "empty.md": [],
      "bytes.bin": (0..<3000).map { UInt8(truncatingIfNeeded: $0 &* 7) }, "deep/er/and/deeper.md": Array("x".utf8),
      "membank.md": Array("membank:text: as a beginning\n".utf8),
    ])
    for version in 0..<versions {
      try commit(["notes/log.md": Array((0...version).map { "- entry \($0)\n" }.joined().utf8)])
    }
  }

  func job(at seconds: Int64 = 1_795_000_000, _ watch: BackupWatch = BackupWatch()) throws -> BackupJob {
    BackupJob(
      subject, history: history, head: try #require(head), seconds: seconds, scratch: place("scratch"), watch: watch)
  }

  var drill: BackupDrill { BackupDrill(reference: history, scratch: place("scratch"), watch: BackupWatch()) }

  /// The files of the newest version.
  func files() throws -> [String: [UInt8]] {
    guard let head else { return [:] }
    let entries = try history.files(inTree: history.commit(head).tree)
    return try Dictionary(uniqueKeysWithValues: entries.map { ($0.key.description, try history.blob($0.value.blob)) })
  }

  /// The names in a directory, hidden ones too.
  func names(_ directory: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: place(directory))) ?? []).sorted()
  }
}

/// Changes one bit of a file.
func flip(_ path: String, at fraction: Double) throws {
  var bytes = Array(try #require(FileManager.default.contents(atPath: path)))
  bytes[min(bytes.count - 1, Int(Double(bytes.count) * fraction))] ^= 0x10
  try Data(bytes).write(to: URL(filePath: path))
}
