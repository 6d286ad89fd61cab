"""The portal as a person meets it, in Chromium: from a figure to its rows to a point; map, language, phone, axe."""

import re

import pytest

pytestmark = pytest.mark.browser

PAGES = [
    "/", "/figures/", "/figures/premium-rate/", "/figures/interviews/", "/points/", "/points/FN-0001/", "/belts/",
    "/belts/B-01/", "/belts/B-16/", "/zones/", "/zones/Z-01/", "/townships/", "/townships/130207106/", "/consortia/",
    "/consortia/C-01/", "/projects/", "/projects/SP-2021-01/", "/routes/", "/routes/R-01/", "/honours/", "/map/",
    "/map/?view=coordinates", "/search/?q=kjz", "/?as_of=2010-01-01", "/accounts/login/", "/wall/",
]  # fmt: skip


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
    with page.expect_response(lambda answer: "level=national" in answer.url):
        page.locator("main form select[name=level]").locator("xpath=ancestor::form").locator("button").first.click()
    page.wait_for_timeout(300)
    assert page.locator("main table tbody th a[href^='/points/'], main table tbody td a[href^='/points/']").count() == 5


def test_the_charts_are_drawn_and_their_numbers_stand_in_tables(screen):
    page = screen().open("/")
    page.wait_for_selector("figure canvas, figure svg")
    assert page.locator("figure canvas").count() >= 4
    assert page.locator("figure table").count() >= 4


def test_the_language_is_switched_and_stays_on_the_page(screen):
    page = screen().open("/figures/points/?as_of=2019-12-31")
    page.get_by_role("link", name="English").first.click()
    page.wait_for_url("**/en/figures/points/?as_of=2019-12-31")
    assert "Demonstration points" in page.inner_text("h1")
    page.get_by_role("link", name="简体中文").first.click()
    page.wait_for_url(re.compile(r"127\.0\.0\.1:\d+/figures/points/\?as_of=2019-12-31$"))


def test_a_point_on_the_map_opens_its_page(screen):
    page = screen().open("/map/")
    page.locator("svg a[href*='/points/']").first.dispatch_event("click")
    page.wait_for_url("**/points/FN-*/**")


def test_the_coordinate_view_draws_without_tiles(screen):
    page = screen().open("/map/?view=coordinates")
    page.wait_for_selector(".leaflet-container canvas")


def test_search_finds_a_village_by_initials(screen):
    page = screen().open("/")
    page.fill("header input[name=q]", "kjz")
    page.press("header input[name=q]", "Enter")
    page.wait_for_url("**/search/?q=kjz*")
    assert "孔家庄" in page.inner_text("main")


def test_an_administrator_signs_in_and_finds_the_screens(screen):
    window = screen()
    page = window.open("/accounts/login/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", "look at every screen")
    page.press("input[name=password]", "Enter")
    page.wait_for_load_state("networkidle")
    window.open("/admin/registry/belt/")
    assert "唐津运河省级乡村振兴示范带" in page.inner_text("#result_list")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_a_phone(path, screen):
    window = screen(390, 844)
    window.open(path)
    assert window.fits()


@pytest.mark.parametrize("path", [path for path in PAGES if not path.startswith("/wall")])
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing_serious(path, width, screen):
    window = screen(width)
    window.open(path)
    assert window.faults() == []


@pytest.mark.parametrize("path", ["/en/", "/en/figures/premium-rate/", "/en/points/FN-0001/", "/en/map/"])
def test_axe_finds_nothing_serious_in_english(path, screen):
    window = screen()
    window.open(path)
    assert window.faults() == []
    assert window.fits()


def test_the_wall_screen_turns_its_sections_and_can_be_paused(screen):
    window = screen(1920, 1080)
    page = window.open("/wall/")
    assert page.locator("button").count() >= 1
    assert window.fits() and window.faults() == []


def test_the_documentation_of_the_api_tries_a_request_and_takes_nothing_from_elsewhere(screen):
    page = screen().open("/api/v1/docs/")
    page.locator(".opblock").first.wait_for()
    operation = page.locator("#operations-points-points_retrieve")
    for _ in range(60):  # only what is near the window is drawn
        if operation.count():
            break
        page.mouse.wheel(0, 600)
        page.wait_for_timeout(150)
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.locator("tr[data-param-name=code] input").fill("FN-0023")
    operation.get_by_role("button", name="Execute").click()
    answer = operation.locator(".live-responses-table .response .highlight-code").first
    answer.wait_for()
    assert "孔家庄村党建示范点" in answer.inner_text()
