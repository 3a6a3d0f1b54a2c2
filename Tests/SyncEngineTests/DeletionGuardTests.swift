import History
import Support
import SyncEngine
import Testing

@Suite("The guard against mass deletion")
struct DeletionGuardTests {
  @Test(
    "halts above max(5, 30 %), and when a bank is emptied",
    arguments: [
      (1, 1, false), (2, 2, true), (1, 3, false), (5, 6, false), (6, 7, true), (6, 20, false), (7, 20, true),
      (30, 100, false), (31, 100, true), (0, 0, false),
    ])
  func limits(count: Int, largest: Int, halts: Bool) {
    #expect(DeletionGuard.halts(deleting: count, of: largest) == halts)
  }

  @Test("does not count a move, but each of two twins that go while one comes")
  func moves() throws {
    let entry = TreeEntry(blob: ObjectID.blob(of: []), executable: false)
    let gone = ["a", "b"].compactMap { try? BankPath($0) }.map { TreeDelta(path: $0, old: entry, new: nil) }
    let come = TreeDelta(path: try BankPath("c"), old: nil, new: entry)
    #expect(DeletionGuard.deletions(in: [gone[0], come]).isEmpty)
    #expect(DeletionGuard.deletions(in: gone + [come]).count == 1)
  }

  @Test("names a plan by exactly the files and versions that would go")
  func planID() throws {
    let (a, b) = (ObjectID.blob(of: [1]), ObjectID.blob(of: [2]))
    let path = try BankPath("a.md")
    let plan = DeletionPlan(direction: .local, files: [path: a], reason: "one")
    #expect(plan.id == DeletionPlan(direction: .local, files: [path: a], reason: "another").id)
    #expect(plan.id != DeletionPlan(direction: .local, files: [path: b], reason: "one").id)
    #expect(plan.id != DeletionPlan(direction: .remote, files: [path: a], reason: "one").id)
    #expect(plan.id != DeletionPlan(direction: .local, files: [path: a, try BankPath("b.md"): a], reason: "one").id)
  }
}

@Suite("Commit messages")
struct CommitMessageTests {
  private static let entry = TreeEntry(blob: ObjectID.blob(of: []), executable: false)

  private func delta(_ name: String, _ kind: Character) throws -> TreeDelta {
    let path = try BankPath(name)
    return switch kind {
    case "A": TreeDelta(path: path, old: nil, new: Self.entry)
    case "D": TreeDelta(path: path, old: Self.entry, new: nil)
    default: TreeDelta(path: path, old: Self.entry, new: Self.entry)
    }
  }

  @Test("say what happened")
  func subjects() throws {
    let update = try delta("activeContext.md", "M")
    #expect(
      CommitMessage.subject([update], renames: [], lines: (3, 1)) == "Update activeContext.md (+3 −1)")
    #expect(CommitMessage.subject([try delta("a.md", "A")], renames: [], lines: (2, 0)) == "Add a.md (+2)")
    #expect(CommitMessage.subject([try delta("a.md", "D")], renames: [], lines: nil) == "Delete a.md")
    let (from, to) = (try delta("a.md", "D"), try delta("b.md", "A"))
    #expect(
      CommitMessage.subject([from, to], renames: [(from.path, to.path)], lines: nil) == "Rename a.md to b.md")
    let many = [try delta("1", "A"), try delta("2", "A"), try delta("3", "M"), try delta("4", "D")]
    #expect(CommitMessage.subject(many, renames: [], lines: nil) == "Add 2, update 1, delete 1")
  }

  @Test("carry trailers that can be read back")
  func trailers() {
    let text = CommitMessage.text(subject: "Update a", deltas: [], trailers: [("Origin", "x"), ("Cause", "edit")])
    #expect(text == "Update a\n\nOrigin: x\nCause: edit\n")
    #expect(CommitMessage.trailers(named: "Cause", in: text) == ["edit"])
  }
}
