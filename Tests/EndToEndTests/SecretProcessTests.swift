import FoundationEssentials
import Glibc
import RedisTransport
import Support
import TestSupport
import Testing

@Suite("The secrets guard")
struct SecretProcessTests {
  // Put together here, so that nothing that scans this repository finds it.
  private static let key = "AKIA" + "Q7RZ3LNV5XKD2WTB"

  private func leaks(_ stage: Stage) throws -> [String] {
    let redis = try #require(stage.redis).connect()
    return try stage.keys().filter { name in
      let value: RedisValue =
        switch try redis.run("TYPE", name).text {
        case "hash": try redis.run("HGETALL", name)
        case "stream": try redis.run("XRANGE", name, "-", "+")
        default: try redis.run("GET", name)
        }
      return "\(value)".contains(Self.key) || contains(value, Array(Self.key.utf8))
    }
  }

  private func contains(_ value: RedisValue, _ bytes: [UInt8]) -> Bool {
    if let array = value.array { return array.contains { contains($0, bytes) } }
    guard let found = value.bytes, found.count >= bytes.count else { return false }
    return (0...(found.count - bytes.count)).contains { found[$0..<($0 + bytes.count)].elementsEqual(bytes) }
  }

  @Test(
    "a version with a key in it stays on this machine; the earlier clean one stays in Redis", arguments: [true, false])
  func held(withDaemon: Bool) async throws {
    try await play { stage in
      let (one, two) = try await stage.pair()
      try one.write("deploy.md", "# Deploy\n\nclean\n")
      try await one.sync()
      try await two.sync()
      let daemon = withDaemon ? try await one.daemon() : nil
      let text = "# Deploy\n\nclean\n\naws_access_key_id = \(Self.key)\n"
      try one.write("deploy.md", text)
      try one.write("other.md", "other\n")
      let held = daemon != nil ? try await one.flush(expecting: 1) : try await one.sync(expecting: 1)
      let problem = try #require(held["problems"]?.elements?.first)
      #expect(problem["path"]?.text == "deploy.md")
      let reason = problem["reason"]?.text ?? ""
      #expect(reason.contains("aws-access-key") && reason.contains("line 5"), "\(reason)")
      #expect(!"\(held)".contains(Self.key))
      #expect(try stage.document("deploy.md") == "# Deploy\n\nclean\n")
      #expect(try stage.document("other.md") == "other\n")
      #expect(try leaks(stage) == [])
      #expect(one.read("deploy.md") == text)
      #expect(try await one.git("show", "main:deploy.md").output == "# Deploy\n\nclean\n")
      let status = try await one.membank("status")
      #expect(status.status == 1 && status.text.contains("line 5") && !status.text.contains(Self.key), "\(status.text)")
      // What others do to the file meanwhile waits.
      try two.write("deploy.md", "# Deploy\n\nclean\nand longer\n")
      try await two.sync()
      try await one.sync(expecting: 1)
      #expect(one.read("deploy.md") == text)
      // Allowed by its fingerprint, it goes.
      let print = reason.split(separator: " ").last?.filter { $0.isHexDigit } ?? ""
      #expect(print.count == 16, "\(reason)")
      try one.write(".membank", try #require(one.read(".membank")) + "[secrets]\n\tallow = \(print)\n")
      if let daemon {
        daemon.signal(SIGHUP)
        #expect(try await eventually { daemon.complaint.contains("settings read again") })
      }
      let allowed = try await one.membank("sync", "--once", "--json")
      #expect([0, 1].contains(allowed.status), "\(allowed.text)")
      #expect(try stage.document("deploy.md")?.contains(Self.key) == true)
      #expect(one.files.values.contains { $0.contains("and longer") })
    }
  }

  @Test("taken out of the file again, the key was never anywhere else")
  func takenOut() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("new.md", "key: \(Self.key)\n")
      try one.write("a.md", "a\n")
      let first = try await one.sync(expecting: 1)
      #expect(first["files"]?.integer == 1)
      #expect(try stage.document("new.md") == nil)
      try one.write("new.md", "key: from the environment\n")
      try await one.sync()
      #expect(try stage.document("new.md") == "key: from the environment\n")
      #expect(try leaks(stage) == [])
      let reachable = try await one.git("grep", "-l", Self.key, "main").output
      #expect(reachable.isEmpty)
      let everything = try await one.git("log", "-p", "main").output
      #expect(!everything.contains(Self.key))
    }
  }
}
