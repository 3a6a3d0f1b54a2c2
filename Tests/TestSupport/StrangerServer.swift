import Glibc
import Support

/// A listener on the loopback that says one fixed text to whoever connects first, then ends; not a Redis.
public final class StrangerServer: Sendable {
  /// Its TCP port on 127.0.0.1.
  public let port: UInt16

  /// Starts it with the text to say.
  public init(saying text: String) throws {
    let (listener, port) = try RedisServer.boundSocket()
    self.port = port
    guard listen(listener, 4) == 0 else { throw SystemError("listen", "127.0.0.1") }
    // A thread of its own: the tests' pool may be busy for longer than a client waits.
    _ = try WorkerThread("stranger") {
      let peer = accept(listener, nil, nil)
      var byte: UInt8 = 0
      _ = read(peer, &byte, 1)
      _ = text.utf8.withContiguousStorageIfAvailable { write(peer, $0.baseAddress, $0.count) }
      // Closing with unread bytes would reset the connection and take the text back.
      shutdown(peer, Int32(SHUT_WR))
      while read(peer, &byte, 1) > 0 {}
      close(peer)
      close(listener)
    }
  }
}
