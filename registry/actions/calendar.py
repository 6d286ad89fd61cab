"""The working calendar of a year: days off and weekend days that are worked, kept by the district; and the proposal for
a new year."""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from registry.access.permissions import may
from registry.models import CalendarDay, is_weekday
from registry.text.refusals import Refused, raise_first

from .records import save_record

RIGHT = "rule.change"
MOST_DAYS = 31  # of one holiday
# The first days of the lunar year, the dragon-boat and the mid-autumn festival (month and day), from the tables of the
# Chinese calendar (GB/T 33661).
LUNAR = {
    2026: ("02-17", "06-19", "09-25"), 2027: ("02-06", "06-09", "09-15"), 2028: ("01-26", "05-28", "10-03"),
    2029: ("02-13", "06-16", "09-22"), 2030: ("02-03", "06-05", "09-12"), 2031: ("01-23", "06-24", "10-01"),
    2032: ("02-11", "06-12", "09-19"), 2033: ("01-31", "06-01", "09-08"), 2034: ("02-19", "06-20", "09-27"),
    2035: ("02-08", "06-10", "09-16"), 2036: ("01-28", "05-30", "10-04"), 2037: ("02-15", "06-18", "09-24"),
    2038: ("02-04", "06-07", "09-13"), 2039: ("01-24", "05-27", "10-02"), 2040: ("02-12", "06-14", "09-20"),
}  # fmt: skip


@dataclass(frozen=True)
class ProposedDay:
    day: date
    name: str


def statutory_days(year: int) -> Iterator[ProposedDay]:
    """The statutory holidays of a year (《全国年节及纪念日放假办法》, as of 2025). Which days are moved, and which
    weekend days are worked for that, the State Council says each autumn for the next year."""
    yield ProposedDay(date(year, 1, 1), "元旦")
    if year in LUNAR:
        spring, dragon_boat, mid_autumn = (date.fromisoformat(f"{year}-{text}") for text in LUNAR[year])
        yield from (ProposedDay(spring + timedelta(days=number), "春节") for number in range(-1, 3))
        yield ProposedDay(dragon_boat, "端午节")
        yield ProposedDay(mid_autumn, "中秋节")
    yield ProposedDay(date(year, 4, _qingming(year)), "清明节")
    yield from (ProposedDay(date(year, 5, number), "劳动节") for number in (1, 2))
    yield from (ProposedDay(date(year, 10, number), "国庆节") for number in (1, 2, 3))


def _qingming(year: int) -> int:
    """The day in April of the solar term Qingming, for the years 2000 to 2099."""
    in_century = year % 100
    return int(in_century * 0.2422 + 4.81) - in_century // 4


def proposed_days(year: int) -> list[ProposedDay]:
    """The statutory holidays on weekdays that the calendar does not have yet."""
    there = set(days_of(year).values_list("day", flat=True))
    days = {proposed.day: proposed for proposed in statutory_days(year)}
    return [days[day] for day in sorted(days) if is_weekday(day) and day not in there]


def days_of(year: int) -> Any:
    """The days of the calendar in this year."""
    return CalendarDay.objects.public().filter(day__year=year).order_by("day")


def refusals_to_keep(first: date, last: date, *, by: Any) -> Iterator[Refused]:
    """All refusals against entering the days from `first` to `last`."""
    if not may(by, RIGHT):
        yield Refused("not_allowed")
    if last < first:
        yield Refused("calendar_order", first=first.isoformat(), last=last.isoformat())
    elif (last - first).days >= MOST_DAYS:
        yield Refused("calendar_long", most=MOST_DAYS)


@transaction.atomic
def keep_days(first: date, last: date, *, working: bool, name: str, by: Any, reason: str = "") -> list[CalendarDay]:
    """Enters the days from `first` to `last` as worked or free, as far as that is not so by the weekday. Days that the
    calendar has already are changed. Returns the days that were written. Raises Refused."""
    raise_first(refusals_to_keep(first, last, by=by))
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return _keep((day for day in days if is_weekday(day) != working), working, name, by, reason)


@transaction.atomic
def adopt_days(year: int, days: Iterable[date], *, by: Any) -> list[CalendarDay]:
    """Takes over these of the proposed days of the year. Raises Refused."""
    if not may(by, RIGHT):
        raise Refused("not_allowed")
    wanted = set(days)
    proposed = [day for day in proposed_days(year) if day.day in wanted]
    return [row for day in proposed for row in _keep([day.day], False, day.name, by, "")]


def _keep(days: Iterable[date], working: bool, name: str, by: Any, reason: str) -> list[CalendarDay]:
    key, written = uuid.uuid4(), []
    for day in days:
        row = CalendarDay.objects.public().filter(day=day).first() or CalendarDay(code=_code(day), day=day)
        if row.pk and (row.working, row.name) == (working, name):
            continue
        row.working, row.name = working, name
        written.append(save_record(row, right=RIGHT, by=by, reason=reason, key=key))
    return written


def _code(day: date) -> str:
    """The code of a new day; a number follows where one entered in error has it."""
    code = CalendarDay.code_of(day)
    count = CalendarDay._base_manager.filter(code__startswith=code).count()
    return f"{code}-{count}" if count else code
