public import Testing

/// The ways to a server that tests run over.
public enum ServerKind: String, CaseIterable, Sendable {
  /// redis-server over its unix socket.
  case redis
  /// The same behind the stand-in for Upstash.
  case rest

  /// The one that a test is to use now.
  @TaskLocal public static var current = redis
}

/// Runs each test of a suite once over every kind of server.
public struct EveryServer: SuiteTrait, TestTrait, TestScoping {
  /// It goes for all tests of a suite.
  public let isRecursive = true

  /// Runs a test once for each kind.
  public func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    for kind in ServerKind.allCases {
      await ServerKind.$current.withValue(kind) {
        // Recorded here, where it is known which server it was.
        do { try await function() } catch { Issue.record(error) }
      }
    }
  }
}

extension Trait where Self == EveryServer {
  /// Each test runs over every kind of server.
  public static var everyServer: Self { EveryServer() }
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
