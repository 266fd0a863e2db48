"""The Admin Console in Debian's Chromium, over a simulated installation (Tests/ConsoleStage) or, in `journey`, a real one.

Everything that is started here is stopped here.
"""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

import axe_playwright_python
import pytest
from playwright.sync_api import sync_playwright

PASSWORD = "a pawl lets it turn one way"
STAGE = os.environ.get("STAGE", "../../.build/debug/ConsoleStage")
AXE = next(pathlib.Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text()
CHROMIUM = pathlib.Path(__file__).with_name("chromium")
WAIT = 15_000
# What Chromium says of a console that is away.
AWAY = ["ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET"]


class Stage:
    """A console of its own; started again it goes on over the same folder and the same port."""

    def __init__(self, scene, pace):
        self.scene, self.pace, self.port = scene, pace, 0
        self.folder = tempfile.mkdtemp(prefix="pawl-stage-")
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [STAGE, self.folder, self.scene, str(self.port), str(self.pace)], stdout=subprocess.PIPE, text=True
        )
        line = self.process.stdout.readline()
        assert line.startswith("ready "), f"the stage did not start: {line!r}"
        self.port = int(line.split()[1])

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process:
            self.process.stdout.close()

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def stages():
    """Consoles that tests only look at, one for each scene."""
    made = {}

    def stage(scene, pace=1.0):
        if (scene, pace) not in made:
            made[scene, pace] = Stage(scene, pace)
        return made[scene, pace]

    yield stage
    for stage in made.values():
        stage.remove()


@pytest.fixture
def own_stage():
    """Makes consoles that the test may change."""
    made = []

    def stage(scene, pace=1.0):
        made.append(Stage(scene, pace))
        return made[-1]

    yield stage
    for stage in made:
        stage.remove()


@pytest.fixture
def browse(chromium):
    """Opens pages of a console; one fails the test where it asks elsewhere, or says an error."""
    contexts, faults = [], []

    def enter(stage, script=True, theme="light", width=1280, forgive=()):
        context = chromium.new_context(
            base_url=stage.address,
            # A console has a certificate of its own.
            ignore_https_errors=True,
            color_scheme=theme,
            java_script_enabled=script,
            timezone_id="Asia/Kolkata",
            viewport={"width": width, "height": 900},
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT)

        def said(message):
            if message.type == "error" and not any(re.search(word, message.text) for word in forgive):
                faults.append(f"{page.url}: {message.text}")

        page.on("console", said)
        page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
        page.on(
            "request",
            lambda request: request.url.startswith(stage.address + "/")
            or faults.append(f"a request to elsewhere: {request.url}"),
        )
        return page

    enter.told = lambda: [
        (page.url, page.locator("body").inner_text()) for context in contexts for page in context.pages
    ]
    yield enter
    for context in contexts:
        context.close()
    assert not faults, "\n".join(faults)


@pytest.fixture
def visit(browse):
    """Opens pages as somebody who has signed in."""

    def enter(stage, name="admin", path="/", **looks):
        page = browse(stage, **looks)
        key = (stage.address, stage.folder, name)
        if key in SESSIONS:
            page.context.add_cookies(SESSIONS[key])
        else:
            sign_in(page, name)
            SESSIONS[key] = page.context.cookies()
        if path != page.url.removeprefix(stage.address):
            page.goto(path)
        return page

    return enter


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure is told with what the pages showed, and what is known of whatever else can tell."""
    report = yield
    if report.failed and call.when == "call":
        for name, value in item.funcargs.items():
            for title, text in value.told() if hasattr(value, "told") else []:
                report.sections.append((f"{name}: {title}", text))
    return report


def sign_in(page, name, password=PASSWORD):
    page.goto("/sign-in")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda address: not address.endswith("/sign-in"))


SESSIONS = {}


RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def axe(page, only=None):
    """What axe-core finds on a page, in words; by one rule where it is named."""
    page.evaluate(AXE)
    wanted = {"type": "rule", "values": [only]} if only else {"type": "tag", "values": RULES}
    found = page.evaluate("(wanted) => axe.run(document, {runOnly: wanted, resultTypes: ['violations']})", wanted)
    return [
        f"{page.url} {finding['id']}: {finding['help']}: {node['html'][:160]} {node['failureSummary'][:300]}"
        for finding in found["violations"]
        for node in finding["nodes"]
    ]


def is_narrow_enough(page):
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def run_of(stage, visit, **more):
    """A page on the newest run."""
    page = visit(stage, path="/history", **more)
    page.goto(page.locator("main table a").first.get_attribute("href"))
    return page


def lines(page):
    """The numbers of the events in a run's log."""
    return page.locator("[data-log] li").evaluate_all("(all) => all.map((line) => Number(line.dataset.id))")


def is_whole(ids):
    return ids == list(range(ids[0], ids[0] + len(ids)))
