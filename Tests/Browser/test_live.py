"""What is live: steps, log and banner; nothing moves, nothing is lost."""

import pytest
from conftest import AWAY, is_whole, lines, run_of

# Shifts that nobody has caused by a key or a click.
WATCH = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts.push({value: entry.value, at: entry.startTime,
    what: entry.sources.map((s) => `${s.node?.outerHTML?.slice(0, 100) ?? s.node?.data} from ${JSON.stringify(s.previousRect)} to ${JSON.stringify(s.currentRect)}`)});
}).observe({type: "layout-shift", buffered: true});
"""


def test_a_run_is_shown_live_and_nothing_moves(own_stage, visit):
    stage = own_stage("running", 0.03)
    page = visit(stage)
    page.add_init_script(WATCH)
    page.get_by_role("link", name="Details").click()
    page.wait_for_url("**/runs/*")
    page.get_by_text("How it ended").wait_for(timeout=60_000)
    assert page.locator(".steps .done").count() == 14
    assert is_whole(lines(page))
    distance, what = moved(page)
    assert distance < 0.005, what


def moved(page):
    """How much moved, and what."""
    shifts = page.evaluate("window.shifts")
    words = [f"{shift['value']:.4f} at {shift['at']:.0f}: {shift['what']}" for shift in shifts]
    return sum(shift["value"] for shift in shifts), "\n".join(words)


@pytest.mark.parametrize("width", [1280, 320])
def test_nothing_moves_while_checks_run(own_stage, visit, width):
    page = visit(own_stage("warnings"), "operator", width=width)
    page.add_init_script(WATCH)
    page.goto("/upgrade")
    page.get_by_text("Looking at").wait_for()
    page.get_by_text("Warnings: not in the way").wait_for()
    page.get_by_text("keep the upgrade from starting").wait_for(timeout=60_000)
    page.get_by_role("button", name="Run again").wait_for()
    distance, what = moved(page)
    assert distance < 0.005, what


def test_a_group_of_findings_that_the_reader_has_closed_stays_closed(own_stage, visit):
    page = visit(own_stage("warnings"), "operator", "/upgrade")
    page.get_by_text("Warnings: not in the way").click()
    group = page.locator("details", has=page.get_by_text("Warnings: not in the way"))
    assert group.get_attribute("open") is None
    # One more comes before it, with more of what it has.
    failed = page.locator("details", has=page.get_by_text("Failed: in the way"))
    failed.wait_for(timeout=60_000)
    page.get_by_text("keep the upgrade from starting").wait_for(timeout=60_000)
    assert group.get_attribute("open") is None
    assert failed.get_attribute("open") is not None
    assert page.locator("[role=status]:visible").count() == 1


# As whoever comes back to a tab has it asked again.
AGAIN = "document.dispatchEvent(new Event('visibilitychange'))"


# What the console's own answers say, and those of whoever stands before it do not.
OURS = {"content-security-policy": "default-src 'self'"}


def answer_fetches(page, status, headers=None):
    """Whatever the script asks for is answered with a status; what a browser asks for by itself is not."""
    page.route(
        "**/*",
        lambda route: route.fulfill(status=status, headers=headers)
        if route.request.resource_type == "fetch"
        else route.continue_(),
    )


@pytest.mark.parametrize("path", ["/", "/upgrade"])
def test_a_console_that_answers_with_errors_is_told_of_until_it_does_not(own_stage, visit, path):
    page = visit(own_stage("calm"), path=path, forgive=["503", "500", "429", "404"])
    banner = page.get_by_text("The connection to the console is lost.")
    if path == "/upgrade":
        # From here on the page asks for nothing by itself.
        page.get_by_label("to confirm").wait_for()
    # 404 is what a proxy says while there is no console behind it: the page stays, and is not loaded in its place.
    for status in [503, 429, 500, 404]:
        answer_fetches(page, status)
        page.evaluate(AGAIN)
        banner.wait_for()
        page.unroute("**/*")
        # As it says, it is tried again by itself.
        banner.wait_for(state="hidden")


def test_a_page_that_is_refused_is_loaded_once_and_says_why(own_stage, visit):
    page = visit(own_stage("calm"), forgive=["403"])
    loads = []
    page.on("request", lambda request: loads.append(request.url) if request.is_navigation_request() else None)
    banner = page.get_by_text("The connection to the console is lost.")
    answer_fetches(page, 403, OURS)
    page.evaluate(AGAIN)
    # It came as it was, and is refused again: that is no reason to load it without end.
    banner.wait_for()
    with page.expect_response(lambda response: response.request.resource_type == "fetch"):
        pass
    assert len(loads) == 1
    page.unroute("**/*")
    banner.wait_for(state="hidden")
    assert len(loads) == 1
    kinds = ["fetch", "document"]
    page.route(
        "**/*",
        lambda route: route.fulfill(
            status=403, headers=OURS | {"content-type": "text/html"}, body="<h1>You may not do this</h1>"
        )
        if route.request.resource_type in kinds
        else route.continue_(),
    )
    page.evaluate(AGAIN)
    page.get_by_role("heading", name="You may not do this").wait_for()
    assert len(loads) == 2


def test_nothing_is_lost_over_a_reload_and_a_restart_of_the_console(own_stage, visit):
    stage = own_stage("running", 0.06)
    page = visit(stage, forgive=AWAY)
    page.get_by_role("link", name="Details").click()
    page.wait_for_url("**/runs/*")
    before = lines(page)
    page.reload()
    assert set(before) <= set(lines(page))
    stage.stop()
    banner = page.get_by_text("The connection to the console is lost.")
    banner.wait_for()
    stage.start()
    banner.wait_for(state="hidden", timeout=20_000)
    page.get_by_text("How it ended").wait_for(timeout=60_000)
    assert is_whole(lines(page))


def test_two_operators_see_the_same_run(own_stage, visit):
    stage = own_stage("calm", 0.02)
    first = visit(stage, "operator", "/upgrade")
    second = visit(stage, "second", "/upgrade", forgive=["409"])
    for page in (first, second):
        page.get_by_label("to confirm").wait_for()
        version = page.get_by_role("heading", level=1).inner_text().removeprefix("Upgrade to ")
        page.get_by_label("to confirm").fill(version)
    first.get_by_role("button", name="Deploy").click()
    first.wait_for_url("**/runs/*")
    second.get_by_role("button", name="Deploy").click()
    second.get_by_role("heading", name="Not possible now").wait_for()
    assert second.get_by_text("operator in the console has started it").is_visible()
    second.goto(first.url)
    for page in (first, second):
        page.get_by_text("How it ended").wait_for(timeout=60_000)
    assert lines(first) == lines(second)


def test_the_dashboard_hears_of_a_run_that_somebody_else_starts(own_stage, visit):
    stage = own_stage("calm", 0.3)
    watching = visit(stage, "viewer")
    page = visit(stage, "operator", "/upgrade")
    page.get_by_label("to confirm").wait_for()
    page.get_by_label("to confirm").fill(page.get_by_role("heading", level=1).inner_text().removeprefix("Upgrade to "))
    page.get_by_role("button", name="Deploy").click()
    watching.get_by_text("A run is underway").wait_for()


# Without a window every page counts as seen; this one does as it is told.
SEEN = """
Object.defineProperty(document, "hidden", {configurable: true, get: () => window.isHidden === true});
"""


def see(page, seen):
    page.evaluate("(seen) => { window.isHidden = !seen; document.dispatchEvent(new Event('visibilitychange')); }", seen)


def test_tabs_that_nobody_sees_leave_their_connections_to_the_others(own_stage, visit):
    stage = own_stage("running", 0.1)
    first = run_of(stage, visit)
    context = first.context
    context.add_init_script(SEEN)
    first.reload()
    # One more than the connections that a browser keeps to one place.
    tabs = [first]
    for _ in range(6):
        see(tabs[-1], False)
        tab = context.new_page()
        tab.goto(first.url, timeout=20_000)
        tabs.append(tab)
    tabs[-1].get_by_text("How it ended").wait_for(timeout=60_000)
    assert first.get_by_text("How it ended").count() == 0
    see(first, True)
    first.get_by_text("How it ended").wait_for(timeout=20_000)
    assert is_whole(lines(first))


def test_the_log_is_searched_and_followed(stages, visit):
    page = run_of(stages("calm"), visit)
    page.get_by_label("Search").fill("back up")
    assert 0 < page.locator("[data-log] li:visible").count() < len(lines(page))
    assert "lines" in page.locator("[data-found]").inner_text()
    page.get_by_label("Search").fill("")
    assert page.evaluate("(() => { const l = document.querySelector('[data-log]'); return l.scrollHeight - l.scrollTop - l.clientHeight < 2 })()")


def test_a_failure_offers_what_is_safe_and_a_retry_goes_on(own_stage, visit):
    stage = own_stage("failed", 0.01)
    page = run_of(stage, visit, name="operator")
    assert page.get_by_text("It needs your decision").is_visible()
    assert page.get_by_text("No space left on device").first.is_visible()
    assert page.get_by_role("button", name="Abort").count() == 0
    assert page.get_by_role("link", name="Restore …").is_visible()
    page.get_by_role("button", name="Retry", exact=True).click()
    page.get_by_text("How it ended").wait_for(timeout=60_000)
    assert page.get_by_text("Succeeded").first.is_visible()


def test_a_session_that_has_ended_leads_to_the_sign_in_page(own_stage, visit):
    page = visit(own_stage("calm"), "operator", forgive=["401"])
    other = page.context.new_page()
    other.goto("/history")
    other.get_by_role("button", name="Sign out").click()
    other.wait_for_url("**/sign-in")
    page.wait_for_url("**/sign-in", timeout=20_000)


def test_an_answer_to_a_form_stays_what_it_is_when_it_is_drawn_anew(own_stage, visit):
    stage = own_stage("calm")
    page = visit(stage, "operator", "/upgrade", forgive=["422"])
    newest = page.get_by_role("heading", level=1).inner_text().removeprefix("Upgrade to ")
    rows = page.request.get("/api/v1/releases").json()["releases"]
    older = next(row["version"] for row in rows if row["reachable"] and row["version"] != newest)
    page.goto(f"/upgrade?to={older}")
    page.get_by_label(f"Type {older} to confirm").fill("2020.1.1")
    # Somebody has the checks run again, so that the answer has something to wait for.
    other = page.context.new_page()
    other.goto(f"/upgrade?to={older}")
    other.get_by_role("button", name="Run again").click()
    page.get_by_role("button", name="Deploy").click()
    page.get_by_text("The checks are running").wait_for()
    page.get_by_label(f"Type {older} to confirm").wait_for()
    assert page.get_by_role("heading", level=1).inner_text() == f"Upgrade to {older}"
    assert page.get_by_role("alert").is_visible()
