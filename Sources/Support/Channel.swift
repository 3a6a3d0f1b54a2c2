import CLinux
import Glibc

/// A queue between two threads whose receiver can sleep in `epoll` or in ``wait()``.
public final class Channel<Element: Sendable>: Sendable {
  /// Readable while something is queued: for the receiver's event loop.
  public let descriptor: Int32
  private let queue = Lock<[Element]>([])

  /// An empty queue.
  ///
  /// - Throws: ``SystemError`` when the process is out of descriptors.
  public init() throws(SystemError) {
    descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    guard descriptor >= 0 else { throw SystemError("eventfd", "channel") }
  }

  deinit { close(descriptor) }

  /// Queues an element and wakes the receiver.
  public func send(_ element: Element) {
    queue.withLock { $0.append(element) }
    wake()
  }

  private func wake() {
    var one: UInt64 = 1
    // Only a counter at its limit refuses, and then the receiver is awake anyway.
    _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
  }

  /// Queues an element unless so many are queued already.
  ///
  /// - Returns: Whether it was queued.
  public func send(_ element: Element, atMost limit: Int) -> Bool {
    let isQueued = queue.withLock { elements in
      guard elements.count < limit else { return false }
      elements.append(element)
      return true
    }
    if isQueued { wake() }
    return isQueued
  }

  /// What is queued now, in order; nothing when nothing is.
  public func takeAll() -> [Element] {
    // The counter is cleared first: a send between the two leaves it set, and costs one empty look at most.
    var count: UInt64 = 0
    _ = read(descriptor, &count, MemoryLayout<UInt64>.size)
    return queue.withLock { elements in
      defer { elements = [] }
      return elements
    }
  }

  /// Sleeps until something is queued, then takes all of it.
  public func wait() -> [Element] {
    while true {
      let elements = takeAll()
      if !elements.isEmpty { return elements }
      var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      _ = poll(&entry, 1, -1)
    }
  }
}

/// Sends hints to a receiver that may fall behind: then it is told once to look at everything, and the hints that come
/// until it does are left out.
public struct HintSender<Element: Sendable> {
  private let channel: Channel<Element>
  private let limit: Int
  private let everything: Element
  private var isBehind = false

  /// A sender.
  ///
  /// - Parameters:
  ///   - channel: Where the hints go.
  ///   - limit: How many elements may be queued there.
  ///   - everything: What stands for all hints that are left out.
  public init(_ channel: Channel<Element>, atMost limit: Int, everything: Element) {
    self.channel = channel
    self.limit = limit
    self.everything = everything
  }

  /// Sends a hint.
  public mutating func send(_ hint: Element) {
    if channel.send(hint, atMost: limit) {
      isBehind = false
    } else if !isBehind {
      isBehind = true
      channel.send(everything)
    }
  }
}

/// A thread of our own, for calls that block: they must never run on Swift's cooperative pool.
public struct WorkerThread: ~Copyable {
  private let handle: pthread_t

  /// Starts it.
  ///
  /// - Throws: ``SystemError`` when the machine has no thread to give.
  public init(_ name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
    var handle = pthread_t()
    let box = Unmanaged.passRetained(ThreadBody(name, body))
    let code = pthread_create(&handle, nil, runThread, box.toOpaque())
    guard code == 0 else {
      box.release()
      throw SystemError("pthread_create", name, code: code)
    }
    self.handle = handle
  }

  // What nobody waits for takes its stack along when it ends.
  deinit { pthread_detach(handle) }

  /// Waits for its end.
  public consuming func join() {
    let handle = handle
    discard self
    pthread_join(handle, nil)
  }
}

private final class ThreadBody: Sendable {
  let name: String
  let run: @Sendable () -> Void

  init(_ name: String, _ run: @escaping @Sendable () -> Void) {
    self.name = name
    self.run = run
  }
}

private func runThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let argument else { return nil }
  // Signals belong to the thread with the event loop, which reads them from a descriptor.
  var all = sigset_t()
  sigfillset(&all)
  pthread_sigmask(SIG_BLOCK, &all, nil)
  let body = Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue()
  membank_name_thread(body.name)
  body.run()
  return nil
}
