import Support

/// A setting that makes no sense: where it stands, what is wrong, what would be right.
struct SettingsProblem: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// Reads the settings of one section.
struct SettingsReader {
  /// The keys that hold for all targets or for one.
  static let shared = ["schedule", "jitter"] + RetentionPolicy.Period.allCases.map { "keep-\($0.rawValue)" }
  /// The keys that only a target has.
  static let own = ["target", "directory", "remote", "url", "user", "password-file", "token-file", "ca-file"]

  private let settings: [Setting]
  private let place: String
  let warnings: [String]

  init(_ settings: [Setting], place: String, known: [String]) {
    self.settings = settings
    self.place = place
    warnings = settings.filter { !known.contains($0.key) }.map { "\(place) \($0.key): unknown setting" }
  }

  /// The last value of a key, as git reads it; nil when there is none.
  subscript(key: String) -> String? { settings.last { $0.key == key }?.value.flatMap { $0.isEmpty ? nil : $0 } }

  func problem(_ key: String?, _ message: String) -> SettingsProblem {
    SettingsProblem("\(Configuration.fileName) \(place)\(key.map { " \($0)" } ?? ""): \(message)")
  }

  /// All of that key together: it may be repeated.
  func schedule() throws(SettingsProblem) -> Schedule? {
    var schedules: [Schedule] = []
    for text in settings.filter({ $0.key == "schedule" }).compactMap(\.value) where !text.isEmpty {
      do throws(ScheduleError) { schedules.append(try Schedule(parsing: text)) } catch {
        throw problem("schedule", "\(error)")
      }
    }
    return Schedule(anyOf: schedules)
  }

  func retention() throws(SettingsProblem) -> RetentionPolicy? {
    var counts: [RetentionPolicy.Period: Int] = [:]
    for period in RetentionPolicy.Period.allCases {
      let key = "keep-\(period.rawValue)"
      guard let text = self[key] else { continue }
      guard let count = RetentionPolicy.count(text) else {
        throw problem(key, "is '\(text)' and should be a number from 0")
      }
      counts[period] = count
    }
    return counts.isEmpty ? nil : RetentionPolicy(counts)
  }

  func jitter() throws(SettingsProblem) -> Int64? {
    guard let text = self["jitter"] else { return nil }
    guard let seconds = DurationText.seconds(text), (0...86_400).contains(seconds) else {
      throw problem("jitter", "is '\(text)' and should be a time up to a day, such as 5m")
    }
    return seconds
  }
}
