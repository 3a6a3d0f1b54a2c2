import CCrypto

/// A git object id: the SHA-1 of an object's header and bytes.
public struct ObjectID: Hashable, Sendable, Comparable, CustomStringConvertible {
  private let head: UInt64
  private let middle: UInt64
  private let tail: UInt32

  /// The id whose 20 bytes are `bytes`, or nil when there are not 20.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 20 else { return nil }
    self.init(digest: Array(bytes))
  }

  /// The id written as 40 hexadecimal digits, in lower case as git prints it; nil for anything else.
  public init?(hex: some StringProtocol) {
    var text = String(hex)
    let id = text.withUTF8 { ObjectID(digits: UnsafeRawBufferPointer($0)) }
    guard let id else { return nil }
    self = id
  }

  /// The id written as these 40 bytes of hexadecimal digits; nil for anything else.
  public init?(digits: UnsafeRawBufferPointer) {
    guard digits.count == 40 else { return nil }
    var bytes: (UInt64, UInt64, UInt32) = (0, 0, 0)
    for (index, digit) in digits.enumerated() {
      let value: UInt8
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
      default: return nil
      }
      switch index {
      case ..<16: bytes.0 = bytes.0 << 4 | UInt64(value)
      case ..<32: bytes.1 = bytes.1 << 4 | UInt64(value)
      default: bytes.2 = bytes.2 << 4 | UInt32(value)
      }
    }
    (head, middle, tail) = bytes
  }

  /// The id that git gives a blob with these bytes.
  public static func blob(of content: [UInt8]) -> ObjectID {
    let header = Array("blob \(content.count)\0".utf8)
    // The one-shot call wants one buffer; OpenSSL 3 deprecates the piecewise ones.
    return withUnsafeTemporaryAllocation(byteCount: header.count + content.count, alignment: 8) { object in
      object.copyBytes(from: header)
      content.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: object[header.count...]).copyMemory(from: $0) }
      return withUnsafeTemporaryAllocation(byteCount: 20, alignment: 8) { digest in
        SHA1(object.baseAddress, object.count, digest.baseAddress)
        return ObjectID(loading: UnsafeRawBufferPointer(digest), at: 0)
      }
    }
  }

  /// The id whose 20 bytes begin at `offset` of a buffer that has them.
  public init(loading buffer: UnsafeRawBufferPointer, at offset: Int) {
    head = UInt64(bigEndian: buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    middle = UInt64(bigEndian: buffer.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
    tail = UInt32(bigEndian: buffer.loadUnaligned(fromByteOffset: offset + 16, as: UInt32.self))
  }

  /// Writes the 20 bytes into a buffer that has room for them at `offset`.
  public func store(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) {
    buffer.storeBytes(of: head.bigEndian, toByteOffset: offset, as: UInt64.self)
    buffer.storeBytes(of: middle.bigEndian, toByteOffset: offset + 8, as: UInt64.self)
    buffer.storeBytes(of: tail.bigEndian, toByteOffset: offset + 16, as: UInt32.self)
  }

  private init(digest: [UInt8]) {
    var words: (UInt64, UInt64, UInt32) = (0, 0, 0)
    for byte in digest[0..<8] { words.0 = words.0 << 8 | UInt64(byte) }
    for byte in digest[8..<16] { words.1 = words.1 << 8 | UInt64(byte) }
    for byte in digest[16..<20] { words.2 = words.2 << 8 | UInt32(byte) }
    (head, middle, tail) = words
  }

  /// The 20 bytes.
  public var bytes: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 20) { buffer, count in
      store(into: UnsafeMutableRawBufferPointer(buffer), at: 0)
      count = 20
    }
  }

  /// The 40 hexadecimal digits.
  public var description: String { hexadecimal(bytes) }

  /// The first `digits` hexadecimal digits, for people to read.
  public func short(_ digits: Int = 7) -> String { String(description.prefix(digits)) }

  /// The order of the bytes, which is also the order of the hexadecimal text.
  public static func < (left: ObjectID, right: ObjectID) -> Bool {
    (left.head, left.middle, left.tail) < (right.head, right.middle, right.tail)
  }
}

/// The bytes as lower-case hexadecimal text.
public func hexadecimal(_ bytes: some Collection<UInt8>) -> String {
  func digit(_ value: UInt8) -> UInt8 { value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value }
  return String(unsafeUninitializedCapacity: bytes.count * 2) { text in
    var count = 0
    for byte in bytes {
      text[count] = digit(byte >> 4)
      text[count + 1] = digit(byte & 15)
      count += 2
    }
    return count
  }
}

/// The SHA-256 of some bytes, as 64 hexadecimal digits.
public func sha256(_ content: [UInt8]) -> String {
  var digest = [UInt8](repeating: 0, count: 32)
  SHA256(content, content.count, &digest)
  return hexadecimal(digest)
}
