/// Lua that more than one script begins with.
///
/// All scripts keep to Lua 5.1 without libraries beyond its own, name every key in KEYS, and read everything before
/// they write anything: a script that fails half-way is not rolled back. What is written first is always a command
/// that a full or read-only server refuses, so that it refuses the whole; once a script has written, the server
/// refuses nothing more for such reasons.
enum CommonFragment {
  static let source = #"""
    local function refused(reply)
      return type(reply) == 'table' and reply.err
    end

    -- What a script returns when reading a key failed: the key, if it has another type than wanted.
    local function failure(reply, key)
      if string.find(reply.err, 'WRONGTYPE', 1, true) then return {'wrongtype', key} end
      return reply
    end

    -- The id that git gives a blob of these bytes.
    local function blob(value)
      return redis.sha1hex('blob ' .. #value .. '\0' .. value)
    end

    -- HGETALL as a table.
    local function fields(flat)
      local result = {}
      for i = 1, #flat, 2 do result[flat[i]] = flat[i + 1] end
      return result
    end

    -- Runs a command over a list of any length: Lua hands over some thousand arguments at most. 1000 keeps pairs whole.
    local function in_parts(list, command, ...)
      for from = 1, #list, 1000 do
        local part = {...}
        for i = from, math.min(from + 999, #list) do part[#part + 1] = list[i] end
        redis.call(command, unpack(part))
      end
    end

    -- Redis 7 can tell beforehand whether the user may write; a refusal half-way would leave half.
    local function forbidden(...)
      if not redis.acl_check_cmd then return nil end
      for _, command in ipairs({...}) do
        if not redis.acl_check_cmd(unpack(command)) then
          return redis.error_reply('NOPERM this user may not run ' .. command[1] .. ' on ' .. command[2])
        end
      end
      return nil
    end

    local function words(text)
      local result = {}
      for word in string.gmatch(text or '', '%S+') do result[#result + 1] = word end
      return result
    end

    """#
}
