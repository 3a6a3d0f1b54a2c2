import RedisTransport
import Support
import TestSupport
import Testing

@Suite("A subscriber over REST", .timeLimit(.minutes(15)))
struct RestSubscriberProcessTests {
  private final class Heard: Sendable {
    let opened = Lock(0)
    let payloads = Lock<[String]>([])
    let end = Lock<RedisError?>(nil)
  }

  /// Listens on a thread of its own.
  private func listen(_ standIn: UpstashStandIn, token: String? = nil, stop: Channel<Bool>) throws -> Heard {
    let heard = Heard()
    let address = try RestAddress(standIn.url, token: .value(token ?? standIn.token))
    _ = try WorkerThread("listening") {
      do throws(RedisError) {
        try RestSubscriber(address, cancellation: stop.descriptor).listen(to: Array("p:{b,c}:events".utf8)) {
          heard.opened.withLock { $0 += 1 }
        } onMessage: { message in
          heard.payloads.withLock { $0.append(String(decoding: message.payload, as: UTF8.self)) }
        }
      } catch {
        heard.end.withLock { $0 = error }
      }
    }
    return heard
  }

  @Test("hears what is published, whatever stands in it, until it is stopped")
  func messages() async throws {
    let standIn = try UpstashStandIn(try RedisServer())
    let stop = try Channel<Bool>()
    let heard = try listen(standIn, stop: stop)
    #expect(try await eventually { heard.opened.withLock { $0 } == 1 })
    for payload in ["one", "a,b", "", "ü"] { try standIn.redis.run("PUBLISH", "p:{b,c}:events", payload) }
    try standIn.redis.run("PUBLISH", "other", "x")
    #expect(try await eventually { heard.payloads.withLock { $0 }.count == 4 })
    #expect(heard.payloads.withLock { $0 } == ["one", "a,b", "", "ü"])
    stop.send(true)
    #expect(try await eventually { heard.end.withLock { $0 }?.kind == .cancelled })
  }

  @Test("ends with the server's stream")
  func ends() async throws {
    let standIn = try UpstashStandIn(try RedisServer())
    let heard = try listen(standIn, stop: try Channel<Bool>())
    #expect(try await eventually { heard.opened.withLock { $0 } == 1 })
    standIn.redis.stop()
    #expect(try await eventually { heard.end.withLock { $0 }?.kind == .closed })
  }

  @Test("says when there are no streams, or none for it", arguments: [true, false])
  func refused(isKnown: Bool) async throws {
    let standIn = try UpstashStandIn(try RedisServer())
    if isKnown { try standIn.control(["variants": ["no-streams": true]]) }
    let heard = try listen(standIn, token: isKnown ? nil : "wrong", stop: try Channel<Bool>())
    #expect(try await eventually { heard.end.withLock { $0 } != nil })
    let error = heard.end.withLock { $0 }
    #expect(error?.kind == (isKnown ? .command("ERR") : .credentials))
    #expect(error?.isTransient == false)
    #expect(heard.opened.withLock { $0 } == 0)
  }
}
