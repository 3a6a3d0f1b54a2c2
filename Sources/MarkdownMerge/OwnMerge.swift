/// The three-way merge of what one block says, apart from what is nested in it.
enum OwnMerge: Equatable {
  /// As one of the versions has it.
  case taken([UInt8])
  /// Put together from what each side changed.
  case composed([UInt8])
  /// Both changed the same, differently.
  case conflict

  /// Merges the own bytes of a block; base is nil when both sides inserted it.
  static func merge(
    _ kind: BlockKind, base: [UInt8]?, earlier: [UInt8], later: [UInt8]
  ) -> OwnMerge {
    if earlier == later || earlier == base { return .taken(later) }
    if later == base { return .taken(earlier) }
    switch kind {
    case .item: return items(base, earlier, later)
    case .heading: return headings(base, earlier, later)
    case .row: return rows(base, earlier, later)
    case .table: return tables(base, earlier, later)
    case .paragraph: return paragraphs(base, earlier, later)
    default: return words(base, earlier, later)
    }
  }

  /// Texts of one line or more that are not taken apart: a stamp, or one that goes on where the other one ended.
  private static func words(_ base: [UInt8]?, _ earlier: [UInt8], _ later: [UInt8]) -> OwnMerge {
    if earlier == later || earlier == base { return .taken(later) }
    if later == base { return .taken(earlier) }
    if let one = Stamp(earlier[...]), let other = Stamp(later[...]), one.isSame(as: other) {
      return .composed(other.isBefore(one) ? earlier : later)
    }
    // Padding at the end says nothing.
    let (one, other) = (earlier[...].trimmed, later[...].trimmed)
    if one == other || one == base?[...].trimmed { return .composed(later) }
    guard let base else { return .conflict }
    let start = base[...].trimmed
    if start == other { return .composed(earlier) }
    if start.count > 0, one.starts(with: start), other.starts(with: start) {
      if other.starts(with: one) { return .composed(later) }
      if one.starts(with: other) { return .composed(earlier) }
    }
    return .conflict
  }

  private static func paragraphs(_ base: [UInt8]?, _ earlier: [UInt8], _ later: [UInt8]) -> OwnMerge {
    let merged = words(base, earlier, later)
    guard merged == .conflict, let base else { return merged }
    return LineMerge.merge(base: base, earlier: earlier, later: later).map { .composed($0) } ?? .conflict
  }

  private static func items(_ base: [UInt8]?, _ earlier: [UInt8], _ later: [UInt8]) -> OwnMerge {
    let (one, other) = (ListItem(earlier[...]), ListItem(later[...]))
    let origin = base.map { ListItem($0[...]) }
    var merged = other
    // How an item is set is no statement: the later side's will do where both changed it.
    if let origin {
      merged.indent = threeWay(origin.indent, one.indent, other.indent)
      merged.marker = threeWay(origin.marker, one.marker, other.marker)
      if one.state == other.state || one.state == origin.state {
        merged.box = other.box
      } else if other.state == origin.state {
        merged.box = one.box
      } else {
        return .conflict
      }
      // A tick is for the task that was there, not for another one that came in its place.
      guard other.state == origin.state || isSame(one, as: origin),
        one.state == origin.state || isSame(other, as: origin)
      else { return .conflict }
    } else if one.state != other.state {
      return .conflict
    }
    switch words(origin?.text, one.text, other.text) {
    case .conflict: return .conflict
    case .taken(let text), .composed(let text): merged.text = text
    }
    // With a line that stands left of the item, the indent is part of the text.
    merged.isLazy = merged.text == one.text ? one.isLazy : other.isLazy
    if merged.isLazy, merged.indent != (merged.text == one.text ? one.indent : other.indent) { return .conflict }
    return .composed(merged.bytes)
  }

  private static func isSame(_ item: ListItem, as origin: ListItem) -> Bool {
    item.text == origin.text || BlockWords(.item, origin.text).isSurely(BlockWords(.item, item.text))
  }

  private static func headings(_ base: [UInt8]?, _ earlier: [UInt8], _ later: [UInt8]) -> OwnMerge {
    let (one, other) = (HeadingText(earlier[...]), HeadingText(later[...]))
    guard let base, !one.marks.isEmpty, !other.marks.isEmpty else { return words(base, earlier, later) }
    let origin = HeadingText(base[...])
    guard !origin.marks.isEmpty else { return words(base, earlier, later) }
    let marks = threeWay(origin.marks, one.marks, other.marks)
    switch words(Array(origin.rest), Array(one.rest), Array(other.rest)) {
    case .conflict: return .conflict
    case .taken(let rest), .composed(let rest): return .composed(marks + rest)
    }
  }

  private static func rows(_ base: [UInt8]?, _ earlier: [UInt8], _ later: [UInt8]) -> OwnMerge {
    let (one, other) = (TableRow(earlier[...]), TableRow(later[...]))
    // Rows that both inserted are the same when only their padding differs.
    guard let base else { return one.key == other.key ? .composed(later) : .conflict }
    let origin = TableRow(base[...])
    guard origin.cells.count == one.cells.count, one.cells.count == other.cells.count else { return .conflict }
    guard isSame(one, as: origin), isSame(other, as: origin) else { return .conflict }
    var cells: [ArraySlice<UInt8>] = []
    for cell in origin.cells.indices {
      let (mine, theirs, old) = (one.text(cell), other.text(cell), origin.text(cell))
      if mine == theirs {
        cells.append(
          threeWay(origin.line[origin.cells[cell]], one.line[one.cells[cell]], other.line[other.cells[cell]]))
      } else if mine == old {
        cells.append(other.line[other.cells[cell]])
      } else if theirs == old {
        cells.append(one.line[one.cells[cell]])
      } else {
        return .conflict
      }
    }
    return .composed(other.replacingCells(cells))
  }

  /// Whether a row of which more than a cell has changed is the row that it was, and not another one of its name.
  private static func isSame(_ row: TableRow, as origin: TableRow) -> Bool {
    origin.cells.indices.count { row.text($0) != origin.text($0) } <= 1
      || BlockWords(.row, origin.key).share(with: BlockWords(.row, row.key)) >= 0.6
  }

  /// The head of a table and the rule below it.
  private static func tables(_ base: [UInt8]?, _ earlier: [UInt8], _ later: [UInt8]) -> OwnMerge {
    guard let base else { return .conflict }
    let lines = [base, earlier, later].map { $0.split(separator: .newline).map { Array($0) + [.newline] } }
    guard lines.allSatisfy({ $0.count == 2 }) else { return .conflict }
    var bytes: [UInt8] = []
    for line in 0..<2 {
      switch merge(.row, base: lines[0][line], earlier: lines[1][line], later: lines[2][line]) {
      case .conflict: return .conflict
      case .taken(let row), .composed(let row): bytes += row
      }
    }
    return .composed(bytes)
  }
}

/// What one block says in each side, where both changed it and the two don't go together.
struct OwnConflict: Equatable {
  /// The later side's, which keeps the place.
  let standing: [UInt8]
  /// The earlier side's.
  let aside: [UInt8]
  /// The base's; empty when both inserted it.
  let base: [UInt8]
}
