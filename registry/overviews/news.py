"""News of the desk: what others changed lately in the area an account reads, and what of it is unread."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from registry.access.permissions import may
from registry.models import Event, PointStatus
from registry.overviews.event_text import Text, act_of, all_rows, models_by_name
from registry.overviews.history import kind_of, kinds_of, readable_events

PERIOD = timedelta(days=14)
MOST_UNREAD = 99
DECISIVE_VERBS = frozenset({"return", "recheck", "sign-off", "announce", "appeal-settled"})
PLAIN_VERBS = frozenset({"add", "change", "parts", "photo"})  # another act of the same day says more
DECIDED = (PointStatus.RETURNED, PointStatus.REFUSED, PointStatus.NAMED, PointStatus.WITHDRAWN)
FOLLOWED: set[str] = set()


def follow(model: type[models.Model]) -> None:
    """Takes changes of `model` into the news, although it is no record kind; its records have pages of their own."""
    FOLLOWED.add(str(model._meta.model_name))


@dataclass(frozen=True)
class News:
    """A change: the record, its page, the action, the time and the account; for several records together the number of
    the `others`."""

    event: Event
    about: str
    url: str
    at: datetime
    act: Text
    actor: str
    others: int = 0
    is_unread: bool = False


def decisive() -> Q:
    """The events that return something to its author, or decide on it."""
    return Q(verb__in=DECISIVE_VERBS) | Q(verb="standing", changes__status__1__in=[str(state) for state in DECIDED])


def latest_news(viewer: Any, today: date, most: int = 15) -> list[News]:
    """What others changed within fourteen days in the area `viewer` reads, the newest first; only records with a
    page."""
    if not may(viewer, "record.view"):
        return []
    return news_of(viewer, _events_for(viewer, today), most)


def unread_news(viewer: Any, today: date) -> int:
    """The number of unread news, at most one more than MOST_UNREAD. One query if there is none."""
    if not may(viewer, "record.view"):
        return 0
    events = _events_for(viewer, today)
    if viewer.news_seen_at:
        events = events.filter(at__gt=viewer.news_seen_at)
    return len(news_of(viewer, events, MOST_UNREAD + 1))


def _events_for(viewer: Any, today: date) -> models.QuerySet[Event]:
    since = timezone.make_aware(datetime.combine(today - PERIOD, time.min))
    return Event.objects.filter(at__gte=since).exclude(actor=viewer)


def news_of(viewer: Any, events: models.QuerySet[Event], most: int) -> list[News]:
    """The newest of `events` that concern records `viewer` may see."""
    events = events.filter(kind__in=[name for name in models_by_name() if name in FOLLOWED or kinds_of(name)])
    if not viewer.reads_everything:
        events = readable_events(events, viewer.read_prefix)
    latest = list(events.select_related("actor").order_by("-at", "-pk")[: most * 3])
    records: dict[tuple[str, str], Any] = {}
    for name in {event.kind for event in latest}:
        codes = {event.code for event in latest if event.kind == name}
        rows = all_rows(models_by_name()[name]).visible_to(viewer).filter(code__in=codes)
        records |= {(name, record.code): record for record in rows}
    seen_at = viewer.news_seen_at
    news = (_news(event, records.get((event.kind, event.code)), seen_at) for event in latest)
    return [item for item in news if item is not None][:most]


def _news(event: Event, record: Any, seen_at: datetime | None) -> News | None:
    if record is None:
        return None
    has_kind = event.kind not in FOLLOWED
    url = reverse("record", args=[kind_of(event).slug, event.code]) if has_kind else record.get_absolute_url()
    is_unread = seen_at is None or event.at > seen_at
    about = getattr(record, "news_name", "") or str(record)
    return News(event, about, url, event.at, act_of(event), str(event.actor or ""), is_unread=is_unread)


def _is_decision(event: Event) -> bool:
    return event.verb == "standing" or event.verb in DECISIVE_VERBS - {"announce"}  # of all units at once


def in_lines(news: Iterable[News]) -> list[News]:
    """The news with one line for what one account did to a record on a day, and for what it did alike to several of a
    kind. A return or a decision has a line of its own."""
    of_record: dict[tuple, list[News]] = {}
    for item in news:
        event, day = item.event, timezone.localdate(item.at)
        key = (event.kind, event.code, event.actor_id, day, event.pk if _is_decision(event) else 0)
        of_record.setdefault(key, []).append(item)
    lines: dict[tuple, list[News]] = {}
    for (kind, code, actor, day, decision), group in of_record.items():
        act = next((item.act for item in group if item.event.verb not in PLAIN_VERBS), group[0].act)
        together = (kind, str(act), actor, day, decision and code)
        lines.setdefault(together, []).extend(replace(item, act=act) for item in group)
    return [
        replace(
            group[0],
            others=len({item.event.code for item in group}) - 1,
            is_unread=any(item.is_unread for item in group),
        )
        for group in lines.values()
    ]
