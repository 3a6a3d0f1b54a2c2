import CGit2
import Support

/// libgit2's pack builder: it finds deltas, so many versions of a file take little more than one.
struct PackBuilder: ~Copyable {
  private let builder: OpaquePointer
  private let repository: Repository

  /// For the objects of a directory; whoever inserts a loose one has read it before, see ``ObjectDirectory``.
  init(objectsAt directory: String) throws(HistoryError) {
    let repository = try ObjectDatabase(objectsAt: directory).makeRepository()
    var builder: OpaquePointer?
    let code = git_packbuilder_new(&builder, repository.pointer)
    guard code == 0, let builder else { throw .git("git_packbuilder_new", "objects", code) }
    self.builder = builder
    self.repository = repository
    // With more the deltas would depend on how the work fell to them, and the pack's id with them.
    git_packbuilder_set_threads(builder, 1)
  }

  deinit { git_packbuilder_free(builder) }

  /// `path`: where it stands, so that versions of one file meet.
  func insert(_ id: ObjectID, path: [UInt8]) throws(HistoryError) {
    var oid = id.oid
    let code =
      path.isEmpty
      ? git_packbuilder_insert(builder, &oid, nil)
      : git_packbuilder_insert(builder, &oid, String(decoding: path, as: UTF8.self))
    guard code == 0 else { throw .git("git_packbuilder_insert", id.description, code) }
  }

  /// The pack's bytes.
  func bytes() throws(HistoryError) -> [UInt8] {
    var buffer = git_buf()
    let code = git_packbuilder_write_buf(&buffer, builder)
    guard code == 0 else { throw .git("git_packbuilder_write_buf", "pack", code) }
    defer { git_buf_dispose(&buffer) }
    return Array(UnsafeRawBufferPointer(start: buffer.ptr, count: buffer.size))
  }

  /// Writes `pack-<id>.pack` and its index into a directory.
  ///
  /// Returns the path without the extension.
  func write(into directory: String) throws(HistoryError) -> String {
    let code = git_packbuilder_write(builder, directory, 0o444, nil, nil)
    guard code == 0 else { throw .git("git_packbuilder_write", directory, code) }
    guard let name = git_packbuilder_name(builder) else {
      throw .damaged("git_packbuilder_write", directory, "left no name")
    }
    return "\(directory)/pack-\(String(cString: name))"
  }

  /// Hands the pack's bytes out piece by piece.
  ///
  /// - Parameters:
  ///   - progress: Is told how many objects are done, and of how many; says whether to go on.
  ///   - sink: Takes the next bytes; says whether to go on.
  /// - Throws: ``HistoryError`` of kind `stopped` when either of them says no.
  func write(
    progress: (Int, Int) -> Bool, into sink: (UnsafeRawBufferPointer) -> Bool
  ) throws(HistoryError) {
    let code = withoutActuallyEscaping(progress) { progress in
      withoutActuallyEscaping(sink) { sink in
        let listener = PackListener(progress, sink)
        return withExtendedLifetime(listener) {
          let payload = Unmanaged.passUnretained(listener).toOpaque()
          git_packbuilder_set_callbacks(builder, packProgress, payload)
          defer { git_packbuilder_set_callbacks(builder, nil, nil) }
          return git_packbuilder_foreach(builder, packBytes, payload)
        }
      }
    }
    guard code == 0 else {
      throw code == packStopped ? .stopped("git_packbuilder_foreach") : .git("git_packbuilder_foreach", "pack", code)
    }
  }
}

/// What the builder's callbacks reach.
private final class PackListener {
  let progress: (Int, Int) -> Bool
  let sink: (UnsafeRawBufferPointer) -> Bool

  init(_ progress: @escaping (Int, Int) -> Bool, _ sink: @escaping (UnsafeRawBufferPointer) -> Bool) {
    self.progress = progress
    self.sink = sink
  }
}

/// What a callback returns to end the builder's work, and the builder with it: no code of libgit2's own.
private let packStopped: Int32 = -7001

private func packProgress(_: Int32, _ done: UInt32, _ total: UInt32, _ payload: UnsafeMutableRawPointer?) -> Int32 {
  guard let payload else { return 0 }
  let listener = Unmanaged<PackListener>.fromOpaque(payload).takeUnretainedValue()
  return listener.progress(Int(done), Int(total)) ? 0 : packStopped
}

private func packBytes(_ bytes: UnsafeMutableRawPointer?, _ count: Int, _ payload: UnsafeMutableRawPointer?) -> Int32 {
  guard let payload else { return 0 }
  let listener = Unmanaged<PackListener>.fromOpaque(payload).takeUnretainedValue()
  return listener.sink(UnsafeRawBufferPointer(start: bytes, count: count)) ? 0 : packStopped
}
