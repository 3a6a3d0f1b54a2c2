import RedisTransport

/// What a server remembers of the script that is running.
struct ScriptRun {
  /// Whether memory was full when it began.
  let wasFull: Bool
  /// Once it has written, nothing is refused any more for the state that the server is in.
  var hasWritten = false
}

// Scripts.
extension SimulatedRedis {
  func eval(_ words: [Bytes]) throws(Refusal) -> RedisValue {
    let (keys, arguments) = try Self.operands(words)
    let digest = ScriptEngine.digest(words[1])
    try scripts.compile(words[1], digest)
    knownScripts.insert(digest)
    return try runScript(digest, keys, arguments)
  }

  func evalsha(_ words: [Bytes]) throws(Refusal) -> RedisValue {
    let (keys, arguments) = try Self.operands(words)
    let digest = bytes(text(words[1]).lowercased())
    guard knownScripts.contains(digest) else { throw Refusal("NOSCRIPT No matching script. Please use EVAL.") }
    return try runScript(digest, keys, arguments)
  }

  func script(_ words: [Bytes]) throws(Refusal) -> RedisValue {
    if isWord(words[1], "LOAD"), words.count == 3 {
      let digest = ScriptEngine.digest(words[2])
      try scripts.compile(words[2], digest)
      knownScripts.insert(digest)
      return .bulk(digest)
    }
    if isWord(words[1], "EXISTS"), words.count > 2 {
      return .array(words.dropFirst(2).map { .integer(knownScripts.contains($0) ? 1 : 0) })
    }
    if isWord(words[1], "FLUSH") {
      knownScripts = []
      return .status("OK")
    }
    throw Refusal("ERR unknown subcommand '\(text(words[1]))'. Try SCRIPT HELP.")
  }

  private static func operands(
    _ words: [Bytes]
  ) throws(Refusal) -> (keys: ArraySlice<Bytes>, arguments: ArraySlice<Bytes>) {
    let count = try wholeNumber(words[2])
    guard count <= words.count - 3 else {
      throw Refusal("ERR Number of keys can't be greater than number of args")
    }
    guard count >= 0 else { throw Refusal("ERR Number of keys can't be negative") }
    return (words[3..<(3 + Int(count))], words[(3 + Int(count))...])
  }

  private func runScript(
    _ digest: Bytes, _ keys: ArraySlice<Bytes>, _ arguments: ArraySlice<Bytes>
  ) throws(Refusal) -> RedisValue {
    run = ScriptRun(wasFull: isFull)
    defer { run = nil }
    return try scripts.run(digest, keys: keys, arguments: arguments, for: self)
  }

  /// Carries out a command that a script sends.
  func performInScript(_ words: [Bytes]) -> RedisValue {
    guard let command = CommandTable.command(words[0]) else {
      return .error("ERR Unknown Redis command called from script")
    }
    guard command.accepts(words.count) else {
      return .error("ERR Wrong number of args calling Redis command from script")
    }
    guard !command.flags.contains(.notInScripts) else {
      return .error("ERR This Redis command is not allowed from script")
    }
    if let run, !run.hasWritten {
      if command.flags.contains(.writes), isReadOnly { return .error(Refusal.readOnly.message) }
      if command.flags.contains(.enlarges), run.wasFull { return .error(Refusal.full.message) }
    }
    if command.flags.contains(.writes) { run?.hasWritten = true }
    do throws(Refusal) {
      return try command.run(self, words)
    } catch {
      return .error(error.message)
    }
  }

  static func decimal(_ number: Int64) -> Bytes { bytes(String(number)) }
}
