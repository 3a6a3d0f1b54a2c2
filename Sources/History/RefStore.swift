import CLinux
import Glibc
import Support

/// The refs of our repository: git's files and git's locks, without libgit2's leftovers after a kill.
struct RefStore: RefKeeping {
  /// The bare repository.
  let directory: String
  /// How long a lock must stay the same to be taken for a killed process's, in milliseconds.
  var patience = 1_000

  func path(_ name: String) -> String { "\(directory)/\(name)" }

  func read(_ name: String) throws(HistoryError) -> ObjectID? {
    guard let bytes = try Disk.read(path(name)) else { return try PackedRefs(directory).ids[name] }
    if let id = Self.parse(bytes) { return id }
    // A symbolic ref inside refs/ (git makes refs/remotes/x/HEAD) is followed once.
    let text = String(decoding: bytes, as: UTF8.self)
    if text.hasPrefix("ref: "), let line = text.split(separator: "\n").first {
      let target = String(line.dropFirst(5))
      if RefName.isValid(target), target != name, let bytes = try Disk.read(path(target)) { return Self.parse(bytes) }
      return nil
    }
    throw .damaged("read ref", name, "holds no object id")
  }

  static func parse(_ bytes: [UInt8]) -> ObjectID? {
    // git ends the line; what a power cut leaves behind doesn't.
    guard bytes.count == 41, bytes[40] == UInt8(ascii: "\n") else { return nil }
    return ObjectID(digits: bytes[..<40])
  }

  func update(
    _ name: String, to id: ObjectID?, expecting: RefExpectation, durable: Bool
  ) throws(HistoryError) {
    try RefName.check(name)
    let path = path(name)
    let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    let lock = try RefLock(path, folder: folder, patience: patience)
    if case .exactly(let expected) = expecting {
      let found = try read(name)
      guard found == expected else {
        let message = "is \(found.map(\.description) ?? "absent"), not \(expected.map(\.description) ?? "absent")"
        throw HistoryError(kind: .moved, operation: "set ref", operand: name, code: -15, message: message)
      }
    }
    if let id {
      try lock.commit(id, durable: durable)
      if durable { try synchroniseFolders(from: folder) }
      return
    }
    // First the packed value: the other way round it would show through again for a moment.
    try PackedRefs(directory).remove(name)
    try Disk.remove(path)
    Failpoint.refDeleted.pass()
    if durable { try synchroniseFolders(from: folder) }
    lock.release(pruning: directory)
  }

  private func synchroniseFolders(from folder: String) throws(HistoryError) {
    // The folder may be new, and the one above it too.
    var folder = folder[...]
    while folder.utf8.count >= directory.utf8.count {
      try Disk.synchronise(String(folder))
      guard let slash = folder.lastIndex(of: "/") else { return }
      folder = folder[..<slash]
    }
  }

  func list(under prefix: String) throws(HistoryError) -> (refs: [(name: String, id: ObjectID)], torn: [String]) {
    var found = try PackedRefs(directory).ids
    var torn: [String] = []
    try collect("refs", into: &found, torn: &torn)
    let prefix = prefix.hasSuffix("/") ? String(prefix.dropLast()) : prefix
    let inside: (String) -> Bool = { $0 == prefix || $0.hasPrefix(prefix + "/") }
    return (
      found.filter { inside($0.key) }.map { (name: $0.key, id: $0.value) }.sorted { $0.name < $1.name },
      torn.filter(inside)
    )
  }

  private func collect(_ folder: String, into found: inout [String: ObjectID], torn: inout [String])
    throws(HistoryError)
  {
    for entry in try Disk.list(path(folder)) where !entry.hasSuffix(".lock") {
      let name = "\(folder)/\(entry)"
      if Disk.facts(path(name))?.isDirectory == true {
        try collect(name, into: &found, torn: &torn)
      } else {
        do {
          found[name] = try read(name)
        } catch  where error.kind == .damaged {
          found[name] = nil
          torn.append(name)
        }
      }
    }
  }

  func leftoverLocks() throws(HistoryError) -> [String] {
    var locks = ["HEAD.lock", "packed-refs.lock", "config.lock"].map(path).filter { Disk.facts($0) != nil }
    func search(_ folder: String) throws(HistoryError) {
      for entry in try Disk.list(folder) {
        let inner = "\(folder)/\(entry)"
        if entry.hasSuffix(".lock") {
          locks.append(inner)
        } else if Disk.facts(inner)?.isDirectory == true {
          try search(inner)
        }
      }
    }
    try search(path("refs"))
    return locks
  }
}
