import RedisTransport
import SimulatedRedis
import Support
import TestSupport
import Testing

@Suite("A simulated server's refusals", .timeLimit(.minutes(15)))
struct RefusalProcessTests {
  private let model = SimulatedRedis(clock: SetClock(), random: SeededRandom(1))

  @Test("of strangers are in the words of redis-server")
  func password() throws {
    var options = RedisServer.Options()
    options.password = "p"
    let server = try RedisServer(options)
    model.condition = .unauthenticated
    let error = #expect(throws: RedisError.self) { try RedisConnection(RedisAddress(.unix(path: server.socket))) }
    #expect(error?.message == model.execute(["PING"]).error)
  }

  @Test("while a script runs are in the words of redis-server")
  func busy() async throws {
    var options = RedisServer.Options()
    options.configuration = ["busy-reply-threshold 1"]
    let server = try RedisServer(options)
    let one = try server.connect()
    model.condition = .busy
    let running = Task.detached { try? server.run("EVAL", "while true do end", "0") }
    #expect(
      try await eventually {
        do throws(RedisError) {
          try one.run("GET", "k")
          return false
        } catch {
          return error.message == model.execute(["GET", "k"]).error
        }
      })
    try one.run("SCRIPT", "KILL")
    _ = await running.value
  }
}
