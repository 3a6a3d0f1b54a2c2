import CLinux
import Glibc
import Support

/// Directories: their names, and their changes.
enum Folder {
  static func names(_ path: String) throws -> [String] {
    guard let stream = opendir(path) else { throw SystemError("opendir", path) }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names
  }
}

/// Sleeps until something changes in one directory: nothing is polled, so that two cores are enough for all.
final class FolderWatch {
  private let descriptor: Int32

  init(_ directory: String) throws {
    descriptor = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
    guard descriptor >= 0 else { throw SystemError("inotify_init1", directory) }
    let mask = UInt32(IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE)
    guard inotify_add_watch(descriptor, directory, mask) >= 0 else { throw SystemError("inotify_add_watch", directory) }
  }

  deinit { close(descriptor) }

  /// Waits until the condition holds, looking at each change of the directory.
  ///
  /// - Returns: When it did, in monotonic nanoseconds.
  func wait(_ what: String, seconds: Int64 = 10, _ condition: () throws -> Bool) throws -> Int64 {
    let clock = SystemClock()
    let end = clock.monotonicNanoseconds + seconds * 1_000_000_000
    var buffer = [UInt8](repeating: 0, count: 1 << 14)
    while true {
      if try condition() { return clock.monotonicNanoseconds }
      let left = (end - clock.monotonicNanoseconds) / 1_000_000
      guard left > 0 else { throw BenchmarkError("waited in vain for \(what)") }
      var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      _ = poll(&entry, 1, Int32(left))
      _ = read(descriptor, &buffer, buffer.count)
    }
  }
}
