public import Testing

/// The ways to a server that tests run over.
public enum ServerKind: String, CaseIterable, Sendable {
  /// redis-server over its unix socket.
  case redis
  /// The same behind the stand-in for Upstash.
  case rest
  /// A simulated one in this process.
  case simulated

  /// The one that a test is to use now.
  @TaskLocal public static var current = redis
}

/// Runs each test of a suite once over every kind of server that the suite names.
public struct EveryServer: SuiteTrait, TestTrait, TestScoping {
  /// It goes for all tests of a suite.
  public let isRecursive = true
  private let kinds: [ServerKind]

  init(_ kinds: [ServerKind]) { self.kinds = kinds }

  /// Runs a test once for each kind.
  public func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    for kind in kinds where kind != .simulated || !test.tags.contains(.onlyRealServers) {
      await ServerKind.$current.withValue(kind) {
        // Recorded here, where it is known which server it was.
        do { try await function() } catch { Issue.record(error) }
      }
    }
  }
}

extension Trait where Self == EveryServer {
  /// Each test runs over every kind of real server.
  public static var everyServer: Self { EveryServer([.redis, .rest]) }

  /// Each test runs over these kinds of servers.
  public static func servers(_ kinds: ServerKind...) -> Self { EveryServer(kinds) }
}

extension Trait where Self == IssueHandlingTrait {
  /// A failure says over which server it came.
  public static var namingServer: Self {
    .compactMapIssues { issue in
      var issue = issue
      issue.comments.append("over \(ServerKind.current)")
      return issue
    }
  }
}

extension Tag {
  /// What a simulated server hasn't: users, several databases, other servers.
  @Tag public static var onlyRealServers: Self
}
