import HTTPClient

/// Listens to a channel of a database behind REST: one answer that goes on, a line for each message.
///
/// Messages are hints; what was said before the channel is open, or between two streams, is lost.
public final class RestSubscriber {
  private let remote: RestAddress
  private let session: HTTPSession

  /// A subscriber; nothing is connected to yet.
  ///
  /// - Parameters:
  ///   - remote: The database.
  ///   - cancellation: A descriptor that ends the listening once it is readable; -1 for none.
  public init(_ remote: RestAddress, cancellation: Int32 = -1) {
    self.remote = remote
    session = HTTPSession(
      HTTPLimits(idle: 0, total: 0, body: 1 << 20), authorities: remote.authorities, cancellation: cancellation)
  }

  /// Listens until the server ends it.
  ///
  /// - Parameters:
  ///   - channel: The channel's name.
  ///   - onOpen: Told once the server has confirmed.
  ///   - onMessage: Told of each message.
  /// - Throws: ``RedisError``; `closed` when the stream ends, something else when there is none to be had.
  public func listen(
    to channel: [UInt8], onOpen: () -> Void, onMessage: (RedisMessage) -> Void
  ) throws(RedisError) {
    let token: String
    do throws(RestAddressError) { token = try remote.token.read() } catch {
      throw failure(.credentials, "\(error)")
    }
    var lines = RestEventLines()
    let response: HTTPResponse
    do throws(HTTPError) {
      response = try session.stream(
        HTTPRequest(
          .post, remote.description + "/subscribe/" + RestRequest.percentEncoded(channel),
          headers: [
            ("Authorization", "Bearer \(token)"), ("Accept", "text/event-stream"), ("Cache-Control", "no-cache"),
            ("Content-Type", "application/json"),
          ], body: Array("[]".utf8))
      ) { bytes in
        for event in lines.events(in: bytes) {
          if event.starts(with: Array("subscribe,".utf8)) { onOpen() }
          let start = Array("message,".utf8) + channel + [UInt8(ascii: ",")]
          guard event.starts(with: start) else { continue }
          onMessage(RedisMessage(channel: channel, payload: Array(event[start.count...])))
        }
      }
    } catch {
      throw RedisError(error, operation: "SUBSCRIBE", operand: remote.description)
    }
    guard response.status == 200, response.headers["content-type"]?.hasPrefix("text/event-stream") == true else {
      guard case .refusal(let text) = RestReply(lines.rest, .pipeline, count: 1) else {
        throw failure(response.status >= 500 ? .unavailable : .command(""), "HTTP \(response.status)")
      }
      throw RedisError(reply: text, operation: "SUBSCRIBE", operand: remote.description)
    }
    throw failure(.closed, "the server ended the stream")
  }

  private func failure(_ kind: RedisError.Kind, _ message: String) -> RedisError {
    RedisError(kind, operation: "SUBSCRIBE", operand: remote.description, message: message)
  }
}

/// Takes a stream of server-sent events apart.
struct RestEventLines {
  /// What has come since the last line's end: all of it, where the answer is no such stream.
  private(set) var rest: [UInt8] = []

  /// The data of the events that are complete with these bytes.
  mutating func events(in bytes: [UInt8]) -> [[UInt8]] {
    rest += bytes
    // A line without an end is none: it would grow for ever.
    if rest.count > 1 << 20 { rest = [] }
    guard let end = rest.lastIndex(of: 10) else { return [] }
    let data = Array("data: ".utf8)
    let lines = rest[...end].split(whereSeparator: { $0 == 10 || $0 == 13 })
    rest = Array(rest[(end + 1)...])
    return lines.filter { $0.starts(with: data) }.map { Array($0.dropFirst(data.count)) }
  }
}
