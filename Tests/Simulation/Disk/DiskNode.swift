import Bank
import Support

/// A file or a directory, whatever its name.
final class DiskNode {
  /// What a power cut leaves of a file's bytes.
  enum Durable {
    /// Nothing was ever flushed.
    case nothing
    /// What it holds now.
    case current
    /// What it held at an earlier flush.
    case earlier([UInt8])
  }

  let number: UInt64
  let kind: EntryKind
  var parent: DiskNode?
  var name: [UInt8] = []
  private(set) var bytes: [UInt8] = []
  var durable = Durable.nothing
  /// When its bytes last changed, in the world's time: what is old has been written back.
  var dirtySince: Int64 = 0
  var mode: UInt32
  var modified: Int64 = 0
  var changed: Int64 = 0
  /// How many have it open for writing.
  var writers = 0
  /// What is in a directory, in the order in which the file system would list it.
  var entries: [DiskNode] = []
  /// Nobody may read it, or look into it.
  var isForbidden = false
  /// Nothing may be made or removed in it.
  var isReadOnly = false
  var watches: [(source: SimulatedInotify, watch: Int32)] = []
  private var knownBlob: ObjectID?

  init(number: UInt64, kind: EntryKind, executable: Bool) {
    self.number = number
    self.kind = kind
    switch kind {
    case .file: mode = 0o100_644 | (executable ? 0o111 : 0)
    case .directory: mode = 0o040_755
    case .symbolicLink: mode = 0o120_777
    case .special: mode = 0o010_644
    }
  }

  /// The git id of its bytes.
  var blob: ObjectID {
    if let knownBlob { return knownBlob }
    let blob = ObjectID.blob(of: bytes)
    knownBlob = blob
    return blob
  }

  func set(_ bytes: [UInt8]) {
    self.bytes = bytes
    knownBlob = nil
  }

  func child(_ name: some Collection<UInt8>) -> DiskNode? {
    entries.first { $0.name.count == name.count && $0.name.elementsEqual(name) }
  }

  /// The names from `root` down, nil when it doesn't stand below it.
  func path(from root: DiskNode) -> [UInt8]? {
    if self === root { return [] }
    guard let parent, let above = parent.path(from: root) else { return nil }
    return above.isEmpty ? name : above + [UInt8(ascii: "/")] + name
  }

  /// All files at it and below it.
  func forEachFile(_ path: [UInt8], _ body: ([UInt8], DiskNode) -> Void) {
    guard kind == .directory else {
      if kind == .file { body(path, self) }
      return
    }
    for entry in entries {
      entry.forEachFile(path.isEmpty ? entry.name : path + [UInt8(ascii: "/")] + entry.name, body)
    }
  }

  /// The same path as people write it.
  static func text(_ path: [UInt8]) -> String { String(decoding: path, as: UTF8.self) }
}
