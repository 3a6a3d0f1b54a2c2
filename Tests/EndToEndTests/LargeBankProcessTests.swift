import FoundationEssentials
import Glibc
import RedisTransport
import Support
import TestSupport
import Testing

@Suite("A bank of many files")
struct LargeBankProcessTests {
  private static let count = 1000

  private func fill(_ machine: Machine) throws {
    for number in 1...Self.count {
      let text = "# File \(number)\n" + String(repeating: "a line of number \(number)\n", count: number % 50)
      try machine.write("part-\(number % 20)/file-\(number).md", text)
    }
  }

  private func documents(_ stage: Stage) throws -> Int {
    try stage.redis?.run("KEYS", stage.key("doc:*")).array?.count ?? 0
  }

  @Test(
    "killed in the middle of its first publication, another replica or the next pass completes it")
  func killed() async throws {
    try await play { stage in
      let (one, two) = (try stage.machine("one"), try stage.machine("two"))
      try fill(one)
      var kills = 0
      for part in [0, 1, 300, 700] {
        let program = try Program(
          [membankPath, "sync", "--once", one.bank], environment: one.environment, in: one.bank)
        // The head comes before the documents of a publication as large as this.
        _ = try await eventually {
          if program.hasEnded { return true }
          return try part == 0 ? stage.redis?.run("EXISTS", stage.key("head")).integer == 1 : documents(stage) >= part
        }
        program.signal(SIGKILL)
        if try await program.end().status == 128 + SIGKILL { kills += 1 }
        try stage.expectEveryKeyExpires()
      }
      #expect(kills > 0)
      #expect(try await two.membank("join", "--project", "bank").status == 0)
      #expect(one.files == two.files)
      #expect(try documents(stage) == Self.count)
      let report = try await one.sync()
      #expect(report["files"]?.integer == Int64(Self.count))
      #expect(try await one.head == two.head)
    }
  }

  @Test("a daemon takes in a thousand files at once, and their going needs a word")
  func daemon() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      let daemon = try await one.daemon()
      try fill(one)
      try await one.flush()
      #expect(try documents(stage) == Self.count + 1)
      // Where removing them takes long, the first few settle before the others have gone, and are few enough to go.
      daemon.signal(SIGSTOP)
      #expect(try await eventually { daemon.isStopped })
      for number in 0..<20 { try FileManager.default.removeItem(atPath: one.bank + "/part-\(number)") }
      daemon.signal(SIGCONT)
      let report = try await one.flush(expecting: 4)
      #expect(report["halts"]?.elements?.first?["files"]?.elements?.count == Self.count)
      let text = try await one.membank("status").text
      #expect(text.contains("and \(Self.count - 20) more"))
      #expect(try documents(stage) == Self.count + 1)
      let plan = try #require(report["halts"]?.elements?.first?["plan"]?.text)
      #expect(try await one.membank("approve", plan).status == 0)
      try await one.flush()
      #expect(try documents(stage) == 1)
    }
  }
}
