"""The worker: writes an event several times per second, as long as it runs."""

import os
import pathlib

import psycopg2

import demo
import queries

# The health check looks at how old this file is.
HEARTBEAT = pathlib.Path("/tmp/heartbeat")
INTERVAL = int(os.environ.get("WORKER_INTERVAL_MS", "200")) / 1000

stopping = demo.stop_event()
connection = None
written = 0
demo.log(f"worker {demo.VERSION} writes an event every {INTERVAL} s")
while not stopping.wait(INTERVAL):
    try:
        connection = connection or demo.connect("worker")
        with connection.cursor() as cursor:
            cursor.execute(queries.INSERT_EVENT, {"number": written, "release": demo.VERSION})
        written += 1
        HEARTBEAT.touch()
    except psycopg2.Error as error:
        demo.log(f"event {written}: {error}".strip())
        if connection is not None:
            connection.close()
            connection = None
demo.log(f"worker stops after {written} events")
