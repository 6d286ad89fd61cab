"""A finding of supervision from the visit to its closing, by a reviewer and a clerk, at 390 pixels."""

import pytest
from PIL import Image

from tests.browser.conftest import SHOTS, portal
from tests.browser.test_life import Person

pytestmark = pytest.mark.browser

FOUND = "谈心谈话记录不全"


@pytest.fixture(scope="module")
def own_site(tmp_path_factory):
    """A portal of its own: here a finding is added."""
    yield from portal(tmp_path_factory.mktemp("supervision"))


@pytest.fixture
def photo(tmp_path):
    Image.new("RGB", (320, 240), "#b3121d").save(tmp_path / "proof.jpg")
    return tmp_path / "proof.jpg"


def seen(person: Person, name: str) -> None:
    person.look()
    if SHOTS:
        person.page.screenshot(path=SHOTS / f"supervision-{name}-390.png", full_page=True)


def send(person: Person, button: str = "main form button.primary") -> None:
    person.tap(button)
    assert person.page.locator("main .errors").count() == 0, person.page.inner_text("main .errors")


def state(person: Person) -> str:
    return person.page.inner_text("main .tags li:first-child")


def test_a_finding_goes_from_the_visit_to_its_closing(chromium, own_site, photo):
    reviewer = Person(chromium, own_site, "reviewer")
    visit(reviewer)
    demand(reviewer)
    clerk = Person(chromium, own_site, "clerk")
    rectify(clerk, photo)
    close(reviewer, clerk)
    assert clerk.window.complaints + reviewer.window.complaints == []


def visit(reviewer: Person) -> None:
    reviewer.tap("a[href$='/desk/supervision/']")
    seen(reviewer, "list")
    reviewer.tap("a[href$='/desk/supervision/new/']")
    assert reviewer.page.input_value("[name=on]") != ""
    reviewer.page.select_option("[name=organisation]", label="大齐各庄镇党委")
    reviewer.page.fill("[name=findings]", FOUND)
    seen(reviewer, "visit")
    send(reviewer)
    assert state(reviewer) == "已发现，待交办"


def demand(reviewer: Person) -> None:
    assert reviewer.page.input_value("main [name=deadline]") != ""
    reviewer.page.fill("main [name=text]", "补齐谈心谈话记录")
    seen(reviewer, "demand")
    send(reviewer)
    assert state(reviewer) == "待整改"
    assert reviewer.page.locator("main form button").count() == 1  # while nothing was handed in, it may be changed


def rectify(clerk: Person, photo) -> None:
    clerk.tap(f".tasks li:has-text('{FOUND}') a.button")
    assert "还差1条即约谈" in clerk.page.inner_text("main")
    clerk.page.fill("main [name=text]", "已补齐并装订成册")
    clerk.page.set_input_files("main [name=proof]", photo)
    seen(clerk, "rectify")
    send(clerk)
    assert state(clerk) == "已整改，待复查"
    assert clerk.page.locator("main form button").count() == 0


def close(reviewer: Person, clerk: Person) -> None:
    reviewer.page.goto(f"{reviewer.window.site}/desk/")
    reviewer.tap(f".tasks li:has-text('{FOUND}') a.button")
    assert reviewer.page.locator(".timeline a").inner_text() == "proof.jpg"
    reviewer.page.fill("main [name=text]", "仍缺一次记录")
    send(reviewer, "button[value=return]")
    assert state(reviewer) == "待整改"
    clerk.page.reload()
    clerk.page.fill("main [name=text]", "已全部补齐")
    clerk.page.set_input_files(
        "main [name=proof]", {"name": "b.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-"}
    )
    send(clerk)
    reviewer.page.reload()
    reviewer.page.fill("main [name=text]", "复查到位")
    seen(reviewer, "check")
    send(reviewer, "button[value=close]")
    assert state(reviewer) == "已销号"
    seen(reviewer, "closed")
