import Bank
import CLinux
import Glibc
import Support
import TestSupport

/// A directory to be a bank, and the calls that programs make on it.
final class TestBank {
  private let directory: TemporaryDirectory
  let root: String
  /// Blobs that the history is to have.
  var history: Set<ObjectID> = []

  init() throws {
    directory = try TemporaryDirectory()
    root = directory.path + "/bank"
    mkdir(root, 0o755)
  }

  func at(_ name: String) -> String { root + "/" + name }

  func bank(rules: IgnoreRules = IgnoreRules(patterns: []), clock: any Clock = SystemClock()) throws -> Bank {
    Bank(fileSystem: try LinuxFileSystem(root: root), rules: rules, random: SystemRandom(), clock: clock)
  }

  /// Writes as a shell redirection does; in the history from then on when it is `known`.
  func write(_ name: String, _ text: String, known: Bool = false) {
    let file = open(name, O_WRONLY | O_CREAT | O_TRUNC)
    put(file, text)
    close(file)
    if known { history.insert(ObjectID.blob(of: Array(text.utf8))) }
  }

  func open(_ name: String, _ flags: Int32) -> Int32 { membank_open(at(name), flags, 0o644) }
  func put(_ file: Int32, _ text: String) { _ = Glibc.write(file, text, text.utf8.count) }
  func close(_ file: Int32) { Glibc.close(file) }
  /// Closes a file, and waits until nobody else has it open for writing either: a program that another test starts just
  /// now inherits the descriptor, and has it until it becomes that program.
  func closeForAll(_ file: Int32) {
    let reader = membank_open("/proc/self/fd/\(file)", O_RDONLY, 0)
    Glibc.close(file)
    defer { Glibc.close(reader) }
    // Somewhere there are no leases; whoever waits for them there would wait for ever.
    while reader >= 0, membank_lease(reader, F_RDLCK) < 0, errno == EAGAIN { usleep(100) }
  }
  func makeDirectory(_ name: String) { mkdir(at(name), 0o755) }
  func rename(_ from: String, _ to: String) { Glibc.rename(at(from), at(to)) }
  func exchange(_ one: String, _ other: String) {
    membank_rename(AT_FDCWD, at(one), AT_FDCWD, at(other), UInt32(MEMBANK_RENAME_EXCHANGE))
  }
  func remove(_ name: String) { Glibc.remove(at(name)) }

  func text(_ name: String) -> String? {
    let file = open(name, O_RDONLY | O_NONBLOCK)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var buffer = [UInt8](repeating: 0, count: 65536)
    let count = read(file, &buffer, buffer.count)
    return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
  }

  func mode(_ name: String) -> UInt32? {
    var status = stat()
    return lstat(at(name), &status) == 0 ? UInt32(status.st_mode) & 0o7777 : nil
  }

  /// Every name in a directory, membank's own too.
  func names(in name: String = "") -> [String] {
    let files = try? LinuxFileSystem(root: name.isEmpty ? root : at(name))
    return ((try? files?.list(nil)) ?? []).map { String(decoding: $0.name, as: UTF8.self) }.sorted()
  }

  /// A change from and to these texts, both of which the history has.
  func change(_ name: String, _ old: String?, _ new: String?, executable: Bool = false) -> GuardedChange {
    for text in [old, new] { if let text { history.insert(blob(text)) } }
    return GuardedChange(
      path: path(name), expected: old.map(blob), content: new.map { Array($0.utf8) }, executable: executable)
  }
}

func blob(_ text: String) -> ObjectID { ObjectID.blob(of: Array(text.utf8)) }

/// A clock that stands until it is moved.
final class StoppedClock: Clock {
  var wallMilliseconds: Int64 = 1_700_000_000_000
  var monotonicNanoseconds: Int64 = 1_000_000_000
}

/// A path written into a test; a wrong one ends it.
func path(_ text: String) -> BankPath {
  do { return try BankPath(text) } catch { fatalError("\(text) \(error)") }
}
