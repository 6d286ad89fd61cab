"""The pages of a closed year: the desk that closes it, and the frozen number beside the live one everywhere."""

import pytest

from registry.actions.records import save_record
from registry.figures import FIGURES
from registry.models import FrozenYear
from tests.conftest import LAST_DAY

YEAR = LAST_DAY.year
ADDRESS, OPEN = f"/desk/years/{YEAR}/", f"/desk/years/{YEAR - 1}/"  # the first is closed by `closing`


@pytest.fixture
def amended(closing, scope, administrator):
    """A closed year of which a visit was corrected: the frozen figure, and what the figure says today."""
    visit = FIGURES["visits"].rows(scope).order_by("code").first()
    visit.headcount += 7
    save_record(visit, by=administrator)
    return closing.figures.get(slug="visits", area_id=scope.area), FIGURES["visits"].answer(scope).value


def test_an_administrator_closes_a_year_on_its_page(sample, administrator, client):
    client.force_login(administrator)
    assert client.get(OPEN).context["form"].initial == {"edition": 0}
    assert client.post(OPEN, {"edition": 0, "reason": "年终"}).status_code == 302
    page = client.get(OPEN).context
    assert ([edition.remark for edition in page["editions"]], page["broken"], page["amendments"]) == (["年终"], [], [])


def test_a_second_click_closes_nothing_more(sample, administrator, client):
    client.force_login(administrator)
    statuses = [client.post(OPEN, {"edition": 0}).status_code for _time in range(2)]
    assert (statuses, FrozenYear.objects.public().count()) == ([302, 409], 1)


def test_a_year_that_is_not_over_has_no_page(sample, administrator, client):
    client.force_login(administrator)
    assert client.get("/desk/years/2999/").status_code == 404


def test_the_desk_lists_what_was_amended(amended, administrator, client):
    client.force_login(administrator)
    listed = {
        (amendment.answer.figure.slug, amendment.frozen.area_id)
        for amendment in client.get(ADDRESS).context["amendments"]
    }
    assert ("visits", "130207") in listed


def test_dashboard_figure_and_report_show_the_frozen_number_beside_the_live_one(amended, client):
    frozen, now = amended
    dashboard = client.get(f"/?as_of={LAST_DAY}").context
    assert {
        slug: (amendment.was.value, amendment.answer.value) for slug, amendment in dashboard["amendments"].items()
    } == {"visits": (frozen.value, now)}
    figure = client.get(f"/figures/visits/?as_of={LAST_DAY}").context
    assert (figure["frozen"], figure["amendment"].was.value, len(figure["changes"])) == (frozen, frozen.value, 1)
    sentences = [part.sentences.get("amended") for part in client.get(f"/report/{YEAR}/").context["report"].sections]
    [sentence] = [sentence for sentence in sentences if sentence]
    assert [piece.answer.value for piece in sentence if piece.answer] == [now]


def test_the_report_of_a_closed_year_names_its_hash(amended, client):
    frozen, _now = amended
    [line] = [words for words in client.get(f"/report/{YEAR}/").context["report"].reading if "SHA-256" in words]
    assert frozen.frozen.hash in line


def test_the_api_gives_the_frozen_number_at_the_end_of_a_closed_year_only(amended, client):
    frozen, now = amended
    figure = client.get("/api/v1/figures/visits/?as_of=2021-12-31").json()
    frozen = {"value": frozen.value, "closed_on": frozen.frozen.closed_on.isoformat(), "hash": frozen.hash}
    assert (figure["value"], figure["frozen"]) == (now, frozen)
    assert "frozen" not in client.get("/api/v1/figures/visits/?as_of=2021-12-30").json()
    listed = {row["slug"]: row.get("frozen") for row in client.get("/api/v1/figures/?as_of=2021-12-31").json()}
    assert listed["visits"] == frozen
    assert None not in listed.values()
