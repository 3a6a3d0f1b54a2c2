import Bank
import Glibc
import Support
import Testing

/// What someone else does in the middle of a guarded write.
struct Race: Sendable, CustomTestStringConvertible {
  let name: String
  let isAfter: Bool
  let call: TweakedFileSystem.Call
  let change: (old: String?, new: String?)
  let act: @Sendable (TestBank) -> Void
  /// What must be found afterwards, live or displaced, besides what the history had.
  let survives: [String]
  var testDescription: String { name }

  static let all: [Race] = [
    Race(
      name: "edited in place before the exchange", isAfter: false, call: .exchange, change: ("old", "new"),
      act: { $0.write("a.md", "edit") }, survives: ["edit"]),
    Race(
      name: "replaced before the exchange", isAfter: false, call: .exchange, change: ("old", "new"),
      act: {
        $0.write("t", "edit")
        $0.rename("t", "a.md")
      }, survives: ["edit"]),
    Race(
      name: "deleted before the exchange", isAfter: false, call: .exchange, change: ("old", "new"),
      act: { $0.remove("a.md") }, survives: []),
    Race(
      name: "made a symbolic link before the exchange", isAfter: false, call: .exchange, change: ("old", "new"),
      act: {
        $0.remove("a.md")
        symlink("nowhere", $0.at("a.md"))
      }, survives: []),
    Race(
      name: "edited before, and the new file edited after the exchange", isAfter: true, call: .exchange,
      change: ("old", "new"),
      act: { test in
        // In the moment between the exchange and the look at what came out.
        let temporary = test.names().first { $0.hasPrefix(".mb-tmp-") } ?? ""
        test.write(temporary, "edit")
        test.write("a.md", "second edit")
      }, survives: ["edit", "second edit"]),
    Race(
      name: "edited before, and the new file deleted after the exchange", isAfter: true, call: .exchange,
      change: ("old", "new"),
      act: { test in
        let temporary = test.names().first { $0.hasPrefix(".mb-tmp-") } ?? ""
        test.write(temporary, "edit")
        test.remove("a.md")
      }, survives: ["edit"]),
    Race(
      name: "the new file edited after the exchange", isAfter: true, call: .exchange, change: ("old", "new"),
      act: { $0.write("a.md", "edit") }, survives: ["edit"]),
    Race(
      name: "made before the placing", isAfter: false, call: .place, change: (nil, "new"),
      act: { $0.write("a.md", "edit") }, survives: ["edit"]),
    Race(
      name: "edited before the deletion", isAfter: false, call: .displace, change: ("old", nil),
      act: { $0.write("a.md", "edit") }, survives: ["edit"]),
    Race(
      name: "deleted before the deletion", isAfter: false, call: .displace, change: ("old", nil),
      act: { $0.remove("a.md") }, survives: []),
    Race(
      name: "edited before, and made anew after the deletion", isAfter: true, call: .displace, change: ("old", nil),
      act: { test in
        let temporary = test.names().first { $0.hasPrefix(".mb-tmp-") } ?? ""
        test.write(temporary, "edit")
        test.write("a.md", "second edit")
      }, survives: ["edit", "second edit"]),
    Race(
      name: "the temporary file tidied away after the exchange", isAfter: true, call: .exchange,
      change: ("old", "new"),
      act: { test in test.remove(test.names().first { $0.hasPrefix(".mb-tmp-") } ?? "") }, survives: ["new"]),
  ]
}

@Suite("A guarded write that something comes between")
struct GuardedRaceTests {
  let test: TestBank
  let fileSystem: TweakedFileSystem
  let clock = StoppedClock()
  let bank: Bank

  init() throws {
    test = try TestBank()
    fileSystem = try TweakedFileSystem(test)
    bank = Bank(fileSystem: fileSystem, rules: IgnoreRules(patterns: []), random: SystemRandom(), clock: clock)
  }

  private func isInHistory(_ id: ObjectID) -> Bool { test.history.contains(id) }

  @Test("loses nothing", arguments: Race.all)
  func race(_ race: Race) throws {
    if let old = race.change.old { test.write("a.md", old) }
    let act = { [test] in race.act(test) }
    if race.isAfter { fileSystem.after[race.call] = act } else { fileSystem.before[race.call] = act }
    let outcome = bank.apply(test.change("a.md", race.change.old, race.change.new), inHistory: isInHistory)
    let displaced = bank.reapDisplaced(inHistory: isInHistory)
    var found = displaced.map { String(decoding: $0.bytes, as: UTF8.self) }
    if let live = test.text("a.md") { found.append(live) }
    for text in race.survives { #expect(found.contains(text), "\(text) after \(outcome)") }
    #expect(displaced.allSatisfy { $0.path == path("a.md") })
    // What was captured goes; nothing of ours stays behind.
    for file in displaced { bank.discard(file) }
    let left = test.names().filter { $0.hasPrefix(".mb-tmp-") }
    #expect(left == [])
  }

  @Test("keeps what a program still writes to, and takes it in when it pauses")
  func writer() {
    test.write("a.md", "old")
    let editor = test.open("a.md", O_WRONLY | O_APPEND)
    guard case .applied = bank.apply(test.change("a.md", "old", "new"), inHistory: isInHistory) else {
      Issue.record("not applied")
      return
    }
    #expect(test.text("a.md") == "new")
    #expect(bank.displacedCount == 1)
    #expect(bank.reapDisplaced(inHistory: isInHistory) == [])

    test.put(editor, " and more")
    // It has just written, and may be in the middle.
    #expect(bank.reapDisplaced(inHistory: isInHistory) == [])
    clock.monotonicNanoseconds += 1_000_000_000
    let displaced = bank.reapDisplaced(inHistory: isInHistory)
    #expect(displaced.map { String(decoding: $0.bytes, as: UTF8.self) } == ["old and more"])
    #expect(displaced.first?.path == path("a.md"))

    // Captured, but still open: what is written later must be found too.
    displaced.forEach(bank.discard)
    test.history.insert(blob("old and more"))
    #expect(bank.displacedCount == 1)
    test.put(editor, "!")
    test.close(editor)
    let last = bank.reapDisplaced(inHistory: isInHistory)
    #expect(last.map { String(decoding: $0.bytes, as: UTF8.self) } == ["old and more!"])
    last.forEach(bank.discard)
    #expect(bank.displacedCount == 0)
    #expect(test.names() == ["a.md"])
  }

  @Test("finds what it set aside where its directory was moved to")
  func movedDirectory() {
    mkdir(test.at("d"), 0o755)
    test.write("d/a.md", "old")
    let editor = test.open("d/a.md", O_WRONLY | O_APPEND)
    _ = bank.apply(test.change("d/a.md", "old", "new"), inHistory: isInHistory)
    #expect(bank.displacedCount == 1)
    #expect(rename(test.at("d"), test.at("e")) == 0)
    test.put(editor, " and more")
    test.close(editor)
    _ = bank.scan()
    let displaced = bank.reapDisplaced(inHistory: isInHistory)
    #expect(displaced.map { String(decoding: $0.bytes, as: UTF8.self) } == ["old and more"])
    displaced.forEach(bank.discard)
    #expect(bank.displacedCount == 0)
    #expect(test.names(in: "e") == ["a.md"])
  }

  @Test("keeps what a program has mapped for writing")
  func mapping() {
    test.write("a.md", "old")
    let file = test.open("a.md", O_RDWR)
    let memory = mmap(nil, 3, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
    test.close(file)
    _ = bank.apply(test.change("a.md", "old", "new"), inHistory: isInHistory)
    memory?.storeBytes(of: UInt8(ascii: "O"), as: UInt8.self)
    munmap(memory, 3)
    let displaced = bank.reapDisplaced(inHistory: isInHistory)
    #expect(displaced.map { String(decoding: $0.bytes, as: UTF8.self) } == ["Old"])
  }

  @Test("keeps what the history does not have")
  func notInHistory() {
    test.write("a.md", "old")
    let change = test.change("a.md", "old", "new")
    test.history = []
    guard case .applied = bank.apply(change, inHistory: isInHistory) else {
      Issue.record("not applied")
      return
    }
    #expect(bank.reapDisplaced(inHistory: isInHistory).map(\.bytes) == [Array("old".utf8)])
  }

  @Test("waits a minute where nobody can tell who writes")
  func noLeases() {
    fileSystem.writers = { _ in nil }
    test.write("a.md", "old")
    _ = bank.apply(test.change("a.md", "old", "new"), inHistory: isInHistory)
    #expect(bank.reapDisplaced(inHistory: isInHistory) == [])
    #expect(bank.displacedCount == 1)
    clock.monotonicNanoseconds += 60_000_000_000
    #expect(bank.reapDisplaced(inHistory: isInHistory) == [])
    #expect(bank.displacedCount == 0)
  }

  @Test("discards nothing that has changed since it was captured")
  func discardChecks() {
    test.write("a.md", "old")
    let editor = test.open("a.md", O_WRONLY | O_APPEND)
    _ = bank.apply(test.change("a.md", "old", "new"), inHistory: isInHistory)
    test.put(editor, " one")
    clock.monotonicNanoseconds += 6_000_000_000
    let displaced = bank.reapDisplaced(inHistory: isInHistory)
    test.put(editor, " two")
    test.close(editor)
    displaced.forEach(bank.discard)
    #expect(bank.displacedCount == 1)
  }

  @Test(
    "loses nothing in a crash at any step, and is tidied after it", arguments: 1..<8,
    [("old", "new"), ("old", nil), (nil, "new")] as [(String?, String?)])
  func crash(step: Int, change: (String?, String?)) throws {
    if let old = change.0 { test.write("d/a.md", old) }
    mkdir(test.at("d"), 0o755)
    if let old = change.0 { test.write("d/a.md", old) }
    // An edit comes in just before the step that counts.
    let edit = { [test] in
      if change.0 != nil { test.write("d/a.md", "edit") }
    }
    fileSystem.before[.exchange] = edit
    fileSystem.before[.displace] = edit
    fileSystem.crashAt = step
    _ = bank.apply(test.change("d/a.md", change.0, change.1), inHistory: isInHistory)

    let next = try test.bank()
    let displaced = next.reapDisplaced(candidates: [path("d/a.md")], inHistory: isInHistory)
    displaced.forEach(next.discard)
    var found = displaced.map { String(decoding: $0.bytes, as: UTF8.self) }
    if let live = test.text("d/a.md") { found.append(live) }
    if change.0 != nil { #expect(found.contains("edit") || found == ["old"]) }
    #expect(displaced.allSatisfy { $0.path == path("d/a.md") })
    #expect(test.names(in: "d").filter { $0 != "a.md" } == [])
  }

  @Test("throws away a file that a crash kept from being written whole")
  func unfinished() throws {
    test.write(".mb-tmp-new-0123456789abcdef", "hal")
    let next = try test.bank()
    #expect(next.reapDisplaced(inHistory: isInHistory) == [])
    #expect(test.names() == [])
  }

  @Test(
    "does its work by other means where the file system lacks some",
    arguments: [
      [.exchange], [.noReplace], [.exchange, .noReplace], [.exchange, .noReplace, .hardLinks], [.openBeneath],
      [.exchange, .hardLinks],
    ] as [Set<LinuxFileSystem.Feature>])
  func lacking(features: Set<LinuxFileSystem.Feature>) throws {
    let fileSystem = try LinuxFileSystem(root: test.root, without: features)
    let bank = Bank(fileSystem: fileSystem, rules: IgnoreRules(patterns: []), random: SystemRandom())
    let steps: [(String, String?, String?)] = [
      ("d/e/a.md", nil, "one"), ("d/e/a.md", "one", "two"), ("d/b.md", nil, "b"), ("d/e/a.md", "two", nil),
    ]
    for (name, old, new) in steps {
      guard case .applied = bank.apply(test.change(name, old, new), inHistory: isInHistory) else {
        Issue.record("not applied: \(name)")
        continue
      }
      #expect(test.text(name) == new)
    }
    test.write("c.md", "live")
    #expect(bank.apply(test.change("c.md", nil, "new"), inHistory: isInHistory) == .refused)
    #expect(test.names() == ["c.md", "d"])
    #expect(test.names(in: "d") == ["b.md"])
    #expect(fileSystem.exchangesAtOnce == !features.contains(.exchange))
  }

  @Test(
    "brings a document home that a crash left under a temporary name where names can't be swapped",
    arguments: [("current", true, true), ("replaced before", true, false), ("current", false, false)])
  func returnsHome(text: String, lacksExchange: Bool, returns: Bool) throws {
    let temporary = TemporaryFile(for: path("a.md"), random: SystemRandom())
    test.write(temporary.name, text, known: true)
    let fileSystem = try LinuxFileSystem(root: test.root, without: lacksExchange ? [.exchange] : [])
    let bank = Bank(fileSystem: fileSystem, rules: IgnoreRules(patterns: []), random: SystemRandom())
    _ = bank.scan()
    let hasReturned = bank.returnHome(candidates: [path("b.md"), path("a.md")]) {
      $0 == path("a.md") && $1 == blob("current")
    }
    #expect(hasReturned == returns)
    #expect(test.text("a.md") == (returns ? "current" : nil))
    // What stays away is in the history, and of no use.
    #expect(bank.reapDisplaced(candidates: [path("a.md")], inHistory: isInHistory) == [])
    #expect(test.names() == (returns ? ["a.md"] : []))
  }
}
