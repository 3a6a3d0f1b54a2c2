import Glibc
import Support

/// One connection to one server.
///
/// It blocks its thread while it waits, with poll(2) under it. After a failure that leaves request and reply out of
/// step (a timeout, a lost connection) it is of no further use; making a new one is the caller's decision.
public final class RedisConnection: RedisClient {
  /// The server's address, without secrets.
  public let address: String
  private let timeouts: RedisTimeouts
  private var link: Link?
  private var input: [UInt8]

  private struct Link: ~Copyable {
    let socket: RedisSocket
    let reader: ReplyReader
  }

  /// Connects, authenticates, chooses the database and makes sure that Redis answers.
  ///
  /// - Parameters:
  ///   - address: The server.
  ///   - timeouts: How long to wait.
  ///   - cancellation: A descriptor (an eventfd, say) that ends any wait as soon as it is readable; -1 for none.
  /// - Throws: ``RedisError``; its kind tells wrong credentials, a loading server and a stranger apart.
  public init(
    _ address: RedisAddress, timeouts: RedisTimeouts = RedisTimeouts(), cancellation: Int32 = -1
  ) throws(RedisError) {
    self.address = address.description
    self.timeouts = timeouts
    input = [UInt8](repeating: 0, count: 64 * 1024)
    let socket = try RedisSocket.connect(to: address, timeout: timeouts.connect, cancellation: cancellation)
    guard let reader = ReplyReader() else {
      throw RedisError(.unreachable, operation: "connect", operand: self.address, message: "out of memory")
    }
    link = Link(socket: socket, reader: reader)
    try greet(address)
  }

  private func greet(_ address: RedisAddress) throws(RedisError) {
    var commands: [RedisCommand] = []
    if let password = address.password {
      commands.append(
        address.user.map { RedisCommand("AUTH", $0, password) } ?? RedisCommand("AUTH", password))
    }
    let naming = commands.count
    commands.append(["CLIENT", "SETNAME", "membank"])
    if address.database != 0 { commands.append(RedisCommand("SELECT", String(address.database))) }
    commands.append(["PING"])
    let replies = try run(commands)
    for (index, reply) in replies.enumerated() {
      guard let message = reply.error else { continue }
      // The name is a courtesy; some hosted servers know no CLIENT.
      if index == naming, !message.hasPrefix("NOAUTH") { continue }
      let failure = RedisError(reply: message, operation: commands[index].name, operand: self.address)
      // A user who may not PING may still do all that is needed.
      if commands[index].name == "PING", failure.kind == .permission { continue }
      close()
      throw failure
    }
  }

  /// Carries out commands in one round trip.
  ///
  /// - Throws: ``RedisError``; the connection is closed then.
  public func run(_ commands: [RedisCommand]) throws(RedisError) -> [RedisValue] {
    guard !commands.isEmpty else { return [] }
    let operation = commands.count == 1 ? commands[0].name : "\(commands[0].name) and \(commands.count - 1) more"
    do throws(RedisError) {
      return try exchange(commands, operation)
    } catch {
      close()
      throw error
    }
  }

  /// Ends the connection; further commands fail with `closed`.
  public func close() { link = nil }

  private func exchange(_ commands: [RedisCommand], _ operation: String) throws(RedisError) -> [RedisValue] {
    guard link != nil else {
      throw RedisError(.closed, operation: operation, operand: address, message: "the connection is closed")
    }
    var output: [UInt8] = []
    output.reserveCapacity(commands.reduce(0) { $0 + $1.arguments.reduce(32) { $0 + $1.count + 16 } })
    for command in commands { command.encode(into: &output) }
    var replies: [RedisValue] = []
    replies.reserveCapacity(commands.count)
    var written = try link?.socket.write(output, from: 0, operation: operation) ?? 0
    Failpoint.redisSent.pass()
    while replies.count < commands.count {
      // Replies are read while commands still go out: a server that can't send stops reading.
      let events = written < output.count ? POLLIN | POLLOUT : POLLIN
      let ready = try link?.socket.wait(for: events, timeout: timeouts.command, operation: operation) ?? 0
      if ready & POLLOUT != 0, written < output.count {
        written += try link?.socket.write(output, from: written, operation: operation) ?? 0
      }
      if ready & ~POLLOUT != 0 { try receive(into: &replies, atMost: commands.count, operation) }
    }
    return replies
  }

  private func receive(into replies: inout [RedisValue], atMost limit: Int, _ operation: String) throws(RedisError) {
    guard let count = try readInput(operation) else { return }
    let fed = input.withUnsafeBytes { link?.reader.feed(UnsafeRawBufferPointer(rebasing: $0[..<count])) ?? false }
    guard fed else { throw violation(operation, "a reply without an end") }
    // Large replies come faster through a large buffer.
    if count == input.count, count < 1024 * 1024 { input = [UInt8](repeating: 0, count: count * 4) }
    while true {
      switch link?.reader.next() {
      case .reply(let value):
        guard replies.count < limit else { throw violation(operation, "a reply that nobody asked for") }
        replies.append(value)
      case .notRESP(let message): throw violation(operation, "this is not a Redis server: \(message)")
      case .needsMore, nil: return
      }
    }
  }

  private func readInput(_ operation: String) throws(RedisError) -> Int? {
    var outcome: Result<Int?, RedisError> = .success(nil)
    input.withUnsafeMutableBytes { buffer in
      do throws(RedisError) {
        outcome = .success(try link?.socket.read(into: buffer, operation: operation))
      } catch {
        outcome = .failure(error)
      }
    }
    return try outcome.get()
  }

  // What a subscriber needs: replies that no command waits for.

  var descriptor: Int32 { link?.socket.descriptor ?? -1 }

  /// Sends a command without waiting for its reply.
  func send(_ command: RedisCommand) throws(RedisError) {
    do throws(RedisError) {
      var output: [UInt8] = []
      command.encode(into: &output)
      var written = 0
      while written < output.count {
        guard let count = try link?.socket.write(output, from: written, operation: command.name) else {
          throw RedisError(.closed, operation: command.name, operand: address, message: "the connection is closed")
        }
        written += count
        if count == 0 { _ = try link?.socket.wait(for: POLLOUT, timeout: timeouts.command, operation: command.name) }
      }
    } catch {
      close()
      throw error
    }
  }

  /// The replies that have come; waits up to `timeout` milliseconds for the first bytes.
  func unasked(timeout: Int) throws(RedisError) -> [RedisValue] {
    guard link != nil else {
      throw RedisError(.closed, operation: "receive", operand: address, message: "the connection is closed")
    }
    var replies: [RedisValue] = []
    do throws(RedisError) {
      _ = try link?.socket.wait(for: POLLIN, timeout: timeout, operation: "receive")
      try receive(into: &replies, atMost: .max, "receive")
    } catch {
      if error.kind == .timeout { return replies }
      close()
      throw error
    }
    return replies
  }

  private func violation(_ operation: String, _ message: String) -> RedisError {
    RedisError(.protocolViolation, operation: operation, operand: address, message: message)
  }
}
