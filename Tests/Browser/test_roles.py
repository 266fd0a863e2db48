"""Who may do what."""

import re

from conftest import run_of


def test_a_viewer_can_look_at_everything_and_change_nothing(stages, visit):
    stage = stages("failed")
    page = visit(stage, "viewer", forgive=["403"])
    for path in ["/", "/versions", "/upgrade", "/backups", "/history"]:
        page.goto(path)
        forms = page.locator("main form[method=post]")
        assert forms.count() == 0, f"{path} has something to press"
    run = run_of(stage, visit, name="viewer").url
    page.goto(run)
    assert page.locator("main form[method=post]").count() == 0
    csrf = page.locator(".person input[name=csrf]").get_attribute("value")
    changes = ["/check", "/upgrade", "/upgrade/checks", re.sub(r"^https?://[^/]+", "", run) + "/retry", re.sub(r"^https?://[^/]+", "", run) + "/abort"]
    for path in changes:
        status = page.evaluate(
            """async ([path, csrf]) => (await fetch(path, {method: "POST", body: new URLSearchParams({csrf, to: "2026.1.1", confirmation: "2026.1.1"})})).status""",
            [path, csrf],
        )
        assert status == 403, path
    assert page.goto("/audit").status == 403


def test_an_admin_sees_who_signed_in(stages, visit):
    page = visit(stages("calm"), "admin", "/audit")
    assert page.get_by_role("cell", name="sign-in").first.is_visible()
    assert page.get_by_role("cell", name="127.0.0.1").first.is_visible()
