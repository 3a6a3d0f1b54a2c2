"""What the official Python client finds of the stand-in: judge.py URL TOKEN READ_ONLY_TOKEN; silent when all is well."""

import sys

from upstash_redis import Redis
from upstash_redis.errors import UpstashError

url, token, read_only = sys.argv[1:]
redis = Redis(url=url, token=token, allow_telemetry=True)


def same(found, wanted):
    assert found == wanted, f"{found!r} is not {wanted!r}"


def refused(act, words):
    try:
        act()
    except UpstashError as error:
        assert words in str(error), f"{error} does not say {words!r}"
    else:
        raise AssertionError(f"not refused: {words}")


same(redis.ping(), "PONG")
same(redis.set("k", 'bär\n"x"', ex=100), True)
same(redis.get("k"), 'bär\n"x"')
assert 90 < redis.ttl("k") <= 100
same(redis.set("OK", "OK"), True)
same(redis.get("OK"), "OK")
same(redis.get("none"), None)
same(redis.type("k"), "string")
same(redis.set("big", 12345678901234567), True)
same(redis.get("big"), "12345678901234567")
same(redis.incrbyfloat("f", 1.5), 1.5)
same(redis.mset({"a": "1", "b": "2"}), True)
same(redis.mget("a", "none", "b"), ["1", None, "2"])
same(redis.hset("h", values={"f": "1", "g": "ü"}), 2)
same(redis.hgetall("h"), {"f": "1", "g": "ü"})
same(redis.hmget("h", "f", "none"), ["1", None])
same(redis.rpush("l", "x", "y"), 2)
same(redis.lrange("l", 0, -1), ["x", "y"])
same(redis.zadd("z", {"m": 1.5}), 1)
same(redis.zscore("z", "m"), 1.5)
entry = redis.xadd("s", "*", {"seq": "1"})
same(redis.xrange("s", "-", "+"), [[entry, ["seq", "1"]]])
same(redis.sadd("set", "x"), 1)
same(redis.smembers("set"), {"x"} if isinstance(redis.smembers("set"), set) else ["x"])
cursor, keys = redis.scan(0, match="set", count=1000)
same((int(cursor), keys), (0, ["set"]))
same(redis.eval("return {KEYS[1], ARGV[1], 7, false}", keys=["k"], args=["v"]), ["k", "v", 7, None])
sha = redis.script_load("return redis.call('GET', KEYS[1])")
same(redis.evalsha(sha, keys=["a"]), "1")
refused(lambda: redis.evalsha("0" * 40, keys=["a"]), "NOSCRIPT")
refused(lambda: redis.hset("k", "f", "v"), "WRONGTYPE")
refused(lambda: redis.execute(["ROLE"]), "Command is not available: 'ROLE'")
refused(lambda: redis.execute(["SUBSCRIBE", "c"]), "is not allowed in REST")
refused(lambda: redis.execute(["NONSENSE", "x"]), "Command is not available: 'NONSENSE'")
refused(lambda: redis.incr("k"), "not an int or out of range")

pipeline = redis.pipeline()
pipeline.set("p", "1")
pipeline.incr("p")
pipeline.get("p")
same(pipeline.exec(), [True, 2, "2"])
transaction = redis.multi()
transaction.set("t", "1")
transaction.incr("t")
same(transaction.exec(), [True, 2])
broken = redis.multi()
broken.execute(["SET", "t", "9"])
broken.execute(["SET", "t"])
try:
    broken.exec()
    raise AssertionError("a transaction with a mistake in it was carried out")
except (UpstashError, AttributeError):
    # This version of the client stumbles over the single object that answers a discarded transaction.
    pass
same(redis.get("t"), "2")

refused(lambda: Redis(url=url, token="wrong").get("k"), "WRONGPASS")
reader = Redis(url=url, token=read_only)
same(reader.get("a"), "1")
for act in (lambda: reader.set("a", "2"), lambda: reader.scan(0), lambda: reader.eval("return 1"), lambda: reader.keys("*")):
    refused(act, "NOPERM")
same(redis.delete("k", "a"), 2)
