import FoundationEssentials
import Glibc
import HTTPClient
public import RedisTransport
public import Support

/// A stand-in for Upstash in front of a redis-server, killed when the value goes away.
///
/// It has REST, streams, the management API, a billing meter, and switches for all that can go wrong; the program is
/// `Tests/UpstashStandIn`.
public final class UpstashStandIn: Sendable {
  /// The server behind it.
  public let redis: RedisServer
  /// Where it speaks REST, without a slash at its end.
  public let url: String
  /// The authority's certificate, where it speaks TLS.
  public var authorities: String? { certificate?.authority }
  private let certificate: TestCertificate?
  private let process: ChildProcess
  private let home: TemporaryDirectory
  private let first: JSONValue

  /// Starts it and waits until it answers.
  ///
  /// - Parameters:
  ///   - redis: The server behind it.
  ///   - certificate: What it proves itself with; nil: it speaks plain HTTP.
  /// - Throws: when it does not start.
  public init(_ redis: RedisServer, certificate: TestCertificate? = nil) throws {
    self.redis = redis
    home = try TemporaryDirectory()
    let ready = home.path + "/ready"
    var arguments = [
      "python3", "-E", "-s", "-S", "-X", "pycache_prefix=\(Self.cache)", Self.program, "--redis", redis.socket,
      "--ready", ready,
    ]
    if let certificate { arguments += ["--certificate", certificate.certificate, "--key", certificate.key] }
    self.certificate = certificate
    process = try ChildProcess(arguments, log: home.path + "/log")
    let clock = SystemClock()
    let deadline = clock.monotonicNanoseconds + 20_000_000_000
    while access(ready, F_OK) != 0 {
      guard clock.monotonicNanoseconds < deadline else {
        let log = FileManager.default.contents(atPath: home.path + "/log") ?? Data()
        throw StandInError(message: "it did not start: \(String(decoding: log, as: UTF8.self))")
      }
      usleep(2000)
    }
    first = try JSONValue.parse([UInt8](FileManager.default.contents(atPath: ready) ?? Data()))
    let port = first["port"]?.integer ?? 0
    url = (certificate == nil ? "http" : "https") + "://127.0.0.1:\(port)"
  }

  /// The standard token, as it was at the start.
  public var token: String { first["token"]?.text ?? "" }
  /// The read-only token, as it was at the start.
  public var readOnlyToken: String { first["read_only_token"]?.text ?? "" }
  /// What a client needs: address and standard token.
  public var address: RestAddress {
    get throws { try RestAddress(url, token: .value(token), authorities: authorities) }
  }

  /// A client with the standard token.
  public func client() throws -> RestClient { RestClient(try address) }

  /// Sets it up as `Tests/UpstashStandIn/control.py` says; returns what it knows of itself.
  @discardableResult
  public func control(_ wish: JSONValue = [:]) throws -> JSONValue {
    let session = HTTPSession(HTTPLimits(), authorities: authorities)
    let answer = try session.send(HTTPRequest(.post, url + "/-/control", body: wish.renderedBytes()))
    guard answer.status == 200 else {
      throw StandInError(message: "control: \(answer.status) \(String(decoding: answer.body, as: UTF8.self))")
    }
    return try JSONValue.parse(answer.body)
  }

  /// Has something go wrong; the members are those of `Tests/UpstashStandIn/faults.py`.
  public func fail(_ fault: JSONValue) throws { try control(["faults": [fault]]) }

  /// Ends all faults.
  public func heal() throws { try control(["clear": true]) }

  /// A token for a user of the redis-server.
  public func token(user: String, password: String) throws -> String {
    let state = try control(["users": .members([user: .string(password)])])
    return state["user_tokens"]?[user]?.text ?? ""
  }

  /// How many commands were billed since the start or since the meter was set back.
  public func billed() throws -> Int64 { try control()["meter"]?["billed"]?.integer ?? -1 }

  /// Sets the meter back to zero.
  public func resetMeter() throws { try control(["reset_meter": true]) }

  /// Has the official Python client judge an endpoint; `arguments`: its address and tokens.
  public static func judge(_ arguments: [String]) throws -> Tool.Result {
    let python = root.deletingLastPathComponent().appending(path: ".build/judge/bin/python").path
    guard access(python, X_OK) == 0 else { throw StandInError(message: "no \(python); run .ci/setup test") }
    return try Tool.run(python, ["-E", "-s", "-B", program + "/judge.py"] + arguments)
  }

  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  private static let program = root.appending(path: "UpstashStandIn").path
  /// Compiled once for all tests, outside the sources.
  private static let cache = root.deletingLastPathComponent().appending(path: ".build/pycache").path
}

/// Why the stand-in could not be used.
struct StandInError: Error, CustomStringConvertible {
  let message: String
  var description: String { "the stand-in for Upstash: \(message)" }
}
