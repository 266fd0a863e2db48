"""A real installation of the demo product, with Pawl set up for it and its Admin Console served over TLS.

Everything that is started here is stopped here, and nothing is left of it.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
import urllib.request
import uuid

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
PAWL = os.environ.get("PAWL", str(REPOSITORY / ".build/debug/pawl"))
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "pawl"
# Where the demo's releases are built once, also for the scenarios.
RELEASES = CACHE / "demo-releases"

FIRST, REQUIRED, NEWEST = "2026.1.19", "2026.4.13", "2026.11.9"
# Releases made for tests: the second migration of the one fails, the other corrects it.
FAILING, FIXED = "2026.11.16", "2026.11.20"


def run(*command, bound=120, **more):
    """What a program answers; a failure with all that it said where it fails."""
    done = subprocess.run(
        [str(word) for word in command], cwd=REPOSITORY, capture_output=True, text=True, timeout=bound, **more
    )
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


class Installation:
    def __init__(self):
        self.project = f"pawl-journey-{uuid.uuid4().hex[:8]}"
        # Not below a home folder: PostgreSQL's tools run as another user than root and must get here.
        self.root = pathlib.Path("/var/tmp") / self.project
        self.folder, self.data = self.root / "installation", self.root / "data"
        self.environment = {**os.environ, "PAWL_CONFIG": f"{self.root}/pawl.yaml", "PAWL_DATA_DIR": str(self.data)}
        self.console, self.address, self.said = None, None, []

    def install(self):
        run("Demo/build", "--output", RELEASES, "--all", bound=900)
        self.root.mkdir(mode=0o755)
        place = ["--project", self.project, "--directory", self.folder]
        run("Demo/install", *place, "--releases", RELEASES, "--version", FIRST, bound=240)
        run("Demo/fill", *place, "--rows", "500")
        self.pawl(
            "init", "--product", REPOSITORY / "Demo/product.yaml", *place, "--source", f"file://{RELEASES}/test",
            "--backups", self.root / "backups", "--keep", "1",
        )
        self.serve()

    def remove(self):
        self.stop()
        # A run outlives whoever has started it; what is removed here must not be in use by one.
        until(lambda: not self.programs(), 240, "the end of every run", demand=False)
        for program in self.programs():
            os.kill(program, signal.SIGKILL)
        run("Demo/remove", "--project", self.project)
        shutil.rmtree(self.root, ignore_errors=True)

    def programs(self):
        """The processes that have to do with this installation."""
        found = []
        for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if os.fsencode(self.root) in entry.read_bytes():
                    found.append(int(entry.parent.name))
            except OSError:
                continue
        return found

    # The console

    def serve(self):
        """Serves the console; another time under the same address."""
        port = self.address.rpartition(":")[2] if self.address else "0"
        self.console = subprocess.Popen(
            [PAWL, "console", "serve", "--port", port],
            env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        listens = threading.Event()

        def listen(lines):
            for line in lines:
                self.said.append(line)
                if found := re.search(r"listens on (https://127\.0\.0\.1:\d+)/", line):
                    self.address = found[1]
                    listens.set()

        threading.Thread(target=listen, args=[self.console.stdout], daemon=True).start()
        assert listens.wait(30), "the console does not listen:\n" + "".join(self.said)

    def stop(self):
        """Stops the console as a service manager does; returns the seconds that it took."""
        if not self.console or self.console.poll() is not None:
            return 0
        began = time.monotonic()
        self.console.send_signal(signal.SIGTERM)
        try:
            self.console.wait(10)
        except subprocess.TimeoutExpired:
            self.console.kill()
            self.console.wait()
        return time.monotonic() - began

    def age_password(self, account):
        """Makes it eleven minutes since the account entered its password in its newest session."""
        store = sqlite3.connect(self.data / "pawl.sqlite", timeout=10)
        with store:
            changed = store.execute(
                "UPDATE session SET confirmedAt = confirmedAt - 660000000 WHERE id ="
                " (SELECT id FROM session WHERE account = ? ORDER BY createdAt DESC LIMIT 1)", [account],
            )
        store.close()
        assert changed.rowcount == 1

    # Beside the console

    def pawl(self, *words):
        return run(PAWL, *words, env=self.environment)

    def json(self, *words):
        return json.loads(self.pawl(*words, "-o", "json"))

    def begin(self, *words):
        """A command that goes on beside the test."""
        return subprocess.Popen(
            [PAWL, *words], env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
        )

    def container(self, service):
        labels = {"project": self.project, "service": service}
        return run("docker", "ps", "-q", *(f"--filter=label=com.docker.compose.{name}={value}" for name, value in labels.items())).strip()

    def psql(self, sql):
        """Rows as lines, columns separated by `|`, by plain psql."""
        return run(
            "docker", "exec", "--user", "postgres", self.container("database"), "psql", "-XqAt", "-v", "ON_ERROR_STOP=1",
            "-d", "demo", "-c", sql,
        ).strip()

    def rows(self):
        """A hash of every table, without what differs by nature."""
        return run("Demo/digest", "--project", self.project)

    def variable(self, name):
        return re.search(f"^{name}=(.+)$", (self.folder / "customer.env").read_text(), re.MULTILINE)[1]

    def health(self):
        """What the application itself says, and the release that it says it is."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.variable('ROUTER_PORT')}/health", timeout=10) as answer:
            return json.load(answer)

    def told(self):
        """What is known of it where a test fails."""
        def answer(*command):
            done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60)
            return done.stdout + done.stderr

        yield "the console's log", "".join(self.said)
        yield "the newest run", answer(PAWL, "details")
        yield "containers", answer("docker", "ps", "-a", "--filter", f"label=com.docker.compose.project={self.project}")


def until(ask, seconds, what, demand=True):
    """Asks until the answer is yes, within a bound; returns the last answer."""
    end = time.monotonic() + seconds
    while not (answer := ask()) and time.monotonic() < end:
        time.sleep(0.1)
    assert answer or not demand, f"{what} did not come within {seconds} s"
    return answer
