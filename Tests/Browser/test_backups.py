"""Backups: one more, a proof, and the way back."""

import re

from conftest import axe


def jobs(page, words):
    return page.locator("[data-live=jobs] .note").filter(has_text=words)


def test_a_backup_and_a_proof_are_said_and_said_to_be_done(own_stage, visit):
    page = visit(own_stage("calm"), "operator", "/backups")
    page.get_by_role("button", name="Back up now").click()
    assert jobs(page, "Backup is underway").is_visible()
    page.locator("main table a").first.click()
    page.get_by_role("button", name="Prove again").click()
    page.wait_for_url("**/backups")
    assert jobs(page, "Proof of").is_visible()
    assert not axe(page)
    # Nobody reloads the page.
    jobs(page, "Proof of").get_by_text("operator in the console asked for it").wait_for()
    assert jobs(page, "is done").count() == 2


def test_the_way_back_is_looked_at_confirmed_and_gone(own_stage, visit):
    page = visit(own_stage("calm", 0.01), "operator", "/backups", forgive=["422"])
    page.locator("main table a").first.click()
    page.get_by_role("link", name="Restore …").click()
    release = page.get_by_role("heading", level=1).inner_text().removeprefix("Restore ")
    confirmation = page.get_by_label(f"Type {release} to confirm")
    confirmation.wait_for()
    assert page.get_by_text("At least 136 rows").is_visible()
    assert page.get_by_role("row", name="public.layers").is_visible()
    assert not axe(page)
    confirmation.fill("2020.1.1")
    page.get_by_role("button", name="Restore").click()
    assert page.get_by_role("alert").is_visible()
    confirmation.fill(release)
    page.get_by_role("button", name="Restore").click()
    page.wait_for_url("**/runs/*")
    page.get_by_text("How it ended").wait_for(timeout=30_000)
    assert page.get_by_text("Restored").first.is_visible()
    assert not axe(page)


# Counts the forms that would be sent, and sends none: as while an answer is long in coming.
COUNT = """
window.sent = 0;
addEventListener("submit", (event) => {
  if (!event.defaultPrevented) window.sent += 1;
  event.preventDefault();
});
"""


def test_a_form_that_came_later_is_sent_once_and_says_that_it_is_on_its_way(own_stage, visit):
    page = visit(own_stage("calm"), "operator", "/backups")
    page.locator("main table a").first.click()
    page.get_by_role("link", name="Restore …").click()
    release = page.get_by_role("heading", level=1).inner_text().removeprefix("Restore ")
    # The form comes when what would be lost was counted.
    page.get_by_label(f"Type {release} to confirm").fill(release)
    page.evaluate(COUNT)
    page.get_by_role("button", name="Restore").click()
    busy = page.get_by_role("button", name="Beginning …")
    busy.wait_for()
    # What is drawn anew meanwhile leaves it as it is; the page says nothing of when it was.
    page.evaluate("document.querySelector('[data-live=restore] h2').textContent = 'To be drawn anew'")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.get_by_role("heading", name="What would be lost").wait_for()
    assert busy.is_visible() and page.locator("form[aria-busy=true]").count() == 1
    busy.click()
    assert page.evaluate("window.sent") == 1


def test_a_form_is_sent_once_and_again_by_whoever_comes_back_to_it(own_stage, visit):
    page = visit(own_stage("calm"), "operator", "/backups")
    page.evaluate(COUNT)
    for _ in range(2):
        page.get_by_role("button", name="Back up now").click()
    assert page.evaluate("window.sent") == 1
    # A browser has kept the page as it was.
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    page.get_by_role("button", name="Back up now").click()
    assert page.evaluate("window.sent") == 2


def test_an_encrypted_set_asks_for_its_key_first(stages, visit):
    page = visit(stages("warnings"), "operator", "/backups")
    page.locator("main table a").first.click()
    assert page.get_by_label("File with the age identity").is_visible()
    page.get_by_role("link", name="Restore …").click()
    assert page.get_by_label("to confirm").count() == 0
    page.get_by_label("File with the identity").fill("/root/pawl.key")
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("to confirm").wait_for()
    # What is drawn anew is looked at with the key, also after a form was answered.
    assert page.locator("[data-self]").get_attribute("data-self").endswith("/restore?identity=/root/pawl.key")
    assert page.get_by_text(re.compile(r"^Counted \d")).is_visible()
    assert not axe(page)
