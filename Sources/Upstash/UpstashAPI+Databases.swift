public import HTTPClient
import Support

extension UpstashAPI {
  /// All databases of the account.
  ///
  /// - Throws: ``UpstashError``.
  public func databases() throws(UpstashError) -> [UpstashDatabase] {
    let request = Request(method: .get, path: "/redis/databases", operation: "list databases")
    return try list(request, UpstashDatabase.init)
  }

  /// One database, with its credentials where the API shows them.
  ///
  /// - Throws: ``UpstashError``.
  public func database(_ id: String) throws(UpstashError) -> UpstashDatabase {
    try database(.get, "/redis/database/", id, "get database")
  }

  /// The database whose REST endpoint an address is; nil when none of the account's is.
  ///
  /// - Throws: ``UpstashError``.
  public func database(at endpoint: HTTPAddress) throws(UpstashError) -> UpstashDatabase? {
    try databases().first { $0.isReached(at: endpoint) }
  }

  /// Makes a database.
  ///
  /// - Throws: ``UpstashError``.
  public func createDatabase(_ wish: UpstashDatabase.Wish) throws(UpstashError) -> UpstashDatabase {
    let request = Request(
      method: .post, path: "/redis/database", body: wish.body, operation: "create database", operand: wish.name)
    return try decoded(try value(request), request, UpstashDatabase.init)
  }

  /// Deletes a database with all that is in it.
  ///
  /// - Throws: ``UpstashError``.
  public func deleteDatabase(_ id: String) throws(UpstashError) {
    try act(.delete, "/redis/database/", id, "delete database")
  }

  /// Gives a database a new password and new tokens; the old ones end at once.
  ///
  /// - Throws: ``UpstashError``.
  public func resetPassword(of id: String) throws(UpstashError) -> UpstashDatabase {
    try database(.post, "/redis/reset-password/", id, "reset password of", body: .object([]))
  }

  /// What a database did in a period of time.
  ///
  /// - Throws: ``UpstashError``.
  public func statistics(
    of id: String, over period: UpstashStatistics.Period = .hour
  ) throws(UpstashError) -> UpstashStatistics {
    var request = Request(method: .get, path: "", operation: "statistics of", operand: id)
    request.path = "/redis/stats/\(try segment(id, of: request))?period=\(period.rawValue)"
    return try decoded(try value(request), request) { UpstashStatistics($0, period: period) }
  }

  /// What a database was used for on each of the last five days, and in this month.
  ///
  /// - Throws: ``UpstashError``.
  public func usage(of id: String) throws(UpstashError) -> UpstashUsage {
    // There is no endpoint of its own: the days are a part of the statistics, whatever their period.
    UpstashUsage(try statistics(of: id, over: .threeHours))
  }

  private func database(
    _ method: HTTPRequest.Method, _ path: String, _ id: String, _ operation: String, body: JSONValue? = nil
  ) throws(UpstashError) -> UpstashDatabase {
    var request = Request(method: method, path: "", body: body, operation: operation, operand: id)
    request.path = path + (try segment(id, of: request))
    return try decoded(try value(request), request, UpstashDatabase.init)
  }

  func act(
    _ method: HTTPRequest.Method, _ path: String, _ id: String, _ operation: String, body: JSONValue? = nil
  ) throws(UpstashError) {
    var request = Request(method: method, path: "", body: body, operation: operation, operand: id)
    request.path = path + (try segment(id, of: request))
    try perform(request)
  }

  func list<T>(_ request: Request, _ make: (JSONValue) -> T?) throws(UpstashError) -> [T] {
    let value = try value(request)
    // An empty list may come as null.
    if case .null = value { return [] }
    guard let elements = value.elements else { throw failure(.notTheAPI, request, "the answer is no list") }
    var result: [T] = []
    for element in elements { result.append(try decoded(element, request, make)) }
    return result
  }

  private func decoded<T>(
    _ value: JSONValue, _ request: Request, _ make: (JSONValue) -> T?
  ) throws(UpstashError) -> T {
    guard let made = make(value) else { throw failure(.notTheAPI, request, "the answer has not the form it should") }
    return made
  }
}
