"""Every page of the staff, on a phone and on a desk: it fits, and axe finds nothing serious. The pages come from the
list of addresses, and who may open them from the matrix of access: a new one cannot be forgotten."""

import pytest

from tests.browser.portals import call_in_portal
from tests.browser.screens import DESK, PHONE, Screen
from tests.fengnan.walk import ROLES, addresses, matrix

pytestmark = pytest.mark.browser

NO_PAGES = {
    "draft-similar": "a part of the section that asks for the name",
    "desk-places": "data for the builders' map",
    "evidence": "a picture",
    "load-refused": "a workbook",
    "load-template": "a workbook",
}
WITHOUT_RIGHT = {"history", "plate", "remark", "remark-new"}  # open to everybody, and made for the staff as well
KINDS = {"-", "own", "recheck", "unpublished", "plan", "delivered"}
ACCOUNTS = ("clerk", "head", "reviewer", "admin", "leader", "auditor")
DIFFER = {"desk", "reviews", "desk-remarks", "accounts", "notice-desk"}  # what they show depends on the role


def staff_rows() -> dict[str, list[str]]:
    """Rows of the matrix that are pages of the staff, with the accounts that see something of their own there."""
    rows = {}
    for row, cells in matrix().items():
        name, kind, method = row.split(" | ")
        view = addresses()[name][0].callback
        is_staff = name in WITHOUT_RIGHT or (hasattr(view, "access") and name not in NO_PAGES)
        if method == "GET" and kind in KINDS and is_staff:
            may = [role for role in ACCOUNTS if cells[role].startswith("200")]
            rows |= {row: may if name in DIFFER else may[:1]} if may else {}
    return rows


@pytest.fixture(scope="module")
def portal(own_portal):
    """Here two townships have everything from a draft to a title."""
    return own_portal


@pytest.fixture(scope="module")
def pages(portal) -> dict[str, list[str]]:
    """Row of the matrix → its addresses."""
    return call_in_portal(portal.folder, "staff_pages")


@pytest.mark.parametrize("account", ACCOUNTS)
def test_the_pages_of_an_account_fit_and_have_no_serious_fault(account, pages, screen):
    addresses = [address for row, accounts in staff_rows().items() if account in accounts for address in pages[row]]
    assert len(addresses) > 0
    screen(DESK, account).expect_sound_pages(addresses, DESK, PHONE)


def test_every_account_of_the_matrix_but_the_public_and_programs_is_walked():
    # An administrator of one township sees pages of the district's, fewer of them.
    assert {*ROLES} - {*ACCOUNTS} == {"public", "api", "own-admin"}


def test_what_answers_a_form_fits_and_has_no_serious_fault(pages, screen):
    window = screen(PHONE, "clerk")
    for answer, status in {_wrong_code: 400, _two_writers: 409, _session_ended: 401}.items():
        answer(window, pages)
        assert (answer.__name__, window.broken_rules()) == (answer.__name__, [])
        window.expect_complaint(f"status of {status}")


def _wrong_code(window: Screen, pages) -> None:
    page = window.open(pages["account-factor | - | GET"][0])
    page.click("main form button.primary")
    page.fill("main form input:not([type=hidden])", "000000")
    page.click("main form button.primary")
    page.wait_for_selector(".errors")


def _two_writers(window: Screen, pages) -> None:
    page = window.open(f"{pages['draft | own | GET'][0]}venue/")
    page.locator("[name=was-highlights]").evaluate("opened => { opened.value = 'what stood there before' }")
    page.fill("#f-highlights", "另一人写的")
    page.click("#draft-form button.primary")
    page.wait_for_selector(".conflict .note")


def _session_ended(window: Screen, pages) -> None:
    page = window.open(f"{pages['draft | own | GET'][0]}organisation/")
    page.context.clear_cookies(name="sessionid")
    page.click("#draft-form button.primary")
    page.wait_for_selector(".flow-steps")
