import CZlib

/// A zlib compressor that is set up once: a third of the cost of compressing a small object is the set-up.
struct Deflater: ~Copyable {
  private let stream: UnsafeMutablePointer<z_stream>

  /// `level`: zlib's 0 to 9; 1 is a third of the time of git's default for a tenth more bytes.
  init(level: Int32 = 1) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // It fails only for want of memory; then every `deflate` fails, and says so.
    _ = deflateInit_(stream, level, zlibVersion(), Int32(MemoryLayout<z_stream>.size))
  }

  deinit {
    deflateEnd(stream)
    stream.deinitialize(count: 1)
    stream.deallocate()
  }

  /// The bytes, compressed as one zlib stream.
  func deflate(_ bytes: [UInt8]) throws(HistoryError) -> [UInt8] {
    guard deflateReset(stream) == Z_OK, bytes.count < UInt32.max else {
      throw .unusable("deflate", "\(bytes.count) bytes", "can't be compressed")
    }
    let bound = Int(deflateBound(stream, UInt(bytes.count)))
    var code = Z_OK
    let result = [UInt8](unsafeUninitializedCapacity: bound) { output, count in
      bytes.withUnsafeBufferPointer { input in
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = output.baseAddress
        stream.pointee.avail_out = UInt32(bound)
        code = CZlib.deflate(stream, Z_FINISH)
        count = bound - Int(stream.pointee.avail_out)
      }
    }
    guard code == Z_STREAM_END else {
      throw .damaged("deflate", "\(bytes.count) bytes", "zlib answered \(code)")
    }
    return result
  }
}
