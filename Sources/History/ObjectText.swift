import CCrypto
import Support

/// The four kinds of git object, with the numbers that packs give them.
package enum ObjectKind: UInt8, Sendable {
  case commit = 1
  case tree = 2
  case blob = 3
  case tag = 4

  /// The word that begins the object's header.
  var name: String {
    switch self {
    case .commit: "commit"
    case .tree: "tree"
    case .blob: "blob"
    case .tag: "tag"
    }
  }
}

/// An object as it is stored: its kind and its bytes without the header.
package struct RawObject: Equatable, Sendable {
  package let kind: ObjectKind
  package let bytes: [UInt8]

  package init(kind: ObjectKind, bytes: [UInt8]) {
    self.kind = kind
    self.bytes = bytes
  }
}

/// The header that git puts before an object's bytes, and the id of both.
enum ObjectText {
  /// Header and bytes in one buffer: what is hashed, and what a loose object file holds deflated.
  static func whole(_ kind: ObjectKind, _ bytes: [UInt8]) -> [UInt8] {
    let header = "\(kind.name) \(bytes.count)\0".utf8
    var whole: [UInt8] = []
    whole.reserveCapacity(header.count + bytes.count)
    whole.append(contentsOf: header)
    whole.append(contentsOf: bytes)
    return whole
  }

  static func id(ofWhole whole: [UInt8]) -> ObjectID { sha1(whole[...]) }

  static func id(_ kind: ObjectKind, _ bytes: [UInt8]) -> ObjectID { id(ofWhole: whole(kind, bytes)) }

  /// The SHA-1 of some bytes, in the shape of an id.
  static func sha1(_ bytes: ArraySlice<UInt8>) -> ObjectID {
    withUnsafeTemporaryAllocation(byteCount: 20, alignment: 8) { digest in
      bytes.withUnsafeBufferPointer { content in
        _ = SHA1(content.baseAddress, content.count, digest.baseAddress?.assumingMemoryBound(to: UInt8.self))
      }
      return ObjectID(loading: UnsafeRawBufferPointer(digest), at: 0)
    }
  }
}
