"""Backups: whole copies of a database, finished some looks after they were asked for."""

import secrets
import uuid


class Backup:
    """One backup, with what it holds."""

    def __init__(self, database, name, looks):
        self.id = str(uuid.uuid4())
        self.database = database
        self.name = name
        self.created = database.account.now()
        self.daily = False
        # How often it is listed as pending before it is completed.
        self.looks = looks
        self.failed = bool(database.variants.get("backups-fail"))
        self.tag = secrets.token_hex(8)
        connection = database.connection()
        self.content = []
        for key in connection.expect(b"KEYS", b"*"):
            value, left = connection.pipeline([[b"DUMP", key], [b"PTTL", key]])
            if value is not None:
                self.content.append((key, max(left, 0), value))

    @property
    def state(self):
        if self.looks > 0:
            return "pending"
        return "failed" if self.failed else "completed"

    def look(self):
        text = self.described()
        self.looks = max(0, self.looks - 1)
        return text

    def described(self):
        done = self.state == "completed"
        return {
            "database_id": self.database.id,
            "customer_id": self.database.account.email,
            "name": self.name,
            "backup_id": self.id,
            "creation_time": self.created,
            "state": self.state,
            "backup_size": sum(len(key) + len(value) for key, _, value in self.content) if done else 0,
            "daily_backup": "true" if self.daily else "false",
            "hourly_backup": "false",
            "internal_backup_tag": self.tag,
        }

    def restore(self, database):
        """Wipes a database and puts this in its place."""
        connection = database.connection()
        connection.expect(b"FLUSHDB")
        for key, left, value in self.content:
            connection.expect(b"RESTORE", key, b"%d" % left, value)
        database.position += 1
