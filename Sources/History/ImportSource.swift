import CGit2
import Support

/// A repository of the user's, opened for reading.
final class ImportSource {
  private let repository: Repository
  let objects: any ObjectReading
  let graph: CommitGraph

  init(_ path: String) throws(HistoryError) {
    repository = try Repository(opening: path)
    let common = git_repository_commondir(repository.pointer).map { String(cString: $0) } ?? path
    let base = common.hasSuffix("/") ? String(common.dropLast()) : common
    objects = try ImportObjects(base + "/objects")
    // Commits at which a shallow clone was cut off: their parents are not there.
    let lines = try Disk.read(base + "/shallow") ?? []
    let edge = Set(lines.split(separator: UInt8(ascii: "\n")).compactMap { ObjectID(digits: $0) })
    graph = CommitGraph(ShallowReader(objects, edge))
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

/// A repository's objects, and those of the repositories that it borrows from.
private final class ImportObjects: ObjectReading {
  private var directories: [ObjectDirectory] = []

  init(_ path: String) throws(HistoryError) {
    var waiting = [path]
    // A limit, since they may lead in circles by other names.
    while let next = waiting.first, directories.count < 32 {
      waiting.removeFirst()
      guard Disk.facts(next)?.isDirectory == true, !directories.contains(where: { $0.path == next }) else { continue }
      directories.append(try ObjectDirectory(next))
      let lines = try Disk.read(next + "/info/alternates") ?? []
      for line in lines.split(separator: UInt8(ascii: "\n")) {
        let text = String(decoding: line, as: UTF8.self)
        if !text.hasPrefix("#") { waiting.append(text.hasPrefix("/") ? text : "\(next)/\(text)") }
      }
    }
  }

  func read(_ id: ObjectID) throws(HistoryError) -> RawObject {
    for directory in directories where directory.contains(id, refreshing: false) { return try directory.read(id) }
    throw HistoryError(
      kind: .missing, operation: "import past", operand: id.description, code: GIT_ENOTFOUND.rawValue,
      message: "is not in the repository")
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
