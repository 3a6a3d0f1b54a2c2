public import HTTPClient
public import Support

/// A database as the management API describes it.
public struct UpstashDatabase: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
  /// Its id.
  public let id: String
  /// Its name.
  public let name: String
  /// The host of its REST endpoint, with a port where it has one of its own.
  public let endpoint: String
  /// The port for Redis' own protocol.
  public let port: Int64?
  /// `active`, `suspended` or `passive`.
  public let state: String
  /// The plan: `free`, `payg`, `pro`, `paid`.
  public let plan: String?
  /// When it was made, in seconds since 1970.
  public let created: Int64?
  /// Where writes go.
  public let primaryRegion: String?
  /// Where else reads are answered.
  public let readRegions: [String]
  /// Whether keys without a TTL may be thrown out when it is full.
  public let evicts: Bool?
  /// Whether Upstash makes a backup of its own each day.
  public let hasDailyBackup: Bool?
  /// What it allows: by the API's names, those of them that are numbers.
  public let limits: [Limit]
  /// What it can be entered with; nil where the API kept it back.
  public let credentials: Credentials?

  /// A limit of a database.
  public struct Limit: Hashable, Sendable {
    /// What is limited, as the API names it.
    public let name: String
    /// How much there may be.
    public let value: Int64
  }

  /// What a database can be entered with; it never shows itself.
  public struct Credentials: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    /// For Redis' own protocol.
    public let password: String?
    /// The standard REST token.
    public let token: String?
    /// The REST token that may only read.
    public let readOnlyToken: String?

    /// All there are, to be kept out of logs.
    public var secrets: [String] { [password, token, readOnlyToken].compactMap { $0 } }
    /// Nothing of them.
    public var description: String { "(credentials)" }
    /// What `dump` and failed tests show: nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
  }

  private static let limitNames = [
    "db_request_limit", "db_max_commands_per_second", "db_max_request_size", "db_max_entry_size", "db_disk_threshold",
    "db_max_clients",
  ]

  /// Reads what the API answered; nil when it is no database.
  public init?(_ json: JSONValue) {
    guard let id = json["database_id"]?.text, !id.isEmpty else { return nil }
    self.id = id
    name = json["database_name"]?.text ?? json["name"]?.text ?? ""
    // Where it is but the first part of a name, the rest is always the same.
    let given = json["endpoint"]?.text ?? ""
    endpoint = given.isEmpty || given.contains(".") ? given : given + ".upstash.io"
    port = json["port"]?.looseInteger
    state = json["state"]?.text ?? "active"
    plan = json["type"]?.text
    created = json["creation_time"]?.looseInteger
    primaryRegion = json["primary_region"]?.text
    readRegions = json["read_regions"]?.texts ?? []
    evicts = json["eviction"]?.looseBool
    hasDailyBackup = json["daily_backup_enabled"]?.looseBool
    limits = Self.limitNames.compactMap { name in
      (json[name]?.looseInteger).map { Limit(name: name, value: $0) }
    }
    func secret(_ name: String) -> String? { json[name]?.text.flatMap { $0.isEmpty ? nil : $0 } }
    let found = Credentials(
      password: secret("password"), token: secret("rest_token"), readOnlyToken: secret("read_only_rest_token"))
    credentials = found.secrets.isEmpty ? nil : found
  }

  /// Whether an address is that of its REST endpoint.
  public func isReached(at address: HTTPAddress) -> Bool {
    let parts = endpoint.lowercased().split(separator: ":", maxSplits: 1)
    guard let host = parts.first, host == address.host[...] else { return false }
    return parts.count < 2 || address.port.map { parts[1] == "\($0)" } ?? false
  }

  /// The address for `UPSTASH_REDIS_REST_URL`.
  public var restURL: String { "https://\(endpoint)" }

  /// Name and id.
  public var description: String { name.isEmpty ? id : "\(name) (\(id))" }

  /// What `dump` and failed tests show: nothing secret.
  public var customMirror: Mirror { Mirror(self, children: ["id": id, "name": name, "endpoint": endpoint]) }

  /// All but the credentials.
  public var json: JSONValue {
    func integer(_ value: Int64?) -> JSONValue { value.map { .integer($0) } ?? .null }
    func bool(_ value: Bool?) -> JSONValue { value.map { .bool($0) } ?? .null }
    return .members([
      "id": .string(id), "name": .string(name), "state": .string(state), "plan": .optional(plan),
      "restURL": .string(restURL), "endpoint": .string(endpoint), "port": integer(port), "created": integer(created),
      "primaryRegion": .optional(primaryRegion), "readRegions": .array(readRegions.map { .string($0) }),
      "eviction": bool(evicts), "dailyBackup": bool(hasDailyBackup),
      "limits": .object(limits.map { JSONMember($0.name, .integer($0.value)) }),
    ])
  }
}

extension UpstashDatabase {
  /// What a database is to be like.
  public struct Wish: Hashable, Sendable {
    /// Its name.
    public var name: String
    /// Where it is: `aws` or `gcp`.
    public var platform: String
    /// Where writes go, as in `eu-west-1`.
    public var region: String
    /// Where else reads are to be answered; each costs every write once more.
    public var readRegions: [String]

    /// A wish.
    public init(name: String, region: String, platform: String = "aws", readRegions: [String] = []) {
      self.name = name
      self.platform = platform
      self.region = region
      self.readRegions = readRegions
    }

    var body: JSONValue {
      .members([
        "database_name": .string(name), "platform": .string(platform), "primary_region": .string(region),
        "read_regions": .array(readRegions.map { .string($0) }), "tls": true,
      ])
    }
  }
}
