"""The chain over all events: what is changed, put in or taken away behind the registry's back breaks it.

Events are appended without any lock. As soon as they are committed, a link is added that covers those no link covers
yet; of two that are added at once the database takes one, by its number, and the other looks again. So writers never
wait for each other, in whatever order their transactions end, and an act that is rolled back leaves no link.
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
AT_ONCE = 3  # links that one act adds: what a load left, the schedule adds
TRIES = 20
GAP = timedelta(minutes=10)  # longer than any transaction: a number that is missing by then was taken back
COLUMNS = tuple(field.attname for field in Event._meta.concrete_fields)
# Read as text, since the library takes longer to make values of them than all the rest does
TEXTS = {"change_set": Cast("change_set", CharField()), "changes": Cast("changes", TextField())}
Range = list[int]  # the first and the last of a run of numbers


def columns_of(events: models.QuerySet[Event]) -> models.QuerySet:
    """The columns of the events, as `digest_of` takes them."""
    texts = {f"{name}_text": text for name, text in TEXTS.items()}
    return events.annotate(**texts).values_list(*(f"{name}_text" if name in TEXTS else name for name in COLUMNS))


def digest_of(values: Iterable[Any]) -> bytes:
    """The fingerprint of an event, the same on every database: in UTC, without the hyphens of a UUID, and without empty
    columns, so that one that is added later leaves it as it is."""
    said = {name: value for name, value in zip(COLUMNS, values, strict=True) if value}
    said["changes"] = orjson.loads(said["changes"])
    said["change_set"] = said["change_set"].replace("-", "")
    return sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).digest()


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def hash_of(link: EventLink) -> str:
    """What the hash of a link must be."""
    said = [link.number, _stamp(link.sealed_at), link.ranges, link.count, link.digest, link.previous]
    return sha256(orjson.dumps(said)).hexdigest()


def seal_on_commit() -> None:
    """Adds a link once the transaction is committed. What goes wrong then harms no act: the schedule seals, too."""
    if not any(waiting is _seal_after_act for _savepoints, waiting, _robust in connection.run_on_commit):
        transaction.on_commit(_seal_after_act, robust=True)


def _seal_after_act() -> None:
    seal(AT_ONCE)


def seal(links: int | None = None) -> int:
    """Covers all committed events, or as many as `links` links hold. Returns how many were not covered yet."""
    counts = iter(_seal_next, 0)
    return sum(counts if links is None else islice(counts, links))


def _seal_next() -> int:
    for _attempt in range(TRIES):
        try:
            with transaction.atomic():
                return _add_link()
        except IntegrityError:  # somebody else added the link of this number meanwhile
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
    """The events that no link up to the `last` covers: those above all covered ones, and late ones among them."""
    wanted = models.Q(pk__gt=last.through if last else 0)
    for first, end, _since in last.gaps if last else ():
        wanted |= models.Q(pk__range=(first, end))
    return Event.objects.filter(wanted).order_by("pk")


def _ranges(numbers: Iterable[int]) -> list[Range]:
    ranges: list[Range] = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ranges


def _open_gaps(through: int, gaps: list, link: EventLink) -> Iterator[list]:
    """The runs of numbers below the highest covered one that may still come, each with the time since when."""
    now = int(link.sealed_at.timestamp())
    for first, end, since in [*gaps, [through + 1, link.through, now]]:
        if now - since < GAP.total_seconds():
            inside = (each for each in link.ranges if first <= each[0] <= end)
            edges = [[first - 1, first - 1], *inside, [end + 1, end + 1]]
            yield from ([one[1] + 1, other[0] - 1, since] for one, other in pairwise(edges) if other[0] > one[1] + 1)


@dataclass(frozen=True)
class Break:
    """The first link that does not hold, and why."""

    number: int
    events: str
    why: str


@dataclass(frozen=True)
class Chain:
    """What is known of the chain: how many links and events it has, how many events no link covers yet, and where it is
    broken."""

    links: int
    events: int
    waiting: int
    broken: Break | None


STEP = 200  # links whose events are read together


def verify() -> Chain:
    """Computes the whole chain again."""
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
    """The fingerprints of the events that these links cover, as they are now."""
    ranges = [each for link in links for each in link.ranges]
    numbers = {number for first, end in ranges for number in range(first, end + 1)}
    lowest, highest = min(first for first, _end in ranges), max(end for _first, end in ranges)
    rows = columns_of(Event.objects.filter(pk__range=(lowest, highest)).order_by("pk"))
    return {row[0]: digest_of(row) for row in rows.iterator(chunk_size=MOST) if row[0] in numbers}


def _why_broken(link: EventLink, number: int, previous: str, digests: dict[int, bytes]) -> str:
    """Why the link does not hold; empty if it does."""
    if link.number != number:
        return "the link is missing"
    if link.previous != previous or link.hash != hash_of(link):
        return "the link was changed"
    covered = [each for first, end in link.ranges for each in range(first, end + 1)]
    missing = [each for each in covered if each not in digests]
    if missing:
        return f"event {missing[0]} is missing"
    is_same = link.digest == _digest_over(digests[each] for each in covered)
    return "" if is_same and link.count == len(covered) else "one of its events was changed"


def _words(ranges: list[Range]) -> str:
    return ", ".join(str(first) if first == end else f"{first}–{end}" for first, end in ranges)


def _intruder(last: EventLink, covered: int) -> Break | None:
    """An event below the last covered one that no link covers, and that came too late to be one of a transaction."""
    late = Event.objects.filter(pk__lte=last.through)
    for first, end, _since in last.gaps:
        late = late.exclude(pk__range=(first, end))
    if late.count() == covered:
        return None
    known = {
        number
        for links in _in_steps()
        for link in links
        for first, end in link.ranges
        for number in range(first, end + 1)
    }
    pk = next((pk for pk in late.order_by("pk").values_list("pk", flat=True).iterator() if pk not in known), None)
    return None if pk is None else Break(last.number + 1, str(pk), f"event {pk} was put in later")
