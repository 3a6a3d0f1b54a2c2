import Support

/// Which watch stands for which directory.
///
/// A watch follows its directory wherever that is moved, so a place is kept as parent and name, not as a path.
struct WatchTree {
  private struct Node {
    var parent: Int32?
    var name: [UInt8]
    var children: [[UInt8]: Int32] = [:]
  }

  private var nodes: [Int32: Node] = [:]
  /// The watch of the bank's root.
  let root: Int32

  init(root: Int32) {
    self.root = root
    nodes[root] = Node(parent: nil, name: [])
  }

  var watches: Dictionary<Int32, Void>.Keys { nodes.mapValues { _ in () }.keys }
  var count: Int { nodes.count }

  func contains(_ watch: Int32) -> Bool { nodes[watch] != nil }

  /// The path's bytes, empty for the root; nil when the watch is none of ours.
  func path(of watch: Int32) -> [UInt8]? {
    guard var node = nodes[watch] else { return nil }
    var components: [[UInt8]] = []
    while let parent = node.parent {
      components.append(node.name)
      guard let next = nodes[parent] else { return nil }
      node = next
    }
    return Array(components.reversed().joined(separator: [UInt8(ascii: "/")]))
  }

  func child(of parent: Int32, _ name: [UInt8]) -> Int32? { nodes[parent]?.children[name] }

  /// Puts a watch in its place, with all below it if it stood elsewhere.
  ///
  /// - Returns: The watches that stood in that place before and are gone from the tree; nil when the directory is its
  ///   own ancestor, as bind mounts can make it.
  mutating func put(_ watch: Int32, in parent: Int32, _ name: [UInt8]) -> [Int32]? {
    guard watch != root, !isInside(parent, watch) else { return nil }
    if let present = nodes[parent]?.children[name], present == watch { return [] }
    if let old = nodes[watch], let oldParent = old.parent { nodes[oldParent]?.children[old.name] = nil }
    let gone = remove(childOf: parent, name)
    nodes[watch, default: Node(parent: parent, name: name)].parent = parent
    nodes[watch]?.name = name
    nodes[parent]?.children[name] = watch
    return gone
  }

  /// Takes out what stands in a place, with all below it.
  mutating func remove(childOf parent: Int32, _ name: [UInt8]) -> [Int32] {
    guard let watch = nodes[parent]?.children.removeValue(forKey: name) else { return [] }
    return removeSubtree(watch)
  }

  /// Takes out a watch that the kernel has dropped, with all below it.
  mutating func remove(_ watch: Int32) -> [Int32] {
    guard watch != root, let node = nodes[watch] else { return [] }
    if let parent = node.parent { nodes[parent]?.children[node.name] = nil }
    return removeSubtree(watch)
  }

  private mutating func removeSubtree(_ top: Int32) -> [Int32] {
    var gone: [Int32] = []
    var rest = [top]
    while let watch = rest.popLast() {
      guard let node = nodes.removeValue(forKey: watch) else { continue }
      gone.append(watch)
      rest += node.children.values
    }
    return gone
  }

  private func isInside(_ watch: Int32, _ ancestor: Int32) -> Bool {
    var current: Int32? = watch
    while let here = current {
      if here == ancestor { return true }
      current = nodes[here]?.parent
    }
    return false
  }
}
