import FoundationEssentials
import Glibc
import RedisTransport
import Support
import TestSupport
import Testing

@Suite("The daemon, when things fail")
struct DaemonFailureProcessTests {
  private var announcing: RedisServer.Options {
    var options = RedisServer.Options()
    options.notifications = "KA"
    options.appendOnly = true
    return options
  }

  @Test("killed again and again at any moment, it loses nothing")
  func killed() async throws {
    try await play(.server(announcing)) { stage in
      let (one, two) = try await stage.pair()
      let other = try await two.daemon()
      var foreign: [String] = []
      for round in 1...8 {
        let daemon = try await one.daemon()
        for step in 1...6 {
          try one.write("note-\(step).md", "round \(round), step \(step)\n")
          try two.write("other-\(step).md", "round \(round), step \(step)\n")
          let text = "foreign \(round) \(step)\n"
          try stage.redis?.run("SET", stage.key("doc:foreign-\(round)-\(step).md"), text, "EX", "500")
          foreign.append(text)
          // Another moment each round: from before the first version to after the last publication.
          if step == round % 6 + 1 { daemon.signal(SIGKILL) }
        }
        #expect(try await daemon.end().status == 128 + SIGKILL)
      }
      try await two.flush()
      try await one.sync()
      try await two.sync()
      try await one.sync()
      #expect(one.files == two.files)
      for step in 1...6 { #expect(two.read("note-\(step).md") == "round 8, step \(step)\n") }
      for step in 1...6 { #expect(one.read("other-\(step).md") == "round 8, step \(step)\n") }
      for text in foreign { #expect(one.files.values.contains(text), "\(text)") }
      #expect(!one.files.keys.contains { $0.contains("conflict") }, "\(one.files.keys.sorted())")
      other.signal(SIGTERM)
      #expect(try await other.end().status == 0)
    }
  }

  @Test("it lives through a wait of any length that is asked for", arguments: ["9223372036854775807", "9223372037"])
  func longestWait(seconds: String) async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      try await one.daemon()
      let flush = try await one.membank("flush", "--timeout", seconds)
      #expect(flush.status == 0, "\(flush.text)")
      try await one.flush()
    }
  }

  @Test("a client that asks and asks and takes no answer doesn't hold it up")
  func deafClient() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      try await one.daemon()
      let deaf = try one.connectToDaemon()
      defer { close(deaf) }
      // Each of these has an answer; a second for each of them would be hours.
      let requests = Array(String(repeating: "no JSON\n", count: 50_000).utf8)
      _ = requests.withUnsafeBytes { send(deaf, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT)) }
      try one.write("a.md", "aa\n")
      try await one.flush()
      #expect(try stage.document("a.md") == "aa\n")
    }
  }

  @Test("started while a command has the bank, it waits for its turn")
  func waits() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      try one.write("a.md", "edited\n")
      one.environment["MEMBANK_STOP_AT"] = Failpoint.captureBlob.rawValue
      let pass = try Program([membankPath, "sync", "--once"], environment: one.environment, in: one.bank)
      #expect(try await eventually { pass.isStopped })
      one.environment["MEMBANK_STOP_AT"] = nil
      let daemon = try await one.start(waits: false)
      #expect(try await eventually { daemon.complaint.contains("another membank is at work") || daemon.hasEnded })
      #expect(!daemon.hasEnded, "\(daemon.complaint)")
      pass.signal(SIGCONT)
      let outcome = try await pass.end()
      #expect(outcome.status == 0, "\(outcome.text)")
      #expect(try await eventually { daemon.complaint.contains("watching \(one.bank)") }, "\(daemon.complaint)")
      try one.write("b.md", "b\n")
      try await one.flush()
      #expect(try stage.document("b.md") == "b\n")
    }
  }

  @Test("SIGTERM ends it with 0 and its own server with it")
  func terminated() async throws {
    try await play(.embedded) { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      let daemon = try await one.daemon()
      try await one.flush()
      #expect(try servers(one).count == 1)
      try one.write("b.md", "b\n")
      daemon.signal(SIGTERM)
      let end = try await daemon.end()
      #expect(end.status == 0, "\(end.text)")
      #expect(try servers(one) == [])
      #expect(try FileManager.default.contentsOfDirectory(atPath: one.environment["XDG_RUNTIME_DIR"] ?? "") == [])
      try await one.sync()
      #expect(try await one.git("show", "main:b.md").output == "b\n")
    }
  }

  @Test("killed, it leaves no second server behind, and what the first one held is there")
  func killedWithServer() async throws {
    try await play(.embedded) { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      for round in 1...3 {
        let daemon = try await one.daemon()
        try one.write("a.md", "round \(round)\n")
        // The new daemon may meet the old server on its way out; it then starts one of its own.
        #expect(try await one.comesInSync(), "\(daemon.complaint)")
        #expect(try await eventually { try servers(one).count == 1 })
        daemon.signal(SIGKILL)
        _ = try await daemon.end()
      }
      #expect(try await eventually { try servers(one) == [] })
      let report = try await one.sync()
      #expect(report["remotes"]?.elements?.first?["state"]?.text == "in sync")
      #expect(report["pushed"]?.integer == 0)
      #expect(try servers(one) == [])
    }
  }

  @Test("its own server is started again when that dies")
  func serverDies() async throws {
    try await play(.embedded) { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      let daemon = try await one.daemon()
      try await one.flush()
      let server = try #require(try servers(one).first)
      kill(server, SIGKILL)
      try one.write("a.md", "aa\n")
      #expect(
        try await eventually { try servers(one).contains { $0 != server } }, "\(daemon.complaint)")
      #expect(try await one.comesInSync(), "\(daemon.complaint)")
    }
  }

  private func servers(_ machine: Machine) throws -> [Int32] {
    try processes(mentioning: try machine.state).filter { arguments(of: $0).contains("redis-server") }
  }

  @Test("Redis stopped and started again: versions go on, the backlog follows by itself", arguments: [true, false])
  func redisRestarted(keepsData: Bool) async throws {
    var options = announcing
    options.appendOnly = keepsData
    try await play(.server(options)) { stage in
      let one = try stage.machine()
      try one.write(notes: 12)
      try await one.sync()
      let daemon = try await one.daemon()
      try await one.flush()
      stage.redis?.stop()
      try one.write("note-1.md", "while it was away\n")
      try one.remove("note-2.md")
      let away = try await one.membank("flush", "--json")
      #expect(away.status == 3, "\(away.text)")
      #expect(try await one.git("show", "main:note-1.md").output == "while it was away\n")
      #expect(try await one.status()["remotes"]?.elements?.first?["backlog"]?.integer ?? 0 >= 1)
      try stage.redis?.start()
      #expect(try await eventually { try stage.document("note-1.md") == "while it was away\n" })
      #expect(try await eventually { try stage.document("note-12.md") == "# Note 12\n" })
      #expect(try stage.document("note-2.md") == nil)
      #expect(one.files.count == 11)
      try await one.flush()
      #expect(try await one.status()["counts"]?["reconnects"]?.integer ?? 0 > 0)
      daemon.signal(SIGTERM)
      #expect(try await daemon.end().status == 0)
    }
  }

  @Test("Redis that hangs stops neither versions nor SIGTERM")
  func redisHangs() async throws {
    try await play(.server(announcing)) { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      let daemon = try await one.daemon()
      try await one.flush()
      stage.redis?.pause()
      try one.write("a.md", "while it hangs\n")
      let late = try await one.membank("flush", "--timeout", "1")
      #expect(late.status == 3, "\(late.text)")
      #expect(try await one.git("show", "main:a.md").output == "while it hangs\n")
      #expect(try await one.status()["daemon"]?.bool == true)
      daemon.signal(SIGTERM)
      #expect(try await daemon.end(within: 10).status == 0)
      stage.redis?.resume()
      try await one.sync()
      #expect(try stage.document("a.md") == "while it hangs\n")
    }
  }

  @Test("FLUSHALL deletes nothing: all is put back", arguments: [false, true])
  func flushed(withEdit: Bool) async throws {
    try await play(.server(announcing)) { stage in
      let (one, two) = try await stage.pair()
      try one.write(notes: 8)
      try await one.sync()
      try await two.sync()
      for machine in [one, two] { try await machine.daemon() }
      try stage.redis?.run("FLUSHALL")
      if withEdit { try one.write("note-1.md", "edited meanwhile\n") }
      try await one.sync()
      try await two.sync()
      #expect(one.files.count == 9)
      #expect(try await eventually { one.files == two.files })
      for (name, text) in one.files { #expect(try stage.document(name) == text, "\(name)") }
    }
  }
}
