import Bank
import CLinux
import Glibc
import Support
import Synchronization
import Testing

@Suite("A scan")
struct ScanTests {
  let test: TestBank

  init() throws { test = try TestBank() }

  @Test("finds the regular files and nothing else")
  func finds() throws {
    test.write("a.md", "a")
    test.makeDirectory("d")
    test.write("d/b.md", "bb")
    test.write("d/b.md~", "backup")
    test.makeDirectory("node_modules")
    test.write("node_modules/c.md", "c")
    test.makeDirectory(".git")
    test.write(".git/HEAD", "ref")
    test.write(".membank", "[bank]")
    test.write(".mb-tmp-new-0123456789abcdef", "t")
    let scan = try test.bank().scan()
    #expect(scan.files.keys.sorted() == [path("a.md"), path("d/b.md")])
    #expect(scan.files[path("d/b.md")]?.size == 2)
    #expect(scan.problems == [])
    #expect(!scan.rootUnknown)
    #expect(scan.isUnknown(path("node_modules/c.md")))
    #expect(!scan.isUnknown(path("d/gone.md")))
  }

  @Test("reports what can't be represented, and calls it unknown")
  func unrepresentable() throws {
    symlink("a.md", test.at("link.md"))
    mkfifo(test.at("pipe.md"), 0o644)
    for name in [[0x61, 0xff, 0x62], Array("new\nline".utf8)] as [[UInt8]] {
      let bytes = Array((test.root + "/").utf8) + name + [0]
      let file = bytes.map { CChar(bitPattern: $0) }.withUnsafeBufferPointer { buffer in
        buffer.baseAddress.map { creat($0, 0o644) } ?? -1
      }
      close(file)
    }
    let scan = try test.bank().scan()
    #expect(scan.files.isEmpty)
    #expect(
      scan.problems.map { "\($0.name) \($0.kind.rawValue)" } == [
        "a\\xffb badName", "link.md symbolicLink", "new\\x0aline badName", "pipe.md special",
      ])
    #expect(scan.unknown.keys.sorted() == [path("link.md"), path("pipe.md")])
    #expect(scan.isUnknown(path("link.md/below.md")))
  }

  @Test("knows nothing of what is below a directory that can't be listed")
  func unlistable() throws {
    test.makeDirectory("d")
    test.write("d/a.md", "a")
    test.write("b.md", "b")
    let fileSystem = try TweakedFileSystem(test)
    fileSystem.unlistable = [path("d")]
    let bank = Bank(fileSystem: fileSystem, rules: IgnoreRules(patterns: []), random: SystemRandom())
    for scan in [bank.scan(), bank.look(at: [path("d"), path("d/a.md"), path("b.md")])] {
      #expect(scan.files.keys.sorted() == [path("b.md")])
      #expect(scan.isUnknown(path("d/a.md")))
      #expect(scan.isUnknown(path("d/deeper/x.md")))
      #expect(!scan.isUnknown(path("b.md")))
      #expect(!scan.problems.isEmpty)
    }
  }

  @Test("knows nothing where the root is gone or another one", arguments: [true, false])
  func rootLost(isReplaced: Bool) throws {
    test.write("a.md", "a")
    let bank = try test.bank()
    rename(test.root, test.root + ".away")
    if isReplaced { mkdir(test.root, 0o755) }
    for scan in [bank.scan(), bank.look(at: [path("a.md")])] {
      #expect(scan.rootUnknown)
      #expect(scan.isUnknown(path("a.md")))
    }
    rename(test.root + ".away", test.root)
    #expect(bank.scan().files.count == 1)
  }

  @Test("reports names that other file systems take for one")
  func clashes() throws {
    test.write("Read.md", "a")
    test.write("read.md", "a")
    test.write("caf\u{e9}.md", "a")
    test.write("cafe\u{301}.md", "a")
    let scan = try test.bank().scan()
    #expect(scan.files.count == 4)
    #expect(
      scan.problems.map { "\($0.name) \($0.kind.rawValue)" }.sorted() == [
        "caf\u{e9}.md normalisationClash", "read.md caseClash",
      ])
  }

  @Test("looks at what it is asked about, a directory with all below it")
  func look() throws {
    test.makeDirectory("d")
    test.makeDirectory("d/e")
    test.write("d/e/a.md", "a")
    test.write("d/b.md", "b")
    test.write("c.md", "c")
    let bank = try test.bank()
    let names = ["d", "gone.md", "c.md/below.md", "gone/x.md", "c.md~"]
    let scan = bank.look(at: names.map(path))
    #expect(scan.files.keys.sorted() == [path("d/b.md"), path("d/e/a.md")])
    #expect(scan.unknown.isEmpty)
    #expect(!scan.isUnknown(path("gone.md")) && !scan.isUnknown(path("c.md/below.md")))
  }

  @Test("takes what stood below a file's name for absent, however deep", arguments: [false, true])
  func belowFile(stepwise: Bool) throws {
    test.write("n", "a file now")
    let fileSystem = try LinuxFileSystem(root: test.root, without: stepwise ? [.openBeneath] : [])
    let bank = Bank(fileSystem: fileSystem, rules: IgnoreRules(patterns: []), random: SystemRandom())
    let paths = ["n/a.md", "n/e/b.md", "n/e/f/g/c.md"].map { path($0) }
    let scan = bank.look(at: paths)
    for path in paths { #expect(scan.files[path] == nil && !scan.isUnknown(path), "\(path)") }
  }

  @Test("sees nothing behind a directory that is a symbolic link")
  func linkedDirectory() throws {
    let outside = try TestBank()
    outside.write("a.md", "outside")
    symlink(outside.root, test.at("d"))
    for features in [[], [.openBeneath]] as [Set<LinuxFileSystem.Feature>] {
      let fileSystem = try LinuxFileSystem(root: test.root, without: features)
      let bank = Bank(fileSystem: fileSystem, rules: IgnoreRules(patterns: []), random: SystemRandom())
      let scan = bank.look(at: [path("d/a.md")])
      #expect(scan.files.isEmpty)
      #expect(scan.isUnknown(path("d/a.md")))
      #expect(throws: BankError.self) { try bank.read(path("d/a.md"), limit: 100) }
    }
  }

  @Test("of an empty bank is empty")
  func empty() throws {
    let scan = try test.bank().scan()
    #expect(scan.files.isEmpty && scan.problems.isEmpty && !scan.rootUnknown)
  }

  @Test("of a root that isn't there can't begin")
  func missing() {
    #expect(throws: SystemError("open", "/nonexistent/bank", code: ENOENT)) {
      try LinuxFileSystem(root: "/nonexistent/bank")
    }
  }
}

@Suite("Reading a document")
struct ReadingTests {
  private final class Flag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
  }

  let test: TestBank
  let bank: Bank

  init() throws {
    test = try TestBank()
    bank = try test.bank()
  }

  @Test("gives its bytes and its stamp", arguments: [0, 1, 4096, 65536, 200_000])
  func read(size: Int) throws {
    test.write("a.md", String(repeating: "x", count: size))
    let (bytes, stamp) = try bank.read(path("a.md"), limit: 1 << 20)
    #expect(bytes.count == size)
    #expect(stamp == bank.look(at: [path("a.md")]).files[path("a.md")])
  }

  @Test(
    "is refused by name",
    arguments: [("big.md", EFBIG), ("d", EISDIR), ("link.md", ELOOP), ("pipe.md", ENXIO), ("gone.md", ENOENT)])
  func refused(name: String, code: Int32) {
    test.write("big.md", "0123456789")
    test.makeDirectory("d")
    symlink("big.md", test.at("link.md"))
    mkfifo(test.at("pipe.md"), 0o644)
    #expect { try bank.read(path(name), limit: 9) } throws: { ($0 as? BankError)?.code == code }
  }

  @Test("is given up while it changes all the time, and right when it stops")
  func changing() throws {
    test.write("a.md", String(repeating: "x", count: 1 << 20))
    let (name, stop) = (test.at("a.md"), Flag())
    let writer = try WorkerThread("writer") {
      // Appends, and cuts off again: no two looks at the file's stamp are alike.
      let file = membank_open(name, O_WRONLY | O_APPEND, 0)
      var length = 1 << 20
      while !stop.isSet {
        _ = Glibc.write(file, "y", 1)
        length += 1
        if length > 1 << 21 {
          ftruncate(file, 1 << 20)
          length = 1 << 20
        }
      }
      ftruncate(file, 1 << 20)
      close(file)
    }
    for _ in 0..<20 {
      do {
        let (bytes, stamp) = try bank.read(path("a.md"), limit: 1 << 30)
        #expect(Int64(bytes.count) == stamp.size)
        #expect(bytes.prefix(1 << 20).allSatisfy { $0 == UInt8(ascii: "x") })
      } catch {
        #expect(error.code == EAGAIN)
      }
    }
    stop.set()
    writer.join()
    #expect(try bank.read(path("a.md"), limit: 1 << 30).bytes.count == 1 << 20)
  }

  @Test("tells whether somebody writes")
  func observes() {
    let never = { (_: BankPath) in false }
    #expect(bank.observe(path("a.md"), wasEmpty: never) == .absent)
    let file = test.open("a.md", O_WRONLY | O_CREAT)
    #expect(bank.observe(path("a.md"), wasEmpty: never) == .empty(wasEmptyBefore: false))
    test.put(file, "text")
    #expect(bank.observe(path("a.md"), wasEmpty: never) == .beingWritten)
    test.close(file)
    #expect(bank.observe(path("a.md"), wasEmpty: never) == .file)
    symlink("a.md", test.at("link.md"))
    #expect(bank.observe(path("link.md"), wasEmpty: never) == .unknown)
  }
}

@Suite("The table of known files")
struct FileTableTests {
  static let stamp = FileStamp(
    size: 3, modified: 1_000_000_000_000, changed: 1_000_000_000_000, inode: 7, device: 9, mode: 0o100644)

  static func table(hashedAt: Int64) -> FileTable {
    FileTable(files: [path("d/a.md"): KnownFile(stamp: stamp, blob: blob("abc"), hashedAt: hashedAt)])
  }

  @Test("trusts a stamp that is the same and old enough")
  func trusts() {
    let table = Self.table(hashedAt: 1_002_000_000_001)
    #expect(table.trusts(path("d/a.md"), Self.stamp) == blob("abc"))
    #expect(table.trusts(path("d/b.md"), Self.stamp) == nil)
  }

  @Test("does not trust a file that was read within two seconds of its last change")
  func racilyClean() {
    #expect(Self.table(hashedAt: 1_002_000_000_000).trusts(path("d/a.md"), Self.stamp) == nil)
  }

  @Test("does not trust any other stamp", arguments: 0..<6)
  func otherStamp(field: Int) {
    var stamp = Self.stamp
    switch field {
    case 0: stamp.size += 1
    case 1: stamp.modified -= 1
    case 2: stamp.changed -= 1
    case 3: stamp.inode += 1
    case 4: stamp.device += 1
    default: stamp.mode = 0o100755
    }
    #expect(Self.table(hashedAt: 2_000_000_000_000).trusts(path("d/a.md"), stamp) == nil)
  }

  @Test("survives being written and read, and no damage")
  func serialised() {
    let table = Self.table(hashedAt: 5)
    let bytes = table.serialised()
    #expect(FileTable(parsing: bytes)?.files == table.files)
    #expect(FileTable(parsing: []) == nil)
    for index in stride(from: 0, to: bytes.count, by: 7) {
      var damaged = bytes
      damaged[index] ^= 1
      #expect(FileTable(parsing: damaged)?.files == nil)
      #expect(FileTable(parsing: Array(bytes[..<index]))?.files == nil)
    }
  }
}

@Suite("Names for people")
struct PrintableTests {
  @Test(
    "show what a terminal must not get",
    arguments: [
      ("plain.md", "plain.md"), ("caf\u{e9}", "caf\u{e9}"), ("a\u{1b}[2J", "a\\x1b[2J"), ("a\u{9b}", "a\\xc2\\x9b"),
      ("a\\b", "a\\x5cb"), ("a\u{202e}b", "a\\xe2\\x80\\xaeb"), ("\u{7f}", "\\x7f"),
    ])
  func escaped(text: String, shown: String) {
    #expect(printable(Array(text.utf8)) == shown)
  }

  @Test("show every byte that isn't text")
  func bytes() {
    #expect(printable([0xff, 0x61, 0xc3]) == "\\xffa\\xc3")
    #expect(printable([]) == "")
  }
}
