import Support

/// The text of a schedule, read from left to right.
struct ScheduleText {
  private let expression: String
  private let characters: [Character]
  private(set) var index = 0

  init(_ expression: String) {
    self.expression = expression
    characters = Array(expression)
  }

  var isAtEnd: Bool { index == characters.count }
  var current: Character? { index < characters.count ? characters[index] : nil }

  /// What is left up to the next blank.
  var word: String { String(characters[index...].prefix { $0 != " " }) }

  mutating func skipBlanks() { while current == " " { index += 1 } }

  mutating func take(_ text: String) -> Bool {
    guard characters[index...].starts(with: text) else { return false }
    index += text.count
    return true
  }

  mutating func takeLetters() -> String {
    let letters = characters[index...].prefix { $0.isASCII && $0.isLetter }
    index += letters.count
    return String(letters)
  }

  mutating func takeNumber(_ range: ClosedRange<Int>, _ what: String) throws(ScheduleError) -> Int {
    let digits = characters[index...].prefix { $0.isASCII && $0.isNumber }
    guard !digits.isEmpty else { throw error(isAtEnd ? "\(what) is missing" : "'\(word)' is no \(what)") }
    guard digits.count <= 9, let number = Int(String(digits)), range.contains(number) else {
      throw error("\(what) \(String(digits)) is not from \(range.lowerBound) to \(range.upperBound)")
    }
    index += digits.count
    return number
  }

  /// An error at the place that the reading has come to.
  func error(_ message: String) -> ScheduleError { error(message, at: index) }

  func error(_ message: String, at index: Int) -> ScheduleError { ScheduleError(expression, at: index + 1, message) }
}
