import Support

/// What the graph needs to know of a commit.
struct CommitLink {
  let tree: ObjectID
  let parents: [ObjectID]
  /// The committer's time, seconds since 1970.
  let time: Int64
}

/// The text of a commit object, both ways.
struct CommitText {
  private let id: ObjectID
  private let bytes: [UInt8]
  private var offset = 0

  /// The end of the year 9999: nothing that shows dates goes further.
  private static let lastSecond: Int64 = 253_402_300_799

  private init(_ id: ObjectID, _ bytes: [UInt8]) {
    self.id = id
    self.bytes = bytes
  }

  /// The whole commit.
  static func parse(_ id: ObjectID, _ bytes: [UInt8]) throws(HistoryError) -> Commit {
    var text = CommitText(id, bytes)
    let (tree, parents) = try text.links()
    let author = text.signature("author ")
    let committer = text.signature("committer ")
    guard let author, let committer else { throw text.malformed() }
    // What else a header may have (encoding, gpgsig, mergetag) says nothing to us.
    while let line = text.line(), !line.isEmpty {}
    var message = text.bytes[text.offset...]
    if message.last == UInt8(ascii: "\n") { message.removeLast() }
    return Commit(
      id: id, tree: tree, parents: parents, author: author, committer: committer,
      message: String(decoding: message, as: UTF8.self))
  }

  /// Tree, parents and time only.
  static func parseLink(_ id: ObjectID, _ bytes: [UInt8]) throws(HistoryError) -> CommitLink {
    var text = CommitText(id, bytes)
    let (tree, parents) = try text.links()
    guard let author = text.line(), author.starts(with: "author ".utf8), let time = text.signatureTime("committer ")
    else { throw text.malformed() }
    return CommitLink(tree: tree, parents: parents, time: time.seconds)
  }

  private mutating func links() throws(HistoryError) -> (ObjectID, [ObjectID]) {
    guard let tree = id(after: "tree ") else { throw malformed() }
    var parents: [ObjectID] = []
    while bytes[offset...].starts(with: "parent ".utf8) {
      guard let parent = id(after: "parent ") else { throw malformed() }
      parents.append(parent)
    }
    return (tree, parents)
  }

  private func malformed() -> HistoryError { .damaged("parse commit", id.description, "is not a commit") }

  /// The next line without its newline; nil at the end.
  private mutating func line() -> ArraySlice<UInt8>? {
    guard offset < bytes.count else { return nil }
    let end = bytes[offset...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
    defer { offset = min(end + 1, bytes.count) }
    return bytes[offset..<end]
  }

  private mutating func line(after word: String) -> ArraySlice<UInt8>? {
    guard bytes[offset...].starts(with: word.utf8) else { return nil }
    return line()?.dropFirst(word.utf8.count)
  }

  private mutating func id(after word: String) -> ObjectID? {
    line(after: word).flatMap { ObjectID(digits: $0) }
  }

  private mutating func signatureTime(_ word: String) -> (person: ArraySlice<UInt8>, seconds: Int64, minutes: Int)? {
    guard let line = line(after: word) else { return nil }
    guard let close = line.lastIndex(of: UInt8(ascii: ">")) else { return (line, 0, 0) }
    let fields = line[(close + 1)...].split(separator: UInt8(ascii: " "))
    let seconds = fields.first.flatMap { Int64(String(decoding: $0, as: UTF8.self)) } ?? 0
    let zone = fields.dropFirst().first.flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 0
    // A stranger's commit may claim any number, and what reads it counts on from there.
    let offset = zone / 100 * 60 + zone % 100
    return (line[...close], min(max(seconds, 0), Self.lastSecond), (-1439...1439).contains(offset) ? offset : 0)
  }

  private mutating func signature(_ word: String) -> Signature? {
    guard let (person, seconds, minutes) = signatureTime(word) else { return nil }
    let open = person.firstIndex(of: UInt8(ascii: "<")) ?? person.endIndex
    var name = person[..<open]
    while name.last == UInt8(ascii: " ") { name.removeLast() }
    return Signature(
      name: String(decoding: name, as: UTF8.self),
      email: String(decoding: person[open...].dropFirst().prefix { $0 != UInt8(ascii: ">") }, as: UTF8.self),
      seconds: seconds, offsetMinutes: minutes)
  }

  /// The bytes of a commit object.
  static func write(
    tree: ObjectID, parents: [ObjectID], author: Signature, committer: Signature, message: String
  ) -> [UInt8] {
    var text = "tree \(tree)\n"
    for parent in parents { text += "parent \(parent)\n" }
    text += "author \(line(author))\ncommitter \(line(committer))\n\n"
    var message = message
    message.unicodeScalars.removeAll { $0.value == 0 }
    text += message
    if !message.utf8.elementsEqual([]), message.utf8.last != UInt8(ascii: "\n") { text += "\n" }
    return Array(text.utf8)
  }

  private static func line(_ signature: Signature) -> String {
    let offset = min(max(signature.offsetMinutes, -24 * 60 + 1), 24 * 60 - 1)
    let digits = String(abs(offset) / 60 * 100 + abs(offset) % 60)
    let zone = (offset < 0 ? "-" : "+") + String(repeating: "0", count: 4 - digits.count) + digits
    return "\(clean(signature.name)) <\(clean(signature.email))> \(max(signature.seconds, 0)) \(zone)"
  }

  /// What git's own strict check accepts between the brackets and before them.
  private static func clean(_ text: String) -> String {
    var kept = text.unicodeScalars.filter { $0.value >= 0x20 && $0 != "<" && $0 != ">" && $0.value != 0x7f }[...]
    let crud: (Unicode.Scalar) -> Bool = { " .,:;\"'\\".unicodeScalars.contains($0) }
    kept = kept.drop(while: crud)
    while let last = kept.last, crud(last) { kept.removeLast() }
    let result = String(String.UnicodeScalarView(kept))
    return result.isEmpty ? "unknown" : result
  }
}
