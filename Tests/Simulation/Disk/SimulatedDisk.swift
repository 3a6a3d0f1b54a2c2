import Bank
import Glibc
import Support

/// Who changes a disk.
enum Actor {
  case person
  case replica
  /// A power cut, which takes names away.
  case powerCut
  /// Somebody moves the whole directory, or puts another in its place.
  case mover
}

/// One machine's file system: the bank's directory, and the one that holds it.
final class SimulatedDisk {
  static let rootName = Array("bank".utf8)

  let top: DiskNode
  let clock: MachineClock
  let world: World
  /// How two names can be swapped.
  enum Swap {
    /// In one step.
    case exchange
    /// With a hard link: the document is there all the time.
    case link
    /// By a name in between: for a moment there is no document.
    case rename
  }

  var swap = Swap.exchange
  /// No room for anything new.
  var isFull = false
  /// Everything is refused that writes.
  var isReadOnly = false
  /// Who is at work.
  var actor = Actor.person
  /// A path below the bank's root now holds this file, or (nil) none.
  var onChange: (_ path: [UInt8], _ file: DiskNode?, _ before: DiskNode?) -> Void = { _, _, _ in }
  /// A file's last name is about to go.
  var onRemove: (_ file: DiskNode) -> Void = { _ in }
  /// Steps that a power cut may undo, the oldest first.
  var journal: [JournalStep] = []
  private var lastNumber: UInt64 = 100
  private var cookie: UInt32 = 0

  init(_ world: World, _ clock: MachineClock) {
    self.world = world
    self.clock = clock
    top = DiskNode(number: 1, kind: .directory, executable: false)
  }

  /// The directory that stands at the bank's name.
  var root: DiskNode? { top.child(Self.rootName).flatMap { $0.kind == .directory ? $0 : nil } }

  /// Frees what refers to each other.
  func tearDown() {
    func forget(_ node: DiskNode) {
      for entry in node.entries { forget(entry) }
      node.entries = []
      node.parent = nil
      node.watches = []
    }
    forget(top)
    journal = []
    onChange = { _, _, _ in }
    onRemove = { _ in }
  }

  // MARK: Names

  func find(_ path: some Sequence<UInt8>, in start: DiskNode?) -> DiskNode? {
    guard var node = start else { return nil }
    for name in Array(path).split(separator: UInt8(ascii: "/")) {
      guard let next = node.child(name) else { return nil }
      node = next
    }
    return node
  }

  /// Every file of the bank, by path.
  func files() -> [(path: [UInt8], file: DiskNode)] {
    var found: [(path: [UInt8], file: DiskNode)] = []
    root?.forEachFile([]) { found.append(($0, $1)) }
    return found.sorted { $0.path.lexicographicallyPrecedes($1.path) }
  }

  // MARK: Changes

  func make(_ kind: EntryKind, _ name: [UInt8], in directory: DiskNode, executable: Bool = false) -> DiskNode {
    lastNumber += 1
    let node = DiskNode(number: lastNumber, kind: kind, executable: executable)
    stamp(node, modified: true)
    link(node, name, in: directory)
    record([JournalChange(directory: directory, name: name, before: nil, after: node)])
    emit(directory, IN_CREATE, name, node)
    entered(node, before: nil)
    return node
  }

  func write(_ bytes: [UInt8], to node: DiskNode) {
    if case .current = node.durable { node.durable = .earlier(node.bytes) }
    node.set(bytes)
    node.dirtySince = world.now
    stamp(node, modified: true)
    if let parent = node.parent { emit(parent, IN_MODIFY, node.name, node) }
    if let path = pathInBank(node) { onChange(path, node, node) }
  }

  func open(_ node: DiskNode) { node.writers += 1 }

  func close(_ node: DiskNode) {
    node.writers -= 1
    if let parent = node.parent { emit(parent, IN_CLOSE_WRITE, node.name, node) }
  }

  func changeMode(_ node: DiskNode, executable: Bool) {
    node.mode = executable ? node.mode | 0o111 : node.mode & ~0o111
    stamp(node, modified: false)
    if let parent = node.parent { emit(parent, IN_ATTRIB, node.name, node) }
    if let path = pathInBank(node) { onChange(path, node, node) }
  }

  /// Programs can set this time, and the system then notes that they did.
  func setModified(_ node: DiskNode, _ time: Int64) {
    node.modified = time
    node.changed = clock.wallNanoseconds
    if let parent = node.parent { emit(parent, IN_ATTRIB, node.name, node) }
  }

  func remove(_ node: DiskNode) {
    guard let directory = node.parent else { return }
    let path = pathInBank(node)
    if node.kind == .file { onRemove(node) }
    record([JournalChange(directory: directory, name: node.name, before: node, after: nil)])
    unlink(node)
    emit(directory, IN_DELETE, node.name, node)
    drop(node)
    if let path { onChange(path, nil, node) }
  }

  /// Renames, over what stands there.
  func rename(_ node: DiskNode, to name: [UInt8], in directory: DiskNode) {
    guard let old = node.parent, !(old === directory && node.name == name) else { return }
    let replaced = directory.child(name)
    let (oldName, oldPath) = (node.name, pathInBank(node))
    var steps = [JournalChange(directory: old, name: oldName, before: node, after: nil)]
    steps.append(JournalChange(directory: directory, name: name, before: replaced, after: node))
    record(steps)
    if let replaced { unlink(replaced) }
    unlink(node)
    link(node, name, in: directory)
    stamp(node, modified: false)
    cookie += 1
    emit(old, IN_MOVED_FROM, oldName, node)
    emit(directory, IN_MOVED_TO, name, node)
    if let replaced { drop(replaced) }
    if let oldPath { left(node, oldPath) }
    entered(node, before: replaced)
  }

  /// Swaps two names in one step.
  func exchange(_ one: DiskNode, _ other: DiskNode) {
    guard let first = one.parent, let second = other.parent else { return }
    let (firstName, secondName) = (one.name, other.name)
    let paths = (pathInBank(one), pathInBank(other))
    record([
      JournalChange(directory: first, name: firstName, before: one, after: other),
      JournalChange(directory: second, name: secondName, before: other, after: one),
    ])
    unlink(one)
    unlink(other)
    link(other, firstName, in: first)
    link(one, secondName, in: second)
    stamp(one, modified: false)
    stamp(other, modified: false)
    for (node, from, old, to, new) in [
      (one, first, firstName, second, secondName), (other, second, secondName, first, firstName),
    ] {
      cookie += 1
      emit(from, IN_MOVED_FROM, old, node)
      emit(to, IN_MOVED_TO, new, node)
    }
    if let path = paths.1 { onChange(path, one.kind == .file ? one : nil, other) }
    if let path = paths.0 { onChange(path, other.kind == .file ? other : nil, one) }
  }

  /// Whatever was said about a directory or a file is on the disk when this returns.
  func synchronise(_ node: DiskNode) {
    if node.kind == .file { node.durable = .current } else { synchroniseNames(of: node) }
  }

  /// Forbids a file or directory to everybody, or allows it again.
  func forbid(_ node: DiskNode, _ isForbidden: Bool) {
    node.isForbidden = isForbidden
    stamp(node, modified: false)
    if let parent = node.parent { emit(parent, IN_ATTRIB, node.name, node) }
  }

  // MARK: Parts

  private func link(_ node: DiskNode, _ name: [UInt8], in directory: DiskNode) {
    node.parent = directory
    node.name = name
    // Where a name comes in a listing is the file system's affair: not at the end, not in order.
    let place = Int((node.number &* 0x9e37_79b9_7f4a_7c15) >> 33) % (directory.entries.count + 1)
    directory.entries.insert(node, at: place)
    stamp(directory, modified: true)
  }

  private func unlink(_ node: DiskNode) {
    node.parent?.entries.removeAll { $0 === node }
    if let parent = node.parent { stamp(parent, modified: true) }
    node.parent = nil
  }

  func stamp(_ node: DiskNode, modified: Bool) {
    let now = clock.wallNanoseconds
    if modified { node.modified = now }
    node.changed = now
  }

  /// A path below the bank's root, nil for what is elsewhere.
  func pathInBank(_ node: DiskNode) -> [UInt8]? { root.flatMap { node.path(from: $0) } }

  private func entered(_ node: DiskNode, before: DiskNode?) {
    guard let path = pathInBank(node) else { return }
    if node.kind == .file { return onChange(path, node, before) }
    if before?.kind == .file { onChange(path, nil, before) }
    node.forEachFile(path) { onChange($0, $1, nil) }
  }

  private func left(_ node: DiskNode, _ path: [UInt8]) {
    if node.kind == .file { return onChange(path, nil, node) }
    node.forEachFile(path) { onChange($0, nil, $1) }
  }

  /// A name of its own is gone: the watches on a directory end.
  private func drop(_ node: DiskNode) {
    for (source, watch) in node.watches {
      source.push(WatchEvent(watch: watch, mask: UInt32(IN_DELETE_SELF), cookie: 0, name: []))
      source.push(WatchEvent(watch: watch, mask: UInt32(IN_IGNORED), cookie: 0, name: []))
      source.forget(watch)
    }
    node.watches = []
  }

  private func emit(
    _ directory: DiskNode, _ kind: some BinaryInteger, _ name: [UInt8], _ node: DiskNode
  ) {
    guard !directory.watches.isEmpty else { return }
    let mask = UInt32(truncatingIfNeeded: kind)
    let flags = mask | (node.kind == .directory ? UInt32(IN_ISDIR) : 0)
    let isMove = mask & UInt32(IN_MOVED_FROM | IN_MOVED_TO) != 0
    for (source, watch) in directory.watches {
      source.push(WatchEvent(watch: watch, mask: flags, cookie: isMove ? cookie : 0, name: name))
    }
    if mask == UInt32(IN_MOVED_FROM) {
      for (source, watch) in node.watches where source.isRoot(watch) {
        source.push(WatchEvent(watch: watch, mask: UInt32(IN_MOVE_SELF), cookie: 0, name: []))
      }
    }
  }
}
