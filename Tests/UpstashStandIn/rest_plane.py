"""The data plane: a request of REST carried out."""

import commands
import rest_parsing
from databases import STALE
from faults import TEXTS
from rest_encoding import Encoding, error
from resp import RedisError, encoded

ALLOWED = {"HEAD", "GET", "POST", "PUT"}


class Answer:
    """What goes back, and what is done to the connection instead."""

    def __init__(self, status, body=b"", content="application/json; charset=utf-8", headers=None, after=None):
        self.status = status
        self.body = body
        self.content = content
        self.headers = dict(headers or {})
        # drop: nothing is sent; truncate: half of it; hang: nothing until the fault is gone.
        self.after = after


def token_of(headers, from_query):
    if from_query is not None:
        return from_query
    text = headers.get("Authorization", "")
    return text[7:] if text.startswith("Bearer ") else text


def handle(database, method, path, query, headers, body):
    if method == "OPTIONS":
        return Answer(200, headers={"Access-Control-Allow-Origin": headers.get("Origin", "*")})
    if method not in ALLOWED:
        return Answer(405)
    from_query, pairs = rest_parsing.query(query)
    reader = database.reader(token_of(headers, from_query))
    if reader is None:
        return Answer(401, error(TEXTS["token"]))
    if len(body) > database.limits["body"]:
        text = f"ERR max request size exceeded. Limit: {database.limits['body']}, Actual: {len(body)}"
        return Answer(413, error(text))
    encoding = Encoding(headers, database.variants)
    if encoding.refusal:
        return Answer(400, error(encoding.refusal))
    try:
        form, asked = parsed(path, pairs, body)
    except rest_parsing.Bad as bad:
        return Answer(400, error(str(bad)))
    return carry_out(database, reader, form, asked, encoding, headers)


def parsed(path, pairs, body):
    if path in ("/pipeline", "/multi-exec"):
        return path[1:], rest_parsing.many_from_body(body)
    segments = [segment for segment in path.split("/")[1:]]
    if segments == [""]:
        return "one", [rest_parsing.from_body(body)]
    return "one", [rest_parsing.from_path(segments, pairs, body)]


def carry_out(database, reader, form, asked, encoding, headers):
    names = {commands.name(command) for command in asked if isinstance(command, list)}
    writes = any(isinstance(command, list) and not commands.is_read(command) for command in asked)
    fault = database.faults.meeting(names, writes)
    after = None
    if fault is not None:
        if fault.kind == "drop-before":
            return Answer(200, after="drop")
        if fault.kind == "hang":
            return Answer(200, after=fault)
        if fault.kind in ("status", "redirect"):
            return Answer(fault.status, fault.body.encode(), "text/html", fault.headers)
        if fault.kind == "error":
            whole = fault.whole or form == "one"
            if whole:
                return Answer(fault.status, error(fault.text), headers=fault.headers)
            return Answer(*reordered(encoding.many([RedisError(fault.text)] * len(asked))))
        after = {"drop-after": "drop", "truncate": "truncate"}[fault.kind]
    database.meter.requests += 1
    given = headers.get("Upstash-Sync-Token")
    stale = not writes and database.is_stale(given)
    number = database.number + STALE if stale else None
    connection = database.connection(reader[0], reader[1], number)
    if form == "multi-exec":
        answer = transaction(database, connection, reader[2], asked, encoding)
    else:
        replies = [run(database, connection, command, reader[2]) for command in asked]
        shape = encoding.one(replies[0]) if form == "one" else encoding.many(replies)
        answer = Answer(*reordered(shape))
    if writes:
        database.position += 1
    if answer.status == 200:
        answer.headers["Upstash-Sync-Token"] = (
            database.token_at(database.lagging_since) if stale else database.sync_token
        )
    answer.after = after
    return answer


def reordered(shape):
    status, content, body = shape
    return status, body, content


def run(database, connection, command, read_only):
    """One command's reply."""
    refusal = refused(database, command, read_only, connection)
    if refusal is not None:
        if isinstance(command, list):
            database.meter.refused(command)
        return refusal
    ours = commands.answer_ourselves(command)
    if ours is not None:
        database.meter.count(commands.name(command))
        return ours
    reply = database.meter.measure(connection, command, lambda: connection.run(command))
    return checked(database, commands.translated(command, reply))


def refused(database, command, read_only, connection):
    if isinstance(command, RedisError):
        return command
    refusal = commands.refusal(command, read_only)
    if refusal is not None:
        return refusal
    limits = database.limits
    if database.state == "suspended":
        return RedisError(TEXTS["suspended"])
    if database.meter.billed >= limits["requests"]:
        return RedisError(
            f"ERR max requests limit exceeded. Limit: {limits['requests']}, Usage: {database.meter.billed}."
            f" See {commands.HELP}/troubleshooting/max_requests_limit for details"
        )
    size = sum(map(len, command))
    if size > limits["request_size"]:
        return too_large(limits["request_size"], size)
    if max(map(len, command)) > limits["record_size"]:
        return RedisError(
            f"ERR max single record size exceeded. Limit: {limits['record_size']} bytes,"
            f" Actual: {max(map(len, command))} bytes"
        )
    if len(command) > 1 and commands.name(command) not in commands.SCRIPTS:
        if len(command[1]) > limits["key_size"] and commands.name(command) != "SCRIPT":
            return RedisError(f"ERR max key size exceeded. Limit: {limits['key_size']} bytes, Actual: {len(command[1])} bytes")
    return full(database, command, connection)


def full(database, command, connection):
    """Whether the storage is used up; measured only where a test has made it small."""
    threshold = database.limits["storage"]
    if threshold == 268435456 or commands.is_read(command) or commands.name(command) in ("DEL", "UNLINK", "INFO"):
        return None
    keys = connection.expect(b"KEYS", b"*")
    usage = sum(size or 0 for size in connection.pipeline([[b"MEMORY", b"USAGE", key] for key in keys]))
    if usage <= threshold:
        return None
    return RedisError(f"ERR DB capacity quota exceeded. Threshold: {threshold} bytes, Usage: {usage} bytes")


def too_large(limit, size):
    return RedisError(
        f"ERR max request size exceeded. Limit: {limit} bytes, Actual: {size} bytes."
        f" See {commands.HELP}/troubleshooting/max_request_size_exceeded for details"
    )


def checked(database, reply):
    """The reply, unless it is larger than one may be."""
    size = len(encoded(reply))
    if database.variants.get("limit-encoded-replies"):
        size = size * 4 // 3
    return too_large(database.limits["request_size"], size) if size > database.limits["request_size"] else reply


def transaction(database, connection, read_only, asked, encoding):
    """All or nothing; what is refused before it begins discards the whole."""
    for command in asked:
        refusal = refused(database, command, read_only, connection)
        if refusal is not None:
            return Answer(400, error(refusal.text))
    replies = connection.pipeline([[b"MULTI"], *asked, [b"EXEC"]])
    bad = next((reply for reply in replies[1:-1] if isinstance(reply, RedisError)), None)
    if bad is not None:
        return Answer(400, error(bad.text))
    for command in asked:
        database.meter.count(commands.name(command))
    results = [commands.translated(command, reply) for command, reply in zip(asked, replies[-1])]
    return Answer(*reordered(encoding.many(results, transaction=True)))
