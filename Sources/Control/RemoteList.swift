import FoundationEssentials
public import RedisTransport
public import Support

/// A remote, as it is to be connected to.
public struct RemoteTarget: Sendable, Hashable {
  /// How it is reached.
  public enum Place: Sendable, Hashable {
    /// A server that somebody runs.
    case redis(RedisAddress)
    /// A private server that we run, in the bank's state directory.
    case embedded
  }

  /// Its name, in `refs/remotes/<name>/main` and in messages.
  public let name: String
  /// How it is reached.
  public let place: Place
}

/// The remotes of a bank, in the order of precedence: what `.membank` or the command line names, `REDIS_URL`, and
/// otherwise a private server.
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
        targets.append(
          RemoteTarget(
            name: Self.name(ofNamed: index),
            place: .redis(try Self.address(url, of: "--remote", environment: environment))))
      }
    } else if !configuration.remotes.isEmpty {
      for remote in configuration.remotes { targets.append(try Self.target(remote, environment)) }
    } else {
      if environment.upstashURL != nil {
        notices.append("UPSTASH_REDIS_REST_URL is set, but this version does not speak Upstash's REST yet: not used")
      }
      if let url = environment.redisURL {
        targets = [
          RemoteTarget(name: "redis", place: .redis(try Self.address(url, of: "REDIS_URL", environment: environment)))
        ]
      } else {
        targets = [RemoteTarget(name: "embedded", place: .embedded)]
      }
    }
  }

  /// The name of a remote that stood on the command line, by its place there.
  static func name(ofNamed index: Int) -> String { index == 0 ? "remote" : "remote\(index + 1)" }

  private static func target(
    _ remote: RemoteSettings, _ environment: Environment
  ) throws(ControlError) -> RemoteTarget {
    if remote.url == "embedded" { return RemoteTarget(name: remote.name, place: .embedded) }
    var address = try address(remote.url, of: "remote '\(remote.name)'", environment: environment)
    if let file = remote.passwordFile {
      address = address.with(user: remote.user ?? address.user, password: try password(in: file, environment))
    } else if let user = remote.user {
      address = address.with(user: user, password: address.password)
    }
    return RemoteTarget(name: remote.name, place: .redis(address))
  }

  private static func address(
    _ url: String, of what: String, environment: Environment
  ) throws(ControlError) -> RedisAddress {
    do {
      let address = try RedisAddress(parsing: url)
      guard address.password == nil, let password = environment.redisPassword else { return address }
      return address.with(user: address.user, password: password)
    } catch {
      throw ControlError(.usage, "\(what): \(error)")
    }
  }

  private static func password(in file: String, _ environment: Environment) throws(ControlError) -> String {
    var path = file
    for (name, value) in [
      ("CREDENTIALS_DIRECTORY", environment.credentialsDirectory), ("HOME", environment.home),
      ("XDG_CONFIG_HOME", environment.configHome),
    ] {
      path = path.replacing("${\(name)}", with: value ?? "")
    }
    if path.hasPrefix("~/"), let home = environment.home { path = home + path.dropFirst() }
    guard let data = FileManager.default.contents(atPath: path), let text = String(validating: data, as: UTF8.self),
      let line = text.split(separator: "\n").first
    else { throw ControlError(.usage, "password-file \(file): can't be read, or is empty") }
    return String(line)
  }
}
