"""A secretary project through its three ledgers, by a clerk and a reviewer, at 390 pixels."""

import re

import pytest
from PIL import Image

from tests.browser.drafts import says_saved
from tests.browser.screens import Person

pytestmark = pytest.mark.browser

NAME = "大齐各庄镇“支部规范”书记项目"


@pytest.fixture(scope="module")
def portal(own_portal):
    """Here a project is added, which changes the figures other tests look at."""
    return own_portal


@pytest.fixture
def photo(tmp_path):
    Image.new("RGB", (320, 240), "#b3121d").save(tmp_path / "proof.jpg")
    return tmp_path / "proof.jpg"


def figures(screen) -> list[str]:
    """What anybody reads: the projects of the year, and the problems solved."""
    window = screen()
    stories = [window.open(f"/figures/{slug}/").inner_text(".story .big") for slug in ("projects", "problems-solved")]
    return [re.search(r"\d+", story)[0] for story in stories]


def fill(person: Person, **typed: str) -> None:
    for name, text in typed.items():
        person.page.fill(f"main [name={name}]", text)


def send(person: Person) -> None:
    person.look()
    person.send()


def next_step(person: Person, step: str) -> None:
    person.tap(f".steps-next a[href$='/{step}/']")


def test_a_project_goes_through_its_three_ledgers(screen, person, photo):
    assert figures(screen) == ["32", "25"]
    clerk = person("clerk")
    open_ledger(clerk)
    assert figures(screen) == ["33", "25"]
    amend(clerk)
    check(clerk, photo)
    solve(clerk, photo)
    assert figures(screen) == ["33", "26"]
    code = hand_in(clerk, photo)
    sign(person("reviewer"), code)
    read_by_anybody(screen, code)


def test_a_plan_typed_without_a_connection_is_saved_later_and_found_on_another_phone(phone):
    page = phone("/desk/projects/new/")
    page.fill("[name=measures]", "先查后改")
    says_saved(page)
    context = page.context
    context.set_offline(True)
    page.fill("[name=expected_results]", "支部全部达标")
    page.close()
    context.set_offline(False)
    again = context.new_page()
    again.goto(page.url)
    says_saved(again)
    other = phone("/desk/projects/new/")
    assert other.input_value("[name=measures]") == "先查后改"
    assert other.input_value("[name=expected_results]") == "支部全部达标"


def open_ledger(clerk: Person) -> None:
    clerk.choose("/desk/projects/")
    clerk.look()
    clerk.tap("a[href$='/desk/projects/new/']")
    assert "大齐各庄镇" in clerk.page.locator("[name=organisation] option:checked").inner_text()
    assert clerk.page.input_value("[name=deadline]") != ""
    fill(
        clerk, name=NAME, problems="支部规范化程度不高", measures="逐项整改。", expected_results="支部全部达标。",
        deadline="2021-12-15", responsible_person="示例书记",
    )  # fmt: skip
    send(clerk)
    clerk.look()
    clerk.page.fill("#opening [name=on]", "2021-03-01")
    clerk.tap("#opening button.primary")
    assert "支部规范化程度不高" in clerk.page.inner_text("main")  # it says what is sealed
    clerk.look()
    clerk.send()
    clerk.look()


def amend(clerk: Person) -> None:
    next_step(clerk, "amend")
    fill(clerk, measures="改为分类整改。", reason="上级部署调整")
    send(clerk)
    clerk.look()


def check(clerk: Person, photo) -> None:
    next_step(clerk, "check")
    assert "0" in clerk.page.input_value("[name=percent]")
    fill(clerk, on="2021-06-01", percent="60", text="已完成一半以上")
    clerk.page.check("main [name=light][value=slow]")
    says_saved(clerk.page)
    clerk.page.reload()
    assert clerk.page.is_checked("main [name=light][value=slow]")
    clerk.page.check("main [name=light][value=on_track]")
    clerk.prove(photo)
    send(clerk)


def solve(clerk: Person, photo) -> None:
    next_step(clerk, "solve")
    fill(clerk, on="2021-09-01", result="已整改到位")
    clerk.prove(photo)
    send(clerk)


def hand_in(clerk: Person, photo) -> str:
    next_step(clerk, "hand-in")
    fill(clerk, on="2021-12-10", text="支部全部达标")
    clerk.prove(photo)
    send(clerk)
    clerk.look()
    assert clerk.page.locator(".steps-next").count() == 0
    return clerk.page.url.rstrip("/").rsplit("/", 1)[1]


def sign(reviewer: Person, code: str) -> None:
    reviewer.window.open(f"/projects/{code}/")
    next_step(reviewer, "sign")
    rows = reviewer.page.locator(".settlement tbody tr").all_inner_texts()
    assert len(rows) == 3
    send(reviewer)
    reviewer.look()
    reviewer.window.open("/desk/projects/?year=2021&view=timeline")
    reviewer.look()
    reviewer.window.open("/desk/projects/?year=2021")
    reviewer.look()


def read_by_anybody(screen, code: str) -> None:
    """The promise as first given, its amendment, and the signature; no names."""
    page = screen().open(f"/projects/{code}/")
    promised, amended = page.inner_text("#promised ~ p"), page.inner_text(".amendments")
    assert promised == "逐项整改。"
    assert (page.inner_text(".amendments del"), page.inner_text(".amendments ins")) == ("逐项整改。", "改为分类整改。")
    assert "上级部署调整" in amended
    assert "由第二人审签" in page.inner_text("main")
    assert "示例书记" not in page.content()
