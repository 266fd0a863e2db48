"""The pictures of docs/guide/console.md, from the stage: `scripts/browser-tests --pictures` writes them anew."""

import pathlib
import re

from conftest import run_of

PICTURES = pathlib.Path(__file__).resolve().parents[3] / "docs/guide/pictures"
SIZE = {"width": 1180, "height": 860}


def keep(page, name, whole=False):
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur()")
    page.screenshot(path=PICTURES / f"{name}.png", full_page=whole, animations="disabled")


def test_the_pictures_of_the_guide(stages, own_stage, visit):
    page = visit(stages("calm"), "operator", width=SIZE["width"])
    page.set_viewport_size(SIZE)
    page.get_by_text("New version available").wait_for()
    keep(page, "dashboard")
    page.goto("/versions")
    keep(page, "versions")
    page.goto("/backups")
    keep(page, "backups")
    page.goto("/upgrade")
    page.get_by_role("button", name="Run again").wait_for()
    keep(page, "upgrade", whole=True)

    page = run_of(stages("failed"), visit, name="operator", width=SIZE["width"])
    page.set_viewport_size(SIZE)
    page.get_by_text("It needs your decision").wait_for()
    keep(page, "failed", whole=True)

    page = visit(own_stage("running", 0.3), "operator", width=SIZE["width"])
    page.set_viewport_size(SIZE)
    page.get_by_role("link", name="Details").click()
    page.wait_for_url("**/runs/*")
    # Far enough that there is something to see.
    page.locator("[data-log] li").get_by_text(re.compile("Prove|proven|Restor")).first.wait_for(timeout=60_000)
    keep(page, "details", whole=True)
