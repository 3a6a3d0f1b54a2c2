import Support
import Testing

@Suite("Object ids")
struct ObjectIDTests {
  @Test("are what `git hash-object` prints")
  func blob() {
    #expect(ObjectID.blob(of: []).description == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391")
    #expect(ObjectID.blob(of: Array("hello\n".utf8)).description == "ce013625030ba8dba906f756967f9e9ca394464a")
  }

  @Test("survive being written and read")
  func roundTrip() throws {
    let text = "ce013625030ba8dba906f756967f9e9ca394464a"
    let id = try #require(ObjectID(hex: text))
    #expect(id.description == text)
    #expect(ObjectID(bytes: id.bytes) == id)
  }

  @Test(
    "are nothing else",
    arguments: ["", "ce01", "CE013625030ba8dba906f756967f9e9ca394464a", "g" + String(repeating: "0", count: 39)])
  func refused(text: String) {
    #expect(ObjectID(hex: text) == nil)
  }
}

@Suite("Paths of documents")
struct BankPathTests {
  @Test(
    "refuse what must never be written to",
    arguments: [
      ("", PathProblem.empty), ("/etc/passwd", .empty), ("a//b", .empty), ("a/", .empty), ("..", .dots),
      ("a/../b", .dots),
      ("./a", .dots), (".git/config", .reserved(".git")), ("x/.GIT/config", .reserved(".GIT")),
      (".membank", .reserved(".membank")), (".mb-tmp-1", .reserved(".mb-tmp-1")),
      ("d/.mb-tmp-\u{301}", .reserved(".mb-tmp-\u{301}")), ("a\u{0}b", .controlCharacter),
      ("a\nb", .controlCharacter), ("a\u{9b}b", .controlCharacter), (String(repeating: "x", count: 256), .tooLong),
      (String(repeating: "x/", count: 128) + "x", .tooDeep),
    ])
  func refused(text: String, problem: PathProblem) {
    #expect(throws: problem) { try BankPath(text) }
  }

  @Test("may lie as deep as is allowed, however they are made")
  func depth() throws {
    let deepest = try BankPath(String(repeating: "x/", count: PathProblem.deepest - 1) + "x")
    #expect(throws: PathProblem.tooDeep) { try deepest.appending("y".utf8) }
    #expect(try deepest.parent?.appending("y".utf8).ancestors.count == PathProblem.deepest - 1)
  }

  @Test("keep composed and decomposed letters apart")
  func normalisation() throws {
    #expect(try BankPath("caf\u{e9}.md") != BankPath("cafe\u{301}.md"))
  }

  @Test("refuse bytes that are not UTF-8")
  func bytes() {
    #expect(throws: PathProblem.notUTF8) { try BankPath([0x61, 0xff]) }
  }
}
