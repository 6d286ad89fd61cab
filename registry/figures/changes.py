"""What moved: the difference of a figure between two days, and the rows that came, went or changed in between."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.db.models import CharField, QuerySet, TextChoices, Value
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from registry.access.permissions import may_read_event
from registry.access.scope import Scope
from registry.kinds import Kind
from registry.models import DemonstrationPoint, Event, PointStatus, StatusPeriod

from .base import Answer, Figure, Number, answer_scopes, plain

RECENT = timedelta(days=30)
AT_ONCE = 1_000  # changes whose names and events are looked up together


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

    def rows(self) -> "ChangedRows":
        """The public rows that make the difference; for a share also the rows of its whole."""
        figure, before, now = self.answer.figure, self.before.scope, self.answer.scope
        changes = _changes(figure, before, now)
        if figure.whole:
            seen = {change.code for change in changes if figure.whole.kind == figure.kind}
            whole = _changes(figure.whole, figure.whole_scope(before), figure.whole_scope(now))
            changes += [replace(change, of_whole=True) for change in whole if change.code not in seen]
        return ChangedRows(changes, min(before.as_of, now.as_of), now.viewer)


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


def _changes(figure: Figure, before: Scope, now: Scope) -> list["CodeChange"]:
    days = sorted([before.as_of, now.as_of])
    rows = (_moving(figure, figure.rows(scope.as_public()), *days) for scope in (before, now))
    return codes_changed(figure, *(dict(_amounts(figure, some.order_by())) for some in rows))


def _moving(figure: Figure, rows: QuerySet, first: date, last: date) -> QuerySet:
    """Those of `rows` that may have come, gone or changed between two days."""
    return figure.moving(rows, first, last) if figure.moving else rows


def rows_of(figure: Figure, scope: Scope) -> list[list]:
    """The public rows of a figure by code, each with its share of a sum."""
    return list(_amounts(figure, figure.rows(scope.as_public()).order_by("code")))


def _amounts(figure: Figure, rows: QuerySet) -> Iterator[list]:
    return (row for _township, row in rows_with(figure, rows, Value(None, CharField())))


def rows_with(figure: Figure, rows: QuerySet, township: Any) -> Iterator[tuple[str, list]]:
    """Public rows of a figure, each with the township it lies in."""
    rows = rows.annotate(lies_in=township)
    for code, lies_in, *added in rows.values_list("code", "lies_in", *filter(None, [figure.sums])):
        yield lies_in, [code, plain(added[0]) if added else None]


@dataclass(frozen=True)
class CodeChange:
    """A row of a figure that came or went, or whose amount changed, by its code."""

    how: HowChanged
    kind: Kind
    code: str
    before: Number | None
    after: Number | None
    of_whole: bool = False


def codes_changed(figure: Figure, before: Rows, after: Rows) -> list[CodeChange]:
    """The rows that differ, by code. Of a redacted kind none."""
    if figure.record_kind.redacted:
        return []
    codes = {code for code in {**before, **after} if code not in before or code not in after}
    codes |= {code for code in before if code in after and before[code] != after[code]}
    return [
        CodeChange(
            CAME if code not in before else WENT if code not in after else CHANGED,
            figure.record_kind, code, before.get(code), after.get(code),
        )
        for code in sorted(codes)
    ]  # fmt: skip


@dataclass(frozen=True)
class ChangedRows(Sequence):
    """Changes whose names and events since a day or moment `since` are looked up only for those that are read."""

    changes: list[CodeChange]
    since: Any
    viewer: Any

    def __len__(self) -> int:
        return len(self.changes)

    def __getitem__(self, place: Any) -> Any:
        return self._described(self.changes[place]) if isinstance(place, slice) else self[place : place + 1][0]

    def __iter__(self) -> Iterator[RowChange]:
        for first in range(0, len(self.changes), AT_ONCE):
            yield from self[first : first + AT_ONCE]

    def _described(self, changes: list[CodeChange]) -> list[RowChange]:
        facts = {
            kind.slug: [
                look_up(kind, [change.code for change in changes if change.kind is kind])
                for look_up in (self._names, self._events, self._periods)
            ]
            for kind in {change.kind.slug: change.kind for change in changes}.values()
        }
        return [self._row(change, *facts[change.kind.slug]) for change in changes]

    def _row(self, change: CodeChange, names: dict, events: dict, periods: dict) -> RowChange:
        kind, code = change.kind, change.code
        name = names.get(code) or _name_of_deleted(events.get(code, []), self.viewer) or code
        return RowChange(
            change.how, kind, code, name, reverse("record", args=[kind.slug, code]) if code in names else "",
            change.before, change.after, events.get(code, []), periods.get(code, []), change.of_whole,
        )  # fmt: skip

    def _names(self, kind: Kind, codes: list[str]) -> dict[str, str]:
        rows = kind.model._default_manager.with_voided().visible_to(self.viewer).filter(code__among=codes)
        return {row.code: str(row) for row in rows}

    def _events(self, kind: Kind, codes: list[str]) -> dict[str, list[Event]]:
        """The events of the rows, the newest first."""
        path = "at__date__gt" if type(self.since) is date else "at__gte"
        events_of: dict[str, list[Event]] = {}
        events = Event.objects.filter(kind=kind.model._meta.model_name, code__among=codes, **{path: self.since})
        for event in events.select_related("actor"):
            events_of.setdefault(event.code, []).append(event)
        return events_of

    def _periods(self, kind: Kind, codes: list[str]) -> dict[str, list[StatusPeriod]]:
        """The periods of points that began after the day, the newest first."""
        if kind.model is not DemonstrationPoint or type(self.since) is not date:
            return {}
        periods_of: dict[str, list[StatusPeriod]] = {}
        rows = StatusPeriod.objects.filter(point__code__among=codes, valid_from__gt=self.since).select_related("point")
        for period in rows.filter(status__in=[PointStatus.NAMED, PointStatus.WITHDRAWN]).order_by("-valid_from"):
            periods_of.setdefault(period.point.code, []).append(period)
        return periods_of


def _name_of_deleted(events: list[Event], viewer: Any) -> str:
    """The name of a deleted record is only in its event, for readers of events."""
    gone = next((event for event in events if event.verb == "delete"), None)
    if gone is None or not may_read_event(viewer, gone):
        return ""
    return str((gone.changes.get("name") or gone.changes.get("title") or [""])[0] or "")
