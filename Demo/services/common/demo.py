"""What the demo's services share: the release they belong to, the database, a small HTTP server."""

import json
import os
import signal
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

with open(os.path.join(os.path.dirname(__file__), "release.json"), encoding="utf-8") as file:
    RELEASE = json.load(file)
VERSION = RELEASE["version"]


def log(message):
    print(message, file=sys.stderr, flush=True)


def stop_event():
    """An event that is set when the container is asked to stop."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    return stopping


def connect(purpose, database=None):
    """A connection to the installation's database server, in autocommit mode."""
    import psycopg2

    connection = psycopg2.connect(
        host=os.environ["DB_HOST"],
        port=os.environ["DB_PORT"],
        dbname=database or os.environ["DB_NAME"],
        user=os.environ["DB_USER"],
        password=os.environ["DB_PASSWORD"],
        application_name=f"{purpose} {VERSION}",
        connect_timeout=5,
        # A server process notices within seconds that its client was killed, also while it waits for a lock.
        options="-c client_connection_check_interval=2s",
        keepalives_idle=10,
        keepalives_interval=5,
        keepalives_count=3,
    )
    connection.autocommit = True
    return connection


@contextmanager
def cursor(purpose, database=None):
    connection = connect(purpose, database)
    try:
        with connection.cursor() as result:
            yield result
    finally:
        connection.close()


def rows(purpose, query, parameters=None, database=None):
    """The rows of a query, as a list of dictionaries."""
    with cursor(purpose, database) as reader:
        reader.execute(query, parameters)
        names = [column.name for column in reader.description]
        return [dict(zip(names, row)) for row in reader.fetchall()]


def schema(purpose, database=None):
    """The newest migration that the database has seen, or None before the first."""
    found = rows(purpose, "SELECT max(version) AS version FROM schema_migrations", database=database)
    return found[0]["version"]


def health(purpose, database=None):
    """Status and body of a health answer: well only on exactly the schema that this release was made for."""
    needed = RELEASE["schema"]
    answer = {"status": "ok", "version": VERSION, "schema": None}
    try:
        answer["schema"] = schema(purpose, database)
    except Exception as error:
        return 503, {**answer, "status": "failing", "reason": f"database: {error}".strip()}
    if answer["schema"] != needed:
        reason = f"release {VERSION} needs schema {needed}, the database has {answer['schema']}"
        return 503, {**answer, "status": "failing", "reason": reason}
    return 200, answer


def serve(routes, port=8080):
    """Serves HTTP until the container is asked to stop. `routes` maps a path's beginning to a function
    of the handler that returns (status, body); a body that is no bytes is sent as JSON."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            beginnings = [beginning for beginning in routes if self.path.startswith(beginning)]
            try:
                if beginnings:
                    status, body = routes[max(beginnings, key=len)](self)
                else:
                    status, body = 404, {"error": "not found"}
            except Exception as error:
                log(f"{self.command} {self.path}: {error}".strip())
                status, body = 500, {"error": str(error).strip()}
            kind = "text/plain"
            if not isinstance(body, bytes):
                kind, body = "application/json", json.dumps(body, default=str).encode() + b"\n"
            elif body[:1] in (b"{", b"["):
                kind = "application/json"
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer

        def log_message(self, form, *arguments):
            # Health is asked every few seconds; only other requests are worth a line.
            if not self.path.endswith("/health"):
                log(f"{self.command} {self.path} {arguments[1] if len(arguments) > 1 else ''}")

    stopping = stop_event()
    server = ThreadingHTTPServer(("0.0.0.0", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    log(f"{RELEASE['service']} {VERSION} listens on {port}")
    stopping.wait()
    server.shutdown()
