import FoundationEssentials
import Glibc
import RedisTransport
import Support
import TestSupport
import Testing

@Suite("Servers, sockets and paths of all kinds")
struct PlumbingProcessTests {
  @Test("a cluster is followed to the node that has the bank, by daemons too")
  func cluster() async throws {
    try await play { stage in
      let cluster = try await RedisCluster()
      let (one, two) = (try stage.machine("one"), try stage.machine("two"))
      one.environment["REDIS_URL"] = "redis://127.0.0.1:\(cluster.nodes[0].port)"
      two.environment["REDIS_URL"] = "redis://127.0.0.1:\(cluster.nodes[1].port)"
      try one.write("a.md", "a\n")
      try await one.sync()
      #expect(try await two.membank("join", "--project", "bank").status == 0)
      #expect(one.files == two.files)
      let daemons = [try await one.daemon(), try await two.daemon()]
      try one.write("a.md", "edited on one\n")
      try await one.flush()
      #expect(try await eventually { two.read("a.md") == "edited on one\n" })
      let holders = try cluster.nodes.filter { try $0.run("DBSIZE").integer ?? 0 > 0 }
      #expect(holders.count == 1)
      for key in try holders.first?.run("KEYS", "*").array ?? [] {
        #expect(try holders.first?.run("TTL", key.text ?? "").integer ?? -1 > 0, "\(key)")
      }
      for daemon in daemons { daemon.signal(SIGTERM) }
      for daemon in daemons { #expect(try await daemon.end().status == 0) }
    }
  }

  @Test("user, password and database number are obeyed, over TCP and unix sockets", arguments: ["redis", "unix"])
  func fullAddress(_ scheme: String) async throws {
    var options = RedisServer.Options()
    options.tcp = true
    options.users = ["keeper on >k33per ~* &* +@all"]
    try await play(.server(options)) { stage in
      let redis = try #require(stage.redis)
      let one = try stage.machine()
      one.environment["REDIS_URL"] =
        scheme == "unix"
        ? "unix://keeper:k33per@\(redis.socket)?db=3" : "redis://keeper:k33per@127.0.0.1:\(redis.port)/3"
      try one.write("a.md", "a\n")
      try await one.sync()
      let admin = try redis.connect()
      #expect(try admin.run("DBSIZE").integer == 0)
      try admin.run("SELECT", "3")
      #expect(try admin.run("GET", stage.key("doc:a.md")).text == "a\n")
      try admin.run("CONFIG", "SET", "notify-keyspace-events", "KA")
      try await one.daemon()
      try admin.run("SET", stage.key("doc:a.md"), "foreign\n")
      #expect(try await eventually { one.read("a.md") == "foreign\n" })
    }
  }

  @Test("paths longer than a socket's name may be are no trouble")
  func longPaths() async throws {
    try await play(.embedded) { stage in
      let one = try stage.machine()
      let long =
        one.root.path + "/" + Array(repeating: String(repeating: "long", count: 12), count: 4).joined(separator: "/")
      one.environment["XDG_STATE_HOME"] = long + "/state"
      one.environment["XDG_RUNTIME_DIR"] = nil
      one.bank = long + "/bank"
      try one.write("a.md", "a\n")
      try await one.sync()
      let daemon = try await one.daemon()
      try one.write("a.md", "aa\n")
      try await one.flush()
      #expect(try await one.status()["remotes"]?.elements?.first?["state"]?.text == "in sync")
      daemon.signal(SIGTERM)
      #expect(try await daemon.end().status == 0)
    }
  }

  @Test("a key of another program under the prefix gets a TTL, and doctor names it before")
  func strangersKeys() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      try stage.redis?.run("SET", stage.key("task:progress"), "half")
      let doctor = try await one.membank("doctor")
      #expect(
        doctor.output.contains("1 keys without a TTL") && doctor.output.contains("task:progress"), "\(doctor.text)")
      try await one.sync()
      #expect(try stage.redis?.run("TTL", stage.key("task:progress")).integer ?? -1 > 0)
      #expect(try stage.redis?.run("GET", stage.key("task:progress")).text == "half")
      #expect(!(try await one.membank("doctor").output.contains("without a TTL")))
    }
  }

  @Test("a full Redis costs freshness only")
  func outOfMemory() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      try stage.redis?.run("CONFIG", "SET", "maxmemory", "1")
      try one.write("a.md", "aa\n")
      let full = try await one.membank("sync", "--once")
      #expect(full.status == 3, "\(full.text)")
      #expect(full.text.contains("memory"), "\(full.text)")
      #expect(try stage.document("a.md") == "a\n")
      #expect(try await one.git("show", "main:a.md").output == "aa\n")
      try stage.redis?.run("CONFIG", "SET", "maxmemory", "0")
      try await one.sync()
      #expect(try stage.document("a.md") == "aa\n")
    }
  }

  @Test("without redis-server the daemon keeps versioning")
  func daemonWithoutServer() async throws {
    try await play(.embedded) { stage in
      let one = try stage.machine()
      one.environment["PATH"] = "/nonexistent"
      try one.write("a.md", "a\n")
      _ = try await one.membank("init")
      let daemon = try await one.daemon()
      #expect(daemon.complaint.contains("redis-server"), "\(daemon.complaint)")
      try one.write("a.md", "aa\n")
      let flushed = try await one.membank("flush")
      #expect(flushed.status == 3, "\(flushed.text)")
      #expect(try await one.git("show", "main:a.md").output == "aa\n")
      daemon.signal(SIGTERM)
      #expect(try await daemon.end().status == 0)
    }
  }

  @Test(
    "a history of a newer format is left alone and named",
    arguments: ["core.repositoryformatversion", "membank.schema"])
  func newerHistory(_ setting: String) async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      let history = try one.state + "/history.git"
      let older = try #require(FileManager.default.contents(atPath: history + "/config"))
      _ = try await one.git("config", setting, "9")
      let newer = contents(of: history)
      try one.write("a.md", "aa\n")
      for command in [["sync", "--once"], ["status"], ["sync"]] {
        let outcome = try await one.membank(command)
        #expect([1, 2].contains(outcome.status), "\(outcome.text)")
        #expect(outcome.complaint.contains("history.git") && outcome.complaint.contains("update membank"))
      }
      #expect(contents(of: history) == newer)
      #expect(try stage.document("a.md") == "a\n")
      try older.write(to: URL(filePath: history + "/config"))
      try await one.sync()
      #expect(try stage.document("a.md") == "aa\n")
    }
  }
}
