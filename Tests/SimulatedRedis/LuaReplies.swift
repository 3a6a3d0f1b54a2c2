import CLua
import RedisTransport

// How replies become values of Lua, and values of Lua replies.
extension LuaStack {
  /// Pushes a reply as `redis.call` returns it.
  func push(_ reply: RedisValue) {
    switch reply {
    case .null: lua_pushboolean(state, 0)
    case .integer(let number): lua_pushnumber(state, Double(number))
    case .bulk(let bytes): push(bytes)
    case .status(let line):
      lua_createtable(state, 0, 1)
      push("ok")
      push(line)
      lua_rawset(state, -3)
    case .error(let message): push(error: message)
    case .array(let elements):
      // Each level of nesting needs a table and a value.
      lua_checkstack(state, 4)
      lua_createtable(state, Int32(elements.count), 0)
      for (offset, element) in elements.enumerated() {
        push(element)
        lua_rawseti(state, -2, Int32(offset + 1))
      }
    }
  }

  /// Pushes a table with the field `err`.
  func push(error message: String) {
    lua_createtable(state, 0, 1)
    push("err")
    push(message)
    lua_rawset(state, -3)
  }

  /// The value on top as a reply; it stays there.
  ///
  /// Numbers lose their fraction, a list ends at its first nil.
  func reply(depth: Int = 0) -> RedisValue {
    switch type(-1) {
    case LUA_TSTRING: return .bulk(bytes(-1) ?? [])
    case LUA_TBOOLEAN: return lua_toboolean(state, -1) == 1 ? .integer(1) : .null
    case LUA_TNUMBER:
      let number = lua_tonumber(state, -1)
      // What doesn't fit becomes the least number, as the processor has it.
      return .integer(Int64(exactly: number.rounded(.towardZero)) ?? .min)
    case LUA_TTABLE:
      guard depth < 100, lua_checkstack(state, 8) != 0 else { return .error("reached lua stack limit") }
      if let message = takeText("err") { return .error(line(message)) }
      if let message = takeText("ok") { return .status(line(message)) }
      var elements: [RedisValue] = []
      while true {
        lua_rawgeti(state, -1, Int32(elements.count + 1))
        defer { pop() }
        if type(-1) == LUA_TNIL { return .array(elements) }
        elements.append(reply(depth: depth + 1))
      }
    default: return .null
    }
  }

  /// A field of the table on top, if it is a text.
  func takeText(_ name: StaticString) -> Bytes? {
    pushField(name, of: -1)
    defer { pop() }
    return type(-1) == LUA_TSTRING ? bytes(-1) : nil
  }

  /// Errors and statuses are one line each.
  private func line(_ message: Bytes) -> String {
    text(message.map { $0 == 10 || $0 == 13 ? UInt8(ascii: " ") : $0 })
  }
}
