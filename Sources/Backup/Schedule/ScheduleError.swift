/// A schedule that can't be understood: what is wrong with which part of it, and what would be right.
public struct ScheduleError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What a schedule may look like.
  public static let examples =
    "hourly, daily, weekly, monthly, Mon..Fri 03:30, Sat,Sun 12:00, *-*-01 04:00, every 6h"

  /// The whole schedule.
  public let expression: String
  /// Where the part that is wrong begins, in characters from 1.
  public let position: Int
  /// What is wrong.
  public let message: String

  init(_ expression: String, at position: Int, _ message: String) {
    self.expression = expression
    self.position = position
    self.message = message
  }

  /// The place, what is wrong there, and examples.
  public var description: String {
    "'\(expression)' is no schedule: at character \(position), \(message). Write it like one of these: \(Self.examples)"
  }
}
