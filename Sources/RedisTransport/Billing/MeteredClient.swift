/// A client whose commands are counted as the server bills them.
///
/// Scripts go out in a form that counts what they call. The server knows that form by another digest, so a script is
/// unknown here until it was sent whole once.
public final class MeteredClient: RedisClient {
  /// The server's address.
  public var address: String { inner.address }
  /// As the transport has it.
  public var carriesAnyBytes: Bool { inner.carriesAnyBytes }

  private let inner: any RedisClient
  private let meter: CommandMeter

  /// A client that hands on to another.
  public init(_ inner: any RedisClient, _ meter: CommandMeter) {
    self.inner = inner
    self.meter = meter
  }

  /// Ends the connection.
  public func close() { inner.close() }

  /// Carries out commands, and counts them.
  ///
  /// - Throws: ``RedisError``.
  public func run(_ commands: [RedisCommand]) throws(RedisError) -> [RedisValue] {
    var sent: [RedisCommand] = []
    var places: [Int] = []
    var replies = [RedisValue](
      repeating: .error("NOSCRIPT No matching script. Please use EVAL."), count: commands.count)
    for (place, command) in commands.enumerated() {
      guard let form = meter.sent(for: command) else { continue }
      sent.append(form)
      places.append(place)
    }
    guard !sent.isEmpty else { return replies }
    let answers: [RedisValue]
    do throws(RedisError) {
      answers = try inner.run(sent)
    } catch {
      if error.kind == .timeout || error.kind == .closed { meter.noteLost(places.map { commands[$0] }) }
      throw error
    }
    guard answers.count == sent.count else {
      throw RedisError(.protocolViolation, operation: "run", operand: address, message: "replies are missing")
    }
    for (place, answer) in zip(places, answers) { replies[place] = meter.note(commands[place], answer) }
    return replies
  }
}
