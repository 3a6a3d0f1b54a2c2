import CZlib

/// A zlib decompressor that is set up once.
struct Inflater: ~Copyable {
  private let stream: UnsafeMutablePointer<z_stream>

  init() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    _ = inflateInit_(stream, zlibVersion(), Int32(MemoryLayout<z_stream>.size))
  }

  deinit {
    inflateEnd(stream)
    stream.deinitialize(count: 1)
    stream.deallocate()
  }

  /// Inflates one zlib stream that must give exactly `size` bytes; nil when it doesn't.
  ///
  /// Returns the bytes and how many of `input` the stream took.
  func inflate(_ input: ArraySlice<UInt8>, size: Int) -> (bytes: [UInt8], consumed: Int)? {
    guard inflateReset(stream) == Z_OK, size < UInt32.max - 1 else { return nil }
    var code = Z_OK
    var produced = 0
    var consumed = 0
    // One byte more than expected, so that a stream that goes on is noticed.
    var bytes = [UInt8](unsafeUninitializedCapacity: size + 1) { output, count in
      input.withUnsafeBufferPointer { source in
        let given = min(source.count, Int(UInt32.max))
        stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
        stream.pointee.avail_in = UInt32(given)
        stream.pointee.next_out = output.baseAddress
        stream.pointee.avail_out = UInt32(size + 1)
        code = CZlib.inflate(stream, Z_FINISH)
        produced = size + 1 - Int(stream.pointee.avail_out)
        consumed = given - Int(stream.pointee.avail_in)
      }
      count = produced
    }
    guard code == Z_STREAM_END, produced == size else { return nil }
    if bytes.count > size { bytes.removeLast(bytes.count - size) }
    return (bytes, consumed)
  }

  /// Inflates a stream into one small buffer again and again: for checking what is too large to hold.
  ///
  /// Returns how many bytes it took, or nil when it doesn't give exactly `size` bytes; the first few of
  /// these as well.
  func measure(_ input: ArraySlice<UInt8>, size: Int) -> (head: [UInt8], consumed: Int)? {
    guard inflateReset(stream) == Z_OK else { return nil }
    let window = 1 << 16
    var head: [UInt8] = []
    var produced = 0
    var code = Z_OK
    let consumed = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: window) { buffer in
      input.withUnsafeBufferPointer { source in
        let given = min(source.count, Int(UInt32.max))
        stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
        stream.pointee.avail_in = UInt32(given)
        while code == Z_OK, produced <= size {
          stream.pointee.next_out = buffer.baseAddress
          stream.pointee.avail_out = UInt32(window)
          code = CZlib.inflate(stream, Z_NO_FLUSH)
          let count = window - Int(stream.pointee.avail_out)
          if head.isEmpty { head = Array(buffer.prefix(min(count, 32))) }
          produced += count
        }
        return given - Int(stream.pointee.avail_in)
      }
    }
    guard code == Z_STREAM_END, produced == size else { return nil }
    return (head, consumed)
  }

  /// Inflates a whole zlib stream of unknown size, up to `limit` bytes; nil when it is damaged or longer.
  func inflateAll(_ input: [UInt8], limit: Int) -> [UInt8]? {
    guard inflateReset(stream) == Z_OK else { return nil }
    var result: [UInt8] = []
    var code = Z_OK
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1 << 16) { buffer in
      input.withUnsafeBufferPointer { source in
        stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
        stream.pointee.avail_in = UInt32(min(source.count, Int(UInt32.max)))
        while code == Z_OK, result.count <= limit {
          stream.pointee.next_out = buffer.baseAddress
          stream.pointee.avail_out = UInt32(buffer.count)
          code = CZlib.inflate(stream, Z_NO_FLUSH)
          result.append(contentsOf: buffer.prefix(buffer.count - Int(stream.pointee.avail_out)))
        }
      }
    }
    return code == Z_STREAM_END && result.count <= limit && stream.pointee.avail_in == 0 ? result : nil
  }
}
