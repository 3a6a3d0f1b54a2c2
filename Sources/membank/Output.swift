import Glibc
import Support

/// Standard output and error, written whole; a reader that went away ends the program quietly.
enum Output {
  static func line(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

  static func json(_ value: JSONValue) { line(value.rendered(pretty: true)) }

  static func bytes(_ bytes: [UInt8]) { write(bytes, to: STDOUT_FILENO) }

  static func text(_ text: String) { write(text, to: STDOUT_FILENO) }

  static func complaint(_ text: String) { write(text, to: STDERR_FILENO) }

  /// Says what went wrong; it may quote a server, or a file that came from a stranger.
  static func error(_ text: String) {
    // Some messages have lines of their own.
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { printable(String($0)) }
    write("membank: \(lines.joined(separator: "\n"))\n", to: STDERR_FILENO)
  }

  /// Whether somebody sees what goes to standard error.
  static var isWatched: Bool { isatty(STDERR_FILENO) == 1 }

  private static func write(_ text: String, to descriptor: Int32) { write(Array(text.utf8), to: descriptor) }

  private static func write(_ bytes: [UInt8], to descriptor: Int32) {
    var start = 0
    while start < bytes.count {
      let count = bytes[start...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        start += count
      } else if errno != EINTR {
        return
      }
    }
  }
}
