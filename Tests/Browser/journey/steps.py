"""What the chapters of the journey do again and again."""

import pytest
from conftest import axe, is_narrow_enough, is_whole, lines
from installation import until

# Milliseconds that a look and a run may take on a slow machine.
LOOK, RUN = 150_000, 240_000


def no_findings(page):
    """Holds where axe-core finds nothing, in either theme, and nothing is wider than a telephone."""
    found = axe(page)
    page.emulate_media(color_scheme="dark")
    found += axe(page, "color-contrast")
    page.emulate_media(color_scheme="light")
    wide = page.viewport_size
    page.set_viewport_size({"width": 320, "height": 900})
    if not is_narrow_enough(page):
        found.append(f"{page.url} is wider than 320 pixels")
    page.set_viewport_size(wide)
    return not found or pytest.fail("\n".join(found))


def ended(page, badge):
    """Waits, without touching the page, until the run has ended, and so."""
    page.get_by_text("How it ended").wait_for(timeout=RUN)
    page.locator("[data-live=now] .badge").get_by_text(badge, exact=True).wait_for()


def is_all_there(page, demo):
    """Whether the log on a page has every event of the newest run, once and in order."""
    events = demo.json("details")["events"]
    until(lambda: len(lines(page)) >= events, 10, "the last event")
    return len(lines(page)) == events and is_whole(lines(page))


def deploy(page, version):
    page.get_by_label(f"Type {version} to confirm").fill(version)
    press(page, "Deploy")


def ask(page, method, path, body=None):
    """Asks the API as a page of the console can; the status and the answer."""
    return page.evaluate(
        """async ([method, path, body]) => {
            const headers = {"X-CSRF-Token": document.querySelector(".person input[name=csrf]").value, "Content-Type": "application/json"};
            const answer = await fetch(path, {method, headers, body: method === "GET" ? undefined : JSON.stringify(body ?? {})});
            return [answer.status, await answer.json()];
        }""",
        [method, path, body],
    )


def press(page, button):
    """Presses a button that sends a form, and waits for the answer."""
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=True).click()


def run_of(page):
    page.wait_for_url("**/runs/*")
    return page.url.rpartition("/")[2]
