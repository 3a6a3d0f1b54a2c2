"""Replies as REST gives them: JSON, JSON with base64 in it, or raw RESP2."""

import base64
import json

import resp


class Encoding:
    """How one request wants its answers."""

    def __init__(self, headers, variants):
        self.base64 = False
        self.resp2 = False
        self.refusal = None
        self.variants = variants
        encoding = headers.get("Upstash-Encoding")
        form = headers.get("Upstash-Response-Format")
        if encoding is not None and encoding != "base64":
            self.refusal = "ERR unsupported encoding"
        if form is not None and form not in ("json", "resp2"):
            self.refusal = "ERR unsupported response format"
        if form == "resp2" and encoding == "base64":
            self.refusal = "ERR resp2 can't be combined with base64"
        self.base64 = encoding == "base64"
        self.resp2 = form == "resp2"

    def value(self, reply, nested=False):
        if isinstance(reply, list):
            return [self.value(item, True) for item in reply]
        if isinstance(reply, resp.RedisError):
            return reply.text
        if isinstance(reply, int) and abs(reply) > 1 << 53 and self.variants.get("large-integers-as-text"):
            return str(reply)
        if not isinstance(reply, bytes):
            return reply
        if self.base64:
            # The status OK alone stays as it is; a stored "OK" does not.
            plain = isinstance(reply, resp.Status) and (reply == b"OK" or self.variants.get("plain-statuses"))
            if not plain or nested and self.variants.get("encode-nested-ok"):
                return base64.b64encode(reply).decode()
        return reply.decode("utf-8", "replace")

    def item(self, reply):
        if isinstance(reply, resp.RedisError):
            return {"error": reply.text}
        return {"result": self.value(reply)}

    def one(self, reply):
        """Status, content type and body of a single command's answer."""
        status = 400 if isinstance(reply, resp.RedisError) else 200
        if self.resp2 and not (status == 400 and self.variants.get("resp2-errors-as-json")):
            return status, "application/octet-stream", resp.encoded(reply)
        return status, "application/json; charset=utf-8", dump(self.item(reply))

    def many(self, replies, transaction=False):
        """Of a pipeline's or, always JSON, a transaction's."""
        if self.resp2 and not transaction:
            return 200, "application/octet-stream", b"".join(resp.encoded(reply) for reply in replies)
        return 200, "application/json; charset=utf-8", dump([self.item(reply) for reply in replies])


def dump(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def error(text):
    return dump({"error": text})
