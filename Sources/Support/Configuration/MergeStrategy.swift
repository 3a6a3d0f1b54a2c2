/// How two versions of a file become one (`merge.PATTERN.strategy`).
public enum MergeStrategy: String, CaseIterable, Sendable {
  /// Block by block, as Markdown: what Markdown files are merged by unless a rule says otherwise.
  case structural
  /// Line by line, as git does: what other files are merged by.
  case lines
  /// Line by line, and both sides' lines where they conflict, the earlier side's first.
  case union
  /// Not at all: one version keeps the place, the other becomes a conflict copy.
  case copy
  /// The later version keeps the place; the other one is in the history only.
  case newest
}
