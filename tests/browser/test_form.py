"""The form of a site on a phone: cut off at random nothing typed is lost; and it is filled in without a script, without
a mouse, in large type."""

import os
import random
import re
import sqlite3

import pytest
from PIL import Image
from playwright.sync_api import expect

from registry.views.photos import PART
from tests.browser.conftest import Screen, portal, sign_in

pytestmark = pytest.mark.browser

CUTS = 20
PHONE = {"viewport": {"width": 390, "height": 844}}
PERSONAL = {"phone"}  # kept with the window alone: somebody else may use the phone later
SECTIONS = {
    "place": ["name"],
    "organisation": ["secretary", "phone", "member_count"],
    "venue": ["venue_area", "highlights", "self_score"],
    "position": ["position"],
}
SAYS_SAVED = """() => {
    const said = document.getElementById("saved");
    return said.textContent.trim().startsWith("已保存") && !said.classList.contains("trouble");
}"""


def says_saved(page) -> None:
    """Waits for it. A predicate of our own would be evaluated in the page, which its security policy forbids."""
    expect(page.locator("#saved:not(.trouble)")).to_contain_text("已保存")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("form")


@pytest.fixture(scope="module")
def own_site(folder):
    """A portal of its own: here drafts are written and sessions deleted."""
    yield from portal(folder)


@pytest.fixture
def signed_in(chromium, own_site):
    """Makes phones, each with a window open at an address of the clerk's."""
    contexts = []

    def make(path: str = "/desk/", **options):
        contexts.append(chromium.new_context(**{**PHONE, **options}))
        page = contexts[-1].new_page()
        page.goto(f"{own_site}/accounts/login/?next={path}")
        sign_in(page, "clerk")
        return page

    yield make
    for context in contexts:
        context.close()


def begin(page, place: str) -> str:
    """Begins a site at `place`; returns the address of its draft."""
    page.goto(page.url.split("/desk/")[0] + "/desk/points/new/")
    page.locator("#place").select_option(page.locator("#place option", has_text=place).first.get_attribute("value"))
    page.click("button.primary")
    page.wait_for_url("**/desk/drafts/**")
    return "/desk/" + page.url.split("/desk/")[1]


def open_fields(page) -> None:
    """Facts that are known are folded away until somebody changes them."""
    page.locator("details.held").evaluate_all("each => each.forEach((one) => { one.open = true })")


def values_of(page, section: str) -> dict[str, str]:
    fields = {name: page.locator(f"#f-{name}") for name in SECTIONS[section]}
    return {name: field.input_value() for name, field in fields.items() if field.count()}


class Cut:
    """A way to be cut off. `before` comes while one is typing, `after` when one is back; what the phone holds is then
    saved, unless the phone itself is lost: then what the page had called saved is there."""

    keeps_phone, keeps_window = True, False

    def before(self, page, folder) -> None:
        pass

    def after(self, page, address: str):
        context = page.context
        page.close()
        context.set_offline(False)
        again = context.new_page()
        again.goto(address)
        return again


class WindowClosed(Cut):
    pass


class ConnectionLost(Cut):
    def before(self, page, folder) -> None:
        page.context.set_offline(True)


class PhoneLost(Cut):
    keeps_phone = False

    def after(self, page, address: str):
        page.context.set_offline(True)  # a window that closes would send the rest
        page.context.close()


class SessionEnded(Cut):
    keeps_window = True

    def before(self, page, folder) -> None:
        with sqlite3.connect(folder / "registry.sqlite3", timeout=30) as database:
            database.execute("DELETE FROM django_session")

    def after(self, page, address: str):
        page.click("#saved a")
        page.wait_for_url("**/accounts/login/**")
        sign_in(page, "clerk")
        return page


def type_until(page, texts: dict[str, str], chance: random.Random, cut: Cut, folder) -> tuple[dict, dict]:
    """Types `texts` key by key and stops anywhere. Returns what was typed, and what of it the page had called saved."""
    keys = [(name, key) for name, text in texts.items() for key in text]
    stop = chance.randint(1, len(keys))
    cut_at = max(stop - chance.randint(1, 15), 0)
    typed: dict[str, str] = {}
    saved: dict[str, str] = {}
    for number, (name, key) in enumerate(keys[:stop]):
        if number == cut_at:
            cut.before(page, folder)
        field = page.locator(f"#f-{name}")
        if name not in typed:
            field.select_text()
        field.press_sequentially(key)
        typed[name] = typed.get(name, "") + key
        page.wait_for_timeout(chance.choice([0, 0, 0, 0, 50, 200, 700]))
        if page.evaluate(SAYS_SAVED):
            saved = dict(typed)
    return typed, saved


def some_text(name: str, chance: random.Random) -> str:
    """Something that may stand in a field, or be refused there: both are kept."""
    letters = (
        "党建引领乡村振兴示范点四个维度·“”<&>'\"𠀀0123456789" if name in ("highlights", "name") else "0123456789.万"
    )
    return "".join(chance.choices(letters, k=chance.randint(4, 9)))


def test_twenty_random_cuts_lose_nothing_that_was_typed(signed_in, own_site, folder):
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(10**6))
    print(f"\nSEED={seed}")
    chance = random.Random(seed)
    draft = begin(signed_in(), "大齐各庄")
    for _number in range(CUTS):
        cut, section = chance.choice(Cut.__subclasses__())(), chance.choice(list(SECTIONS))
        address = f"{draft}{section}/"
        page = signed_in(address)
        open_fields(page)
        asked = values_of(page, section)
        typed, saved = type_until(page, {name: some_text(name, chance) for name in asked}, chance, cut, folder)
        again = cut.after(page, own_site + address)
        if again:
            says_saved(again)
        found = values_of(signed_in(address), section)
        for name, text in typed.items():
            is_safe = cut.keeps_phone and (cut.keeps_window or name not in PERSONAL)
            least = text if is_safe else saved.get(name, "")
            assert found[name].startswith(least), (seed, cut, name, text, saved, found)


@pytest.fixture
def photo(tmp_path):
    """A photo that takes several parts, and is small enough to be sent as it is."""
    Image.effect_noise((1200, 900), 90).convert("RGB").save(tmp_path / "photo.jpg", quality=95)
    assert 1024 * 1024 < (tmp_path / "photo.jpg").stat().st_size < 1.5 * 1024 * 1024
    return tmp_path / "photo.jpg"


def parts_of(page) -> list[int]:
    """Where each part that is sent from now on begins."""
    offsets: list[int] = []
    page.on("request", lambda asked: offsets.extend(int(n) for n in re.findall(r"\?offset=(\d+)", asked.url)))
    return offsets


LATER_PARTS = re.compile(r"\?offset=[1-9]")


def send_only_the_first_part(page, photo) -> None:
    page.route(LATER_PARTS, lambda asked: asked.abort())
    page.set_input_files("#photo-files", photo)
    expect(page.locator("#sending")).to_contain_text("网络中断")


def test_a_photo_cut_off_half_way_goes_on_by_itself_where_it_stopped(signed_in, photo):
    page = signed_in(begin(signed_in(), "小史马") + "photos/")
    offsets = parts_of(page)
    send_only_the_first_part(page, photo)
    page.unroute(LATER_PARTS)
    page.wait_for_selector(".photos img")
    assert sorted(set(offsets)) == list(range(0, photo.stat().st_size, PART))
    assert offsets.count(0) == 1


def test_a_photo_whose_window_was_closed_goes_on_when_it_is_chosen_again(signed_in, photo):
    page = signed_in(begin(signed_in(), "小史马") + "photos/")
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


def test_a_site_is_registered_and_submitted_without_a_script(signed_in, photo):
    page = signed_in(java_script_enabled=False)
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


def test_the_first_section_is_filled_in_with_the_keyboard_alone(signed_in):
    page = signed_in()
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


def test_large_type_makes_every_section_a_quarter_larger_and_it_still_fits(chromium, own_site):
    window = Screen(chromium, own_site, 390, 844)
    page = window.open("/accounts/login/?next=/desk/account/")
    sign_in(page, "clerk2")
    size = "parseFloat(getComputedStyle(document.body).fontSize)"
    before = page.evaluate(size)
    page.check("[name=large_type]")
    page.locator("form:has([name=large_type]) button").click()
    draft = begin(page, "唐坊")
    for path in (draft, *(f"{draft}{section}/" for section in (*SECTIONS, "photos")), f"{draft}check/"):
        window.open(path)
        assert (path, page.evaluate(size), window.fits(), window.faults()) == (path, before * 1.25, True, [])
    page.close()
    assert window.complaints == []


def test_two_phones_in_one_field_keep_both_texts_until_one_is_chosen(signed_in):
    address = begin(signed_in(), "安各庄") + "venue/"
    mine, theirs = signed_in(address), signed_in(address)
    theirs.fill("#f-highlights", "同事写的")
    says_saved(theirs)
    mine.fill("#f-highlights", "我写的")
    expect(mine.locator(".conflict b")).to_have_text("同事写的")
    assert not mine.evaluate(SAYS_SAVED)
    assert values_of(signed_in(address), "venue")["highlights"] == "同事写的"
    mine.locator(".conflict button", has_text="采用我的").click()
    says_saved(mine)
    assert values_of(signed_in(address), "venue")["highlights"] == "我写的"
