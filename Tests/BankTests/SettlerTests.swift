import Bank
import Support
import Testing

/// A settler with times in milliseconds and a world that the test sets.
private struct Play {
  var settler = Settler()
  var world: [String: Observation] = [:]
  var tracked: Set<String> = []

  mutating func note(_ hint: WatchHint, _ milliseconds: Int64) {
    let tracked = tracked
    settler.note(hint, at: milliseconds * 1_000_000) { tracked.contains($0.description) }
  }

  mutating func due(_ milliseconds: Int64) -> [String] {
    let world = world
    return settler.due(at: milliseconds * 1_000_000) { world[$0.description] ?? .absent }.map(\.description)
  }

  /// The times at which paths come due, on the way to the end.
  mutating func run(from start: Int64 = 0) -> [String] {
    var result: [String] = []
    var now = start
    while let deadline = settler.nextDeadline, now < 100_000 {
      now = max(now, (deadline + 999_999) / 1_000_000)
      let paths = due(now)
      if !paths.isEmpty { result.append("\(now): \(paths.joined(separator: " "))") }
    }
    return result
  }
}

@Suite("The settler")
struct SettlerTests {
  @Test("takes a closed file that is tracked at once")
  func closed() {
    var play = Play(world: ["a": .file], tracked: ["a"])
    play.note(.changing(path("a")), 5)
    play.note(.written(path("a")), 10)
    #expect(play.run(from: 10) == ["10: a"])
    #expect(play.settler.isEmpty)
  }

  @Test("gives a new name the time to be renamed")
  func newName() {
    var play = Play(world: ["new": .file])
    play.note(.changing(path("new")), 0)
    play.note(.written(path("new")), 10)
    #expect(play.run() == ["110: new"])
  }

  @Test("forgets a temporary name that was renamed onto a document")
  func temporary() {
    var play = Play(world: ["a": .file], tracked: ["a"])
    play.note(.written(path("temp")), 0)
    play.note(.movedIn(path("a"), from: path("temp")), 50)
    #expect(play.run(from: 50) == ["50: a"])
  }

  @Test("waits two seconds with a deletion, and not for a name that was never taken")
  func deletion() {
    var play = Play(tracked: ["a"])
    play.note(.removed(path("a")), 10)
    play.note(.removed(path("never")), 10)
    #expect(play.run(from: 10) == ["2010: a"])
  }

  @Test("takes a document that is made anew for an edit")
  func recreated() {
    var play = Play(tracked: ["a"])
    play.note(.removed(path("a")), 0)
    #expect(play.due(0) == [])
    play.world["a"] = .file
    play.note(.changing(path("a")), 1500)
    play.note(.written(path("a")), 1510)
    #expect(play.run(from: 1510) == ["1510: a"])
  }

  @Test("waits with a document that is there again before its event is")
  func recreatedUnseen() {
    var play = Play(world: ["a": .file], tracked: ["a"])
    play.note(.removed(path("a")), 0)
    #expect(play.due(0) == [])
    #expect(play.run() == ["400: a"])
  }

  @Test("waits two seconds with an emptied file, and not with one that was empty", arguments: [true, false])
  func emptied(before: Bool) {
    var play = Play(world: ["a": .empty(wasEmptyBefore: before)], tracked: ["a"])
    play.note(.written(path("a")), 0)
    #expect(play.run() == [before ? "0: a" : "2000: a"])
  }

  @Test("takes an emptied file at once when it is filled")
  func filled() {
    var play = Play(world: ["a": .empty(wasEmptyBefore: false)], tracked: ["a"])
    play.note(.written(path("a")), 0)
    #expect(play.due(0) == [])
    play.world["a"] = .file
    play.note(.written(path("a")), 900)
    #expect(play.run(from: 900) == ["900: a"])
  }

  @Test("takes both sides of a rename together", arguments: [false, true])
  func rename(isTracked: Bool) {
    var play = Play(world: ["b": .file], tracked: isTracked ? ["a", "b"] : ["a"])
    play.note(.movedIn(path("b"), from: path("a")), 0)
    #expect(play.run() == ["300: a b"])
  }

  @Test("takes the ends of several renames in a row")
  func renameChain() {
    var play = Play(world: ["c": .file], tracked: ["a"])
    play.note(.movedIn(path("b"), from: path("a")), 0)
    play.note(.movedIn(path("c"), from: path("b")), 100)
    #expect(play.run() == ["400: a c"])
  }

  @Test("takes a rename and back for an edit")
  func renameAndBack() {
    var play = Play(world: ["a": .file], tracked: ["a"])
    play.note(.movedIn(path("b"), from: path("a")), 0)
    play.note(.movedIn(path("a"), from: path("b")), 100)
    #expect(play.run(from: 100).last?.hasSuffix(": a") == true)
  }

  @Test("keeps a renamed file with its old name while it is written to")
  func renameThenWrite() {
    var play = Play(world: ["b": .file], tracked: ["a"])
    play.note(.movedIn(path("b"), from: path("a")), 0)
    play.note(.changing(path("b")), 200)
    #expect(play.run() == ["600: a b"])
  }

  @Test("takes a renamed file that then vanished for a deletion")
  func renameThenRemoved() {
    var play = Play(tracked: ["a"])
    play.note(.movedIn(path("b"), from: path("a")), 0)
    play.note(.removed(path("b")), 100)
    #expect(play.run() == ["2000: a"])
  }

  @Test("takes an old name that is used again for an edit")
  func renameThenReused() {
    var play = Play(world: ["a": .file, "b": .file], tracked: ["a"])
    play.note(.movedIn(path("b"), from: path("a")), 0)
    play.note(.written(path("a")), 50)
    #expect(play.run(from: 50) == ["50: a", "300: b"])
  }

  @Test("waits for a pause in writing")
  func growing() {
    var play = Play(world: ["a": .beingWritten], tracked: ["a"])
    for time in stride(from: Int64(0), through: 1000, by: 100) { play.note(.changing(path("a")), time) }
    #expect(play.run() == ["1400: a"])
  }

  @Test("does not wait longer than five seconds for it")
  func growingForever() {
    var play = Play(world: ["a": .beingWritten], tracked: ["a"])
    var taken: Int64?
    for time in stride(from: Int64(0), through: 10_000, by: 100) where taken == nil {
      play.note(.changing(path("a")), time)
      if !play.due(time).isEmpty { taken = time }
    }
    #expect(taken == 5000)
  }

  @Test("takes no closed file that was opened again")
  func reopened() {
    var play = Play(world: ["a": .beingWritten], tracked: ["a"])
    play.note(.written(path("a")), 0)
    #expect(play.due(0) == [])
    #expect(play.run() == ["400: a"])
  }

  @Test("lets go of what can't be read, for others to report")
  func unknown() {
    var play = Play(world: ["a": .unknown], tracked: ["a"])
    play.note(.removed(path("a")), 0)
    #expect(play.run() == ["0: a"])
  }

  @Test("hands on directories once, and none below another")
  func directories() {
    var play = Play()
    for name in ["d/e", "d", "f", "d"] { play.note(.directory(path(name)), 0) }
    #expect(!play.settler.isEmpty)
    #expect(play.settler.takeDirectories() == [path("d"), path("f")])
    #expect(play.settler.isEmpty)
    play.note(.directory(path("d")), 0)
    play.note(.directory(nil), 0)
    #expect(play.settler.takeDirectories() == [nil])
  }

  @Test("gives up everything to a barrier")
  func barrier() {
    var play = Play(tracked: ["a", "c"])
    play.note(.removed(path("a")), 0)
    play.note(.changing(path("b")), 0)
    #expect(play.settler.takeAll() == [path("a"), path("b")])
    #expect(play.settler.isEmpty)
    #expect(play.settler.nextDeadline == nil)
  }
}
