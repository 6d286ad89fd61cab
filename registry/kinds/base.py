"""The parts of a record kind's declaration. A column that is not named in one is shown to nobody."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import F, Q, QuerySet, TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from registry.access.scope import Scope

Text = str | Promise
MISSING = "none"  # stands for the rows that have no value in a dimension
UNITS: dict[str, Text] = {"yuan": _("yuan")}  # what a unit is called; any other speaks for itself


@dataclass(frozen=True)
class Column:
    """One value of a row. `path` is where the query finds it (the name itself if empty); `choices` translate it;
    `unit` is "yuan" or "%"; a day that `happens` is not known before it comes."""

    name: str
    label: Text
    path: str = ""
    choices: type[TextChoices] | None = None
    unit: str = ""
    numeric: bool = False
    happens: bool = False

    @property
    def source(self) -> str:
        return self.path or self.name

    @property
    def heading(self) -> str:
        """What stands above the column in a file: its label, with the unit its numbers count in."""
        if not self.unit:
            return str(self.label)
        return gettext("%(label)s (%(unit)s)") % {"label": self.label, "unit": self.unit_label}

    @property
    def unit_label(self) -> str:
        return str(UNITS.get(self.unit, self.unit))

    def text(self, value: Any) -> Any:
        """`value` in words where it is a choice."""
        return self.choices(value).label if self.choices and value else value


@dataclass(frozen=True)
class Dimension:
    """What rows may be broken down by and filtered by. `choices` names its values; without, a value that is an area
    code takes the area's name, any other speaks for itself."""

    name: str
    label: Text
    expression: Any
    choices: type[TextChoices] | None = None

    def on(self, scope: Scope) -> Any:
        """The expression; one that depends on the day is declared as a function of the scope."""
        return self.expression(scope) if callable(self.expression) else self.expression


def unchanged(rows: QuerySet, scope: Scope) -> QuerySet:
    return rows


@dataclass(frozen=True, eq=False)  # one is itself alone: its labels, compared, would be translated each time
class Kind:
    """A kind of record.

    `on(scope)` gives the rows there are on a day, in an area, for a viewer. `shown(rows, scope)` adds what the columns
    need beyond the row itself. `redacted` kinds may be counted by everybody but show neither code nor page.
    `details` are further columns, for the page of the record alone. `entries` are the kinds search knows its records
    under, where that is not its own. `shape` are the fields that say where it lies: lng, lat and coordinate_system, or
    an outline.
    """

    slug: str
    model: Any
    label: Text
    on: Callable[[Scope], Any]
    columns: tuple[Column, ...]
    dimensions: tuple[Dimension, ...] = ()
    shown: Callable[[Any, Scope], Any] = unchanged
    order: tuple[str, ...] = ("code",)
    redacted: bool = False
    searched: bool = False
    entries: tuple[str, ...] = ()
    details: tuple[Column, ...] = ()
    shape: tuple[str, ...] = ()

    @property
    def in_full(self) -> "Kind":
        """The kind as a record's own page shows it: with its details among the columns."""
        return replace(self, columns=self.columns + self.details, details=())

    def has_dimension(self, name: str) -> bool:
        return any(dimension.name == name for dimension in self.dimensions)

    def dimension(self, name: str) -> Dimension:
        """Raises KeyError for a dimension the kind does not have."""
        for dimension in self.dimensions:
            if dimension.name == name:
                return dimension
        raise KeyError(name)

    def narrowed(self, rows: QuerySet, scope: Scope, **by: str) -> QuerySet:
        """`rows` with the given values of the kind's dimensions; a dimension it does not have raises KeyError."""
        for name, value in by.items():
            rows = rows.alias(**{f"by_{name}": self.dimension(name).on(scope)})
            absent = Q(**{f"by_{name}": ""}) | Q(**{f"by_{name}__isnull": True})
            rows = rows.filter(absent if value == MISSING else Q(**{f"by_{name}": value}))
        return rows

    def values(self, rows: QuerySet, scope: Scope) -> QuerySet:
        """`rows` as dictionaries of the columns, in the kind's order; with `row_code` and `row_illustrative` unless
        the kind is redacted."""
        plain = [column.name for column in self.columns if column.source == column.name]
        named = {column.name: F(column.source) for column in self.columns if column.source != column.name}
        if not self.redacted:
            named |= {"row_code": F("code"), "row_illustrative": F("illustrative")}
        return self.shown(rows, scope).order_by(*self.order).values(*plain, **named)

    @cached_property
    def future_dates(self) -> tuple[str, ...]:
        """The columns whose days may not have come by the scope's day."""
        return future_dates(self.columns)

    def hide_future(self, rows: Iterable[dict[str, Any]], scope: Scope) -> Iterable[dict[str, Any]]:
        """Rows of `values` as they were on the scope's day."""
        return (known_on(scope.as_of, self.future_dates, row) for row in rows) if self.future_dates else rows


def future_dates(columns: Iterable[Column]) -> tuple[str, ...]:
    return tuple(column.name for column in columns if column.happens)


def known_on(as_of: date, names: Iterable[str], row: dict[str, Any]) -> dict[str, Any]:
    """The row without the days under `names` that had not come by `as_of`."""
    for name in names:
        if row[name] and row[name] > as_of:
            row[name] = None
    return row


KINDS: dict[str, Kind] = {}


def register(*kinds: Kind) -> None:
    for kind in kinds:
        if kind.slug in KINDS:
            raise ValueError(f"the record kind {kind.slug} is declared twice")
        KINDS[kind.slug] = kind
