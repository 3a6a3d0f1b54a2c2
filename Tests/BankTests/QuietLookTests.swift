import Bank
import Glibc
import Support
import Testing

@Suite("A quiet look", .timeLimit(.minutes(15)))
struct QuietLookTests {
  let test: TestBank

  /// Files in the root, below it, and in a directory that holds directories only; names around what sorts before `/`.
  init() throws {
    test = try TestBank()
    for directory in ["a", "a/b", "deep", "deep/er", "empty"] { test.makeDirectory(directory) }
    for name in ["a.md", "a-.md", "b.md", "a/x.md", "a/b/y.md", "a/b.md", "deep/er/z.md"] { test.write(name, name) }
  }

  /// Whether a look finds what a table of `scan` says.
  private func isUnchanged(since scan: Scan, threads: Int = 1, _ rules: IgnoreRules) throws -> Bool {
    let blob = ObjectID.blob(of: [])
    let table = FileTable(files: scan.files.mapValues { KnownFile(stamp: $0, blob: blob, hashedAt: 0) })
    let listing = try #require(TableListing(table.serialised()))
    #expect(listing.count == scan.files.count)
    let look = QuietLook(try LinuxFileSystem(root: test.root), rules, expecting: listing)
    let helpers = try (1..<threads).map { number in
      Helper(thread: try WorkerThread("look-\(number)") { look.takePart() })
    }
    look.takePart()
    for helper in helpers { helper.join() }
    return look.isUnchanged
  }

  private final class Helper {
    private var thread: WorkerThread?
    init(thread: consuming WorkerThread) { self.thread = consume thread }
    func join() {
      guard let thread = thread.take() else { return }
      thread.join()
    }
  }

  @Test("finds nothing where nothing was touched, whoever takes part", arguments: [1, 2, 4])
  func nothing(threads: Int) throws {
    let rules = IgnoreRules(patterns: [])
    let scan = try test.bank(rules: rules).scan()
    #expect(scan.files.count == 7)
    for _ in 0..<20 { #expect(try isUnchanged(since: scan, threads: threads, rules)) }
  }

  @Test("finds each kind of change", arguments: Change.allCases)
  func finds(change: Change) throws {
    let rules = IgnoreRules(patterns: ["*.log"])
    let scan = try test.bank(rules: rules).scan()
    try change.make(test)
    #expect(try !isUnchanged(since: scan, rules), "\(change)")
    #expect(try !isUnchanged(since: scan, threads: 2, rules), "\(change)")
  }

  enum Change: CaseIterable {
    case written, added, addedDeep, addedInEmpty, addedInNew, removed, emptied, renamed, swapped, executable, touched
    case directoryGone, directoryRenamed, directoryLinked, fileLinked, link, pipe, badName, leftover, becameDirectory

    func make(_ test: TestBank) throws {
      switch self {
      case .written: test.write("a/x.md", "another text")
      case .added: test.write("c.md", "c")
      case .addedDeep: test.write("deep/er/y.md", "y")
      case .addedInEmpty: test.write("empty/y.md", "y")
      case .addedInNew:
        for directory in ["new", "new/er"] { test.makeDirectory(directory) }
        test.write("new/er/y.md", "y")
      case .removed: test.remove("a/b/y.md")
      case .emptied: test.write("b.md", "")
      case .renamed: test.rename("a.md", "c.md")
      case .swapped: test.exchange("a.md", "b.md")
      case .executable: chmod(test.at("a/b.md"), 0o755)
      case .touched:
        // The same size, and the time of the last write put back: only the inode's own time tells.
        var status = stat()
        lstat(test.at("a.md"), &status)
        test.write("a.md", "A.MD")
        utimensat(AT_FDCWD, test.at("a.md"), [status.st_atim, status.st_mtim], 0)
      case .directoryGone:
        test.remove("deep/er/z.md")
        test.remove("deep/er")
      case .directoryRenamed: test.rename("deep", "shallow")
      case .directoryLinked:
        test.rename("deep", ".cache")
        symlink(".cache", test.at("deep"))
      case .fileLinked:
        test.rename("a.md", "a.log")
        symlink("a.log", test.at("a.md"))
      case .link: symlink("a.md", test.at("c.md"))
      case .pipe: mkfifo(test.at("c.md"), 0o644)
      case .badName: test.write("a\u{1}.md", "x")
      case .leftover: test.write("a/.mb-tmp-0123abcd-0123456789abcdef", "x")
      case .becameDirectory:
        test.remove("a.md")
        test.makeDirectory("a.md")
      }
    }
  }

  @Test("passes over what is none of the bank's")
  func ignores() throws {
    let rules = IgnoreRules(patterns: ["*.log", "private/"])
    let scan = try test.bank(rules: rules).scan()
    for directory in ["private", "private/in", "node_modules", ".git", "hollow", "hollow/er"] {
      test.makeDirectory(directory)
    }
    for name in ["x.log", "private/in/x.md", "node_modules/x.md", ".git/HEAD", ".membank", "hollow/x.log"] {
      test.write(name, "x")
    }
    #expect(try isUnchanged(since: scan, rules))
    #expect(try !isUnchanged(since: scan, IgnoreRules(patterns: ["private/"])))
  }

  @Test("takes no table that is cut short")
  func damaged() throws {
    let bytes = FileTable(
      files: try test.bank().scan().files.mapValues {
        KnownFile(stamp: $0, blob: ObjectID.blob(of: []), hashedAt: 0)
      }
    ).serialised()
    for count in stride(from: 0, to: bytes.count, by: 7) { #expect(TableListing(Array(bytes[..<count])) == nil) }
    #expect(TableListing(bytes) != nil)
  }
}
