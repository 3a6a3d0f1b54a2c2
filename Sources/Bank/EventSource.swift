import Glibc
package import Support

/// One event as inotify tells it.
package struct WatchEvent: Sendable {
  package let watch: Int32
  package let mask: UInt32
  package let cookie: UInt32
  /// The name in the watched directory; empty when the event is about that itself.
  package let name: [UInt8]

  package init(watch: Int32, mask: UInt32, cookie: UInt32, name: [UInt8]) {
    self.watch = watch
    self.mask = mask
    self.cookie = cookie
    self.name = name
  }

  func has(_ flag: some BinaryInteger) -> Bool { mask & UInt32(truncatingIfNeeded: flag) != 0 }
  var isDirectory: Bool { has(IN_ISDIR) }
}

/// Where a watcher's events come from: inotify, or a simulation of it.
package protocol EventSource: AnyObject {
  /// A descriptor that is readable when there are events.
  var number: Int32 { get }
  /// Watches the directory at an absolute path, which is not followed when it is a symbolic link.
  func add(_ path: String, isRoot: Bool) throws(SystemError) -> Int32
  /// Watches a directory only for names that leave it.
  func addForDepartures(_ path: String) -> Int32?
  func remove(_ watch: Int32)
  /// The next events; empty when there are none for now.
  func read() -> [WatchEvent]
}
