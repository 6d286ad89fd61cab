"""A site from a clerk's phone to the public dashboard, as four people do it, all at 390 pixels; and what it costs."""

import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.screens import Person

pytestmark = pytest.mark.browser

PLACE, INITIALS = "小史马村", "xsm"  # typed by the clerk to find the village in the list
SCORES = ["", "", "11.5", "", "", "", "", "", "9", ""]  # an empty box takes full marks


@pytest.fixture(scope="module")
def portal(own_portal):
    """Here a point is named, which changes the figures other tests look at."""
    return own_portal


@pytest.fixture
def photo(tmp_path):
    """A photo as a phone takes it: large, with position and camera in it."""
    picture = Image.effect_noise((3000, 2250), 60).convert("RGB")
    exif = picture.getexif()
    exif[0x010F] = "Phone"
    exif.get_ifd(0x8825).update({1: "N", 2: (39.0, 30.0, 0.0), 3: "E", 4: (118.0, 6.0, 0.0)})
    picture.save(tmp_path / "photo.jpg", exif=exif, quality=90)
    return tmp_path / "photo.jpg"


def dashboard(screen) -> tuple[str, str]:
    """What anybody reads on the dashboard: the number of points, and the premium rate."""
    figures = screen().open("/").locator(".key").all_inner_texts()
    return re.search(r"\d+", figures[0])[0], re.search(r"[\d.]+", figures[1])[0]


def test_a_new_site_goes_from_the_clerk_to_the_dashboard(screen, person, photo):
    assert dashboard(screen) == ("445", "35.06")
    clerk = person("clerk")
    register(clerk, photo)
    head = person("head")
    send_back(head)
    mend(clerk)
    check(head)
    reviewer = person("reviewer")
    score(reviewer)
    post(reviewer)
    name(person("admin"))
    assert dashboard(screen)[0] == "446"


def test_the_sites_of_a_year_are_confirmed_with_a_tap_each(person):
    clerk = person("clerk")
    clerk.window.open("/desk/points/")
    still_so = clerk.page.locator("form[action$='/confirm/'] button")
    count = still_so.count()
    assert count >= 14
    clerk.tap("form[action$='/confirm/'] button")
    expect(clerk.page.locator("#left")).to_contain_text(f"还有 {count - 1} 个待确认")
    clerk.page.locator("form[action$='/unconfirm/'] button").click()
    expect(clerk.page.locator("#left")).to_contain_text(f"还有 {count} 个待确认")
    clerk.taps = 0
    for left in range(count, 0, -1):
        expect(still_so).to_have_count(left)
        clerk.tap("form[action$='/confirm/'] button")
    expect(clerk.page.locator("#left")).to_contain_text("已全部确认")
    clerk.look()
    assert clerk.taps <= count


def test_what_the_belts_lack_is_two_taps_from_the_desk(person):
    clerk = person("clerk")
    clerk.choose("/desk/township/")
    expect(clerk.page.locator("#lacking")).to_be_visible()
    clerk.look()
    assert clerk.taps <= 2


def register(clerk: Person, photo) -> None:
    page = clerk.page
    clerk.look()
    clerk.tap("a[href$='/desk/points/new/']")
    clerk.type("#places-q", INITIALS)
    expect(page.locator("#place li:visible")).to_have_count(1)
    expect(page.locator("#place li:visible")).to_contain_text(PLACE)
    clerk.tap("button.primary")
    clerk.look()
    if page.locator("form[action$='/confirm/'] button").count():
        clerk.tap("form[action$='/confirm/'] button")
    clerk.tap(".sections a[href$='/organisation/']")
    answer_what_is_missing(clerk)
    clerk.type("#f-highlights", "支部带头流转土地一千二百亩,村民在家门口就业。")
    clerk.tap("button.primary[type=submit]")
    page.wait_for_selector("#pick-map.leaflet-container")
    page.locator("#pick-map").click(position={"x": 200, "y": 100})
    expect(page.locator("#f-position")).to_have_value("")
    clerk.tap("#set")
    page.locator("#pick-map").click(position={"x": 140, "y": 160})
    clerk.taps += 1
    expect(page.locator("#f-position")).not_to_have_value("")
    clerk.look()
    clerk.tap("button.primary[type=submit]")
    page.set_input_files("#photo-files", photo)
    page.wait_for_selector(".photos img")
    clerk.look()
    clerk.tap("a.primary[href$='/check/']")
    while page.locator("form[action$='/overrule/']").count():
        page.fill("form[action$='/overrule/'] input[name=reason]", "已核对")
        clerk.tap("form[action$='/overrule/'] button")
    clerk.look()
    clerk.tap("form.bar button.primary")
    page.wait_for_url("**/desk/")
    typed = sum(len(text) for text in clerk.typed.values())
    print(f"\nregistering took {len(clerk.typed)} typed fields, {typed} characters, {clerk.taps} taps")
    assert len(clerk.typed) <= 3
    assert typed <= 32
    assert clerk.taps <= 15


def send_back(head: Person) -> None:
    """With an opinion that is tapped, and a remark on a field."""
    head.window.open("/desk/")
    head.tap(".tasks a[href*='/desk/reviews/drafts/']")
    head.page.locator("details.remark:has(#remark-highlights) summary").click()
    head.page.fill("#remark-highlights", "请写明带动多少户。")
    head.page.locator(".usual[data-box=opinion] button").first.click()
    assert head.page.input_value("#opinion")
    head.look()
    head.tap("button[value=return]")


def mend(clerk: Person) -> None:
    clerk.window.open("/desk/")
    clerk.taps = 0
    clerk.tap(".tasks li:first-child a.button")
    clerk.look()
    clerk.tap(".asked a[href$='#f-highlights']")
    clerk.look()
    clerk.page.fill("#f-highlights", "支部带头流转土地一千二百亩,带动一百二十户。")
    clerk.taps += 1
    clerk.tap("button.primary[type=submit]")
    clerk.tap("form.bar button.primary")
    clerk.page.wait_for_url(re.compile("/desk/(#.*)?$"))
    assert clerk.taps <= 8


def answer_what_is_missing(clerk: Person) -> None:
    """The organisation's facts the registry does not hold; then on to the venue."""
    missing = {"organisation_name": "中共小史马村支部委员会", "secretary": "示例书记", "member_count": "36"}
    for field, text in missing.items():
        if clerk.page.locator(f"#f-{field}:visible").count() and not clerk.page.input_value(f"#f-{field}"):
            clerk.type(f"#f-{field}", text)
    clerk.look()
    clerk.tap("button.primary[type=submit]")


def check(head: Person) -> None:
    head.window.open("/desk/")
    head.look()
    head.tap(".tasks a[href*='/desk/reviews/drafts/']")
    assert "带动一百二十户" in head.page.inner_text(".asked ins")
    head.look()
    head.page.fill("#opinion", "情况属实,同意申报。")
    head.tap("button[value=pass]")
    head.page.wait_for_url("**/desk/reviews/")


def score(reviewer: Person) -> None:
    page = reviewer.page
    reviewer.tap(".tasks a[href*='/desk/reviews/RV']")
    reviewer.look()
    assert page.locator("#finish").is_disabled()
    assert score_by_keys(page) <= 21
    page.locator("#row-score-6 details summary").click()
    page.locator("#row-score-6 details input[type=checkbox]").first.check()
    expect(page.locator("#finish")).to_be_enabled()
    expect(page.locator("#bar")).to_contain_text("98.5")
    reviewer.tap("#finish")
    page.wait_for_url("**/desk/reviews/")
    reviewer.look()


def score_by_keys(page) -> int:
    """Types all scores, and the reasons of deductions; the number of keys pressed for the scores. The last one leads to
    the button that hands them in."""
    keys = 0
    for number, value in enumerate(SCORES, start=1):
        expect(page.locator(f"#f-score-{number}")).to_be_focused()
        page.keyboard.type(value)
        page.keyboard.press("Enter")
        keys += len(value) + 1
        if value:
            expect(page.locator(f"#f-reason-{number}")).to_be_focused()
            page.keyboard.type("班子分工未上墙")
            page.keyboard.press("Enter")
    expect(page.locator("#finish")).to_be_focused()
    return keys


def post(reviewer: Person) -> None:
    reviewer.tap("a[href$='/desk/notices/new/']")
    reviewer.look()
    reviewer.tap("main form button.primary")
    reviewer.page.wait_for_url("**/desk/notices/N-*/")
    reviewer.look()


def name(admin: Person) -> None:
    """The notice runs first: nothing may be named; in a demonstration it is made to end."""
    page = admin.page
    admin.tap(".tasks a[href*='/desk/notices/']")
    assert page.locator("#naming button.primary").is_disabled()
    admin.tap("form[action$='/run-out/'] button")
    page.fill("#naming [name=document_no]", "丰组字〔2026〕示1号")
    admin.look()
    admin.tap("#naming button.primary")
    page.wait_for_selector("#settled")
    admin.look()
    admin.tap("#settled + ul a")
    assert "政治引领强" in page.inner_text("main")
    admin.look()
