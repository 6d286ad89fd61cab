"""The declaration of a record kind. A column that is not declared is shown to nobody."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import F, Q, QuerySet, TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from registry.access.scope import Scope
from registry.models.base import in_area_q

Text = str | Promise
MISSING = "none"  # rows without a value in a dimension
UNITS: dict[str, Text] = {"yuan": _("yuan")}  # names of units; any other unit is its own name


@dataclass(frozen=True)
class Column:
    """One value of a row. `path` is its query path (the name itself if empty); `choices` translate it; `unit` is "yuan"
    or "%"; a date that `happens` is hidden before it comes; one that is not `is_exact` may be known to the month or
    year only. Pages sort it by `order`, a query path (its own value if empty)."""

    name: str
    label: Text
    path: str = ""
    choices: type[TextChoices] | None = None
    unit: str = ""
    numeric: bool = False
    happens: bool = False
    is_exact: bool = True
    order: str = ""

    @property
    def source(self) -> str:
        return self.path or self.name

    @property
    def heading(self) -> str:
        """The heading in a file: the label, with the unit of its numbers."""
        if not self.unit:
            return str(self.label)
        return gettext("%(label)s (%(unit)s)") % {"label": self.label, "unit": self.unit_label}

    @property
    def title(self) -> str:
        """The label on a page, with the unit of its numbers."""
        if not self.unit:
            return str(self.label)
        return pgettext("heading on a page", "%(label)s (%(unit)s)") % {"label": self.label, "unit": self.unit_label}

    @property
    def unit_label(self) -> str:
        return str(UNITS.get(self.unit, self.unit))

    def text(self, value: Any) -> Any:
        """The label of a choice, “Yes” or “No”, else the value itself."""
        if isinstance(value, bool):
            return gettext("Yes") if value else gettext("No")
        return self.choices(value).label if self.choices and value else value


@dataclass(frozen=True)
class Dimension:
    """A dimension to group and filter rows by. `choices` names its values; without them, an area code gets the area's
    name, any other value is its own name. `area_path` is the query path of the area code whose beginning it is."""

    name: str
    label: Text
    expression: Any
    choices: type[TextChoices] | None = None
    area_path: str = ""

    def on(self, scope: Scope) -> Any:
        """The expression; one that depends on the day is declared as a function of the scope."""
        return self.expression(scope) if callable(self.expression) else self.expression


def unchanged(rows: QuerySet, scope: Scope) -> QuerySet:
    return rows


@dataclass(frozen=True, eq=False)  # compared by identity: comparing labels would translate them each time
class Kind:
    """A kind of record.

    `on(scope)` returns the rows of a day, in an area, for a viewer. `annotate(rows, scope)` adds annotations for the
    columns. `redacted` kinds may be counted by everybody but show neither code nor page. `details` are further columns,
    only for the record's page. `finds` are query paths of texts that a search also looks through, where not all rows
    have an entry. `entries` are the search kinds of its records, if not its own. `shape` are the fields of
    its position: lng, lat and coordinate_system, or an outline.
    """

    slug: str
    model: Any
    label: Text
    on: Callable[[Scope], Any]
    columns: tuple[Column, ...]
    dimensions: tuple[Dimension, ...] = ()
    annotate: Callable[[Any, Scope], Any] = unchanged
    order: tuple[str, ...] = ("code",)
    redacted: bool = False
    searched: bool = False
    entries: tuple[str, ...] = ()
    finds: tuple[str, ...] = ()
    details: tuple[Column, ...] = ()
    shape: tuple[str, ...] = ()

    @property
    def in_full(self) -> "Kind":
        """The kind with its details among the columns, as on a record's page."""
        return replace(self, columns=self.columns + self.details, details=())

    def has_dimension(self, name: str) -> bool:
        return any(dimension.name == name for dimension in self.dimensions)

    def dimension(self, name: str) -> Dimension:
        """Raises KeyError for an unknown dimension."""
        for dimension in self.dimensions:
            if dimension.name == name:
                return dimension
        raise KeyError(name)

    def narrowed(self, rows: QuerySet, scope: Scope, **by: str) -> QuerySet:
        """`rows` filtered by values of the kind's dimensions. An unknown dimension raises KeyError."""
        for name, value in by.items():
            rows = rows.alias(**{f"by_{name}": self.dimension(name).on(scope)})
            path = self.dimension(name).area_path
            if path and value != MISSING:
                rows = _narrowed_first(rows, in_area_q(value, path))
            absent = Q(**{f"by_{name}": ""}) | Q(**{f"by_{name}__isnull": True})
            rows = rows.filter(absent if value == MISSING else Q(**{f"by_{name}": value}))
        return rows

    def values(self, rows: QuerySet, scope: Scope) -> QuerySet:
        """`rows` as dictionaries of the columns, in the kind's order; with `row_code` and `row_illustrative` unless the
        kind is redacted."""
        plain = [column.name for column in self.columns if column.source == column.name]
        named = {column.name: F(column.source) for column in self.columns if column.source != column.name}
        if not self.redacted:
            named |= {"row_code": F("code"), "row_illustrative": F("illustrative")}
        return self.annotate(rows, scope).order_by(*self.order).values(*plain, **named)

    def order_by(self, ordering: str = "") -> tuple[str, ...]:
        """What the rows are sorted by for `ordering`, the name of a column, with a minus sign before it for the other
        direction; what is equal by code, in the same direction, so that one index serves both."""
        if not ordering:
            return self.order
        sign, name = ("-" if ordering.startswith("-") else ""), ordering.removeprefix("-")
        column = next(column for column in self.columns if column.name == name)
        return (sign + (column.order or column.source), sign + ("pk" if self.redacted else "code"))

    def has_index(self, ordering: str) -> bool:
        """Whether an index gives the rows in this order, so that a page of many rows costs no more than of a few."""
        return tuple(name.removeprefix("-") for name in self.order_by(ordering)) in self._indexes

    @cached_property
    def _indexes(self) -> set[tuple[str, ...]]:
        meta = self.model._meta
        return {tuple(meta.get_field(name).attname for name in index.fields[:2]) for index in meta.indexes}

    @cached_property
    def future_dates(self) -> tuple[str, ...]:
        """The date columns that may lie after the scope's day."""
        return future_dates(self.columns)

    def hide_future(self, rows: Iterable[dict[str, Any]], scope: Scope) -> Iterable[dict[str, Any]]:
        """The rows of `values` as they were on the scope's day."""
        return (hide_future_dates(scope.as_of, self.future_dates, row) for row in rows) if self.future_dates else rows


def _narrowed_first(rows: QuerySet, condition: Q) -> QuerySet:
    """`rows` with a narrower range of areas before that of the scope. Of two bounds of a column SQLite uses the one it
    reads first."""
    narrowed = rows.filter(condition)
    conditions, before = narrowed.query.where.children, len(rows.query.where.children)
    conditions[:] = conditions[before:] + conditions[:before]
    return narrowed


def future_dates(columns: Iterable[Column]) -> tuple[str, ...]:
    return tuple(column.name for column in columns if column.happens)


def hide_future_dates(as_of: date, names: Iterable[str], row: dict[str, Any]) -> dict[str, Any]:
    """The row without dates in the columns `names` that lie after `as_of`."""
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
