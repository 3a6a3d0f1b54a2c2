"""Which commands Upstash has, bills, lets a read-only token run, and refuses over REST; with its words."""

from resp import RedisError

FREE = {"AUTH", "HELLO", "SELECT", "COMMAND", "CONFIG", "INFO", "PING", "RESET", "QUIT"}

READS = set(
    """BITCOUNT BITFIELD_RO BITPOS COMMAND DBSIZE DUMP ECHO EXISTS EXPIRETIME GEODIST GEOHASH GEOPOS GEORADIUS_RO
    GEOSEARCH GET GETBIT GETRANGE HEXISTS HGET HGETALL HKEYS HLEN HMGET HRANDFIELD HSCAN HSTRLEN HVALS INFO LINDEX LLEN
    LPOS LRANGE MEMORY MGET PEXPIRETIME PFCOUNT PING PTTL RANDOMKEY SCARD SDIFF SINTER SINTERCARD SISMEMBER SMEMBERS
    SMISMEMBER SRANDMEMBER SSCAN STRLEN SUBSTR SUNION TIME TTL TYPE XINFO XLEN XPENDING XRANGE XREAD XREVRANGE ZCARD
    ZCOUNT ZDIFF ZINTER ZINTERCARD ZLEXCOUNT ZMSCORE ZRANDMEMBER ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANK ZREVRANGE
    ZREVRANGEBYLEX ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCORE ZUNION""".split()
)
# Reads that a read-only token may not do.
POWERFUL_READS = {"SCAN", "KEYS"}

SCRIPTS = {"EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "FCALL", "FCALL_RO"}

NOT_OVER_REST = set(
    """AUTH MULTI EXEC DISCARD WATCH UNWATCH HELLO RESET QUIT SUBSCRIBE UNSUBSCRIBE PSUBSCRIBE PUNSUBSCRIBE CLIENT MONITOR
    BLPOP BRPOP BRPOPLPUSH BZPOPMAX BZPOPMIN BLMOVE BLMPOP BZMPOP""".split()
)
NOT_AT_ALL = set(
    """ROLE SORT SORT_RO OBJECT MOVE LCS SWAPDB DEBUG LATENCY SLOWLOG SAVE BGSAVE BGREWRITEAOF LASTSAVE SHUTDOWN REPLICAOF
    SLAVEOF CLUSTER SPUBLISH SSUBSCRIBE SUNSUBSCRIBE FAILOVER PSYNC SYNC REPLCONF MODULE ASKING READONLY READWRITE MIGRATE
    RESTORE-ASKING""".split()
)
INFO_SECTIONS = ("server", "clients", "memory", "stats", "cluster", "keyspace")
# What a from-scratch implementation has no reason to tell, and ours must not learn from the redis-server behind it.
INFO_HIDDEN = ("run_id", "server_time_usec", "executable", "config_file", "process_id", "expired_keys", "evicted_keys")

HELP = "https://upstash.com/docs/redis"


def name(command):
    return command[0].decode("utf-8", "replace").upper() if command else ""


def is_read(command):
    return name(command) in READS or name(command) in POWERFUL_READS


def unavailable(word):
    return RedisError(
        f"ERR Command is not available: '{word}'. See {HELP}/overall/rediscompatibility for details"
    )


def refusal(command, read_only):
    """Why a command is not even tried; None: it is."""
    word = name(command)
    if not word:
        return RedisError("ERR empty command")
    if word in NOT_OVER_REST:
        return RedisError(f'ERR Command "{word}" is not allowed in REST or it has a special context path')
    if word in ("XREAD", "XREADGROUP") and any(argument.upper() == b"BLOCK" for argument in command):
        return RedisError(f'ERR Command "{word}" is not allowed in REST or it has a special context path')
    if word in NOT_AT_ALL or word.startswith("FT."):
        return unavailable(word)
    if word == "SELECT" and command[1:] != [b"0"]:
        return RedisError("ERR DB index is out of range")
    if word == "CONFIG" and len(command) > 2 and command[2].lower() != b"notify-keyspace-events":
        return None if command[1].upper() == b"GET" else RedisError("ERR Unsupported CONFIG parameter")
    if read_only and word not in READS:
        return RedisError(
            f"NOPERM this user has no permissions to run the '{word.lower()}' command or its subcommand"
        )
    return None


def answer_ourselves(command):
    """What needs no redis-server; None: it does."""
    word = name(command)
    if word == "CONFIG" and len(command) > 2 and command[1].upper() == b"GET":
        if command[2].lower() != b"notify-keyspace-events":
            return []
    if word == "SELECT":
        return b"OK"
    return None


def translated(command, reply):
    """A reply in Upstash's words."""
    if isinstance(reply, RedisError):
        if reply.text.startswith("ERR unknown command"):
            return unavailable(name(command))
        return RedisError(reply.text.replace("value is not an integer or", "value is not an int or"))
    if name(command) == "INFO" and isinstance(reply, bytes):
        return info(reply, [argument.decode().lower() for argument in command[1:]])
    return reply


def info(text, wanted):
    lines, section, shown = [], "", False
    for line in text.decode().split("\r\n"):
        if line.startswith("# "):
            section = line[2:].lower()
            shown = section in INFO_SECTIONS and (not wanted or section in wanted or "all" in wanted)
        if line.startswith("redis_version:"):
            line = "redis_version:8.2.0"
        if line.startswith("redis_mode:"):
            line = "redis_mode:standalone"
        if shown and not line.startswith(INFO_HIDDEN):
            lines.append(line)
    return "\r\n".join(lines).encode()
