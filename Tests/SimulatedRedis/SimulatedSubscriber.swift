public import RedisTransport

/// Somebody who listens to channels of a simulated server.
///
/// Messages wait here until they are taken; a test may as well lose them.
public final class SimulatedSubscriber {
  private let channels: Set<Bytes>
  private let patterns: [Bytes]
  private var waiting: [RedisMessage] = []

  init(channels: [Bytes], patterns: [Bytes]) {
    self.channels = Set(channels)
    self.patterns = patterns
  }

  /// The messages that have come since the last time, in order.
  public func receive() -> [RedisMessage] {
    defer { waiting = [] }
    return waiting
  }

  /// Takes a message in, once for each name that it is listened to by; returns how often that was.
  @discardableResult
  func hear(_ message: RedisMessage) -> Int {
    let times = count(of: message.channel)
    waiting += repeatElement(message, count: times)
    return times
  }

  func count(of channel: Bytes) -> Int {
    (channels.contains(channel) ? 1 : 0) + patterns.count { matches(channel[...], pattern: $0[...]) }
  }
}

extension SimulatedRedis {
  /// Listens to channels, by exact names and by patterns.
  ///
  /// The server keeps no hold of who listens: when that goes away, so does the subscription.
  public func subscribe(channels: [[UInt8]], patterns: [[UInt8]] = []) -> SimulatedSubscriber {
    let subscriber = SimulatedSubscriber(channels: channels, patterns: patterns)
    subscriptions.removeAll { $0.subscriber == nil }
    subscriptions.append(Subscription(subscriber: subscriber))
    return subscriber
  }
}

struct Subscription {
  weak var subscriber: SimulatedSubscriber?
}
