import History
import Support
import SyncEngine
import Testing

@Suite("A file that stays on the machine, and is deleted")
struct HeldDeletionTests {
  private let replica: TestReplica
  private let secret = "aws_access_key_id = AKIA" + "Q3EGRZ7XWKPT4NLD\n"

  init() throws {
    replica = try TestReplica()
    try replica.write("a.md", "1\n2\n3\n")
    try replica.pass()
  }

  private func expectLetGo() throws {
    #expect(replica.engine.held.isEmpty)
    #expect(try replica.engine.history.refs(under: EngineRef.held).isEmpty)
    // What was held is still on this machine.
    #expect(try replica.engine.history.refs(under: "refs/rescue").count == 1)
  }

  @Test("is deleted in the bank, where nothing has come since")
  func seen() throws {
    try replica.write("a.md", "1\n2\n3\n" + secret)
    try replica.pass()
    try replica.remove("a.md")
    try replica.pass()
    #expect(try replica.names == [])
    try expectLetGo()
  }

  @Test("deletes nothing that the bank never had")
  func unknown() throws {
    try replica.write("b.md", secret)
    try replica.pass()
    #expect(try replica.names == ["a.md"])
    let main = replica.engine.main
    try replica.remove("b.md")
    try replica.pass()
    #expect(replica.engine.main == main)
    try expectLetGo()
  }

  @Test("comes back as the bank has it, where nobody here has seen that")
  func unseen() throws {
    try replica.write("a.md", "1\n2\n3\n" + secret)
    try replica.pass()
    let history = replica.engine.history
    let main = try #require(replica.engine.main)
    let blob = try history.writeBlob(Array("one\n2\n3\n".utf8))
    try replica.engine.integrate(
      try replica.engine.foreignCommit(parent: main, path: try BankPath("a.md"), blob: blob))
    try replica.remove("a.md")
    try replica.pass()
    #expect(replica.read("a.md") == "one\n2\n3\n")
    #expect(try replica.text("a.md") == "one\n2\n3\n")
    try expectLetGo()
  }
}
