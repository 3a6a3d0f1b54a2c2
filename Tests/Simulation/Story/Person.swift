import Bank
import Support

/// Somebody, or an agent, at work in a bank's directory: with the system calls that editors make.
struct Person {
  static let names = [
    "activeContext.md", "progress.md", "projectbrief.md", "techContext.md", "notes.md", "todo.md", "tasks/one.md",
    "tasks/two.md", "docs/a.md", "docs/deep/b.md", "log.txt", "Über uns.md",
  ]

  let machine: Machine
  private var disk: SimulatedDisk { machine.disk }
  private var world: World { machine.world }

  init(_ machine: Machine) { self.machine = machine }

  // MARK: What there is

  /// The documents, by path.
  func documents() -> [(path: [UInt8], file: DiskNode)] {
    let rules = IgnoreRules(patterns: [])
    return disk.files().filter { path, file in
      guard !file.isForbidden, let document = try? BankPath(path) else { return false }
      return !rules.ignores(document, isDirectory: false)
    }
  }

  func document(_ choice: UInt64) -> (path: [UInt8], file: DiskNode)? {
    let documents = documents()
    return documents.isEmpty ? nil : documents[Int(choice % UInt64(documents.count))]
  }

  func directories() -> [DiskNode] {
    var found: [DiskNode] = []
    func search(_ node: DiskNode) {
      for entry in node.entries where entry.kind == .directory && entry.name.first != UInt8(ascii: ".") {
        found.append(entry)
        search(entry)
      }
    }
    if let root = disk.root { search(root) }
    return found.sorted { ($0.path(from: disk.top) ?? []).lexicographicallyPrecedes($1.path(from: disk.top) ?? []) }
  }

  // MARK: Single calls

  /// The directory that a path names, made with those above it; nil where something is in the way.
  func directory(of path: [UInt8]) -> (directory: DiskNode, name: [UInt8])? {
    guard var node = disk.root else { return nil }
    let names = path.split(separator: UInt8(ascii: "/")).map(Array.init)
    guard let last = names.last else { return nil }
    for name in names.dropLast() {
      guard !node.isForbidden, !node.isReadOnly else { return nil }
      let next = node.child(name) ?? disk.make(.directory, name, in: node)
      guard next.kind == .directory else { return nil }
      node = next
    }
    return node.isForbidden || node.isReadOnly ? nil : (node, last)
  }

  /// Writes a whole file as `>` does: opened, emptied, written, closed.
  @discardableResult
  func write(_ bytes: [UInt8], to path: [UInt8], executable: Bool = false) -> DiskNode? {
    guard !disk.isFull, !disk.isReadOnly, let (directory, name) = directory(of: path) else { return nil }
    let known = directory.child(name)
    guard known == nil || known?.kind == .file else { return nil }
    let file = known ?? disk.make(.file, name, in: directory, executable: executable)
    disk.open(file)
    if !file.bytes.isEmpty { disk.write([], to: file) }
    disk.write(bytes, to: file)
    disk.close(file)
    return file
  }

  func rename(_ from: [UInt8], to path: [UInt8]) {
    guard !disk.isReadOnly, let node = disk.find(from, in: disk.root), node.parent?.isReadOnly != true,
      let (directory, name) = directory(of: path)
    else { return }
    // Not into itself, and not over a directory that has something in it.
    var above: DiskNode? = directory
    while let here = above {
      if here === node { return }
      above = here.parent
    }
    if let there = directory.child(name) {
      guard there.kind == node.kind, there.entries.isEmpty else { return }
    }
    disk.rename(node, to: name, in: directory)
  }

  func remove(_ path: [UInt8]) {
    guard !disk.isReadOnly, let node = disk.find(path, in: disk.root), node.parent?.isReadOnly != true else { return }
    removeTree(node)
  }

  func removeTree(_ node: DiskNode) {
    guard !node.isForbidden, !node.isReadOnly else { return }
    for entry in node.entries { removeTree(entry) }
    if node.entries.isEmpty { disk.remove(node) }
  }

  // MARK: Ways to save

  /// A few writes with pauses between them, the file open all the while.
  func writeSlowly(_ bytes: [UInt8], to path: [UInt8], pause: Int64) {
    guard !disk.isFull, !disk.isReadOnly, let (directory, name) = directory(of: path) else { return }
    guard directory.child(name).map({ $0.kind == .file }) ?? true else { return }
    let file = directory.child(name) ?? disk.make(.file, name, in: directory)
    disk.open(file)
    let boots = machine.boots
    disk.write([], to: file)
    var written = 0
    func go(_ part: Int) {
      guard machine.boots == boots else { return }
      written = bytes.count * part / 3
      disk.write(Array(bytes[..<written]), to: file)
      if part == 3 { return disk.close(file) }
      world.after(pause) { go(part + 1) }
    }
    world.after(pause) { go(1) }
  }

  /// Emptied now, written a while later.
  func writeInPlace(_ bytes: [UInt8], to path: [UInt8], pause: Int64) {
    guard !disk.isFull, !disk.isReadOnly, let file = disk.find(path, in: disk.root), file.kind == .file else { return }
    let boots = machine.boots
    disk.open(file)
    disk.write([], to: file)
    world.after(pause) {
      guard machine.boots == boots else { return }
      disk.write(bytes, to: file)
      disk.close(file)
    }
  }

  /// A new file beside it, renamed over it.
  func saveAtomically(_ bytes: [UInt8], to path: [UInt8], beside temporary: [UInt8], pause: Int64) {
    guard write(bytes, to: temporary) != nil else { return }
    let boots = machine.boots
    world.after(pause) { if machine.boots == boots { rename(temporary, to: path) } }
  }

  /// vim: tries a name, moves the old file aside, writes a new one, removes the old one.
  func saveLikeVim(_ bytes: [UInt8], to path: [UInt8], pause: Int64) {
    let folder = path.lastIndex(of: UInt8(ascii: "/")).map { Array(path[...$0]) } ?? []
    write([], to: folder + Array("4913".utf8))
    remove(folder + Array("4913".utf8))
    let aside = path + [UInt8(ascii: "~")]
    remove(aside)
    rename(path, to: aside)
    let boots = machine.boots
    world.after(pause) {
      guard machine.boots == boots else { return }
      write(bytes, to: path)
      world.after(pause) { if machine.boots == boots { remove(aside) } }
    }
  }

  /// JetBrains: a new file, the old one aside, the new one in, the old one away.
  func saveLikeJetBrains(_ bytes: [UInt8], to path: [UInt8], pause: Int64) {
    let (fresh, old) = (path + Array("___jb_tmp___".utf8), path + Array("___jb_old___".utf8))
    guard write(bytes, to: fresh) != nil else { return }
    let boots = machine.boots
    world.after(pause) {
      guard machine.boots == boots else { return }
      rename(path, to: old)
      rename(fresh, to: path)
      remove(old)
    }
  }
}
