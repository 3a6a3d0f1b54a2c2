import RedisTransport

/// Compares documents with what they should be without handing them out: three commands where each is billed.
enum LookScript {
  /// KEYS: head; the documents.
  ///
  /// ARGV: the commit that the head must have; the blob id of each document's stored value.
  ///
  /// Returns `here` and the positions of those that are something else or are not there, or `moved` and the head's
  /// fields, or `wrongtype` and a key.
  static let script = RedisScript(
    name: "look",
    source: CommonFragment.source + #"""
      local flat = redis.pcall('HGETALL', KEYS[1])
      if refused(flat) then return failure(flat, KEYS[1]) end
      if fields(flat).commit ~= ARGV[1] then return {'moved', flat} end
      local result = {'here'}
      if #KEYS == 1 then return result end
      local values = redis.pcall('MGET', unpack(KEYS, 2))
      if refused(values) then return values end
      for i = 1, #KEYS - 1 do
        if not values[i] or blob(values[i]) ~= ARGV[1 + i] then result[#result + 1] = tostring(i - 1) end
      end
      return result
      """#)
}
