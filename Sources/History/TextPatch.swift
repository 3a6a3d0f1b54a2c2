import CGit2

/// The line difference of two texts.
struct TextPatch: ~Copyable {
  private let patch: OpaquePointer
  private let buffers: (old: UnsafeMutableRawBufferPointer, new: UnsafeMutableRawBufferPointer)

  init(_ old: [UInt8], _ new: [UInt8]) throws(HistoryError) {
    try Library.start()
    var options = git_diff_options()
    git_diff_options_init(&options, UInt32(GIT_DIFF_OPTIONS_VERSION))
    options.flags = UInt32(GIT_DIFF_FORCE_TEXT.rawValue)
    var patch: OpaquePointer?
    // libgit2 copies neither text, and reads them again when the hunks are printed: it gets copies that stay.
    let buffers = (old: Self.copy(old), new: Self.copy(new))
    let code = git_patch_from_buffers(
      &patch, buffers.old.baseAddress, old.count, "a", buffers.new.baseAddress, new.count, "a", &options)
    guard code == 0, let patch else {
      buffers.old.deallocate()
      buffers.new.deallocate()
      throw .git("git_patch_from_buffers", "\(old.count) bytes", code)
    }
    self.patch = patch
    self.buffers = buffers
  }

  private static func copy(_ bytes: [UInt8]) -> UnsafeMutableRawBufferPointer {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count + 1, alignment: 1)
    buffer.copyBytes(from: bytes)
    return buffer
  }

  deinit {
    git_patch_free(patch)
    buffers.old.deallocate()
    buffers.new.deallocate()
  }

  func lineCounts() throws(HistoryError) -> (added: Int, removed: Int) {
    var added = 0
    var removed = 0
    let code = git_patch_line_stats(nil, &added, &removed, patch)
    guard code == 0 else { throw .git("git_patch_line_stats", "patch", code) }
    return (added, removed)
  }

  /// The hunks, without the header that names the files.
  func hunks() throws(HistoryError) -> String {
    var buffer = git_buf()
    let code = git_patch_to_buf(&buffer, patch)
    guard code == 0 else { throw .git("git_patch_to_buf", "patch", code) }
    defer { git_buf_dispose(&buffer) }
    let bytes = UnsafeRawBufferPointer(start: buffer.ptr, count: buffer.size)
    guard let start = Self.firstHunk(bytes) else { return "" }
    return String(decoding: bytes[start...], as: UTF8.self)
  }

  private static func firstHunk(_ bytes: UnsafeRawBufferPointer) -> Int? {
    let mark = Array("@@ ".utf8)
    var start = 0
    while start < bytes.count {
      if bytes[start...].starts(with: mark) { return start }
      guard let newline = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
      start = newline + 1
    }
    return nil
  }
}
