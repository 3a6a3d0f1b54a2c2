import Bank
import FoundationEssentials
import Glibc
import Support

/// Finds the directory that a command is about.
public enum BankLocation {
  /// The canonical path of a directory that a person named.
  ///
  /// - Throws: ``ControlError`` (usage) when it isn't there, isn't a directory or can't be entered.
  public static func canonical(_ path: String) throws(ControlError) -> String {
    guard let resolved = realpath(path, nil) else {
      throw ControlError(.usage, "\(path): \(String(cString: strerror(errno)))")
    }
    defer { free(resolved) }
    let canonical = String(cString: resolved)
    var isDirectory = false
    guard FileManager.default.fileExists(atPath: canonical, isDirectory: &isDirectory), isDirectory else {
      throw ControlError(.usage, "\(path): not a directory")
    }
    guard access(canonical, R_OK | X_OK) == 0 else {
      throw ControlError(.usage, "\(path): \(String(cString: strerror(errno)))")
    }
    return canonical
  }

  /// The bank that a command without a directory is about: the nearest one at or above `current`, else a memory bank
  /// in one of the usual places below it.
  ///
  /// `hasHistory` says whether this machine has a history of a directory: such a one is a bank, even when its marker
  /// was lost.
  public static func nearest(to current: String, hasHistory: (String) -> Bool) -> String? {
    var directory = current
    while true {
      if isBank(directory) || hasHistory(directory) { return directory }
      guard let slash = directory.lastIndex(of: "/"), directory != "/" else { break }
      directory = slash == directory.startIndex ? "/" : String(directory[..<slash])
    }
    return ["memory-bank", ".kilocode/rules/memory-bank"].map { "\(current)/\($0)" }.first { candidate in
      var isDirectory = false
      return FileManager.default.fileExists(atPath: candidate, isDirectory: &isDirectory) && isDirectory
    }
  }

  /// The path that a directory had when it still was there: as ``canonical(_:)``, but for its own name.
  ///
  /// - Returns: Nil when the directory is there, or not even the one above it.
  public static func gone(_ path: String) -> String? {
    var name = path
    while name.count > 1, name.last == "/" { name.removeLast() }
    guard access(name, F_OK) != 0, errno == ENOENT else { return nil }
    let slash = name.lastIndex(of: "/")
    let parent = slash.map { $0 == name.startIndex ? "/" : String(name[..<$0]) } ?? "."
    guard let above = try? canonical(parent) else { return nil }
    let last = slash.map { String(name[name.index(after: $0)...]) } ?? name
    return above == "/" ? "/\(last)" : "\(above)/\(last)"
  }

  /// Whether a directory bears the marker.
  public static func isBank(_ directory: String) -> Bool {
    access("\(directory)/\(Configuration.fileName)", F_OK) == 0
  }

  /// Why `sync --once` must not make a directory a bank by itself; nil when it may.
  public static func refusal(_ directory: String, home: String?) -> String? {
    if directory == "/" || directory == home.flatMap({ try? canonical($0) }) {
      return "\(directory) is never made a bank"
    }
    if access("\(directory)/.git", F_OK) == 0 { return "\(directory) is the root of a git work tree" }
    return containsMarkdown(directory) ? nil : "\(directory) holds no Markdown"
  }

  /// Whether there is a Markdown file that a bank would take in; what can't be looked into counts for nothing.
  private static func containsMarkdown(_ directory: String) -> Bool {
    guard let fileSystem = try? LinuxFileSystem(root: directory) else { return false }
    let bank = Bank(fileSystem: fileSystem, rules: IgnoreRules(patterns: []), random: SystemRandom())
    return bank.scan().files.keys.contains { path in
      let name = path.name.lowercased()
      return name.hasSuffix(".md") || name.hasSuffix(".markdown")
    }
  }
}
