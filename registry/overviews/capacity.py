"""Capacity, bookings and visits of teaching sites by month."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from registry.models import PLACES, Booking, SiteCapacity, TeachingSite, Visit

MONTHS_TO_COME = 6


@dataclass(frozen=True)
class Month:
    """A month of a site, by its first day. `capacity` is None if the site has none declared."""

    site: TeachingSite
    first: date
    capacity: int | None
    booked: int
    received: int

    @property
    def left(self) -> int | None:
        return None if self.capacity is None else max(self.capacity - self.booked, 0)

    @property
    def share(self) -> int | None:
        """Visitors in percent of the capacity."""
        return round(100 * self.received / self.capacity) if self.capacity else None


def months_from(first: date, count: int) -> list[date]:
    """The first days of `count` months, beginning with that of `first`."""
    start = first.year * 12 + first.month - 1
    return [date((start + offset) // 12, (start + offset) % 12 + 1, 1) for offset in range(count)]


def balance(sites: Iterable[TeachingSite], first: date, count: int = 12) -> list[Month]:
    """The months of each site in order. Booked are all bookings that were confirmed or held."""
    sites, months = list(sites), months_from(first, count + 1)
    until, months = months[-1], months[:-1]
    during = {"booked_for__gte": months[0], "booked_for__lt": until}
    booked: Counter = Counter()
    rows = Booking.objects.unscoped("sums of people, without groups").taking().filter(site__in=sites, **during)
    for site, day, people in rows.values_list("site_id", "booked_for", "headcount"):
        booked[site, day.replace(day=1)] += people
    received = _received(sites, months[0], until)
    capacities = list(SiteCapacity.objects.public().filter(site__in=sites).order_by("-valid_from"))
    return [
        Month(
            site, month, _capacity([capacity for capacity in capacities if capacity.site_id == site.pk], month),
            booked[site.pk, month], received[(*_place(site), month)],
        )
        for site in sites
        for month in months
    ]  # fmt: skip


def free_places(site: TeachingSite, today: date) -> list[Month]:
    """The coming months of a site with a declared capacity, as the public sees them."""
    return [month for month in balance([site], today, MONTHS_TO_COME) if month.left is not None]


def _received(sites: Iterable[TeachingSite], first: date, until: date) -> Counter:
    """Person-visits by kind of place, place and month."""
    where = Q(pk__in=[])
    for name, key in map(_place, sites):
        where |= Q(**{name: key})
    received: Counter = Counter()
    for visit in Visit.objects.public().filter(where, visited_on__gte=first, visited_on__lt=until):
        received[(*_place(visit), visit.visited_on.replace(day=1))] += visit.headcount
    return received


def _place(record: TeachingSite | Visit) -> tuple[str, int]:
    return next((name, key) for name in PLACES if (key := getattr(record, f"{name}_id")))


def _capacity(rows: Iterable[SiteCapacity], day: date) -> int | None:
    """Of several capacities valid on `day`, the latest one."""
    holding = (row for row in rows if row.valid_from <= day and (row.valid_to is None or day < row.valid_to))
    return next((capacity.people for capacity in holding), None)
