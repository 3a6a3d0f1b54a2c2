import Glibc
import History
import Support

/// One bundle and its manifest.
enum BundleFile {
  /// Reads a manifest and looks whether its bundle is there; what is wrong, if something is.
  static func manifest(_ bytes: [UInt8], in directory: String) -> (BackupManifest?, problem: String?) {
    let manifest: BackupManifest
    do throws(ManifestProblem) { manifest = try BackupManifest(parsing: bytes) } catch { return (nil, "\(error)") }
    guard case .bundle(let file, let size, _) = manifest.content else {
      return (manifest, "the manifest is of another kind of backup")
    }
    guard let found = BackupFiles.size("\(directory)/\(file)") else { return (manifest, "\(file) is gone") }
    guard found == size else {
      return (manifest, "\(file) has \(found) bytes instead of \(size): it was cut short or changed")
    }
    return (manifest, nil)
  }

  /// Writes header and pack, and makes them survive a power cut.
  static func write(_ job: BackupJob, to path: String) throws(BackupError) -> (bytes: Int64, sha256: String) {
    let sink = try inSystem(path) { () throws(SystemError) in try BundleSink(path) }
    var failure: BackupError?
    if BundleHeader.bytes(job.head).withUnsafeBytes({ sink.take($0) }) {
      do throws(HistoryError) {
        try job.history.writePack(of: job.head) { done, total in
          job.watch.note("packing", done, of: total)
        } into: { part in
          sink.take(part)
        }
      } catch {
        failure = BackupError(error)
      }
    }
    if let error = sink.failure { throw BackupError(error, freeing: path) }
    try job.watch.check()
    if let failure { throw failure }
    return try inSystem(path) { () throws(SystemError) in try sink.finish() }
  }

  /// Restores a bundle into scratch space and compares it with its manifest and with the bank.
  static func drill(
    _ path: String, _ manifest: BackupManifest, _ name: String, _ drill: BackupDrill
  ) throws(BackupError) -> DrillReport {
    try drill.run(manifest.head, manifest, name) { history throws(BackupError) in
      try load(path, manifest, name, into: history, drill.watch)
    }
  }

  /// Brings a bundle's versions into a history, if it is byte for byte what was written.
  static func load(
    _ path: String, _ manifest: BackupManifest, _ name: String, into history: History, _ watch: BackupWatch
  ) throws(BackupError) {
    guard case .bundle(_, _, let sha256) = manifest.content else {
      throw BackupError(.damaged, name, "the manifest is of another kind of backup")
    }
    watch.note("reading", 0, of: 0)
    var bytes: [UInt8]
    do throws(SystemError) { bytes = try BackupFiles.read(path) } catch { throw BackupError(.place, name, "\(error)") }
    guard Support.sha256(bytes) == sha256 else {
      throw BackupError(
        .damaged, name, "its checksum is wrong: it was changed or is cut short. Use another backup")
    }
    guard let header = BundleHeader(bytes), header.refs.contains(where: { $0.id == manifest.head }) else {
      throw BackupError(.damaged, name, "it is not a bundle of the version that its manifest names")
    }
    try watch.check()
    watch.note("checking versions", 0, of: 0)
    bytes.removeFirst(header.length)
    try inHistory(name) { () throws(HistoryError) in try history.addPack(bytes) }
    guard try inHistory(name, { () throws(HistoryError) in try history.isComplete(manifest.head, trusting: []) }) else {
      throw BackupError(.damaged, name, "versions are missing below \(manifest.head.short())")
    }
  }
}

/// A bundle in the making.
private final class BundleSink {
  private let file: OutputFile
  private var digest: SHA256Digest? = SHA256Digest()
  private var bytes: Int64 = 0
  private(set) var failure: SystemError?

  init(_ path: String) throws(SystemError) { file = try OutputFile(creating: path) }

  /// Writes the next bytes.
  ///
  /// - Returns: Whether that worked; else ``failure`` says why not.
  func take(_ part: UnsafeRawBufferPointer) -> Bool {
    do throws(SystemError) { try file.write(part) } catch {
      failure = error
      return false
    }
    digest?.update(part)
    bytes += Int64(part.count)
    return true
  }

  func finish() throws(SystemError) -> (bytes: Int64, sha256: String) {
    try file.synchronise()
    return (bytes, digest.take()?.finish() ?? "")
  }
}
