"""HTTP/1.1 with kept connections around all of it."""

import json
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import commands
import control
import resp
import rest_plane
import rest_parsing
import streams
from databases import Account
from faults import TEXTS
from management import Management


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, redis_socket, certificate=None, key=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.account = Account(redis_socket, self.server_port)
        self.management = Management(self.account)
        self.gate = threading.RLock()
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request, client_address):
        # A client that leaves is no news.
        pass


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "stand-in"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, format, *arguments):
        pass

    def do(self):
        length = self.headers.get("Content-Length")
        body = self.rfile.read(int(length)) if length else b""
        path, _, query = self.path.partition("?")
        if path.startswith("/-/"):
            return self.send_json(200, self.controlled(body))
        if path.startswith("/v2/"):
            with self.server.gate:
                status, value, headers = self.server.management.handle(self.command, path, query, self.headers, body)
            return self.send_json(status, value, headers)
        database = self.server.account.at(self.headers.get("Host"))
        stream = streams.wanted(path, self.headers)
        if stream is not None:
            return self.stream(database, query, *stream)
        with self.server.gate:
            answer = self.answered(database, path, query, body)
            database.log.append(
                {
                    "method": self.command,
                    "path": path[:200],
                    "query": query[:200],
                    "status": answer.status,
                    "connection": self.client_address[1],
                    "sync": self.headers.get("Upstash-Sync-Token"),
                    "token": answer.headers.get("Upstash-Sync-Token"),
                }
            )
        self.reply(answer)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do

    def answered(self, database, path, query, body):
        try:
            return rest_plane.handle(database, self.command, path, query, self.headers, body)
        except (OSError, ConnectionError, resp.RedisError):
            database.forget_connections()
            return rest_plane.Answer(503, b"upstream connect error", "text/plain")

    def reply(self, answer):
        if answer.after == "drop":
            self.close_connection = True
            return
        if answer.after not in (None, "truncate"):
            while answer.after in self.server.account.at(self.headers.get("Host")).faults.list:
                time.sleep(0.005)
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 405:
            self.send_header("Content-Type", answer.content)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if answer.after == "truncate":
            self.wfile.write(answer.body[: len(answer.body) // 2])
            self.close_connection = True
        elif self.command != "HEAD":
            self.wfile.write(answer.body)

    def send_json(self, status, value, headers=None):
        if status == 0:
            return self.reply(rest_plane.Answer(200, after="drop"))
        if isinstance(value, bytes):
            return self.reply(rest_plane.Answer(status, value, "text/html", headers))
        self.reply(rest_plane.Answer(status, json.dumps(value).encode(), "application/json", headers))

    def controlled(self, body):
        with self.server.gate:
            return control.control(self.server.account, self.server.management, json.loads(body or b"{}"))

    def stream(self, database, query, word, channels):
        given, _ = rest_parsing.query(query)
        if database.reader(rest_plane.token_of(self.headers, given)) is None:
            return self.send_json(401, {"error": TEXTS["token"]})
        if database.variants.get("no-streams"):
            return self.send_json(400, {"error": commands.refusal([word], False).text})
        connection = resp.Connection(self.server.account.socket)
        connection.send([[word, *rest_parsing.from_path(channels, [], b"")]])
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            for frame in streams.frames(connection):
                self.wfile.write(frame + b"\n\n")
                self.wfile.flush()
        except (OSError, ConnectionError):
            pass
        finally:
            connection.close()
