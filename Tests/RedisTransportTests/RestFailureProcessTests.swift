import RedisTransport
import Support
import TestSupport
import Testing

/// Something that goes wrong, and what it must be taken for.
struct Failure: Sendable, CustomTestStringConvertible {
  let name: String
  let fault: JSONValue
  let kind: RedisError.Kind
  /// Whether a person has to do something.
  var halts = false
  /// How long the server is left alone for.
  var pause: Int?
  /// What a person is told.
  var says = ""
  var testDescription: String { name }
}

private func words(_ text: String, status: Int64 = 400, whole: Bool = false) -> JSONValue {
  ["kind": "error", "error": .string(text), "status": .integer(status), "whole": .bool(whole), "count": -1]
}

private func page(_ status: Int64, _ body: String = "<html>oops</html>", _ headers: JSONValue = [:]) -> JSONValue {
  ["kind": "status", "status": .integer(status), "body": .string(body), "headers": headers, "count": -1]
}

private let failures: [Failure] = [
  Failure(name: "monthly quota", fault: words("requests"), kind: .quotaExhausted, pause: 3600, says: "used up"),
  Failure(
    name: "monthly quota, other status", fault: words("requests", status: 429), kind: .quotaExhausted, pause: 3600),
  Failure(name: "monthly quota, whole", fault: words("requests", whole: true), kind: .quotaExhausted, pause: 3600),
  Failure(name: "daily quota", fault: words("daily"), kind: .quotaExhausted, pause: 3600),
  Failure(name: "storage full", fault: words("storage"), kind: .outOfMemory, pause: 300, says: "full"),
  Failure(name: "request too large", fault: words("request-size"), kind: .tooLarge, pause: 300, says: "holdSize"),
  Failure(name: "record too large", fault: words("record-size"), kind: .tooLarge, pause: 300),
  Failure(
    name: "body too large", fault: page(413, #"{"error":"ERR Limit: 52428800, Actual: 60000028"}"#), kind: .tooLarge,
    pause: 300),
  Failure(name: "connections", fault: words("connections"), kind: .throttled),
  Failure(name: "budget", fault: words("budget"), kind: .suspended, halts: true, says: "raise its budget"),
  Failure(name: "suspended", fault: words("suspended"), kind: .suspended, halts: true),
  Failure(name: "upgrade", fault: words("upgrade"), kind: .readOnly),
  Failure(name: "stopping", fault: words("stopping"), kind: .unavailable),
  Failure(name: "caller gone", fault: words("caller-gone"), kind: .unavailable),
  Failure(name: "script timeout", fault: words("script-timeout"), kind: .unavailable),
  Failure(name: "expired token", fault: words("token", status: 401), kind: .credentials, halts: true, says: "console"),
  Failure(
    name: "old words for it", fault: words("Unauthorized", status: 401, whole: true), kind: .credentials, halts: true),
  Failure(name: "forbidden", fault: page(403), kind: .credentials, halts: true),
  Failure(
    name: "read-only token", fault: words("read-only-token"), kind: .permission, halts: true, says: "standard one"),
  Failure(name: "502 that is no JSON", fault: page(502), kind: .unavailable),
  Failure(name: "503 with a time", fault: page(503, "busy", ["Retry-After": "17"]), kind: .unavailable, pause: 17),
  Failure(name: "429 with a time", fault: page(429, "{}", ["Retry-After": "7"]), kind: .throttled, pause: 7),
  Failure(
    name: "429 with a date", fault: page(429, "", ["Retry-After": "Fri, 20 Nov 2026 07:28:00 GMT"]), kind: .throttled,
    pause: 60),
  Failure(name: "429 without", fault: page(429, #"{"error":"slow down"}"#), kind: .throttled),
  Failure(name: "another page", fault: page(200), kind: .protocolViolation, halts: true, says: "not a REST endpoint"),
  Failure(name: "no such page", fault: page(404), kind: .protocolViolation, halts: true),
  Failure(
    name: "redirect", fault: page(302, "", ["Location": "http://127.0.0.1:1/"]), kind: .protocolViolation, halts: true,
    says: "to another address"),
  Failure(name: "JSON of another kind", fault: page(200, #"{"status":"ok"}"#), kind: .protocolViolation, halts: true),
  Failure(name: "dropped connection", fault: ["kind": "drop-before", "count": -1], kind: .closed),
  Failure(name: "half an answer", fault: ["kind": "truncate", "count": -1], kind: .closed),
]

@Suite("Failures over REST", .timeLimit(.minutes(15)))
struct RestFailureProcessTests {
  @Test("are told apart, for one command and for several", arguments: failures)
  func failure(_ failure: Failure) throws {
    let standIn = try UpstashStandIn(try RedisServer())
    for commands in [[["GET", "k"]], [["GET", "k"], ["GET", "l"]]] as [[RedisCommand]] {
      try standIn.heal()
      try standIn.fail(failure.fault)
      let client = try standIn.client()
      let error = #expect(throws: RedisError.self) {
        for reply in try client.run(commands) {
          guard let text = reply.error else { continue }
          throw RedisError(reply: text, operation: "GET", operand: client.address)
        }
      }
      #expect(error?.kind == failure.kind)
      #expect(error?.haltsRemote == failure.halts)
      #expect(error?.pauseSeconds == failure.pause)
      #expect(error?.description.contains(failure.says) == true || failure.says.isEmpty, "\(String(describing: error))")
      #expect(error?.description.contains(standIn.token) == false)
      try standIn.heal()
      // It is of use again at once.
      #expect(try client.run("GET", "k").isNull)
    }
  }

  @Test(
    "that look like another server are passing ones, once it has answered as it should", arguments: [200, 302, 404])
  func passing(status: Int64) throws {
    let standIn = try UpstashStandIn(try RedisServer())
    let client = try standIn.client()
    try client.run("GET", "k")
    try standIn.fail(page(status))
    let error = #expect(throws: RedisError.self) { try client.run("GET", "k") }
    #expect(error?.kind == .unavailable)
    #expect(error?.haltsRemote == false)
  }
}
