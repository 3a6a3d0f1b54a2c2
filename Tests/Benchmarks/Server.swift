import Glibc
import RedisTransport
import Support

/// A private redis-server on a unix socket; it keeps nothing on disk and tells of what is written to keys.
final class Server {
  let socket: String
  private let process: pid_t

  init(_ workshop: Workshop) throws {
    let directory = try workshop.folder("redis")
    socket = "\(directory)/s"
    process = try Spawn.start(
      [
        "redis-server", "--port", "0", "--unixsocket", socket, "--dir", directory, "--save", "", "--appendonly", "no",
        "--notify-keyspace-events", "KEA",
      ], environment: Workshop.environment(home: directory), output: "\(directory)/log")
    try Wait.until("redis-server to answer") { (try? self.connect()) != nil }
  }

  deinit {
    kill(process, SIGKILL)
    waitpid(process, nil, 0)
  }

  var address: RedisAddress { RedisAddress(.unix(path: socket)) }

  var url: String { "unix://\(socket)" }

  func connect() throws -> RedisConnection { try RedisConnection(address) }
}

/// Waits for conditions that no descriptor tells of.
enum Wait {
  static func until(_ what: String, seconds: Int64 = 60, _ condition: () throws -> Bool) throws {
    let clock = SystemClock()
    let end = clock.monotonicNanoseconds + seconds * 1_000_000_000
    while try !condition() {
      guard clock.monotonicNanoseconds < end else { throw BenchmarkError("waited in vain for \(what)") }
      usleep(2_000)
    }
  }
}
