import Support

/// What a server is able to do.
public enum ServerCondition: Hashable, Sendable {
  /// Everything.
  case serving
  /// Memory is full: commands that may enlarge the data are refused (`OOM`).
  case full
  /// It is a replica: commands that write are refused (`READONLY`).
  case readOnly
  /// It still reads its data: everything is refused (`LOADING`).
  case loading
  /// A script runs on and on: everything is refused (`BUSY`).
  case busy
  /// It wants a password: everything is refused (`NOAUTH`).
  case unauthenticated
  /// Everything is refused in these words.
  case refusing(String)

  /// What every command is answered with.
  var refusal: Refusal? {
    switch self {
    case .serving, .full, .readOnly: nil
    case .loading: Refusal("LOADING Redis is loading the dataset in memory")
    case .busy:
      Refusal("BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.")
    case .unauthenticated: Refusal("NOAUTH Authentication required.")
    case .refusing(let words): Refusal(words)
    }
  }
}

/// What a server knows about itself, for `INFO`.
struct ServerFactsheet {
  var runID: String
  var replicationID: String
  var startedAt: Int64
  var savedAt: Int64
  /// Changes since the data was saved.
  var dirty = 0
  var expiredKeys = 0
  var evictedKeys = 0
  var isReplica = false

  /// A server that has just been started; that counts as saved.
  init(random: any Support.RandomSource, now: Int64) {
    func id() -> String { random.hex(16) + random.hex(16) + random.hex(8) }
    runID = id()
    replicationID = id()
    startedAt = now
    savedAt = now
  }
}
