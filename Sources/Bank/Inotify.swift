internal import CLinux
import Glibc
import Support

/// An inotify instance.
final class Inotify: EventSource {
  private let descriptor: Descriptor
  private var buffer = [UInt8](repeating: 0, count: 65536)

  init() throws(SystemError) {
    guard let descriptor = Descriptor(inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))) else {
      throw SystemError("inotify_init1", "inotify")
    }
    self.descriptor = descriptor
  }

  var number: Int32 { descriptor.number }

  func add(_ path: String, isRoot: Bool) throws(SystemError) -> Int32 {
    var mask =
      UInt32(IN_CREATE) | UInt32(IN_MODIFY) | UInt32(IN_ATTRIB) | UInt32(IN_CLOSE_WRITE) | UInt32(IN_MOVED_FROM)
      | UInt32(IN_MOVED_TO) | UInt32(IN_DELETE) | UInt32(IN_ONLYDIR) | UInt32(IN_EXCL_UNLINK)
    mask |= isRoot ? UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF) : UInt32(IN_DONT_FOLLOW)
    let watch = inotify_add_watch(number, path, mask)
    guard watch >= 0 else { throw SystemError("inotify_add_watch", path) }
    return watch
  }

  func addForDepartures(_ path: String) -> Int32? {
    let watch = inotify_add_watch(number, path, UInt32(IN_DELETE) | UInt32(IN_MOVED_FROM) | UInt32(IN_ONLYDIR))
    return watch < 0 ? nil : watch
  }

  func remove(_ watch: Int32) { inotify_rm_watch(number, watch) }

  func read() -> [WatchEvent] {
    let number = number
    let count = buffer.withUnsafeMutableBytes { Glibc.read(number, $0.baseAddress, $0.count) }
    guard count > 0 else { return [] }
    var events: [WatchEvent] = []
    buffer.withUnsafeBytes { bytes in
      var offset = 0
      while offset + 16 <= count {
        let length = Int(bytes.loadUnaligned(fromByteOffset: offset + 12, as: UInt32.self))
        guard offset + 16 + length <= count else { return }
        // The kernel pads the name with NUL.
        let name = bytes[(offset + 16)..<(offset + 16 + length)].prefix { $0 != 0 }
        events.append(
          WatchEvent(
            watch: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self),
            mask: bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self),
            cookie: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt32.self), name: Array(name)))
        offset += 16 + length
      }
    }
    return events
  }
}

/// The beginning of a file of the kernel's.
func readSmallFile(_ path: String) -> [UInt8]? {
  guard let file = Descriptor(membank_open(path, O_RDONLY, 0)) else { return nil }
  let number = file.number
  return [UInt8](unsafeUninitializedCapacity: 256) { buffer, count in
    count = max(0, Glibc.read(number, buffer.baseAddress, buffer.count))
  }
}
