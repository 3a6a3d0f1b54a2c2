import FoundationEssentials
import Glibc
import RedisTransport
import Support
import TestSupport
import Testing

@Suite("Bad input: remotes")
struct BadRemoteProcessTests {
  @Test(
    "wrong credentials halt the remote, say so, and cost no version",
    arguments: [
      ("unix://SOCKET", ""), ("unix://:wr0ng-pass@SOCKET", "wr0ng-pass"),
      ("unix://reader:r3ader-pass@SOCKET", "r3ader-pass"),
      ("unix://nobody:n0body-pass@SOCKET", "n0body-pass"),
    ])
  func credentials(_ url: String, _ secret: String) async throws {
    var options = RedisServer.Options()
    options.password = "s3cret-of-the-server"
    options.users = ["reader on >r3ader-pass ~* +@read +@connection -@write -eval -evalsha"]
    try await play(.server(options)) { stage in
      let one = try stage.machine()
      let redis = try #require(stage.redis)
      one.environment["REDIS_URL"] = url.replacing("SOCKET", with: redis.socket)
      try one.write("a.md", "a\n")
      let outcome = try await one.membank("sync", "--once", one.bank)
      #expect(outcome.status == 4, "\(outcome.text)")
      #expect(outcome.text.contains("redis: halted"), "\(outcome.text)")
      #expect(secret.isEmpty || !outcome.text.contains(secret))
      #expect(try await one.subjects == ["Add a.md (+1)"])
      #expect(try stage.keys() == [])
      one.environment["REDIS_PASSWORD"] = "s3cret-of-the-server"
      one.environment["REDIS_URL"] = redis.url
      try await one.sync()
      #expect(try stage.document("a.md") == "a\n")
    }
  }

  @Test(
    "what is no Redis is called that",
    arguments: ["HTTP/1.1 400 Bad Request\r\n\r\n", "220 mail.example ESMTP\r\n", "\u{0}\u{1}\u{2}\u{3}"])
  func stranger(_ words: String) async throws {
    try await play { stage in
      let one = try stage.machine()
      let stranger = try StrangerServer(saying: words)
      one.environment["REDIS_URL"] = "redis://127.0.0.1:\(stranger.port)"
      try one.write("a.md", "a\n")
      let outcome = try await one.membank("sync", "--once", one.bank)
      #expect([3, 4].contains(outcome.status), "\(outcome.text)")
      #expect(outcome.text.contains("127.0.0.1:\(stranger.port)"), "\(outcome.text)")
      #expect(outcome.text.lowercased().contains("redis"))
      #expect(try await one.subjects == ["Add a.md (+1)"])
    }
  }

  @Test(
    "an address that can't be used is refused before anything is done, without its password",
    arguments: [
      "rediss://:h1dden-pass@127.0.0.1:x", "redis://:h1dden-pass@127.0.0.1:port", "redis://:h1dden-pass@/0",
      "unix://:h1dden-pass@relative", "redis://:h1dden-pass@127.0.0.1:1/x",
    ])
  func address(_ url: String) async throws {
    try await play { stage in
      let one = try stage.machine()
      one.environment["REDIS_URL"] = url
      try one.write("a.md", "a\n")
      let outcome = try await one.membank("sync", "--once", one.bank)
      #expect(outcome.status == 2, "\(outcome.text)")
      #expect(outcome.complaint.contains("REDIS_URL"), "\(outcome.text)")
      #expect(!outcome.text.contains("h1dden-pass"))
    }
  }

  @Test("a password shows in no output, no file and no list of processes", arguments: ["url", "variable", "file"])
  func password(_ place: String) async throws {
    let secret = "p4ssw0rd-that-nobody-sees"
    var options = RedisServer.Options()
    options.password = secret
    options.tcp = true
    try await play(.server(options)) { stage in
      let one = try stage.machine()
      let redis = try #require(stage.redis)
      try one.write("a.md", "a\n")
      switch place {
      case "url": one.environment["REDIS_URL"] = "redis://:\(secret)@127.0.0.1:\(redis.port)/0"
      case "variable":
        one.environment["REDIS_URL"] = "redis://127.0.0.1:\(redis.port)"
        one.environment["REDIS_PASSWORD"] = secret
      default:
        one.environment["REDIS_URL"] = nil
        let file = one.root.path + "/home/password"
        try Data((secret + "\n").utf8).write(to: URL(filePath: file))
        _ = try await one.membank("init")
        let remote = "[remote \"team\"]\n\turl = redis://127.0.0.1:\(redis.port)\n\tpassword-file = ~/password\n"
        try one.write(".membank", try #require(one.read(".membank")) + remote)
        let plan = try #require(try await one.status()["halts"]?.elements?.first?["plan"]?.text)
        #expect(try await one.membank("approve", plan).status == 0)
      }
      one.environment["DEBUG"] = "1"
      var said = ""
      for command in [["sync", "--once", one.bank], ["status"], ["status", "--json"], ["doctor"]] {
        let outcome = try await one.membank(command)
        #expect(outcome.status == 0, "\(command): \(outcome.text)")
        said += outcome.text
      }
      let daemon = try await one.daemon()
      try one.write("a.md", "aa\n")
      try await one.flush()
      #expect(!arguments(of: daemon.process).contains(secret))
      said += try await one.membank("status").text
      // It goes wrong while the daemon runs: what it then says must not quote it either.
      let admin = try redis.connect()
      try admin.run("CONFIG", "SET", "requirepass", "another")
      try admin.run("CLIENT", "KILL", "TYPE", "normal")
      try one.write("a.md", "aaa\n")
      said += try await one.membank("flush").text + one.membank("status").text
      daemon.signal(SIGTERM)
      let end = try await daemon.end()
      #expect(end.status == 0, "\(end.text)")
      said += end.text
      #expect(!said.contains(secret))
      for (name, text) in contents(of: one.root.path) where name != "home/password" {
        #expect(!text.contains(secret), "\(name) holds the password")
      }
      try admin.run("CONFIG", "SET", "requirepass", secret)
    }
  }
}
