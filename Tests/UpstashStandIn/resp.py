"""RESP2, as redis-server speaks it: a blocking connection over its unix socket."""

import socket


class Status(bytes):
    """A status reply, such as OK: another thing than a string of the same text."""


class RedisError(Exception):
    """A refusal; as an element of a reply it is a value, not raised."""

    def __init__(self, text):
        super().__init__(text)
        self.text = text


class Connection:
    """One connection to one logical database, as one user."""

    def __init__(self, path, database=0, user=None, password=None):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(path)
        self.file = self.socket.makefile("rb")
        if user is not None:
            self.expect(b"AUTH", user.encode(), (password or "").encode())
        if database:
            self.expect(b"SELECT", str(database).encode())

    def expect(self, *arguments):
        reply = self.run(arguments)
        if isinstance(reply, RedisError):
            raise reply
        return reply

    def run(self, arguments):
        return self.pipeline([arguments])[0]

    def pipeline(self, commands):
        self.send(commands)
        return [self.read() for _ in commands]

    def send(self, commands):
        out = bytearray()
        for arguments in commands:
            out += b"*%d\r\n" % len(arguments)
            for argument in arguments:
                out += b"$%d\r\n%s\r\n" % (len(argument), argument)
        self.socket.sendall(out)

    def read(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("redis-server closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return Status(rest)
        if kind == b"-":
            return RedisError(rest.decode("utf-8", "replace"))
        if kind == b":":
            return int(rest)
        count = int(rest)
        if count < 0:
            return None
        if kind == b"$":
            return self.file.read(count + 2)[:-2]
        return [self.read() for _ in range(count)]

    def close(self):
        self.socket.close()


def encoded(reply):
    """A reply as raw RESP2, and how large it is."""
    if reply is None:
        return b"$-1\r\n"
    if isinstance(reply, RedisError):
        return b"-" + reply.text.encode() + b"\r\n"
    if isinstance(reply, Status):
        return b"+" + bytes(reply) + b"\r\n"
    if isinstance(reply, int):
        return b":%d\r\n" % reply
    if isinstance(reply, bytes):
        return b"$%d\r\n%s\r\n" % (len(reply), reply)
    return b"*%d\r\n" % len(reply) + b"".join(encoded(item) for item in reply)
