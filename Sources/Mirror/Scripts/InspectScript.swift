import RedisTransport

/// Reads documents with their index entries and the head, all in one step.
enum InspectScript {
  /// KEYS: head, index; the documents.
  ///
  /// ARGV: the commit that the head must have (empty: any), the largest value to return, the number of bytes after
  /// which no more values are returned; the paths.
  ///
  /// Returns `here`, the head's fields, values, entries and notes (`size` and a number, `type` and a name, `later`, or
  /// nothing), or `moved` and the head's fields, or `wrongtype` and a key.
  static let script = RedisScript(name: "inspect", source: CommonFragment.source + body)

  private static let body = #"""
    local head, index = KEYS[1], KEYS[2]
    local expected, largest, budget = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
    local count = #KEYS - 2

    local flat = redis.pcall('HGETALL', head)
    local mistyped = ''
    if refused(flat) then
      local result = failure(flat, head)
      if result[1] ~= 'wrongtype' then return result end
      flat, mistyped = {}, 'head'
    end
    if expected ~= '' and fields(flat).commit ~= expected then return {'moved', flat, mistyped} end

    local values, entries, notes = {}, {}, {}
    if count > 0 then
      local keys, paths = {}, {}
      for i = 1, count do
        keys[i] = KEYS[2 + i]
        paths[i] = ARGV[3 + i]
      end
      values = redis.pcall('MGET', unpack(keys))
      if refused(values) then return values end
      entries = redis.pcall('HMGET', index, unpack(paths))
      if refused(entries) then return failure(entries, index) end
    end
    local spent, absent = 0, {}
    for i = 1, count do
      local value = values[i]
      notes[i] = ''
      if not value then
        absent[#absent + 1] = KEYS[2 + i]
      elseif #value > largest then
        notes[i] = 'size ' .. #value
        values[i] = false
      elseif spent > 0 and spent + #value > budget then
        notes[i] = 'later'
        values[i] = false
      else
        spent = spent + #value
      end
    end
    -- MGET passes over other types as if nothing were there. Hosted servers bill each command, so one asks for all.
    if #absent > 0 and redis.call('EXISTS', unpack(absent)) > 0 then
      for i = 1, count do
        if not values[i] and notes[i] == '' then
          local kind = redis.call('TYPE', KEYS[2 + i])
          if type(kind) == 'table' then kind = kind.ok end
          if kind ~= 'none' then notes[i] = 'type ' .. kind end
        end
      end
    end
    return {'here', flat, mistyped, values, entries, notes}
    """#
}
