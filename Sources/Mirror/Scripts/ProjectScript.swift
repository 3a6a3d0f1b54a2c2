import RedisTransport

/// Brings some documents to a head, provided that it still is the head, or changes nothing at all.
enum ProjectScript {
  /// KEYS: head, index; the documents.
  ///
  /// ARGV: the number of documents, the head's commit, `1` when this completes the projection, TTLs of documents,
  /// index and head; six per document.
  ///
  /// Returns `done`, or `moved` and the head's fields, or `foreign` or `wrongtype` as publishing does.
  static let script = RedisScript(name: "project", source: CommonFragment.source + DocumentsFragment.source + body)

  private static let body = #"""
    local head, index = KEYS[1], KEYS[2]
    local documents, expected, completes = tonumber(ARGV[1]), ARGV[2], ARGV[3]
    local doc_ttl, index_ttl, head_ttl = ARGV[4], ARGV[5], ARGV[6]

    local flat = redis.pcall('HGETALL', head)
    if refused(flat) then
      local result = failure(flat, head)
      if result[1] == 'wrongtype' then return {'moved'} end
      return result
    end
    if fields(flat).commit ~= expected then return {'moved', flat} end

    local found, answer = read_documents(index, 2, 6, documents)
    if not found then return answer end
    if #found.foreign > 0 then return {'foreign', found.foreign} end

    local document = KEYS[3] or head
    local no = forbidden({'HSET', index, 'f', 'v'}, {'HDEL', index, 'f'}, {'EXPIRE', index, '1'},
      {'SET', document, 'v', 'EX', '1'}, {'DEL', document}, {'TTL', document}, {'HSET', head, 'f', 'v'})
    if no then return no end

    local problem = write_entries(index, 6, documents)
    if problem then return problem end
    write_documents(index, 2, 6, documents, found, doc_ttl, index_ttl)
    if completes == '1' then
      redis.call('HSET', head, 'projected', expected)
      redis.call('EXPIRE', head, head_ttl)
    end
    return {'done'}
    """#
}
