"""What changed since a moment: so that another system keeps a copy without reading everything again."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

from django.db.models import Max, Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from registry.access.scope import BadInput, Scope
from registry.actions.webhooks import GONE
from registry.api.resources import Resource
from registry.models import Event
from registry.models.base import in_area_q


def moment(parameters: Any, name: str) -> datetime | None:
    """A day or a time of the address; None where it is not given."""
    text = parameters.get(name, "")
    if not text:
        return None
    try:
        if len(text) == 10:
            found = datetime.combine(date.fromisoformat(text), time.min)
        else:
            found = parse_datetime(text.replace(" ", "+"))  # a plus sign that was not escaped
        if found is not None and 1900 <= found.year <= 2200:  # at the edges of the calendar no zone fits
            return timezone.make_aware(found) if timezone.is_naive(found) else found
    except (ValueError, OverflowError):
        pass
    said = _("“%(value)s” is no time. Write it such as 2021-12-31 or 2021-12-31T08:00:00+08:00.")
    raise BadInput(name, text, said % {"value": text})


def _events(resource: Resource, since: datetime) -> QuerySet[Event]:
    return Event.objects.filter(kind=resource.model._meta.model_name, at__gte=since)


def changed(resource: Resource, rows: QuerySet, since: datetime) -> QuerySet:
    return rows.filter(code__in=_events(resource, since).order_by().values("code"))


def gone(resource: Resource, rows: QuerySet, scope: Scope, since: datetime) -> Iterable[dict]:
    """Records changed since then that the list does not hold: those deleted or marked as entered in error, and those
    that no longer count in it."""
    events = _events(resource, since).exclude(code__in=rows.order_by().values("code"))
    seen = resource.model._default_manager.visible_to(scope.viewer)
    left = events.filter(code__in=seen.order_by().values("code"))
    deleted = events.filter(_told_of(resource, scope), verb__in=GONE).exclude(code__in=seen.order_by().values("code"))
    for found, is_deleted in ((left, False), (deleted, True)):
        for code, at in found.order_by("code").values_list("code").annotate(last=Max("at")):
            yield {"code": code, "deleted": is_deleted, "at": timezone.localtime(at).isoformat()}


def _told_of(resource: Resource, scope: Scope) -> Q:
    """Deletions the viewer may know of: of what was public, and all inside the own area."""
    inside = in_area_q(scope.area, "area") | Q(area="")
    if scope.reader and scope.viewer.reads_everything:
        return inside
    own = in_area_q(scope.viewer.read_prefix, "area") if scope.reader else Q(pk__in=[])
    return inside & (own | Q(changes__has_key="published"))
