import RedisTransport

/// Random commands on few keys, right ones and wrong ones.
struct CommandGenerator {
  let random: SeededRandom

  func next() -> RedisCommand {
    let words = random.pick(Self.forms).split(separator: " ").map { word -> String in
      switch word {
      case "KEY": key
      case "FIELD": "f\(random.below(4))"
      case "VALUE": value
      case "TTL": random.pick(["1500", "15500", "155500"])
      case "MTTL": random.pick(["1500000", "15500000", "155500000"])
      // Hardly ever twice the same, which would be equal or not by a millisecond.
      case "SOME": some
      case "SOME000": some + "000"
      case "BAD": random.pick(["0", "-1", "x", "", "9223372036854775807", "-9223372036854775808", "01"])
      case "NUMBER":
        random.pick(["0", "-1", "1", "2", "7", "x", "", "9223372036854775807", "-9223372036854775808", "03"])
      case "OPTION": random.pick(["NX", "xx", "GET", "KEEPTTL", "GT", "LT", "foo"])
      case "ID":
        random.pick([
          "*", "-", "+", "1-1", "5-*", "7", "(1-1", "0-0", "1-x", "18446744073709551615-18446744073709551615",
        ])
      case "PATTERN": pattern
      case "SCRIPT": random.pick(ScriptSamples.all)
      default: String(word)
      }
    }
    return RedisCommand(words.map { Array($0.utf8) })
  }

  private var key: String { "k\(random.below(6))" }
  private var some: String { String(20_300 + random.below(100) * 1000 + random.below(400)) }
  private var pattern: String {
    (0..<random.below(6)).map { _ in
      random.pick(["*", "?", "[", "]", "^", "-", "\\", "k", "0", "2", "5", "[1-3]", "[^4]"])
    }
    .joined()
  }
  private var value: String { random.pick(["", "a", "long text", "ü\u{1}", "17"]) }

  private static let forms = [
    "SET KEY VALUE", "SET KEY VALUE EX TTL", "set KEY VALUE px MTTL", "SET KEY VALUE OPTION", "SET KEY VALUE KEEPTTL",
    "SET KEY VALUE OPTION OPTION", "SET KEY VALUE EX BAD", "SET KEY VALUE EX TTL NX GET", "SETNX KEY VALUE",
    "SETEX KEY TTL VALUE", "PSETEX KEY BAD VALUE", "GET KEY", "GET KEY", "MGET KEY KEY KEY", "STRLEN KEY",
    "APPEND KEY VALUE", "GETRANGE KEY NUMBER NUMBER", "SETRANGE KEY NUMBER VALUE", "DEL KEY", "DEL KEY KEY",
    "UNLINK KEY", "EXISTS KEY KEY",
    "TYPE KEY",
    "EXPIRE KEY TTL", "EXPIRE KEY SOME OPTION", "EXPIRE KEY BAD", "PEXPIRE KEY SOME000 OPTION OPTION",
    "EXPIREAT KEY 1",
    "EXPIRETIME KEY", "PEXPIRETIME KEY",
    "TTL KEY", "PTTL KEY", "PERSIST KEY", "RENAME KEY KEY", "COPY KEY KEY", "COPY KEY KEY REPLACE", "KEYS *",
    "KEYS k[1-3]",
    "KEYS PATTERN", "KEYS PATTERN", "SCAN 0 COUNT 100", "SCAN x", "SCAN 0 COUNT 0",
    "SCAN 0 MATCH k[^1] COUNT 100 TYPE hash", "DBSIZE",
    "HSET KEY FIELD VALUE", "HSET KEY FIELD VALUE FIELD VALUE", "HSET KEY FIELD", "HMSET KEY FIELD VALUE",
    "HGET KEY FIELD",
    "HMGET KEY FIELD FIELD", "HGETALL KEY", "HKEYS KEY", "HVALS KEY", "HLEN KEY", "HEXISTS KEY FIELD", "HDEL KEY FIELD",
    "HDEL KEY FIELD FIELD FIELD", "LPUSH KEY VALUE", "RPUSH KEY VALUE VALUE", "LLEN KEY", "LRANGE KEY NUMBER NUMBER",
    "SADD KEY FIELD FIELD", "SREM KEY FIELD", "SCARD KEY", "SMEMBERS KEY", "XADD KEY ID FIELD VALUE",
    "XADD KEY * FIELD VALUE", "XADD KEY MAXLEN 3 * FIELD VALUE FIELD VALUE",
    "XADD KEY NOMKSTREAM MAXLEN = NUMBER ID FIELD VALUE",
    "XADD KEY * FIELD", "XLEN KEY", "XRANGE KEY ID ID", "XRANGE KEY - +", "XREVRANGE KEY + - COUNT NUMBER",
    "XREVRANGE KEY ID ID",
    "XREAD COUNT 2 STREAMS KEY KEY 0 0", "XREAD STREAMS KEY ID", "XREAD STREAMS KEY", "XTRIM KEY MAXLEN NUMBER", "PING",
    "PING VALUE", "ECHO VALUE", "PUBLISH KEY VALUE", "GET", "NONSENSE KEY VALUE", "SELECT 0", "SCRIPT EXISTS KEY",
    "SCRIPT NONSENSE", "EVALSHA KEY 0", "EVAL SCRIPT NUMBER KEY", "EVAL SCRIPT 1 KEY VALUE",
    "EVAL SCRIPT 2 KEY KEY VALUE TTL",
    "EVAL SCRIPT 1 KEY 17",
  ]
}

/// Scripts that show how values pass between Lua and Redis.
enum ScriptSamples {
  static let all = calls + conversions + failures

  private static let calls = [
    "return redis.call('GET', KEYS[1])", "return redis.pcall('GET', KEYS[1])",
    "return redis.call('SET', KEYS[1], ARGV[1])", "return redis.call('SET', KEYS[1], 'x', 'EX', 1500)",
    "return {redis.call('EXISTS', KEYS[1]), redis.call('TYPE', KEYS[1])}",
    "return redis.call('TYPE', KEYS[1]).ok",
    "redis.call('HSET', KEYS[1], 'a', 1.5, 'b', 2) return redis.call('HGET', KEYS[1], 'a')",
    "return #redis.call('HGETALL', KEYS[1])", "redis.call('SET', KEYS[1], 'x') redis.call('HGET', KEYS[1], 'f')",
    "return redis.call('XADD', KEYS[1], '9-*', 'f', 'v')", "return redis.call('XRANGE', KEYS[1], '-', '+')",
    "return redis.call('MGET', KEYS[1], 'none')", "return redis.call('DEL', KEYS[1])",
    "return redis.pcall('XADD', KEYS[1], '1-1', 'f', 'v')", "return redis.call('PUBLISH', 'channel', 'text')",
    "return redis.call('set', KEYS[1], 10/3)", "return redis.call('set', KEYS[1], 1e20)",
    "return redis.call('set', KEYS[1], -0.0)",
    "redis.call('DEL', KEYS[1]) return redis.call('SET', KEYS[1], 'x')",
    "redis.call('EXPIRE', KEYS[1], 1500) redis.call('HSET', KEYS[1] .. 'h', 'f', 'v')",
    "return {redis.pcall('SET', KEYS[1], 'x'), redis.pcall('DEL', KEYS[1])}",
    "local a, b = redis.pcall('SADD', KEYS[1], 'x'), redis.pcall('EXPIRE', KEYS[1], 1500) return {b, a}",
    "local r = redis.pcall('GET', KEYS[1]) if type(r) == 'table' then return r.err end return type(r)",
    "return redis.call('EVAL', 'return 1', '0')", "return redis.call('CONFIG', 'GET', 'maxmemory')",
  ]

  private static let conversions = [
    "return 3.99", "return -3.99", "return 'text'", "return true", "return false", "return nil", "return", "return {}",
    "return {1, 2.5, 'x', true, false, 'y', nil, 'z'}", "return {{1}, {{2}}, {}}", "return {ok='fine'}",
    "return {err='MY own'}",
    "return {err='plain'}", "return {ok='two\\nlines'}", "return {1, err='E', ok='O'}", "return {a=1}", "return 1e300",
    "return print",
    "return redis.status_reply('OK then')", "return redis.error_reply('MY words')", "return redis.error_reply('word')",
    "return redis.error_reply('-CODE words')", "return redis.error_reply()", "return redis.status_reply(1)",
    "return KEYS",
    "return ARGV", "return {#KEYS, #ARGV}", "return tostring(1e15) .. tostring(0.1) .. tostring(2^53)",
    "return redis.sha1hex('')", "return redis.sha1hex(12)", "return {redis.sha1hex(KEYS[1] or 'x')}",
    "return redis.REDIS_VERSION_NUM",
    "return {redis.acl_check_cmd('get', 'x'), redis.LOG_WARNING}", "return string.format('%.0f %s %d', 2^52, 'x', 3)",
    "return {string.match('a1b22', '(%d+)b(%d+)')}", "return table.concat({1, 2, 'x'}, ', ')", "return unpack({1, 2})",
    "local a, b = pcall(redis.call, 'GET') return {tostring(a), b.err}", "return loadstring('return 5')()",
    "return pcall(error, 'x')", "local t = {} for w in ('a b').gmatch('a b', '%S+') do t[#t + 1] = w end return t",
    "return {math.floor(2.5), math.max(1, 2), tonumber('0x10'), select('#', 1, 2)}",
    "return redis.log(redis.LOG_DEBUG, 'x')",
  ]

  private static let failures = [
    "return x", "x = 1", "string.x = 1", "KEYS = nil", "redis.call = nil", "if", "return }", "\nerror('boo')",
    "error({err='My boo'})",
    "error()", "error(5)", "return redis.call()", "return redis.call({})", "return redis.pcall({})",
    "return redis.call('get')",
    "return redis.call('nonsense')", "return redis.pcall('nonsense').err", "return redis.sha1hex()",
    "return redis.log('x')",
    "return redis.acl_check_cmd('nonsense')", "return redis.acl_check_cmd()", "local t = nil\nreturn t.x",
    "return 1 + {}",
    "local function f() error('deep') end\nf()", "redis.call('SET', KEYS[1], 'written')\nerror('then')",
    "return string.rep()",
    "local function f() return f() + 1 end return f()",
  ]
}
