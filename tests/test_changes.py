"""What moved: the rows between two days account for the difference of every figure."""

from datetime import date, timedelta

import pytest

from registry.access.scope import Scope
from registry.actions.points import withdraw_point
from registry.figures import FIGURES
from registry.figures.changes import CAME, WENT, days_compared, differences
from registry.models import DemonstrationPoint
from tests.conftest import DAQI, DISTRICT, LAST_DAY, TANGFANG
from tests.factories import make_named_point

AREAS = [DISTRICT, DAQI, TANGFANG, "130207001", "1302", "130202"]
PAIRS = [
    (date(2020, 12, 31), LAST_DAY),
    (date(2019, 6, 30), date(2021, 1, 1)),
    (date(2020, 2, 29), date(2026, 11, 30)),
    (LAST_DAY, date(2020, 12, 31)),
]
every_figure = pytest.mark.parametrize(
    "figure", [figure for figure in FIGURES.values() if not figure.record_kind.redacted], ids=lambda figure: figure.slug
)


@every_figure
def test_what_came_less_what_went_is_the_difference(figure, sample):
    for area in AREAS:
        for since, day in PAIRS:
            scope = Scope(as_of=day, area=area)
            [difference] = differences([figure], scope, [since])[figure.slug]
            own = [row for row in difference.rows() if row.kind.slug == figure.kind and not row.of_whole]
            if figure.sums:
                moved = sum((row.after or 0) - (row.before or 0) for row in own)
            else:
                moved = sum(row.how == CAME for row in own) - sum(row.how == WENT for row in own)
            now, before = difference.answer.part or 0, difference.before.part or 0
            assert moved == now - before, (area, since, day)


def test_the_days_compared_are_the_end_of_last_year_and_thirty_days_ago():
    scope = Scope(as_of=date(2024, 3, 1), area=DISTRICT)
    assert days_compared(scope) == (date(2023, 12, 31), date(2024, 1, 31))


def test_a_point_withdrawn_today_shows_at_once_with_its_paper(sample, administrator, client):
    point = DemonstrationPoint.objects.public().get(code="FN-0001")
    withdraw_point(point, by=administrator, reason="示例", document_no="示例〔2026〕9号")
    dashboard = client.get("/").context
    assert dashboard["answers"]["points"].value == 444
    assert [difference.value for difference in dashboard["differences"]["points"]] == [-1, -1]
    page = client.get("/figures/points/changes/")
    [row] = page.context["page"].object_list
    assert (row.how, row.code) == (WENT, "FN-0001")
    assert "示例〔2026〕9号" in page.content.decode()
    assert [change.document_no for change in dashboard["recent"]] == ["示例〔2026〕9号"]


def test_the_api_and_the_file_give_the_same_rows(sample, client):
    asked = "since=2020-12-31&as_of=2021-12-31"
    changes = client.get(f"/api/v1/figures/points/changes/?{asked}").json()
    assert (changes["before"], changes["value"], changes["difference"]) == (362, 445, 83)
    assert len(changes["came"]) - len(changes["went"]) == 83
    answer = client.get(f"/figures/points/changes/?{asked}&format=csv")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) - 2 == sum(len(changes[how]) for how in ("came", "went", "changed"))


def test_of_talks_only_the_difference_is_public(sample, client):
    changes = client.get("/api/v1/figures/interviews/changes/?since=2020-12-31&as_of=2021-12-31").json()
    assert (changes["came"], changes["went"], changes["changed"]) == ([], [], [])
    assert changes["difference"] is not None


def test_a_day_that_is_none_is_refused_by_name(sample, client):
    assert client.get("/figures/points/changes/?since=gestern").status_code == 400
    assert client.get("/api/v1/figures/points/changes/?since=gestern").status_code == 400


def test_the_last_public_acts_leave_out_what_the_public_does_not_see(sample, administrator, clerk_daqi, client):
    make_named_point()
    point = DemonstrationPoint.objects.public().get(code="FN-0002")
    withdraw_point(point, by=administrator, reason="示例", document_no="示例〔2026〕10号")
    recent = client.get("/").context["recent"]
    assert [change.url for change in recent] == ["/points/FN-0002/"]
    assert client.get(f"/?as_of={date.today() - timedelta(days=1)}").context["recent"] == []
