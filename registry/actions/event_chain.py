"""The hash chain over all events. A change, insertion or deletion outside the application breaks it.

Events are appended without a lock. After the commit, a link is added that covers the events not covered yet. If two are
added at once, the database accepts one by its number, and the other looks again. So writers never wait for each other,
in whatever order their transactions end, and a rolled back action leaves no link.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import islice, pairwise
from typing import Any

import orjson
from django.db import IntegrityError, connection, models, transaction
from django.db.models import CharField, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from registry.models import Event, EventLink

MOST = 2000  # events of a link
AT_ONCE = 3  # links added by one action; the schedule adds the rest after a load
TRIES = 20
GAP = timedelta(minutes=10)  # longer than any transaction: a number still missing then was rolled back
COLUMNS = tuple(field.attname for field in Event._meta.concrete_fields)
# Read as text, because converting the values takes longer than everything else.
TEXTS = {"change_set": Cast("change_set", CharField()), "changes": Cast("changes", TextField())}
Range = list[int]  # the first and the last of a run of numbers


def columns_of(events: models.QuerySet[Event]) -> models.QuerySet:
    """The columns of the events, as `digest_of` expects them."""
    texts = {f"{name}_text": text for name, text in TEXTS.items()}
    return events.annotate(**texts).values_list(*(f"{name}_text" if name in TEXTS else name for name in COLUMNS))


def digest_of(values: Iterable[Any]) -> bytes:
    """The digest of an event, the same on every database: in UTC, without the hyphens of a UUID, and without empty
    columns, so that a column added later does not change it."""
    content = {name: value for name, value in zip(COLUMNS, values, strict=True) if value}
    content["changes"] = orjson.loads(content["changes"])
    content["change_set"] = content["change_set"].replace("-", "")
    return sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).digest()


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def hash_of(link: EventLink) -> str:
    """The hash that a link must have."""
    content = [link.number, _stamp(link.sealed_at), link.ranges, link.count, link.digest, link.previous]
    return sha256(orjson.dumps(content)).hexdigest()


def seal_on_commit() -> None:
    """Adds a link after the commit. An error then does not affect the action; the schedule seals as well."""
    if not any(waiting[1] is _seal_after_act for waiting in connection.run_on_commit):
        transaction.on_commit(_seal_after_act, robust=True)


def _seal_after_act() -> None:
    seal(AT_ONCE)


def seal(links: int | None = None) -> int:
    """Covers all committed events, or as many as `links` links hold. Returns the number of events that were
    uncovered."""
    counts = iter(_seal_next, 0)
    return sum(counts if links is None else islice(counts, links))


def _seal_next() -> int:
    for _attempt in range(TRIES):
        try:
            with transaction.atomic():
                return _add_link()
        except IntegrityError:  # somebody else added the link with this number
            continue
    return 0


def _add_link() -> int:
    last = newest_link()
    through, gaps = (last.through, last.gaps) if last else (0, [])
    events = list(columns_of(uncovered(last))[:MOST])
    if not events:
        return 0
    numbers = [event[0] for event in events]
    link = EventLink(
        number=last.number + 1 if last else 1, sealed_at=timezone.now(), ranges=_ranges(numbers), count=len(events),
        digest=_digest_over(map(digest_of, events)), previous=last.hash if last else "",
        through=max(through, numbers[-1]),
    )  # fmt: skip
    link.gaps = list(_open_gaps(through, gaps, link))
    link.hash = hash_of(link)
    link.save(force_insert=True)
    return len(events)


def newest_link() -> EventLink | None:
    return EventLink.objects.order_by("-number").first()


def _digest_over(digests: Iterable[bytes]) -> str:
    return sha256(b"".join(digests)).hexdigest()


def uncovered(last: EventLink | None) -> models.QuerySet[Event]:
    """The events not covered by any link up to `last`: those above the highest covered number, and late ones below
    it."""
    condition = models.Q(pk__gt=last.through if last else 0)
    for first, end, _since in last.gaps if last else ():
        condition |= models.Q(pk__range=(first, end))
    return Event.objects.filter(condition).order_by("pk")


def _ranges(numbers: Iterable[int]) -> list[Range]:
    ranges: list[Range] = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ranges


def _open_gaps(through: int, gaps: list, link: EventLink) -> Iterator[list]:
    """The gaps below the highest covered number that may still be filled, each with the time since when."""
    now = int(link.sealed_at.timestamp())
    for first, end, since in [*gaps, [through + 1, link.through, now]]:
        if now - since < GAP.total_seconds():
            inside = (covered for covered in link.ranges if first <= covered[0] <= end)
            edges = [[first - 1, first - 1], *inside, [end + 1, end + 1]]
            yield from (
                [before[1] + 1, after[0] - 1, since] for before, after in pairwise(edges) if after[0] > before[1] + 1
            )


@dataclass(frozen=True)
class Break:
    """The first invalid link, and the reason."""

    number: int
    events: str
    why: str


@dataclass(frozen=True)
class Chain:
    """The state of the chain: the number of links, events and uncovered events, and where it is broken."""

    links: int
    events: int
    waiting: int
    broken: Break | None


STEP = 200  # links whose events are read together


def verify() -> Chain:
    """Recomputes the whole chain."""
    previous, number, events = "", 0, 0
    for links in _in_steps():
        digests = _digests(links)
        for link in links:
            number += 1
            why = _why_broken(link, number, previous, digests)
            if why:
                return Chain(number, events, 0, Break(number, _words(link.ranges), why))
            previous, events = link.hash, events + link.count
    last = newest_link()
    return Chain(number, events, uncovered(last).count(), _intruder(last, events) if last else None)


def _in_steps() -> Iterator[list[EventLink]]:
    after = 0
    while links := list(EventLink.objects.filter(number__gt=after).order_by("number")[:STEP]):
        after = links[-1].number
        yield links


def _digests(links: Sequence[EventLink]) -> dict[int, bytes]:
    """The current digests of the events that these links cover."""
    ranges = [covered for link in links for covered in link.ranges]
    numbers = {number for first, end in ranges for number in range(first, end + 1)}
    lowest, highest = min(first for first, _end in ranges), max(end for _first, end in ranges)
    rows = columns_of(Event.objects.filter(pk__range=(lowest, highest)).order_by("pk"))
    return {row[0]: digest_of(row) for row in rows.iterator(chunk_size=MOST) if row[0] in numbers}


def _why_broken(link: EventLink, number: int, previous: str, digests: dict[int, bytes]) -> str:
    """The reason why the link is invalid; empty if it is valid."""
    if link.number != number:
        return "the link is missing"
    if link.previous != previous or link.hash != hash_of(link):
        return "the link was changed"
    covered = [number for first, end in link.ranges for number in range(first, end + 1)]
    missing = [number for number in covered if number not in digests]
    if missing:
        return f"event {missing[0]} is missing"
    is_same = link.digest == _digest_over(digests[number] for number in covered)
    return "" if is_same and link.count == len(covered) else "one of its events was changed"


def _words(ranges: list[Range]) -> str:
    return ", ".join(str(first) if first == end else f"{first}–{end}" for first, end in ranges)


def _intruder(last: EventLink, covered: int) -> Break | None:
    """An uncovered event below the last covered one that is too late to come from an open transaction."""
    late = Event.objects.filter(pk__lte=last.through)
    for first, end, _since in last.gaps:
        late = late.exclude(pk__range=(first, end))
    if late.count() == covered:
        return None
    expected = {
        number
        for links in _in_steps()
        for link in links
        for first, end in link.ranges
        for number in range(first, end + 1)
    }
    pk = next((pk for pk in late.order_by("pk").values_list("pk", flat=True).iterator() if pk not in expected), None)
    return None if pk is None else Break(last.number + 1, str(pk), f"event {pk} was put in later")
