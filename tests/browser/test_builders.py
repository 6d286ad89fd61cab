"""Building in Chromium, on a phone, without a new page: by the list, by the map, and a zone's outline. Nothing is
saved here: other tests count what there is. That the pages fit is asked in test_staff_pages.py."""

import pytest
from playwright.sync_api import expect

from tests.browser.screens import PHONE

pytestmark = pytest.mark.browser


def test_a_belt_grows_until_it_qualifies_and_what_was_typed_stays(screen):
    page = screen(PHONE, "admin").open("/desk/belts/new/")
    page.fill("#id_name", "测试新建示范带")
    page.check("[name=look-premium]")
    expect(page.locator("#found small", has_not_text="精品")).to_have_count(0)
    for number in range(1, 6):
        expect(page.locator(".verdict.short")).to_have_count(1)
        page.locator("#found button[name=do]").first.click()
        expect(page.locator("#chosen [name=row]")).to_have_count(number)
    expect(page.locator(".verdict.met")).to_have_count(1)
    names = page.locator(".row-what b").all_inner_texts()
    page.locator("#down-1").click()
    expect(page.locator(".row-what b")).to_have_text([names[1], names[0], *names[2:]])
    assert page.evaluate("document.activeElement.id") == "down-1"
    assert page.input_value("#id_name") == "测试新建示范带"


def test_a_drawn_outline_that_crosses_itself_is_mended_and_its_sites_taken_in(screen):
    window = screen(PHONE, "admin")
    window.page.clock.install()
    page = window.open("/desk/zones/new/")
    page.clock.fast_forward(350)  # the map has moved to its sites
    page.click("#draw")
    area = page.locator("#builder-map")
    for x, y in ((150, 60), (220, 150), (220, 60), (150, 150)):
        area.click(position={"x": x, "y": y})
        page.clock.fast_forward(350)  # else it is a double tap, which zooms
    page.click("#draw-close")
    page.wait_for_selector("#chosen > .error")
    assert page.locator("button[value=take]").count() == 0
    page.click("#draw-undo")
    page.click("#draw-close")
    page.click("button[value=take]")
    page.wait_for_selector(".row-chosen")
    assert page.locator("#chosen > .error").count() == 0
