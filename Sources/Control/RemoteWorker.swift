import CLinux
import Glibc
public import Mirror
import RedisTransport
import Support
public import SyncEngine

/// What a worker or a subscriber tells the event loop.
public enum RemoteNews: Sendable {
  /// The answer to the call that was asked last, and the commands that it was billed for.
  case answer(RemoteSlot, RemoteAnswer, spent: Int64)
  /// Commands that were billed besides.
  case spent(RemoteSlot, Int64)
  /// Something may have changed.
  case events(RemoteSlot, [MirrorEvent])
  /// The subscription stands, or fell: from here on hints come at once, or not at all.
  case listening(RemoteSlot, Bool)

  var slot: RemoteSlot {
    switch self {
    case .answer(let slot, _, _), .spent(let slot, _), .events(let slot, _), .listening(let slot, _): slot
    }
  }
}

/// A remote's place in the engine's list.
///
/// After a reload the list is another: what threads of an earlier one still say
/// is for nobody.
public struct RemoteSlot: Sendable, Hashable {
  let index: Int
  let generation: Int
}

/// The thread that talks to one remote, one call at a time.
final class RemoteWorker {
  private let jobs: Channel<RemoteCall?>
  private let thread: WorkerThread

  /// Starts the thread.
  init(_ slot: RemoteSlot, _ connector: RemoteConnector, news: Channel<RemoteNews>) throws(SystemError) {
    let jobs = try Channel<RemoteCall?>()
    self.jobs = jobs
    thread = try WorkerThread("remote-\(connector.target.name)") {
      let driver = connector.driver()
      while true {
        for job in jobs.wait() {
          guard let call = job else { return driver.disconnect() }
          let answer = driver.perform(call)
          news.send(.answer(slot, answer, spent: driver.takeSpending()))
        }
      }
    }
  }

  /// Asks; the answer comes as news.
  func ask(_ call: RemoteCall) { jobs.send(call) }

  /// Lets the thread end after the call in hand; it is not waited for, since a server that hangs would hang us.
  func stop() { jobs.send(nil) }
}

/// The thread that listens to one remote's notifications.
///
/// Messages are hints: after each (re)connection everything is looked at, since what was said meanwhile is lost.
final class RemoteListener {
  /// A flood of foreign writes must not fill the memory while the event loop is busy.
  private static let mostWaiting = 1000

  private let stopped: Channel<Bool>
  private let thread: WorkerThread

  init(_ slot: RemoteSlot, _ connector: RemoteConnector, news: Channel<RemoteNews>) throws(SystemError) {
    let stopped = try Channel<Bool>()
    self.stopped = stopped
    thread = try WorkerThread("listen-\(connector.target.name)") {
      if case .rest(let address) = connector.target.place {
        return RestListening(slot: slot, address: address, keys: connector.keys, news: news, stopped: stopped).run()
      }
      var failures = 0
      while !Self.pause(failures, stopped) {
        do {
          try Self.listen(slot, connector, news, stopped) { failures = 0 }
          return
        } catch {
          news.send(.listening(slot, false))
          failures += 1
        }
      }
    }
  }

  func stop() { stopped.send(true) }

  /// Waits before the next attempt.
  ///
  /// - Returns: Whether the listener was stopped.
  private static func pause(_ failures: Int, _ stopped: Channel<Bool>) -> Bool {
    let ceiling = failures == 0 ? 0 : min(60_000, 100 << min(failures, 10))
    var entry = pollfd(fd: stopped.descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&entry, 1, Int32(Double(ceiling) * SystemRandom().fraction())) > 0
  }

  private static func listen(
    _ slot: RemoteSlot, _ connector: RemoteConnector, _ news: Channel<RemoteNews>, _ stopped: Channel<Bool>,
    connected: () -> Void
  ) throws(RedisError) {
    guard let seed = connector.redisAddress else { return }
    // In a cluster only the node that owns the bank's slot tells of its keys.
    let router = try RedisRouter(seed)
    let address = router.address(forKey: connector.keys.head)
    let announces = Self.announcesWrites(router, connector)
    router.close()
    let keys = connector.keys
    let subscriber = try RedisSubscriber(
      address, channels: [keys.events], patterns: keys.keyspacePatterns(database: address.database),
      cancellation: stopped.descriptor)
    defer { subscriber.close() }
    connected()
    news.send(.listening(slot, announces))
    var hints = HintSender(news, atMost: Self.mostWaiting, everything: .listening(slot, announces))
    while true {
      let events = try subscriber.receive(timeout: -1).compactMap { keys.event($0) }
      guard !events.isEmpty else { continue }
      hints.send(.events(slot, events))
    }
  }

  /// Whether the server publishes what is written to keys; one that doesn't say is polled.
  private static func announcesWrites(_ router: RedisRouter, _ connector: RemoteConnector) -> Bool {
    let mirror = Mirror(
      client: router, keys: connector.keys, ttl: connector.ttl, limits: connector.limits, random: SystemRandom())
    return (try? mirror.serverFacts())?.announcesWrites ?? false
  }
}
