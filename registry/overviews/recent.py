"""The last public acts on the records that figures count."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.functional import Promise

from registry.access.scope import Scope
from registry.kinds import KINDS
from registry.models import Event, SearchEntry

from .event_text import PUBLIC_VERBS, VERBS
from .history import readable

MOST = 8


@dataclass(frozen=True)
class RecentChange:
    """An act on a record with a page: when, what, which record, by which paper."""

    at: datetime
    act: str | Promise
    name: str
    url: str
    document_no: str


def recent_changes(kinds: Iterable[str], scope: Scope, most: int = MOST) -> list[RecentChange]:
    """The newest acts up to the scope's day on public records of `kinds` in the area, without who did them. Two
    queries."""
    slugs = {KINDS[slug].model._meta.model_name: slug for slug in kinds if not KINDS[slug].redacted}
    events = Event.objects.filter(
        readable(scope.area), verb__in=PUBLIC_VERBS, kind__in=slugs, at__date__lte=scope.as_of
    ).order_by("-at", "-pk")[: most * 5]
    latest = list(events)
    entries = SearchEntry.objects.filter(code__in={event.code for event in latest}) if latest else ()
    names = {(entry.kind, entry.code): entry.name for entry in entries}
    changes = [_change(event, slugs[event.kind], names) for event in latest]
    return [change for change in changes if change is not None][:most]


def _change(event: Event, slug: str, names: dict[tuple[str, str], str]) -> RecentChange | None:
    """None for a record that can be private and has no entry in the public search."""
    kind = KINDS[slug]
    name = names.get((slug, event.code))
    if name is None and (kind.searched or kind.model._default_manager.all().public_rows()):
        return None
    url = reverse("record", args=[slug, event.code])
    return RecentChange(
        event.at, VERBS.get(event.verb, VERBS["change"]), name or f"{kind.label} {event.code}", url, event.document_no
    )
