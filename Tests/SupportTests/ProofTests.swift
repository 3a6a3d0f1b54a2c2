import FoundationEssentials
import Testing

/// The pages beside the tests that say what shows what: they must not outlive what they name.
@Suite("What the pages on the tests name")
struct ProofTests {
  private static let tests = #filePath.split(separator: "/").dropLast(2).reduce("") { "\($0)/\($1)" }

  private static func text(_ name: String) throws -> String {
    let data = try #require(FileManager.default.contents(atPath: "\(tests)/\(name)"), "\(name)")
    return String(decoding: data, as: UTF8.self)
  }

  /// Every test as `Suite/function`.
  private static func names() throws -> Set<String> {
    var names: Set<String> = []
    for file in try FileManager.default.subpathsOfDirectory(atPath: tests) where file.hasSuffix(".swift") {
      var suite = ""
      var isTest = false
      for line in try text(file).split(separator: "\n") {
        let words = line.split { !$0.isLetter && !$0.isNumber && $0 != "_" && $0 != "@" }
        if !line.hasPrefix(" "), let word = words.firstIndex(where: { ["struct", "class", "extension"].contains($0) }),
          word + 1 < words.count
        {
          suite = String(words[word + 1])
        } else if words.first == "@Test" {
          isTest = true
        }
        if isTest, words.first == "func", words.count > 1 {
          names.insert("\(suite)/\(words[1])")
          isTest = false
        }
      }
    }
    return names
  }

  @Test("are tests that exist", arguments: ["RULES.md", "HAZARDS.md", "PEERS.md"])
  func namedTests(page: String) throws {
    let names = try Self.names()
    var count = 0
    for part in try Self.text(page).split(separator: "`") {
      let words = part.split(separator: "/")
      guard words.count == 2, words[0].hasSuffix("Tests"), !part.contains(" ") else { continue }
      count += 1
      let exists = names.contains(String(part))
      #expect(exists, "\(part) in \(page)")
    }
    #expect(count > 20)
  }

  @Test("are hazards, each with a test, or a reason why there is none")
  func hazards() throws {
    var rows: [String: Substring] = [:]
    for line in try Self.text("HAZARDS.md").split(separator: "\n") {
      let cells = line.split(separator: "|").map { $0.split(separator: " ") }
      guard cells.count == 3, let number = cells[0].first, number.first?.isNumber == true else { continue }
      #expect(rows.updateValue(line, forKey: String(number)) == nil, "\(number) stands there twice")
    }
    #expect(rows.count == 103)
    for number in (1...102).map(String.init) + ["82b"] {
      let row = try #require(rows[number], "\(number)")
      #expect(row.contains("Tests/") || row.contains("later: "), "\(number)")
    }
  }

  @Test("are situations of a table, and all of them")
  func situations() throws {
    let page = try Self.text("PEERS.md")
    var named: Set<String> = []
    for line in page.split(separator: "\n") {
      // Every other part stands between quotation marks.
      let parts = line.split(separator: "\"", omittingEmptySubsequences: false)
      for index in parts.indices where index % 2 == 1 { named.insert(String(parts[index])) }
    }
    var names: Set<String> = []
    for table in ["trees", "moves", "runs"] {
      for part in try Self.text("SyncEngineTests/Situations+\(table).swift").split(separator: "Situation(").dropFirst()
      {
        let quoted = part.split(separator: "\"", maxSplits: 2, omittingEmptySubsequences: false)
        names.insert(String(try #require(quoted.count > 1 ? quoted[1] : nil)))
      }
    }
    #expect(names.count > 80)
    #expect(names.subtracting(named).isEmpty, "not on the page")
    #expect(named.subtracting(names).isEmpty, "in no table")
  }

  @Test("are faults, each with a row and with tests to find it")
  func faults() throws {
    let names = try Self.names()
    let rules = try Self.text("RULES.md")
    let faults = try Self.text("Planted/faults").split(separator: "\n").filter { $0.hasPrefix("fault ") }
    #expect(faults.count > 50)
    for fault in faults {
      let parts = fault.dropFirst(6).split(separator: "|").map { $0.split(separator: " ").map(String.init) }
      try #require(parts.count == 3)
      if parts[1].first != "hazard" { #expect(rules.contains(try #require(parts[0].first))) }
      for test in parts[2] { #expect(names.contains(test), "\(fault)") }
    }
  }

  @Test("are faulty lines that stand in the program once")
  func lines() throws {
    var (file, lines) = ("", "")
    let list: [Substring] = try Self.text("Planted/faults").split(separator: "\n", omittingEmptySubsequences: false)
    for line in list + [""] {
      if line.hasPrefix("-") {
        lines += line.dropFirst() + "\n"
      } else {
        if !lines.isEmpty {
          // What stands there once parts the text in two.
          let parts = try Self.text("../\(file)").split(separator: lines, omittingEmptySubsequences: false)
          #expect(parts.count == 2, "\(file):\n\(lines)")
          lines = ""
        }
        if line.hasPrefix("@ ") { file = String(line.dropFirst(2)) }
      }
    }
  }
}
