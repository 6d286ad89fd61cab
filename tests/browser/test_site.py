"""The portal as a person meets it, in Chromium: from a figure to its rows to a point; map, language, phone, axe."""

import io
import re

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from tests.browser.screens import DESK, PHONE, sign_in

pytestmark = pytest.mark.browser

PAGES = [
    "/", "/figures/", "/figures/premium-rate/", "/figures/interviews/", "/points/", "/points/FN-0001/", "/belts/",
    "/belts/B-01/", "/belts/B-16/", "/zones/", "/zones/Z-01/", "/townships/", "/townships/130207106/", "/consortia/",
    "/consortia/C-01/", "/projects/", "/projects/SP-2021-01/", "/routes/", "/routes/R-01/", "/honours/", "/map/",
    "/map/?view=coordinates", "/search/?q=kjz", "/?as_of=2010-01-01", "/accounts/login/", "/points/?search=没有的名字",
    "/figures/points/changes/", "/figures/visits/changes/?year=2018&since=2017-12-31", "/attention/?area=130207001",
    "/map/?grade=premium", "/lists/", "/coverage/incomes/", "/guarantee/", "/brand-matrix/", "/brief/", "/report/2021/",
    "/special-actions/SA-01/", "/teaching-sites/TS-01/", "/schemes/SC-2020-01/",
]  # fmt: skip
ENGLISH = ["/en/", "/en/figures/premium-rate/", "/en/points/FN-0001/", "/en/map/"]
WALL = (1920, 1080)


def test_from_the_dashboard_to_a_figure_to_its_rows_to_a_point(screen):
    page = screen().open("/")
    page.locator("main a[href*='/figures/premium-rate/']").first.click()
    page.wait_for_url("**/figures/premium-rate/**")
    assert "35.06" in page.inner_text("main")
    rows = page.locator("main table tbody tr th a[href*='/points/'], main table tbody tr td a[href*='/points/']")
    name = rows.first.inner_text()
    rows.first.click()
    page.wait_for_url("**/points/FN-*/**")
    assert name in page.inner_text("h1")


def test_filtering_the_rows_of_a_figure_narrows_them(screen):
    page = screen().open("/figures/points/")
    page.select_option("main form select[name=level]", "national")
    names = page.locator("main table tbody th a[href^='/points/'], main table tbody td a[href^='/points/']")
    expect(names).to_have_count(5)
    assert "level=national" in page.url


def test_the_charts_are_drawn_and_their_numbers_stand_in_tables(screen):
    page = screen().open("/")
    assert page.locator("figure canvas").count() >= 4
    assert page.locator("figure table").count() >= 4


def test_the_dashboard_prints_on_three_pages_with_its_charts(screen):
    page = screen().open("/")
    printed = PdfReader(io.BytesIO(page.pdf(format="A4", prefer_css_page_size=True)))
    assert len(printed.pages) <= 3
    words = "".join(sheet.extract_text() for sheet in printed.pages)
    assert {number for number in ("46.67%", "2,221", "324") if number not in words} == set()  # only charts write these


def test_a_point_on_the_map_opens_its_page(screen):
    page = screen().open("/map/")
    page.locator("svg a[href*='/points/']").first.click()
    page.wait_for_url("**/points/FN-*/**")


def test_the_coordinate_view_draws_without_tiles(screen):
    page = screen().open("/map/?view=coordinates")
    expect(page.locator(".leaflet-container canvas")).to_have_count(1)


def test_an_administrator_types_the_password_and_finds_the_screens(screen):
    window = screen()
    page = window.open("/accounts/login/")
    page.fill("input[name=password]", "can be read")
    page.get_by_label("显示密码").check()
    expect(page.locator("input[name=password]")).to_have_attribute("type", "text")
    sign_in(page, "admin")
    page = window.open("/admin/registry/belt/")
    assert "唐津运河省级乡村振兴示范带" in page.inner_text("#result_list")


@pytest.mark.parametrize("paths", [PAGES, ENGLISH], ids=["chinese", "english"])
def test_the_public_pages_fit_and_have_no_serious_fault(paths, screen):
    """One visit a page: at a desk and on a phone it fits, axe finds nothing serious, it complains of nothing and asks
    nothing from elsewhere."""
    screen(DESK).expect_sound_pages(paths, DESK, PHONE)


def test_the_wall_screen_lights_the_townships_until_it_is_paused(screen):
    window = screen(WALL)
    window.page.clock.install()
    assert window.visit("/wall/", PHONE, WALL) == []
    page = window.page
    card, tile = page.locator(".wall-townships > li:visible"), page.locator(".map-tile.is-lit:visible")
    places = page.locator(".wall-townships > li").evaluate_all("(cards) => cards.map((card) => card.dataset.township)")
    assert len(places) == 16
    for place, wait in zip(places, ["00:30", "00:30", ""], strict=False):
        expect(card).to_have_attribute("data-township", place)
        expect(tile).to_have_attribute("data-township", place)
        expect(card.locator("dd a")).to_have_count(4)
        if wait:
            page.clock.fast_forward(wait)
    assert window.broken_rules() == []
    page.locator("[data-pause]").click()
    page.clock.fast_forward("01:00")
    expect(card).to_have_attribute("data-township", places[2])


@pytest.mark.parametrize("size", [WALL, (3840, 2160)], ids=["full HD", "4K"])
def test_the_wall_screen_shows_all_at_once(size, screen):
    page = screen(size).open("/wall/")
    assert page.evaluate("document.documentElement.scrollHeight <= window.innerHeight")
    map_width = page.locator(".wall-centre .map").bounding_box()["width"]
    assert 0.45 <= map_width / size[0] <= 0.55
    assert page.locator(".wall-key .trend").count() == 6
    numbers = page.locator(".wall-key .big, .wall-townships dd b, .wall-ranking b, .wall .smalls b")
    assert numbers.evaluate_all("(all) => all.filter((one) => !one.closest('a') && !one.querySelector('a'))") == []


def test_the_wall_screen_survives_a_night_without_the_network(screen):
    """It says how old its numbers are, and shows new ones by itself once the portal answers again."""
    window = screen(WALL)
    page = window.page
    page.clock.install()
    window.open("/wall/")
    stamp, points = page.locator("[data-stamp]"), page.locator(".wall-key .big b").first
    expect(stamp).to_have_text(re.compile(r"^数据截至 \d\d:\d\d$"))
    loaded = stamp.inner_text()
    page.route("**/wall/", lambda route: route.abort())
    page.clock.fast_forward("10:00:00")
    expect(stamp).to_contain_text("，未能更新")
    assert loaded.split()[-1] in stamp.inner_text() and "late" in stamp.get_attribute("class")
    expect(points).to_have_text("445")
    window.expect_complaint("ERR_FAILED")
    page.unroute("**/wall/")
    points.evaluate("(number) => number.textContent = 'old'")
    page.clock.fast_forward("01:01")
    expect(points).to_have_text("445")
    expect(stamp).not_to_contain_text("，未能更新")
    assert page.locator(".wall-townships > li:visible").count() == 1


def test_the_wall_screen_stands_still_for_who_asks_for_less_motion(screen):
    window = screen(WALL)
    page = window.page
    page.emulate_media(reduced_motion="reduce")
    page.clock.install()
    window.open("/wall/")
    card = page.locator(".wall-townships > li:visible")
    first = card.get_attribute("data-township")
    page.clock.fast_forward("01:00")
    expect(card).to_have_attribute("data-township", first)
    page.locator("[data-pause]").click()
    page.clock.fast_forward("00:31")
    expect(card).not_to_have_attribute("data-township", first)


def test_the_documentation_of_the_api_tries_a_request_and_takes_nothing_from_elsewhere(screen):
    page = screen().open("/api/v1/docs/")
    page.locator(".opblock").first.wait_for()
    operation = page.locator("#operations-points-points_retrieve")
    while not operation.count():  # only what is near the window is drawn
        page.locator(".opblock").last.scroll_into_view_if_needed()
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.locator("tr[data-param-name=code] input").fill("FN-0023")
    operation.get_by_role("button", name="Execute").click()
    answer = operation.locator(".live-responses-table .response .highlight-code").first
    answer.wait_for()
    assert "孔家庄村党建示范点" in answer.inner_text()
