/// One line of the table.
struct Row {
  /// What was measured.
  let name: String
  /// What came out, in words.
  let figure: String
  /// What it must reach, in words; empty when nothing is asked.
  var target = ""
  /// Whether it does; nil when nothing is asked.
  var isMet: Bool?
  /// What the peer needed, in words.
  var peer = ""
  /// The figure in relation to the peer's: below 1 is better than the peer.
  var ratio: Double?

  /// A figure in milliseconds or another unit, smaller being better, with the most it may be and a peer's figure.
  init(
    _ name: String, _ value: Double, _ unit: String, atMost limit: Double? = nil,
    peer: (name: String, value: Double)? = nil
  ) {
    self.name = name
    figure = "\(Self.digits(value)) \(unit)"
    if let limit {
      target = "≤ \(Self.digits(limit)) \(unit)"
      isMet = value <= limit
    }
    if let peer {
      self.peer = "\(peer.name) \(Self.digits(peer.value)) \(unit)"
      ratio = peer.value > 0 ? value / peer.value : nil
    }
  }

  /// A figure that must be at most so many times the peer's.
  init(_ name: String, _ value: Double, _ unit: String, peer: (name: String, value: Double), atMost factor: Double) {
    self.init(name, value, unit, peer: peer)
    target = "≤ \(Self.digits(factor)) × peer"
    isMet = value <= factor * peer.value
  }

  /// Three significant digits, without an exponent.
  static func digits(_ value: Double) -> String {
    let places = value == 0 || value.magnitude >= 100 ? 0 : value.magnitude >= 10 ? 1 : 2
    var factor = 1.0
    for _ in 0..<places { factor *= 10 }
    let whole = Int((value.magnitude * factor).rounded())
    let sign = value < 0 ? "-" : ""
    guard places > 0 else { return "\(sign)\(whole)" }
    let fraction = String(whole % Int(factor))
    return "\(sign)\(whole / Int(factor)).\(String(repeating: "0", count: places - fraction.count))\(fraction)"
  }
}

/// The rows, set in columns.
enum Table {
  static func text(_ rows: [Row]) -> String {
    let head = ["what", "membank", "target", "", "peer in the same run", "ratio"]
    let body = rows.map { row in
      [
        row.name, row.figure, row.target, row.isMet.map { $0 ? "met" : "MISSED" } ?? "", row.peer,
        row.ratio.map { Row.digits($0) } ?? "",
      ]
    }
    let widths = head.indices.map { column in ([head] + body).map { $0[column].count }.max() ?? 0 }
    func line(_ cells: [String]) -> String {
      var text = ""
      for (cell, width) in zip(cells, widths) { text += cell + String(repeating: " ", count: width - cell.count + 2) }
      while text.last == " " { text.removeLast() }
      return text
    }
    let rule = widths.map { String(repeating: "─", count: $0) }
    let judged = rows.compactMap(\.isMet)
    let met = judged.count { $0 }
    return ([line(head), line(rule)] + body.map(line)).joined(separator: "\n")
      + "\n\n\(met) of \(judged.count) targets met\n"
  }
}
