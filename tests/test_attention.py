"""What needs attention: each check counts its own rows, and nobody reads what is not theirs."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from assessment.models import SecretaryProject
from registry.access.scope import Scope
from registry.figures import FIGURES, YEARLY_FORMS, with_years
from registry.models import Booking, Parameter, Remark, TeachingSite, generation
from registry.overviews import attention as overview
from registry.overviews.attention import CHECKS, Concern, Counting, attention, checks_of, count_checks
from tests.conftest import DAQI, DISTRICT, LAST_DAY, TANGFANG
from tests.factories import make_named_point

every_check = pytest.mark.parametrize("check", CHECKS.values(), ids=lambda check: check.slug)


def found(scope: Scope, **options) -> dict[str, int]:
    return {finding.check.slug: finding.count for finding in attention(scope, **options)}


@pytest.fixture
def counted(sample, reviewer) -> Scope:
    """The district today, for an account that reads all of it."""
    return Scope(as_of=date.today(), area=DISTRICT, viewer=reviewer)


def leave_remark(code: str, area: str, due_on: date) -> Remark:
    return Remark.objects.create(
        code=code, kind="points", record_code="FN-0001", record_name="示例", area_id=area, text="示例", due_on=due_on
    )


@every_check
def test_a_check_counts_the_rows_it_opens(check, counted):
    for area in (DISTRICT, DAQI):
        there = counted.within(area)
        rows = check.rows(replace(there, viewer=Counting(DISTRICT, reads_everything=False)))
        assert found(there).get(check.slug, 0) == (0 if check.at_year_end else rows.count())
        assert sum(finding.count for finding in count_checks([check], there)) == rows.count()


def test_what_the_public_is_told_is_counted_by_a_query_that_depends_on_no_data(scope, django_assert_num_queries):
    """Its text is kept: whatever a check looked up for it would be kept too."""
    scope = with_years(scope)
    checks = checks_of(scope, public=True)
    with django_assert_num_queries(0):
        overview._counting(tuple(enumerate(checks)), scope)
    assert checks_of(scope, public=True) == checks


of_points = pytest.mark.parametrize(
    "check", [check for check in CHECKS.values() if check.of_points], ids=lambda check: check.slug
)


def test_points_are_counted_once_until_the_data_change(counted, monkeypatch, django_assert_num_queries):
    check, counted = CHECKS["points-without-position"], with_years(counted)
    names = iter(["before", "before", "after"])
    monkeypatch.setattr(generation, "current_generation", lambda: next(names))
    first = count_checks([check], counted)
    make_named_point(area=TANGFANG, lng=None, lat=None, coordinate_system="")
    with django_assert_num_queries(0):
        assert count_checks([check], counted) == first
    assert sum(finding.count for finding in count_checks([check], counted)) == 1 + sum(one.count for one in first)


@of_points
def test_what_is_counted_once_reads_no_table_that_changes_unseen(check, counted):
    sql, _parameters = overview._counting(((0, check),), counted)
    unwatched = generation.UNWATCHED | generation.UNWATCHED_ON_SQLITE
    assert not {table for table in unwatched if f'"{table}"' in sql}


@of_points
def test_everybody_who_may_see_the_check_sees_the_same_points(check, counted, clerk_daqi):
    own = replace(counted, viewer=clerk_daqi)
    assert list(check.rows(own).order_by("code")) == list(check.rows(counted).order_by("code"))


def test_the_townships_below_target_are_those_of_the_figure(scope):
    rate = FIGURES["premium-rate"]
    target = rate.answer(scope).target
    below = {key for key, _name, answer in rate.by("township", scope) if answer.value < target}
    [finding] = [one for one in attention(scope, public=True) if one.check.slug == "townships-below-target"]
    assert set(finding.by_township) == below != set()


def test_a_belt_under_the_minimum_needs_attention(scope):
    assert "belts-short" not in found(scope, public=True)
    Parameter.objects.filter(rule="belt-minimum").update(value=200)
    assert found(scope, public=True)["belts-short"] == FIGURES["belts"].answer(scope).value


def test_a_year_that_is_not_reported_needs_attention_towards_its_end(sample):
    autumn, winter = (Scope(as_of=date(2022, month, 1), area=DISTRICT) for month in (10, 11))
    assert "missing-incomes" not in found(autumn, public=True)
    assert found(winter, public=True)["missing-incomes"] == YEARLY_FORMS["incomes"].missing(winter, 2022).count() > 0
    assert found(winter.at(date(2023, 6, 1)), public=True)["missing-incomes"] > 0


def test_a_point_without_position_is_counted_in_its_township(counted):
    point = make_named_point(area=TANGFANG)
    [finding] = [one for one in attention(counted) if one.check.slug == "points-without-position"]
    assert (point.lng, finding.by_township) == (None, {TANGFANG: 1})


def test_the_oldest_that_waits_is_named(counted, sample):
    for days in (3, 9):
        leave_remark(f"T-{days}", TANGFANG, date.today() - timedelta(days=days))
    [finding] = [one for one in attention(counted) if one.check.slug == "remarks-overdue"]
    assert (finding.count, finding.oldest) == (2, date.today() - timedelta(days=9))


def test_the_public_sees_public_checks_only(sample, client):
    SecretaryProject.objects.filter(year=2021).update(deadline=LAST_DAY)
    shown = {finding.check for _concern, rows in client.get("/attention/").context["groups"] for finding, *_ in rows}
    assert shown and all(check.public for check in shown)
    assert client.get("/attention/points-unconfirmed/").status_code == 404


def test_a_leader_reads_how_many_wait_and_not_which(sample, leader, client):
    site = TeachingSite.objects.public().first()
    booking = Booking.objects.create(
        code="T-B", site=site, booked_for=date.today() + timedelta(days=9), headcount=20, visitor="示例单位"
    )
    client.force_login(leader)
    counts = {finding.check.slug: finding.count for finding in client.get("/desk/").context["findings"]}
    page = client.get("/attention/bookings-asked/")
    assert counts["bookings-asked"] >= 1
    assert page.context["hidden"] == counts["bookings-asked"]
    assert booking.visitor not in page.content.decode()


def test_a_clerk_counts_the_own_township(clerk_daqi, sample):
    for area in (DAQI, TANGFANG):
        leave_remark(f"T-{area}", area, date.today() + timedelta(days=5))
    scope = Scope(as_of=date.today(), area=DISTRICT, viewer=clerk_daqi)
    [finding] = [one for one in attention(scope, concerns=[Concern.WAITING]) if one.check.slug == "remarks-waiting"]
    assert finding.by_township == {DAQI: 1}


def test_every_check_says_what_it_is_in_both_languages(counted):
    for check in checks_of(counted, public=False):
        assert str(check.label) and check.concern in Concern
