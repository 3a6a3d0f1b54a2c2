"""The billing meter: each command is one, each command inside a script too, some are free."""

from commands import FREE, POWERFUL_READS, READS, SCRIPTS, name


class Meter:
    """What one database was billed for."""

    def __init__(self):
        self.read_regions = 0
        self.bill_rejected = True
        self.reset()

    def reset(self):
        self.reads = 0
        self.writes = 0
        self.free = 0
        self.by_name = {}
        self.requests = 0

    @property
    def billed(self):
        # In a database with read regions each write counts once for every region.
        return self.reads + self.writes * (1 + self.read_regions)

    def count(self, word, times=1):
        if word in FREE:
            self.free += times
            return
        self.by_name[word] = self.by_name.get(word, 0) + times
        if word in READS or word in POWERFUL_READS or word in SCRIPTS:
            self.reads += times
        else:
            self.writes += times

    def refused(self, command):
        if self.bill_rejected:
            self.count(name(command))

    def measure(self, connection, command, run):
        """Runs a command and counts it; of a script what it called, as the server itself counts it."""
        if name(command) not in SCRIPTS:
            reply = run()
            self.count(name(command))
            return reply
        before = statistics(connection)
        reply = run()
        for word, calls in statistics(connection).items():
            times = calls - before.get(word, 0)
            if times > 0 and word != "INFO":
                self.count(word, times)
        return reply

    def state(self):
        return {
            "billed": self.billed,
            "reads": self.reads,
            "writes": self.writes,
            "free": self.free,
            "requests": self.requests,
            "commands": dict(sorted(self.by_name.items())),
        }


def statistics(connection):
    """How often each command was called, inside scripts and out."""
    calls = {}
    for line in connection.expect(b"INFO", b"commandstats").decode().split("\r\n"):
        if not line.startswith("cmdstat_"):
            continue
        word, _, facts = line[len("cmdstat_") :].partition(":")
        word = word.partition("|")[0].upper()
        count = int(facts.partition(",")[0].partition("=")[2])
        calls[word] = calls.get(word, 0) + count
    return calls
