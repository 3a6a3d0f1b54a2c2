import CLinux
import FoundationEssentials
import Glibc
import Support
import TestSupport

/// Somebody who saves files on one machine, in the ways that editors and agents do, one step at a time: between two
/// steps anything may happen.
final class Typist {
  private let machine: Machine
  /// What was left in each inode last: nobody but us may make it go before it is a version.
  ///
  /// By inode, since a guarded write may take the file away under an open descriptor: what is written then belongs to
  /// nobody's path, and must be kept all the same.
  private(set) var left: [UInt64: String] = [:]
  private var pending: [() throws -> Void] = []
  private var saves = 0

  init(_ machine: Machine) { self.machine = machine }

  /// Forgets what was left; it was found in the history.
  func forget() { left.removeAll() }

  /// Does the next step of the save under way, or begins another.
  func step(_ dice: inout Dice, _ names: [String]) throws {
    if pending.isEmpty { begin(&dice, dice.pick(names)) }
    if !pending.isEmpty { try pending.removeFirst()() }
  }

  /// Brings the save under way to its end.
  func finish() throws {
    while !pending.isEmpty { try pending.removeFirst()() }
  }

  private func begin(_ dice: inout Dice, _ name: String) {
    saves += 1
    let path = "\(machine.bank)/\(name)"
    let parent = String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
    // Deleting the last file of a directory takes that along, ours or membank's doing.
    try? FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
    let lines = (0...dice.roll(30)).map { "- line \($0) of \(name)\n" }.joined()
    let text = "# \(name)\n\nsave \(saves) of \(machine.environment["MEMBANK_AGENT"] ?? "")\n\n\(lines)"
    switch dice.roll(10) {
    case 0, 1: pending = [{ [self] in try write(path, O_TRUNC, [text]) }]
    case 2: pending = inHalves(path, text)
    case 3, 4: pending = [{ [self] in try write(path, O_APPEND, ["- appended in save \(saves)\n"]) }]
    case 5: pending = withTemporary(path, text)
    case 6, 7: pending = withBackup(path, text)
    case 8: pending = [{ [self] in remove(path) }]
    default: pending = [{ [self] in move(path, to: "\(parent)/moved-\(saves % 5).md") }]
    }
  }

  // MARK: - The dances

  private func write(_ path: String, _ flags: Int32, _ parts: [String]) throws {
    let file = membank_open(path, O_RDWR | O_CREAT | flags, 0o644)
    guard file >= 0 else { throw SystemError("open", path) }
    defer { close(file) }
    for part in parts { _ = Glibc.write(file, part, part.utf8.count) }
    note(file)
  }

  /// What the inode holds now is what was left in it.
  private func note(_ file: Int32) {
    var facts = stat()
    guard fstat(file, &facts) == 0 else { return }
    var bytes = [UInt8](repeating: 0, count: Int(facts.st_size))
    guard pread(file, &bytes, bytes.count, 0) == bytes.count else { return }
    left[UInt64(facts.st_ino)] = String(decoding: bytes, as: UTF8.self)
  }

  private func inHalves(_ path: String, _ text: String) -> [() throws -> Void] {
    var file: Int32 = -1
    let middle = text.utf8.index(text.startIndex, offsetBy: text.utf8.count / 2)
    let halves = [String(text[..<middle]), String(text[middle...])]
    return [
      {
        file = membank_open(path, O_RDWR | O_CREAT | O_TRUNC, 0o644)
        guard file >= 0 else { throw SystemError("open", path) }
        _ = Glibc.write(file, halves[0], halves[0].utf8.count)
      },
      { [self] in
        _ = Glibc.write(file, halves[1], halves[1].utf8.count)
        note(file)
        close(file)
      },
    ]
  }

  /// Temp and rename.
  private func withTemporary(_ path: String, _ text: String) -> [() throws -> Void] {
    let temporary = "\(path).tmp.\(getpid()).\(String(saves, radix: 16))"
    return [
      { [self] in try write(temporary, O_TRUNC, [text]) },
      { [self] in
        forget(path)
        if rename(temporary, path) != 0 { remove(temporary) }
      },
    ]
  }

  /// As vim does where it can't write in place: the old file aside, the new one written, the old one away.
  private func withBackup(_ path: String, _ text: String) -> [() throws -> Void] {
    let backup = path + "~"
    return [
      { _ = rename(path, backup) },
      { [self] in try write(path, O_TRUNC, [text]) },
      { [self] in remove(backup) },
    ]
  }

  private func remove(_ path: String) {
    forget(path)
    unlink(path)
  }

  private func move(_ path: String, to other: String) {
    forget(other)
    _ = rename(path, other)
  }

  /// What stands there goes by our own hand.
  private func forget(_ path: String) {
    var facts = stat()
    if lstat(path, &facts) == 0 { left[UInt64(facts.st_ino)] = nil }
  }
}
