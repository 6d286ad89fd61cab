"""A finding of supervision from the visit to its closing, by a reviewer and a clerk, at 390 pixels."""

import re
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.screens import Person

pytestmark = pytest.mark.browser

FINDING = "谈心谈话记录不全"


@pytest.fixture(scope="module")
def portal(own_portal):
    """Here a finding is added."""
    return own_portal


@pytest.fixture
def photo(tmp_path):
    Image.new("RGB", (320, 240), "#b3121d").save(tmp_path / "proof.jpg")
    return tmp_path / "proof.jpg"


def test_a_finding_goes_from_the_visit_to_its_closing(person, photo):
    reviewer = person("reviewer")
    visit(reviewer)
    demand(reviewer)
    clerk = person("clerk")
    rectify(clerk, photo)
    close(reviewer, clerk)


def test_proof_that_is_cut_off_goes_on_by_itself_and_its_form_waits_for_it(person, phone, tmp_path):
    """The clerk presses the button while the file is still on its way."""
    reviewer = person("reviewer")
    visit(reviewer)
    demand(reviewer)
    address = urlsplit(reviewer.page.url).path
    photo = tmp_path / "large.jpg"
    Image.effect_noise((1100, 1100), 90).convert("RGB").save(photo, quality=98)
    page = phone(address)
    later_parts = re.compile(r"/desk/proof/.*offset=[1-9]")
    page.route(later_parts, lambda request: request.abort())
    page.fill("main [name=text]", "已补齐并装订成册")
    page.set_input_files("main [name=proof]", photo)
    expect(page.locator(".sending")).to_contain_text("网络中断")
    page.click("main form button.primary")
    assert page.url.endswith(address)
    page.unroute(later_parts)
    expect(page.locator(".timeline a")).to_have_text("large.jpg")


def visit(reviewer: Person) -> None:
    reviewer.choose("/desk/supervision/")
    reviewer.look("supervision-list")
    reviewer.tap("a[href$='/desk/supervision/new/']")
    assert reviewer.page.input_value("[name=on]") != ""
    reviewer.page.select_option("[name=organisation]", label="大齐各庄镇党委")
    reviewer.page.fill("[name=findings]", FINDING)
    reviewer.look("supervision-visit")
    reviewer.send()
    assert reviewer.state() == "已发现，待交办"


def demand(reviewer: Person) -> None:
    assert reviewer.page.input_value("main [name=deadline]") != ""
    reviewer.page.fill("main [name=text]", "补齐谈心谈话记录")
    reviewer.look("supervision-demand")
    reviewer.send()
    assert reviewer.state() == "待整改"
    assert reviewer.page.locator("main form button").count() == 1  # while nothing was handed in, it may be changed


def rectify(clerk: Person, photo) -> None:
    clerk.tap(f".tasks li:has-text('{FINDING}') a.button")
    assert "还差1条即约谈" in clerk.page.inner_text("main")
    clerk.page.fill("main [name=text]", "已补齐并装订成册")
    clerk.prove(photo)
    clerk.look("supervision-rectify")
    clerk.send()
    assert clerk.state() == "已整改，待复查"
    assert clerk.page.locator("main form button").count() == 0


def close(reviewer: Person, clerk: Person) -> None:
    reviewer.window.open("/desk/")
    reviewer.tap(f".tasks li:has-text('{FINDING}') a.button")
    assert reviewer.page.locator(".timeline a").inner_text() == "proof.jpg"
    reviewer.page.fill("main [name=text]", "仍缺一次记录")
    reviewer.send("button[value=return]")
    assert reviewer.state() == "待整改"
    clerk.page.reload()
    clerk.page.fill("main [name=text]", "已全部补齐")
    clerk.prove({"name": "b.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-"})
    clerk.send()
    reviewer.page.reload()
    reviewer.page.fill("main [name=text]", "复查到位")
    reviewer.look("supervision-check")
    reviewer.send("button[value=close]")
    assert reviewer.state() == "已销号"
    reviewer.look("supervision-closed")
