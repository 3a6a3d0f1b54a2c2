import CLinux
import Glibc
import Support

/// Tells systemd how the service does: sd_notify(3), without its library.
struct ServiceManager {
  private let socketPath: String?
  private let interval: Int64?
  private var lastPet: Int64 = 0
  private let clock = SystemClock()

  /// - Parameter socket: The value of `NOTIFY_SOCKET`; nil outside systemd.
  init(_ socket: String?) {
    socketPath = socket
    // Half of what systemd waits for, as sd_watchdog_enabled(3) advises.
    interval =
      socket == nil ? nil : getenv("WATCHDOG_USEC").flatMap { Int64(String(cString: $0)) }.map { $0 * 1000 / 2 }
  }

  /// When the watchdog has to hear of us next, in monotonic nanoseconds.
  var nextDeadline: Int64? { interval.map { lastPet + $0 } }

  /// Says that the event loop turns, if that is due.
  mutating func pet() {
    guard let interval, clock.monotonicNanoseconds >= lastPet + interval else { return }
    lastPet = clock.monotonicNanoseconds
    notify("WATCHDOG=1")
  }

  /// Sends a state; a manager that doesn't listen is not our trouble.
  func notify(_ state: String) {
    guard let socketPath, !socketPath.isEmpty else { return }
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var name = Array(socketPath.utf8)
    // An abstract socket's name begins with NUL and is written with an @.
    if name.first == UInt8(ascii: "@") { name[0] = 0 }
    guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
    let message = Array(state.utf8)
    _ = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(descriptor, message, message.count, Int32(MSG_NOSIGNAL), $0, length)
      }
    }
  }
}
