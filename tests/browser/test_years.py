"""A year is closed, a row is corrected, and everybody sees both numbers and the row; at 390 pixels."""

import pytest

from tests.browser.screens import PHONE, Screen

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def portal(own_portal):
    """What is corrected here changes the figures other tests look at."""
    return own_portal


def look_at(window: Screen, path: str):
    assert (path, window.visit(path, PHONE)) == (path, [])
    return window.page


def test_a_year_is_closed_a_row_corrected_and_the_amendment_seen(screen):
    window = screen(PHONE, "admin")
    page = look_at(window, "/desk/years/2021/")
    page.click("main button[value=propose]")
    page.wait_for_selector("button[value=withdraw]")
    second = look_at(screen(PHONE, "reviewer"), "/desk/years/2021/")
    second.click("main button[value=confirm]")
    second.wait_for_selector("#amendments")
    look_at(window, "/desk/years/")
    window.open("/admin/registry/visit/?q=V-001").click("#result_list tbody th a")
    headcount = int(page.input_value("[name=headcount]"))
    page.fill("[name=headcount]", str(headcount + 7))
    page.fill("[name=change_reason]", "数据核对")
    page.click("[name=_save]")
    page.wait_for_selector(".messagelist .success")
    look_at(window, "/desk/years/2021/")
    assert page.locator("[aria-labelledby=amendments] tbody tr").count() == 2  # the district's and the township's
    everybody = screen(PHONE)
    story = look_at(everybody, "/figures/visits/?as_of=2021-12-31")
    was, now = (story.inner_text(f".amended {tag}").split()[0].replace(",", "") for tag in ("del", "ins"))
    assert int(now) == int(was) + 7
    assert story.locator("[aria-labelledby=amended] tbody code").all_inner_texts() == ["V-001"]
    look_at(everybody, "/?as_of=2021-12-31")
    assert story.locator('a[href*="#amended"], a:has-text("封存：")').count() >= 1
    look_at(everybody, "/report/2021/")
    assert story.locator("p.told", has_text="封账后修订").count() == 1
