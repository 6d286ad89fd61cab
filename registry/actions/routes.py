"""Study routes: the record, and its stops in order with stays and travel times."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any

from django.db import transaction
from django.utils.timezone import localtime

from registry.models import PLACES, Area, RouteStop, StudyRoute
from registry.models.base import guard_lifted
from registry.text.refusals import Refused, raise_first

from .groupings import RIGHT
from .records import changes_between, done_before, save_record, values_of
from .sites import add_with_code


@dataclass(frozen=True)
class PlannedStop:
    """A planned stop: the place, the stay and the travel time to the next stop, both in minutes."""

    kind: str
    place: Any
    minutes: int | None = None
    travel_minutes: int | None = None

    def describe(self) -> str:
        """The stop in the event: place, stay, and travel time."""
        return f"{self.kind}:{self.place.code} {self.minutes or '-'}+{self.travel_minutes or '-'}"


def stops_of(route: StudyRoute) -> list[PlannedStop]:
    """The stored stops, in order."""
    if route.pk is None:
        return []
    with guard_lifted("the parts of a record the account may build"):
        rows = list(route.stops.select_related(*(f"{name}__area" for name in PLACES)))
    kinds = [next(name for name in PLACES if getattr(row, f"{name}_id")) for row in rows]
    return [
        PlannedStop(kind, row.place, row.minutes, row.travel_minutes) for kind, row in zip(kinds, rows, strict=True)
    ]


def duration(stops: list[PlannedStop]) -> int:
    """Minutes from the first stop to the end of the last: stays and travel times."""
    return sum(stop.minutes or 0 for stop in stops) + sum(stop.travel_minutes or 0 for stop in stops[:-1])


def refusals_to_save_route(route: StudyRoute, stops: list[PlannedStop]) -> Iterator[Refused]:
    """All refusals against these stops; `row` in the details is the stop's place in the list."""
    if len(stops) < 2:
        yield Refused("no_stops")
    if route.start_time is None:
        return
    for row, stop in enumerate(stops[:-1]):
        if stop.minutes is None:
            yield Refused("stays_unknown", row=row, name=stop.place)
    start = datetime.combine(date.min, route.start_time)
    if (start + timedelta(minutes=duration(stops))).date() > date.min:
        yield Refused("past_midnight")


@transaction.atomic
def save_route(
    route: StudyRoute, *, stops: list[PlannedStop], by: Any, key: uuid.UUID | None = None, reason: str = ""
) -> StudyRoute:
    """Adds or changes a route with its stops in their order. Empty hours are computed from the stops.

    A form `key` used before with the same values changes nothing; with other values it is Refused("stale"), with the
    `code` it created. Raises Refused for what `refusals_to_…` yields, and ValidationError for values.
    """
    earlier = done_before(key, by=by) if key else None
    if earlier and _is_unchanged(earlier.code, route, stops):
        return StudyRoute.objects.unscoped("what this form wrote itself").get(code=earlier.code)
    if earlier and route.pk is None:
        raise Refused("stale", who=by, when=f"{localtime(earlier.at):%Y-%m-%d %H:%M}", code=earlier.code)
    raise_first(refusals_to_save_route(route, stops))
    if not route.area_id:
        route.area = Area.objects.unscoped("area names are public").get(code=by.write_prefix)
    if route.hours is None and all(stop.minutes is not None for stop in stops):
        route.hours = (Decimal(duration(stops)) / 6).to_integral_value(ROUND_CEILING) / 10
    before, after = [stop.describe() for stop in stops_of(route)], [stop.describe() for stop in stops]
    key = key or uuid.uuid4()
    options = {"right": RIGHT, "by": by, "key": key, "reason": reason}
    options["also"] = {"stops": [before, after]} if before != after else {}
    if route.pk is None:
        add_with_code(route, "R-", 2, **options)
    else:
        save_record(route, **options)
    if before != after:
        _write_stops(route, stops, key)
    return route


def _is_unchanged(code: str, typed: StudyRoute, stops: list[PlannedStop]) -> bool:
    stored = StudyRoute.objects.unscoped("what this form wrote itself").filter(code=code).first()
    if stored is None or (typed.pk and typed.pk != stored.pk):
        return False
    derived = {"id", "code", "area"} | ({"hours"} if typed.hours is None else set())
    return stops_of(stored) == stops and not changes_between(values_of(stored), values_of(typed)).keys() - derived


def _write_stops(route: StudyRoute, stops: list[PlannedStop], change_set: uuid.UUID) -> None:
    """Replaces the stops. Old stops stay in the database, voided."""
    route.stops.update(voided=change_set)
    RouteStop.objects.bulk_create(
        RouteStop(
            route=route,
            position=position,
            minutes=stop.minutes,
            travel_minutes=stop.travel_minutes,
            **{stop.kind: stop.place},
        )
        for position, stop in enumerate(stops, start=1)
    )
