"""Every page, in both themes and two widths: axe-core finds nothing, nothing is wider than the screen, nothing is asked elsewhere."""

import pytest
from conftest import axe, is_narrow_enough, run_of
from playwright.sync_api import expect

PAGES = {
    "fresh": ["/", "/versions", "/upgrade", "/backups", "/history"],
    "newest": [
        "/upgrade",
        "/settings",
        "/settings/password",
        "/settings/second-factor",
        "/settings/sessions",
        "/settings/tokens",
        "/settings/schedule",
        "/settings/notifications",
        "/settings/notifications/new?kind=webhook",
        "/settings/notifications/new?kind=slack",
        "/settings/notifications/new?kind=mail",
        "/settings/users",
        "/settings/certificate",
        "/settings/about",
    ],
    "calm": ["/", "/versions", "/upgrade", "/backups", "/history", "/audit", "/history?state=refused", "/nothing-here", "/runs/none"],
    "warnings": ["/", "/versions", "/upgrade", "/backups", "/history"],
}
# The dark theme has other colours, and nothing else.
LOOKS = [("light", 1280, None), ("dark", 1280, "color-contrast"), ("light", 320, None), ("dark", 320, "color-contrast")]


@pytest.mark.parametrize("scene", PAGES)
def test_nothing_is_wrong_with_any_page_in_either_theme(stages, visit, scene):
    stage = stages(scene)
    found = []
    for theme, width, rule in LOOKS:
        page = visit(stage, theme=theme, width=width, forgive=["404"])
        for path in PAGES[scene]:
            page.goto(path)
            if path == "/upgrade" and scene in ("calm", "warnings"):
                expect(page.get_by_role("button", name="Run again")).to_be_enabled(timeout=15_000)
            found += axe(page, rule)
            if not is_narrow_enough(page):
                found.append(f"{page.url} is wider than {width} pixels")
    assert not found, "\n".join(found)


def test_nothing_is_wrong_with_a_page_while_checks_run(own_stage, visit):
    found = []
    for theme, width, rule in LOOKS:
        # Each of its own: the checks of another have ended.
        page = visit(own_stage("warnings"), "operator", "/upgrade", theme=theme, width=width)
        page.get_by_text("Warnings: not in the way").wait_for()
        found += axe(page, rule)
        assert page.get_by_text("The checks are running").is_visible()
        if not is_narrow_enough(page):
            found.append(f"{page.url} is wider than {width} pixels")
    assert not found, "\n".join(found)


def test_nothing_is_wrong_with_the_page_of_a_token_that_was_just_made(own_stage, visit):
    stage = own_stage("newest")
    found = []
    for number, (theme, width, rule) in enumerate(LOOKS):
        page = visit(stage, path="/settings/tokens", theme=theme, width=width)
        page.get_by_label("Name").fill(f"token {number}")
        page.get_by_role("button", name="Make a token").click()
        page.get_by_text("pawl_").wait_for()
        found += axe(page, rule)
        if not is_narrow_enough(page):
            found.append(f"{page.url} is wider than {width} pixels")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("scene", ["calm", "failed"])
def test_nothing_is_wrong_with_the_page_of_one_thing(stages, visit, scene):
    stage = stages(scene)
    found = []
    for theme, width, rule in LOOKS:
        page = visit(stage, theme=theme, width=width)
        for listed in ["/versions", "/backups", "/history"]:
            page.goto(listed)
            page.goto(page.locator("main table a").first.get_attribute("href"))
            found += axe(page, rule)
            if not is_narrow_enough(page):
                found.append(f"{page.url} is wider than {width} pixels")
    assert not found, "\n".join(found)


def test_the_sign_in_page_is_without_findings(stages, chromium):
    for theme, width, rule in LOOKS:
        context = chromium.new_context(color_scheme=theme, viewport={"width": width, "height": 800})
        page = context.new_page()
        page.goto(stages("calm").address + "/")
        assert page.get_by_role("heading", name="Sign in").is_visible()
        assert not axe(page, rule)
        context.close()


def test_states_are_said_in_words(stages, visit):
    page = visit(stages("calm"))
    assert page.get_by_text("New version available").is_visible()
    assert page.get_by_text("Proven", exact=True).is_visible()
    assert page.get_by_text("Each release is supported for 12 months from its release date.").is_visible()
    page = visit(stages("newest"))
    assert page.get_by_text("Up to date").is_visible()
    page = visit(stages("fresh"), path="/history")
    assert page.get_by_text("Nothing was ever run here.").is_visible()


def test_times_are_the_readers_own_with_utc_to_point_at(stages, visit):
    page = run_of(stages("calm"), visit)
    time = page.locator("dl time").first
    utc, shown = time.get_attribute("datetime"), time.inner_text()
    assert time.get_attribute("title") == utc[:19].replace("T", " ") + " UTC"
    # Kolkata is five and a half hours ahead.
    hour, minute = int(utc[11:13]), int(utc[14:16])
    ahead = (hour * 60 + minute + 330) % 1440
    assert shown.endswith(f", {ahead // 60:02}:{ahead % 60:02}")


def test_the_keyboard_is_enough_to_deploy(own_stage, visit):
    page = visit(own_stage("calm", 0.01))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    seen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.textContent.trim()"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", f"nobody sees that {seen[-1]} has the focus"
        if seen[-1].startswith("Upgrade to "):
            break
    version = seen[-1].removeprefix("Upgrade to ")
    page.keyboard.press("Enter")
    page.wait_for_url("**/upgrade")
    expect(page.get_by_label(f"Type {version} to confirm")).to_be_enabled(timeout=15_000)
    page.get_by_label(f"Type {version} to confirm").focus()
    page.keyboard.type(version)
    page.keyboard.press("Enter")
    page.wait_for_url("**/runs/*")
    page.get_by_text("How it ended").wait_for()


def test_after_a_typo_the_page_is_still_about_the_same_release(stages, visit):
    page = visit(stages("calm"), "operator", "/versions", forgive=["422"])
    reached = page.get_by_role("row").filter(has_text="Can be reached").get_by_role("link").all_inner_texts()
    older = reached[-1]
    assert older != reached[0], "there is more than one release to go to"
    page.goto(f"/upgrade?to={older}")
    page.get_by_label(f"Type {older} to confirm").fill("2020.1.1")
    page.get_by_role("button", name="Deploy").click()
    page.get_by_role("alert").wait_for()
    page.goto(page.url)
    page.get_by_label(f"Type {older} to confirm").wait_for()


def test_targets_are_large_enough_to_hit(stages, visit):
    small = """() => [...document.querySelectorAll("button, summary, select, input:not([type=hidden]), nav a, .button")]
        .filter((e) => e.offsetParent && (e.offsetHeight < 24 || e.offsetWidth < 24) && !(e.type === "checkbox" && e.closest("label")))
        .map((e) => e.outerHTML.slice(0, 120))"""
    page = visit(stages("calm"), width=320)
    for path in ["/", "/versions", "/upgrade", "/backups", "/history"]:
        page.goto(path)
        assert not page.evaluate(small)
