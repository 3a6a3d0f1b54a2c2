import CLinux
import FoundationEssentials
import Glibc
public import Support
public import SyncEngine

/// Where a bank's history and this machine's notes about it are kept, outside the bank.
///
/// It is named after the bank's identity and path, so that `rm -rf` of the bank leaves it, and two copies of one bank
/// on a machine are two replicas.
public struct StateDirectory: Notes, Sendable {
  /// Its absolute path.
  public let path: String
  /// The canonical path of the bank that it belongs to.
  public let bankPath: String

  /// The bare repository.
  public var history: String { path + "/history.git" }
  /// The embedded Redis server's own directory.
  public var redis: String { path + "/redis" }

  /// The state of a bank, made when there is none.
  ///
  /// A state of the same bank whose directory is gone is taken over, unless told otherwise: the bank was moved.
  public static func open(
    bank: String, bankPath: String, project: String, in home: String, adopting: Bool = true
  ) throws(SystemError) -> StateDirectory {
    let id = sha256(Array("\(bank)\0\(bankPath)".utf8)).prefix(12)
    let state = StateDirectory(path: "\(home)/\(project)-\(id)", bankPath: bankPath)
    try makeDirectories(home)
    if access(state.path, F_OK) != 0 {
      if adopting, let orphan = try all(in: home).first(where: { $0.isOrphan(of: bank) }) {
        guard rename(orphan.path, state.path) == 0 else { throw SystemError("rename", orphan.path) }
      } else if mkdir(state.path, 0o700) != 0, errno != EEXIST {
        throw SystemError("mkdir", state.path)
      }
    }
    // Not only when it was made just now: that may have been cut short.
    if state.read("bank") != bank { try state.write("bank", bank) }
    if state.read("path") != bankPath { try state.write("path", bankPath) }
    return state
  }

  /// The state whose recorded bank stood at `bankPath`, whatever stands there now.
  public static func recorded(at bankPath: String, in home: String) -> StateDirectory? {
    (try? all(in: home))?.first { $0.bankPath == bankPath }
  }

  private static func all(in home: String) throws(SystemError) -> [StateDirectory] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: home)) ?? []
    return names.sorted().compactMap { name in
      let path = "\(home)/\(name)"
      guard let bankPath = StateDirectory(path: path, bankPath: "").read("path") else { return nil }
      return StateDirectory(path: path, bankPath: bankPath)
    }
  }

  private func isOrphan(of bank: String) -> Bool {
    guard read("bank") == bank else { return false }
    return access(bankPath + "/.membank", F_OK) != 0
  }

  /// The bank that this state belongs to.
  public var bank: String? { read("bank") }

  /// A note's text, nil when there is none.
  public func read(_ name: String) -> String? {
    readBytes(name).flatMap { String(validating: $0, as: UTF8.self) }
      .map { $0.last == "\n" ? String($0.dropLast()) : $0 }
  }

  /// A note's bytes, nil when there is none.
  public func readBytes(_ name: String) -> [UInt8]? {
    let descriptor = membank_open("\(path)/\(name)", O_RDONLY, 0)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      guard count > 0 else { return count == 0 ? bytes : nil }
      bytes += buffer[..<count]
    }
  }

  /// Replaces a note: a temporary file, fsync, rename.
  public func write(_ name: String, _ text: String) throws(SystemError) { try write(name, Array("\(text)\n".utf8)) }

  /// Replaces a note's bytes: a temporary file, fsync, rename.
  public func write(_ name: String, _ bytes: [UInt8]) throws(SystemError) {
    try replaceFile("\(path)/\(name)", with: bytes, mode: 0o600)
  }

  /// Removes a note.
  public func remove(_ name: String) { unlink("\(path)/\(name)") }

  private static func makeDirectories(_ path: String) throws(SystemError) {
    var prefix = ""
    for component in path.split(separator: "/") {
      prefix += "/" + component
      if mkdir(prefix, 0o700) != 0, errno != EEXIST { throw SystemError("mkdir", prefix) }
    }
  }
}
