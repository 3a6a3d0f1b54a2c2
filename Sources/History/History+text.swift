import CGit2
public import Support

extension History {
  /// Merges two versions of a text line by line; nil when they conflict, or when one isn't text.
  ///
  /// The sides may be given in either order: the result has the same bytes.
  public static func mergeText(
    base: [UInt8], one: [UInt8], other: [UInt8]
  ) throws(HistoryError) -> [UInt8]? {
    let (ours, theirs) = ObjectID.blob(of: one) <= ObjectID.blob(of: other) ? (one, other) : (other, one)
    return try mergeText(base, ours, theirs, GIT_MERGE_FILE_FAVOR_NORMAL)
  }

  /// Merges two versions of a text line by line, with both sides' lines where they conflict; nil when one isn't text.
  public static func mergeTextKeepingBoth(
    base: [UInt8], earlier: [UInt8], later: [UInt8]
  ) throws(HistoryError) -> [UInt8]? {
    try mergeText(base, earlier, later, GIT_MERGE_FILE_FAVOR_UNION)
  }

  private static func mergeText(
    _ base: [UInt8], _ ours: [UInt8], _ theirs: [UInt8], _ favor: git_merge_file_favor_t
  ) throws(HistoryError) -> [UInt8]? {
    try Library.start()
    guard [base, ours, theirs].allSatisfy(isText) else { return nil }
    var options = git_merge_file_options()
    git_merge_file_options_init(&options, UInt32(GIT_MERGE_FILE_OPTIONS_VERSION))
    options.favor = favor
    var result = git_merge_file_result()
    let code = base.withUnsafeBytes { base in
      ours.withUnsafeBytes { ours in
        theirs.withUnsafeBytes { theirs in
          var inputs = (input(base), input(ours), input(theirs))
          return git_merge_file(&result, &inputs.0, &inputs.1, &inputs.2, &options)
        }
      }
    }
    guard code == 0 else { throw .git("git_merge_file", "\(base.count) bytes", code) }
    defer { git_merge_file_result_free(&result) }
    guard result.automergeable != 0 else { return nil }
    return Array(UnsafeRawBufferPointer(start: result.ptr, count: result.len))
  }

  private static func input(_ bytes: UnsafeRawBufferPointer) -> git_merge_file_input {
    var input = git_merge_file_input()
    git_merge_file_input_init(&input, UInt32(GIT_MERGE_FILE_INPUT_VERSION))
    input.ptr = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
    input.size = bytes.count
    return input
  }

  /// Whether the bytes are text to us: UTF-8 without NUL.
  static func isText(_ bytes: [UInt8]) -> Bool {
    !bytes.contains(0) && String(validating: bytes, as: UTF8.self) != nil
  }

  /// How many lines a change adds and removes (nil: no file); none where a side isn't text.
  public func lineCounts(old: [UInt8]?, new: [UInt8]?) throws(HistoryError) -> (added: Int, removed: Int) {
    guard isText(old), isText(new) else { return (0, 0) }
    return try TextPatch(old ?? [], new ?? []).lineCounts()
  }

  private func isText(_ bytes: [UInt8]?) -> Bool { bytes.map(Self.isText) ?? true }

  /// The difference of two trees (nil: an empty one) as a unified diff, which `git apply` takes.
  ///
  /// A path limits it to this file, or to what is below this directory.
  public func patch(from: ObjectID?, to: ObjectID?, path: BankPath?) throws(HistoryError) -> String {
    var text = ""
    for delta in try diff(from, to) where path.map({ delta.path.isInside($0) }) ?? true {
      let old = try delta.old.map { entry throws(HistoryError) in try blob(entry.blob) }
      let new = try delta.new.map { entry throws(HistoryError) in try blob(entry.blob) }
      text += PatchHeader(delta).text
      guard delta.old?.blob != delta.new?.blob else { continue }
      if isText(old), isText(new) {
        let hunks = try TextPatch(old ?? [], new ?? []).hunks()
        if !hunks.isEmpty { text += PatchHeader(delta).names + hunks }
      } else {
        text += PatchHeader(delta).binary
      }
    }
    return text
  }
}
