"""A second factor, from setting it up to signing in with it."""

import base64
import hashlib
import hmac
import os
import time

from conftest import PASSWORD, axe


def code(secret):
    """The code of this half minute, as RFC 6238 has it."""
    key = base64.b32decode(secret)
    mac = hmac.new(key, int(time.time() // 30).to_bytes(8, "big"), hashlib.sha1).digest()
    start = mac[-1] & 15
    return f"{(int.from_bytes(mac[start:start + 4], 'big') & 0x7FFFFFFF) % 10**6:06}"


def look(page, name):
    """What is wrong with a page, in both themes and two widths; keeps pictures where PICTURES says."""
    found = []
    for theme, width in [("light", 1280), ("dark", 1280), ("light", 320), ("dark", 320)]:
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size({"width": width, "height": 900})
        found += axe(page)
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            found.append(f"{page.url} is wider than {width} pixels")
        if "PICTURES" in os.environ:
            page.screenshot(path=f"{os.environ['PICTURES']}/{name}-{theme}-{width}.png", full_page=True)
    return found


def test_a_second_factor_is_set_up_and_asked_for(own_stage, visit):
    stage = own_stage("newest")
    page = visit(stage, path="/settings/second-factor")
    found = look(page, "none")
    page.get_by_role("button", name="Set it up").click()
    page.get_by_label("The code that it shows now").wait_for()
    found += look(page, "secret")
    secret = page.locator("dd code").first.inner_text().replace(" ", "")
    page.get_by_label("The code that it shows now").fill(code(secret))
    page.get_by_role("button", name="Use it from now on").click()
    page.get_by_text("shown this once").wait_for()
    codes = page.locator("main li code").all_inner_texts()
    assert len(set(codes)) == 10
    found += look(page, "codes")
    page.goto("/confirm")
    found += look(page, "confirm")
    page.goto("/settings/users")
    found += look(page, "users")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    page.get_by_label("Name").fill("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/sign-in/code")
    found += look(page, "sign-in")
    page.get_by_label("Code of your device").fill(codes[0])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(stage.address + "/")
    page.goto("/settings/second-factor")
    assert page.locator("dd").get_by_text("9", exact=True).count() == 1
    assert not found, "\n".join(found)
