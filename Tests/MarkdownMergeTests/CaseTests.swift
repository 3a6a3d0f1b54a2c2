import FoundationEssentials
import MarkdownMerge
import Testing

/// A three-way case that stands in files: what both came from, what each side made of it, what must come out.
struct FileCase: CustomTestStringConvertible {
  let name: String
  private let files: [String: [UInt8]]

  /// All cases, by name.
  static let all: [FileCase] = {
    let directory = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Cases").path
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    return names.sorted().map { FileCase($0, in: directory) }
  }()

  private init(_ name: String, in directory: String) {
    self.name = name
    var files: [String: [UInt8]] = [:]
    for file in ["base", "ours", "theirs", "expected", "aside"] {
      files[file] = FileManager.default.contents(atPath: "\(directory)/\(name)/\(file).md").map(Array.init)
    }
    self.files = files
  }

  /// A file's bytes; nil where the case has none.
  subscript(name: String) -> [UInt8]? { files[name] }

  var testDescription: String { name }
}

@Suite("Cases from agents' daily work")
struct CaseTests {
  @Test("are merged as the files say; theirs is the later side", arguments: FileCase.all)
  func merged(_ merge: FileCase) throws {
    let base = try #require(merge["base"])
    let (ours, theirs) = (try #require(merge["ours"]), try #require(merge["theirs"]))
    let expected = String(decoding: try #require(merge["expected"]), as: UTF8.self)
    switch StructuralMerge.merge(base: base, earlier: ours, later: theirs) {
    case .merged(let text):
      #expect(String(decoding: text, as: UTF8.self) == expected)
      #expect(merge["aside"] == nil)
    case .partly(let text, let parts):
      #expect(String(decoding: text, as: UTF8.self) == expected)
      let copy = try #require(ConflictCopy(parts).bytes(path: "memory.md"))
      #expect(String(decoding: copy, as: UTF8.self) == String(decoding: merge["aside"] ?? [], as: UTF8.self))
    case .refused(let reason): Issue.record("refused: \(reason)")
    }
  }

  @Test("there are twenty of them at least")
  func count() { #expect(FileCase.all.count >= 20) }

  @Test("hold all of both sides, whichever is the later one", arguments: FileCase.all)
  func swapped(_ merge: FileCase) throws {
    let base = try #require(merge["base"])
    let (ours, theirs) = (try #require(merge["ours"]), try #require(merge["theirs"]))
    let one = TextOutcome(StructuralMerge.merge(base: base, earlier: ours, later: theirs))
    let other = TextOutcome(StructuralMerge.merge(base: base, earlier: theirs, later: ours))
    // What was inserted at one place, and what did not merge, changes places; nothing else does.
    let words = { (outcome: TextOutcome) in
      ([outcome.text ?? ""] + outcome.aside.map { $0[2] })
        .flatMap { $0.split(whereSeparator: { !$0.isLetter && !$0.isNumber }).map(String.init) }
    }
    #expect(words(one).sorted() == words(other).sorted())
  }
}
