import CLinux
import Glibc
public import Support

/// Waits for descriptors: `epoll`.
public final class Poller {
  private let descriptor: Int32

  /// An empty set.
  public init() throws(SystemError) {
    descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard descriptor >= 0 else { throw SystemError("epoll_create1", "poller") }
  }

  deinit { close(descriptor) }

  /// Waits for `target` to be readable.
  public func add(_ target: Int32) throws(SystemError) {
    var event = epoll_event()
    event.events = EPOLLIN.rawValue
    event.data.fd = target
    guard epoll_ctl(descriptor, EPOLL_CTL_ADD, target, &event) == 0 else { throw SystemError("epoll_ctl", "add") }
  }

  /// Waits for `target` no longer; call it before the descriptor is closed.
  public func remove(_ target: Int32) {
    var event = epoll_event()
    _ = epoll_ctl(descriptor, EPOLL_CTL_DEL, target, &event)
  }

  /// Sleeps until something is readable or `nanoseconds` have passed (nil: as long as it takes).
  public func wait(nanoseconds: Int64?) -> [Int32] {
    // Rounded up, so that a deadline has passed when the sleep for it ends.
    let timeout = nanoseconds.map { Int32(clamping: max(0, ($0 + 999_999) / 1_000_000)) } ?? -1
    var events = [epoll_event](repeating: epoll_event(), count: 32)
    let count = epoll_wait(descriptor, &events, Int32(events.count), timeout)
    return count <= 0 ? [] : events[..<Int(count)].map(\.data.fd)
  }
}
