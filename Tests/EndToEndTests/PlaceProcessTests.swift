import FoundationEssentials
import RedisTransport
import Support
import TestSupport
import Testing

@Suite("Which directory a command is about")
struct PlaceProcessTests {
  @Test(
    "sync --once makes no bank of the places that must never be one",
    arguments: ["root", "home", "work tree", "no Markdown", "ignored Markdown"])
  func refused(_ place: String) async throws {
    try await play { stage in
      let one = try stage.machine()
      let directory: String
      switch place {
      case "root": directory = "/"
      case "home":
        directory = one.root.path + "/home"
        try Data("# Home\n".utf8).write(to: URL(filePath: directory + "/a.md"))
      case "work tree":
        directory = one.bank
        try one.write("a.md", "a\n")
        _ = try await run(["git", "init", "-q", one.bank])
      case "ignored Markdown":
        directory = one.bank
        try one.write("node_modules/left-pad/README.md", "# left-pad\n")
      default:
        directory = one.bank
        try one.write("main.c", "int main;\n")
      }
      let outcome = try await one.membank("sync", "--once", directory)
      #expect(outcome.status == 2, "\(outcome.text)")
      #expect(outcome.complaint.contains("membank init \(directory)"))
      #expect(!FileManager.default.fileExists(atPath: directory + "/.membank"))
      #expect(try stage.keys() == [])
    }
  }

  @Test("init makes a bank of what sync --once refuses")
  func initTakesWhatWasSaid() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("notes.txt", "n\n")
      let made = try await one.membank("init", "--project", "Own.name_1")
      #expect(made.status == 0, "\(made.text)")
      #expect(made.output.contains("project Own.name_1"))
      try await one.sync()
      #expect(try stage.redis?.run("GET", "membank:{Own.name_1}:doc:notes.txt").text == "n\n")
      let again = try await one.membank("init")
      #expect(again.status == 2)
      #expect(again.complaint.contains("is a bank already"))
    }
  }

  @Test("the nearest bank at or above the current directory is meant, else the usual places below it")
  func nearest() async throws {
    try await play { stage in
      let one = try stage.machine()
      let project = one.root.path + "/home/shop"
      one.bank = project + "/memory-bank"
      try one.write("deep/er/a.md", "a\n")
      let below = try await one.membank("sync", "--once", in: project)
      #expect(below.output.contains("made \(one.bank) a bank, project shop"), "\(below.text)")
      let inside = try await one.membank("status", "--json", in: one.bank + "/deep/er")
      #expect(try inside.json["directory"]?.text == one.bank)
      let kilo = one.root.path + "/home/kilo"
      one.bank = kilo + "/.kilocode/rules/memory-bank"
      try one.write("a.md", "a\n")
      let other = try await one.membank("sync", "--once", in: kilo)
      #expect(other.output.contains("made \(one.bank) a bank, project kilo"), "\(other.text)")
      let nowhere = try await one.membank("status", in: one.root.path + "/run")
      #expect(nowhere.status == 2)
      #expect(nowhere.complaint.contains("no bank at or above"))
    }
  }

  @Test(
    "what can't be meant is refused with exit code 2 and the way out",
    arguments: [
      (["sync", "--once", "/nonexistent/bank"], "/nonexistent/bank"),
      (["sync", "--once", "/etc/passwd"], "/etc/passwd"),
      (["init", "--project", "no/slashes"], "no/slashes"),
      (["init", "--project", String(repeating: "x", count: 65)], "64"),
      (["status"], "membank init"), (["sync", "--dry-run"], "--once"), (["flush", "--timeout", "never"], "--timeout"),
      (["snyc"], "sync"), (["sync", "--onec"], "--once"), (["join"], "--project"),
      (["conflicts", "resolve", "x"], "--take ours"), (["show", "HEAD"], "membank init"),
    ])
  func usage(_ arguments: [String], _ named: String) async throws {
    try await play { stage in
      let one = try stage.machine()
      let outcome = try await one.membank(arguments)
      #expect(outcome.status == 2, "\(outcome.text)")
      #expect(outcome.complaint.contains(named), "\(outcome.text)")
      #expect(outcome.output.isEmpty)
    }
  }

  @Test(
    "a variable that makes no sense is named",
    arguments: [
      ("REDIS_URL", "http//redis"), ("REDIS_URL", "ftp://redis"), ("UPSTASH_CONTEXT_TTL", "soon"),
      ("UPSTASH_CONTEXT_PREFIX", "a{b}"), ("XDG_STATE_HOME", "relative"), ("LOG_LEVEL", "loud"),
      ("MEMBANK_AGENT", "a\nb"),
    ])
  func variables(_ name: String, _ value: String) async throws {
    try await play { stage in
      let one = try stage.machine()
      one.environment[name] = value
      try one.write("a.md", "a\n")
      let outcome = try await one.membank("sync", "--once", one.bank)
      #expect(outcome.status == 2, "\(outcome.text)")
      #expect(outcome.complaint.contains(name))
    }
  }
}
