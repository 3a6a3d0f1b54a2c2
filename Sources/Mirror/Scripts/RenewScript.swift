import RedisTransport

/// Scripts about TTLs and signs of life.
enum RenewScript {
  /// Gives each key its TTL when it has none or less than its threshold; never touches values.
  ///
  /// KEYS: the keys. ARGV: TTL and threshold of each; threshold -1: only when it has none; empty: in any case, without
  /// asking what it has.
  ///
  /// Returns what each key had: seconds, -1 for no TTL, -2 for no key, -3 for one that was not asked.
  static let renew = RedisScript(
    name: "renew",
    source: #"""
      local left = {}
      for i = 1, #KEYS do
        if ARGV[i * 2] == '' then
          left[i] = redis.call('EXPIRE', KEYS[i], ARGV[i * 2 - 1]) == 1 and -3 or -2
        else
          left[i] = redis.call('TTL', KEYS[i])
          if left[i] == -1 or (left[i] >= 0 and left[i] < tonumber(ARGV[i * 2])) then
            redis.call('EXPIRE', KEYS[i], ARGV[i * 2 - 1])
          end
        end
      end
      return left
      """#)

  /// Replaces a replica's sign of life.
  ///
  /// KEYS: the replica's hash; another key to keep alive with it, if there is one. ARGV: the TTLs of both; fields and
  /// values by turns.
  static let heartbeat = RedisScript(
    name: "heartbeat",
    source: #"""
      redis.call('DEL', KEYS[1])
      redis.call('HSET', KEYS[1], unpack(ARGV, 3))
      redis.call('EXPIRE', KEYS[1], ARGV[1])
      if KEYS[2] then redis.call('EXPIRE', KEYS[2], ARGV[2]) end
      return 'OK'
      """#)

  /// Replaces a replica's sign of life, and says what the server's mark was before and is after that.
  ///
  /// KEYS: the replica's hash. ARGV: its TTL; fields and values by turns. Returns two texts of `INFO`.
  static let markedHeartbeat = RedisScript(
    name: "heartbeat",
    source: #"""
      local function info()
        local text = ''
        for _, section in ipairs({'server', 'persistence', 'stats', 'replication'}) do
          local part = redis.pcall('INFO', section)
          if type(part) == 'string' then text = text .. part .. '\n' end
        end
        return text
      end
      local before = info()
      redis.call('DEL', KEYS[1])
      redis.call('HSET', KEYS[1], unpack(ARGV, 2))
      redis.call('EXPIRE', KEYS[1], ARGV[1])
      return {before, info()}
      """#)

  /// Moves a key that is in the way to another name, where it ends after a while.
  ///
  /// KEYS: the key, the other name. ARGV: the type that it should have, the TTL.
  static let displace = RedisScript(
    name: "displace",
    source: #"""
      local kind = redis.call('TYPE', KEYS[1])
      if type(kind) == 'table' then kind = kind.ok end
      if kind == 'none' or kind == ARGV[1] then return 0 end
      redis.call('RENAME', KEYS[1], KEYS[2])
      redis.call('EXPIRE', KEYS[2], ARGV[2])
      return 1
      """#)
}
