"""The whole journey over a real installation, chapter after chapter: each goes on where the one before has ended."""

import signal

import pytest
from conftest import AWAY, PASSWORD, lines, sign_in
from installation import FAILING, FIRST, FIXED, NEWEST, REQUIRED, Installation, until
from steps import LOOK, RUN, ask, deploy, ended, is_all_there, no_findings, press, run_of


# What the admin gives to those who are new.
GIVEN = "somebody else has chosen this"


@pytest.fixture(scope="module")
def demo():
    # Who ends the tests wants everything taken away, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    made = Installation()
    try:
        made.install()
        yield made
    finally:
        made.remove()


@pytest.fixture
def enter(browse, demo):
    """Opens a page as somebody who has just signed in."""

    def enter(name, path="/", **looks):
        page = browse(demo, **looks)
        page.set_default_timeout(LOOK)
        sign_in(page, name)
        if path != "/":
            page.goto(path)
        return page

    return enter


def test_the_secret_on_the_machine_makes_the_first_account_and_that_makes_the_others(demo, browse):
    file = demo.data / "console-bootstrap"
    secret = file.read_text().strip()
    page = browse(demo, forgive=["422"])
    page.goto("/versions")
    assert page.url.endswith("/first-start"), "every page leads there until there is an account"
    assert no_findings(page)

    def claim(word):
        page.get_by_label("Secret").fill(word)
        page.get_by_label("Name").fill("admin")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_label("The same again").fill(PASSWORD)
        page.get_by_role("button", name="Make the account").click()

    claim("not the secret")
    page.get_by_role("alert").get_by_text("That is not the secret").wait_for()
    claim(secret)
    page.get_by_role("heading", name="Pawl Demo").wait_for()
    assert not file.exists(), "it works once"
    assert no_findings(page)
    page.get_by_role("button", name="Sign out").click()
    page.goto("/first-start")
    assert page.url.endswith("/sign-in")
    assert no_findings(page)
    sign_in(page, "admin")
    for name, role in [("operator", "operator"), ("second", "operator"), ("viewer", "viewer")]:
        page.goto("/settings/users")
        form = page.locator("form[action='/settings/users']")
        form.get_by_label("Name").fill(name)
        form.get_by_label("Role").select_option(role)
        form.get_by_label("Password").fill(GIVEN)
        form.get_by_role("button", name="Add").click()
        page.get_by_role("heading", name=name, exact=True).wait_for()
    assert no_findings(page)


def test_whoever_is_new_chooses_a_password_of_their_own_before_anything_else(demo, browse):
    for name in ["operator", "second", "viewer"]:
        page = browse(demo)
        sign_in(page, name, GIVEN)
        page.get_by_text("Somebody else has chosen your password").wait_for()
        assert no_findings(page)
        page.goto("/versions")
        assert page.url.endswith("/settings/password"), "everything else comes after that"
        page.get_by_label("Password so far").fill(GIVEN)
        page.get_by_label("New password").fill(PASSWORD)
        page.get_by_label("The same again").fill(PASSWORD)
        page.get_by_role("button", name="Change password").click()
        page.get_by_text("Your password is changed").wait_for()
        page.goto("/versions")
        assert page.url.endswith("/versions")


def test_two_hops_are_deployed_and_neither_a_reload_nor_a_restart_of_the_console_loses_anything(demo, enter):
    page = enter("operator", forgive=["422", *AWAY])
    page.get_by_role("button", name="Check for updates").click()
    page.get_by_text("New version available").wait_for()
    assert no_findings(page)

    page.get_by_role("navigation", name="Main").get_by_role("link", name="Versions").click()
    assert page.get_by_role("row", name=FIRST).get_by_text("Installed").is_visible()
    assert no_findings(page)
    page.get_by_role("link", name=NEWEST, exact=True).click()
    page.get_by_role("heading", name=NEWEST).wait_for()
    assert page.locator(".way .stop").all_inner_texts() == [FIRST, REQUIRED, NEWEST]
    assert page.get_by_text("Reports by month and channel").is_visible()
    assert no_findings(page)

    page.get_by_role("link", name=f"Upgrade to {NEWEST}").click()
    # Nobody reloads the page: the checks begin by themselves, and what they find comes by itself.
    page.get_by_text("The checks are running").wait_for()
    page.get_by_role("button", name="Run again").wait_for()
    assert page.locator("#found .finding.bad").count() == 0
    assert page.get_by_text("so no upgrade may skip this one").is_visible(), "the notes of every hop are there"
    page.get_by_text("The commands").click()
    assert "compose" in page.get_by_label("Commands").inner_text(), "what is going to be done is said"
    assert no_findings(page)
    page.get_by_label("to confirm").fill(FIRST)
    press(page, "Deploy")
    assert page.get_by_role("alert").get_by_text(f"Type {NEWEST} to confirm").is_visible()

    # The password was entered too long ago.
    demo.age_password("operator")
    deploy(page, NEWEST)
    page.get_by_role("heading", name="Confirm with your password").wait_for()
    assert no_findings(page)
    assert demo.json("history")["runs"] == [], "nothing was begun"
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Confirm")

    watching = enter("viewer", forgive=AWAY)
    deploy(page, NEWEST)
    run = run_of(page)
    watching.get_by_text("A run is underway").wait_for()
    assert no_findings(watching)
    told = enter("second", f"/upgrade?to={NEWEST}", forgive=["409", *AWAY])
    assert told.get_by_text("Another run has not ended; only one can be at work.").is_visible()
    status, problem = ask(told, "POST", "/api/v1/runs", {"kind": "upgrade", "to": NEWEST})
    assert (status, problem["code"]) == (409, "another-run")
    assert "operator in the console" in problem["detail"]
    told.get_by_role("link", name="Details").click()
    assert run_of(told) == run

    # On the command line it is the same run.
    assert demo.json("status")["run"]["id"] == run
    assert demo.json("details")["startedBy"] == "operator in the console"

    assert no_findings(page)
    before = lines(page)
    page.reload()
    assert set(before) <= set(lines(page))

    page.get_by_text("Point of no return: passed").first.wait_for(timeout=RUN)
    assert demo.stop() < 2
    seen = demo.json("details")["events"]
    banners = [each.get_by_text("The connection to the console is lost.") for each in (page, told, watching)]
    for banner in banners:
        banner.wait_for()
    until(lambda: demo.json("details")["events"] > seen, 60, "an event while no console is there")
    demo.serve()
    for banner in banners:
        banner.wait_for(state="hidden", timeout=30_000)

    ended(page, "Succeeded")
    ended(told, "Succeeded")
    assert is_all_there(page, demo) and is_all_there(told, demo)
    assert page.locator(".steps .done").count() == 14
    assert no_findings(page)
    assert demo.health()["version"] == NEWEST
    watching.get_by_text("A run is underway").wait_for(state="hidden")
    watching.locator(".hero .figure").get_by_text(NEWEST).wait_for()


def test_a_run_of_the_command_line_is_live_in_the_console_and_a_failed_migration_offers_what_is_safe(demo, enter):
    demo.before = demo.rows()
    page = enter("operator")
    command = demo.begin("upgrade", "--to", FAILING, "--yes")
    page.get_by_text("A run is underway").wait_for()
    page.get_by_role("link", name="Details").click()
    run = run_of(page)
    page.get_by_text("It needs your decision").wait_for(timeout=RUN)
    said, _ = command.communicate(timeout=60)
    assert command.returncode == 4, said
    assert 'column "remark" does not exist' in page.locator("main").inner_text(), "its own words"
    page.locator("[data-live=logs] details", has_text="SQLSTATE 42703").first.wait_for(state="attached")
    assert page.get_by_text("Something was changed and not put back.").is_visible()
    assert page.locator(".choices").get_by_role("button").all_inner_texts() == ["Retry", "Retry with this release"]
    assert page.locator(".choices").get_by_role("link").all_inner_texts() == ["Restore …", "Report for support"]
    assert no_findings(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Report for support").click()
    report = download.value.path().read_text()
    assert "SQLSTATE 42703" in report and demo.variable("DB_PASSWORD") not in report + page.content()

    a_viewer_can_change_nothing(demo, enter, run)

    failures = page.locator("[data-log] li.bad")
    first = failures.count()
    press(page, "Retry")
    failures.nth(first).wait_for(timeout=RUN)
    page.get_by_text("It needs your decision").wait_for()
    assert demo.psql(f"SELECT count(*) FROM migration_runs WHERE release = '{FAILING}' AND event = 'started'") == "2"

    page.get_by_label("Release", exact=True).select_option(FIXED)
    press(page, "Retry with this release")
    ended(page, "Succeeded")
    assert is_all_there(page, demo)
    assert demo.health()["version"] == FIXED
    assert no_findings(page)


def a_viewer_can_change_nothing(demo, enter, run):
    """Tried where there is the most to change: a run waits."""
    page = enter("viewer", forgive=["403"])
    sets = [backup["id"] for backup in demo.json("backup", "list")["backups"]]
    for path in ["/", "/versions", "/upgrade", f"/upgrade?to={FIXED}", "/backups", f"/backups/{sets[0]}", "/history", f"/runs/{run}"]:
        page.goto(path)
        assert page.locator("main form[method=post]").count() == 0, f"{path} has something to press"

    def standing():
        return {name: value for name, value in demo.json("details").items() if name in ("state", "events", "choices")}

    seen = standing()
    csrf = page.locator(".person input[name=csrf]").get_attribute("value")
    for path in ["/check", "/upgrade", "/upgrade/checks", f"/runs/{run}/retry", f"/runs/{run}/abort", "/backups",
                 f"/backups/{sets[0]}/prove", f"/backups/{sets[0]}/restore", "/settings/users"]:  # fmt: skip
        status = page.evaluate(
            """async ([path, fields]) => (await fetch(path, {method: "POST", body: new URLSearchParams(fields)})).status""",
            [path, {"csrf": csrf, "to": FIXED, "confirmation": FIXED}],
        )
        assert status == 403, path
    for method, path, body in [
        ("POST", "/api/v1/check", {}),
        ("POST", "/api/v1/preflight", {}),
        ("POST", "/api/v1/runs", {"kind": "upgrade", "to": FIXED}),
        ("POST", "/api/v1/runs", {"kind": "restore", "backup": sets[0]}),
        ("POST", f"/api/v1/runs/{run}/retry", {"to": FIXED}),
        ("POST", f"/api/v1/runs/{run}/abort", {}),
        ("POST", "/api/v1/backups", {}),
        ("POST", f"/api/v1/backups/{sets[0]}/verify", {}),
        ("POST", "/api/v1/retention/prune", {"removed": sets}),
        ("PUT", "/api/v1/settings/schedule", {"schedule": "@daily", "zone": "UTC"}),
    ]:
        assert ask(page, method, path, body)[0] == 403, path
    assert ask(page, "GET", f"/api/v1/runs/{run}")[0] == 200
    assert standing() == seen
    assert page.goto("/audit").status == 403


def test_backups_are_made_and_proven_and_one_brings_everything_back(demo, enter):
    page = enter("operator", "/backups")
    jobs = page.locator("[data-live=jobs] .note h2")

    def outcome():
        jobs.first.get_by_text("is underway").wait_for(state="hidden", timeout=RUN)
        return jobs.first.inner_text()

    # Services go on running, and what they write meanwhile can make the proof say no; then once more, as anybody would.
    for _ in range(10):
        press(page, "Back up now")
        if outcome() == "Backup is done":
            break
    assert outcome() == "Backup is done"
    assert no_findings(page)
    page.get_by_role("link", name=f"Backup of {FIXED}").first.click()
    press(page, "Prove again")
    assert outcome().startswith("Proof of") and outcome().endswith("is done")

    # What retention would do is the same here and on the command line.
    preview = demo.json("backup", "prune", "--dry-run")
    sets = [each["id"] for each in demo.json("backup", "list")["backups"]]
    badges = {id: page.get_by_role("row", name=id).locator(".badge").last.inner_text() for id in sets}
    assert {id for id, words in badges.items() if words.startswith("Kept")} == {entry["id"] for entry in preview["kept"]}
    gone = {id for id, words in badges.items() if words == "Would be removed"}
    assert gone and gone == {entry["id"] for entry in preview["removed"]} & set(sets)

    demo.psql("DELETE FROM order_lines WHERE line = 3")
    demo.psql("CREATE TABLE afterwards AS SELECT generate_series(1, 20) AS n; ALTER TABLE afterwards OWNER TO demo")
    page.get_by_role("link", name=f"Backup of {NEWEST}").click()
    assert no_findings(page)
    page.get_by_role("link", name="Restore …").click()
    confirmation = page.get_by_label(f"Type {NEWEST} to confirm")
    confirmation.wait_for()
    assert page.get_by_text("that were written since this backup would be lost").is_visible()
    assert page.get_by_role("row", name="public.afterwards").get_by_role("cell", name="20", exact=True).count() == 2
    assert no_findings(page)
    confirmation.fill(NEWEST)
    press(page, "Restore")
    run_of(page)
    ended(page, "Restored")
    assert page.get_by_text("The databases that the restore replaced are kept").is_visible()
    assert is_all_there(page, demo)
    assert no_findings(page)
    assert demo.rows() == demo.before
    assert demo.health()["version"] == NEWEST
    status = demo.json("status")
    assert (status["installed"]["version"], status["highWaterMark"], status["drift"]) == (NEWEST, NEWEST, None)


def test_it_goes_forward_again_in_a_browser_without_script(demo, enter):
    page = enter("second", script=False)
    page.get_by_role("button", name="Check for updates").click()
    page.get_by_role("link", name=f"Upgrade to {FIXED}").click()
    # The pages come again by themselves.
    page.get_by_role("button", name="Run again").wait_for()
    deploy(page, FIXED)
    run_of(page)
    ended(page, "Succeeded")
    assert is_all_there(page, demo)
    assert demo.health()["version"] == FIXED


def test_everything_is_on_record_with_who_did_it(demo, enter):
    page = enter("admin", "/history")
    by = page.locator("td[data-name=By]").all_inner_texts()
    assert (by[0], by[1], by[3]) == ("second in the console", "operator in the console", "operator in the console")
    assert "console" not in by[2], "that one was begun on the command line"
    assert no_findings(page)
    page.get_by_role("link", name="Audit", exact=True).click()
    page.get_by_role("cell", name="upgrade", exact=True).first.wait_for()
    assert no_findings(page)
    _, audit = ask(page, "GET", "/api/v1/audit?limit=1000")
    let_in = {(entry["actor"], entry["action"]) for entry in audit["entries"] if entry["succeeded"]}
    refused = {(entry["actor"], entry["action"]) for entry in audit["entries"] if not entry["succeeded"]}
    assert let_in >= {
        ("-", "first-start"), ("admin", "user-added"), ("operator", "confirm"), ("operator", "upgrade"),
        ("operator", "retry"), ("operator", "backup"), ("operator", "prove"), ("operator", "restore"), ("second", "upgrade"),
    }  # fmt: skip
    assert refused >= {("viewer", "upgrade"), ("viewer", "retry"), ("viewer", "restore"), ("second", "upgrade")}
    assert {action for actor, action in let_in if actor == "viewer"} == {"password-changed"}, "nothing but their own password"
