import Bank
import Glibc
import Support

/// What inotify tells one program of one disk.
final class SimulatedInotify: EventSource {
  private let disk: SimulatedDisk
  /// So many events are kept; the next one is an overflow.
  var capacity = 16_384
  /// Whether an event is to be lost.
  var loses: () -> Bool = { false }
  /// Called when there was nothing to read and there is now.
  var onReadable: () -> Void = {}
  private var queue: [WatchEvent] = []
  private var nodes: [Int32: DiskNode] = [:]
  private var rootWatch: Int32 = -1
  private var last: Int32 = 0
  private var isClosed = false

  init(_ disk: SimulatedDisk) { self.disk = disk }

  let number: Int32 = -1

  var isEmpty: Bool { queue.isEmpty }

  func isRoot(_ watch: Int32) -> Bool { watch == rootWatch }

  func add(_ path: String, isRoot: Bool) throws(SystemError) -> Int32 {
    guard let node = disk.find(path.utf8, in: disk.top) else {
      throw SystemError("inotify_add_watch", path, code: ENOENT)
    }
    guard node.kind == .directory else { throw SystemError("inotify_add_watch", path, code: ENOTDIR) }
    guard !node.isForbidden else { throw SystemError("inotify_add_watch", path, code: EACCES) }
    let watch = watch(node)
    if isRoot { rootWatch = watch }
    return watch
  }

  func addForDepartures(_ path: String) -> Int32? { watch(disk.top) }

  private func watch(_ node: DiskNode) -> Int32 {
    if let known = node.watches.first(where: { $0.source === self }) { return known.watch }
    last += 1
    node.watches.append((self, last))
    nodes[last] = node
    return last
  }

  func remove(_ watch: Int32) {
    guard let node = nodes[watch] else { return }
    node.watches.removeAll { $0.source === self }
    forget(watch)
    push(WatchEvent(watch: watch, mask: UInt32(IN_IGNORED), cookie: 0, name: []))
  }

  /// The kernel has dropped a watch.
  func forget(_ watch: Int32) { nodes[watch] = nil }

  /// Ends with the program that it belongs to.
  func close() {
    isClosed = true
    for (_, node) in nodes { node.watches.removeAll { $0.source === self } }
    nodes = [:]
    queue = []
    onReadable = {}
    loses = { false }
  }

  func push(_ event: WatchEvent) {
    // What only one of them wants to hear of itself.
    let isSelf = event.mask & UInt32(IN_DELETE_SELF | IN_MOVE_SELF) != 0
    guard !isClosed, !isSelf || isRoot(event.watch), !loses() else { return }
    if let same = queue.last, same.watch == event.watch, same.mask == event.mask, same.cookie == event.cookie,
      same.name == event.name
    {
      return
    }
    let wasEmpty = queue.isEmpty
    if queue.count < capacity {
      queue.append(event)
    } else if queue.count == capacity {
      queue.append(WatchEvent(watch: -1, mask: UInt32(IN_Q_OVERFLOW), cookie: 0, name: []))
    }
    if wasEmpty { onReadable() }
  }

  func read() -> [WatchEvent] {
    defer { queue = [] }
    return queue
  }
}
