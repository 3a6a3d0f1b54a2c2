/// Lua that checks and writes documents; the part that publishing and projecting share.
///
/// Each document takes six arguments: its path, `set`, `leave` (no key, but an entry) or `delete`, the blob id of the
/// new stored value, the new index entry, the blob ids that may stand there now (one text), the new value.
enum DocumentsFragment {
  static let source = #"""
    local WIDTH = 6

    -- Reads `count` documents, whose keys begin after KEYS[keys_before] and arguments after ARGV[before].
    -- Returns what differs, or nil and what the script has to return.
    --
    -- Hosted servers bill each command. So index entries are asked for only where they decide something: for values that
    -- nobody allowed, and where only removals follow, which would find an index of another type too late.
    local function read_documents(index, keys_before, before, count)
      local found = {foreign = {}, same = {}}
      local adds = false
      for i = 1, count do adds = adds or ARGV[before + (i - 1) * WIDTH + 2] ~= 'delete' end
      for start = 0, count - 1, 500 do
        local last = math.min(500, count - start)
        local keys, paths = {}, {}
        for i = 1, last do
          keys[i] = KEYS[keys_before + start + i]
          paths[i] = ARGV[before + (start + i - 1) * WIDTH + 1]
        end
        local values, entries
        if count == 1 then
          local value = redis.pcall('GET', keys[1])
          if refused(value) then return nil, failure(value, keys[1]) end
          values = {value}
        else
          values = redis.pcall('MGET', unpack(keys))
          if refused(values) then return nil, values end
        end
        local function read_entries()
          if entries then return nil end
          entries = redis.pcall('HMGET', index, unpack(paths))
          return refused(entries) and failure(entries, index) or nil
        end
        local problem = not adds and read_entries()
        if problem then return nil, problem end
        -- MGET passes over other types as if nothing were there.
        local absent = {}
        for i = 1, last do
          if count > 1 and not values[i] then absent[#absent + 1] = keys[i] end
        end
        if #absent > 0 and redis.call('EXISTS', unpack(absent)) > 0 then
          for _, key in ipairs(absent) do
            if redis.call('EXISTS', key) > 0 then return nil, {'wrongtype', key} end
          end
        end
        for i = 1, last do
          local value = values[i]
          if value then
            local at = before + (start + i - 1) * WIDTH
            local id = blob(value)
            if ARGV[at + 2] == 'set' and id == ARGV[at + 3] then
              found.same[start + i] = true
            elseif not string.find(ARGV[at + 5], id, 1, true) then
              problem = read_entries()
              if problem then return nil, problem end
              local entry = entries[i] or ''
              local own = string.match(entry, '"stored"%s*:%s*"(%x+)"') or string.match(entry, '"blob"%s*:%s*"(%x+)"')
              if id ~= own then
                found.foreign[#found.foreign + 1] = {tostring(start + i - 1), value, entry}
              end
            end
          end
        end
      end
      return found
    end

    -- Writes the entries of what is there afterwards; before anything else is written. The very first may be refused, by
    -- an index of another type or a full server: returns what the script has to return then.
    local function write_entries(index, before, count)
      local set = {}
      for i = 1, count do
        local at = before + (i - 1) * WIDTH
        if ARGV[at + 2] ~= 'delete' then
          set[#set + 1] = ARGV[at + 1]
          set[#set + 1] = ARGV[at + 4]
        end
      end
      for from = 1, #set, 1000 do
        local reply = redis.pcall('HSET', index, unpack(set, from, math.min(from + 999, #set)))
        if refused(reply) then return failure(reply, index) end
      end
      return nil
    end

    -- What follows the entries; index_ttl is nil where the index was there and keeps the TTL that it has.
    local function write_documents(index, keys_before, before, count, found, ttl, index_ttl)
      local dropped, gone = {}, {}
      for i = 1, count do
        local at = before + (i - 1) * WIDTH
        if ARGV[at + 2] == 'delete' then dropped[#dropped + 1] = ARGV[at + 1] end
      end
      in_parts(dropped, 'HDEL', index)
      if count > 0 and index_ttl then redis.call('EXPIRE', index, index_ttl) end
      for i = 1, count do
        local at, key = before + (i - 1) * WIDTH, KEYS[keys_before + i]
        if ARGV[at + 2] ~= 'set' then
          gone[#gone + 1] = key
        elseif not found.same[i] then
          redis.call('SET', key, ARGV[at + 6], 'EX', ttl)
        elseif redis.call('TTL', key) * 2 < tonumber(ttl) then
          -- The value stands there already, written by a client with a TTL of its own or none: a longer one stays.
          redis.call('EXPIRE', key, ttl)
        end
      end
      in_parts(gone, 'DEL')
    end

    """#
}
