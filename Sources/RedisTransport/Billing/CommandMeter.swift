/// Counts what a server bills: each command, and each that a script calls.
///
/// It outlives connections, and belongs to one thread at a time, like the clients that it counts for.
public final class CommandMeter {
  /// Regions beside the first; each counts every write once more.
  public let readRegions: Int64
  private var spent: Int64 = 0
  /// By the digest of a script's own text.
  private var scripts: [String: Script] = [:]

  private struct Script {
    /// The digest of the text that counts.
    let sha1: String
    /// What it cost when it last ran.
    var cost: Int64 = 1
  }

  /// A meter that has counted nothing yet.
  public init(readRegions: Int64 = 0) { self.readRegions = readRegions }

  /// What was counted since the last time.
  public func take() -> Int64 {
    defer { spent = 0 }
    return spent
  }

  /// What goes to the server in place of a command; nil where the server does not know the script yet.
  func sent(for command: RedisCommand) -> RedisCommand? {
    guard command.arguments.count > 1 else { return command }
    switch command.name {
    case "EVALSHA":
      guard let script = scripts[text(command.arguments[1])] else { return nil }
      return RedisCommand("EVALSHA", script.sha1, bytes: Array(command.arguments[2...]))
    case "EVAL":
      let counting = Self.counting(text(command.arguments[1]))
      let script = RedisScript(name: "counting", source: counting)
      scripts[RedisScript(name: "counted", source: text(command.arguments[1])).sha1] = Script(sha1: script.sha1)
      return RedisCommand("EVAL", counting, bytes: Array(command.arguments[2...]))
    default: return command
    }
  }

  /// Counts a command by its reply; the reply without what was added for counting.
  func note(_ command: RedisCommand, _ reply: RedisValue) -> RedisValue {
    guard command.name == "EVAL" || command.name == "EVALSHA", command.arguments.count > 1 else {
      spent += cost(command)
      return reply
    }
    let first = text(command.arguments[1])
    let id = command.name == "EVAL" ? RedisScript(name: "counted", source: first).sha1 : first
    guard let parts = reply.array, parts.count >= 2, let reads = parts[0].integer, let writes = parts[1].integer else {
      // A refusal; of a script that failed half-way nobody knows how far it came.
      spent += reply.error?.hasPrefix("NOSCRIPT") == true ? 1 : scripts[id]?.cost ?? 1
      return reply
    }
    let cost = 1 + reads + writes * (1 + readRegions)
    scripts[id]?.cost = cost
    spent += cost
    return parts.count > 2 ? parts[2] : .null
  }

  /// Counts commands whose replies were lost: they may have been carried out.
  func noteLost(_ commands: [RedisCommand]) {
    for command in commands {
      let script = command.arguments.count > 1 ? scripts[text(command.arguments[1])] : nil
      spent += command.name == "EVALSHA" ? script?.cost ?? 1 : cost(command)
    }
  }

  private func cost(_ command: RedisCommand) -> Int64 {
    if Self.free.contains(command.name) { return 0 }
    return Self.reads.contains(command.name) ? 1 : 1 + readRegions
  }

  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  /// What is not billed.
  private static let free: Set<String> = [
    "AUTH", "HELLO", "SELECT", "COMMAND", "CONFIG", "INFO", "PING", "RESET", "QUIT",
  ]
  /// What changes nothing, of the commands that this program sends.
  private static let reads: Set<String> = [
    "EXISTS", "GET", "GETRANGE", "HGET", "HGETALL", "HKEYS", "HMGET", "KEYS", "MGET", "PEXPIRETIME", "SCAN", "STRLEN",
    "TTL", "TYPE", "XREVRANGE",
  ]

  /// A script that does what `source` does, and says beside what that returns how many commands it called.
  private static func counting(_ source: String) -> String {
    func set(_ names: Set<String>) -> String { names.sorted().map { "\($0) = true" }.joined(separator: ", ") }
    return #"""
      local reads, writes = 0, 0
      local server = redis
      local free = {\#(set(free))}
      local reading = {\#(set(Self.reads))}
      local function note(command)
        if reading[command] then
          reads = reads + 1
        elseif not free[command] then
          writes = writes + 1
        end
      end
      local redis = {
        call = function(command, ...)
          note(command)
          return server.call(command, ...)
        end,
        pcall = function(command, ...)
          note(command)
          return server.pcall(command, ...)
        end,
        sha1hex = server.sha1hex, error_reply = server.error_reply, status_reply = server.status_reply,
        acl_check_cmd = server.acl_check_cmd
      }
      local result = (function()

      """# + source + #"""

        end)()
        -- An error is one only where it stands alone.
        if type(result) == 'table' and result.err then return result end
        return {reads, writes, result}
        """#
  }
}
