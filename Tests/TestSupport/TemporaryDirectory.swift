import FoundationEssentials
import Glibc
import Support

/// A directory of its own for a test, removed with everything in it when the value goes away.
public final class TemporaryDirectory: Sendable {
  /// Its absolute path, short enough for sockets.
  public let path: String

  /// Makes it under `/tmp`.
  public init() throws {
    var template = Array("/tmp/mbt.XXXXXX".utf8)
    template.append(0)
    let made = template.withUnsafeMutableBytes { buffer in
      buffer.assumingMemoryBound(to: CChar.self).baseAddress.map { mkdtemp($0) != nil } ?? false
    }
    guard made else { throw SystemError("mkdtemp", "/tmp") }
    path = String(decoding: template.dropLast(), as: UTF8.self)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
