"""The forms of a REST request: a command in the body, in the path, many in a pipeline."""

import json
import math
from urllib.parse import unquote_to_bytes

from resp import RedisError


class Bad(Exception):
    """A request that is refused whole, with 400."""


def argument(value):
    if value is None:
        raise RedisError("ERR null args are not supported")
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    if isinstance(value, int):
        return str(value).encode()
    if isinstance(value, float):
        if not math.isfinite(value):
            raise RedisError("ERR unsupported arg type")
        return format(value, "f").rstrip("0").rstrip(".").encode() if value == int(value) else repr(value).encode()
    raise RedisError('ERR unsupported arg type: "%s": json.Delim' % ("[" if isinstance(value, list) else "{"))


def command(value):
    """One command of a body; a RedisError instead where it can't be one."""
    if not isinstance(value, list):
        raise Bad("expected JSON array")
    try:
        return [argument(item) for item in value]
    except RedisError as error:
        return error


def document(body):
    if not body:
        raise Bad("EOF")
    try:
        return json.loads(body)
    except (ValueError, UnicodeDecodeError):
        raise Bad("ERR failed to parse the request body as JSON") from None


def from_body(body):
    return command(document(body))


def many_from_body(body):
    value = document(body)
    if not isinstance(value, list):
        raise Bad("expected JSON array")
    return [command(item) for item in value]


def from_path(segments, pairs, body):
    """`/set/foo` with the value as the body and `?EX=100`: the query's pairs follow the body."""
    # Split first, then decoded: an encoded slash is part of an argument.
    arguments = [unquote_to_bytes(segment) for segment in segments]
    if body:
        arguments.append(body)
    for key, value in pairs:
        arguments += [key, value]
    return arguments


def query(text):
    """The pairs of a query, as bytes; the token among them apart."""
    token, pairs = None, []
    for part in text.split("&") if text else []:
        key, _, value = part.partition("=")
        key, value = (unquote_to_bytes(item.replace("+", " ")) for item in (key, value))
        if key == b"_token":
            token = value.decode("utf-8", "replace")
        else:
            pairs.append((key, value))
    return token, pairs
