"""Rows of a record kind prepared for a template: filtered, ordered, paged, and every value in words."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails

from registry.access.scope import BadInput, Scope
from registry.filters import filtered
from registry.kinds import Column, Kind

PAGE_SIZE = 50
NAMING = ("name", "title", "community", "village", "donor_name", "place_name", "item", "post", "purpose")


@dataclass
class Cell:
    """A value in words, with the column it stands in."""

    column: Column
    value: Any

    @property
    def text(self) -> str:
        """The value as a table shows it: ISO dates, grouped thousands, a dash for nothing."""
        value = self.value
        if value is None or value == "":
            return "—"
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, Decimal | float):
            return f"{value:,.2f}".rstrip("0").rstrip(".")
        return f"{value:,}" if isinstance(value, int) and self.column.numeric else str(value)


@dataclass
class ListRow:
    url: str
    illustrative: bool
    cells: list[Cell]
    code: str = ""


@dataclass
class ListTable:
    """A page of rows. `count` is the number of rows after filtering, over all pages."""

    kind: Kind
    columns: tuple[Column, ...]
    rows: list[ListRow]
    page: Page | None = None
    filters: Any = None
    count: int = 0
    ordering: str = ""
    headings: list[dict] = field(default_factory=list)

    @property
    def heading_column(self) -> int:
        """The place of the column that names the row and carries its link."""
        names = [column.name for column in self.columns]
        return next((names.index(name) for name in NAMING if name in names), 0)


def part_for(request: HttpRequest, template: str, part: str) -> str:
    """The template to answer with: only its partial `part` when htmx asks for a piece of the page it shows."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]  # of its middleware
    wants_part = htmx and not htmx.history_restore_request
    return f"{template}#{part}" if wants_part else template


def render_table(request: HttpRequest, template: str, context: dict) -> HttpResponse:
    """A page with a table, or for htmx its `#table` alone."""
    response = render(request, part_for(request, template, "table"), context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def table_of(kind: Kind, rows: QuerySet, scope: Scope, parameters: Any = None) -> ListTable:
    """The page of `rows` that `parameters` (an address's query) asks for: filters, `ordering`, `page`.

    Raises BadInput for a filter value that does not exist.
    """
    filters = filtered(kind, rows, scope, parameters)
    ordering = (parameters or {}).get("ordering", "")
    values = ordered(kind, kind.values(filters.qs, scope), ordering)
    paginator = Paginator(values, PAGE_SIZE)
    paginator.count = filters.qs.order_by().count()
    page = paginator.get_page((parameters or {}).get("page"))
    return ListTable(
        kind, kind.columns, rows_of(kind, page.object_list, scope), page, filters, paginator.count, ordering,
        headings=_headings(kind, ordering),
    )  # fmt: skip


def ordered(kind: Kind, values: QuerySet, ordering: str) -> QuerySet:
    """`values` by the column `ordering` names, descending with a minus sign before it. Raises BadInput for others."""
    if not ordering:
        return values
    name = ordering.removeprefix("-")
    if name not in {column.name for column in kind.columns}:
        raise BadInput("ordering", ordering, _unknown_ordering(kind, ordering))
    return values.order_by(ordering, *kind.order)


def _unknown_ordering(kind: Kind, ordering: str) -> str:
    names = ", ".join(column.name for column in kind.columns)
    return _("“%(value)s” cannot be ordered by. Choose one of: %(names)s.") % {"value": ordering, "names": names}


def _headings(kind: Kind, ordering: str) -> list[dict]:
    headings = []
    for column in kind.columns:
        descending, ascending = ordering == f"-{column.name}", ordering == column.name
        headings.append(
            {
                "column": column,
                "sort": "descending" if descending else "ascending" if ascending else "none",
                "next": f"-{column.name}" if ascending else column.name,
            }
        )
    return headings


def rows_of(kind: Kind, values: Any, scope: Scope) -> list[ListRow]:
    """Dictionaries of a kind's columns as rows with words for choices and the address of each record."""
    base = "" if kind.redacted else reverse("record", args=[kind.slug, "CODE"])
    return [
        ListRow(
            base.replace("CODE", value["row_code"]) + scope.query if base else "",
            value.get("row_illustrative", False),
            [Cell(column, column.text(value[column.name])) for column in kind.columns],
            value.get("row_code", ""),
        )
        for value in kind.hide_future(values, scope)
    ]
