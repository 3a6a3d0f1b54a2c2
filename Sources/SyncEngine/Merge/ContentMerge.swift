import History
import MarkdownMerge
public import Support

/// What the merge of one file's contents comes to.
public enum ContentMergeResult: Hashable, Sendable {
  /// One version.
  case merged(ObjectID)
  /// One version with the later side's text where the two don't go together, and what is set aside of the earlier one.
  case partly(ObjectID, aside: ObjectID)
  /// The later version keeps the place, the earlier one is set aside.
  case conflict
}

extension Engine {
  /// Texts over this many bytes are not merged.
  ///
  /// A constant, not a setting: replicas that are configured differently must merge alike.
  static let largestMergedText: Int64 = 1 << 20

  /// Merges the contents of a file; the base is nil when both sides created it.
  func mergeContent(
    _ path: BankPath, _ base: ObjectID?, _ earlier: ObjectID, _ later: ObjectID, _ table: MergeTable
  ) throws(HistoryError) -> ContentMergeResult {
    let strategy = table.strategy(for: path)
    switch strategy {
    case .copy: return .conflict
    case .newest: return .merged(later)
    case .structural, .lines, .union: break
    }
    for id in [base, earlier, later].compactMap(\.self) where try history.blobSize(id) > Self.largestMergedText {
      return .conflict
    }
    let (one, other) = (try history.blob(earlier), try history.blob(later))
    guard let base else {
      if strategy == .union { return try merged(History.mergeTextKeepingBoth(base: [], earlier: one, later: other)) }
      // Created on both sides: where one holds every line of the other in order, nothing is lost by taking it.
      if LineOrder.contains(one, in: other) { return .merged(later) }
      if LineOrder.contains(other, in: one) { return .merged(earlier) }
      return .conflict
    }
    let origin = try history.blob(base)
    switch strategy {
    case .lines: return try merged(History.mergeText(base: origin, one: one, other: other))
    case .union: return try merged(History.mergeTextKeepingBoth(base: origin, earlier: one, later: other))
    default: return try mergeBlocks(path, origin, one, other)
    }
  }

  private func merged(_ bytes: [UInt8]?) throws(HistoryError) -> ContentMergeResult {
    guard let bytes else { return .conflict }
    return .merged(try history.writeBlob(bytes))
  }

  private func mergeBlocks(
    _ path: BankPath, _ base: [UInt8], _ earlier: [UInt8], _ later: [UInt8]
  ) throws(HistoryError) -> ContentMergeResult {
    switch StructuralMerge.merge(base: base, earlier: earlier, later: later) {
    case .merged(let bytes): return .merged(try history.writeBlob(bytes))
    case .partly(let bytes, let parts):
      // Where nothing else is left of the earlier version, that itself says more.
      if parts.count == 1, parts[0].aside == earlier { return .conflict }
      // Parts of a copy would say where they belong in the copy, and stand beside the original.
      guard ConflictName.original(of: path) == nil, let copy = ConflictCopy(parts).bytes(path: path.description) else {
        return .conflict
      }
      return .partly(try history.writeBlob(bytes), aside: try history.writeBlob(copy))
    case .refused: return .conflict
    }
  }
}

/// Comparison of texts line by line.
enum LineOrder {
  /// Whether every line of `lines` stands in `text`, in that order.
  static func contains(_ lines: [UInt8], in text: [UInt8]) -> Bool {
    var wanted = lines.split(separator: 0x0a, omittingEmptySubsequences: false)[...]
    for line in text.split(separator: 0x0a, omittingEmptySubsequences: false) where wanted.first == line {
      wanted = wanted.dropFirst()
    }
    return wanted.isEmpty
  }
}
