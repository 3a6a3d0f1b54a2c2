import CLua
import RedisTransport

// The functions of the table `redis`. Each returns the number of its results, or -1 to raise what is on top of the
// stack: the shim does that once the Swift function is left.

let redisCall: membank_lua_function = { state, context in
  guard let (stack, engine) = entered(state, context) else { return 0 }
  let reply = engine.command(stack)
  stack.push(reply)
  if case .error = reply { return -1 }
  return 1
}

let redisProtectedCall: membank_lua_function = { state, context in
  guard let (stack, engine) = entered(state, context) else { return 0 }
  stack.push(engine.command(stack))
  return 1
}

let redisErrorReply: membank_lua_function = { state, context in
  guard let (stack, _) = entered(state, context) else { return 0 }
  guard stack.count == 1, stack.type(1) == LUA_TSTRING, let message = stack.bytes(1) else {
    stack.push(error: "ERR wrong number or type of arguments")
    return 1
  }
  var words = text(message)
  while let last = words.last, last.isNewline { words.removeLast() }
  if words.hasPrefix("-") { words.removeFirst() }
  // Without a code it gets the general one.
  stack.push(error: words.contains(" ") ? words : "ERR \(words)")
  return 1
}

let redisStatusReply: membank_lua_function = { state, context in
  guard let (stack, _) = entered(state, context) else { return 0 }
  guard stack.count == 1, stack.type(1) == LUA_TSTRING, let message = stack.bytes(1) else {
    stack.push(error: "ERR wrong number or type of arguments")
    return 1
  }
  stack.push(.status(text(message)))
  return 1
}

let redisDigest: membank_lua_function = { state, context in
  guard let (stack, _) = entered(state, context) else { return 0 }
  guard stack.count == 1 else {
    stack.push(error: "ERR wrong number of arguments")
    return -1
  }
  stack.push(ScriptEngine.digest(stack.bytes(1) ?? []))
  return 1
}

/// What a script logs goes nowhere.
let redisLog: membank_lua_function = { state, context in
  guard let (stack, _) = entered(state, context) else { return 0 }
  guard stack.count > 1 else {
    stack.push(error: "ERR redis.log() requires two arguments or more.")
    return -1
  }
  return 0
}

/// There is one user, who may do everything.
let redisCheckCommand: membank_lua_function = { state, context in
  guard let (stack, _) = entered(state, context) else { return 0 }
  guard let arguments = stack.commandWords() else {
    stack.push(error: LuaStack.badWords(stack))
    return -1
  }
  guard CommandTable.command(arguments[0]) != nil else {
    stack.push(error: "ERR Invalid command passed to redis.acl_check_cmd()")
    return -1
  }
  lua_pushboolean(stack.state, 1)
  return 1
}

private func entered(
  _ state: OpaquePointer?, _ context: UnsafeMutableRawPointer?
) -> (LuaStack, ScriptEngine)? {
  guard let state, let context else { return nil }
  // Room for what is pushed besides the arguments.
  lua_checkstack(state, 16)
  return (LuaStack(state: state), Unmanaged<ScriptEngine>.fromOpaque(context).takeUnretainedValue())
}

extension LuaStack {
  /// The arguments of a function as words of a command; nil when they can't be.
  func commandWords() -> [Bytes]? {
    let count = count
    guard count > 0 else { return nil }
    var words: [Bytes] = []
    words.reserveCapacity(Int(count))
    for index in 1...count {
      switch type(index) {
      case LUA_TSTRING: words.append(bytes(index) ?? [])
      case LUA_TNUMBER: words.append(numberText(index))
      default: return nil
      }
    }
    return words
  }

  /// Why they can't be.
  static func badWords(_ stack: LuaStack) -> String {
    stack.count == 0
      ? "ERR Please specify at least one argument for this redis lib call"
      : "ERR Lua redis lib command arguments must be strings or integers"
  }
}

extension ScriptEngine {
  /// Carries out the command that a script's arguments make up.
  func command(_ stack: LuaStack) -> RedisValue {
    guard let words = stack.commandWords() else { return .error(LuaStack.badWords(stack)) }
    guard let server else { return .error("ERR no script is running") }
    return server.performInScript(words)
  }
}
