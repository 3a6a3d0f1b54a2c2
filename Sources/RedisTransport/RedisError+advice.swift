extension RedisError {
  /// What a person can do about it; nil where it mends itself, or the words say it.
  public var advice: String? {
    switch kind {
    case .credentials where isREST:
      return "the token was refused: copy UPSTASH_REDIS_REST_TOKEN from the console's REST API section (it is not the "
        + "password), into the environment or the remote's token-file"
    case .permission where isREST:
      return "this looks like the read-only token; membank writes, so it needs the standard one"
    case .suspended:
      return "the database is suspended: raise its budget or its plan in Upstash's console, then run "
        + "`membank sync --once`"
    case .quotaExhausted:
      return "the plan's commands are used up. History goes on here; mirroring resumes by itself in the next period or "
        + "with a larger plan"
    case .outOfMemory where isREST:
      return "the database is full: delete what isn't needed there, shorten TTLs, or take a larger plan"
    case .tooLarge where isREST:
      return "the plan's limit on a single request is too small for this: hold such files back (membank.holdSize), or "
        + "take a larger plan"
    case .untrusted:
      return "nothing was sent. If the server has a certificate of your own, name its authority's file with ca-file"
    case .protocolViolation where isREST:
      return "this is not a REST endpoint of Redis: take the address from the console's REST API section"
    default: return nil
    }
  }

  /// Seconds to leave the server alone for; nil: as after any failure.
  ///
  /// Over REST each attempt may be billed, and what is used up or full does not mend itself within a minute.
  public var pauseSeconds: Int? {
    if let retryAfter { return retryAfter }
    guard isREST else { return nil }
    switch kind {
    case .quotaExhausted: return 3600
    case .outOfMemory, .tooLarge: return 300
    default: return nil
    }
  }

  private var isREST: Bool { operand.hasPrefix("https://") || operand.hasPrefix("http://") }
}
