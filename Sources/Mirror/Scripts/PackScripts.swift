import RedisTransport

/// Scripts about packs.
enum PackScripts {
  /// Gives packs that the head lists the TTL of listed ones: uploading one anew has shortened it.
  ///
  /// KEYS: head; the packs. ARGV: the TTL; the packs' ids.
  static let keep = RedisScript(
    name: "keep packs",
    source: CommonFragment.source + #"""
      local list = redis.pcall('HGET', KEYS[1], 'packs')
      if refused(list) then return {'done'} end
      for i = 2, #KEYS do
        if string.find(list or '', ARGV[i], 1, true) then redis.call('EXPIRE', KEYS[i], ARGV[1]) end
      end
      return {'done'}
      """#)

  /// Lets packs that the head listed before, and doesn't any more, end soon.
  ///
  /// KEYS: head; the packs. ARGV: the seconds left to them; the packs' ids.
  static let retire = RedisScript(
    name: "retire packs",
    source: CommonFragment.source + #"""
      local list = redis.pcall('HGET', KEYS[1], 'packs')
      -- Without a head that can be read nobody knows what is listed.
      if refused(list) or not list then return {'done'} end
      for i = 2, #KEYS do
        if not string.find(list, ARGV[i], 1, true) then
          local left = redis.call('TTL', KEYS[i])
          if left == -1 or left > tonumber(ARGV[1]) then redis.call('EXPIRE', KEYS[i], ARGV[1]) end
        end
      end
      return {'done'}
      """#)

  /// Replaces packs of the list by others, under the lease.
  ///
  /// KEYS: head; the new packs; the old packs. ARGV: the head's commit, the numbers of new and old packs, the TTLs of
  /// listed and retired packs and of the head; the ids of new and old packs.
  ///
  /// Returns `swapped` and the head's fields, `moved` and the head's fields, or `packs` and the positions of those
  /// missing.
  static let swap = RedisScript(
    name: "swap packs",
    source: CommonFragment.source + #"""
      local head, expected, new, old = KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
      local pack_ttl, retired_ttl, head_ttl = ARGV[4], ARGV[5], ARGV[6]
      local flat = redis.pcall('HGETALL', head)
      if refused(flat) then
        local result = failure(flat, head)
        if result[1] == 'wrongtype' then return {'moved'} end
        return result
      end
      local seen = fields(flat)
      if seen.commit ~= expected then return {'moved', flat} end

      local leaving, listed, list = {}, {}, words(seen.packs)
      for _, id in ipairs(list) do listed[id] = true end
      for i = 1, old do
        local id = ARGV[6 + new + i]
        -- Somebody else has swapped it meanwhile.
        if not listed[id] then return {'moved', flat} end
        leaving[id] = true
      end
      local missing = {'packs'}
      for i = 1, new do
        if redis.call('EXISTS', KEYS[1 + i]) == 0 then missing[#missing + 1] = tostring(i - 1) end
      end
      if #missing > 1 then return missing end

      local result, put, staying = {}, false, {}
      local function put_new()
        if put then return end
        put = true
        for i = 1, new do
          local id = ARGV[6 + i]
          if not staying[id] then result[#result + 1] = id end
          staying[id] = true
        end
      end
      for _, id in ipairs(list) do
        if not leaving[id] then staying[id] = true end
      end
      for _, id in ipairs(list) do
        if leaving[id] then put_new() else result[#result + 1] = id end
      end
      put_new()

      redis.call('HSET', head, 'packs', table.concat(result, ' '))
      redis.call('EXPIRE', head, head_ttl)
      for i = 1, new do redis.call('EXPIRE', KEYS[1 + i], pack_ttl) end
      for i = 1, old do
        if not staying[ARGV[6 + new + i]] then redis.call('EXPIRE', KEYS[1 + new + i], retired_ttl) end
      end
      return {'swapped', redis.call('HGETALL', head)}
      """#)
}
