import RedisTransport
import Support

/// The few commands that copies take, over any transport, in requests of bounded size.
struct CopyClient {
  /// Bytes of values in one request or reply.
  static let chunkBytes = 4 << 20
  /// Keys in one request.
  static let chunkKeys = 500

  let client: any RedisClient

  /// Stores texts, several at once; a text over the bound goes alone.
  func store(_ values: [(key: [UInt8], value: [UInt8])]) throws(BackupError) {
    for chunk in Self.chunks(values, size: { $0.value.count }) {
      try run(RedisCommand([Array("MSET".utf8)] + chunk.flatMap { [$0.key, $0.value] }))
    }
  }

  /// Stores bytes of any kind.
  func store(_ key: [UInt8], bytes: [UInt8]) throws(BackupError) { try run(RedisCommand("SET", bytes: [key, bytes])) }

  /// Stores a text that nobody else would write where nothing stands yet.
  ///
  /// - Returns: Whether it stands there now.
  func claim(_ key: [UInt8], _ text: [UInt8]) throws(BackupError) -> Bool {
    if try !run(RedisCommand([Array("SET".utf8), key, text, Array("NX".utf8)])).isNull { return true }
    // The reply may have been lost, and the command sent again.
    return try get(key) == text
  }

  func get(_ key: [UInt8]) throws(BackupError) -> [UInt8]? { try run(RedisCommand("GET", bytes: [key])).bytes }

  /// The values of keys; nil where there is none, or something else.
  func get(_ keys: [[UInt8]]) throws(BackupError) -> [[UInt8]?] {
    guard !keys.isEmpty else { return [] }
    let found = try run(RedisCommand("MGET", bytes: keys)).array ?? []
    guard found.count == keys.count else {
      throw BackupError(.redis(.protocolViolation), client.address, "replies are missing (MGET)")
    }
    return found.map(\.bytes)
  }

  func delete(_ keys: [[UInt8]]) throws(BackupError) {
    for chunk in Self.chunks(keys, size: \.count) { try run(RedisCommand("UNLINK", bytes: chunk)) }
  }

  /// All keys that match a pattern.
  ///
  /// `neighbour`: one of their kind, which leads to the right node of a cluster.
  func scan(_ pattern: [UInt8], beside neighbour: [UInt8]) throws(BackupError) -> [[UInt8]] {
    try run(RedisCommand("EXISTS", bytes: [neighbour]))
    var found: Set<[UInt8]> = []
    var cursor = Array("0".utf8)
    repeat {
      let words = [Array("SCAN".utf8), cursor, Array("MATCH".utf8), pattern, Array("COUNT".utf8), Array("2000".utf8)]
      let page = try run(RedisCommand(words))
      guard let parts = page.array, parts.count == 2, let next = parts[0].bytes, let keys = parts[1].array else {
        throw BackupError(.redis(.protocolViolation), client.address, "an unexpected reply (SCAN)")
      }
      found.formUnion(keys.compactMap(\.bytes))
      cursor = next
    } while cursor != Array("0".utf8)
    return found.sorted { $0.lexicographicallyPrecedes($1) }
  }

  @discardableResult
  func run(_ command: RedisCommand) throws(BackupError) -> RedisValue {
    try inRedis { () throws(RedisError) in try client.run(command) }
  }

  /// Parts of a list that are within the bounds; one item alone may be over them.
  static func chunks<T>(_ items: [T], size: (T) -> Int) -> [[T]] {
    var chunks: [[T]] = []
    var chunk: [T] = []
    var bytes = 0
    for item in items {
      if !chunk.isEmpty, bytes + size(item) > chunkBytes || chunk.count == chunkKeys {
        chunks.append(chunk)
        chunk = []
        bytes = 0
      }
      chunk.append(item)
      bytes += size(item)
    }
    return chunk.isEmpty ? chunks : chunks + [chunk]
  }
}
