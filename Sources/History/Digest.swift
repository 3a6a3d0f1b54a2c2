import CCrypto
import Support

/// A SHA-1 over bytes that come piece by piece.
struct Digest: ~Copyable {
  private let context: OpaquePointer?

  init() {
    context = EVP_MD_CTX_new()
    EVP_DigestInit_ex(context, EVP_sha1(), nil)
  }

  deinit { EVP_MD_CTX_free(context) }

  func update(_ bytes: ArraySlice<UInt8>) {
    bytes.withUnsafeBytes { _ = EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
  }

  /// The digest; the value must not be used again.
  consuming func finish() -> ObjectID {
    let context = self.context
    return withUnsafeTemporaryAllocation(byteCount: 20, alignment: 8) { digest in
      var length: UInt32 = 0
      EVP_DigestFinal_ex(context, digest.baseAddress?.assumingMemoryBound(to: UInt8.self), &length)
      return ObjectID(loading: UnsafeRawBufferPointer(digest), at: 0)
    }
  }
}
