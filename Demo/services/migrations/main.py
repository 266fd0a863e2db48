"""The migration service: brings one database to the schema of this release, and ends.

Each migration runs once, in a transaction of its own, together with its row in `schema_migrations`.
`migration_runs` is a log that can only grow: one row when the service starts, when it attempts, applies
or fails a migration, and when it ends. What ran, how often and where is proven by it.
"""

import hashlib
import os
import pathlib
import select
import socket
import sys
import time
import uuid

import psycopg2
import psycopg2.extensions
import psycopg2.extras

import demo

DATABASE = os.environ["MIGRATIONS_DATABASE"]
LOCK = 20260119

BOOKKEEPING = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    version text PRIMARY KEY,
    name text NOT NULL,
    sha256 text NOT NULL,
    release text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    seconds double precision NOT NULL
);
CREATE TABLE IF NOT EXISTS migration_runs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    execution uuid NOT NULL,
    release text NOT NULL,
    container text NOT NULL,
    event text NOT NULL CHECK (event IN ('started', 'attempted', 'applied', 'failed', 'finished')),
    migration text,
    detail text,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE OR REPLACE FUNCTION migration_runs_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'migration_runs is a log: no % of what is written', TG_OP;
END $$;
CREATE OR REPLACE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON migration_runs
    FOR EACH STATEMENT EXECUTE FUNCTION migration_runs_only_grows();
"""


class Stopped(Exception):
    pass


stopping = demo.stop_event()


def wait(connection):
    """Waits for the server, but not longer than until the container is asked to stop."""
    while True:
        state = connection.poll()
        if state == psycopg2.extensions.POLL_OK:
            return
        reading, writing = [], []
        (reading if state == psycopg2.extensions.POLL_READ else writing).append(connection.fileno())
        select.select(reading, writing, [], 0.5)
        if stopping.is_set():
            # The driver closes the connection when this is raised; the server rolls back.
            raise Stopped


def server_is_up(seconds):
    """Waits for a server that is still starting, at most `seconds`."""
    end = time.monotonic() + seconds
    while True:
        try:
            demo.connect("migrations", os.environ["DB_NAME"]).close()
            return
        except psycopg2.OperationalError as error:
            if time.monotonic() > end:
                raise
            demo.log(f"waiting for the database: {error}".strip())
            if stopping.wait(1):
                raise Stopped from error


def create_database():
    """A database of its own is created by the service that migrates it."""
    with demo.cursor("migrations", os.environ["DB_NAME"]) as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
        if cursor.fetchone() is None:
            name = psycopg2.extensions.quote_ident(DATABASE, cursor)
            cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'")
            demo.log(f"created database {DATABASE}")


def migrations():
    for path in sorted(pathlib.Path(__file__).with_name("sql").glob("*.sql")):
        version, _, name = path.stem.partition("_")
        text = path.read_text(encoding="utf-8")
        yield version, name, text, hashlib.sha256(text.encode()).hexdigest()


class Run:
    def __init__(self, connection):
        self.connection = connection
        self.execution = str(uuid.uuid4())

    def record(self, event, migration=None, detail=None):
        with self.connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO migration_runs (execution, release, container, event, migration, detail)"
                " VALUES (%s, %s, %s, %s, %s, %s)",
                (self.execution, demo.VERSION, socket.gethostname(), event, migration, detail),
            )

    def applied(self):
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT version, sha256 FROM schema_migrations")
            return dict(cursor.fetchall())

    def apply(self, version, name, text, digest):
        label = f"{version}_{name}"
        demo.log(f"{DATABASE}: {label} …")
        self.record("attempted", label)
        started = time.monotonic()
        try:
            with self.connection.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute(text)
                seconds = time.monotonic() - started
                cursor.execute(
                    "INSERT INTO schema_migrations (version, name, sha256, release, seconds) VALUES (%s, %s, %s, %s, %s)",
                    (version, name, digest, demo.VERSION, seconds),
                )
                self.record("applied", label)
                cursor.execute("COMMIT")
        except psycopg2.Error as error:
            if not self.connection.closed:
                with self.connection.cursor() as cursor:
                    cursor.execute("ROLLBACK")
                self.record("failed", label, f"{error.pgcode}: {error}".strip())
            demo.log(f"{DATABASE}: {label} failed, SQLSTATE {error.pgcode}: {error}".strip())
            return False
        demo.log(f"{DATABASE}: {label} done in {seconds:.1f} s")
        return True


def main():
    psycopg2.extensions.set_wait_callback(wait)
    server_is_up(60)
    create_database()
    connection = demo.connect("migrations", DATABASE)
    with connection.cursor() as cursor:
        # Two migration services at once would be one too many; the second waits, and finds everything done.
        cursor.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        cursor.execute(BOOKKEEPING)
    run = Run(connection)
    known = {version: digest for version, _, _, digest in migrations()}
    applied = run.applied()
    run.record("started", detail=f"schema {max(applied, default='none')}")

    newer = sorted(set(applied) - set(known))
    altered = sorted(version for version in applied if known.get(version, applied[version]) != applied[version])
    for problem, versions in (("is newer than", newer), ("differs from", altered)):
        if versions:
            message = f"{DATABASE}: its schema {problem} release {demo.VERSION}: {', '.join(versions)}"
            demo.log(message)
            run.record("failed", detail=message)
            return 3

    for version, name, text, digest in migrations():
        if version not in applied and not run.apply(version, name, text, digest):
            return 1
    run.record("finished", detail=f"schema {max(known)}")
    demo.log(f"{DATABASE}: schema {max(known)}, release {demo.VERSION}")
    return 0


try:
    sys.exit(main())
except Stopped:
    demo.log(f"{DATABASE}: stopped; the migration that was underway has been rolled back")
    sys.exit(143)
except psycopg2.OperationalError as failure:
    demo.log(f"{DATABASE}: {failure}".strip())
    sys.exit(2)
