public import RedisTransport
public import Support

/// A remote, as it is to be connected to.
public struct RemoteTarget: Sendable, Hashable {
  /// How it is reached.
  public enum Place: Sendable, Hashable {
    /// A server that somebody runs.
    case redis(RedisAddress)
    /// A database behind a REST endpoint, as Upstash's are.
    case rest(RestAddress)
    /// A private server that we run, in the bank's state directory.
    case embedded
  }

  /// Its name, in `refs/remotes/<name>/main` and in messages.
  public let name: String
  /// How it is reached.
  public let place: Place

  /// Whether the server bills each command, those inside of scripts too: Upstash does, over either protocol.
  public var billsCommands: Bool {
    switch place {
    case .rest: true
    case .redis(let address):
      if case .tcp(let host, _) = address.endpoint { host.lowercased().hasSuffix(".upstash.io") } else { false }
    case .embedded: false
    }
  }
}

/// The remotes of a bank, in the order of precedence: what `.membank` or the command line names,
/// `UPSTASH_REDIS_REST_URL`, `REDIS_URL`, and otherwise a private server.
public struct RemoteList: Sendable {
  /// The remotes.
  public private(set) var targets: [RemoteTarget] = []
  /// What a person should know of the choice.
  public private(set) var notices: [String] = []

  /// Chooses.
  ///
  /// `named`: URLs from the command line; they take the place of those in the configuration.
  /// - Throws: ``ControlError`` (usage) for an address that can't be used.
  public init(
    _ configuration: Configuration, environment: Environment, named: [String]
  ) throws(ControlError) {
    if !named.isEmpty {
      for (index, url) in named.enumerated() {
        let settings = RemoteSettings(name: Self.name(ofNamed: index), url: url)
        targets.append(try Self.target(settings, "--remote", environment))
      }
    } else if !configuration.remotes.isEmpty {
      for remote in configuration.remotes {
        targets.append(try Self.target(remote, "remote '\(remote.name)'", environment))
      }
    } else if let url = environment.upstashURL {
      targets = [try Self.target(RemoteSettings(name: "upstash", url: url), "UPSTASH_REDIS_REST_URL", environment)]
    } else {
      if environment.upstashToken != nil {
        notices.append("UPSTASH_REDIS_REST_TOKEN is set, but UPSTASH_REDIS_REST_URL is not: not used")
      }
      if let url = environment.redisURL {
        targets = [try Self.target(RemoteSettings(name: "redis", url: url), "REDIS_URL", environment)]
      } else {
        targets = [RemoteTarget(name: "embedded", place: .embedded)]
      }
    }
  }

  /// What must never be shown, of what was read from files.
  public var secrets: [String] {
    targets.compactMap { target in
      switch target.place {
      case .redis(let address): address.password
      case .rest(let address): try? address.token.read()
      case .embedded: nil
      }
    }
  }

  /// The name of a remote that stood on the command line, by its place there.
  static func name(ofNamed index: Int) -> String { index == 0 ? "remote" : "remote\(index + 1)" }

  private static func target(
    _ remote: RemoteSettings, _ what: String, _ environment: Environment
  ) throws(ControlError) -> RemoteTarget {
    if remote.url == "embedded" { return RemoteTarget(name: remote.name, place: .embedded) }
    let scheme = remote.url.firstRange(of: "://").map { remote.url[..<$0.lowerBound].lowercased() } ?? ""
    let isREST = scheme == "https" || scheme == "http" || what == "UPSTASH_REDIS_REST_URL"
    let place: RemoteTarget.Place =
      isREST ? .rest(try rest(remote, what, environment)) : .redis(try redis(remote, what, environment))
    return RemoteTarget(name: remote.name, place: place)
  }

  private static func redis(
    _ remote: RemoteSettings, _ what: String, _ environment: Environment
  ) throws(ControlError) -> RedisAddress {
    guard remote.tokenFile == nil else {
      throw ControlError(.usage, "\(what): token-file is for https://; a Redis takes a password-file")
    }
    var address: RedisAddress
    do throws(RedisAddressError) { address = try RedisAddress(parsing: remote.url) } catch {
      throw ControlError(.usage, "\(what): \(error)")
    }
    if address.password == nil, let password = environment.redisPassword {
      address = address.with(user: address.user, password: password)
    }
    if let file = remote.caFile {
      guard let trusting = address.trusting(environment.expanded(file)) else {
        throw ControlError(.usage, "\(what): ca-file is for encrypted connections: rediss:// or https://")
      }
      address = trusting
    }
    if let file = remote.passwordFile {
      guard let password = SecretFile.firstLine(of: environment.expanded(file)) else {
        throw ControlError(.usage, "password-file \(file): can't be read, or is empty")
      }
      address = address.with(user: remote.user ?? address.user, password: password)
    } else if let user = remote.user {
      address = address.with(user: user, password: address.password)
    }
    return address
  }

  private static func rest(
    _ remote: RemoteSettings, _ what: String, _ environment: Environment
  ) throws(ControlError) -> RestAddress {
    guard remote.user == nil, remote.passwordFile == nil else {
      throw ControlError(.usage, "\(what): https:// takes a token-file, neither user nor password-file")
    }
    let source: RestTokenSource
    if let file = remote.tokenFile {
      source = .file(environment.expanded(file))
    } else if let token = environment.upstashToken {
      source = .value(token)
    } else {
      throw ControlError(
        .usage,
        "\(what): there is no token for it; set UPSTASH_REDIS_REST_TOKEN, or name a file that holds it with token-file in \(Configuration.fileName)"
      )
    }
    do throws(RestAddressError) {
      return try RestAddress(remote.url, token: source, authorities: remote.caFile.map { environment.expanded($0) })
    } catch {
      throw ControlError(.usage, "\(what): \(error)")
    }
  }
}
