"""Every page of the staff, on a phone and on a desk: it fits, and axe finds nothing serious. The pages come from the
list of addresses, and who may open them from the matrix of access: a new one cannot be forgotten."""

import json
import subprocess
import sys

import pytest

from tests.browser.conftest import Screen, environment, portal, sign_in
from tests.fengnan.walk import ROLES, addresses, matrix
from tests.processes import ROOT

pytestmark = pytest.mark.browser

STAGE = """
import json
from tests.browser.staged import staff_pages
print(json.dumps(staff_pages()))
"""
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
    found = {}
    for row, cells in matrix().items():
        name, kind, method = row.split(" | ")
        view = addresses()[name][0].callback
        is_staff = name in WITHOUT_RIGHT or (hasattr(view, "access") and name not in NO_PAGES)
        if method == "GET" and kind in KINDS and is_staff:
            may = [role for role in ACCOUNTS if cells[role].startswith("200")]
            found |= {row: may if name in DIFFER else may[:1]} if may else {}
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("staff")


@pytest.fixture(scope="module")
def own_site(folder):
    """A portal of its own, in which two townships have everything from a draft to a title."""
    yield from portal(folder)


@pytest.fixture(scope="module")
def pages(own_site, folder) -> dict[str, list[str]]:
    """Row of the matrix → its addresses."""
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", STAGE]
    made = subprocess.run(command, cwd=ROOT, env=environment(folder), check=True, capture_output=True, text=True)
    return json.loads(made.stdout)


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("role", ACCOUNTS)
def test_the_pages_of_an_account_fit_and_have_no_serious_fault(role, width, pages, own_site, chromium):
    window = Screen(chromium, own_site, width)
    sign_in(window.open("/accounts/login/?next=/desk/"), role)
    looked_at = {}
    for row, roles in staff_rows().items():
        for address in pages[row] if role in roles else ():
            window.open(address)
            looked_at[address] = window.fits(), window.faults(), window.complaints.copy()
    window.page.close()
    assert {address: seen for address, seen in looked_at.items() if seen != (True, [], [])} == {}
    assert len(looked_at) > 0


def test_every_account_of_the_matrix_but_the_public_and_programs_is_walked():
    assert {*ROLES} - {*ACCOUNTS} == {"public", "api"}


def test_what_answers_a_form_fits_and_has_no_serious_fault(pages, own_site, chromium):
    window = Screen(chromium, own_site, 390)
    page = window.page
    sign_in(window.open("/accounts/login/?next=/desk/"), "clerk")
    answers = (_wrong_code, _two_writers, _session_ended)
    for answer in answers:
        answer(window, pages)
        page.wait_for_load_state()
        assert (answer.__name__, window.fits(), window.faults()) == (answer.__name__, True, [])
    page.close()


def _wrong_code(window: Screen, pages) -> None:
    page = window.open(pages["account-factor | - | GET"][0])
    page.click("main form button.primary")
    page.fill("main form input:not([type=hidden])", "000000")
    page.click("main form button.primary")
    page.wait_for_selector(".errors")


def _two_writers(window: Screen, pages) -> None:
    page = window.open(f"{pages['draft | own | GET'][0]}venue/")
    page.locator("[name=was-highlights]").evaluate("each => { each.value = 'what stood there before' }")
    page.fill("#f-highlights", "另一人写的")
    page.click("#draft-form button.primary")
    page.wait_for_selector(".conflict .note")


def _session_ended(window: Screen, pages) -> None:
    page = window.open(f"{pages['draft | own | GET'][0]}organisation/")
    page.context.clear_cookies(name="sessionid")
    page.click("#draft-form button.primary")
    page.wait_for_selector(".flow-steps")
