import Glibc

/// Files that hold a password or a token.
public enum SecretFile {
  /// The first line of a file, blanks at its ends left out; nil when it can't be read or that line is empty.
  public static func firstLine(of path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 16_384)
    var count = 0
    while count < bytes.count {
      let part = bytes.withUnsafeMutableBytes { buffer in
        read(file, buffer.baseAddress?.advanced(by: count), buffer.count - count)
      }
      guard part > 0 else { break }
      count += part
    }
    let line = bytes[..<count].prefix { $0 != 10 && $0 != 13 }
    let blanks: [UInt8] = [0x20, 0x09]
    let trimmed = line.drop(while: blanks.contains).reversed().drop(while: blanks.contains).reversed()
    guard !trimmed.isEmpty else { return nil }
    return String(validating: trimmed, as: UTF8.self)
  }
}
