"""The assessment of a year: scored, announced to 16 townships, appealed against by one on a phone, answered."""

import pytest

from tests.browser.screens import DESK, Person

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def portal(own_portal):
    """Here a ranking is announced, which cannot be taken back."""
    return own_portal


def ranking(person: Person) -> list[tuple[str, str, str]]:
    """(rank, unit, total) as the page shows them."""
    rows = person.page.locator("#ranking + table tbody tr, #ranking ~ table tbody tr")
    lines = []
    for row in rows.all():
        cells = row.locator("td").all_inner_texts()
        lines.append((cells[0].split()[-1], row.locator("a").inner_text(), cells[1].split()[-1]))
    return lines


def test_a_scheme_ranks_all_townships_and_an_appeal_moves_the_ranking(person):
    admin, clerk = person("admin", DESK), person("clerk")
    admin.window.open("/desk/schemes/")
    admin.look()
    admin.tap("main h2 a[href='/schemes/SC-2021-01/']")
    before = ranking(admin)
    assert (len(before), before[-1][:2]) == (16, ("16", "大齐各庄镇"))
    clerk.window.open("/schemes/SC-2021-01/")
    assert clerk.page.locator("#ranking ~ table tbody tr").count() == 1
    score_oneself(clerk)
    admin.tap("form[action$='/announce/'] button")
    assert ranking(admin) == before
    lines_open_their_rows(clerk)
    appeal(clerk)
    answer(admin)
    admin.window.open("/schemes/SC-2021-01/")
    admin.look()
    [after] = [row for row in ranking(admin) if row[1] == "大齐各庄镇"]
    assert float(after[2]) > float(before[-1][2])
    clerk.page.reload()
    assert after[2] in clerk.page.inner_text("dl.facts")
    assert "材料属实" in clerk.page.inner_text("#appeals + ol")
    clerk.look()


def score_oneself(clerk: Person) -> None:
    clerk.tap("#ranking ~ table tbody a")
    clerk.tap(".steps-next a[href$='/own/']")
    clerk.look()
    clerk.page.fill("[name=score-4]", "15.5")
    clerk.tap("main form button.primary")
    assert "15" in clerk.page.inner_text("main .errors")
    assert clerk.page.input_value("[name=score-4]") == "15.5"
    clerk.window.expect_complaint("400")
    clerk.page.fill("[name=score-4]", "15")
    clerk.tap("main form button.primary")
    assert clerk.page.url.endswith("/results/SC-2021-01-012/")


def lines_open_their_rows(clerk: Person) -> None:
    """Every computed line of the card leads to its figure, with the same number and its rows."""
    clerk.window.open("/results/SC-2021-01-012/")
    links = [link.get_attribute("href") for link in clerk.page.locator("#card ~ table a[href*='/figures/']").all()]
    assert len(links) == 4
    for link in links:
        clerk.window.open(link)
        assert clerk.page.locator(".story .big").count() == 1
    clerk.window.open("/results/SC-2021-01-012/")


def appeal(clerk: Person) -> None:
    clerk.tap(".steps-next a[href$='/appeal/']")
    clerk.look()
    clerk.page.select_option("[name=item]", "5")
    clerk.page.fill("[name=text]", "先锋岗材料未被采信")
    clerk.tap("main form button.primary")
    assert "先锋岗材料未被采信" in clerk.page.inner_text("#appeals + ol")


def answer(admin: Person) -> None:
    admin.window.open("/desk/")
    admin.tap("a[href*='/desk/appeals/']")
    admin.look()
    admin.page.fill("[name=answer]", "材料属实")
    admin.page.fill("[name=score]", "15")
    admin.tap("main form button.primary")
