import Support

/// The names of a bank's backups in a place that several banks, and several machines, may share.
struct BackupNames {
  private let stem: String
  private let replica: String

  init(_ subject: BackupSubject) {
    stem = "\(subject.project)-\(subject.bank.prefix(8))-"
    replica = String(subject.replica.prefix(8))
  }

  func bundle(_ seconds: Int64) -> String { "\(stem)\(BackupStamp.text(seconds)).bundle" }

  func manifest(_ seconds: Int64) -> String { "\(stem)\(BackupStamp.text(seconds)).json" }

  /// What a backup is called that Upstash makes.
  func snapshot(_ seconds: Int64) -> String { stem + BackupStamp.text(seconds) }

  /// The name of a file in the making: hidden, and with the machine's name in it.
  func temporary(_ seconds: Int64, _ ending: String) -> String {
    ".\(stem)\(BackupStamp.text(seconds)).\(replica).\(ending)"
  }

  /// When a backup was made, by the name of its manifest; nil for any other name.
  func seconds(ofManifest name: String) -> Int64? { seconds(name, ".json") }

  /// The same by the name of its bundle.
  func seconds(ofBundle name: String) -> Int64? { seconds(name, ".bundle") }

  /// The same by a name at Upstash.
  func seconds(ofSnapshot name: String) -> Int64? { seconds(name, "") }

  private func seconds(_ name: String, _ ending: String) -> Int64? {
    guard name.hasPrefix(stem), name.hasSuffix(ending) else { return nil }
    return BackupStamp.seconds(name.dropFirst(stem.count).dropLast(ending.count))
  }

  /// What a file in the making is: when it was begun, whether on this machine; nil for any other name.
  func unfinished(_ name: String) -> (seconds: Int64, isOurs: Bool)? {
    guard name.hasPrefix("." + stem) else { return nil }
    let parts = name.dropFirst(1 + stem.count).split(separator: ".")
    guard parts.count == 3, let seconds = BackupStamp.seconds(parts[0]) else { return nil }
    return (seconds, parts[1] == replica)
  }
}
