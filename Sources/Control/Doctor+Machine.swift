import Bank
import FoundationEssentials
import Glibc
import History
import RedisTransport
import Support

/// What the machine brings along, for every bank on it.
extension Doctor {
  mutating func checkMachine() {
    for (file, least, what) in [
      ("max_user_watches", 65_536, "directories that can be watched"),
      ("max_user_instances", 128, "banks that can be watched at once"),
    ] {
      let text = FileManager.default.contents(atPath: "/proc/sys/fs/inotify/\(file)") ?? Data()
      let value = Int(String(decoding: text, as: UTF8.self).filter(\.isNumber)) ?? 0
      note(
        "inotify", value >= least ? .good : .warning,
        "fs.inotify.\(file) = \(value) (\(what))"
          + (value >= least ? "" : "; raise it with `sudo sysctl fs.inotify.\(file)=\(least * 8)`"))
    }
    if SystemClock().wallMilliseconds < 1_700_000_000_000 {
      note("clock", .bad, "the clock stands before 2023; versions would bear wrong times")
    }
  }

  /// Whether the newest version was made later than now.
  mutating func checkClock(_ newest: Commit) {
    let ahead = newest.committer.seconds - SystemClock().wallMilliseconds / 1000
    guard ahead > 120 else { return }
    let about = ahead - ahead % (ahead > 7200 ? 3600 : 60)
    note(
      "clock", .warning,
      "the newest version, \(newest.id.short()) by \(newest.author.name), is dated \(DurationText.text(about)) ahead of this machine's clock: one of the clocks is wrong. Of two versions in conflict the later keeps the place, so put it right"
    )
  }

  /// Whether files have further names, which a guarded write can't follow.
  mutating func checkFiles(_ configuration: Configuration) {
    guard let fileSystem = try? LinuxFileSystem(root: setup.directory) else { return }
    let bank = Bank(
      fileSystem: fileSystem,
      rules: IgnoreRules(patterns: configuration.ignore, include: configuration.include), random: SystemRandom())
    let linked = bank.scan().files.keys.sorted().filter { path in
      var status = stat()
      return lstat("\(setup.directory)/\(path)", &status) == 0 && status.st_nlink > 1
    }
    guard let first = linked.first else { return }
    note(
      "files", .warning,
      "\(linked.count == 1 ? "1 file has" : "\(linked.count) files have") more than one name (hard links): \(first). What is written through a name outside the bank is found by the next full look only, and a change from elsewhere gives the bank a file of its own"
    )
  }

  /// Whether the bank's unit would start by itself, and go on after a logout.
  mutating func checkService() {
    guard access("/run/systemd/system", F_OK) == 0, let home = setup.environment.home else { return }
    let unit = "membank@\(Self.escaped(setup.directory)).service"
    let configHome = setup.environment.configHome ?? home + "/.config"
    guard access("\(configHome)/systemd/user/default.target.wants/\(unit)", F_OK) == 0 else {
      return note("service", .warning, "not enabled: `systemctl --user enable --now '\(unit)'` keeps the bank in sync")
    }
    let user = getpwuid(getuid()).flatMap { $0.pointee.pw_name.map { String(cString: $0) } } ?? ""
    let lingers = getuid() == 0 || access("/var/lib/systemd/linger/\(user)", F_OK) == 0
    note(
      "service", lingers ? .good : .warning,
      lingers
        ? "\(unit) is enabled"
        : "\(unit) is enabled, but stops when you log out; `loginctl enable-linger` keeps it running")
  }

  /// A path as the instance of a unit: what `systemd-escape --path` prints.
  static func escaped(_ path: String) -> String {
    let parts = path.utf8.split(separator: UInt8(ascii: "/"))
    guard !parts.isEmpty else { return "-" }
    var result = ""
    for (index, part) in parts.enumerated() {
      if index > 0 { result += "-" }
      for (offset, byte) in part.enumerated() {
        let isPlain =
          (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10
          || [UInt8(ascii: ":"), UInt8(ascii: "_")].contains(byte)
          || byte == UInt8(ascii: ".") && !(index == 0 && offset == 0)
        result += isPlain ? String(UnicodeScalar(byte)) : "\\x" + hexadecimal([byte])
      }
    }
    return result
  }

  /// Starts a private redis-server in a directory of its own, asks it something, and ends it: what a bank without a
  /// Redis falls back to, tried before it is needed.
  ///
  /// - Parameter isNeeded: Whether the bank has no other Redis.
  mutating func drillFallback(isNeeded: Bool) {
    let directory = "\(setup.environment.runtimeDirectory ?? "/tmp")/membank-doctor-\(SystemRandom().hex(12))"
    defer { try? FileManager.default.removeItem(atPath: directory) }
    do {
      let server = try EmbeddedServer(directory: directory)
      try server.start()
      let answers = server.answers()
      try server.stop()
      note(
        "fallback", answers ? .good : .bad,
        answers ? "a private redis-server starts, answers and ends" : "a private redis-server starts and doesn't answer"
      )
    } catch {
      note(
        "fallback", isNeeded ? .bad : .warning,
        isNeeded
          ? "versions are kept, but nothing is mirrored: \(error)"
          : "there would be no private redis-server if one were needed: \(error)")
    }
  }
}
