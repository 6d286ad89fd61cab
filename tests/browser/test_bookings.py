"""Groups book a site until it is full; one comes, and the number of visits moves; by a clerk, at 390 pixels."""

import pytest
from django.utils.timezone import localdate

from tests.browser.screens import PHONE, Person

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def portal(own_portal):
    """Here a visit is added."""
    return own_portal


def book(clerk: Person, visitor: str, people: int) -> None:
    clerk.window.open("/desk/bookings/")
    clerk.page.click("main summary")
    clerk.page.select_option("[name=site]", index=1)
    for name, value in {"booked_for": f"{localdate()}", "visitor": visitor, "headcount": f"{people}"}.items():
        clerk.page.fill(f"main [name={name}]", value)
    clerk.page.fill("main [name=phone]", "13911112222")
    clerk.look("bookings-form")
    clerk.tap("main form button.primary")
    assert clerk.state() == "待确认"


def visits(screen) -> int:
    value = screen(PHONE).open(f"/figures/visits/?as_of={localdate()}").inner_text(".big b")
    return int(value.replace(",", ""))


def test_a_site_is_booked_until_it_is_full_and_who_came_is_a_visit(screen, person):
    before = visits(screen)
    clerk = person("clerk")
    book(clerk, "某市委组织部", 60)
    clerk.look("bookings-asked")
    clerk.tap("button[value=confirm]")
    assert clerk.state() == "已确认"
    book(clerk, "某高校党委", 30)
    assert "余位20人次" in clerk.page.inner_text("main .why-not")
    assert clerk.page.locator("button[value=confirm]").count() == 0
    clerk.look("bookings-full")
    clerk.page.fill("#refuse_reason", "当月已满")
    clerk.tap("button[value=refuse]")
    assert clerk.state() == "已谢绝"
    clerk.tap(".crumb a")
    clerk.look("bookings-list")
    clerk.tap(".tasks li:has-text('某市委组织部') a.button")
    clerk.page.fill("#hold_headcount", "58")
    clerk.look("bookings-hold")
    clerk.tap("button[value=hold]")
    assert clerk.state() == "已接待"
    clerk.look("bookings-held")
    clerk.window.open("/teaching-sites/TS-07/")
    assert clerk.page.inner_text("[aria-labelledby=free] tbody tr:first-child td:last-child").strip() == "20"
    clerk.look("bookings-public")
    assert visits(screen) == before + 58
