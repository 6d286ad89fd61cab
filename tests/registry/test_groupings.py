"""Building belts and zones: members come and go with their dates, and nothing else of them is lost."""

import uuid
from datetime import date

import pytest
from django.core.exceptions import ValidationError

from registry.access.scope import Scope
from registry.actions.groupings import Member, memberships_of, refusals_to_save_grouping, save_grouping
from registry.figures import FIGURES
from registry.models import Belt, Event, SearchEntry, Zone, verdict_over
from registry.text.refusals import Refused
from tests.factories import join, make_belt, make_named_point, make_point

DAY, LATER, TODAY = date(2021, 6, 1), date(2022, 3, 1), date(2022, 6, 1)


def new_belt(**more) -> Belt:
    return Belt(**{"name": "测试新建示范带", "level": "district", "planned_on": DAY, **more})


def held_members(belt) -> list[Member]:
    return [
        Member(membership.point, membership.valid_from, membership.valid_to, membership.pk)
        for membership in memberships_of(belt)
    ]


def days_of(grouping) -> list[tuple]:
    return [(str(membership), membership.valid_from, membership.valid_to) for membership in memberships_of(grouping)]


def test_the_verdict_of_an_unsaved_selection_equals_the_verdict_after_saving(sample, administrator):
    points = [make_named_point(grade="premium" if number < 4 else "standard") for number in range(6)] + [make_point()]
    unsaved = verdict_over(points, TODAY)
    belt = save_grouping(new_belt(), members=[Member(point, DAY) for point in points], by=administrator)
    saved = belt.verdict(TODAY)
    assert (unsaved.counting, unsaved.missing, unsaved.qualifies) == (4, 1, False)
    assert [(stop.point, stop.counts) for stop in saved.stops] == [(stop.point, stop.counts) for stop in unsaved.stops]
    assert (saved.counting, saved.missing) == (unsaved.counting, unsaved.missing)


def test_a_new_belt_gets_a_code_its_townships_and_its_ends_from_its_points(sample, administrator):
    points = [make_named_point(area="130207108"), make_named_point(area="130207114")]
    belt = save_grouping(new_belt(), members=[Member(point, DAY) for point in points], by=administrator)
    assert (belt.code, belt.area_id) == ("B-17", "130207108")
    assert [area.pk for area in belt.townships.public().order_by("pk")] == ["130207108", "130207114"]
    assert (belt.start, belt.end) == ("唐坊镇", "大齐各庄镇")
    assert SearchEntry.objects.filter(kind="belts", code="B-17").exists()


def test_a_point_that_leaves_ends_its_membership_and_does_not_vanish(sample, administrator):
    belt, points = make_belt(), [make_named_point(grade="premium"), make_named_point(grade="premium")]
    join(belt, *points)
    first, second = held_members(belt)
    save_grouping(belt, members=[Member(first.place, first.since, LATER, first.stored_pk), second], by=administrator)
    assert days_of(belt) == [(f"1. {points[0]}", DAY, LATER), (f"2. {points[1]}", DAY, None)]
    assert belt.verdict(date(2022, 2, 28)).counting == 2
    assert belt.verdict(LATER).counting == 1


def test_a_member_that_is_not_named_stays_as_it_is(sample, administrator):
    belt, point = make_belt(), make_named_point()
    join(belt, point)
    save_grouping(belt, members=[], by=administrator)
    assert days_of(belt) == [(f"1. {point}", DAY, None)]


def test_a_point_may_come_back_and_the_time_between_stays_empty(sample, administrator):
    belt, point = make_belt(), make_named_point()
    join(belt, point)
    (member,) = held_members(belt)
    members = [Member(point, DAY, LATER, member.stored_pk), Member(point, TODAY)]
    save_grouping(belt, members=members, by=administrator)
    assert [len(belt.verdict(day).stops) for day in (DAY, LATER, TODAY)] == [1, 0, 1]


def test_a_point_cannot_belong_to_a_belt_twice_at_once(sample, administrator):
    belt, point = make_belt(), make_named_point()
    join(belt, point)
    with pytest.raises(Refused) as refused:
        save_grouping(belt, members=[Member(point, LATER)], by=administrator)
    assert refused.value.code == "member_twice"


def test_what_would_be_refused_can_be_asked_first_with_the_row_it_is_about(sample):
    belt, point, other = make_belt(), make_named_point(), make_named_point()
    members = [Member(point, None), Member(other, LATER, DAY), Member(other, DAY, LATER)]
    refusals_found = [(refusal.code, refusal.details["row"]) for refusal in refusals_to_save_grouping(belt, members)]
    assert refusals_found == [("member_undated", 0), ("member_order", 1)]


def test_the_order_of_the_members_is_the_order_of_the_stops(sample, administrator):
    belt, points = make_belt(), [make_named_point(), make_named_point(), make_named_point()]
    join(belt, *points)
    save_grouping(belt, members=list(reversed(held_members(belt))), by=administrator)
    assert [stop.point for stop in belt.verdict(TODAY).stops] == list(reversed(points))


def test_one_event_tells_of_the_columns_and_the_members(sample, administrator):
    belt, point = make_belt(), make_named_point()
    belt.name = "改名后的示范带"
    save_grouping(belt, members=[Member(point, DAY)], by=administrator)
    (event,) = Event.objects.filter(kind="belt", code=belt.code)
    assert event.changes["name"][1] == "改名后的示范带"
    assert event.changes[point.code] == ["", "2021-06-01 –"]


def test_the_belts_figure_moves_on_the_day_a_belt_is_built(sample, administrator):
    belt = save_grouping(new_belt(built_on=TODAY), members=[], by=administrator)
    values = [
        FIGURES["belts"].answer(Scope(as_of=day, area="130207")).value for day in (date(2022, 5, 31), belt.built_on)
    ]
    assert values == [15, 16]


def test_a_double_click_makes_one_row(sample, administrator):
    key, point = uuid.uuid4(), make_named_point()
    first, second = (
        save_grouping(new_belt(), members=[Member(point, DAY)], by=administrator, key=key) for _click in range(2)
    )
    assert first.pk == second.pk
    assert Event.objects.filter(kind="belt", code=first.code).count() == 1


def test_a_double_click_on_a_change_is_one_change(sample, administrator):
    belt, key = make_belt(), uuid.uuid4()
    for _click in range(2):
        typed = Belt.objects.unscoped("test").get(pk=belt.pk)
        typed.version, typed.name = 1, "改名后的示范带"
        assert save_grouping(typed, members=[], by=administrator, key=key).version == 2


def test_the_same_form_with_other_values_is_not_swallowed(sample, administrator):
    key = uuid.uuid4()
    save_grouping(new_belt(), members=[], by=administrator, key=key)
    with pytest.raises(Refused) as refused:
        save_grouping(new_belt(name="另一条示范带"), members=[], by=administrator, key=key)
    assert refused.value.code == "stale"


def test_a_second_writer_is_refused_and_writes_nothing(sample, administrator):
    belt, point = make_belt(), make_named_point()
    theirs = Belt.objects.unscoped("test").get(pk=belt.pk)
    save_grouping(theirs, members=[], by=administrator)
    with pytest.raises(Refused) as refused:
        save_grouping(belt, members=[Member(point, DAY)], by=administrator)
    assert refused.value.code == "stale"
    assert memberships_of(belt) == []


def test_only_those_who_build_may_build(sample, clerk_tangfang, reviewer):
    for account in (clerk_tangfang, reviewer):
        with pytest.raises(Refused) as refused:
            save_grouping(new_belt(), members=[], by=account)
        assert refused.value.code == "not_allowed"


def test_a_belt_needs_a_day_it_was_planned_or_built(sample, administrator):
    with pytest.raises(ValidationError):
        save_grouping(new_belt(planned_on=None), members=[], by=administrator)


def test_a_zone_holds_points_and_belts_and_covers_their_townships(sample, administrator):
    belt = make_belt()
    belt.townships.add("130207114")
    zone = Zone(name="测试新建片区", level="district", kind="themed", planned_on=DAY)
    point = make_named_point(area="130207108")
    save_grouping(zone, members=[Member(point, DAY), Member(belt, DAY)], by=administrator)
    assert [area.pk for area in zone.townships.public().order_by("pk")] == ["130207108", "130207114"]
    assert [str(membership) for membership in memberships_of(zone)] == [str(point), str(belt)]
