import Bank
import FoundationEssentials
import RedisTransport
import Support
import SyncEngine
import TestSupport
import Testing

/// Situations that other sync engines are tested with, as listed in Tests/PEERS.md.
@Suite("Two replicas that met come to", .timeLimit(.minutes(15)))
struct SituationProcessTests {
  private let server: RedisServer

  init() throws { server = try RedisServer() }

  @Test("what the table says, whichever comes first", arguments: treeSituations + moveSituations + runSituations)
  func table(situation: Situation) throws {
    for hereFirst in [true, false] {
      try play(situation, hereFirst: hereFirst)
    }
  }

  @Test("the union, if what they last agreed on is lost: what is old is known as such, nothing is deleted")
  func lostBase() throws {
    let base: World = ["a.md": "a\n", "b.md": "b\n", "c.md": "c\n", "d.md": "d\n", "e.md": "e\n"]
    let here = try TestReplica("here", servers: [server])
    let there = try TestReplica("there", servers: [server], joins: true)
    try here.become(base)
    try here.pass()
    try there.pass()
    there.clock.advance(seconds: 10)
    try there.become(["a.md": "a\n", "b.md": "b there\n", "c.md": "c\n", "d.md": "d there\n"])
    try there.pass()
    try here.become(["a.md": "a here\n", "b.md": "b\n", "d.md": "d here\n", "e.md": "e\n"])
    try FileManager.default.removeItem(atPath: here.root.path + "/history.git")
    let again = try TestReplica("here", addresses: [server.address], root: here.root, joins: true)
    again.clock.advance(seconds: 20)
    for _ in 0..<2 {
      try again.pass()
      try there.pass()
    }
    let end: World = [
      "a.md": "a here\n", copy(of: "a.md", "a\n"): "a\n", "b.md": "b there\n", "c.md": "c\n", "d.md": "d here\n",
      copy(of: "d.md", "d there\n"): "d there\n",
    ]
    #expect(try again.world == end)
    #expect(try there.world == end)
    #expect(again.engine.main == there.engine.main)
  }

  @Test("the same, whatever is written while they meet")
  func volatile() throws {
    let here = try TestReplica("here", servers: [server])
    let there = try TestReplica("there", servers: [server], joins: true)
    try here.become(["a.md": "1\n2\n3\n4\n5\n", "b.md": "b\n"])
    try here.pass()
    try there.pass()
    try here.write("a.md", "one\n2\n3\n4\n5\n")
    try there.write("a.md", "1\n2\n3\n4\nfive\n")
    var end: World = ["a.md": "one\n2\n3\n4\nfive\n", "b.md": "b\n"]
    var number = 0
    for replica in [here, there] {
      replica.intercept = { [unowned replica] _ in
        number += 1
        try? replica.write("new/\(number).md", "\(number)\n")
        end["new/\(number).md"] = .file("\(number)\n")
        return nil
      }
    }
    for replica in [here, there, here, there] { try replica.pass() }
    for replica in [here, there] { replica.intercept = nil }
    #expect(number >= 10)
    for replica in [here, there, here, there] { try replica.pass() }
    #expect(try here.world == end)
    #expect(try there.world == end)
    #expect(here.engine.main == there.engine.main)
    #expect(here.engine.conflicts.isEmpty)
  }

  private func play(_ situation: Situation, hereFirst: Bool) throws {
    let project = hereFirst ? "first" : "second"
    let here = try TestReplica("here", addresses: [server.address], project: project)
    let there = try TestReplica("there", addresses: [server.address], project: project, joins: true)
    if let base = situation.base {
      try here.become(base)
      try here.pass()
      try there.pass()
      #expect(try there.world == base)
      // What the table leaves out, such as an empty directory, is not in question.
      #expect(try here.world == base)
    }
    here.clock.advance(seconds: 10)
    there.clock.advance(seconds: 20)
    try here.become(situation.here)
    try there.become(situation.there)
    for _ in 0..<3 {
      for replica in hereFirst ? [here, there] : [there, here] { try replica.pass() }
    }
    #expect(try here.world == situation.end)
    #expect(try there.world == situation.endThere)
    try judge(here, there, situation)

    // Where nothing is left to do nothing is done.
    let heads = [here.engine.tip, there.engine.tip]
    for replica in [here, there] { try replica.pass() }
    #expect([here.engine.tip, there.engine.tip] == heads)
    guard situation.waitsHere else { return }
    // What was in the way goes: then it is written.
    try here.become(situation.endThere.filter { $0.value.text != nil && situation.end[$0.key] == $0.value })
    for replica in [here, there, here] { try replica.pass() }
    #expect(try here.world == situation.endThere)
    #expect(here.engine.main == there.engine.main)
  }

  private func judge(_ here: TestReplica, _ there: TestReplica, _ situation: Situation) throws {
    #expect(here.engine.tip == there.engine.tip)
    #expect(there.engine.target == nil && there.engine.plans.isEmpty)
    #expect((here.engine.target != nil) == situation.waitsHere && here.engine.plans.isEmpty)
    if situation.waitsHere { #expect(!here.engine.problems.isEmpty) }
    // Each copy is listed, and nothing else is.
    let copies = situation.end.keys.filter { $0.contains(".conflict-") }
    #expect(Set(there.engine.conflicts.map(\.copy.description)) == Set(copies))
    // Whatever anybody wrote is in a version, wherever it stands now.
    let ignores = { (name: String) throws in here.engine.bank.rules.ignores(try BankPath(name), isDirectory: false) }
    let texts = try there.texts
    for world in [situation.base ?? [:], situation.here, situation.there] {
      for (name, thing) in world {
        guard let text = thing.text, try !ignores(name) else { continue }
        #expect(texts.contains(text), "\(name)")
      }
    }
  }
}
