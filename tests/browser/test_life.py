"""A site from a clerk's phone to the public dashboard, as four people do it, all at 390 pixels; and what it costs."""

import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.screens import Person

pytestmark = pytest.mark.browser

PLACE = "小史马"  # typed by the clerk to find the village in the list
SCORES = ["10", "10", "11.5", "10", "12", "12", "8", "10", "9", "6"]


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
    check(person("head"))
    reviewer = person("reviewer")
    score(reviewer)
    post(reviewer)
    name(person("admin"))
    assert dashboard(screen)[0] == "446"
    characters = sum(len(text) for text in clerk.typed.values())
    print(f"\nthe clerk typed {len(clerk.typed)} fields, {characters} characters, {clerk.taps} taps")
    assert len(clerk.typed) <= 12


def register(clerk: Person, photo) -> None:
    page = clerk.page
    clerk.look()
    clerk.tap("a[href$='/desk/points/new/']")
    clerk.type("#places-q", PLACE)
    clerk.tap("button.primary")
    clerk.look()
    if page.locator("form[action$='/confirm/'] button").count():
        clerk.tap("form[action$='/confirm/'] button")
    clerk.tap(".sections a[href$='/organisation/']")
    answer_what_is_missing(clerk)
    clerk.type("#f-highlights", "支部带头流转土地一千二百亩,村民在家门口就业。")
    clerk.tap("button.primary[type=submit]")
    page.wait_for_selector("#pick-map.leaflet-container")
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


def answer_what_is_missing(clerk: Person) -> None:
    """The organisation's facts the registry does not hold; then on to the venue."""
    missing = {"organisation_name": "中共小史马村支部委员会", "secretary": "示例书记", "member_count": "36"}
    for field, text in missing.items():
        if clerk.page.locator(f"#f-{field}:visible").count() and not clerk.page.input_value(f"#f-{field}"):
            clerk.type(f"#f-{field}", text)
    clerk.look()
    clerk.tap("button.primary[type=submit]")


def check(head: Person) -> None:
    head.look()
    head.tap(".tasks a[href*='/desk/reviews/drafts/']")
    head.look()
    head.page.fill("#opinion", "情况属实,同意申报。")
    head.tap("button[value=pass]")
    head.page.wait_for_url("**/desk/reviews/")


def score(reviewer: Person) -> None:
    page = reviewer.page
    reviewer.tap(".tasks a[href*='/desk/reviews/RV']")
    reviewer.look()
    assert page.locator("#finish").is_disabled()
    for number, value in enumerate(SCORES, start=1):
        page.fill(f"#f-score-{number}", value)
    page.fill("#f-reason-3", "班子分工未上墙")
    page.locator("#row-score-6 details summary").click()
    page.locator("#row-score-6 details input[type=checkbox]").first.check()
    expect(page.locator("#finish")).to_be_enabled()
    assert "98.5" in page.inner_text("#bar")
    reviewer.tap("#finish")
    page.wait_for_url("**/desk/reviews/")
    reviewer.look()


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
