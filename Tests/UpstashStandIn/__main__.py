"""A stand-in for Upstash, for tests: python3 UpstashStandIn --redis SOCKET --ready FILE [--certificate F --key F]

Speaks Upstash's REST and management API on a free port of the loopback, in front of a redis-server. Says where it is,
as JSON, in the file of --ready, which appears at once whole.
"""

import argparse
import json
import os

from control import state
from http_server import Server


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--redis", required=True)
    parser.add_argument("--ready", required=True)
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    options = parser.parse_args()
    server = Server(options.redis, options.certificate, options.key)
    facts = state(server.account, server.management, server.account.databases[0])
    facts["port"] = server.server_port
    with open(options.ready + ".new", "w", encoding="utf-8") as file:
        json.dump(facts, file)
    os.rename(options.ready + ".new", options.ready)
    server.serve_forever()


main()
