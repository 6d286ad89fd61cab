"""Nobody's rows are shown by forgetting to ask whose they are."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser

from registry.access.scope import BadInput, Scope, read_scope
from registry.models import Area, Belt, DemonstrationPoint, ScopeMissing, User
from registry.models.base import in_area_q
from tests.conftest import DAQI, TANGFANG
from tests.factories import make_period, make_point

DAY = date(2021, 12, 31)


@pytest.mark.parametrize(
    "read",
    [
        lambda rows: list(rows.all()),
        lambda rows: rows.filter(code="FN-0001").first(),
        lambda rows: rows.get(code="FN-0001"),
        lambda rows: rows.count(),
        lambda rows: rows.exists(),
        lambda rows: rows.aggregate(),
        lambda rows: list(rows.iterator()),
        lambda rows: list(rows.values_list("code")),
    ],
    ids=["all", "first", "get", "count", "exists", "aggregate", "iterator", "values"],
)
def test_rows_cannot_be_read_before_saying_who_looks(read, sample):
    with pytest.raises(ScopeMissing):
        read(DemonstrationPoint.objects)


def test_related_rows_are_guarded_too(sample):
    belt = Belt.objects.public().get(code="B-01")
    with pytest.raises(ScopeMissing):
        list(belt.townships.all())


def test_unscoped_needs_a_reason():
    with pytest.raises(ValueError, match="reason"):
        DemonstrationPoint.objects.unscoped("")


def test_an_empty_area_means_nothing_never_everything(sample):
    assert not Area.objects.public().in_area("").exists()


def test_an_area_is_a_half_open_range_of_codes(sample):
    inside = Area.objects.unscoped("test").filter(in_area_q("130207114", "code"))
    assert {area.code[:9] for area in inside} == {"130207114"}
    assert inside.count() == 20


def test_an_account_without_an_area_sees_what_the_public_sees(sample):
    draft = make_point(area=TANGFANG)
    make_period(draft, date(2021, 1, 1), status="draft", level="", grade="", document_no="")
    nobody = User.objects.create_user("no area", role="clerk")
    visible, public = (DemonstrationPoint.objects.visible_to(viewer) for viewer in (nobody, AnonymousUser()))
    assert visible.count() == public.count() == 453
    assert not visible.filter(pk=draft.pk).exists()


def test_a_clerk_sees_drafts_of_the_own_township_and_of_no_other(sample, clerk_tangfang, clerk_daqi):
    draft = make_point(area=TANGFANG)
    make_period(draft, date(2021, 1, 1), status="draft", level="", grade="", document_no="")
    assert DemonstrationPoint.objects.visible_to(clerk_tangfang).filter(pk=draft.pk).exists()
    assert not DemonstrationPoint.objects.visible_to(clerk_daqi).filter(pk=draft.pk).exists()


def test_the_page_of_anothers_draft_answers_as_if_there_were_none(sample, client, clerk_daqi):
    draft = make_point(area=TANGFANG)
    make_period(draft, date(2021, 1, 1), status="draft", level="", grade="", document_no="")
    client.force_login(clerk_daqi)
    assert client.get(f"/points/{draft.code}/").status_code == 404
    assert client.get("/points/NO-SUCH-CODE/").status_code == 404


def test_today_is_the_default_day_and_other_days_are_marked(sample):
    today = date.today()
    scope = read_scope({}, None)
    assert (scope.as_of, scope.is_past, scope.is_future) == (today, False, False)
    assert read_scope({"as_of": (today - timedelta(days=1)).isoformat()}, None).is_past
    assert read_scope({"as_of": (today + timedelta(days=1)).isoformat()}, None).is_future


def test_the_year_that_was_asked_for_ends_today_if_it_is_not_over(sample):
    today = date.today()
    scope = read_scope({"year": str(today.year)}, None)
    assert (scope.as_of, scope.year, scope.query) == (today, today.year, f"?year={today.year}")
    assert read_scope({"year": "2019"}, None).query == "?year=2019"


def test_a_scope_is_read_from_an_address(sample):
    scope = read_scope({"as_of": "2019-12-31", "area": DAQI}, None)
    assert (scope.as_of, scope.area, scope.query) == (date(2019, 12, 31), DAQI, f"?area={DAQI}&as_of=2019-12-31")
    assert read_scope({"year": "2019"}, None).as_of == date(2019, 12, 31)
    assert read_scope({}, None).query == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("as_of", "2021-02-30"),
        ("as_of", "2021.7"),
        ("as_of", "yesterday"),
        ("year", "21"),
        ("area", "999999"),
        ("area", "1' or 1"),
    ],
)
def test_a_day_or_area_that_does_not_exist_is_refused_by_name(name, value, sample):
    with pytest.raises(BadInput) as refusal:
        read_scope({name: value}, None)
    assert (refusal.value.name, refusal.value.value) == (name, value)


def test_scopes_are_equal_if_they_show_the_same_rows(sample, clerk_daqi, clerk_tangfang):
    assert Scope(DAY, DAQI) == Scope(DAY, DAQI, AnonymousUser())
    assert Scope(DAY, DAQI, clerk_daqi) != Scope(DAY, DAQI, clerk_tangfang)
