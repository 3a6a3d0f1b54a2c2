import Support

/// The names of the keys that copies of a bank stand under: `<prefix>-backup:{<project>}:<time>:…`.
///
/// They are outside the bank's own keys, all of which expire; these never do.
struct CopyKeys {
  /// What all of them begin with.
  let root: [UInt8]

  init(prefix: String, project: String) { root = Array("\(prefix)-backup:{\(project)}:".utf8) }

  /// A key of the copy that bears this stamp.
  func key(_ stamp: String, _ rest: some Sequence<UInt8>) -> [UInt8] { root + stamp.utf8 + [UInt8(ascii: ":")] + rest }

  /// What makes a copy complete.
  func manifest(_ stamp: String) -> [UInt8] { key(stamp, "manifest".utf8) }
  /// Who began it.
  func begun(_ stamp: String) -> [UInt8] { key(stamp, "begun".utf8) }
  /// The same fields as the bank's own head.
  func head(_ stamp: String) -> [UInt8] { key(stamp, "head".utf8) }
  /// A git pack.
  func pack(_ stamp: String, _ id: String) -> [UInt8] { key(stamp, "pack:\(id)".utf8) }
  /// A file's text.
  func document(_ stamp: String, _ path: BankPath) -> [UInt8] { key(stamp, Array("doc:".utf8) + path.bytes) }

  /// The stamp in a key; nil for other keys.
  func stamp(of key: [UInt8]) -> String? {
    guard key.starts(with: root) else { return nil }
    let text = String(decoding: key[root.count...].prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self)
    return BackupStamp.seconds(text) == nil ? nil : text
  }

  /// The pattern of all keys, or of those of one copy.
  func pattern(_ stamp: String? = nil) -> [UInt8] {
    var pattern: [UInt8] = []
    for byte in stamp.map({ key($0, []) }) ?? root {
      if #"*?[]\^"#.utf8.contains(byte) { pattern.append(UInt8(ascii: "\\")) }
      pattern.append(byte)
    }
    return pattern + [UInt8(ascii: "*")]
  }
}
