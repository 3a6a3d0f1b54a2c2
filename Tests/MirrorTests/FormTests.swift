import Mirror
import Support
import Testing

@Suite("Stored forms")
struct StoredFormTests {
  @Test(
    "keep text as it is, mark the rest, and are read back",
    arguments: [
      ("", ""), ("text ü\n", "text ü\n"), ("a\u{0}b", "a\u{0}b"), ("\u{feff}bom", "\u{feff}bom"),
      ("membank:", "membank:text:membank:"), ("membank:text:x", "membank:text:membank:text:x"),
      ("membank", "membank"), (" membank:x", " membank:x"),
    ])
  func text(document: String, stored: String) {
    #expect(StoredForm.encode(Array(document.utf8)) == Array(stored.utf8))
    #expect(StoredForm.decode(Array(stored.utf8)) == Array(document.utf8))
  }

  @Test("carry any bytes", arguments: [[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], Array(0...255)] as [[UInt8]])
  func bytes(document: [UInt8]) {
    let stored = StoredForm.encode(document)
    #expect(stored.starts(with: Array("membank:base64:".utf8)))
    #expect(StoredForm.decode(stored) == document)
    #expect(StoredForm.decode(document) == document)
  }

  @Test(
    "of others are accepted",
    arguments: [
      ("membank:base64:aGk=\n", "hi"), ("membank:base64:", ""), ("membank:zstd:x", "membank:zstd:x"),
      ("membank:base64:aGk", nil), ("membank:base64:a GI=", nil), ("membank:base64:@@@@", nil),
    ] as [(String, String?)])
  func foreign(stored: String, document: String?) {
    #expect(StoredForm.decode(Array(stored.utf8)) == document.map { Array($0.utf8) })
  }
}

@Suite("Index entries")
struct IndexEntryTests {
  static let blob = "ce013625030ba8dba906f756967f9e9ca394464a"

  @Test("survive being written and read")
  func roundTrip() throws {
    let id = try #require(ObjectID(hex: Self.blob))
    for entry in [
      IndexEntry(blob: id, size: 3, commit: id, at: 17),
      IndexEntry(blob: id, size: 3, commit: id, at: 17, stored: id, withoutDocument: true),
    ] {
      #expect(IndexEntry(json: entry.json) == entry)
    }
  }

  @Test(
    "are read with blanks, in any order, with members nobody knows",
    arguments: [
      #" { "commit" : "B" ,"x":[1,{"y":"}"}], "blob":"B", "size": 3 , "at":17} "#,
      #"{"n":null,"e":"a\"b","blob":"B","commit":"B","size":3,"at":17,"o":{}}"#,
    ])
  func tolerant(text: String) throws {
    let id = try #require(ObjectID(hex: Self.blob))
    let json = text.split(separator: "B", omittingEmptySubsequences: false).joined(separator: Self.blob)
    #expect(IndexEntry(json: Array(json.utf8)) == IndexEntry(blob: id, size: 3, commit: id, at: 17))
  }

  @Test(
    "are nothing else",
    arguments: [
      "", "{", "{}", "[]", "x", #"{"blob":"B"}"#, #"{"blob":"B","commit":"x"}"#, #"{"blob":"B","commit":"B""#,
      #"{"blob":"B","commit":"B"}x"#, #"{"blob":"B" "commit":"B"}"#, #"{"blob":"\u0062B","commit":"B"}"#,
      #"{"x":{"blob":"B","commit":"B"}}"#, #"{"blob":"B","commit":"B","#,
    ])
  func refused(text: String) {
    let json = text.split(separator: "B", omittingEmptySubsequences: false).joined(separator: Self.blob)
    #expect(IndexEntry(json: Array(json.utf8)) == nil)
  }
}

@Suite("Names of keys")
struct MirrorKeysTests {
  @Test("follow the contract")
  func names() throws {
    let keys = try MirrorKeys(prefix: "membank", project: "my.bank_1-x")
    let path = try BankPath("notes/ü.md")
    #expect(keys.document(path) == Array("membank:{my.bank_1-x}:doc:notes/ü.md".utf8))
    #expect(keys.path(ofDocumentKey: keys.document(path)) == path)
    #expect(keys.path(ofDocumentKey: keys.documentPrefix + Array("../x".utf8)) == nil)
    #expect(keys.path(ofDocumentKey: keys.head) == nil)
    #expect(keys.kind(ofKey: keys.cacheIndex) == "cache")
    #expect(keys.kind(ofKey: keys.document(path)) == "doc")
    #expect(keys.kind(ofKey: Array("membank:{other}:doc:x".utf8)) == nil)
  }

  @Test(
    "refuse what would break them",
    arguments: [
      ("membank", ""), ("membank", "a b"), ("membank", "a}b"), ("membank", "ü"),
      ("membank", String(repeating: "x", count: 65)), ("", "b"), ("a{", "b"), ("a}", "b"), ("a b", "b"), ("a\n", "b"),
    ])
  func refused(prefix: String, project: String) {
    #expect(throws: MirrorNameError.self) { try MirrorKeys(prefix: prefix, project: project) }
  }
}
