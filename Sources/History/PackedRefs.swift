import Support

/// The `packed-refs` file, which only git itself writes here (`git gc`, `git pack-refs`).
struct PackedRefs {
  private let path: String
  private let text: [UInt8]
  /// Each ref and its id; a loose file of the same name goes before it.
  private(set) var ids: [String: ObjectID] = [:]

  init(_ directory: String) throws(HistoryError) {
    path = "\(directory)/packed-refs"
    text = try Disk.read(path) ?? []
    for line in text.split(separator: UInt8(ascii: "\n")) where line.count > 41 {
      guard let id = ObjectID(digits: line.prefix(40)) else { continue }
      let name = String(decoding: line.dropFirst(41), as: UTF8.self)
      if RefName.isValid(name) { ids[name] = id }
    }
  }

  /// Writes the file without one ref, if it has it.
  func remove(_ name: String) throws(HistoryError) {
    guard ids[name] != nil else { return }
    let lock = try RefLock(path, folder: path, patience: 1_000)
    var kept: [UInt8] = []
    var drop = false
    for line in text.split(separator: UInt8(ascii: "\n")) {
      // A line with `^` belongs to the tag above it.
      if line.first != UInt8(ascii: "^") { drop = line.count > 41 && line.dropFirst(41).elementsEqual(name.utf8) }
      if !drop { kept += line + [UInt8(ascii: "\n")] }
    }
    try Disk.writeWhole(kept, to: path)
    lock.release(pruning: path)
  }
}
