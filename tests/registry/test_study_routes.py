"""Building study routes: stops in order, and when each is reached and left."""

import uuid
from datetime import date, time
from decimal import Decimal

import pytest

from registry.actions.routes import PlannedStop, refusals_to_save_route, save_route, stops_of
from registry.models import Event, StudyRoute, Unit, timetable
from registry.text.refusals import Refused
from tests.factories import make_belt, make_named_point


def new_route(**more) -> StudyRoute:
    return StudyRoute(**{"name": "测试研学线路", "opened_on": date(2021, 6, 1), **more})


def some_stops() -> list[PlannedStop]:
    unit = Unit.objects.unscoped("test").order_by("code").first()
    places = [("point", make_named_point()), ("belt", make_belt()), ("unit", unit)]
    return [
        PlannedStop(kind, place, minutes, travel)
        for (kind, place), minutes, travel in zip(places, (40, 30, 25), (15, None, 10), strict=True)
    ]


def test_times_follow_from_the_start_the_stays_and_the_ways(sample):
    times = [(timed.arrives, timed.leaves) for timed in timetable(time(8, 30), some_stops())]
    assert times == [(time(8, 30), time(9, 10)), (time(9, 25), time(9, 55)), (time(9, 55), time(10, 20))]


def test_after_a_stop_of_unknown_stay_no_time_is_known(sample):
    first, second, third = some_stops()
    times = timetable(time(8, 30), [first, PlannedStop("belt", second.place), third])
    assert [(timed.arrives, timed.leaves) for timed in times] == [
        (time(8, 30), time(9, 10)), (time(9, 25), None), (None, None),
    ]  # fmt: skip


def test_without_a_start_no_time_is_known(sample):
    assert {(timed.arrives, timed.leaves) for timed in timetable(None, some_stops())} == {(None, None)}


def test_a_route_is_saved_with_its_stops_in_order_and_its_hours(sample, administrator):
    stops = some_stops()
    route = save_route(new_route(start_time=time(8, 30)), stops=stops, by=administrator)
    assert (route.code, route.area_id, route.hours) == ("R-05", "130207", Decimal("1.9"))
    assert stops_of(route) == stops


def test_changed_stops_are_told_in_one_event_and_unchanged_ones_are_left_alone(sample, administrator):
    route, stops = save_route(new_route(), stops=some_stops(), by=administrator), some_stops()
    before = list(route.stops.values_list("pk", flat=True))
    save_route(route, stops=stops_of(route), by=administrator)
    assert list(route.stops.values_list("pk", flat=True)) == before
    save_route(route, stops=stops, by=administrator)
    assert Event.objects.filter(kind="studyroute", code=route.code).first().changes["stops"][1] == [
        stop.describe() for stop in stops
    ]


def test_what_refuses_a_route_can_be_asked_first(sample):
    first, second, third = some_stops()
    untimed = PlannedStop("point", first.place)
    late = PlannedStop("point", first.place, 1000)

    def refusals(stops, **more):
        return [refusal.code for refusal in refusals_to_save_route(new_route(**more), stops)]

    assert refusals([first]) == ["no_stops"]
    assert refusals([untimed, second]) == []
    assert refusals([untimed, second], start_time=time(8, 0)) == ["stays_unknown"]
    assert refusals([late, third], start_time=time(8, 0)) == ["past_midnight"]


def test_a_double_click_makes_one_route(sample, administrator):
    key, stops = uuid.uuid4(), some_stops()
    first, second = (save_route(new_route(), stops=stops, by=administrator, key=key) for _click in range(2))
    assert first.pk == second.pk


def test_a_second_writer_keeps_the_stops_of_the_first(sample, administrator):
    route = save_route(new_route(), stops=some_stops(), by=administrator)
    theirs, opened = StudyRoute.objects.unscoped("test").get(pk=route.pk), route.version
    save_route(theirs, stops=stops_of(route)[:2], by=administrator)
    route.version = opened
    with pytest.raises(Refused) as refused:
        save_route(route, stops=some_stops(), by=administrator)
    assert refused.value.code == "stale"
    assert len(stops_of(route)) == 2
