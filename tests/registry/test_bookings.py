"""Booking of groups: a month takes so many people, a held booking is a visit, and the public reads the free places."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from registry.actions import bookings as acts
from registry.figures import FIGURES
from registry.models import Booking, Event, SiteCapacity, TeachingSite, Visit
from registry.overviews.capacity import balance, months_from
from registry.overviews.history import history_of
from registry.overviews.tasks import bookings_to_settle
from registry.text.refusals import Refused
from tests.factories import refused

TODAY = timezone.localdate()


@pytest.fixture
def site(sample) -> TeachingSite:
    """The belt's teaching site in another township, which takes a hundred people a month."""
    site = TeachingSite.objects.public().get(code="TS-01")
    SiteCapacity.objects.public().filter(site=site).delete()
    SiteCapacity.objects.create(code="CAP-T", site=site, people=100, valid_from=date(2021, 1, 1))
    return site


@pytest.fixture
def own_site(sample) -> TeachingSite:
    """The one of the clerk of Daqi, which takes eighty."""
    return TeachingSite.objects.public().get(code="TS-07")


def requested(site, by, people=60, on=None, **more) -> Booking:
    words = {"visitor": "某区委组织部", "contact": "张三", "phone": "13911112222"} | more
    return acts.ask(site, booked_for=on or TODAY, headcount=people, by=by, key=uuid4(), **words)


def month_of(site, on=None):
    [month] = balance([site], on or TODAY, 1)
    return month


def test_a_group_that_asks_takes_no_place_and_one_confirmed_does(site, administrator):
    booking = requested(site, administrator)
    assert (booking.state, month_of(site).left) == ("asked", 100)
    assert (acts.confirm(booking, by=administrator).state, month_of(site).left) == ("confirmed", 40)


def test_more_than_the_month_takes_is_refused_with_the_places_left(site, administrator):
    acts.confirm(requested(site, administrator, 60), by=administrator)
    with pytest.raises(Refused) as refusal:
        acts.confirm(requested(site, administrator, 41), by=administrator)
    assert str(refusal.value) == f"该教学点{TODAY:%Y-%m}可接待100人次，余位40人次，该团队有41人。"
    assert acts.confirm(requested(site, administrator, 40), by=administrator).state == "confirmed"
    assert month_of(site).left == 0


def test_each_month_and_each_site_has_places_of_its_own(site, own_site, administrator):
    acts.confirm(requested(site, administrator, 100), by=administrator)
    [_this, following] = months_from(TODAY, 2)
    assert acts.confirm(requested(site, administrator, 100, following), by=administrator).state == "confirmed"
    assert acts.confirm(requested(own_site, administrator, 80), by=administrator).state == "confirmed"


def test_where_nobody_said_how_many_a_site_takes_nothing_is_refused(site, administrator):
    SiteCapacity.objects.public().filter(site=site).delete()
    assert acts.confirm(requested(site, administrator, 5000), by=administrator).state == "confirmed"
    assert (month_of(site).capacity, month_of(site).left, month_of(site).booked) == (None, None, 5000)


def test_a_capacity_holds_from_its_day_until_the_next(site):
    SiteCapacity.objects.create(code="CAP-U", site=site, people=150, valid_from=date(2022, 3, 1))
    capacities = {f"{month.first:%Y-%m}": month.capacity for month in balance([site], date(2022, 1, 1), 4)}
    assert capacities == {"2022-01": 100, "2022-02": 100, "2022-03": 150, "2022-04": 150}
    SiteCapacity.objects.public().filter(code="CAP-U").update(valid_to=date(2022, 4, 1))
    assert month_of(site, date(2022, 4, 1)).capacity == 100
    assert month_of(site, date(2020, 12, 1)).capacity is None


def test_what_is_cancelled_frees_its_places(site, administrator):
    booking = acts.confirm(requested(site, administrator, 100), by=administrator)
    acts.cancel(booking, reason="来不了", by=administrator)
    assert month_of(site).left == 100


def test_a_held_booking_is_a_visit_at_the_place_of_its_site(site, administrator, scope):
    booking = acts.confirm(requested(site, administrator, 60, topic="乡村振兴"), by=administrator)
    before = FIGURES["visits"].answer(scope.at(TODAY)).value
    visit = acts.hold(booking, headcount=58, by=administrator)
    booking = Booking.objects.unscoped("test").get(pk=booking.pk)
    assert (booking.state, booking.visit, visit.place, visit.area_id) == ("held", visit, site.place, site.area_id)
    assert (visit.visited_on, visit.visitor, visit.headcount, visit.topic) == (TODAY, "某区委组织部", 58, "乡村振兴")
    assert FIGURES["visits"].answer(scope.at(TODAY)).value == before + 58
    assert (month_of(site).booked, month_of(site).received) == (60, 58)


def test_nobody_was_received_before_the_day(site, administrator):
    booking = acts.confirm(requested(site, administrator, on=TODAY + timedelta(days=40)), by=administrator)
    assert refused(acts.hold, booking, headcount=60, by=administrator) == "booking_early"
    assert Visit.objects.public().filter(visited_on__gt=TODAY).count() == 0


MOVES = {"confirm": {}, "hold": {"headcount": 5}, "refuse": {"reason": "已满"}, "cancel": {"reason": "改期"}}
REACHED = {
    "asked": [], "confirmed": ["confirm"], "refused": ["refuse"], "cancelled": ["cancel"], "held": ["confirm", "hold"]
}  # fmt: skip
POSSIBLE = {"asked": {"confirm", "refuse", "cancel"}, "confirmed": {"hold", "cancel"}}


@pytest.mark.parametrize("state", REACHED)
def test_in_each_state_only_its_acts_are_done(state, site, administrator):
    booking = requested(site, administrator, 5)
    for act in REACHED[state]:
        getattr(acts, act)(booking, **MOVES[act], by=administrator)
    done = set()
    for act, values in MOVES.items():
        try:
            with transaction.atomic():
                getattr(acts, act)(booking, **values, by=administrator)
                done.add(act)
                transaction.set_rollback(True)
        except Refused as refusal:
            assert refusal.code == "booking_moved_on"
    assert done == POSSIBLE.get(state, set())


@pytest.mark.parametrize("act", [acts.refuse, acts.cancel])
def test_who_refuses_or_cancels_says_why(act, site, administrator):
    booking = requested(site, administrator)
    assert refused(act, booking, reason="  ", by=administrator) == "booking_reason"
    act(booking, reason="当月检修", by=administrator)
    assert Event.objects.filter(kind="booking", code=booking.code).first().reason == "当月检修"


def test_nobody_books_a_day_that_is_over_or_a_site_that_is_none_then(site, administrator):
    assert refused(requested, site, administrator, on=TODAY - timedelta(days=1)) == "booking_past"
    TeachingSite.objects.public().filter(pk=site.pk).update(ended_on=TODAY + timedelta(days=3))
    assert refused(requested, site, administrator, on=TODAY + timedelta(days=3)) == "booking_closed"
    assert requested(site, administrator, on=TODAY + timedelta(days=2)).state == "asked"


def test_the_same_form_sent_twice_books_once(site, administrator):
    key = uuid4()
    values = {"booked_for": TODAY, "visitor": "某单位", "headcount": 9, "by": administrator, "key": key}
    assert acts.ask(site, **values) == acts.ask(site, **values)
    assert Booking.objects.unscoped("test").filter(visitor="某单位").count() == 1


def test_a_clerk_books_the_sites_of_the_own_township_only(site, own_site, clerk_daqi, administrator):
    assert refused(requested, site, clerk_daqi) == "not_allowed"
    assert refused(acts.confirm, requested(site, administrator), by=clerk_daqi) == "not_allowed"
    booking = acts.confirm(requested(own_site, clerk_daqi, 80), by=clerk_daqi)
    assert acts.hold(booking, headcount=80, by=clerk_daqi).area_id == own_site.area_id


@pytest.mark.parametrize("role", ["reviewer", "leader", "auditor", "clerk_tangfang"])
def test_others_book_nothing(role, own_site, request):
    assert refused(requested, own_site, request.getfixturevalue(role)) == "not_allowed"


def test_bookings_are_internal_and_whom_to_call_stands_in_no_event(own_site, clerk_daqi, clerk_tangfang):
    booking = requested(own_site, clerk_daqi)
    counts = {
        viewer: Booking.objects.visible_to(viewer).filter(pk=booking.pk).exists()
        for viewer in (None, clerk_tangfang, clerk_daqi)
    }
    assert counts == {None: False, clerk_tangfang: False, clerk_daqi: True}
    [event] = Event.objects.filter(kind="booking", code=booking.code)
    assert (event.changes["phone"], event.changes["contact"], event.area) == (["…", "…"], ["…", "…"], own_site.area_id)
    assert history_of(booking, None) == []


def test_the_to_do_list_names_groups_that_wait_and_those_whose_day_has_come(own_site, clerk_daqi):
    Booking.objects.unscoped("test").open().delete()
    waiting = requested(own_site, clerk_daqi, 5)
    come, later = requested(own_site, clerk_daqi, 6), requested(own_site, clerk_daqi, 7, TODAY + timedelta(days=40))
    for booking in (come, later):
        acts.confirm(booking, by=clerk_daqi)
    tasks = [(str(task.what), task.url) for task in bookings_to_settle(clerk_daqi, TODAY)]
    assert tasks == [
        ("有团队预约待答复", waiting.get_absolute_url()),
        ("预约团队已到日期：登记来访", come.get_absolute_url()),
    ]


def test_the_balance_of_the_sample_holds_visits_against_what_the_site_takes(sample):
    [belt] = TeachingSite.objects.public().filter(code="TS-01")
    march = balance([belt], date(2021, 3, 1), 1)[0]
    assert (march.capacity, march.booked, march.left, march.received, march.share) == (300, 268, 32, 268, 89)


def test_visits_that_nobody_booked_are_received_too(site, administrator):
    Visit.objects.create(code="V-T", visited_on=TODAY, area=site.area, headcount=30, belt=site.belt)
    assert (month_of(site).received, month_of(site).booked, month_of(site).left) == (30, 0, 100)
