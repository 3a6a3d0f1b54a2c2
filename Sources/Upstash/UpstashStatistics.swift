public import Support

/// What a database did in a period of time.
public struct UpstashStatistics: Hashable, Sendable {
  /// How far back it goes.
  public enum Period: String, CaseIterable, Sendable {
    /// The last hour.
    case hour = "1h"
    /// The last three hours.
    case threeHours = "3h"
    /// The last half day.
    case halfDay = "12h"
    /// The last day.
    case day = "1d"
    /// The last three days.
    case threeDays = "3d"
    /// The last week.
    case week = "7d"
    /// The last 30 days.
    case month = "30d"
  }

  /// A value at a time.
  public struct Point: Hashable, Sendable {
    /// The time, as the API writes it.
    public let time: String
    /// The value.
    public let value: Double
  }

  /// Values over time.
  public struct Series: Hashable, Sendable {
    /// What they are of, as the API names it.
    public let name: String
    /// Oldest first.
    public let points: [Point]
  }

  /// One number.
  public struct Total: Hashable, Sendable {
    /// What it is of, as the API names it.
    public let name: String
    /// The number.
    public let value: Double
  }

  /// How far back it goes.
  public let period: Period
  /// What is known over time.
  public let series: [Series]
  /// What is one number, by the API's names.
  public let totals: [Total]
  /// The names of the last days, oldest first.
  public let days: [String]

  /// Reads what the API answered, whatever it holds; nil when it is no object.
  init?(_ json: JSONValue, period: Period) {
    guard let members = json.members else { return nil }
    self.period = period
    days = json["days"]?.texts ?? []
    series = members.compactMap { member in
      guard let elements = member.value.elements else { return nil }
      let points = elements.compactMap { element -> Point? in
        guard let time = element["x"]?.text, let value = element["y"]?.looseNumber else { return nil }
        return Point(time: time, value: value)
      }
      return points.isEmpty ? nil : Series(name: member.name, points: points)
    }
    totals = members.compactMap { member in member.value.number.map { Total(name: member.name, value: $0) } }
  }

  /// The values of one name, oldest first.
  public func points(_ name: String) -> [Point] { series.first { $0.name == name }?.points ?? [] }

  /// One number; nil when the API didn't give it.
  public func total(_ name: String) -> Double? { totals.first { $0.name == name }?.value }

  /// All of it.
  public var json: JSONValue {
    .members([
      "period": .string(period.rawValue), "totals": .object(totals.map { JSONMember($0.name, Self.number($0.value)) }),
      "series": .object(
        series.map { series in
          JSONMember(
            series.name,
            .array(series.points.map { .members(["time": .string($0.time), "value": Self.number($0.value)]) }))
        }),
    ])
  }

  static func number(_ value: Double) -> JSONValue { Int64(exactly: value).map { .integer($0) } ?? .double(value) }
}

/// What a database was used for.
public struct UpstashUsage: Hashable, Sendable {
  /// One day's use.
  public struct Day: Hashable, Sendable {
    /// Its name, where the API gave one.
    public let name: String
    /// When the day began or was counted, as the API writes it.
    public let time: String
    /// Commands, as they are billed.
    public let commands: Double
    /// Bytes that went over the network; nil: not known.
    public let bytes: Double?
  }

  /// The last five days, oldest first.
  public let days: [Day]
  /// Commands of this month; nil: not known.
  public let commandsOfMonth: Double?
  /// Bytes that are stored; nil: not known.
  public let storage: Double?
  /// Bytes of this month; nil: not known.
  public let bytesOfMonth: Double?

  /// Takes it from the statistics.
  init(_ statistics: UpstashStatistics) {
    let requests = statistics.points("dailyrequests").suffix(5)
    let bytes = Array(statistics.points("bandwidths").suffix(5))
    let names = Array(statistics.days.suffix(5))
    days = requests.enumerated().map { place, point in
      // All three are of the same days where they are of the same number.
      Day(
        name: names.count == requests.count ? names[place] : "", time: point.time, commands: point.value,
        bytes: bytes.count == requests.count ? bytes[place].value : nil)
    }
    commandsOfMonth = statistics.total("total_monthly_requests")
    bytesOfMonth = statistics.total("total_monthly_bandwidth")
    storage = statistics.total("current_storage")
  }

  /// All of it.
  public var json: JSONValue {
    func number(_ value: Double?) -> JSONValue { value.map { UpstashStatistics.number($0) } ?? .null }
    return .members([
      "days": .array(
        days.map { day in
          .members([
            "day": .string(day.name), "time": .string(day.time), "commands": number(day.commands),
            "bytes": number(day.bytes),
          ])
        }), "commandsOfMonth": number(commandsOfMonth), "bytesOfMonth": number(bytesOfMonth),
      "storedBytes": number(storage),
    ])
  }
}
