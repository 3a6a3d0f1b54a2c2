import CLinux
import Glibc
import Support

/// The lock file beside a ref, as git takes it: `git` on the same repository waits for us and we for it.
struct RefLock: ~Copyable {
  private let path: String
  private let lock: String
  private let file: Descriptor
  private let folder: String
  private var isHeld = true

  /// Takes the lock.
  ///
  /// A change takes microseconds, so a lock that has been the same for `patience` milliseconds is what a killed
  /// process left behind, and is taken over.
  init(_ path: String, folder: String, patience: Int) throws(HistoryError) {
    self.path = path
    self.folder = folder
    lock = path + ".lock"
    let flags = O_WRONLY | O_CREAT | O_EXCL
    var number = membank_open(lock, flags, 0o644)
    if number < 0, errno == ENOENT {
      try Disk.makeDirectory(folder)
      number = membank_open(lock, flags, 0o644)
    }
    var seen = Disk.facts(lock)
    var waited = 0
    while number < 0, errno == EEXIST {
      usleep(5_000)
      let now = Disk.facts(lock)
      waited = now != nil && now == seen ? waited + 5 : 0
      seen = now
      if waited >= patience { try Disk.remove(lock) }
      number = membank_open(lock, flags, 0o644)
    }
    guard number >= 0 else { throw .system("open", lock) }
    file = Descriptor(adopting: number)
  }

  /// Writes the new value and puts it in place, which gives the lock up.
  consuming func commit(_ id: ObjectID, durable: Bool) throws(HistoryError) {
    try file.write(Array("\(id)\n".utf8)[...], to: lock)
    if durable { try file.synchronise(lock) }
    Failpoint.refLocked.pass()
    if Glibc.rename(lock, path) != 0 {
      // Folders of deleted refs may be in the way; they are empty.
      guard errno == EISDIR || errno == ENOTEMPTY || errno == EEXIST else { throw .system("rename", path) }
      Self.removeEmptyFolders(path)
      try Disk.rename(lock, to: path)
    }
    isHeld = false
    Failpoint.refMoved.pass()
  }

  /// Gives the lock up, and removes the folders above it that are empty, up to two below `directory`.
  consuming func release(pruning directory: String) {
    unlink(lock)
    isHeld = false
    var folder = folder
    // refs/heads and its like stay: git takes their absence for damage.
    while folder.dropFirst(directory.utf8.count + 1).split(separator: "/").count > 2, rmdir(folder) == 0 {
      folder = String(folder[..<(folder.lastIndex(of: "/") ?? folder.startIndex)])
    }
  }

  private static func removeEmptyFolders(_ path: String) {
    for name in (try? Disk.list(path)) ?? [] { removeEmptyFolders("\(path)/\(name)") }
    rmdir(path)
  }

  deinit { if isHeld { unlink(lock) } }
}
