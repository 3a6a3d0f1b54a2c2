import Bank
import FoundationEssentials
import Glibc
import History
public import Support
import SyncEngine

/// The work of `init --import`.
///
/// Takes a directory's past from the git repository around it. That repository is only read.
public enum PastImport {
  /// Imports, and makes the newest imported version `main`; what the directory holds now becomes an edit of it.
  ///
  /// - Returns: How many versions came.
  /// - Throws: ``ControlError`` when there is no repository, or the bank has versions already.
  public static func run(_ setup: BankSetup, log: Log) throws(ControlError) -> Int {
    guard let root = repository(around: setup.directory) else {
      throw ControlError(.usage, "\(setup.directory) is in no git repository; there is no past to import")
    }
    guard let replica = try Replica(setup, log: log) else {
      throw ControlError(.usage, "a daemon has this bank already")
    }
    let engine = replica.engine
    guard engine.main == nil else {
      throw ControlError(.usage, "\(setup.directory) has versions already; its past is not mixed into them")
    }
    let subdirectory = setup.directory == root ? "" : String(setup.directory.dropFirst(root.count + 1))
    do {
      let tip = try engine.history.importPast(fromRepositoryAt: root, subdirectory: subdirectory) { path in
        !engine.bank.rules.ignores(path, isDirectory: false)
      }
      guard let tip else { return 0 }
      Failpoint.importPacked.pass()
      try engine.history.setRef(EngineRef.main, to: tip, expecting: nil)
      Failpoint.importMoved.pass()
      return try engine.history.walk(from: [tip], excluding: [], limit: nil).count
    } catch {
      throw ControlError(.problems, "\(root): \(error)")
    }
  }

  private static func repository(around directory: String) -> String? {
    var current = directory
    while true {
      if access("\(current)/.git", F_OK) == 0 { return current }
      guard let slash = current.lastIndex(of: "/"), slash != current.startIndex else { return nil }
      current = String(current[..<slash])
    }
  }
}
