import Mirror
import RedisTransport
import Support

extension FuzzTarget {
  /// Names of keys in Redis, as paths.
  static let paths = FuzzTarget(
    "paths",
    words: [
      "..", ".", "/", "//", ".git", ".GIT", ".membank", ".mb-tmp-", "\u{9b}", "\u{202e}", "\0", "__keyspace@0__:",
      "membank:{b}:doc:", "membank:{b}:head", "membank:{b}:events", "expire", "set", "del",
    ],
    seeds: ["a.md", "tasks/todo.md", "a/../b", "/etc/passwd", ".git/config", "a//b", "é", "\u{65}\u{301}.md"],
    bytes: [[0x61, 0xff], [0xc0, 0xae, 0xc0, 0xae]]
  ) { input in
    let bytes = input.rest()
    let keys = try MirrorKeys(prefix: "membank", project: "b")
    let key = keys.documentPrefix + bytes
    let message = RedisMessage(channel: Array("__keyspace@0__:".utf8) + key, payload: Array("set".utf8))
    do {
      let path = try BankPath(bytes)
      try hold(path.bytes == bytes, "a path of other bytes")
      try holdInside(path)
      try hold(keys.path(ofDocumentKey: key) == path, "the key is another path")
      try hold(keys.document(path) == key, "the path is another key")
      try hold(keys.event(message) == .document(path), "the event is not the document's")
      try hold(Array(path.description.utf8) == bytes, "its text is another")
      let name = Array(path.name.utf8)
      let again = try path.parent.map { try $0.appending(name) } ?? BankPath(name)
      try hold(again == path, "parent and name are not the path")
      try hold(path.ancestors.last == path.parent, "its parent is not its last ancestor")
      for directory in path.ancestors {
        try holdInside(directory)
        try hold(path.isInside(directory) && !directory.isInside(path), "it is not inside \(directory)")
      }
    } catch let problem as PathProblem {
      try holdPrintable(problem.description, "the reason")
      try hold(keys.path(ofDocumentKey: key) == nil, "a key is a path that no path may be")
      try hold(keys.event(message) == .unnamed, "the event has a name")
    }
    // The whole input as a channel, too: what the server makes up.
    if case .document(let path) = keys.event(RedisMessage(channel: bytes, payload: [])) { try holdInside(path) }
  }
}

/// Throws unless a path can only lead to a document below a bank's root, whatever the file system folds.
func holdInside(_ path: BankPath) throws(Broken) {
  let components = path.bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
  for component in components {
    let lower = String(decoding: component, as: UTF8.self).lowercased()
    let isPlain =
      !component.isEmpty && component.count <= 255 && !component.contains { $0 < 0x20 || $0 == 0x7f }
      && ![".", "..", ".git", ".membank"].contains(lower) && !component.starts(with: ".mb-tmp-".utf8)
    try hold(isPlain, "a path may not be \(path.description.debugDescription)")
  }
  try hold(path.bytes.count <= 4095 && String(validating: path.bytes, as: UTF8.self) != nil, "a path that is none")
}
