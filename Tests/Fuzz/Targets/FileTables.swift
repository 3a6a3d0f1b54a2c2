import Bank
import Support

extension FuzzTarget {
  /// The table of files that was kept from the last run, on a disk that may have changed it.
  static let fileTables = FuzzTarget(
    "file-tables", words: ["membank files 1\n", "\0\0\0\0\0\0\0\u{1}", "../x"], seeds: ["\u{0}", "\u{1}"],
    bytes: [[1] + example, [0] + example.dropLast(64)]
  ) { input in
    let isWhole = input.flag()
    var bytes = input.rest()
    // With a checksum that is right, so that what it guards is looked at as well.
    if !isWhole { bytes += Array(sha256(bytes).utf8) }
    let listing = TableListing(bytes)
    guard let table = FileTable(parsing: bytes) else { return }
    try hold(listing != nil, "a table that can't be listed")
    for path in table.files.keys { try holdInside(path) }
    let again = FileTable(parsing: table.serialised())
    try hold(again?.files == table.files, "another table after a round trip")
    try hold(TableListing(table.serialised())?.count == table.files.count, "a listing of another length")
    for (path, file) in table.files { _ = table.trusts(path, file.stamp) }
  }

  private static let example: [UInt8] = {
    let stamp = FileStamp(size: 1, modified: 2, changed: 3, inode: 4, device: 5, mode: 0o100644)
    var files: [BankPath: KnownFile] = [:]
    for name in ["a.md", "b/c.md"] {
      if let path = try? BankPath(name) { files[path] = KnownFile(stamp: stamp, blob: .blob(of: []), hashedAt: 9) }
    }
    return FileTable(files: files).serialised()
  }()
}
