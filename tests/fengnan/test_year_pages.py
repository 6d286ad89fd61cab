"""The pages of a closed year: the desk that closes it, and the frozen number beside the live one everywhere."""

from datetime import date

import pytest

from assessment.models import SecretaryProject
from registry.actions.records import save_record
from registry.figures import FIGURES
from registry.models import FrozenYear
from tests.conftest import LAST_DAY
from tests.test_attention import leave_remark

YEAR = LAST_DAY.year
ADDRESS, OPEN = f"/desk/years/{YEAR}/", f"/desk/years/{YEAR - 1}/"  # the first is closed by `closing`


@pytest.fixture
def amended(closing, scope, administrator):
    """A closed year of which a visit was corrected: the frozen figure, and what the figure says today."""
    visit = FIGURES["visits"].rows(scope).order_by("code").first()
    visit.headcount += 7
    save_record(visit, by=administrator)
    return closing.figures.get(slug="visits", area_id=scope.area), FIGURES["visits"].answer(scope).value


def test_one_proposes_to_close_a_year_and_another_confirms_it(sample, administrator, reviewer, client):
    client.force_login(administrator)
    assert client.get(OPEN).context["form"].initial == {"edition": 0}
    assert client.post(OPEN, {"edition": 0, "reason": "年终"}).status_code == 302
    assert client.post(OPEN, {"act": "confirm"}).status_code == 409
    client.force_login(reviewer)
    assert OPEN in client.get("/desk/").content.decode()
    shown = {answer.figure.slug: answer.value for answer in client.get(OPEN).context["closing"].figures}
    assert client.post(OPEN, {"act": "confirm"}).status_code == 302
    frozen = FrozenYear.objects.public().get(year=YEAR - 1).figures.filter(area_id="130207")
    assert {slug: value and float(value) for slug, value in frozen.values_list("slug", "value")} == {
        slug: value and float(value) for slug, value in shown.items()
    }
    client.force_login(administrator)
    page = client.get(OPEN).context
    assert ([edition.remark for edition in page["editions"]], page["broken"], page["amendments"]) == (["年终"], [], [])


def test_a_second_click_proposes_and_closes_nothing_more(sample, administrator, reviewer, client):
    client.force_login(administrator)
    statuses = [client.post(OPEN, {"edition": 0}).status_code for _time in range(2)]
    assert (statuses, FrozenYear.objects.public().count()) == ([302, 409], 0)
    client.force_login(reviewer)
    statuses = [client.post(OPEN, {"act": "confirm"}).status_code for _time in range(2)]
    assert (statuses, FrozenYear.objects.public().count()) == ([302, 409], 1)


def test_a_reviewer_proposes_nothing_and_a_clerk_finds_no_page(sample, reviewer, clerk_daqi, client):
    client.force_login(reviewer)
    assert client.post(OPEN, {"edition": 0}).status_code == 409
    client.force_login(clerk_daqi)
    assert client.get(OPEN).status_code == 404


def test_every_number_of_what_is_open_opens_its_rows(sample, administrator, client):
    client.force_login(administrator)
    page = client.get(ADDRESS)
    assert page.context["open"]
    for finding in page.context["open"]:
        address = f"/attention/{finding.check.slug}/{page.context['query']}"
        assert address.replace("&", "&amp;") in page.content.decode()
        rows = client.get(address).context
        assert rows["page"].paginator.count + rows["hidden"] == finding.count


def test_what_belongs_to_a_later_year_is_not_open_in_an_earlier_one(sample, administrator, client):
    leave_remark("T-now", "130207114", date.today())
    client.force_login(administrator)
    open_by_year = [
        {finding.check.slug for finding in client.get(f"/desk/years/{year}/").context["open"]}
        for year in (YEAR, date.today().year)
    ]
    assert ["remarks-waiting" in slugs for slugs in open_by_year] == [False, True]


def test_a_project_of_the_old_year_fills_in_the_plan_of_the_new_one(sample, clerk_daqi, client):
    project = SecretaryProject.objects.public().in_area(clerk_daqi.write_prefix).first()
    client.force_login(clerk_daqi)
    form = client.get(f"/desk/projects/new/?like={project.code}").context["form"]
    assert (form["measures"].value(), form["organisation"].value()) == (project.measures, project.organisation_id)
    assert form["deadline"].value().year == project.year + 1


def _adoptions(client, year: int) -> dict[str, list]:
    rows = client.get(f"/desk/years/{year}/").context["successions"]
    return {succession.slug: candidates for succession, candidates in rows}


def test_what_the_new_year_takes_over_is_adopted_one_by_one(sample, administrator, client):
    client.force_login(administrator)
    scheme = next(row for row in _adoptions(client, YEAR)["schemes"] if row.is_open)
    assert client.post(scheme.adopt).status_code == 302
    assert all(row.following for row in _adoptions(client, YEAR)["schemes"] if row.url == scheme.url)
    fund = next(row for row in _adoptions(client, YEAR)["funds"] if row.is_open)
    form = client.get(fund.adopt).context["adminform"].form
    typed = {name: form[name].value() for name in form.fields if form[name].value() not in (None, "", False)}
    assert (typed["year"], form.errors) == (str(YEAR + 1), {})
    data = typed | {"code": "F-NEW", "arrived_on": f"{YEAR + 1}-03-01"}
    assert client.post(fund.adopt, data).status_code == 302
    assert any(row.following for row in _adoptions(client, YEAR)["funds"] if row.url == fund.url)


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
