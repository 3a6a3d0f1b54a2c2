import Mirror
import RedisTransport
import Support
import TestSupport
import Testing

@Suite("Inspecting", .timeLimit(.minutes(15)), .servers(.redis, .rest, .simulated), .namingServer)
struct InspectProcessTests {
  @Test("finds what is foreign, missing or no document", arguments: [nil, 1])
  func all(head: Int?) throws {
    let bench = try Bench(limits: MirrorLimits(documentBytes: 1000))
    try bench.seed(("same.md", "one"), ("foreign.md", "one"), ("gone.md", "one"), ("entry.md", "one"))
    try bench.redis.run("SET", bench.document("foreign.md"), "strange")
    try bench.redis.run("SET", bench.document("notes/new.md"), "new")
    try bench.redis.run("DEL", bench.document("gone.md"))
    try bench.redis.run("HSET", "membank:{b}:index", "entry.md", "{nonsense", "../up", "{}")
    for name in ["", "../up.md", ".git/config", "a//b", "tab\t.md"] {
      try bench.redis.run("SET", bench.document(name), "x")
    }
    try bench.redis.run(RedisCommand([Array("SET".utf8), Array(bench.document("").utf8) + [0xff], [1]]))
    try bench.redis.run("LPUSH", bench.document("list.md"), "x")
    try bench.redis.run("SET", bench.document("large.md"), String(repeating: "x", count: 1001))
    try bench.redis.run("SET", bench.document("bad64.md"), "membank:base64:???")
    try bench.redis.run("SET", bench.document("binary.md"), "plain")
    try bench.redis.run(RedisCommand("SET", bench.document("binary.md"), bytes: [[0xff, 0xfe]]))
    try bench.redis.run("SET", "other:doc:x", "x")

    let found = try bench.mirror.inspect(nil, head: head.map(Bench.commit))
    #expect(found.complete)
    #expect(found.head.head?.commit == Bench.commit(1))
    #expect(found.foreign.map(\.path.description) == ["binary.md", "entry.md", "foreign.md", "notes/new.md"])
    let foreign = try #require(found.foreign.first { $0.path.description == "foreign.md" })
    #expect(foreign.bytes == Array("strange".utf8))
    #expect(foreign.blob == .blob(of: Array("strange".utf8)))
    #expect(foreign.entry?.blob == .blob(of: Array("one".utf8)))
    #expect(foreign.entry?.commit == Bench.commit(1))
    #expect(found.foreign.first?.bytes == [0xff, 0xfe])
    #expect(found.foreign.last?.entry == nil)
    #expect(found.missing.map(\.description) == ["gone.md"])
    #expect(found.index?.keys.map(\.description).sorted() == ["foreign.md", "gone.md", "same.md"])
    let problems = Dictionary(grouping: found.problems, by: \.kind).mapValues { $0.map(\.name).sorted() }
    #expect(
      problems[.badName]
        == [
          "../up", #"membank:{b}:doc:"#, "membank:{b}:doc:../up.md", "membank:{b}:doc:.git/config",
          #"membank:{b}:doc:\xff"#, "membank:{b}:doc:a//b", #"membank:{b}:doc:tab\x09.md"#,
        ].sorted())
    #expect(problems[.wrongType] == ["membank:{b}:doc:list.md"])
    #expect(problems[.tooLarge] == ["membank:{b}:doc:large.md"])
    #expect(problems[.undecodable] == ["membank:{b}:doc:bad64.md"])
    #expect(problems[.badEntry] == ["entry.md"])
  }

  @Test("looks at some paths in one round trip")
  func some() throws {
    let bench = try Bench()
    try bench.seed(("a.md", "one"), ("b.md", "one"))
    try bench.redis.run("SET", bench.document("a.md"), "strange", "EX", "50")
    let paths = try ["a.md", "b.md", "none.md"].map { try BankPath($0) }
    _ = try bench.mirror.inspect([], head: nil)
    let before = bench.client.trips
    let found = try bench.mirror.inspect(paths, head: Bench.commit(1))
    #expect(bench.client.trips == before + 1)
    #expect(found.foreign.map(\.path) == [paths[0]])
    #expect(found.missing == [] && found.problems == [] && found.index == nil && found.complete)
  }

  @Test("ends where the head is not the one asked for", arguments: ["moved", "gone", "mistyped"])
  func moved(state: String) throws {
    let bench = try Bench()
    let head = try bench.seed(("a.md", "one"))
    try bench.redis.run("SET", bench.document("a.md"), "strange", "EX", "50")
    switch state {
    case "gone": try bench.redis.run("DEL", "membank:{b}:head")
    case "mistyped": try bench.redis.run("SET", "membank:{b}:head", "x", "EX", "50")
    default: break
    }
    let found = try bench.mirror.inspect(nil, head: Bench.commit(2))
    #expect(!found.complete)
    #expect(found.foreign == [])
    switch state {
    case "gone": #expect(found.head == .absent)
    case "mistyped": #expect(found.head == .damaged("it is not a hash"))
    default: #expect(found.head == .present(head))
    }
    // Without a head to ask for, documents are looked at all the same.
    #expect(try bench.mirror.inspect(nil, head: nil).foreign.count == 1)
  }

  @Test("gets through many documents and large values in bounded replies")
  func many() throws {
    let bench = try Bench(limits: MirrorLimits(chunkDocuments: 50, chunkBytes: 20_000))
    let updates = try (0..<300).map {
      try Bench.update("d\($0).md", String(repeating: "\($0) ", count: $0 % 7 == 0 ? 4000 : 5))
    }
    #expect(try bench.mirror.publish(Bench.publication(1, on: 0, updates), uploading: [Bench.pack(1)]).head != nil)
    try bench.redis.run("SET", bench.document("d299.md"), "strange", "EX", "50")
    let found = try bench.mirror.inspect(nil, head: Bench.commit(1))
    #expect(found.index?.count == 300)
    #expect(found.foreign.map(\.path.description) == ["d299.md"])
    #expect(found.missing == [])
  }

  @Test("leaves none out, however many go into a chunk", arguments: [0, 1, 700, 5000])
  func chunkSizes(size: Int) throws {
    let bench = try Bench(limits: MirrorLimits(chunkDocuments: size))
    let updates = try (0..<(size < 2 ? 20 : 2300)).map { try Bench.update("d\($0).md", "x") }
    _ = try bench.mirror.publish(Bench.publication(1, on: 0, updates), uploading: [Bench.pack(1)])
    let found = try bench.mirror.inspect(nil, head: nil)
    #expect(found.index?.count == updates.count)
    #expect(found.missing == [] && found.foreign == [])
  }

  @Test("says that the index has another type")
  func mistypedIndex() throws {
    let bench = try Bench()
    try bench.seed()
    try bench.redis.run("SET", "membank:{b}:index", "x", "EX", "50")
    for paths in [nil, [try BankPath("a.md")]] {
      let failure = #expect(throws: MirrorError.self) { try bench.mirror.inspect(paths, head: nil) }
      #expect(failure?.kind == .wrongType)
      #expect(failure?.operand == "membank:{b}:index")
    }
  }
}
