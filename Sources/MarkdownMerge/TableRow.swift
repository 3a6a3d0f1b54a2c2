/// A row of a table, cell by cell.
struct TableRow {
  let line: ArraySlice<UInt8>
  /// The cells with the blanks around them, as ranges of the line.
  let cells: [Range<Int>]

  init(_ line: ArraySlice<UInt8>) {
    self.line = line
    let row = line.trimmed
    var start = row.first == UInt8(ascii: "|") ? row.startIndex + 1 : row.startIndex
    var cells: [Range<Int>] = []
    var isEscaped = false
    for place in start..<max(start, row.endIndex) {
      if row[place] == UInt8(ascii: "|"), !isEscaped {
        cells.append(start..<place)
        start = place + 1
      }
      isEscaped = row[place] == UInt8(ascii: "\\") && !isEscaped
    }
    // Behind the last bar there is a cell only where something stands in it.
    if start < row.endIndex || cells.isEmpty { cells.append(start..<row.endIndex) }
    self.cells = cells
  }

  /// The text of a cell, without the blanks around it.
  func text(_ cell: Int) -> ArraySlice<UInt8> { line[cells[cell]].trimmed }

  /// The texts of all cells, as one key: rows that differ in padding only have the same.
  var key: [UInt8] { Array(cells.map { line[$0].trimmed }.joined(separator: [0])) }

  /// Whether this is a cell of the rule below a table's head: `---`, `:--`, `--:`, `:-:`.
  static func isRuleCell(_ cell: ArraySlice<UInt8>) -> Bool {
    var rest = cell.trimmed
    if rest.first == UInt8(ascii: ":") { rest.removeFirst() }
    if rest.last == UInt8(ascii: ":") { rest.removeLast() }
    return !rest.isEmpty && rest.allSatisfy { $0 == UInt8(ascii: "-") }
  }

  /// The row with other cells in place of its own; there are as many.
  func replacingCells(_ new: [ArraySlice<UInt8>]) -> [UInt8] {
    var bytes: [UInt8] = []
    var place = line.startIndex
    for (range, cell) in zip(cells, new) {
      bytes += line[place..<range.lowerBound]
      bytes += cell
      place = range.upperBound
    }
    return bytes + line[place...]
  }
}
