import Mirror
import RedisTransport
import Support
import TestSupport
import Testing

@Suite("Projecting", .timeLimit(.minutes(15)), .servers(.redis, .rest, .simulated), .namingServer)
struct ProjectProcessTests {
  @Test("brings documents to the head in chunks, and says when it is done")
  func chunks() throws {
    let bench = try Bench()
    _ = try bench.mirror.publish(Bench.publication(1, on: 0, projected: false), uploading: [Bench.pack(1)])
    #expect(try bench.mirror.readHead().head?.projected == nil)
    for (position, path) in ["a.md", "b.md"].enumerated() {
      let chunk = Projection(
        head: Bench.commit(1), documents: [try Bench.update(path, "text")], completes: position == 1)
      #expect(try bench.mirror.project(chunk) == .done)
      #expect(try bench.mirror.readHead().head?.projected == (position == 1 ? Bench.commit(1) : nil))
      #expect(try bench.immortal() == [])
    }
    #expect(try bench.text("b.md") == "text")
    // Publishing without documents leaves the mark where it was.
    let outcome = try bench.mirror.publish(Bench.publication(2, on: 1, projected: false))
    #expect(outcome.head?.projected == Bench.commit(1))
    #expect(try bench.mirror.readHead().head == outcome.head)
  }

  @Test("does nothing once the head has moved, is gone or is no head", arguments: ["moved", "gone", "mistyped"])
  func headMoved(state: String) throws {
    let bench = try Bench()
    try bench.seed(("a.md", "one"))
    var expected: HeadReading = .absent
    switch state {
    case "moved": expected = .present(try #require(try bench.mirror.publish(Bench.publication(2, on: 1)).head))
    case "gone": try bench.redis.run("DEL", "membank:{b}:head")
    default:
      try bench.redis.run("SET", "membank:{b}:head", "x", "EX", "100")
      expected = .damaged("it is not a hash")
    }
    let before = try bench.contents()
    let chunk = Projection(head: Bench.commit(1), documents: [try Bench.update("a.md", "two")], completes: true)
    #expect(try bench.mirror.project(chunk) == .headMoved(expected))
    #expect(try bench.contents() == before)
  }

  @Test("writes nothing of a chunk that holds a foreign value or another type")
  func foreign() throws {
    let bench = try Bench()
    try bench.seed(("a.md", "one"), ("b.md", "one"))
    try bench.redis.run("SET", bench.document("b.md"), "strange", "EX", "100")
    let updates = try ["a.md", "b.md"].map { try Bench.update($0, "two") }
    let before = try bench.contents()
    let chunk = Projection(head: Bench.commit(1), documents: updates, completes: true)
    guard case .foreign(let found) = try bench.mirror.project(chunk) else {
      Issue.record("not foreign")
      return
    }
    #expect(found.map(\.blob) == [.blob(of: Array("strange".utf8))])
    #expect(try bench.contents() == before)
    try bench.redis.run("DEL", bench.document("b.md"))
    try bench.redis.run("HSET", bench.document("b.md"), "f", "v")
    let failure = #expect(throws: MirrorError.self) { try bench.mirror.project(chunk) }
    #expect(failure?.kind == .wrongType)
    #expect(try bench.text("a.md") == "one")
  }

  @Test("puts back what has expired")
  func repair() throws {
    let bench = try Bench()
    try bench.seed(("a.md", "one"), ("b.md", "one"))
    try bench.redis.run("DEL", bench.document("a.md"), "membank:{b}:index")
    let updates = try ["a.md", "b.md"].map { try Bench.update($0, "one") }
    #expect(
      try bench.mirror.project(Projection(head: Bench.commit(1), documents: updates, completes: true)) == .done)
    #expect(try bench.text("a.md") == "one")
    #expect(try bench.mirror.inspect(nil, head: Bench.commit(1)).index?.count == 2)
    #expect(try bench.immortal() == [])
  }

  @Test("stores bytes that are not text, marked text and large files in their own ways")
  func forms() throws {
    let bench = try Bench()
    let binary: [UInt8] = [0xff, 0x00, 0xfe]
    var large = try Bench.update("large.md", "large")
    large.kind = .withoutDocument
    let updates = [
      try Bench.update("binary.md", binary), try Bench.update("marked.md", "membank:base64:no"), large,
    ]
    _ = try bench.mirror.publish(Bench.publication(1, on: 0, updates), uploading: [Bench.pack(1)])
    #expect(try bench.text("binary.md") == "membank:base64:/wD+")
    #expect(try bench.text("marked.md") == "membank:text:membank:base64:no")
    #expect(try bench.text("large.md") == nil)
    let found = try bench.mirror.inspect(nil, head: nil)
    #expect(found.foreign == [] && found.missing == [] && found.problems == [])
    #expect(found.index?[try BankPath("large.md")]?.withoutDocument == true)
    #expect(found.index?[try BankPath("binary.md")]?.stored == .blob(of: Array("membank:base64:/wD+".utf8)))

    // The same content in another form is no foreign value, neither to a reader nor to a writer.
    try bench.redis.run(RedisCommand("SET", bench.document("binary.md"), bytes: [binary]))
    try bench.redis.run("SET", bench.document("marked.md"), "membank:base64:bWVtYmFuazpiYXNlNjQ6bm8=", "EX", "9")
    #expect(try bench.mirror.inspect(nil, head: nil).foreign == [])
    let next = [try Bench.update("binary.md", "text", commit: 2), try Bench.update("marked.md", "text", commit: 2)]
    #expect(try bench.mirror.publish(Bench.publication(2, on: 1, next)).head != nil)
    #expect(try bench.text("binary.md") == "text")

    // An allowed blob is that of the decoded bytes, however they are stored.
    try bench.redis.run("SET", bench.document("binary.md"), "membank:base64:Zm9yZWlnbg==", "EX", "9")
    let third = [try Bench.update("binary.md", "third", commit: 3, allowed: ["foreign"])]
    #expect(try bench.mirror.publish(Bench.publication(3, on: 2, third)).head != nil)
    #expect(try bench.text("binary.md") == "third")
    #expect(try bench.immortal() == [])
  }
}
