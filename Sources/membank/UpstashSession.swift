import Control
import HTTPClient
import Support
import Upstash

/// What every `membank upstash` command starts from: the account, and the database that is meant.
struct UpstashSession {
  let api: UpstashAPI
  private let environment: Environment

  /// - Throws: ``ControlError`` (usage) for a variable that is missing or makes no sense.
  init() throws(ControlError) {
    environment = try Session(quiet: true).environment
    do throws(UpstashAccountError) {
      api = UpstashAPI(
        try UpstashAccount(
          email: environment.upstashEmail, key: environment.upstashAPIKey, url: environment.upstashAPIURL))
    } catch { throw ControlError(.usage, "\(error)") }
  }

  /// Has the API do something.
  ///
  /// - Throws: ``ControlError`` with the exit code that the failure asks for.
  func call<T>(_ body: (UpstashAPI) throws(UpstashError) -> T) throws(ControlError) -> T {
    do throws(UpstashError) { return try body(api) } catch { throw ControlError(error) }
  }

  /// The one database that a word means: by its id, its name, or its address; nil: that of UPSTASH_REDIS_REST_URL.
  ///
  /// - Throws: ``ControlError`` when there is none, or more than one.
  func database(_ word: String?) throws(ControlError) -> UpstashDatabase {
    let all = try call { api throws(UpstashError) in try api.databases() }
    let found: [UpstashDatabase]
    if let word, let known = all.first(where: { $0.id == word }) {
      found = [known]
    } else if let word, word.contains("://") {
      let address = try? HTTPAddress(parsing: word)
      found = address.map { address in all.filter { $0.isReached(at: address) } } ?? []
    } else if let word {
      found = all.filter { $0.name == word || $0.endpoint == word }
    } else {
      guard let url = environment.upstashURL, let address = try? HTTPAddress(parsing: url) else {
        throw ControlError(
          .usage, "which database? name one, or set UPSTASH_REDIS_REST_URL; see `membank upstash list`")
      }
      found = all.filter { $0.isReached(at: address) }
    }
    if let only = found.first, found.count == 1 { return only }
    let what = word ?? "UPSTASH_REDIS_REST_URL"
    guard found.isEmpty else {
      throw ControlError(.usage, "\(what) means more than one: \(found.map(\.id).joined(separator: ", "))")
    }
    throw ControlError(
      .usage, "the account has no database \(word ?? "at UPSTASH_REDIS_REST_URL"); see `membank upstash list`")
  }

  /// The one backup of a database that a word means: by its id or its name.
  ///
  /// - Throws: ``ControlError`` when there is none, or more than one.
  func backup(_ word: String, of database: UpstashDatabase) throws(ControlError) -> UpstashBackup {
    let all = try call { api throws(UpstashError) in try api.backups(of: database.id) }
    let found = all.filter { $0.id == word }.nonEmpty ?? all.filter { $0.name == word }
    if let only = found.first, found.count == 1 { return only }
    guard found.isEmpty else {
      throw ControlError(.usage, "'\(word)' means more than one: \(found.map(\.id).joined(separator: ", "))")
    }
    throw ControlError(.usage, "\(database) has no backup '\(word)'; see `membank upstash backups \(database.id)`")
  }
}

extension Array {
  fileprivate var nonEmpty: [Element]? { isEmpty ? nil : self }
}

extension ControlError {
  /// What a failure of the management API means for the exit code.
  init(_ error: UpstashError) { self.init(Self.exitCode(of: error.kind), "\(error)") }
}
