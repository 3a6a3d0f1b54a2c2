import Glibc

/// What `stat` says of a regular file: enough to tell that its bytes are very probably the ones seen before.
public struct FileStamp: Hashable, Sendable {
  /// The size in bytes.
  public var size: Int64
  /// The time of the last write to its bytes, in nanoseconds since 1970; programs can set it.
  public var modified: Int64
  /// The time of the last change to the inode, in nanoseconds since 1970; programs cannot set it.
  public var changed: Int64
  /// The inode's number.
  public var inode: UInt64
  /// The number of the file system that holds it.
  public var device: UInt64
  /// The permission bits and the type, as in `st_mode`.
  public var mode: UInt32

  /// A stamp with known fields.
  public init(size: Int64, modified: Int64, changed: Int64, inode: UInt64, device: UInt64, mode: UInt32) {
    self.size = size
    self.modified = modified
    self.changed = changed
    self.inode = inode
    self.device = device
    self.mode = mode
  }

  init(_ status: stat) {
    self.init(
      size: Int64(status.st_size), modified: Self.nanoseconds(status.st_mtim),
      changed: Self.nanoseconds(status.st_ctim), inode: UInt64(status.st_ino), device: UInt64(status.st_dev),
      mode: UInt32(status.st_mode))
  }

  /// Whether its owner may execute it: the one permission bit that git records.
  public var isExecutable: Bool { mode & 0o100 != 0 }

  // Wraps instead of trapping: a file may claim a year in which nanoseconds no longer fit.
  private static func nanoseconds(_ time: timespec) -> Int64 {
    Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}

/// What stands behind a name.
public enum EntryKind: Hashable, Sendable {
  /// A regular file.
  case file
  /// A directory.
  case directory
  /// A symbolic link; never followed.
  case symbolicLink
  /// A pipe, a socket or a device; never opened.
  case special

  init(mode: UInt32) {
    switch mode & UInt32(S_IFMT) {
    case UInt32(S_IFREG): self = .file
    case UInt32(S_IFDIR): self = .directory
    case UInt32(S_IFLNK): self = .symbolicLink
    default: self = .special
    }
  }
}

/// Which directory a bank's root is, whatever its name.
public struct RootIdentity: Hashable, Sendable {
  /// The number of the file system.
  public var device: UInt64
  /// The inode's number.
  public var inode: UInt64

  /// The identity with known fields.
  public init(device: UInt64, inode: UInt64) {
    self.device = device
    self.inode = inode
  }
}
