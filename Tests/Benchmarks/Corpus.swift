import Glibc
import Support

/// Markdown documents as a memory bank has them: lognormal sizes, nested folders, text that compresses like prose.
///
/// A text is made when it is asked for: what this process holds in memory would count as its children's peak.
struct Corpus {
  struct Document {
    let path: String
    let bytes: [UInt8]
  }

  let count: Int
  private let seed: UInt64
  private let vocabulary: [String]

  /// The same documents for the same count and seed.
  init(_ count: Int, seed: UInt64 = 1) {
    self.count = count
    self.seed = seed
    var random = Random(seed: seed)
    vocabulary = Self.vocabulary(&random)
  }

  subscript(number: Int) -> Document {
    var random = Random(seed: seed &+ UInt64(number) &* 0x1_0000_0001)
    // A median of 1.9 KB and a mean of 3 KB: ten thousand of them are 30 MB.
    let size = Int(min(200_000, max(60, random.lognormal(median: 1_900, sigma: 0.95))))
    return Document(path: Self.path(number, of: count), bytes: Self.text(number, size, vocabulary, &random))
  }

  func forEach(_ body: (Document) throws -> Void) rethrows {
    for number in 0..<count { try body(self[number]) }
  }

  /// Some files at the root, the others twenty to a folder, folders two deep.
  private static func path(_ number: Int, of count: Int) -> String {
    let name = "note-\(number).md"
    guard number >= 20 else { return name }
    let folder = number / 20
    return "area-\(folder % 25)/topic-\(folder / 25)/\(name)"
  }

  private static func vocabulary(_ random: inout Random) -> [String] {
    let letters = Array("etaoinshrdlucmfwygpbvk")
    return (0..<3_000).map { _ in
      let length = 2 + Int(random.next() % 9)
      return String((0..<length).map { _ in letters[Int(random.fraction() * random.fraction() * 21.9)] })
    }
  }

  private static func text(_ number: Int, _ size: Int, _ vocabulary: [String], _ random: inout Random) -> [UInt8] {
    var bytes = Array("---\ntitle: Note \(number)\nstatus: active\n---\n\n# Note \(number)\n\n".utf8)
    var column = 0
    while bytes.count < size {
      // Common words are far more common than rare ones.
      let word = vocabulary[Int(random.fraction() * random.fraction() * random.fraction() * 2_999)]
      if column == 0, random.next() % 4 == 0 { bytes += Array(random.next() % 3 == 0 ? "## ".utf8 : "- ".utf8) }
      bytes += Array(word.utf8)
      column += word.utf8.count + 1
      bytes.append(UInt8(ascii: column > 70 ? "\n" : " "))
      if column > 70 { column = 0 }
    }
    return bytes + [UInt8(ascii: "\n")]
  }

  /// Writes the documents below a directory.
  ///
  /// - Returns: How many bytes they have.
  @discardableResult
  func write(to directory: String) throws -> Int {
    var made: Set<String> = []
    var total = 0
    try forEach { document in
      let path = "\(directory)/\(document.path)"
      let folder = String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
      if made.insert(folder).inserted { try Files.makeDirectories(folder) }
      try Files.write(document.bytes, to: path)
      total += document.bytes.count
    }
    return total
  }

  /// Writes a file of the Redis commands that load the documents under `prefix`, for `redis-cli --pipe`.
  func writeCommands(prefix: String, to path: String) throws {
    let file = try Files.open(path, O_WRONLY | O_CREAT | O_TRUNC)
    defer { close(file) }
    try forEach { document in
      let key = Array((prefix + document.path).utf8)
      let words = [Array("SET".utf8), key, document.bytes, Array("EX".utf8), Array("86400".utf8)]
      var output = Array("*\(words.count)\r\n".utf8)
      for word in words { output += Array("$\(word.count)\r\n".utf8) + word + Array("\r\n".utf8) }
      try Files.write(output, to: file, path)
    }
  }
}
