"""Bookings and capacities by the sheet: the rules and the words of the desk, for a file as for a form."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from registry.actions import bookings as acts
from registry.loading.messages import sentence
from registry.loading.undo import undo_rows
from registry.models import Booking, Event, SiteCapacity, TeachingSite
from registry.overviews.capacity import balance
from registry.views.bookings import BookingForm
from tests.factories import load_rows
from tests.loading_examples import COMING, EXAMPLES, open_site

TODAY = timezone.localdate()
ROW = EXAMPLES["booking"].row
CONFIRMED = ROW | {"预约状态": "已确认"}
CAPACITY = EXAMPLES["site-capacity"].row


@pytest.fixture
def site(sample) -> TeachingSite:
    """It takes a hundred people a month, and twenty have asked for places."""
    return open_site()


def messages_of(load, level: str = "refused") -> list[tuple[int, str, str]]:
    return [
        (row.row, message["field"], message["code"])
        for row in load.rows.all()
        for message in row.messages
        if message["level"] == level
    ]


def left(site) -> int:
    return balance([site], COMING, 1)[0].left


def held_booking(site) -> Booking:
    return Booking.objects.unscoped("test").get(site=site, visitor="先来的单位")


def test_several_rows_of_a_file_do_not_take_more_than_the_month_has(site, administrator):
    groups = {"单位甲": "60", "单位乙": "41", "单位丙": "40"}
    rows = [CONFIRMED | {"来访单位": name, "预约人数": people} for name, people in groups.items()]
    load = load_rows("booking", *rows, by=administrator)
    assert (messages_of(load), load.new, left(site)) == ([(3, "headcount", "booking_full")], 2, 0)


def test_a_full_month_is_refused_in_the_words_of_the_desk(site, administrator):
    load = load_rows("booking", CONFIRMED | {"预约人数": "101"}, by=administrator)
    [message] = load.rows.get().messages
    booking = Booking(site=site, booked_for=COMING, headcount=101)
    assert [sentence(message)] == [str(refusal) for refusal in acts.refusals_to("confirm", booking, by=administrator)]


def test_a_group_that_asks_takes_no_place(site, administrator):
    load = load_rows("booking", ROW | {"预约人数": "500"}, by=administrator)
    assert (messages_of(load), left(site)) == ([], 100)


def test_a_confirmed_group_grows_into_the_places_that_are_left(site, administrator):
    acts.confirm(held_booking(site), by=administrator)
    row = ROW | {"来访单位": "先来的单位"}
    grown = load_rows("booking", row | {"预约人数": "100"}, by=administrator)
    assert (grown.changed, left(site)) == (1, 0)
    assert messages_of(load_rows("booking", row | {"预约人数": "101"}, by=administrator)) == [
        (2, "headcount", "booking_full")
    ]


def test_a_confirmed_group_that_changes_its_month_frees_the_places_for_the_next_row(site, administrator):
    full = load_rows("booking", CONFIRMED | {"预约人数": "100"}, by=administrator)
    moves = CONFIRMED | {"编号": full.rows.get().code, "预约日期": (COMING + timedelta(days=31)).isoformat()}
    load = load_rows("booking", moves | {"预约人数": "100"}, CONFIRMED | {"来访单位": "单位乙"}, by=administrator)
    assert (messages_of(load), left(site)) == ([], 70)


def test_a_file_confirms_a_group_that_asked_and_its_undo_frees_the_places(site, administrator):
    load = load_rows("booking", CONFIRMED | {"来访单位": "先来的单位", "预约人数": "20"}, by=administrator)
    assert (held_booking(site).state, left(site)) == ("confirmed", 80)
    undo_rows(load, list(load.rows.all()))
    assert (held_booking(site).state, left(site)) == ("asked", 100)


@pytest.mark.parametrize("state", ["已谢绝", "已取消", "已接待"])
def test_a_file_ends_no_booking(state, site, administrator):
    first = ROW | {"来访单位": "先来的单位", "预约人数": "20"}
    load = load_rows("booking", first | {"预约状态": state}, ROW | {"预约状态": state}, by=administrator)
    assert messages_of(load) == [(2, "state", "booking_on_page"), (3, "state", "booking_on_page")]


def test_a_confirmation_is_not_taken_back_by_a_file(site, administrator):
    acts.confirm(held_booking(site), by=administrator)
    row = ROW | {"来访单位": "先来的单位", "预约人数": "20", "预约状态": "待确认"}
    assert messages_of(load_rows("booking", row, by=administrator)) == [(2, "state", "booking_on_page")]


def test_a_booking_that_is_over_is_not_changed_by_a_file(site, administrator):
    acts.cancel(held_booking(site), reason="改期", by=administrator)
    row = ROW | {"来访单位": "先来的单位", "预约状态": "已取消"}
    for cells in (row, {"编号": "BK-T", "预约人数": "30"}):
        assert messages_of(load_rows("booking", cells, by=administrator)) == [(2, "state", "booking_moved_on")]
    alike = {name: row[name] for name in ("教学点", "预约日期", "来访单位", "预约状态")}
    for cells in (alike | {"预约人数": "20"}, {"编号": "BK-T", "预约人数": "20"}):
        load = load_rows("booking", cells, by=administrator)
        assert (messages_of(load), load.same) == ([], 1)


def test_a_group_that_gave_up_asks_again_for_the_same_day(site, administrator):
    acts.cancel(held_booking(site), reason="改期", by=administrator)
    row = ROW | {"来访单位": "先来的单位"}
    assert (load_rows("booking", row, by=administrator).new, load_rows("booking", row, by=administrator).same) == (1, 1)
    states = Booking.objects.unscoped("test").filter(site=site, visitor="先来的单位").values_list("state", flat=True)
    assert sorted(states) == ["asked", "cancelled"]


def test_nobody_books_a_day_that_is_over_or_a_site_that_is_none_then(site, administrator):
    past = ROW | {"预约日期": (TODAY - timedelta(days=1)).isoformat()}
    assert messages_of(load_rows("booking", past, by=administrator)) == [(2, "booked_for", "booking_past")]
    TeachingSite.objects.public().filter(pk=site.pk).update(ended_on=COMING)
    assert messages_of(load_rows("booking", ROW, by=administrator)) == [(2, "site", "booking_closed")]
    assert messages_of(load_rows("booking", ROW | {"教学点": "没有的教学点"}, by=administrator)) == [
        (2, "site", "place_unknown")
    ]


@pytest.mark.parametrize("day", [-1, 0, 9, 10], ids=["before", "first day", "last day", "after"])
def test_one_site_and_many_are_named_on_the_same_days(day, site):
    site.named_on, site.ended_on = TODAY, TODAY + timedelta(days=10)
    site.save()
    on = TODAY + timedelta(days=day)
    assert site.is_named(on) == TeachingSite.objects.public().named(on).filter(pk=site.pk).exists()


BAD = {
    "headcount": ("预约人数", "0"), "visitor": ("来访单位", "某"), "topic": ("主题", "长" * 121),
    "contact": ("联系人", "长" * 41), "phone": ("联系电话", "123"),
}  # fmt: skip


@pytest.mark.parametrize("field", BAD)
def test_a_bad_value_is_refused_in_the_words_of_the_form(field, site, administrator):
    heading, text = BAD[field]
    load = load_rows("booking", ROW | {heading: text}, by=administrator)
    form = BookingForm({field: text}, sites=TeachingSite.objects.public())
    assert [sentence(message) for message in load.rows.get().messages] == list(form.errors[field])


def test_whom_to_call_is_in_no_event(site, administrator):
    load = load_rows("booking", ROW, by=administrator)
    changes = Event.objects.get(change_set=load.change_set).changes
    assert (changes["contact"], changes["phone"]) == (["…", "…"], ["…", "…"])


def test_a_capacity_ends_after_it_begins(sample, administrator):
    load = load_rows("site-capacity", CAPACITY | {"终止日期": "2021-01-31"}, by=administrator)
    assert messages_of(load) == [(2, "valid_to", "order_wrong")]


def test_a_capacity_may_be_nobody_and_is_known_by_its_first_day(sample, administrator):
    load_rows("site-capacity", CAPACITY, CAPACITY | {"起始日期": "2021-06-01", "每月接待人次": "0"}, by=administrator)
    rows = SiteCapacity.objects.public().filter(site__code="TS-03").order_by("valid_from")
    assert [*rows.values_list("valid_from", "people")] == [(date(2021, 1, 31), 200), (date(2021, 6, 1), 0)]


def test_sites_of_one_name_are_told_apart_by_their_codes(site, administrator):
    TeachingSite.objects.public().filter(code="TS-03").update(name=site.name)
    assert messages_of(load_rows("booking", ROW, by=administrator)) == [(2, "site", "place_unclear")]
    assert messages_of(load_rows("booking", ROW | {"教学点": "TS-T"}, by=administrator)) == []
