import Bank
import History
import Support
import SyncEngine
import Testing

@Suite("What a crash left under a temporary name")
struct LeftoverTests {
  private let replica: TestReplica

  init() throws {
    replica = try TestReplica()
    try replica.write("a.md", "1\n")
    try replica.pass()
  }

  /// The file that is kept on this machine alone.
  private func rescued() throws -> (name: String, text: String) {
    let history = replica.engine.history
    let ref = try #require(try history.refs(under: "refs/rescue").first)
    let file = try #require(try history.files(inTree: history.commit(ref.id).tree).first)
    return (file.key.description, String(decoding: try history.blob(file.value.blob), as: UTF8.self))
  }

  @Test("is kept on this machine when it can't be told whose it was")
  func unknown() throws {
    let main = replica.engine.main
    try replica.write(".mb-tmp-00000000-0123456789abcdef", "whose\n")
    try replica.pass()
    #expect(replica.files == ["a.md": "1\n"])
    #expect(replica.engine.main == main)
    let found = try rescued()
    #expect(found.name.hasPrefix("unknown-") && found.text == "whose\n")
  }

  @Test("is kept on this machine when it holds a secret, and else becomes a version", arguments: [true, false])
  func known(isSecret: Bool) throws {
    let text = isSecret ? "aws_access_key_id = AKIA" + "Q3EGRZ7XWKPT4NLD\n" : "2\n"
    try replica.write(TemporaryFile(for: BankPath("a.md"), random: SystemRandom()).name, text)
    try replica.pass()
    #expect(replica.files.keys.sorted() == ["a.md"])
    if isSecret {
      #expect(replica.files == ["a.md": "1\n"])
      #expect(try rescued() == ("a.md", text))
    } else {
      #expect(replica.files == ["a.md": text])
      #expect(try replica.text("a.md") == text)
    }
  }
}
