"""The form of a point on a phone: photos go on after a cut, two write in one field, and it is filled in without a
script, without a mouse, in large type."""

import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from registry.views.photos import PART
from tests.browser.drafts import SAYS_SAVED, SECTIONS, begin, says_saved, values_of
from tests.browser.screens import PHONE

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def portal(own_portal):
    """Here drafts are written."""
    return own_portal


@pytest.fixture
def photo(tmp_path):
    """A photo that takes several parts, and is small enough to be sent as it is."""
    Image.effect_noise((1200, 900), 90).convert("RGB").save(tmp_path / "photo.jpg", quality=95)
    assert 1024 * 1024 < (tmp_path / "photo.jpg").stat().st_size < 1.5 * 1024 * 1024
    return tmp_path / "photo.jpg"


def parts_of(page) -> list[int]:
    """Where each part that is sent from now on begins."""
    offsets: list[int] = []
    page.on("request", lambda request: offsets.extend(int(n) for n in re.findall(r"\?offset=(\d+)", request.url)))
    return offsets


LATER_PARTS = re.compile(r"\?offset=[1-9]")


def send_only_the_first_part(page, photo) -> None:
    page.route(LATER_PARTS, lambda request: request.abort())
    page.set_input_files("#photo-files", photo)
    expect(page.locator("#sending")).to_contain_text("网络中断")


def test_a_photo_cut_off_half_way_goes_on_by_itself_where_it_stopped(phone, photo):
    page = phone(begin(phone(), "小史马") + "photos/")
    offsets = parts_of(page)
    send_only_the_first_part(page, photo)
    page.unroute(LATER_PARTS)
    page.wait_for_selector(".photos img")
    assert sorted(set(offsets)) == list(range(0, photo.stat().st_size, PART))
    assert offsets.count(0) == 1


def test_a_photo_whose_window_was_closed_goes_on_when_it_is_chosen_again(phone, photo):
    page = phone(begin(phone(), "小史马") + "photos/")
    address = page.url
    send_only_the_first_part(page, photo)
    page.close()
    again = page.context.new_page()
    again.goto(address)
    offsets = parts_of(again)
    again.set_input_files("#photo-files", photo)
    again.wait_for_selector(".photos img")
    assert offsets == list(range(PART, photo.stat().st_size, PART))


ANSWERS = {
    "organisation_name": "中共示例村支部委员会",
    "secretary": "示例书记",
    "member_count": "36",
    "highlights": "支部带头流转土地,村民在家门口就业。",
    "position": "118.10, 39.52",
}


def answer(page) -> None:
    """Fills in what is asked and not known yet."""
    for name, text in ANSWERS.items():
        field = page.locator(f"#f-{name}")
        if field.count() and not field.input_value():
            field.fill(text)


def test_a_site_is_registered_and_submitted_without_a_script(phone, photo):
    page = phone(java_script_enabled=False)
    begin(page, "大田港")
    confirm = page.locator("form[action$='/confirm/'] button")
    if confirm.count():
        confirm.click()
    page.click(".sections a[href$='/place/']")
    for following in ("organisation", "venue", "position", "photos"):
        answer(page)
        page.click("#draft-form button.primary")
        page.wait_for_url(f"**/{following}/")
    page.set_input_files("#photo-files", photo)
    page.click("#photo-form button")
    expect(page.locator(".photos img")).to_have_count(1)
    page.click("a.primary[href$='/check/']")
    while page.locator("form[action$='/overrule/']").count():
        page.locator("form[action$='/overrule/'] input[name=reason]").first.fill("已核对")
        page.locator("form[action$='/overrule/'] button").first.click()
    page.click("form.bar button.primary")
    page.wait_for_url("**/desk/")
    expect(page.locator(".message")).to_contain_text("大田港")


def go_to(page, selector: str) -> None:
    """By the tab key alone, to something that shows where one is."""
    for _step in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
            return
    raise AssertionError(f"the tab key does not reach {selector}")


def test_the_first_section_is_filled_in_with_the_keyboard_alone(phone):
    page = phone()
    go_to(page, "a.primary[href$='/desk/points/new/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/points/new/")
    page.keyboard.type("林屯")  # the list's search has the focus
    go_to(page, "button.primary")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/drafts/**")
    go_to(page, ".sections a[href$='/place/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/place/")
    go_to(page, "#f-name")
    page.keyboard.press("End")
    page.keyboard.type("(键盘)")
    go_to(page, "#draft-form button.primary")
    page.keyboard.press("Enter")
    page.wait_for_url("**/organisation/")
    expect(page.locator(".crumb")).to_contain_text("(键盘)")


def test_large_type_makes_every_section_a_quarter_larger_and_it_still_fits(screen):
    window = screen(PHONE, "clerk2")
    page = window.open("/desk/account/")
    size = "parseFloat(getComputedStyle(document.body).fontSize)"
    before = page.evaluate(size)
    page.check("[name=large_type]")
    page.locator("form:has([name=large_type]) button").click()
    draft = begin(page, "唐坊")
    for path in (draft, *(f"{draft}{section}/" for section in (*SECTIONS, "photos")), f"{draft}check/"):
        assert (path, window.visit(path, PHONE), page.evaluate(size)) == (path, [], before * 1.25)


def test_two_phones_in_one_field_keep_both_texts_until_one_is_chosen(phone):
    address = begin(phone(), "安各庄") + "venue/"
    mine, theirs = phone(address), phone(address)
    theirs.fill("#f-highlights", "同事写的")
    says_saved(theirs)
    mine.fill("#f-highlights", "我写的")
    expect(mine.locator(".conflict b")).to_have_text("同事写的")
    assert not mine.evaluate(SAYS_SAVED)
    assert values_of(phone(address), "venue")["highlights"] == "同事写的"
    mine.locator(".conflict button", has_text="采用我的").click()
    says_saved(mine)
    assert values_of(phone(address), "venue")["highlights"] == "我写的"


def test_a_save_whose_answer_was_lost_is_no_conflict_with_oneself(phone):
    address = begin(phone(), "安各庄") + "venue/"
    page = phone(address)
    page.route("**/venue/", lose_the_answer)
    with page.expect_event("requestfailed"):
        page.fill("#f-highlights", "支部")
    assert values_of(phone(address), "venue")["highlights"] == "支部"
    page.locator("#f-highlights").press_sequentially("带头")
    page.close()
    again = page.context.new_page()
    again.goto(page.url)
    says_saved(again)
    assert again.locator(".conflict").count() == 0
    assert values_of(phone(address), "venue")["highlights"] == "支部带头"


def test_a_save_whose_answer_was_lost_is_followed_by_the_next_one(phone):
    address = begin(phone(), "安各庄") + "venue/"
    page = phone(address)
    page.route("**/venue/", lose_the_answer)
    with page.expect_event("requestfailed"):
        page.fill("#f-highlights", "支部")
    page.unroute("**/venue/")
    page.locator("#f-highlights").press_sequentially("带头")
    says_saved(page)
    assert page.locator(".conflict").count() == 0
    assert values_of(phone(address), "venue")["highlights"] == "支部带头"


def lose_the_answer(route) -> None:
    """What is sent reaches the portal, and its answer does not come back."""
    route.fetch()
    route.abort()
