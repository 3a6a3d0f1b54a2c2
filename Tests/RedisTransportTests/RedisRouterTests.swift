import RedisTransport
import TestSupport
import Testing

@Suite("A router", .timeLimit(.minutes(15)))
struct RedisRouterProcessTests {
  @Test("is a plain client of a single server, and connects again")
  func single() throws {
    let server = try RedisServer()
    let router = try RedisRouter(server.address)
    #expect(!router.isCluster)
    try router.run("SET", "k", "v")
    try server.restart()
    let failure = #expect(throws: RedisError.self) { try router.run("PING") }
    #expect(failure?.kind == .closed)
    #expect(try router.run("PING") == .status("PONG"))
  }

  @Test("finds every key of a cluster, moved ones too")
  func cluster() async throws {
    let cluster = try await RedisCluster()
    let router = try RedisRouter(cluster.address())
    #expect(router.isCluster)
    let keys = (0..<50).map { "m:{p\($0)}:doc" }
    let replies = try router.run(keys.map { RedisCommand("SET", $0, $0) })
    #expect(replies.allSatisfy { $0 == .status("OK") })
    #expect(try router.run(keys.map { RedisCommand("GET", $0) }).map(\.text) == keys)
    let used = Set(keys.map { router.address(forKey: Array($0.utf8)) })
    #expect(used.count == 3)

    // A command without a key goes where its neighbours' keys live.
    for key in keys.prefix(8) {
      let scan = try router.run([["EXISTS", key], ["SCAN", "0", "MATCH", key, "COUNT", "1000"]])
      #expect(scan[1].array?.last?.array?.map(\.text) == [key])
    }

    try moveSlot(of: keys[0], in: cluster, router: router)
    #expect(try router.run("GET", keys[0]).text == keys[0])
    let scan = try router.run([["EXISTS", keys[0]], ["SCAN", "0", "MATCH", keys[0], "COUNT", "1000"]])
    #expect(scan[1].array?.last?.array?.map(\.text) == [keys[0]])
  }

  // Half-way it is ASK that leads to the key, in the end MOVED.
  private func moveSlot(of key: String, in cluster: RedisCluster, router: RedisRouter) throws {
    let slot = try #require(try router.run("CLUSTER", "KEYSLOT", key).integer)
    let owner = router.address(forKey: Array(key.utf8)).endpoint
    let source = try #require(cluster.nodes.first { $0.tcpAddress.endpoint == owner })
    let target = try #require(cluster.nodes.first { $0.tcpAddress.endpoint != owner })
    let sourceID = try #require(try source.run("CLUSTER", "MYID").text)
    let targetID = try #require(try target.run("CLUSTER", "MYID").text)
    try target.run("CLUSTER", "SETSLOT", "\(slot)", "IMPORTING", sourceID)
    try source.run("CLUSTER", "SETSLOT", "\(slot)", "MIGRATING", targetID)
    try source.run("MIGRATE", "127.0.0.1", "\(target.port)", key, "0", "5000")
    #expect(try router.run([["GET", key], ["GET", key]]).map(\.text) == [key, key])
    for node in [target, source] { try node.run("CLUSTER", "SETSLOT", "\(slot)", "NODE", targetID) }
  }
}
