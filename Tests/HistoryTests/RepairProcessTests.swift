import Glibc
import History
import Support
import Testing

@Suite("After a power cut")
struct RepairProcessTests {
  let fixture: Fixture
  init() throws { fixture = try Fixture() }

  private func loosePath(_ id: ObjectID) -> String {
    let digits = id.description
    return "\(fixture.path)/objects/\(digits.prefix(2))/\(digits.dropFirst(2))"
  }

  /// The ways in which a file comes out of a power cut.
  enum Damage: CaseIterable {
    case empty, truncated, zeros, garbage, gone

    func strike(_ path: String) {
      let whole = bytes(of: path) ?? []
      switch self {
      case .empty: overwrite(path, with: [])
      case .truncated: overwrite(path, with: Array(whole.prefix(whole.count / 2)))
      case .zeros: overwrite(path, with: [UInt8](repeating: 0, count: whole.count))
      case .garbage: overwrite(path, with: Array("garbage, not zlib".utf8))
      case .gone: unlink(path)
      }
    }
  }

  /// What to strike of the commits that were not made durable.
  enum Victim: CaseIterable {
    case commit, tree, blob, oldCommit
  }

  @Test(
    "main is whole again: at the durable commit, with the rest kept", arguments: Damage.allCases, Victim.allCases)
  func fallBack(damage: Damage, victim: Victim) throws {
    let history = fixture.history
    let safe = try fixture.line(3)
    try history.forceRef("refs/heads/main", to: safe[2])
    try history.makeDurable(safe[2])
    #expect(try history.ref("refs/membank/durable") == safe[2])
    let lost = try fixture.line(3, on: safe[2])
    try history.forceRef("refs/heads/main", to: lost[2])
    try history.forceRef("refs/remotes/r/main", to: lost[1])
    let tip = try history.commit(lost[2])
    let target =
      switch victim {
      case .commit: lost[2]
      case .tree: tip.tree
      case .blob: try #require(try history.changes(of: lost[2]).first?.new?.blob)
      case .oldCommit: lost[0]
      }
    damage.strike(loosePath(target))

    let other = try History(opening: fixture.path)
    let log = try other.repair(thorough: damage != .empty && damage != .gone)
    #expect(!log.isEmpty)
    #expect(try other.ref("refs/heads/main") == safe[2])
    let kept = try other.ref("refs/remotes/r/main")
    #expect(kept == (victim == .oldCommit ? nil : lost[1]))
    let rescued = try other.refs(under: "refs/rescue")
    #expect(rescued.count == (victim == .blob || victim == .oldCommit ? 1 : 0))
    for (_, id) in rescued {
      #expect(try other.isComplete(id, trusting: []))
      // All that the broken commit had, but for the file that is lost.
      let files = try other.files(inTree: other.commit(id).tree)
      #expect(files.count == (victim == .blob ? 5 : 6) - 2)
    }
    #expect(try fixture.git.complaints() == "")
    // What was torn can be written again, and is whole then.
    let again = try fixture.line(3, on: safe[2])
    #expect(again == lost)
    try other.forceRef("refs/heads/main", to: lost[2])
    #expect(try History(opening: fixture.path).isComplete(lost[2], trusting: []))
    #expect(try fixture.git.complaints() == "")
    #expect(try other.repair(thorough: true) == [])
  }

  @Test("a torn main is the durable commit", arguments: ["", "\0\0\0\0\0\0\0\0", "0123", "nonsense\n"], [true, false])
  func tornMain(text: String, thorough: Bool) throws {
    let history = fixture.history
    let commits = try fixture.line(4)
    try history.forceRef("refs/heads/main", to: commits[1])
    try history.makeDurable(commits[1])
    try history.forceRef("refs/heads/main", to: commits[3])
    overwrite(fixture.path + "/refs/heads/main", with: Array(text.utf8))
    overwrite(fixture.path + "/refs/heads/main.lock", with: [])
    overwrite(fixture.path + "/refs/membank/applying", with: Array(text.utf8))
    overwrite(fixture.path + "/HEAD", with: Array(text.utf8))
    #expect(try !history.repair(thorough: thorough).isEmpty)
    #expect(try history.ref("refs/heads/main") == commits[1])
    #expect(try history.ref("refs/membank/applying") == nil)
    #expect(try fixture.git.complaints() == "")
  }

  @Test(
    "what is torn is told apart from what fails otherwise, and makes a history incomplete", arguments: Damage.allCases)
  func kinds(damage: Damage) throws {
    let commits = try fixture.line(2)
    let tip = try fixture.history.commit(commits[1])
    let blob = try #require(fixture.history.diff(nil, tip.tree).first?.new?.blob)
    for id in [commits[1], tip.tree, blob, commits[0]] {
      let whole = try #require(bytes(of: loosePath(id)))
      damage.strike(loosePath(id))
      let other = try History(opening: fixture.path)
      // A blob is only looked for.
      if id != blob || damage == .gone { #expect(try !other.isComplete(commits[1], trusting: [])) }
      do {
        _ = try other.blob(id)
        Issue.record("read a torn object")
      } catch { #expect(error.kind == (damage == .gone ? .missing : .damaged), "\(error)") }
      unlink(loosePath(id))
      overwrite(loosePath(id), with: whole)
    }
    #expect(try History(opening: fixture.path).isComplete(commits[1], trusting: []))
  }

  @Test("main alone, when nothing was durable yet, falls back to what a remote had, or goes")
  func nothingDurable() throws {
    let history = fixture.history
    let commits = try fixture.line(4)
    try history.forceRef("refs/heads/main", to: commits[3])
    try history.forceRef("refs/remotes/r/main", to: commits[2])
    unlink(loosePath(commits[3]))
    #expect(try !history.repair(thorough: false).isEmpty)
    #expect(try history.ref("refs/heads/main") == commits[2])
    try history.deleteRef("refs/remotes/r/main")
    unlink(loosePath(commits[0]))
    #expect(try !History(opening: fixture.path).repair(thorough: false).isEmpty)
    #expect(try history.ref("refs/heads/main") == nil)
    #expect(try history.refs(under: "refs/rescue").count == 1)
    #expect(try fixture.git.complaints() == "")
  }

  @Test("a sound history is left as it is, leftovers are not")
  func sound() throws {
    let history = fixture.history
    let commits = try fixture.line(6)
    try history.forceRef("refs/heads/main", to: commits[5])
    #expect(try history.repair(thorough: false) == [])
    #expect(try history.repair(thorough: true) == [])
    overwrite(loosePath(commits[0]).replacingName("tmp_obj_mb1-1"), with: [1])
    overwrite(fixture.path + "/objects/pack/tmp_pack_mb1-1", with: [1])
    mkdir(fixture.path + "/objects/tmp_quarantine_x", 0o700)
    overwrite(fixture.path + "/objects/tmp_quarantine_x/pack-1.pack", with: [1])
    #expect(try history.repair(thorough: false) == ["Removed 3 leftovers of an interrupted write."])
    #expect(names(in: fixture.path + "/objects/pack").isEmpty)
    #expect(try fixture.git.complaints() == "")
  }

  @Test("a torn pack or index is noticed", arguments: ["pack", "idx"], Damage.allCases)
  func packs(end: String, damage: Damage) throws {
    let history = fixture.history
    let safe = try fixture.line(100)
    try history.forceRef("refs/heads/main", to: safe[99])
    try history.repack(everything: true)
    try history.makeDurable(safe[99])
    let lost = try fixture.line(5, on: safe[99])
    try history.forceRef("refs/heads/main", to: lost[4])
    let before = Set(names(in: fixture.path + "/objects/pack"))
    try history.bulk { _ = try history.writeBlob([1, 2, 3]) }
    try history.repack()
    let new = Set(names(in: fixture.path + "/objects/pack")).subtracting(before)
    let name = try #require(new.first { $0.hasSuffix(end) })
    damage.strike("\(fixture.path)/objects/pack/\(name)")
    let other = try History(opening: fixture.path)
    let log = try other.repair(thorough: true)
    #expect(!log.isEmpty)
    // A torn index is made anew; a torn pack takes what it held along.
    #expect(try other.ref("refs/heads/main") == (end == "idx" ? lost[4] : safe[99]))
    #expect(try fixture.git.complaints() == "")
    #expect(try other.repair(thorough: true) == [])
  }
}

@Suite("A pack that rots")
struct RottenPackProcessTests {
  @Test("is an error where it is read, never a wait without end, and is found by a thorough repair")
  func holes() throws {
    let fixture = try Fixture()
    let commits = try fixture.line(40)
    let rotting = fixture.place("rotting")
    // Nobody has it open between the rounds: libgit2 shares what it has read of a pack.
    do {
      let history = try History.create(at: rotting)
      for pack in try fixture.history.packs(from: commits[39], excluding: [], limit: 8 << 20) {
        try history.addPack(pack.bytes)
      }
      try history.forceRef("refs/heads/main", to: commits[39])
    }
    let pack = try #require(names(in: rotting + "/objects/pack").first { $0.hasSuffix(".pack") })
    let path = "\(rotting)/objects/pack/\(pack)"
    let whole = try #require(bytes(of: path))
    for start in stride(from: 40, to: whole.count - 60, by: whole.count / 24) {
      var rotten = whole
      for index in start..<(start + 30) { rotten[index] = 0 }
      overwrite(path, with: rotten)
      let other = try History(opening: rotting)
      var failures = 0
      for commit in commits {
        do {
          for entry in try other.files(inTree: other.commit(commit).tree).values { _ = try other.blob(entry.blob) }
        } catch { failures += 1 }
      }
      #expect(failures > 0)
    }
    #expect(try History(opening: rotting).repair(thorough: true).count >= 2)
    #expect(try Git(directory: rotting).complaints() == "")
  }
}

extension String {
  fileprivate func replacingName(_ name: String) -> String {
    (lastIndex(of: "/").map { String(self[...$0]) } ?? "") + name
  }
}
