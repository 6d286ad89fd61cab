"""Groups book a site until it is full; one comes, and the number of visits moves; by a clerk, at 390 pixels."""

import pytest
from django.utils.timezone import localdate

from tests.browser.conftest import SHOTS, Screen, portal
from tests.browser.test_life import Person

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def own_site(tmp_path_factory):
    """A portal of its own: here a visit is added."""
    yield from portal(tmp_path_factory.mktemp("bookings"))


def seen(person: Person, name: str) -> None:
    person.look()
    if SHOTS:
        person.page.screenshot(path=SHOTS / f"bookings-{name}-390.png", full_page=True)


def book(clerk: Person, visitor: str, people: int) -> None:
    clerk.page.goto(f"{clerk.window.site}/desk/bookings/")
    clerk.page.click("main summary")
    clerk.page.select_option("[name=site]", index=1)
    for name, value in {"booked_for": f"{localdate()}", "visitor": visitor, "headcount": f"{people}"}.items():
        clerk.page.fill(f"main [name={name}]", value)
    clerk.page.fill("main [name=phone]", "13911112222")
    seen(clerk, "form")
    clerk.tap("main form button.primary")
    assert state(clerk) == "待确认"


def state(person: Person) -> str:
    return person.page.inner_text("main .tags li:first-child")


def visits(chromium, site: str) -> int:
    window = Screen(chromium, site, 390)
    value = window.open(f"/figures/visits/?as_of={localdate()}").inner_text(".big b")
    window.page.close()
    assert window.complaints == []
    return int(value.replace(",", ""))


def test_a_site_is_booked_until_it_is_full_and_who_came_is_a_visit(chromium, own_site):
    before = visits(chromium, own_site)
    clerk = Person(chromium, own_site, "clerk")
    book(clerk, "某市委组织部", 60)
    seen(clerk, "asked")
    clerk.tap("button[value=confirm]")
    assert state(clerk) == "已确认"
    book(clerk, "某高校党委", 30)
    assert "余位20人次" in clerk.page.inner_text("main .why-not")
    assert clerk.page.locator("button[value=confirm]").count() == 0
    seen(clerk, "full")
    clerk.page.fill("#refuse_reason", "当月已满")
    clerk.tap("button[value=refuse]")
    assert state(clerk) == "已谢绝"
    clerk.tap(".crumb a")
    seen(clerk, "list")
    clerk.tap(".tasks li:has-text('某市委组织部') a.button")
    clerk.page.fill("#hold_headcount", "58")
    seen(clerk, "hold")
    clerk.tap("button[value=hold]")
    assert state(clerk) == "已接待"
    seen(clerk, "held")
    clerk.page.goto(f"{own_site}/teaching-sites/TS-07/")
    assert clerk.page.inner_text("[aria-labelledby=free] tbody tr:first-child td:last-child").strip() == "20"
    seen(clerk, "public")
    assert visits(chromium, own_site) == before + 58
    assert clerk.window.complaints == []
