// Lua 5.1, and what Swift cannot call of it.
#pragma once
#include <lua5.1/lauxlib.h>
#include <lua5.1/lua.h>
#include <lua5.1/lualib.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

static inline void *membank_lua_allocate(void *context, void *block, size_t old_size, size_t size) {
  (void)context, (void)old_size;
  if (size == 0) {
    free(block);
    return NULL;
  }
  void *made = realloc(block, size);
  // Lua would leave by longjmp, over whatever Swift function asked it for memory.
  if (!made) abort();
  return made;
}

/// A state with the libraries that a script of Redis may use; never NULL.
static inline lua_State *membank_lua_new(void) {
  lua_State *state = lua_newstate(membank_lua_allocate, NULL);
  if (!state) abort();
  static const luaL_Reg libraries[] = {{"", luaopen_base},
                                       {LUA_TABLIBNAME, luaopen_table},
                                       {LUA_STRLIBNAME, luaopen_string},
                                       {LUA_MATHLIBNAME, luaopen_math},
                                       {LUA_DBLIBNAME, luaopen_debug}};
  for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
    lua_pushcfunction(state, libraries[i].func);
    lua_pushstring(state, libraries[i].name);
    lua_call(state, 1, 0);
  }
  return state;
}

/// What Lua calls: returns the number of results on the stack, or -1 to raise what is on top of it.
typedef int (*membank_lua_function)(lua_State *state, void *context);

// lua_error leaves by longjmp: it is called here, when the Swift function has returned.
static inline int membank_lua_enter(lua_State *state) {
  membank_lua_function *function = (membank_lua_function *)lua_touserdata(state, lua_upvalueindex(1));
  int results = (*function)(state, lua_touserdata(state, lua_upvalueindex(2)));
  return results < 0 ? lua_error(state) : results;
}

/// Pushes `function`, to be called with `context`, which must outlive the state.
static inline void membank_lua_push_function(lua_State *state, membank_lua_function function, void *context) {
  *(membank_lua_function *)lua_newuserdata(state, sizeof function) = function;
  lua_pushlightuserdata(state, context);
  lua_pushcclosure(state, membank_lua_enter, 2);
}

/// The text that Redis makes of a number; returns its length.
static inline int membank_lua_number(double number, char *text, size_t size) {
  return snprintf(text, size, "%.17g", number);
}
