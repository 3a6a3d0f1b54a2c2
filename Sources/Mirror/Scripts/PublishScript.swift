import RedisTransport

/// Moves the head under a lease, with documents, index, changes and caches, or changes nothing at all.
enum PublishScript {
  /// KEYS: head, index, changes, cache index; the packs of the new list; the documents.
  ///
  /// ARGV: the 24 named at the top of the text, an index list of uploaded packs among them; six per document; six per
  /// change.
  ///
  /// Returns `published`, seq, what the projection is at and the packs listed before; or `lease` and the head's fields (none when it has another
  /// type); or `packs` and the positions of those missing; or `foreign` and position, value and entry of each; or
  /// `wrongtype` and a key.
  static let script = RedisScript(name: "publish", source: CommonFragment.source + DocumentsFragment.source + body)

  /// How many arguments stand before the documents'.
  static let fixedArguments = 28

  private static let body = #"""
    local head, index, changes, cache = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
    local packs, documents, records = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
    local mode, expected, bank, expected_epoch, schema = ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
    local commit, epoch, minimum, list, by, at, projected = ARGV[9], ARGV[10], ARGV[11], ARGV[12], ARGV[13], ARGV[14], ARGV[15]
    local head_ttl, index_ttl, pack_ttl, changes_ttl, doc_ttl = ARGV[16], ARGV[17], ARGV[18], ARGV[19], ARGV[20]
    local cap, channel, uploaded = ARGV[21], ARGV[22], ARGV[23]
    local expected_seq, expected_list = ARGV[24], ARGV[25]
    local has_cache, cache_value, cache_ttl = ARGV[26], ARGV[27], ARGV[28]
    local first_document = 28
    local first_change = first_document + documents * WIDTH
    local document_keys = 4 + packs

    local function whole(text)
      if text and #text <= 15 and string.match(text, '^%d+$') then return tonumber(text) end
      return nil
    end

    -- The same rules as those of the program's reader.
    local function damaged(seen)
      if not string.match(seen.commit or '', '^[0-9a-f]+$') or #seen.commit ~= 40 then return true end
      if (seen.bank or '') == '' or not seen.packs then return true end
      if not (whole(seen.seq) and whole(seen.epoch) and whole(seen.schema)) then return true end
      for _, word in ipairs(words(seen.packs)) do
        if #word ~= 40 or not string.match(word, '^[0-9a-f]+$') then return true end
      end
      return false
    end

    local flat = redis.pcall('HGETALL', head)
    local mistyped = false
    if refused(flat) then
      local result = failure(flat, head)
      if result[1] ~= 'wrongtype' then return result end
      if mode ~= 'damaged' then return {'lease'} end
      mistyped, flat = true, {}
    end
    local seen = fields(flat)
    local held
    if mode == 'none' then
      held = #flat == 0
    elseif mode == 'damaged' then
      held = mistyped or (#flat > 0 and damaged(seen) and (whole(seen.schema) or 0) <= tonumber(schema))
    else
      held = seen.commit == expected and not damaged(seen) and seen.bank == bank
        and whole(seen.schema) == tonumber(schema) and whole(seen.epoch) == tonumber(expected_epoch)
      if mode == 'exact' then
        held = held and seen.seq == expected_seq and seen.packs == expected_list
      end
    end
    if not held then return {'lease', flat} end

    -- One command asks for the packs and the index, where it matters whether that is there.
    local asked = documents > 0 and {index} or {}
    for i = 1, packs do asked[#asked + 1] = KEYS[4 + i] end
    local there = 0
    for from = 1, #asked, 500 do
      there = there + redis.call('EXISTS', unpack(asked, from, math.min(from + 499, #asked)))
    end
    local indexed = documents > 0
    if there < #asked then
      indexed = indexed and redis.call('EXISTS', index) == 1
      if there < packs + (indexed and 1 or 0) then
        local missing = {'packs'}
        for i = 1, packs do
          if redis.call('EXISTS', KEYS[4 + i]) == 0 then missing[#missing + 1] = tostring(i - 1) end
        end
        return missing
      end
    end

    local latest = redis.pcall('XREVRANGE', changes, '+', '-', 'COUNT', '1')
    if refused(latest) then return failure(latest, changes) end
    local before = 0
    if latest[1] then before = whole(fields(latest[1][2]).seq) or 0 end
    local seq = string.format('%.0f', math.max(whole(seen.seq) or 0, before, whole(minimum) or 0) + 1)

    local found, answer = read_documents(index, document_keys, first_document, documents)
    if not found then return answer end
    if #found.foreign > 0 then return {'foreign', found.foreign} end

    local document = KEYS[document_keys + 1] or head
    local no = forbidden({'HSET', head, 'f', 'v'}, {'EXPIRE', head, '1'}, {'DEL', head}, {'HSET', index, 'f', 'v'},
      {'HDEL', index, 'f'}, {'XADD', changes, '*', 'f', 'v'}, {'DEL', changes}, {'SET', cache, 'v', 'EX', '1'},
      {'SET', document, 'v', 'EX', '1'}, {'TTL', document})
    if no then return no end

    -- From here on nothing can fail but the very first write. What is there keeps the TTL that it has: renewing is done
    -- when it is due, not with each publication.
    local problem = write_entries(index, first_document, documents)
    if problem then return problem end
    if mode == 'damaged' then redis.call('DEL', head) end
    local facts = {'commit', commit, 'seq', seq, 'bank', bank, 'epoch', epoch, 'schema', schema, 'packs', list, 'by', by,
      'at', at}
    if projected ~= '' then
      facts[#facts + 1] = 'projected'
      facts[#facts + 1] = projected
    end
    redis.call('HSET', head, unpack(facts))
    if #flat == 0 or mode == 'damaged' then redis.call('EXPIRE', head, head_ttl) end

    -- Where a mark stands before the ids, they were uploaded with their full TTL.
    local is_lasting = string.sub(uploaded, 1, 1) == '='
    local listed = {}
    for _, id in ipairs(words(seen.packs)) do listed[id] = true end
    for i, id in ipairs(words(list)) do
      -- What was uploaded a moment ago, or was on its way out, lives as long as the head from now on.
      local is_new = string.find(uploaded, id, 1, true)
      if is_new and not is_lasting or not is_new and not listed[id] then redis.call('EXPIRE', KEYS[4 + i], pack_ttl) end
    end

    write_documents(index, document_keys, first_document, documents, found, doc_ttl, not indexed and index_ttl or nil)
    if has_cache == '1' then redis.call('SET', cache, cache_value, 'EX', cache_ttl) end

    local begins = not latest[1]
    for i = 0, records - 1 do
      local from = first_change + i * 6
      local command = {'XADD', changes, 'MAXLEN', '~', cap, '*', 'seq', seq, 'op', ARGV[from + 1], 'path', ARGV[from + 2],
        'blob', ARGV[from + 3], 'commit', ARGV[from + 4], 'by', ARGV[from + 5], 'at', ARGV[from + 6]}
      -- A stranger can use up a stream's ids; the list of changes then starts anew.
      if refused(redis.pcall(unpack(command))) then
        redis.call('DEL', changes)
        redis.call(unpack(command))
        begins = true
      end
    end
    if records > 0 and begins then redis.call('EXPIRE', changes, changes_ttl) end
    -- A courtesy; a user may be kept from all channels.
    redis.pcall('PUBLISH', channel, commit)
    if projected == '' and mode ~= 'damaged' then projected = seen.projected or '' end
    return {'published', seq, projected, seen.packs or ''}
    """#
}
