"""Belts and zones: the record, its members with dates, and the townships that follow from them."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.timezone import localtime

from registry.models import Area, Belt, BeltMembership, DemonstrationPoint, Zone, ZoneMembership
from registry.models.base import guard_lifted
from registry.text.area_codes import is_in_township, township_of
from registry.text.refusals import Refused, raise_first

from .records import changes_between, done_before, save_record, values_of
from .sites import add_with_code

RIGHT = "grouping.build"
PREFIXES: dict[type, str] = {Belt: "B-", Zone: "Z-"}
Grouping = Belt | Zone
Membership = BeltMembership | ZoneMembership


@dataclass(frozen=True)
class Member:
    """A point or belt that belongs to a belt or zone from `since` (included) until `until` (excluded). `stored_pk` is
    the key of the stored membership; None for a new one."""

    place: Any
    since: date | None
    until: date | None = None
    stored_pk: int | None = None

    def overlaps(self, since: date, until: date | None) -> bool:
        return (until is None or self.since < until) and (self.until is None or since < self.until)  # type: ignore[operator]


def memberships_of(grouping: Grouping) -> list[Membership]:
    """All memberships, past and present, with their points and belts, in order."""
    if grouping.pk is None:
        return []
    names = ("point__area",) if isinstance(grouping, Belt) else ("point__area", "belt__area")
    with guard_lifted("the parts of a record the account may build"):
        return list(grouping.memberships.select_related(*names))


def place_of(membership: Membership) -> Any:
    """The point or belt of a membership."""
    return membership.point if membership.point_id else membership.belt


def refusals_to_save_grouping(grouping: Grouping, members: list[Member]) -> Iterator[Refused]:
    """All refusals against these members; `row` in the details is the member's place in the list."""
    stored = {membership.pk: membership for membership in memberships_of(grouping)}
    named = {member.stored_pk for member in members}
    others = [Member(place_of(row), row.valid_from, row.valid_to, pk) for pk, row in stored.items() if pk not in named]
    for row, member in enumerate(members):
        about = {"row": row, "name": member.place, "since": member.since, "until": member.until}
        if member.since is None:
            yield Refused("member_undated", **about)
        elif member.until is not None and member.until <= member.since:
            yield Refused("member_order", **about)
        else:
            for other_member in others:
                if other_member.place == member.place and other_member.overlaps(member.since, member.until):
                    yield Refused(
                        "member_twice", **about | {"since": other_member.since, "until": other_member.until or "…"}
                    )
                    break
            others.append(member)


@transaction.atomic
def save_grouping(
    grouping: Grouping, *, members: list[Member], by: Any, key: uuid.UUID | None = None, reason: str = ""
) -> Grouping:
    """Adds or changes a belt or zone with its members in their order. A stored membership that is not in `members`
    stays: a past one gets an end date, it is never deleted. The townships follow from the members.

    A form `key` used before with the same values changes nothing; with other values it is Refused("stale"), with the
    `code` it created. Raises Refused for what `refusals_to_…` yields, and ValidationError for values.
    """
    earlier = done_before(key, by=by) if key else None
    if earlier and _is_unchanged(type(grouping), earlier.code, grouping, members):
        return type(grouping).objects.unscoped("what this form wrote itself").get(code=earlier.code)
    if earlier and grouping.pk is None:
        raise Refused("stale", who=by, when=f"{localtime(earlier.at):%Y-%m-%d %H:%M}", code=earlier.code)
    raise_first(refusals_to_save_grouping(grouping, members))
    townships = _townships(members)
    grouping.area = grouping.area if grouping.area_id else _home(grouping, townships, by)
    if isinstance(grouping, Belt):
        _fill_in_ends(grouping, members)
    options = {"right": RIGHT, "by": by, "key": key, "reason": reason, "also": _changes(grouping, members)}
    if grouping.pk is None:
        add_with_code(grouping, PREFIXES[type(grouping)], 2, **options)
    else:
        save_record(grouping, **options)
    _write_members(grouping, members)
    if townships:
        with guard_lifted("the townships of its members"):
            grouping.townships.set(townships)  # type: ignore[arg-type]  # keys, which are texts here
    return grouping


def _is_unchanged(model: Any, code: str, typed: Grouping, members: list[Member]) -> bool:
    stored = model.objects.unscoped("what this form wrote itself").filter(code=code).first()
    if stored is None or (typed.pk and typed.pk != stored.pk):
        return False
    derived = {"id", "code", "area"} | ({"start", "end"} if isinstance(typed, Belt) else set())
    stored_members = {
        (str(place_of(membership)), membership.valid_from, membership.valid_to) for membership in memberships_of(stored)
    }
    differs = changes_between(values_of(stored), values_of(typed)).keys() - derived
    return not differs and {(str(member.place), member.since, member.until) for member in members} <= stored_members


def _township_of(place: Any) -> str:
    return township_of(place.area_id) if is_in_township(place.area_id) else ""


def _townships(members: list[Member]) -> list[str]:
    """The codes of the townships of the current members, in the members' order."""
    codes: dict[str, None] = {}
    for member in members:
        if member.until is not None:
            continue
        if isinstance(member.place, Belt):
            codes |= dict.fromkeys(member.place.townships.public().values_list("code", flat=True))
        elif code := _township_of(member.place):
            codes[code] = None
    return list(codes)


def _home(grouping: Grouping, townships: list[str], by: Any) -> Area:
    """The area of the record: the township of the first member, else that of its organisation or of the account."""
    organisation = grouping.organisation
    code = townships[0] if townships else organisation.area_id if organisation else by.write_prefix
    return Area.objects.unscoped("area names are public").get(code=code)


def _fill_in_ends(belt: Belt, members: list[Member]) -> None:
    """Fills in an empty begin and end with the townships of the first and last point."""
    codes = [_township_of(member.place) for member in members if member.until is None]
    names = dict(Area.objects.unscoped("area names are public").filter(code__in=codes).values_list("code", "name"))
    belt.start = belt.start or (names.get(codes[0], "") if codes else "")
    belt.end = belt.end or (names.get(codes[-1], "") if codes else "")


def _changes(grouping: Grouping, members: list[Member]) -> dict[str, list]:
    """The changes of members and of their order for the event, each [before, after]."""
    stored = {membership.pk: membership for membership in memberships_of(grouping)}
    changes: dict[str, list] = {}
    for member in members:
        before = stored.get(member.stored_pk) if member.stored_pk else None
        both = [_days(before.valid_from, before.valid_to) if before else "", _days(member.since, member.until)]
        if both[0] != both[1]:
            changes[member.place.code] = both
    order = [place_of(row).code for row in stored.values() if row.pk in {member.stored_pk for member in members}]
    after = [member.place.code for member in members if member.stored_pk]
    if isinstance(grouping, Belt) and order != after:
        changes["order"] = [order, after]
    return changes


def _days(since: date | None, until: date | None) -> str:
    return f"{since} – {until or ''}".strip()


def _write_members(grouping: Grouping, members: list[Member]) -> None:
    """Writes ended memberships first, so that a point may leave and come back in one action."""
    stored = {membership.pk: membership for membership in memberships_of(grouping)}
    ordered = sorted(enumerate(members, start=1), key=lambda pair: pair[1].until is None)
    for position, member in ordered:
        row = stored.get(member.stored_pk) if member.stored_pk else None
        if row is None:
            name = "point" if isinstance(member.place, DemonstrationPoint) else "belt"
            row = grouping.memberships.model(**{str(grouping._meta.model_name): grouping, name: member.place})
        row.valid_from, row.valid_to = member.since, member.until  # type: ignore[assignment]  # see refusals: never None
        if isinstance(row, BeltMembership):
            row.position = position
        row.save()
