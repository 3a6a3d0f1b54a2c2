import CGit2
import Support

/// A repository of the user's, opened for reading.
final class ImportSource {
  private let repository: Repository
  let database: ObjectDatabase
  let graph: CommitGraph
  /// Commits at which a shallow clone was cut off: their parents are not there.
  let shallow: Set<ObjectID>

  init(_ path: String) throws(HistoryError) {
    repository = try Repository(opening: path)
    var odb: OpaquePointer?
    let code = git_repository_odb(&odb, repository.pointer)
    guard code == 0, let odb else { throw .git("git_repository_odb", path, code) }
    database = ObjectDatabase(adopting: odb)
    let common = git_repository_commondir(repository.pointer).map { String(cString: $0) } ?? path
    let lines = try Disk.read(common + "/shallow") ?? []
    shallow = Set(lines.split(separator: UInt8(ascii: "\n")).compactMap { ObjectID(digits: $0) })
    graph = CommitGraph(ShallowReader(database, shallow))
  }

  /// The commit that is checked out, nil when there is none yet.
  func head() throws(HistoryError) -> ObjectID? {
    var reference: OpaquePointer?
    let code = git_repository_head(&reference, repository.pointer)
    if code == GIT_EUNBORNBRANCH.rawValue || code == GIT_ENOTFOUND.rawValue { return nil }
    guard code == 0, let reference else { throw .git("git_repository_head", "HEAD", code) }
    defer { git_reference_free(reference) }
    return git_reference_target(reference).map { ObjectID($0.pointee) }
  }
}

/// Shows the commits at a shallow clone's edge without their parents.
private final class ShallowReader: ObjectReading {
  private let base: any ObjectReading
  private let edge: Set<ObjectID>

  init(_ base: any ObjectReading, _ edge: Set<ObjectID>) {
    self.base = base
    self.edge = edge
  }

  func read(_ id: ObjectID) throws(HistoryError) -> RawObject {
    let object = try base.read(id)
    guard edge.contains(id), object.kind == .commit else { return object }
    let lines = object.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    var kept: [UInt8] = []
    var isHeader = true
    for line in lines {
      if line.isEmpty { isHeader = false }
      if isHeader, line.starts(with: "parent ".utf8) { continue }
      kept += line + [UInt8(ascii: "\n")]
    }
    return RawObject(kind: .commit, bytes: kept)
  }
}
