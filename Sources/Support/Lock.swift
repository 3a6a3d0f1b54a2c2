#if TSAN
  public import Glibc
#else
  public import Synchronization
#endif

/// A value that one thread at a time may touch.
///
/// It is the standard library's mutex. What that one does when threads wait for each other happens in a library that
/// ThreadSanitizer doesn't see into, and would be reported as a race: under it, libc's mutex takes the place.
public struct Lock<Value>: ~Copyable {
  #if TSAN
    // Pointers, since what stands in an object is one place to ThreadSanitizer, and reading one part of it while
    // another is written a race.
    @usableFromInline let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    @usableFromInline let value = UnsafeMutablePointer<Value>.allocate(capacity: 1)

    /// A lock on a value.
    @inlinable
    public init(_ initial: sending Value) {
      mutex.initialize(to: pthread_mutex_t())
      pthread_mutex_init(mutex, nil)
      value.initialize(to: initial)
    }

    deinit {
      pthread_mutex_destroy(mutex)
      mutex.deallocate()
      value.deinitialize(count: 1)
      value.deallocate()
    }

    /// Runs `body` with the value, and nobody else meanwhile.
    @inlinable
    public borrowing func withLock<Result, Failure: Error>(
      _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
      pthread_mutex_lock(mutex)
      defer { pthread_mutex_unlock(mutex) }
      return try body(&value.pointee)
    }
  #else
    @usableFromInline let mutex: Mutex<Value>

    /// A lock on a value.
    @inlinable
    public init(_ value: sending Value) { mutex = Mutex(value) }

    /// Runs `body` with the value, and nobody else meanwhile.
    @inlinable
    public borrowing func withLock<Result, Failure: Error>(
      _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
      try mutex.withLock(body)
    }
  #endif
}

#if TSAN
  // Unchecked, since the value is touched with the mutex held only.
  extension Lock: @unchecked Sendable {}
#else
  extension Lock: Sendable {}
#endif
