internal import CLinux
import Glibc
public import Support

extension LinuxFileSystem {
  /// Makes a whole, durable file; see ``FileSystem/create(_:content:access:)``.
  public func create(
    _ temporary: TemporaryFile, content: [UInt8], access: TemporaryAccess
  ) throws(SystemError) {
    let unfinished = temporary.unfinished
    var model: stat?
    var modelPath: BankPath?
    var mode: UInt32 = 0o666
    switch access {
    case .new(let executable): mode = executable ? 0o777 : 0o666
    case .like(let path, let executable):
      guard let status = try status(of: Location(path)) else {
        throw SystemError("fstatat", path.description, code: ENOENT)
      }
      model = status
      modelPath = path
      // Nobody else may read it before it has the replaced file's owner and permissions.
      mode = 0o600
      model?.st_mode = Self.mode(UInt32(status.st_mode), executable: executable)
    }
    try within(temporary.directory) { (directory) throws(SystemError) in
      let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
      guard let file = Descriptor(membank_openat(directory, unfinished.name, flags, mode)) else {
        throw SystemError("open", unfinished.description)
      }
      do throws(SystemError) {
        try Self.write(content, to: file, unfinished)
        if let modelPath { adoptAttributes(of: modelPath, file) }
        if let model { try Self.adopt(model, file, unfinished) }
        Failpoint.applyUnfinished.pass()
        guard fsync(file.number) == 0 else { throw SystemError("fsync", unfinished.description) }
        try rename(directory, unfinished.name, directory, temporary.name, unfinished.description)
        Failpoint.applyTemporary.pass()
      } catch {
        unlinkat(directory, unfinished.name, 0)
        throw error
      }
    }
  }

  /// Swaps what stands at the two names; see ``FileSystem/exchange(_:_:)``.
  public func exchange(_ temporary: TemporaryFile, _ path: BankPath) throws(SystemError) {
    try within(temporary.directory) { (directory) throws(SystemError) in
      if !missing.contains(.exchange) {
        let result = membank_rename(
          directory, temporary.name, directory, path.name, UInt32(MEMBANK_RENAME_EXCHANGE))
        if result == 0 {
          hasExchanged = true
          return
        }
        guard Self.isUnsupported(errno) else { throw SystemError("renameat2", path.description) }
        missing.insert(.exchange)
      }
      try exchangeInSteps(directory, temporary, path)
    }
  }

  // The kernel asks the file system only when both names exist.
  func probeExchange() {
    guard !hasExchanged, !missing.contains(.exchange) else { return }
    let names = ["new-probe-1", "new-probe-2"].map { PathProblem.temporaryPrefix + $0 }
    defer { for name in names { unlinkat(root.number, name, 0) } }
    for name in names {
      guard Descriptor(membank_openat(root.number, name, O_WRONLY | O_CREAT, 0o600)) != nil else { return }
    }
    let result = membank_rename(
      root.number, names[0], root.number, names[1], UInt32(MEMBANK_RENAME_EXCHANGE))
    if result == 0 { hasExchanged = true } else if Self.isUnsupported(errno) { missing.insert(.exchange) }
  }

  // The name that the old file gets in between is a temporary one too: a crash leaves nothing without a name.
  private func exchangeInSteps(_ directory: Int32, _ temporary: TemporaryFile, _ path: BankPath) throws(SystemError) {
    let between = temporary.name + "x"
    if !missing.contains(.hardLinks) {
      if linkat(directory, path.name, directory, between, 0) == 0 {
        Failpoint.applyLinked.pass()
        // What replaces the file between these two calls is lost: the file system offers nothing better.
        guard renameat(directory, temporary.name, directory, path.name) == 0 else {
          let error = SystemError("renameat", path.description)
          unlinkat(directory, between, 0)
          throw error
        }
        Failpoint.applyReplaced.pass()
        try rename(directory, between, directory, temporary.name, path.description)
        return
      }
      try noteMissingLinks(path.description)
    }
    try rename(directory, path.name, directory, between, path.description)
    Failpoint.applyAside.pass()
    do throws(SystemError) {
      try rename(directory, temporary.name, directory, path.name, path.description)
    } catch {
      try rename(directory, between, directory, path.name, path.description)
      throw error
    }
    Failpoint.applyReplaced.pass()
    try rename(directory, between, directory, temporary.name, path.description)
  }

  /// Gives the file its final name; see ``FileSystem/place(_:at:)``.
  public func place(_ temporary: TemporaryFile, at path: BankPath) throws(SystemError) {
    try within(temporary.directory) { (directory) throws(SystemError) in
      try rename(directory, temporary.name, directory, path.name, path.description)
    }
  }

  /// Gives a document a temporary name.
  public func displace(_ path: BankPath, to temporary: TemporaryFile) throws(SystemError) {
    try within(temporary.directory) { (directory) throws(SystemError) in
      try rename(directory, path.name, directory, temporary.name, path.description)
    }
  }

  /// Removes a temporary file.
  public func remove(_ temporary: TemporaryFile) throws(SystemError) {
    try within(temporary.directory) { (directory) throws(SystemError) in
      guard unlinkat(directory, temporary.name, 0) == 0 else { throw SystemError("unlinkat", temporary.description) }
    }
  }

  /// Makes a directory.
  public func makeDirectory(_ path: BankPath) throws(SystemError) {
    try within(path.parent) { (directory) throws(SystemError) in
      guard mkdirat(directory, path.name, 0o777) == 0 else { throw SystemError("mkdirat", path.description) }
    }
  }

  /// Removes an empty directory.
  public func removeDirectory(_ path: BankPath) throws(SystemError) {
    try within(path.parent) { (directory) throws(SystemError) in
      guard unlinkat(directory, path.name, Int32(AT_REMOVEDIR)) == 0 else {
        throw SystemError("unlinkat", path.description)
      }
    }
  }

  /// Makes the names in a directory durable.
  public func synchronise(_ directory: BankPath?) throws(SystemError) {
    try within(directory) { (number) throws(SystemError) in
      // Some network file systems can't do it for directories, and say so.
      guard fsync(number) == 0 || errno == EINVAL else {
        throw SystemError("fsync", directory?.description ?? self.path)
      }
    }
  }

  /// Sets or clears the permission to execute, for those who may read.
  public func setExecutable(_ path: BankPath, _ executable: Bool) throws(SystemError) {
    guard let status = try status(of: Location(path)) else {
      throw SystemError("fstatat", path.description, code: ENOENT)
    }
    guard let file = Descriptor(open(path, O_RDONLY | O_NONBLOCK)) else {
      throw SystemError("openat2", path.description)
    }
    guard fchmod(file.number, Self.mode(UInt32(status.st_mode), executable: executable) & 0o7777) == 0 else {
      throw SystemError("fchmod", path.description)
    }
  }

  // Never replaces anything.
  private func rename(
    _ fromDirectory: Int32, _ from: String, _ toDirectory: Int32, _ to: String, _ operand: String
  ) throws(SystemError) {
    if !missing.contains(.noReplace) {
      let flags = UInt32(MEMBANK_RENAME_NOREPLACE)
      if membank_rename(fromDirectory, from, toDirectory, to, flags) == 0 { return }
      guard Self.isUnsupported(errno) else { throw SystemError("renameat2", operand) }
      missing.insert(.noReplace)
    }
    if !missing.contains(.hardLinks) {
      if linkat(fromDirectory, from, toDirectory, to, 0) == 0 {
        guard unlinkat(fromDirectory, from, 0) == 0 else { throw SystemError("unlinkat", operand) }
        return
      }
      try noteMissingLinks(operand)
    }
    guard faccessat(toDirectory, to, F_OK, AT_SYMLINK_NOFOLLOW) != 0 else {
      throw SystemError("renameat", operand, code: EEXIST)
    }
    guard renameat(fromDirectory, from, toDirectory, to) == 0 else { throw SystemError("renameat", operand) }
  }

  // link(2) says EPERM where there are no hard links, but also where just this file may not get one.
  private func noteMissingLinks(_ operand: String) throws(SystemError) {
    if errno == EPERM { return }
    guard Self.isUnsupported(errno) else { throw SystemError("linkat", operand) }
    missing.insert(.hardLinks)
  }

  private static func isUnsupported(_ code: Int32) -> Bool { [EINVAL, ENOSYS, EOPNOTSUPP].contains(code) }

  private static func mode(_ mode: UInt32, executable: Bool) -> UInt32 {
    guard (mode & 0o100 != 0) != executable else { return mode }
    return executable ? mode | (mode & 0o444) >> 2 : mode & ~0o111
  }

  private static func write(
    _ content: [UInt8], to file: borrowing Descriptor, _ name: TemporaryFile
  ) throws(SystemError) {
    let number = file.number
    var failure: Int32 = 0
    content.withUnsafeBytes { buffer in
      var written = 0
      while written < buffer.count {
        let result = Glibc.write(number, buffer.baseAddress?.advanced(by: written), buffer.count - written)
        if result < 0 && errno == EINTR { continue }
        guard result >= 0 else {
          failure = errno
          return
        }
        written += result
      }
    }
    guard failure == 0 else { throw SystemError("write", name.description, code: failure) }
  }

  // Access lists are attributes too. What this user may not set, or the file system lacks, stays behind.
  private func adoptAttributes(of path: BankPath, _ file: borrowing Descriptor) {
    guard let model = Descriptor(open(path, O_RDONLY | O_NONBLOCK)) else { return }
    _ = membank_copy_attributes(model.number, file.number)
  }

  private static func adopt(_ model: stat, _ file: borrowing Descriptor, _ name: TemporaryFile) throws(SystemError) {
    var mine = stat()
    guard fstat(file.number, &mine) == 0 else { throw SystemError("fstat", name.description) }
    var mode = model.st_mode & 0o7777
    if mine.st_uid != model.st_uid || mine.st_gid != model.st_gid {
      // Only root may give files away; and what is no longer its owner's must not be set-user-id.
      if fchown(file.number, model.st_uid, model.st_gid) != 0 { mode &= 0o777 }
    }
    guard fchmod(file.number, mode) == 0 else { throw SystemError("fchmod", name.description) }
  }
}
