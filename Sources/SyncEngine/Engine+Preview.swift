import Bank
public import History
public import Support

/// A change that a pass would make a version of.
public struct PreviewedChange: Sendable, Hashable {
  /// The file.
  public let path: BankPath
  /// `add`, `update` or `delete`.
  public let verb: String

  /// A change.
  public init(path: BankPath, verb: String) {
    self.path = path
    self.verb = verb
  }
}

extension Engine {
  /// What capturing the directory would find; nothing is written.
  public func preview() throws(HistoryError) -> [PreviewedChange] {
    let scan = bank.scan()
    var changes: [PreviewedChange] = []
    for (path, stamp) in scan.files {
      let known = files[path]
      if let known, table.trusts(path, stamp) == known.blob, known.executable == stamp.isExecutable { continue }
      guard let (bytes, _) = try? bank.read(path, limit: settings.holdLimit + 1) else { continue }
      let entry = TreeEntry(blob: ObjectID.blob(of: bytes), executable: stamp.isExecutable)
      if entry != known { changes.append(PreviewedChange(path: path, verb: known == nil ? "add" : "update")) }
    }
    for path in files.keys where scan.files[path] == nil && !scan.isUnknown(path) && !scan.rootUnknown {
      if !bank.rules.ignores(path, isDirectory: false) { changes.append(PreviewedChange(path: path, verb: "delete")) }
    }
    return changes.sorted { $0.path < $1.path }
  }
}
