import FoundationEssentials
import Glibc
import RedisTransport
import Support
import TestSupport
import Testing

/// A machine whose bank is mirrored to a database at Upstash, which makes backups of it.
private struct CloudPlace {
  let standIn: UpstashStandIn
  let machine: Machine
  let state: JSONValue

  init(_ stage: Stage) throws {
    standIn = try UpstashStandIn(try #require(stage.redis))
    machine = try stage.machine()
    state = try standIn.control()
    machine.environment["REDIS_URL"] = nil
    machine.environment["UPSTASH_EMAIL"] = state["email"]?.text
    machine.environment["UPSTASH_API_KEY"] = state["api_key"]?.text
    machine.environment["UPSTASH_API_URL"] = standIn.url
    machine.environment["UPSTASH_REDIS_REST_URL"] = "http://\(state["endpoint"]?.text ?? "")"
    machine.environment["UPSTASH_REDIS_REST_TOKEN"] = standIn.token
  }

  /// Makes a bank with two versions, and a target for it.
  func begin(_ settings: String = "") async throws {
    try machine.write("a.md", "a\n")
    try machine.write("über/ä b.md", "größer\r\n")
    try await machine.sync()
    try machine.write("a.md", "a, edited\n")
    try await machine.sync()
    let text = try #require(machine.read(".membank"))
    try machine.write(".membank", text + "[backup \"cloud\"]\n\ttarget = upstash-snapshot\n\(settings)")
    try await machine.approveSettings()
  }

  var id: String { state["database"]?.text ?? "" }

  /// Another database; its id.
  func scratch() async throws -> String {
    let outcome = try await machine.membank("upstash", "create", "scratch", "--region", "eu-west-1", "--json")
    #expect(outcome.status == 0, "\(outcome.text)")
    return try #require(try outcome.json["id"]?.text)
  }

  func snapshots() async throws -> [JSONValue] {
    try await machine.membank("upstash", "backups", "--json").json.elements ?? []
  }
}

@Suite("Backups that Upstash makes: the commands")
struct SnapshotBackupProcessTests {
  @Test("from their making to their restoring, through a database that is wiped only after yes")
  func life() async throws {
    try await play { stage in
      let place = try CloudPlace(stage)
      let one = place.machine
      try await place.begin("\tschedule = daily\n\tkeep-last = 1\n")
      // What was saved a moment ago is in it, too: it is mirrored first.
      try one.write("new.md", "saved just now\n")
      let due = try await one.membank("backup", "create", "--due")
      #expect(due.status == 0 && due.output.hasPrefix("cloud: ") && due.output.contains("completed"), "\(due.text)")
      let (files, head, subjects) = (one.files, try await one.head, try await one.subjects)
      #expect(try await place.snapshots().map { $0["state"]?.text } == ["completed"])
      let listed = try await one.membank("backup", "list", "--json").json.elements?.first
      #expect(listed?["head"]?.text == head && listed?["target"] == "cloud" && listed?["files"] == 3)
      let looked = try await one.membank("backup", "verify")
      #expect(looked.status == 0 && looked.output.contains("listed and completed"), "\(looked.text)")

      let scratch = try await place.scratch()
      for words in [["verify", "--into", scratch], ["restore", "--via", scratch]] {
        let unasked = try await one.membank(["backup"] + words)
        #expect(unasked.status == 2 && unasked.complaint.contains("--yes"), "\(unasked.text)")
      }
      let own = try await one.membank("backup", "verify", "--into", place.id, "--yes")
      #expect(own.status == 2 && own.complaint.contains("would be wiped"), "\(own.text)")
      let drill = try await one.membank("backup", "verify", "--into", scratch, "--yes")
      #expect(
        drill.status == 0 && drill.output.contains("restored and compared: 3 files, 3 versions, all as in the bank's"),
        "\(drill.text)")

      let target = one.root.path + "/target"
      let without = try await one.membank("backup", "restore", "--into", target)
      #expect(without.status == 2 && without.complaint.contains("--via"), "\(without.text)")
      #expect(contents(of: target).isEmpty)
      let elsewhere = try await one.membank("backup", "restore", "--via", scratch, "--yes", "--into", target)
      #expect(elsewhere.status == 0, "\(elsewhere.text)")
      var found = contents(of: target)
      found[".membank"] = nil
      #expect(found == files)
      #expect(try await one.membank(["git", "rev-parse", "main"], in: target).output == "\(head)\n")
      #expect(
        try await one.membank(["git", "log", "--format=%s", "main"], in: target).output
          == subjects.joined(separator: "\n") + "\n")

      try one.write("a.md", "spoilt\n")
      try one.remove("new.md")
      try await one.sync()
      let back = try await one.membank("backup", "restore", "--via", scratch, "--yes")
      #expect(back.status == 0, "\(back.text)")
      #expect(one.files == files)
      // One more, and retention leaves that one.
      try await one.backUp()
      #expect(try await place.snapshots().count == 1)
    }
  }

  @Test("when everything else is gone: Upstash restores it, and a new machine joins")
  func everythingGone() async throws {
    try await play { stage in
      let place = try CloudPlace(stage)
      let one = place.machine
      try await place.begin()
      try await one.backUp()
      let (files, head, subjects) = (one.files, try await one.head, try await one.subjects)
      let name = try #require(try await place.snapshots().first?["name"]?.text)
      try FileManager.default.removeItem(atPath: one.root.path + "/state")
      try FileManager.default.removeItem(atPath: one.bank)
      try FileManager.default.createDirectory(atPath: one.bank, withIntermediateDirectories: true)
      try stage.redis?.run("FLUSHALL")
      let restored = try await one.membank("upstash", "restore-backup", place.id, name, "--yes")
      #expect(restored.status == 0, "\(restored.text)")
      #expect(try await one.membank("join", "--project", "bank").status == 0)
      #expect(one.files == files)
      #expect(try await one.head == head)
      #expect(try await one.subjects == subjects)
    }
  }

  @Test("a daemon makes them by schedule, and says what keeps it from that")
  func daemon() async throws {
    try await play { stage in
      let place = try CloudPlace(stage)
      let one = place.machine
      let key = one.environment["UPSTASH_API_KEY"]
      one.environment["UPSTASH_API_KEY"] = "wr0ng-k3y"
      try await place.begin("\tschedule = daily\n")
      let failing = try await one.daemon()
      #expect(try await eventually { failing.complaint.contains("backup 'cloud' failed") })
      let status = try await one.membank("status")
      #expect(status.status == 1 && status.output.contains("backup 'cloud' failed since"), "\(status.text)")
      #expect(!(status.text + failing.complaint).contains("wr0ng-k3y"))
      failing.signal(SIGTERM)
      _ = try await failing.end()
      one.environment["UPSTASH_API_KEY"] = key
      // It is tried again when it is due, or at once by a person.
      try await one.daemon()
      try one.write("a.md", "by the daemon\n")
      let made = try await one.membank("backup", "create")
      #expect(made.status == 0, "\(made.text)")
      #expect(try await one.membank("status").status == 0)
      let head = try await one.membank("backup", "list", "--json").json.elements?.first?["head"]?.text
      #expect(try await one.git("show", "\(head ?? "none"):a.md").output == "by the daemon\n")
    }
  }

  @Test(
    "what is missing for them is named, with the way out",
    arguments: [
      ("UPSTASH_API_KEY", "", 2, "UPSTASH_API_KEY is not set"),
      ("UPSTASH_API_KEY", "wr0ng-k3y", 2, "UPSTASH_EMAIL and UPSTASH_API_KEY have to belong together"),
      ("UPSTASH_API_URL", "http://127.0.0.1:1", 3, "connect"),
      ("UPSTASH_API_URL", "https://eu1-wr0ng-1.upstash.io", 2, "UPSTASH_REDIS_REST_URL"),
      ("UPSTASH_REDIS_REST_URL", "stand-in", 2, "no database at this address"),
      ("UPSTASH_REDIS_REST_URL", "", 2, "not mirrored to a database at Upstash"),
      ("remote", "other", 2, "no remote 'other'"),
    ])
  func missing(_ name: String, _ value: String, _ status: Int32, _ words: String) async throws {
    try await play { stage in
      let place = try CloudPlace(stage)
      let one = place.machine
      try await place.begin(name == "remote" ? "\tremote = \(value)\n" : "")
      switch (name, value) {
      case ("remote", _): break
      // The same server by another name, which no database of the account bears.
      case (_, "stand-in"): one.environment[name] = place.standIn.url
      default: one.environment[name] = value
      }
      let outcome = try await one.membank("backup", "create")
      #expect(outcome.status == status && outcome.complaint.contains(words), "\(outcome.text)")
      #expect(!outcome.text.contains("wr0ng"))
      #expect(outcome.complaint.contains("backup 'cloud' failed"))
      let later = try await one.membank("status")
      #expect(later.output.contains("backup 'cloud' failed since"), "\(later.text)")
    }
  }

  @Test("another target's backups can be had while Upstash can't be asked")
  func besideOthers() async throws {
    try await play { stage in
      let place = try CloudPlace(stage)
      let one = place.machine
      try await place.begin()
      let directory = try await one.addTarget("here")
      #expect(try await one.membank("backup", "create", "here").status == 0)
      one.environment["UPSTASH_API_KEY"] = nil
      let listed = try await one.membank("backup", "list")
      #expect(listed.output.contains("  here  ") && listed.complaint.contains("cloud: "), "\(listed.text)")
      try one.write("a.md", "spoilt\n")
      #expect(try await one.membank("backup", "restore").status == 0)
      #expect(one.read("a.md") == "a, edited\n")
      // Of a bundle and a newer snapshot the bundle is taken: it can be read without more ado.
      one.environment["UPSTASH_API_KEY"] = place.state["api_key"]?.text
      #expect(try await one.membank("backup", "create", "cloud").status == 0)
      let again = try await one.membank("backup", "restore", "--dry-run", "--json")
      #expect(try again.json["backup"]?["place"]?.text?.hasPrefix(directory) == true, "\(again.text)")
    }
  }
}
