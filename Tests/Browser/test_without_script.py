"""Everything works in a browser without JavaScript."""

import re

from conftest import run_of


def test_the_whole_way_without_script(own_stage, visit):
    page = visit(own_stage("calm", 0.02), script=False, forgive=["422"])
    page.get_by_role("button", name="Check for updates").click()
    page.get_by_role("link", name=re.compile("Upgrade to")).click()
    # The page comes again by itself until the checks are done.
    page.get_by_role("button", name="Run again").wait_for(timeout=20_000)
    version = page.get_by_role("heading", level=1).inner_text().removeprefix("Upgrade to ")
    page.get_by_label("to confirm").fill("2020.1.1")
    page.get_by_role("button", name="Deploy").click()
    assert page.get_by_role("alert").is_visible()
    page.get_by_label("to confirm").fill(version)
    page.get_by_role("button", name="Deploy").click()
    page.wait_for_url("**/runs/*")
    page.get_by_text("How it ended").wait_for(timeout=30_000)
    assert page.get_by_text("Succeeded").first.is_visible()


def test_an_abort_without_script(own_stage, visit):
    page = visit(own_stage("running", 1), script=False, path="/")
    page.get_by_role("link", name="Details").click()
    page.get_by_role("button", name="Abort").click()
    page.get_by_text("Aborted").first.wait_for(timeout=20_000)


def test_a_run_is_kept_as_one_file(stages, visit, tmp_path):
    page = run_of(stages("failed"), visit, script=False)
    with page.expect_download() as download:
        page.get_by_role("link", name="Report", exact=True).click()
    report = download.value.path().read_text()
    assert "Point of no return: passed" in report and "No space left on device" in report
    assert "<script" not in report and not re.search(r"(src|href)=", report)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert "Back up the databases" in download.value.path().read_text()


def test_the_history_is_exported(stages, visit):
    page = visit(stages("calm"), script=False, path="/history?state=succeeded")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export CSV").click()
    lines = download.value.path().read_text().splitlines()
    assert lines[0].startswith("run,kind,from,to,state") and len(lines) == 3
    with page.expect_download() as download:
        page.get_by_role("link", name="Export JSON").click()
    assert download.value.path().read_text().count('"succeeded"') == 2
