import CGit2

/// libgit2, started once for the process.
///
/// Nothing process-wide that other users of the library could notice is changed: our own repository is read
/// through object backends that are opened by hand, so no configuration, no owner check and no alternates come
/// into it, and no switch has to be thrown for that.
enum Library {
  private static let started: Int32 = {
    let code = git_libgit2_init()
    if code >= 0 {
      // The default of 256 MB is more than the whole daemon may take.
      _ = membank_git_cache_limit(8 << 20)
    }
    return code
  }()

  /// Starts the library, or says why it could not be started.
  static func start() throws(HistoryError) {
    let code = started
    guard code >= 0 else { throw .git("git_libgit2_init", "libgit2", code) }
  }
}
