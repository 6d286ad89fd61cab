"""Bookings of groups: requested, confirmed while there are places, refused or cancelled with a reason, and held. A held
booking becomes a visit, so nothing is typed twice."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.timezone import localdate

from registry.access.permissions import may
from registry.models import PLACES, Booking, BookingState, Event, TeachingSite, Visit
from registry.overviews.capacity import Month, balance
from registry.text.refusals import Refused, raise_first

from .records import done_before, save_record
from .sites import add_with_code

RIGHT = "booking.manage"
ALLOWED = {  # action → allowed states
    "confirm": {BookingState.ASKED},
    "hold": {BookingState.CONFIRMED},
    "refuse": {BookingState.ASKED},
    "cancel": {BookingState.ASKED, BookingState.CONFIRMED},
}


def refusals_to(act: str, booking: Booking, *, by: Any) -> Iterator[Refused]:
    """All refusals against `act` on a booking now; empty if it is allowed."""
    if not may(by, RIGHT, booking):
        yield Refused("not_allowed")
    if booking.state not in ALLOWED[act]:
        yield Refused("booking_moved_on", state=BookingState(booking.state).label)
    if act == "hold" and booking.booked_for > localdate():
        yield Refused("booking_early", day=booking.booked_for.isoformat())
    if act == "confirm":
        [month] = balance([booking.site], booking.booked_for, 1)
        yield from refusals_of_places(month, booking.headcount)


def refusals_of_places(month: Month, people: int) -> Iterator[Refused]:
    """The refusal if the month has too few places left."""
    if month.left is not None and people > month.left:
        yield Refused(
            "booking_full", month=f"{month.first:%Y-%m}", capacity=month.capacity, left=month.left, people=people
        )  # fmt: skip


def _locked(booking: Booking, act: str, by: Any) -> Booking:
    """The stored booking, if `act` is allowed on it. Its site is locked until the transaction ends, so that two
    requests cannot take the same places."""
    sites = TeachingSite.objects.unscoped("a lock").select_for_update(of=("self",))
    sites.get(pk=booking.site_id)
    stored = Booking.objects.unscoped("as it is now").select_related("site__area").get(pk=booking.pk)
    raise_first(refusals_to(act, stored, by=by))
    return stored


def refusals_to_ask(site: TeachingSite, *, booked_for: date, by: Any) -> Iterator[Refused]:
    """All refusals against booking a site for a day."""
    if not may(by, RIGHT, site):
        yield Refused("not_allowed")
    if booked_for < localdate():
        yield Refused("booking_past", day=booked_for.isoformat())
    elif not site.is_named(booked_for):
        yield Refused("booking_closed", site=site, day=booked_for.isoformat())


@transaction.atomic
def ask(site: TeachingSite, *, booked_for: date, by: Any, key: UUID | None = None, **details: Any) -> Booking:
    """Adds a request of a group for a day. The same form sent twice makes one booking."""
    key = key or uuid4()
    if done_before(key, by=by):
        codes = Event.objects.filter(change_set=key, actor=by).values("code")
        return Booking.objects.unscoped("what this form wrote itself").get(code__in=codes)
    site = TeachingSite.objects.unscoped("as it is now").get(pk=site.pk)
    raise_first(refusals_to_ask(site, booked_for=booked_for, by=by))
    booking = Booking(site=site, booked_for=booked_for, **details)
    return add_with_code(booking, f"BK-{booked_for.year}-", 3, right=RIGHT, by=by, key=key)


@transaction.atomic
def confirm(booking: Booking, *, by: Any) -> Booking:
    """Confirms the booking, if enough places are left in the month."""
    stored = _locked(booking, "confirm", by)
    stored.state = BookingState.CONFIRMED
    return save_record(stored, right=RIGHT, by=by)


def refuse(booking: Booking, *, reason: str, by: Any) -> Booking:
    return _ended(booking, "refuse", BookingState.REFUSED, reason, by)


def cancel(booking: Booking, *, reason: str, by: Any) -> Booking:
    """Cancels or refuses the booking. Its places are free again."""
    return _ended(booking, "cancel", BookingState.CANCELLED, reason, by)


@transaction.atomic
def _ended(booking: Booking, act: str, state: BookingState, reason: str, by: Any) -> Booking:
    stored = _locked(booking, act, by)
    if len(reason.strip()) < 2:
        raise Refused("booking_reason")
    stored.state = state
    return save_record(stored, right=RIGHT, by=by, reason=reason.strip())


@transaction.atomic
def hold(booking: Booking, *, headcount: int, by: Any) -> Visit:
    """The visit took place: the booking becomes a visit with this number of people."""
    stored, key = _locked(booking, "hold", by), uuid4()
    place = {name: getattr(stored.site, name) for name in PLACES}
    visit = Visit(
        visited_on=stored.booked_for, area=stored.site.area, visitor=stored.visitor, headcount=headcount,
        topic=stored.topic, illustrative=stored.illustrative, **place,
    )  # fmt: skip
    add_with_code(visit, f"V-{stored.booked_for.year}-", 3, right=RIGHT, by=by, key=key)
    stored.state, stored.visit = BookingState.HELD, visit
    save_record(stored, right=RIGHT, by=by, key=key)
    return visit
