/// Where things stand in a text in git-config syntax: libgit2 gives values without their lines.
///
/// It reads the text only as far as that takes; what it doesn't understand it leaves to libgit2 to refuse.
struct GitConfigLines {
  /// Lines of each key, in the order of the file; keys as libgit2 writes them.
  private(set) var places: [String: [Int]] = [:]
  /// The first line that begins an `include` or `includeIf` section, or might.
  private(set) var include: Int?
  /// Mistakes that libgit2 passes over or reports without a line.
  private(set) var problem: (line: Int, message: String)?

  private var section = ""
  private var line = 1

  init(_ text: [UInt8]) {
    let rows = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    var continued = false
    var quoted = false
    for row in rows {
      if row.contains(0) { note("has a NUL byte") }
      if !Self.isComment(row), include == nil, Self.mentionsInclude(row) { include = line }
      var rest = row[...]
      if line == 1, rest.starts(with: [0xef, 0xbb, 0xbf]) { rest = rest.dropFirst(3) }
      if !continued {
        rest = Self.trimmed(rest)
        while rest.first == UInt8(ascii: "[") { rest = header(rest) }
        rest = variable(rest)
        quoted = false
      }
      continued = scanValue(rest, quoted: &quoted)
      line += 1
    }
  }

  private mutating func note(_ message: String) {
    if problem == nil { problem = (line, message) }
  }

  private static func isComment(_ row: ArraySlice<UInt8>) -> Bool {
    let first = trimmed(row).first
    return first == UInt8(ascii: "#") || first == UInt8(ascii: ";")
  }

  /// Whether a section that includes begins anywhere in the row.
  ///
  /// A value that says so is refused too, rather than decide here, in another way than libgit2 might, where values end.
  private static func mentionsInclude(_ row: ArraySlice<UInt8>) -> Bool {
    let word = Array("include".utf8)
    for bracket in row.indices where row[bracket] == UInt8(ascii: "[") {
      let name = trimmed(row[(bracket + 1)...])
      if name.count >= word.count && zip(name, word).allSatisfy({ $0 | 0x20 == $1 }) { return true }
    }
    return false
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }

  private static func trimmed(_ row: ArraySlice<UInt8>) -> ArraySlice<UInt8> { row.drop(while: isBlank) }

  /// Reads `[section "subsection"]` and returns what follows it.
  private mutating func header(_ row: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var name: [UInt8] = []
    var quoted = false
    var index = row.startIndex + 1
    var subsection: [UInt8]?
    while index < row.endIndex {
      let byte = row[index]
      index += 1
      if quoted {
        if byte == UInt8(ascii: "\\"), index < row.endIndex {
          subsection?.append(row[index])
          index += 1
        } else if byte == UInt8(ascii: "\"") {
          quoted = false
        } else {
          subsection?.append(byte)
        }
      } else if byte == UInt8(ascii: "\"") {
        quoted = true
        subsection = subsection ?? []
      } else if byte == UInt8(ascii: "]") {
        break
      } else if !Self.isBlank(byte) {
        name.append(byte)
      }
    }
    section = String(decoding: name, as: UTF8.self).lowercased()
    if let subsection { section += "." + String(decoding: subsection, as: UTF8.self) }
    return Self.trimmed(row[index...])
  }

  /// Notes the variable that the row begins with and returns what follows its `=`.
  private mutating func variable(_ row: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let name = row.prefix { Digits.isDigit($0) || ($0 | 0x20) &- UInt8(ascii: "a") < 26 || $0 == UInt8(ascii: "-") }
    guard !name.isEmpty else { return [] }
    places[section + "." + String(decoding: name, as: UTF8.self).lowercased(), default: []].append(line)
    let rest = Self.trimmed(row[name.endIndex...])
    return rest.first == UInt8(ascii: "=") ? rest.dropFirst() : []
  }

  /// Goes through a value and says whether the next line goes on with it.
  private mutating func scanValue(_ row: ArraySlice<UInt8>, quoted: inout Bool) -> Bool {
    let row = row.last == 0x0d ? row.dropLast() : row
    var index = row.startIndex
    while index < row.endIndex {
      let byte = row[index]
      index += 1
      if byte == UInt8(ascii: "\"") {
        quoted.toggle()
      } else if byte == UInt8(ascii: "\\") {
        guard index < row.endIndex else { return true }
        if !Array("ntb\"\\".utf8).contains(row[index]) {
          note("has the escape '\\\(Character(UnicodeScalar(row[index])))', which git doesn't know")
        }
        index += 1
      } else if !quoted, byte == UInt8(ascii: "#") || byte == UInt8(ascii: ";") {
        return false
      }
    }
    // libgit2 lets the value end here; git refuses it, and the writer meant something else.
    if quoted { note("has a quotation mark that is never closed") }
    return false
  }
}
