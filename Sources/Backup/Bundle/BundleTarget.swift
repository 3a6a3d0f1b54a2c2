import Glibc
public import History
import Support

/// Backups as git bundles in a directory, each with a manifest beside it.
///
/// A bundle is a whole history in one file, which `git clone` takes. The manifest comes last and makes it complete.
public final class BundleTarget: BackupTarget {
  /// The directory.
  public let place: String
  private let names: BackupNames
  private let subject: BackupSubject
  /// Whether the directory may be made: not where backups stood already, since a disk may just not be mounted.
  private let mayMakeDirectory: Bool

  /// What other machines left lying so long, in seconds, is not in the making any more.
  private static let patience: Int64 = 86_400

  /// Backups of a bank in a directory, by its absolute path.
  public init(_ subject: BackupSubject, directory: String, mayMakeDirectory: Bool) {
    self.subject = subject
    self.mayMakeDirectory = mayMakeDirectory
    place = directory
    names = BackupNames(subject)
  }

  /// The backups that are there.
  public func list() throws(BackupError) -> [Backup] {
    let found = try inSystem(place) { () throws(SystemError) in try BackupFiles.list(place) }
    var backups: [Backup] = []
    for name in found ?? [] {
      guard let seconds = names.seconds(ofManifest: name) else { continue }
      backups.append(try read(name, seconds))
    }
    return backups
  }

  private func read(_ name: String, _ seconds: Int64) throws(BackupError) -> Backup {
    let bytes = try inSystem(place) { () throws(SystemError) in try BackupFiles.read("\(place)/\(name)") }
    let (manifest, problem) = BundleFile.manifest(bytes, in: place)
    let file = "\(place)/\(names.bundle(seconds))"
    var state = problem.map { Backup.State.damaged($0) } ?? .complete
    if let manifest, manifest.bank != subject.bank { state = .damaged("is of another bank, \(manifest.bank)") }
    return Backup(id: BackupStamp.text(seconds), seconds: seconds, place: file, manifest: manifest, state: state)
  }

  /// Takes away what interrupted runs have left.
  public func clean(now: Int64) throws(BackupError) {
    let found = try inSystem(place) { () throws(SystemError) in try BackupFiles.list(place) } ?? []
    let complete = Set(found.compactMap { names.seconds(ofManifest: $0) })
    for name in found {
      if let (seconds, isOurs) = names.unfinished(name) {
        // Whoever calls holds the lock, so nothing of this machine's is in the making.
        guard isOurs || seconds < now - Self.patience else { continue }
      } else if let seconds = names.seconds(ofBundle: name) {
        // Without a manifest: a machine was stopped between the two, or is there just now.
        guard !complete.contains(seconds), seconds < now - Self.patience else { continue }
      } else {
        continue
      }
      unlink("\(place)/\(name)")
    }
  }

  /// Makes a bundle.
  public func create(_ job: BackupJob) throws(BackupError) -> Backup {
    try prepareDirectory()
    var seconds = job.seconds
    // Another machine may have made one in the same second.
    while access("\(place)/\(names.bundle(seconds))", F_OK) == 0 { seconds += 1 }
    let bundle = "\(place)/\(names.temporary(seconds, "bundle"))"
    let text = "\(place)/\(names.temporary(seconds, "json"))"
    unlink(bundle)
    unlink(text)
    do throws(BackupError) {
      let written = try BundleFile.write(job, to: bundle)
      let manifest = try job.manifest(
        .bundle(file: names.bundle(seconds), bytes: written.bytes, sha256: written.sha256), at: seconds)
      // Before anybody can take it for a backup it has been restored once.
      _ = try BundleFile.drill(
        bundle, manifest, names.bundle(seconds),
        BackupDrill(reference: job.history, scratch: job.scratch, watch: job.watch))
      try job.watch.check()
      try inSystem(place) { () throws(SystemError) in
        try BackupFiles.writeNew(text, manifest.rendered, durably: true)
        try complete(bundle, names.bundle(seconds))
        try complete(text, names.manifest(seconds))
        try BackupFiles.synchronise(place)
      }
      return Backup(
        id: BackupStamp.text(seconds), seconds: seconds, place: "\(place)/\(names.bundle(seconds))",
        manifest: manifest, state: .complete)
    } catch {
      unlink(bundle)
      unlink(text)
      throw error
    }
  }

  private func complete(_ temporary: String, _ name: String) throws(SystemError) {
    guard try BackupFiles.rename(temporary, toFree: "\(place)/\(name)") else {
      throw SystemError("rename", "\(place)/\(name)", code: EEXIST)
    }
  }

  private func prepareDirectory() throws(BackupError) {
    if access(place, F_OK) != 0 {
      guard mayMakeDirectory else {
        throw BackupError(
          .place, place,
          "the directory is gone, though backups were made there. Mount the disk that it is on; if it is gone for good, "
            + "make the directory and run `membank backup create`")
      }
      try inSystem(place) { () throws(SystemError) in try BackupFiles.makeDirectory(place) }
    }
    guard access(place, R_OK | W_OK | X_OK) == 0 else {
      throw BackupError(SystemError("access", place), freeing: place)
    }
  }

  /// Restores a bundle into scratch space and compares it.
  public func verify(_ backup: Backup, _ drill: BackupDrill) throws(BackupError) -> DrillReport {
    let manifest = try backup.soundManifest()
    return try BundleFile.drill(backup.place, manifest, backup.place, drill)
  }

  /// Brings a bundle's versions into a history.
  public func load(_ backup: Backup, into history: History, _ watch: BackupWatch) throws(BackupError) {
    let manifest = try backup.soundManifest()
    try BundleFile.load(backup.place, manifest, backup.place, into: history, watch)
  }

  /// Takes a bundle away, its manifest first: without one it is none.
  public func delete(_ backup: Backup) throws(BackupError) {
    for name in [names.manifest(backup.seconds), names.bundle(backup.seconds)] {
      guard unlink("\(place)/\(name)") == 0 || errno == ENOENT else {
        throw BackupError(SystemError("unlink", "\(place)/\(name)"), freeing: place)
      }
    }
    try inSystem(place) { () throws(SystemError) in try BackupFiles.synchronise(place) }
  }
}
