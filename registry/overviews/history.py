"""The history of a record, public or in full, and the changes of an area since a day."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from typing import Any

from django.db import models
from django.urls import reverse
from django.utils import timezone

from registry.access.permissions import contains_district, may, may_read_event
from registry.kinds import KINDS, Kind
from registry.models import DemonstrationPoint, Event, ScopedQuerySet
from registry.models.base import in_area_q
from registry.models.points import PUBLIC
from registry.overviews.event_text import (
    PUBLIC_VERBS,
    VERBS,
    Entry,
    all_rows,
    entries_of,
    entry_of,
    models_by_name,
    names_in,
)


def history_of(record: Any, viewer: Any) -> list[Entry]:
    """The history of `record`, the newest first, as far as `viewer` may see it. The public sees nothing from before a
    point was named, no internal action, and no field that no page shows."""
    events = list(events_of(record).select_related("actor"))
    if viewer is not None and viewer.is_authenticated and may(viewer, "record.view", record):
        return list(entries_of(type(record), events, viewer, inside=True))
    return list(entries_of(type(record), _published(record, events), viewer, inside=False))


def events_of(record: Any) -> models.QuerySet[Event]:
    return Event.objects.filter(kind=record._meta.model_name, code=str(getattr(record, "code", record.pk)))


def _published(record: Any, events: list[Event]) -> list[Event]:
    """The public events, none from before a title was given."""
    events = [event for event in events if event.verb in PUBLIC_VERBS]
    if isinstance(record, DemonstrationPoint):
        return _since_naming(record, events)
    rows = type(record)._default_manager.all()
    if not isinstance(rows, ScopedQuerySet) or not rows.public_rows():
        return events
    return _since_published(record, events) if getattr(record, "public_from", "") else []


def _since_published(record: Any, events: list[Event]) -> list[Event]:
    """For a record that a date makes public, such as a project's opening: no events from before it had one."""
    day = record.public_from
    if getattr(record, day) is None:
        return []
    filled = [event for event in events if (event.changes.get(day) or [""])[0] is None]
    return [event for event in events if not filled or event.pk >= filled[-1].pk]


def _since_naming(point: DemonstrationPoint, events: list[Event]) -> list[Event]:
    if not events:
        return []
    events = [event for event in events if event.verb != "standing" or _statuses(event)[1] in PUBLIC]
    first = next((event for event in reversed(events) if event.verb == "standing"), None)
    if first and _statuses(first)[0] not in PUBLIC:
        return [event for event in events if event.pk >= first.pk]
    named = point.periods.filter(status__in=PUBLIC).order_by("valid_from").values_list("valid_from", flat=True).first()
    return [event for event in events if named and timezone.localdate(event.at) >= named]


def _statuses(event: Event) -> list[str]:
    return event.changes.get("status", ["", ""])


@cache
def kinds_of(name: str) -> tuple[Kind, ...]:
    """The kinds whose pages show records of the model `name`."""
    return tuple(kind for kind in KINDS.values() if kind.model._meta.model_name == name and not kind.redacted)


@dataclass(frozen=True)
class Changed:
    """A changed record, its page, and its history."""

    about: str
    url: str
    entry: Entry


def changed_since(since: date, kinds: Iterable[str], area: str, viewer: Any, most: int = 50) -> list[Changed]:
    """The changes since the day `since` of records of `kinds` in `area`, the newest first, as far as `viewer` may see
    them. Redacted kinds are left out."""
    start = timezone.make_aware(datetime.combine(since, time.min))
    names = {KINDS[slug].model._meta.model_name for slug in kinds if not KINDS[slug].redacted}
    events = Event.objects.filter(readable(area), at__gte=start, kind__in=names).select_related("actor")
    if viewer is None or not viewer.is_authenticated:
        events = events.filter(verb__in=PUBLIC_VERBS)
    of_model: dict[str, list[Event]] = {}
    for event in events[: most * 3]:
        of_model.setdefault(event.kind, []).append(event)
    entries = [item for name, group in of_model.items() for item in _changed(models_by_name()[name], group, viewer)]
    return sorted(entries, key=lambda item: item.entry.at, reverse=True)[:most]


def _changed(model: type[models.Model], events: list[Event], viewer: Any) -> Iterator[Changed]:
    key = "code" if hasattr(model, "code") else "pk"
    rows = all_rows(model).visible_to(viewer).filter(**{f"{key}__in": {event.code for event in events}})
    names = names_in(model, events, viewer)
    for record in rows:
        own = [event for event in events if event.code == str(getattr(record, key))]
        inside = may(viewer, "record.view", record)
        url = reverse("record", args=[kind_of(own[0]).slug, own[0].code])
        for event in own if inside else _published(record, own):
            entry = entry_of(model, event, names, inside=inside)
            if entry:
                yield Changed(str(record), url, entry)
    gone = [event for event in events if event.verb == "delete" and may_read_event(viewer, event)]
    for event in gone:
        about = (event.changes.get("name") or event.changes.get("title") or [event.code])[0]
        yield Changed(
            about, "", Entry(event.at, VERBS["delete"], event.document_no, [], str(event.actor), event.reason)
        )


def readable(prefix: str) -> models.Q:
    """Events of the area `prefix`. Events without an area belong to the whole district, like the records."""
    own = in_area_q(prefix, "area")
    return own | models.Q(area="") if contains_district(prefix) else own


def readable_events(events: models.QuerySet[Event], prefix: str) -> models.QuerySet[Event]:
    """`events` that are readable in the area `prefix`, in their order. Those of a whole district are most of all there
    are: they are read in this order, not looked up by area and sorted. SQLite uses no index for what is denied."""
    inside = readable(prefix)
    return events.exclude(~inside) if contains_district(prefix) else events.filter(inside)


def kind_of(event: Event) -> Kind:
    """The kind whose page shows the record of the event."""
    kinds = kinds_of(event.kind)
    return kinds[-1] if len(kinds) > 1 and len(event.code) > 9 else kinds[0]  # of areas: villages, else townships
