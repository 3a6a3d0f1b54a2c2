"""Channels over server-sent events."""

import resp

PATHS = {"subscribe": b"SUBSCRIBE", "psubscribe": b"PSUBSCRIBE", "monitor": b"MONITOR"}


def wanted(path, headers):
    """The command and the channel that a path asks for; None where it is no stream."""
    words = path.split("/")[1:]
    if not words or words[0] not in PATHS or "text/event-stream" not in headers.get("Accept", ""):
        return None
    return PATHS[words[0]], [word for word in words[1:]]


def frames(connection):
    """The frames of a stream, each a line; ends when the server does."""
    while True:
        reply = connection.read()
        if isinstance(reply, list):
            yield b"data: " + b",".join(item if isinstance(item, bytes) else str(item).encode() for item in reply)
        elif isinstance(reply, resp.Status):
            yield b'data: "' + bytes(reply) + b'"'
