import RedisTransport
import Support
import SyncEngine
import TestSupport
import Testing

@Suite("What a failure asks for")
struct RemedyTests {
  private func failed(_ remedies: [RemoteFailure.Remedy]) throws -> TestReplica {
    let replica = try TestReplica(addresses: [RedisAddress(.unix(path: "/nonexistent"))])
    for (index, remedy) in remedies.enumerated() {
      _ = try replica.engine.nextCall(for: 0)
      try replica.engine.receive(.failed(RemoteFailure(remedy: remedy, message: "no")), from: 0)
      guard case .down(let until) = replica.engine.sessions[0].state, index + 1 < remedies.count else { continue }
      replica.clock.advance(seconds: (until - replica.clock.monotonicNanoseconds) / 1_000_000_000 + 1)
    }
    return replica
  }

  private func wait(_ replica: TestReplica) -> Int64? {
    guard case .down(let until) = replica.engine.sessions[0].state else { return nil }
    return until - replica.clock.monotonicNanoseconds
  }

  @Test("is waited for as long as the server says, and not much longer", arguments: [7, 300, 3600])
  func waits(seconds: Int) throws {
    let replica = try failed([.wait(seconds: seconds)])
    // Who waits for the remote need not wait that long.
    #expect(replica.engine.isStuck(0) == (seconds > 10))
    let left = try #require(wait(replica))
    #expect((Int64(seconds) * 1_000_000_000...Int64(seconds) * 1_250_000_000).contains(left))
    replica.clock.advance(seconds: Int64(seconds) - 1)
    #expect(try replica.engine.nextCall(for: 0) == nil)
    replica.clock.advance(seconds: Int64(seconds) / 4 + 2)
    #expect(try replica.engine.nextCall(for: 0) != nil)
  }

  @Test("is tried again ever more rarely, within a minute")
  func retries() throws {
    #expect(try #require(wait(try failed([.retry]))) <= 100_000_000)
    let waits = try (0..<20).map { _ in try #require(wait(try failed(Array(repeating: .retry, count: 12)))) }
    #expect(waits.allSatisfy { $0 <= 60_000_000_000 })
    // Full jitter: twenty draws from a whole minute are not all in its first tenth.
    #expect(waits.contains { $0 > 6_000_000_000 })
  }

  @Test("is a person's business: nothing more is asked until then")
  func halts() throws {
    let replica = try failed([.halt])
    #expect(replica.engine.sessions[0].state == .halted)
    replica.clock.advance(seconds: 1_000_000)
    #expect(try replica.engine.nextCall(for: 0) == nil)
    replica.engine.resumeRemote(0)
    #expect(try replica.engine.nextCall(for: 0) != nil)
  }
}
