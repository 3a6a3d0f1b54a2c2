import Support

/// What stands before the pack in a git bundle of version 2: the refs that it holds.
struct BundleHeader {
  private static let signature = "# v2 git bundle\n"

  /// Names and values, in order.
  let refs: [(name: String, id: ObjectID)]
  /// Where the pack begins.
  let length: Int

  /// The bytes of a header for a whole history: `HEAD` makes a clone check `main` out.
  static func bytes(_ head: ObjectID) -> [UInt8] {
    Array("\(signature)\(head) HEAD\n\(head) refs/heads/main\n\n".utf8)
  }

  /// Reads a header; nil for something else, and for a bundle that needs other commits.
  init?(_ bytes: [UInt8]) {
    guard bytes.starts(with: Self.signature.utf8) else { return nil }
    var refs: [(String, ObjectID)] = []
    var start = Self.signature.utf8.count
    while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
      let line = bytes[start..<end]
      start = end + 1
      if line.isEmpty {
        self.refs = refs
        length = start
        return
      }
      guard line.count > 41, line[line.startIndex + 40] == UInt8(ascii: " "),
        let id = ObjectID(hex: String(decoding: line.prefix(40), as: UTF8.self))
      else { return nil }
      refs.append((String(decoding: line.dropFirst(41), as: UTF8.self), id))
    }
    return nil
  }
}
