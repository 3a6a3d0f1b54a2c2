"""The databases of an account, each a logical one of the redis-server behind."""

import base64
import secrets
import threading
import time
import uuid

import resp
from faults import Faults
from meter import Meter

LIMITS = {
    "request_size": 10485760,
    "record_size": 104857600,
    "key_size": 32768,
    "storage": 268435456,
    "requests": 500000,
    "body": 52428800,
}
# Where the stale copies of lagging replicas are.
STALE = 8


def token(kind, port, identity, password):
    """A REST token as the documented samples are: it holds the password."""
    raw = bytes([kind]) + port.to_bytes(2, "big") + b"\x00\x24\x20" + identity.encode() + password.encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


class Database:
    """One database: who may speak to it, what it allows, what goes wrong with it."""

    def __init__(self, account, number, name):
        self.account = account
        self.number = number
        self.name = name
        self.id = str(uuid.uuid4())
        self.slug = f"stand-in-{secrets.token_hex(3)}-{10000 + number}"
        self.created = account.now()
        self.state = "active"
        self.limits = dict(LIMITS)
        self.variants = {}
        self.meter = Meter()
        self.faults = Faults()
        self.daily_backup = False
        self.backups = []
        self.settings = {}
        # Counts writes; its text is what Upstash-Sync-Token says.
        self.position = 0
        self.lagging_since = None
        self.users = {}
        self.connections = {}
        self.log = []
        self.new_password()

    def new_password(self):
        self.password = secrets.token_hex(16)
        self.rest_token = token(1, self.account.port, self.id, self.password)
        self.read_only_token = token(2, self.account.port, self.id, secrets.token_hex(16))

    def reader(self, given):
        """Who a token belongs to: (user, password, read only); None for nobody."""
        if given == self.rest_token:
            return (None, None, False)
        if given == self.read_only_token:
            return (None, None, True)
        if given in self.users:
            return (*self.users[given], False)
        return None

    def connection(self, user=None, password=None, number=None):
        key = (user, self.number if number is None else number)
        if key not in self.connections:
            self.connections[key] = resp.Connection(self.account.socket, key[1], user, password)
        return self.connections[key]

    def forget_connections(self):
        for connection in self.connections.values():
            connection.close()
        self.connections = {}

    @property
    def sync_token(self):
        digits, value = "", self.position
        while value or not digits:
            digits, value = "0123456789abcdefghjkmnpqrstvwxyz"[value % 32] + digits, value // 32
        return digits.rjust(8, "0")

    def lag(self, on):
        """Has reads without a newer token see what stands there now, for as long as it lasts."""
        self.lagging_since = self.position if on else None
        if on:
            stale = self.connection(number=self.number + STALE)
            stale.expect(b"FLUSHDB")
            copy(self.connection(), stale)

    def is_stale(self, given):
        return self.lagging_since is not None and (given or "") <= self.token_at(self.lagging_since)

    def token_at(self, position):
        now, self.position = self.position, position
        text = self.sync_token
        self.position = now
        return text


def copy(source, target):
    """Copies every key with its TTL."""
    for key in source.expect(b"KEYS", b"*"):
        value, left = source.pipeline([[b"DUMP", key], [b"PTTL", key]])
        if value is not None:
            target.expect(b"RESTORE", key, b"%d" % max(left, 0), value, b"REPLACE")


class Account:
    """All there is: databases, and the clock."""

    def __init__(self, socket, port):
        self.socket = socket
        self.port = port
        self.lock = threading.RLock()
        self.time = None
        self.email = "tester@example.com"
        self.api_key = str(uuid.uuid4())
        self.read_only_key = str(uuid.uuid4())
        self.databases = []
        self.create("first")

    def now(self):
        return int(time.time()) if self.time is None else self.time

    def create(self, name):
        number = next(n for n in range(STALE) if all(other.number != n for other in self.databases))
        database = Database(self, number, name)
        self.databases.append(database)
        return database

    def find(self, identity):
        return next((database for database in self.databases if database.id == identity), None)

    def at(self, host):
        """The database of a host name; the first where the name is this machine's own."""
        slug = (host or "").partition(":")[0].partition(".")[0]
        return next((database for database in self.databases if database.slug == slug), self.databases[0])
