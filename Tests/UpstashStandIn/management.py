"""The management API, under /v2."""

import base64
import json
import time

from backups import Backup

ERROR = {
    401: "Unauthorized",
    403: "Readonly API key is not allowed to perform this operation",
    404: "database not found",
    405: "method not allowed",
}


class Refused(Exception):
    def __init__(self, status, text=None):
        super().__init__(text or ERROR[status])
        self.status = status


class Management:
    """An account's databases and their backups."""

    def __init__(self, account):
        self.account = account
        self.looks = 1
        self.faults = []
        self.calls = []

    def handle(self, method, path, query, headers, body):
        """Status, JSON value of the answer (bytes: what is no JSON), and headers."""
        self.calls.append(f"{method} {path}")
        fault = next((fault for fault in self.faults if fault.get("method", method) == method), None)
        if fault:
            self.faults.remove(fault)
            if fault.get("done"):
                self.answer(method, path, query, headers, body)
            value = fault.get("body", {"error": "something went wrong"})
            if "text" in fault:
                value = fault["text"].encode()
            return fault["status"], value, fault.get("headers", {})
        return self.answer(method, path, query, headers, body)

    def answer(self, method, path, query, headers, body):
        try:
            read_only = self.authorised(headers)
            if read_only and method != "GET":
                raise Refused(403)
            value = {}
            if body:
                try:
                    value = json.loads(body)
                except ValueError:
                    raise Refused(400, "invalid request body") from None
            return 200, self.route(method, path.split("/")[2:], query, value), {}
        except Refused as refused:
            return refused.status, {"error": str(refused)}, {}

    def authorised(self, headers):
        kind, _, text = headers.get("Authorization", "").partition(" ")
        try:
            email, _, key = base64.b64decode(text).decode().partition(":")
        except ValueError:
            raise Refused(401) from None
        if kind != "Basic" or email != self.account.email:
            raise Refused(401)
        if key not in (self.account.api_key, self.account.read_only_key):
            raise Refused(401)
        return key == self.account.read_only_key

    def route(self, method, words, query, value):
        if words == ["redis", "databases"] and method == "GET":
            return [described(database) for database in self.account.databases]
        if words == ["redis", "database"] and method == "POST":
            return self.create(value)
        if words[:2] == ["redis", "database"] and len(words) == 3:
            database = self.database(words[2])
            if method == "GET":
                return described(database, hide="credentials=hide" in (query or ""))
            if method == "DELETE":
                database.connection().expect(b"FLUSHDB")
                self.account.databases.remove(database)
                return "OK"
        if words[:1] == ["redis"] and len(words) in (3, 4):
            return self.operate(method, words[1], self.database(words[2]), words[3:], query, value)
        raise Refused(404, "not found")

    def database(self, identity):
        database = self.account.find(identity)
        if database is None:
            raise Refused(404)
        return database

    def create(self, value):
        name = value.get("database_name") or value.get("name")
        if not name or not value.get("primary_region"):
            raise Refused(400, "database_name and primary_region are required")
        database = self.account.create(name)
        database.settings = value
        database.meter.read_regions = len(value.get("read_regions") or [])
        return described(database)

    def operate(self, method, verb, database, rest, query, value):
        match (method, verb):
            case ("POST", "rename"):
                database.name = value["name"]
                return described(database)
            case ("POST", "reset-password"):
                database.new_password()
                return described(database)
            case ("GET", "stats"):
                return statistics(database)
            case ("GET", "list-backup"):
                return [backup.look() for backup in database.backups]
            case ("POST", "create-backup"):
                if not value.get("name"):
                    raise Refused(400, "name is required")
                database.backups.append(Backup(database, value["name"], self.looks))
                return "OK"
            case ("POST", "restore-backup"):
                self.backup(value.get("backup_id")).restore(database)
                return "OK"
            case ("DELETE", "delete-backup"):
                backup = self.backup(rest[0] if rest else "", ("completed", "failed"))
                backup.database.backups.remove(backup)
                return "OK"
            case ("PATCH" | "POST", "enable-dailybackup"):
                database.daily_backup = True
                return "OK"
            case ("PATCH" | "POST", "disable-dailybackup"):
                database.daily_backup = False
                return "OK"
            case ("POST", "update-regions"):
                database.settings["read_regions"] = value.get("read_regions", [])
                database.meter.read_regions = len(database.settings["read_regions"])
                return "OK"
            case ("POST", "enable-eviction" | "disable-eviction" | "enable-autoupgrade" | "disable-autoupgrade"):
                return "OK"
            case ("POST", "enable-tls"):
                return described(database)
            case ("PATCH", "update-budget"):
                database.settings["budget"] = value.get("budget")
                return "OK"
        raise Refused(405)

    def backup(self, identity, states=("completed",)):
        # Any backup of the account will do, whichever database it is of.
        for database in self.account.databases:
            for backup in database.backups:
                if backup.id == identity:
                    if backup.state not in states:
                        raise Refused(400, "backup is not completed")
                    return backup
        raise Refused(404, "backup not found")


def described(database, hide=False):
    limits, settings = database.limits, database.settings
    text = {
        "database_id": database.id,
        "database_name": database.name,
        "region": "global",
        "port": database.account.port,
        "creation_time": database.created,
        "state": database.state,
        "endpoint": f"{database.slug}.localhost:{database.account.port}",
        "tls": True,
        "type": "free",
        "budget": settings.get("budget", 20),
        "primary_region": settings.get("primary_region", "us-east-1"),
        "read_regions": settings.get("read_regions", []),
        "db_max_clients": 1000,
        "db_max_request_size": limits["request_size"],
        "db_disk_threshold": limits["storage"],
        "db_max_entry_size": limits["record_size"],
        "db_max_commands_per_second": 10000,
        "db_request_limit": limits["requests"],
        "db_acl_enabled": "false",
        "eviction": False,
        "consistent": True,
        "modifying_state": "",
        "customer_id": database.account.email,
        "user_email": database.account.email,
        "daily_backup_enabled": database.daily_backup,
        "prometheus_enabled": "false",
        "prod_pack_enabled": False,
    }
    if not hide:
        text["password"] = database.password
        text["rest_token"] = database.rest_token
        text["read_only_rest_token"] = database.read_only_token
    return text


def statistics(database):
    now, meter = database.account.now(), database.meter
    days = [now - 86400 * back for back in range(4, -1, -1)]
    stamps = [time.strftime("%Y-%m-%d %H:%M:%S.000000000 +0000 UTC", time.gmtime(day)) for day in days]

    def series(last):
        return [{"x": stamp, "y": last if index == 4 else 0} for index, stamp in enumerate(stamps)]

    keys = database.connection().expect(b"DBSIZE")
    return {
        "keyspace": series(keys),
        "throughput": series(0),
        "dailyrequests": series(meter.billed),
        "bandwidths": series(0),
        "days": [time.strftime("%A", time.gmtime(day)) for day in days],
        "daily_net_commands": meter.billed,
        "daily_read_requests": meter.reads,
        "daily_write_requests": meter.writes,
        "total_monthly_requests": meter.billed,
        "total_monthly_read_requests": meter.reads,
        "total_monthly_write_requests": meter.writes,
        "total_monthly_bandwidth": 0,
        "current_storage": 0,
        "total_monthly_billing": 0,
    }
