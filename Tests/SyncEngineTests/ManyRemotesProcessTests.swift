import Bank
import History
import Mirror
import RedisTransport
import Support
import SyncEngine
import TestSupport
import Testing

@Suite("Mass deletions between replicas", .timeLimit(.minutes(15)), .everyServer, .namingServer)
struct DeletionProcessTests {
  let server: RedisServer
  let one: TestReplica
  let other: TestReplica

  init() throws {
    server = try RedisServer()
    one = try TestReplica("one", servers: [server])
    other = try TestReplica("two", servers: [server], joins: true)
    for number in 0..<20 { try one.write("\(number).md", "text \(number)\n") }
    try one.pass()
    try other.pass()
  }

  @Test("an approval travels with the commit")
  func travels() throws {
    for number in 0..<8 { try one.remove("\(number).md") }
    try one.pass()
    let plan = try #require(one.engine.plans.first)
    #expect(try one.engine.approve(plan.id))
    try one.pass()
    try other.pass()
    #expect(other.engine.plans.isEmpty)
    #expect(other.files.count == 12)
    #expect(other.engine.main == one.engine.main)
  }

  @Test("an approval that stands in another commit than its own approves nothing there")
  func copiedApproval() throws {
    for number in 0..<8 { try one.remove("\(number).md") }
    try one.pass()
    let plan = try #require(one.engine.plans.first)
    let history = one.engine.history
    let main = try #require(one.engine.main)
    var changes: [(path: BankPath, entry: TreeEntry?)] = []
    for number in 0..<9 { changes.append((try BankPath("\(number).md"), nil)) }
    let author = try history.commit(main).author
    let forged = try history.writeCommit(
      tree: history.writeTree(from: history.commit(main).tree, changes: changes.sorted { $0.path < $1.path }),
      parents: [main], author: author, committer: author,
      message: CommitMessage.text(
        subject: "Delete 9", deltas: [], trailers: [("Approved-Deletions", plan.id)]))
    try history.forceRef(EngineRef.applying, to: forged)
    let again = try TestReplica("one", addresses: [server.address], root: one.root)
    try again.remove("8.md")
    try again.pass()
    try other.pass()
    #expect(other.engine.plans.first?.files.count == 9)
    #expect(other.files.count == 20)
  }

  @Test("what adds up while a replica is away halts there; edits go on, and its approval lets it go")
  func addsUp() throws {
    for batch in 0..<3 {
      for number in (batch * 4)..<(batch * 4 + 4) { try one.remove("\(number).md") }
      try one.pass()
      one.clock.advance(seconds: 700)
    }
    try one.write("19.md", "edited\n")
    try one.pass()
    #expect(one.files.count == 8)
    try other.write("18.md", "edited here\n")
    try other.pass()
    let plan = try #require(other.engine.plans.first)
    #expect(plan.direction == .remote)
    #expect(plan.files.count == 12)
    // Only the deletions wait.
    #expect(other.files.count == 20)
    #expect(other.read("19.md") == "edited\n")
    try one.pass()
    #expect(one.read("18.md") == "edited here\n")
    #expect(one.files.count == 8)
    #expect(try other.engine.approve(plan.id))
    try other.pass()
    try one.pass()
    #expect(other.files == one.files)
    #expect(other.engine.main == one.engine.main)
  }
}

@Suite("Several remotes and a cluster", .timeLimit(.minutes(15)))
struct ManyRemotesProcessTests {
  @Test("what one remote has reaches the other, and a third replica through it")
  func relay() throws {
    let (first, second) = (try RedisServer(), try RedisServer())
    let middle = try TestReplica("middle", servers: [first, second])
    try middle.write("a.md", "1\n")
    try middle.pass()
    let far = try TestReplica("far", servers: [second], joins: true)
    try far.pass()
    _ = try first.run("SET", "membank:{test}:doc:a.md", "2\n")
    try middle.pass()
    try far.pass()
    #expect(far.files == ["a.md": "2\n"])
    try far.write("b.md", "far\n")
    try far.pass()
    try middle.pass()
    #expect(try RedisConnection(first.address).text("membank:{test}:doc:b.md") == "far\n")
    #expect(middle.engine.main == far.engine.main)
  }

  @Test("one remote down costs the other nothing")
  func oneDown() throws {
    let (first, second) = (try RedisServer(), try RedisServer())
    let replica = try TestReplica(servers: [first, second])
    try replica.write("a.md", "1\n")
    try replica.pass()
    first.stop()
    try replica.write("a.md", "2\n")
    try replica.pass()
    #expect(try RedisConnection(second.address).text("membank:{test}:doc:a.md") == "2\n")
    #expect(!replica.engine.isInSync(0) && replica.engine.isInSync(1))
    try first.start()
    try replica.pass()
    #expect(try RedisConnection(first.address).text("membank:{test}:doc:a.md") == "2\n")
  }

  @Test("a cluster is followed to the bank's slot")
  func cluster() async throws {
    let cluster = try await RedisCluster()
    let addresses = cluster.nodes.map(\.tcpAddress)
    let one = try TestReplica("one", addresses: [try #require(addresses.first)])
    let other = try TestReplica("two", addresses: [try #require(addresses.last)], joins: true)
    try one.write("a.md", "1\n")
    try one.pass()
    try other.pass()
    #expect(other.files == ["a.md": "1\n"])
    try other.write("a.md", "2\n")
    try other.pass()
    _ = try RedisRouter(addresses[1]).run("SET", "membank:{test}:doc:b.md", "foreign\n")
    try one.pass()
    #expect(one.files == ["a.md": "2\n", "b.md": "foreign\n"])
    #expect(one.engine.isInSync(0))
  }
}
