"""Changes since a moment, so that another system can keep a copy without reading everything again."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

from django.db.models import Max, Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from registry.access.scope import BadInput, Scope
from registry.actions.webhooks import REMOVAL_VERBS
from registry.api.resources import Resource
from registry.models import Event
from registry.models.base import in_area_q


def moment(parameters: Any, name: str) -> datetime | None:
    """Parses a day or a time of the address; None if it is not given."""
    text = parameters.get(name, "")
    if not text:
        return None
    value: datetime | None
    try:
        if len(text) == 10:
            value = datetime.combine(date.fromisoformat(text), time.min)
        else:
            value = parse_datetime(text.replace(" ", "+"))  # a plus sign that was not escaped
        if value is not None and 1900 <= value.year <= 2200:  # at the limits of the calendar no time zone works
            return timezone.make_aware(value) if timezone.is_naive(value) else value
    except (ValueError, OverflowError):
        pass
    message = _("“%(value)s” is no time. Write it such as 2021-12-31 or 2021-12-31T08:00:00+08:00.")
    raise BadInput(name, text, message % {"value": text})


def _events(resource: Resource, since: datetime) -> QuerySet[Event]:
    return Event.objects.filter(kind=resource.model._meta.model_name, at__gte=since)


def changed(resource: Resource, rows: QuerySet, since: datetime) -> QuerySet:
    return rows.filter(code__in=_events(resource, since).order_by().values("code"))


def gone(resource: Resource, rows: QuerySet, scope: Scope, since: datetime) -> Iterable[dict]:
    """Records changed since then that are not in the list any more: deleted, entered in error, or no longer counted."""
    events = _events(resource, since).exclude(code__in=rows.order_by().values("code"))
    seen = resource.model._default_manager.visible_to(scope.viewer)
    left = events.filter(code__in=seen.order_by().values("code"))
    deleted = _visible_deletions(events, scope).exclude(code__in=seen.order_by().values("code"))
    for changes, is_deleted in ((left, False), (deleted, True)):
        for code, at in changes.order_by("code").values_list("code").annotate(last=Max("at")):
            yield {"code": code, "deleted": is_deleted, "at": timezone.localtime(at).isoformat()}


def _visible_deletions(events: QuerySet[Event], scope: Scope) -> QuerySet[Event]:
    """Deletions the viewer may see: of public records, and all inside the viewer's area."""
    rows = events.filter(in_area_q(scope.area, "area") | Q(area=""), verb__in=REMOVAL_VERBS)
    return scope.readable(rows, "area", Q(changes__has_key="published"))
