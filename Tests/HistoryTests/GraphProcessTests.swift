import History
import Support
import Testing

@Suite("Histories that branch and merge")
struct GraphProcessTests {
  /// A random history whose clocks are off by half an hour.
  private func random(_ seed: Int, _ fixture: Fixture, _ count: Int) throws -> [ObjectID] {
    var random = Seeded(UInt64(seed))
    let tree = try fixture.history.writeTree(from: nil, changes: [])
    var commits: [ObjectID] = []
    for index in 0..<count {
      var parents: [ObjectID] = []
      if index > 0, Int.random(in: 0..<20, using: &random) > 0 {
        for _ in 0..<Int.random(in: 1...3, using: &random) {
          let parent = commits[max(0, index - Int.random(in: 1...6, using: &random))]
          if !parents.contains(parent) { parents.append(parent) }
        }
      }
      let time = 1_700_000_000 + Int64(index) * 600 + Int64.random(in: -1_700...1_700, using: &random)
      commits.append(
        try fixture.history.writeCommit(
          tree: tree, parents: parents, author: Fixture.person(time), committer: Fixture.person(time),
          message: "\(index)"))
    }
    return commits
  }

  private func ancestors(_ id: ObjectID, _ history: History) throws -> Set<ObjectID> {
    var seen: Set<ObjectID> = [id]
    var waiting = [id]
    while let next = waiting.popLast() {
      for parent in try history.commit(next).parents where seen.insert(parent).inserted { waiting.append(parent) }
    }
    return seen
  }

  @Test("have the merge bases that git finds", arguments: 1...6)
  func mergeBases(seed: Int) throws {
    let fixture = try Fixture()
    let history = fixture.history
    let commits = try random(seed, fixture, 40)
    let above = try commits.map { try ancestors($0, history) }
    var random = Seeded(UInt64(seed) + 100)
    for round in 0..<150 {
      let (a, b) = (Int.random(in: 0..<40, using: &random), Int.random(in: 0..<40, using: &random))
      let common = above[a].intersection(above[b])
      let best = try common.filter { id in
        try !common.contains { try $0 != id && ancestors($0, history).contains(id) }
      }
      #expect(try history.mergeBases(commits[a], commits[b]) == best.sorted())
      #expect(try history.isAncestor(commits[a], of: commits[b]) == above[b].contains(commits[a]))
      if round < 10 {
        let theirs = try fixture.git.run(["merge-base", "--all", commits[a].description, commits[b].description]).lines
        #expect(theirs.sorted() == best.sorted().map(\.description))
      }
    }
  }

  @Test("are walked whole, children first, the same each time", arguments: 1...6)
  func walk(seed: Int) throws {
    let fixture = try Fixture()
    let history = fixture.history
    let commits = try random(seed, fixture, 60)
    let other = try History(opening: fixture.path)
    for (tips, excluded) in [
      ([59], []), ([59, 58, 40], [55]), ([59], [57, 30]), ([10], [59]), ([59], [59]), ([], [3]), ([50, 51, 50], [20]),
    ] as [([Int], [Int])] {
      let ids = (tips.map { commits[$0] }, excluded.map { commits[$0] })
      let walked = try history.walk(from: ids.0, excluding: ids.1, limit: nil)
      var wanted: Set<ObjectID> = []
      for id in ids.0 { wanted.formUnion(try ancestors(id, history)) }
      for id in ids.1 { wanted.subtract(try ancestors(id, history)) }
      #expect(Set(walked) == wanted)
      #expect(walked.count == wanted.count)
      for (place, id) in walked.enumerated() {
        for parent in try history.commit(id).parents {
          if let below = walked.firstIndex(of: parent) { #expect(below > place) }
        }
      }
      #expect(try other.walk(from: ids.0.reversed(), excluding: ids.1.reversed(), limit: nil) == walked)
      #expect(try history.walk(from: ids.0, excluding: ids.1, limit: 3) == Array(walked.prefix(3)))
    }
  }

  @Test("that are linear are walked in the order of git log")
  func linear() throws {
    let fixture = try Fixture()
    let commits = try fixture.line(12)
    try fixture.history.forceRef("refs/heads/main", to: commits[11])
    let theirs = try fixture.git("log", "--format=%H", "main", "^\(commits[3])").lines
    #expect(
      try fixture.history.walk(from: [commits[11]], excluding: [commits[3]], limit: nil).map(\.description) == theirs)
  }
}
