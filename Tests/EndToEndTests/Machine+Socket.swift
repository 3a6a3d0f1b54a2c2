import FoundationEssentials
import Glibc
import Support
import TestSupport
import Testing

extension Machine {
  /// A connection to the daemon's control socket, to be closed by the caller.
  func connectToDaemon() throws -> Int32 {
    let directory = root.path + "/run"
    let name = try FileManager.default.contentsOfDirectory(atPath: directory).first { $0.hasSuffix(".sock") }
    let path = "\(directory)/\(try #require(name))"
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    let code = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard code == 0 else {
      let error = SystemError("connect", path)
      close(descriptor)
      throw error
    }
    return descriptor
  }
}
