import CLua
import Glibc

/// A Lua 5.1 state.
///
/// Functions of Lua's that may raise an error are called through ``call(arguments:results:handler:)`` only: an error
/// leaves by longjmp, which must not pass over Swift. The others raise nothing but a lack of memory, which ends the
/// process instead.
struct LuaState: ~Copyable {
  let pointer: OpaquePointer

  init() { pointer = membank_lua_new() }

  deinit { lua_close(pointer) }
}

/// What is done with a state that may also come from Lua itself, as a callback's argument.
struct LuaStack {
  let state: OpaquePointer

  var count: Int32 { lua_gettop(state) }

  func type(_ index: Int32) -> Int32 { lua_type(state, index) }

  func pop(_ count: Int32 = 1) { lua_settop(state, -count - 1) }

  // Pushing.

  func push(_ bytes: Bytes) {
    bytes.withUnsafeBytes { push($0) }
  }

  func push(_ text: String) {
    var text = text
    text.withUTF8 { push(UnsafeRawBufferPointer($0)) }
  }

  private func push(_ buffer: UnsafeRawBufferPointer) {
    guard let start = buffer.assumingMemoryBound(to: CChar.self).baseAddress else { return push("" as StaticString) }
    lua_pushlstring(state, start, buffer.count)
  }

  func push(_ text: StaticString) {
    text.utf8Start.withMemoryRebound(to: CChar.self, capacity: text.utf8CodeUnitCount) {
      lua_pushlstring(state, $0, text.utf8CodeUnitCount)
    }
  }

  /// Pushes a list of texts.
  func push(list: ArraySlice<Bytes>) {
    lua_createtable(state, Int32(list.count), 0)
    for (offset, element) in list.enumerated() {
      push(element)
      lua_rawseti(state, -2, Int32(offset + 1))
    }
  }

  // Reading.

  /// The bytes of a text, or of a number as text.
  func bytes(_ index: Int32) -> Bytes? {
    var length = 0
    guard let start = lua_tolstring(state, index, &length) else { return nil }
    return Bytes(UnsafeRawBufferPointer(start: start, count: length))
  }

  /// Pushes a table's field, metamethods left aside.
  func pushField(_ name: StaticString, of index: Int32) {
    let table = index < 0 && index > LUA_REGISTRYINDEX ? index - 1 : index
    push(name)
    lua_rawget(state, table)
  }

  /// A number as Redis makes text of it for a command.
  func numberText(_ index: Int32) -> Bytes {
    let number = lua_tonumber(state, index)
    if let whole = Int64(exactly: number), abs(whole) < 1 << 53, whole != 0 || number.sign == .plus {
      return SimulatedRedis.decimal(whole)
    }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
      let length = membank_lua_number(number, buffer.baseAddress, buffer.count)
      return Bytes(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<Int(length)]))
    }
  }
}
