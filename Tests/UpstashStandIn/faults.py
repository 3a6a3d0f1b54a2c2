"""What a test has go wrong."""

TEXTS = {
    "requests": "ERR max requests limit exceeded. Limit: 500000, Usage: 500000."
    " See https://upstash.com/docs/redis/troubleshooting/max_requests_limit for details",
    "daily": "ERR max daily request limit exceeded. Limit: 10000, Usage: 10001."
    " See https://upstash.com/docs/redis/troubleshooting/max_daily_request_limit for details",
    "storage": "ERR DB capacity quota exceeded. Threshold: 268435456 bytes, Usage: 276006634 bytes",
    "request-size": "ERR max request size exceeded. Limit: 10485760 bytes, Actual: 11245919 bytes."
    " See https://upstash.com/docs/redis/troubleshooting/max_request_size_exceeded for details",
    "record-size": "ERR max single record size exceeded. Limit: 104857600 bytes, Actual: 104857700 bytes",
    "connections": "ERR max concurrent connections exceeded",
    "budget": "ERR this database has exceeded the defined budget limit",
    "suspended": "ERR this database has been suspended",
    "upgrade": "READONLY Writes are temporarily rejected due to server upgrade",
    "stopping": "ERR Server is stopping",
    "caller-gone": "ERR caller gone",
    "script-timeout": "ERR Error running script: execution timed out",
    "token": "WRONGPASS invalid or missing auth token."
    " See https://docs.upstash.com/redis/troubleshooting/http_unauthorized for details.",
    "read-only-token": "NOPERM this user has no permissions to run the 'evalsha' command or its subcommand",
}


class Fault:
    """One fault, for a number of requests."""

    def __init__(self, description):
        # error: a text above; status: an answer as it is; drop-before, drop-after, truncate: the connection ends;
        # hang: no answer until the fault is taken away; redirect.
        self.kind = description["kind"]
        # How many requests it meets; -1: all.
        self.count = description.get("count", 1)
        # How many it lets pass before.
        self.after = description.get("after", 0)
        # A command's name that must be among the request's.
        self.command = description.get("command", "").upper()
        # Whether it meets writing requests alone.
        self.writes = description.get("writes", False)
        self.error = description.get("error", "")
        self.status = description.get("status", 400)
        self.headers = description.get("headers", {})
        self.body = description.get("body", "")
        # Whether an error answers the whole request, or each command of a pipeline.
        self.whole = description.get("whole", False)

    @property
    def text(self):
        return TEXTS.get(self.error, self.error)

    def meets(self, names, writes):
        if self.count == 0 or self.command and self.command not in names or self.writes and not writes:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.count > 0:
            self.count -= 1
        return True


class Faults:
    """The faults of one database, in order; the first that meets a request has it."""

    def __init__(self):
        self.list = []

    def add(self, descriptions):
        self.list += [Fault(description) for description in descriptions]

    def clear(self):
        for fault in self.list:
            fault.count = 0
        self.list = []

    def meeting(self, names, writes):
        for fault in self.list:
            if fault.meets(names, writes):
                return fault
        return None
