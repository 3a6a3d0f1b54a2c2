import Glibc
import Support

/// A serialised ``FileTable``, directory by directory: names and stamps in the order of the names, for comparing.
///
/// Made of the bytes as they are: a dictionary of as many paths takes longer than looking at the files.
public struct TableListing: Sendable {
  /// One file of a directory.
  struct Entry: Sendable {
    /// Where its name stands in the table's bytes.
    let name: Range<Int>
    let stamp: FileStamp
  }

  /// The checksum that the table ends with, as hexadecimal digits.
  public let checksum: String
  /// How many files it has.
  public private(set) var count = 0
  /// The files in each directory, nil being the root; every directory above one with files is there, too.
  private(set) var directories: [BankPath?: [Entry]] = [nil: []]
  private let bytes: [UInt8]

  /// Takes a table's bytes apart; nil when they are none.
  ///
  /// Its checksum is not checked: whatever a damaged table says besides, it does not say of each file in the directory
  /// just what the file system does.
  public init?(_ bytes: [UInt8]) {
    guard let checksum = FileTable.checksum(of: bytes) else { return nil }
    self.checksum = String(decoding: checksum, as: UTF8.self)
    self.bytes = bytes
    var directories = self.directories
    var current: (path: BankPath?, prefix: [UInt8], entries: [Entry]) = (nil, [], [])
    var sum = 0
    let isWhole = bytes.withUnsafeBytes { whole in
      FileTable.forEachEntry(of: bytes) {
        sum = $0
      } visit: { path, file in
        let slash = path.lastIndex(of: UInt8(ascii: "/"))
        let prefix = UnsafeRawBufferPointer(rebasing: path[..<(slash ?? 0)])
        if !prefix.elementsEqual(current.prefix) {
          let next = prefix.isEmpty ? nil : try? BankPath(prefix)
          guard prefix.isEmpty || next != nil else { return false }
          directories[current.path, default: []] += current.entries
          current = (next, Array(prefix), [])
        }
        guard let from = path.baseAddress, let start = whole.baseAddress else { return false }
        let nameStart = from - start + (slash.map { $0 + 1 } ?? 0)
        current.entries.append(Entry(name: nameStart..<(from - start + path.count), stamp: file.stamp))
        return true
      }
    }
    guard isWhole else { return nil }
    directories[current.path, default: []] += current.entries
    for ancestor in directories.keys.flatMap({ $0?.ancestors ?? [] }) { directories[ancestor, default: []] += [] }
    self.directories = directories
    count = sum
  }

  /// The stamp of the file of that name among a directory's entries.
  func stamp(of name: UnsafeRawBufferPointer, among entries: [Entry]) -> FileStamp? {
    bytes.withUnsafeBytes { bytes in
      var low = 0
      var high = entries.count
      while low < high {
        let middle = (low + high) / 2
        let order = Self.compare(name, UnsafeRawBufferPointer(rebasing: bytes[entries[middle].name]))
        if order == 0 { return entries[middle].stamp }
        if order < 0 { high = middle } else { low = middle + 1 }
      }
      return nil
    }
  }

  private static func compare(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Int {
    guard let left = one.baseAddress, let right = other.baseAddress else { return one.count - other.count }
    let order = memcmp(left, right, min(one.count, other.count))
    return order == 0 ? one.count - other.count : Int(order)
  }
}
