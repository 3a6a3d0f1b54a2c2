import FoundationEssentials
import RedisTransport
import Support
import TestSupport
import Testing

/// What survives a power cut depends on the order of a few calls; here the kernel tells it.
@Suite(
  "The order of system calls", .enabled(if: Ability.tracing, "this machine has no strace, or we are not root"))
struct SystemCallProcessTests {
  private func pass(_ machine: Machine) async throws -> SystemCalls {
    let (calls, outcome) = try await SystemCalls.of(
      [membankPath, "sync", "--once"], environment: machine.environment, in: machine.bank)
    #expect(outcome.status == 0, "\(outcome.text)")
    return calls
  }

  /// The place where a ref got its new value.
  private func moved(_ ref: String, in calls: SystemCalls) throws -> Int {
    try #require(calls.first("rename", holding: ["\(ref).lock\"", "\(ref)\")"]), "\(ref)")
  }

  /// The ids of the objects that came with the newest commits, as they are named in `objects`.
  private func newObjects(_ machine: Machine, since old: String) async throws -> [String] {
    try await machine.git("rev-list", "--objects", "main", "^\(old)").output.split(separator: "\n").map { line in
      "/objects/\(line.prefix(2))/\(line.dropFirst(2).prefix(38))\""
    }
  }

  @Test("a file: written, flushed, named, exchanged, its directory flushed, and only then main")
  func replaced() async throws {
    try await play { stage in
      let (one, two) = try await stage.pair()
      try two.write("shared.md", "# Shared\n\nedited\n")
      try await two.sync()
      let calls = try await pass(one)
      let applying = try moved("refs/membank/applying", in: calls)
      let bank = "<\(one.bank)>"
      let made = try #require(calls.first("openat", holding: ["\".mb-tmp-new-", "O_EXCL"], from: applying))
      let suffix = try #require(calls.calls[made].description.split(separator: "\"").dropFirst().first).suffix(16)
      let written = try #require(calls.first("write", holding: [".mb-tmp-new-\(suffix)>"], from: made))
      let flushed = try #require(calls.first("fsync", holding: [".mb-tmp-new-\(suffix)>"], from: written))
      let named = try #require(
        calls.first("renameat2", holding: ["new-\(suffix)\"", "-\(suffix)\", RENAME_NOREPLACE"], from: flushed))
      let exchanged = try #require(
        calls.first("renameat2", holding: ["-\(suffix)\"", "\"shared.md\", RENAME_EXCHANGE"], from: named))
      let unlinked = try #require(calls.first("unlinkat", holding: ["-\(suffix)\""], from: exchanged))
      let directory = try #require(calls.first("fsync", holding: [bank], from: unlinked))
      let main = try moved("refs/heads/main", in: calls)
      let done = try #require(calls.first("unlink", holding: ["refs/membank/applying\""], from: main))
      #expect(directory < main && main < done)
      // Nothing else took the name, and nothing was written to the file in place.
      #expect(calls.first("openat", "openat2", holding: ["\"shared.md\"", "O_WRONLY"]) == nil)
      #expect(calls.first("openat", "openat2", holding: ["\"shared.md\"", "O_RDWR"]) == nil)
    }
  }

  @Test("new directories and deletions: each directory flushed before main moves, deletions last")
  func madeAndDeleted() async throws {
    try await play { stage in
      let (one, two) = try await stage.pair()
      try two.write("old.md", "# Old\n")
      try await two.sync()
      try await one.sync()
      try two.write("deep/er/new.md", "# New\n")
      try two.remove("old.md")
      try await two.sync()
      let calls = try await pass(one)
      let main = try moved("refs/heads/main", in: calls)
      let outer = try #require(calls.first("mkdirat", holding: ["\"deep\""]))
      let inner = try #require(calls.first("mkdirat", holding: ["\"er\""], from: outer))
      let flushed = try #require(calls.first("fsync", holding: ["/.mb-tmp-new-"], from: inner))
      let placed = try #require(calls.first("renameat2", holding: ["\"new.md\", RENAME_NOREPLACE"], from: flushed))
      let displaced = try #require(calls.first("renameat2", holding: ["\"old.md\"", "\".mb-tmp-"], from: placed))
      for directory in ["", "/deep", "/deep/er"] {
        let place = try #require(calls.first("fsync", holding: ["<\(one.bank)\(directory)>"], from: placed))
        #expect(place < displaced, "\(directory)")
      }
      let unlinked = try #require(calls.first("unlinkat", holding: ["\".mb-tmp-"], from: displaced))
      #expect(try #require(calls.first("fsync", holding: ["<\(one.bank)>"], from: unlinked)) < main)
    }
  }

  @Test("objects stand before any ref names them; the durable ref comes after the disk has them all")
  func objects() async throws {
    try await play { stage in
      let (one, two) = try await stage.pair()
      let old = try await one.head
      try one.write("shared.md", "# Shared\n\nedited\n")
      try one.write("sub/new.md", "# New\n")
      let calls = try await pass(one)
      let main = try moved("refs/heads/main", in: calls)
      let objects = try await newObjects(one, since: old)
      #expect(objects.count == 5)
      for object in objects {
        let place = try #require(calls.first("rename", holding: ["/tmp_obj_", object]), "\(object)")
        #expect(place < main, "\(object)")
      }
      let flushed = try #require(calls.first("syncfs", holding: [], from: main))
      let locked = try #require(calls.first("fsync", holding: ["refs/membank/durable.lock>"], from: flushed))
      let durable = try moved("refs/membank/durable", in: calls)
      let directory = try #require(calls.first("fsync", holding: ["/refs/membank>"], from: durable))
      #expect(main < flushed && flushed < locked && locked < durable && durable < directory)
      // What came from elsewhere: its objects before the remote's ref, before the target's.
      try two.write("two.md", "# Two\n")
      try await two.sync()
      let before = try await one.head
      let fetched = try await pass(one)
      let remote = try moved("refs/remotes/redis/main", in: fetched)
      for object in try await newObjects(one, since: before) {
        let place = try #require(fetched.first("rename", holding: ["/tmp_obj_", object]), "\(object)")
        #expect(place < remote, "\(object)")
      }
      #expect(try remote < moved("refs/membank/applying", in: fetched))
    }
  }

  @Test("a pack: flushed, named before its index is, its directory flushed before main moves")
  func packs() async throws {
    try await play { stage in
      let (one, two) = try await stage.pair()
      try one.write(notes: 510)
      let calls = try await pass(one)
      try expectInstalled(calls, temporary: "/pack/tmp_pack_", before: moved("refs/heads/main", in: calls))
      // The same pack on the other side, where it is checked first.
      let received = try await pass(two)
      try expectInstalled(
        received, temporary: "/tmp_quarantine_", before: moved("refs/remotes/redis/main", in: received))
    }
  }

  private func expectInstalled(_ calls: SystemCalls, temporary: String, before ref: Int) throws {
    let pack = try #require(calls.first("rename", holding: [temporary, "/objects/pack/pack-", ".pack\")"]))
    let index = try #require(calls.first("rename", holding: ["/objects/pack/pack-", ".idx\")"], from: pack))
    let flushed = try #require(calls.last("fsync", holding: [temporary], before: pack))
    let indexFlushed = try #require(calls.last("fsync", holding: ["idx"], before: index))
    let directory = try #require(calls.first("fsync", holding: ["/objects/pack>"], from: index))
    #expect(flushed < pack && indexFlushed < index && pack < index && directory < ref)
    // Nothing is written to it once it is flushed.
    let name = try #require(calls.calls[pack].description.split(separator: "\"").dropFirst().first)
    let late = calls.first("write", "pwrite64", holding: ["<\(name)>"], from: flushed)
    #expect(late == nil)
  }

  @Test("what this machine notes is replaced whole: written, flushed, renamed, its directory flushed")
  func notes() async throws {
    try await play { stage in
      let one = try stage.machine()
      try one.write("a.md", "a\n")
      try await one.sync()
      try one.write("b.md", "b\n")
      let calls = try await pass(one)
      let state = try one.state
      for note in ["table", "boot"] {
        let renamed = try #require(calls.first("rename", holding: ["\(state)/\(note)\")"]), "\(note)")
        let temporary = try #require(calls.calls[renamed].description.split(separator: "\"").dropFirst().first)
        let written = try #require(calls.first("write", holding: ["<\(temporary)>"]))
        let flushed = try #require(calls.first("fsync", holding: ["<\(temporary)>"], from: written))
        let directory = try #require(calls.first("fsync", holding: ["<\(state)>"], from: renamed))
        #expect(written < flushed && flushed < renamed && renamed < directory, "\(note)")
      }
      #expect(calls.first("openat", holding: ["\(state)/table\"", "O_WRONLY"]) == nil)
    }
  }
}
