import CGit2
import Glibc
import Support

/// A directory beside the packs where a stranger's pack is indexed and checked before it becomes one of ours.
struct PackQuarantine {
  private let disk: ObjectDirectory

  init(_ disk: ObjectDirectory) { self.disk = disk }

  static let prefix = "tmp_quarantine_"

  func add(_ bytes: [UInt8]) throws(HistoryError) {
    let directory = "\(disk.path)/\(Self.prefix)\(sha256(bytes).prefix(40))"
    try Disk.removeTree(directory)
    try Disk.makeDirectory(directory)
    do {
      let trailer = try index(bytes, in: directory)
      let base = "\(directory)/pack-\(trailer)"
      try check(base)
      let target = "\(disk.path)/pack/pack-\(trailer)"
      if Disk.facts(target + ".idx") == nil {
        try Disk.synchronise(base + ".pack")
        try Disk.synchronise(base + ".idx")
        Failpoint.fetchQuarantined.pass()
        try Disk.rename(base + ".pack", to: target + ".pack")
        Failpoint.fetchPlaced.pass()
        try Disk.rename(base + ".idx", to: target + ".idx")
        try Disk.synchronise(disk.path + "/pack")
      }
    } catch {
      try? Disk.removeTree(directory)
      throw error
    }
    try Disk.removeTree(directory)
    try disk.refresh()
  }

  /// Lets libgit2 resolve the deltas, hash every object and write pack and index.
  private func index(_ bytes: [UInt8], in directory: String) throws(HistoryError) -> String {
    var options = git_indexer_options()
    git_indexer_options_init(&options, UInt32(GIT_INDEXER_OPTIONS_VERSION))
    var indexer: OpaquePointer?
    // Without a database: a pack that needs an object from outside is refused.
    let made = git_indexer_new(&indexer, directory, 0o444, nil, &options)
    guard made == 0, let indexer else { throw .git("git_indexer_new", directory, made) }
    defer { git_indexer_free(indexer) }
    try reserve(bytes.count, in: directory)
    var progress = git_indexer_progress()
    let appended = bytes.withUnsafeBytes { git_indexer_append(indexer, $0.baseAddress, $0.count, &progress) }
    guard appended == 0 else { throw refused("git_indexer_append", appended) }
    let committed = git_indexer_commit(indexer, &progress)
    guard committed == 0 else { throw refused("git_indexer_commit", committed) }
    guard let name = git_indexer_name(indexer) else { throw refused("git_indexer_name", GIT_ERROR.rawValue) }
    return String(cString: name)
  }

  /// Claims the room that the pack will take.
  ///
  /// libgit2 writes it through a mapping: on a full disk that is no error but the end of the process (SIGBUS).
  private func reserve(_ size: Int, in directory: String) throws(HistoryError) {
    for name in try Disk.list(directory) where name.hasPrefix("pack_") {
      let file = try Descriptor(opening: "\(directory)/\(name)", O_WRONLY)
      let code = posix_fallocate(file.number, 0, off_t(size))
      guard code == 0 else { throw .system("posix_fallocate", directory, code: code) }
    }
  }

  private func refused(_ operation: String, _ code: Int32) -> HistoryError {
    let error = HistoryError.git(operation, "pack", code)
    // Our own disk or our own limits: that says nothing of the pack.
    if git_error_last()?.pointee.klass == Int32(GIT_ERROR_OS.rawValue) { return error }
    return .damaged("add pack", "pack", error.message)
  }

  private func check(_ base: String) throws(HistoryError) {
    let index = try PackIndex(base)
    let pack = try ObjectDatabase(pack: base + ".idx")
    for position in 0..<index.count {
      let id = index.id(at: position)
      if try pack.header(id).kind != .blob { try FormatCheck.check(pack.read(id)) }
    }
  }
}
