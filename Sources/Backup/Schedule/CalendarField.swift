/// One part of a calendar expression (the hours, say): which of its values are meant.
struct CalendarField: Hashable, Sendable {
  /// The values in order; nil: every one.
  let values: [Int]?

  static let any = CalendarField(values: nil)

  init(values: [Int]?) { self.values = values }

  func contains(_ value: Int) -> Bool { values?.contains(value) ?? true }

  /// Reads `*`, or a list of numbers, ranges (`1..5`) and repetitions (`0/15`, `8..18/2`).
  ///
  /// `range`: the values that the part can have. `isReversed`: whether a repetition without an end goes from large
  /// values to small ones, as it does with days that are counted from a month's end.
  init(
    _ text: inout ScheduleText, _ range: ClosedRange<Int>, _ what: String, isReversed: Bool = false
  ) throws(ScheduleError) {
    if text.take("*") {
      self = .any
      return
    }
    var found: Set<Int> = []
    repeat {
      let place = text.index
      let first = try text.takeNumber(range, what)
      var last: Int?
      if text.take("..") {
        last = try text.takeNumber(range, what)
        if let last, last < first { throw text.error("the range ends before it begins", at: place) }
      }
      var step: Int?
      if text.take("/") {
        step = try text.takeNumber(1...range.upperBound, "step")
        if let step, step > range.upperBound - first {
          throw text.error("a step of \(step) leads past the last \(what)", at: place)
        }
      }
      let isOpen = last == nil && step != nil
      found.formUnion(
        isOpen && isReversed
          ? stride(from: first, through: range.lowerBound, by: -(step ?? 1))
          : stride(from: first, through: last ?? (isOpen ? range.upperBound : first), by: step ?? 1))
    } while text.take(",")
    values = found.sorted()
  }

  func all(_ range: ClosedRange<Int>) -> [Int] { values ?? Array(range) }
}
