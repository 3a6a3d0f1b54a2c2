import Glibc
import Mirror
import RedisTransport
import Support

/// Listens to publications of other replicas over REST.
///
/// It only makes what they publish come sooner: foreign writes are not announced there, so the remote is polled all the
/// same, and a server without such streams is left alone.
struct RestListening {
  let slot: RemoteSlot
  let address: RestAddress
  let keys: MirrorKeys
  let news: Channel<RemoteNews>
  let stopped: Channel<Bool>

  /// Listens until it is stopped.
  func run() {
    let clock = SystemClock()
    var failures = 0
    var wait = 0.0
    while !pause(wait) {
      let start = clock.monotonicNanoseconds
      let error = listen()
      guard error.kind != .cancelled else { return }
      // A stream that stood for a while has ended as streams do; one that never stands is asked for ever more rarely,
      // since asking may be billed.
      let stood = clock.monotonicNanoseconds - start > 60_000_000_000
      failures = stood ? 0 : failures + 1
      let ceiling = error.isTransient ? min(600, 1 << min(failures, 10)) : 3600
      wait = Double(ceiling) * (0.5 + 0.5 * SystemRandom().fraction())
    }
  }

  private func listen() -> RedisError {
    // Whether a stream is billed is not known; it is counted as the command that it is.
    news.send(.spent(slot, 1))
    let subscriber = RestSubscriber(address, cancellation: stopped.descriptor)
    do throws(RedisError) {
      try subscriber.listen(to: keys.events) {
        // What was published before nobody has heard.
        news.send(.events(slot, [.published(nil)]))
      } onMessage: { message in
        if let event = keys.event(message) { news.send(.events(slot, [event])) }
      }
      return RedisError(.closed, operation: "SUBSCRIBE", operand: address.description, message: "ended")
    } catch {
      return error
    }
  }

  /// Waits; true when it was stopped meanwhile.
  private func pause(_ seconds: Double) -> Bool {
    var entry = pollfd(fd: stopped.descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&entry, 1, Int32(seconds * 1000)) > 0
  }
}
