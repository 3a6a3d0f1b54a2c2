import CCrypto
import CLua
import RedisTransport

/// Lua as the scripts of a Redis server have it; compiled scripts are kept.
///
/// Several servers on one thread may share an engine: a script can't leave anything behind in it.
public final class ScriptEngine {
  private let lua = LuaState()
  private var compiled: [Bytes: Int32] = [:]
  private var globals: Int32 = 0
  private var errorHandler: Int32 = 0
  /// Whose script is running.
  private(set) var server: SimulatedRedis?

  private var stack: LuaStack { LuaStack(state: lua.pointer) }

  /// A fresh state of Lua.
  public init() {
    let context = Unmanaged.passUnretained(self).toOpaque()
    let functions: [(StaticString, membank_lua_function)] = [
      ("call", redisCall), ("pcall", redisProtectedCall), ("error_reply", redisErrorReply),
      ("status_reply", redisStatusReply), ("sha1hex", redisDigest), ("log", redisLog),
      ("acl_check_cmd", redisCheckCommand),
    ]
    lua_createtable(lua.pointer, 0, 16)
    for (name, function) in functions {
      stack.push(name)
      membank_lua_push_function(lua.pointer, function, context)
      lua_rawset(lua.pointer, -3)
    }
    // The prelude gets the table of functions, and returns the table of globals and the handler of errors.
    let code = luaL_loadbuffer(lua.pointer, luaPrelude, luaPrelude.utf8.count, "=prelude")
    precondition(code == 0, text(stack.bytes(-1) ?? []))
    lua_insert(lua.pointer, -2)
    let outcome = lua_pcall(lua.pointer, 1, 2, 0)
    precondition(outcome == 0, text(stack.bytes(-1) ?? []))
    errorHandler = luaL_ref(lua.pointer, LUA_REGISTRYINDEX)
    globals = luaL_ref(lua.pointer, LUA_REGISTRYINDEX)
  }

  /// The name under which a server keeps a script: the SHA-1 of its text in hexadecimal.
  static func digest(_ source: Bytes) -> Bytes {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digest in
      SHA1(source, source.count, digest.baseAddress)
      return Bytes(unsafeUninitializedCapacity: 40) { output, count in
        let digits: StaticString = "0123456789abcdef"
        for (index, byte) in digest.enumerated() {
          output[index * 2] = digits.utf8Start[Int(byte >> 4)]
          output[index * 2 + 1] = digits.utf8Start[Int(byte & 15)]
        }
        count = 40
      }
    }
  }

  /// Makes a script ready to run.
  func compile(_ source: Bytes, _ digest: Bytes) throws(Refusal) {
    guard compiled[digest] == nil else { return }
    let loaded = source.withUnsafeBytes { buffer in
      luaL_loadbuffer(
        lua.pointer, buffer.assumingMemoryBound(to: CChar.self).baseAddress, buffer.count, "@user_script")
    }
    guard loaded == 0 else {
      defer { stack.pop() }
      throw Refusal("ERR Error compiling script (new function): \(text(stack.bytes(-1) ?? []))")
    }
    compiled[digest] = luaL_ref(lua.pointer, LUA_REGISTRYINDEX)
  }

  /// Runs a compiled script for a server.
  func run(
    _ digest: Bytes, keys: ArraySlice<Bytes>, arguments: ArraySlice<Bytes>, for server: SimulatedRedis
  ) throws(Refusal) -> RedisValue {
    guard let function = compiled[digest] else {
      throw Refusal("NOSCRIPT No matching script. Please use EVAL.")
    }
    self.server = server
    defer {
      self.server = nil
      lua_settop(lua.pointer, 0)
    }
    lua_rawgeti(lua.pointer, LUA_REGISTRYINDEX, errorHandler)
    lua_rawgeti(lua.pointer, LUA_REGISTRYINDEX, globals)
    for (name, list) in [("KEYS", keys), ("ARGV", arguments)] {
      stack.push(name)
      stack.push(list: list)
      lua_rawset(lua.pointer, -3)
    }
    stack.pop()
    lua_rawgeti(lua.pointer, LUA_REGISTRYINDEX, function)
    guard lua_pcall(lua.pointer, 0, 1, 1) == 0 else { throw failure(digest) }
    return stack.reply()
  }

  /// What a script's error, on top of the stack, is to the client.
  private func failure(_ digest: Bytes) -> Refusal {
    guard stack.type(-1) == LUA_TTABLE else {
      return Refusal("ERR Error running script \(text(digest)), \(text(stack.bytes(-1) ?? bytes("execution failure")))")
    }
    var message = stack.takeText("err").map(text) ?? "ERR unknown error"
    let source = stack.takeText("source")
    stack.pushField("line", of: -1)
    defer { stack.pop() }
    if let source, let line = stack.bytes(-1) {
      message += " script: \(text(digest)), on \(text(source)):\(text(line))."
    }
    return Refusal(message)
  }
}
