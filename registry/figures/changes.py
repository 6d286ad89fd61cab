"""What moved: the difference of a figure between two days, and the rows that came, went or changed in between."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.db.models import CharField, TextChoices, Value
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from registry.access.permissions import may_read_event
from registry.access.scope import Scope
from registry.kinds import Kind
from registry.models import DemonstrationPoint, Event, PointStatus, StatusPeriod

from .base import Answer, Figure, Number, answer_scopes, plain

RECENT = timedelta(days=30)


class HowChanged(TextChoices):
    CAME = "came", _("Came")
    WENT = "went", _("Went")
    CHANGED = "changed", _("Changed")


CAME, WENT, CHANGED = HowChanged
Rows = dict[str, Number | None]  # by code, each with its share of a sum


@dataclass(frozen=True)
class RowChange:
    """A row of a figure that came or went, or whose amount changed, with the events that are on record for it."""

    how: HowChanged
    kind: Kind
    code: str
    name: str
    url: str
    before: Number | None
    after: Number | None
    events: list[Event]
    periods: list[StatusPeriod]  # of a point: what it was named or withdrawn as, by which paper
    of_whole: bool = False  # of a share: a row of its whole and not of its part


@dataclass(frozen=True)
class Difference:
    """A figure on two days. `value` is in the figure's own unit (for a share, percentage points); None where one of the
    two answers has no value."""

    answer: Answer
    before: Answer

    @property
    def since(self) -> date:
        return self.before.scope.as_of

    @property
    def value(self) -> Number | None:
        if self.answer.value is None or self.before.value is None:
            return None
        return plain(round(self.answer.value - self.before.value, 2))

    def rows(self) -> list[RowChange]:
        """The public rows that make the difference; for a share also the rows of its whole."""
        figure, before, now = self.answer.figure, self.before.scope, self.answer.scope
        changes = list(_changes(figure, before, now))
        if figure.whole:
            seen = {change.code for change in changes if figure.whole.kind == figure.kind}
            whole = _changes(figure.whole, figure.whole_scope(before), figure.whole_scope(now))
            changes += [replace(change, of_whole=True) for change in whole if change.code not in seen]
        return changes


def days_compared(scope: Scope) -> tuple[date, date]:
    """The days that every figure is compared with: the end of last year, and thirty days ago."""
    return date(scope.as_of.year - 1, 12, 31), scope.as_of - RECENT


def differences(figures: Iterable[Figure], scope: Scope, days: Iterable[date]) -> dict[str, list[Difference]]:
    """By slug, the difference of each figure to each of `days`, in one query."""
    figures = list(figures)
    now, *earlier = answer_scopes(figures, [scope, *(scope.at(day) for day in days)])
    return {
        figure.slug: [Difference(now[figure.slug], before[figure.slug]) for before in earlier] for figure in figures
    }


def _changes(figure: Figure, before: Scope, now: Scope) -> Iterator[RowChange]:
    since = before.as_of if before.as_of < now.as_of else now.as_of
    return rows_changed(figure, dict(rows_of(figure, before)), dict(rows_of(figure, now)), since, now.viewer)


def rows_of(figure: Figure, scope: Scope) -> list[list]:
    """The public rows of a figure by code, each with its share of a sum."""
    return [row for _township, row in rows_with(figure, scope, Value(None, CharField()))]


def rows_with(figure: Figure, scope: Scope, township: Any) -> Iterator[tuple[str, list]]:
    """The public rows of a figure, each with the township it lies in."""
    rows = figure.rows(scope.as_public()).order_by("code").annotate(lies_in=township)
    for code, lies_in, *added in rows.values_list("code", "lies_in", *filter(None, [figure.sums])):
        yield lies_in, [code, plain(added[0]) if added else None]


def rows_changed(figure: Figure, before: Rows, after: Rows, since: Any, viewer: Any) -> Iterator[RowChange]:
    """The rows that differ, by code, each with its events since the day or moment `since`. Of a redacted kind none."""
    codes = [code for code in {**before, **after} if code not in before or code not in after]
    codes += [code for code in before if code in after and before[code] != after[code]]
    kind = figure.record_kind
    if kind.redacted or not codes:
        return
    names, events, periods = _names(kind, codes, viewer), _events(kind, codes, since), _periods(kind, codes, since)
    for code in sorted(codes):
        how = CAME if code not in before else WENT if code not in after else CHANGED
        name = names.get(code) or _name_of_deleted(events.get(code, []), viewer) or code
        url = reverse("record", args=[figure.kind, code]) if code in names else ""
        own = events.get(code, []), periods.get(code, [])
        yield RowChange(how, kind, code, name, url, before.get(code), after.get(code), *own)


def _names(kind: Kind, codes: list[str], viewer: Any) -> dict[str, str]:
    rows = kind.model._default_manager.with_voided().visible_to(viewer).filter(code__among=codes)
    return {row.code: str(row) for row in rows}


def _events(kind: Kind, codes: list[str], since: Any) -> dict[str, list[Event]]:
    """The events of the rows since a day or a moment, the newest first."""
    path = "at__date__gt" if type(since) is date else "at__gte"
    events_of: dict[str, list[Event]] = {}
    events = Event.objects.filter(kind=kind.model._meta.model_name, code__among=codes, **{path: since})
    for event in events.select_related("actor"):
        events_of.setdefault(event.code, []).append(event)
    return events_of


def _periods(kind: Kind, codes: list[str], since: Any) -> dict[str, list[StatusPeriod]]:
    """The periods of points that began after a day, the newest first."""
    if kind.model is not DemonstrationPoint or type(since) is not date:
        return {}
    periods_of: dict[str, list[StatusPeriod]] = {}
    rows = StatusPeriod.objects.filter(point__code__among=codes, valid_from__gt=since).select_related("point")
    for period in rows.filter(status__in=[PointStatus.NAMED, PointStatus.WITHDRAWN]).order_by("-valid_from"):
        periods_of.setdefault(period.point.code, []).append(period)
    return periods_of


def _name_of_deleted(events: list[Event], viewer: Any) -> str:
    """The name of a deleted record is only in its event, for readers of events."""
    gone = next((event for event in events if event.verb == "delete"), None)
    if gone is None or not may_read_event(viewer, gone):
        return ""
    return str((gone.changes.get("name") or gone.changes.get("title") or [""])[0] or "")
