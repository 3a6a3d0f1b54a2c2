import Glibc

/// An open file descriptor, closed when it goes out of scope.
struct Descriptor: ~Copyable {
  let number: Int32

  /// Takes over what an open call returned; nil when that failed.
  init?(_ result: Int32) {
    guard result >= 0 else { return nil }
    number = result
  }

  deinit { close(number) }
}
