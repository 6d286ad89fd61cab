"""Rows of a record kind prepared for a template: filtered, ordered, paged, and every value in words."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails

from registry.access.scope import BadInput, Scope
from registry.figures import FIGURES, Figure
from registry.figures.yearly import with_years
from registry.filters import KindFilters, filtered
from registry.kinds import Column, Kind
from registry.query_cache import CompiledQuery, compile_query, keep_query

from .paging import PAGE_SIZE, RowPage, RowPaginator

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
    """A page of rows. `count` is the number of rows after filtering over all pages, up to COUNTED. `unsorted` says that
    the rows are too many for the order that was asked for. A table within another page has a `page_within`."""

    kind: Kind
    columns: tuple[Column, ...]
    rows: list[ListRow]
    page: RowPage | None = None
    filters: KindFilters | None = None
    count: int = 0
    ordering: str = ""
    unsorted: bool = False
    page_within: RowPage | None = None
    headings: list[dict] = field(default_factory=list)

    @property
    def is_filtered(self) -> bool:
        return bool(self.filters and self.filters.used)

    @property
    def heading_column(self) -> int:
        """The place of the column that names the row and carries its link."""
        names = [column.name for column in self.columns]
        return next((names.index(name) for name in NAMING if name in names), 0)

    @property
    def body(self) -> SafeString:
        """The rows as HTML, written flat: a page of 50 has hundreds of cells."""
        at, made_up, mark = self.heading_column, escape(_("Made up for demonstration")), escape(_("illustrative"))
        openings = []
        for place, column in enumerate(self.columns):
            tag, numeric = ('th scope="row"', "") if place == at else ("td", ' class="n"' if column.numeric else "")
            openings.append(f'<{tag} data-label="{escape(column.title)}"{numeric}>')
        lines = []
        for row in self.rows:
            texts = [escape(cell.text) for cell in row.cells]
            link = f'<a href="{escape(row.url)}">{texts[at]}</a>' if row.url else texts[at]
            illustrative = f'&nbsp;<i class="made-up" title="{made_up}">{mark}</i>' if row.illustrative else ""
            cells = [f"{opening}{text}</td>" for opening, text in zip(openings, texts, strict=True)]
            cells[at] = f"{openings[at]}{link}{illustrative}</th>"
            lines.append(f"<tr>{''.join(cells)}</tr>")
        return mark_safe("".join(lines))  # every part is escaped


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


def table_of(
    kind: Kind, rows: QuerySet, scope: Scope, parameters: Any = None, address: str = "", figure: Figure | None = None
) -> ListTable:
    """The page of `rows` that `parameters` (an address's query) asks for: filters, `ordering`, `page`. `address` is
    that of a record, with CODE for its code; without it, it is the record's public page. `figure` is one that counts
    the same rows, from kept counts if it has some.

    Raises BadInput for a filter value that does not exist.
    """
    filters = filtered(kind, rows, scope, parameters)

    def ask_count() -> int | None:
        return figure.tallied_count(scope, filters.used) if figure else None

    if figure and kind.has_index("") and not (filters.used or parameters.get("ordering") or parameters.get("page")):
        values = _first_rows(figure.slug, with_years(scope) if figure.yearly else scope).rows()
        page, ordering, unsorted = RowPaginator(filters.qs, ask_count=ask_count).first_page(values), "", False
        table_rows = rows_of(kind, page.object_list, scope, address)
    else:
        page, ordering, unsorted = page_of(kind, filters.qs, scope, parameters, ask_count)
        table_rows = _rows_on(page, kind, filters.qs, scope, address)
    return ListTable(
        kind, kind.columns, table_rows, page, filters, page.paginator.count, ordering, unsorted,
        headings=headings_of(kind, ordering, page),
    )  # fmt: skip


@keep_query
def _first_rows(slug: str, scope: Scope) -> CompiledQuery:
    """What the first page of a figure's rows shows, in an order that an index gives; and one row more."""
    figure = FIGURES[slug]
    return compile_query(figure.record_kind.values(figure.rows(scope), scope)[: PAGE_SIZE + 1])


def table_within(kind: Kind, rows: QuerySet, scope: Scope, parameters: Any, name: str) -> ListTable:
    """A page of `rows` as a part of another page, whose address has its number in the parameter `name`."""
    page, *_order = page_of(kind, rows, scope, {"page": parameters.get(name)})
    page.parameter = name
    table_rows = _rows_on(page, kind, rows, scope)
    return ListTable(kind, kind.columns, table_rows, count=page.paginator.count, page_within=page)


def _rows_on(page: RowPage, kind: Kind, rows: QuerySet, scope: Scope, address: str = "") -> list[ListRow]:
    """The rows whose keys are on the page, with what they show."""
    if not page.object_list:
        return []
    values = kind.values(rows.filter(pk__in=page.object_list), scope).annotate(row_key=F("pk")).order_by()
    by_key = {value["row_key"]: value for value in values}
    return rows_of(kind, [by_key[key] for key in page.object_list if key in by_key], scope, address)


def page_of(
    kind: Kind, rows: QuerySet, scope: Scope, parameters: Any, ask_count: Callable[[], int | None] = lambda: None
) -> tuple[RowPage, str, bool]:
    """The keys of the page of `rows` that `parameters` asks for; the order they are in, and whether they are too many
    for the one that was asked for. An order without an index is for as many rows as are counted. `ask_count()`
    gives the number of rows without reading them, or None.

    Raises BadInput for a column that does not exist.
    """
    ordering = (parameters or {}).get("ordering", "")
    if ordering and ordering.removeprefix("-") not in {column.name for column in kind.columns}:
        raise BadInput("ordering", ordering, _unknown_ordering(kind, ordering))
    keys = kind.annotate(rows, scope).values_list("pk", flat=True)
    paginator = RowPaginator(keys.order_by(*kind.order_by(ordering)), ask_count=ask_count)
    unsorted = bool(ordering) and not kind.has_index(ordering) and paginator.is_capped
    if unsorted:
        ordering, paginator.object_list = "", keys.order_by(*kind.order_by())
    return paginator.get_page((parameters or {}).get("page")), ordering, unsorted


def _unknown_ordering(kind: Kind, ordering: str) -> str:
    names = ", ".join(column.name for column in kind.columns)
    return _("“%(value)s” cannot be ordered by. Choose one of: %(names)s.") % {"value": ordering, "names": names}


def headings_of(kind: Kind, ordering: str, page: RowPage) -> list[dict]:
    """The headings, each with the order its link asks for; without one where the rows are too many for it."""
    headings = []
    for column in kind.columns:
        descending, ascending = ordering == f"-{column.name}", ordering == column.name
        following = f"-{column.name}" if ascending else column.name
        headings.append(
            {
                "column": column,
                "sort": "descending" if descending else "ascending" if ascending else "none",
                "next": "" if page.paginator.is_capped and not kind.has_index(following) else following,
            }
        )
    return headings


def rows_of(kind: Kind, values: Any, scope: Scope, address: str = "") -> list[ListRow]:
    """Dictionaries of a kind's columns as rows with words for choices and the address of each record."""
    public = "" if kind.redacted else reverse("record", args=[kind.slug, "CODE"]) + scope.query
    address = address or public
    texts: dict[tuple[str, Any], Any] = {}

    def text_of(column: Column, value: Any) -> Any:
        """A label is translated once, not in each row."""
        if not column.choices:
            return column.text(value)
        if (column.name, value) not in texts:
            texts[column.name, value] = str(column.text(value) or "")
        return texts[column.name, value]

    return [
        ListRow(
            address.replace("CODE", value["row_code"]) if address else "",
            value.get("row_illustrative", False),
            [Cell(column, text_of(column, value[column.name])) for column in kind.columns],
            value.get("row_code", ""),
        )
        for value in kind.hide_future(values, scope)
    ]
