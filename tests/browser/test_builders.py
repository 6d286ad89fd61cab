"""Building in Chromium, on a phone, without a new page: by the list, by the map, and a zone's outline. Nothing is
saved here: the other tests count what there is."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

PAGES = ["/desk/belts/", "/desk/belts/B-01/", "/desk/zones/Z-01/", "/desk/routes/R-01/", "/points/FN-0006/plate/"]


@pytest.fixture
def signed_in(screen):
    def make(width: int):
        window = screen(width)
        page = window.open("/accounts/login/")
        page.fill("input[name=username]", "admin")
        page.fill("input[name=password]", "look at every screen")
        page.press("input[name=password]", "Enter")
        page.wait_for_url("**/desk/**")
        return window

    return make


@pytest.mark.parametrize("width", [1440, 390])
def test_the_builders_fit_and_have_no_serious_fault(signed_in, width):
    window = signed_in(width)
    for path in PAGES:
        window.open(path)
        assert (path, window.fits(), window.faults()) == (path, True, [])


def test_a_belt_grows_until_it_qualifies_and_what_was_typed_stays(signed_in):
    page = signed_in(390).open("/desk/belts/new/")
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


def test_a_drawn_outline_that_crosses_itself_is_mended_and_its_sites_taken_in(signed_in):
    page = signed_in(390).open("/desk/zones/new/")
    page.wait_for_timeout(600)  # the sites arrive and the map settles
    page.click("#draw")
    area = page.locator("#builder-map")
    for x, y in ((150, 60), (220, 150), (220, 60), (150, 150)):
        area.click(position={"x": x, "y": y})
        page.wait_for_timeout(350)  # else it is a double tap, which zooms
    page.click("#draw-close")
    page.wait_for_selector("#chosen > .error")
    assert page.locator("button[value=take]").count() == 0
    page.click("#draw-undo")
    page.click("#draw-close")
    page.click("button[value=take]")
    page.wait_for_selector(".row-chosen")
    assert page.locator("#chosen > .error").count() == 0
