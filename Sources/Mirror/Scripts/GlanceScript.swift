import RedisTransport

/// Sums up lengths and moments of expiry of documents, without reading them.
enum GlanceScript {
  /// KEYS: the documents.
  ///
  /// Returns a digest, empty when the server can't tell a moment of expiry (before Redis 7).
  static let script = RedisScript(
    name: "glance",
    source: #"""
      local parts = {}
      for i = 1, #KEYS do
        local expiry = redis.pcall('PEXPIRETIME', KEYS[i])
        if type(expiry) ~= 'number' then return '' end
        local length = redis.pcall('STRLEN', KEYS[i])
        if type(length) ~= 'number' then length = 'x' end
        parts[i] = string.format('%.0f', expiry) .. ' ' .. length
      end
      return redis.sha1hex(table.concat(parts, '\n'))
      """#)
}
