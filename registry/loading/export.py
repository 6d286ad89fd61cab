"""Rows out of the registry: csv, xlsx and json, streamed, stamped with what they are and as of when."""

import csv
import json
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any

import xlsxwriter
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext as _

from registry.filters import filtered
from registry.kinds import Kind
from registry.scope import Scope

FORMATS = ("csv", "xlsx", "json")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "=", "+", "-", "@")


class Echo:
    """A file that hands back what is written to it, so that csv can be streamed line by line."""

    def write(self, text: str) -> str:
        return text


def as_text(value: Any) -> Any:
    """A value a spreadsheet cannot take for a formula: text that begins like one gets an apostrophe in front."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return value


def export(kind: Kind, rows: QuerySet, scope: Scope, parameters: Any, figure: Any = None) -> HttpResponse:
    """`rows` of `kind`, filtered as the page was, as a file to download."""
    filters = filtered(kind, rows, scope, parameters)
    used = {name: value for name, value in filters.form.cleaned_data.items() if value}
    return export_values(kind, kind.values(filters.qs, scope), scope, parameters.get("format"), used, figure)


def export_values(
    kind: Kind, values: QuerySet, scope: Scope, file_format: str, used: dict[str, str], figure: Any = None
) -> HttpResponse:
    """Rows of `kind.values` as a file; `used` are the filters they were narrowed by."""
    known = (kind.as_known(row, scope) for row in values.iterator(chunk_size=2000))
    name = f"{figure.slug if figure else kind.slug}-{scope.area}-{scope.as_of.isoformat()}"
    writers = {"csv": _csv, "xlsx": _xlsx, "json": _json}
    response = writers[file_format](kind, known, stamp(kind, scope, used, figure))
    response["Content-Disposition"] = f'attachment; filename="{name}.{file_format}"'
    return response


def stamp(kind: Kind, scope: Scope, used: dict[str, str], figure: Any = None) -> dict[str, str]:
    """What an exported file says of itself."""
    words = {
        _("Rows"): str(kind.label),
        _("As of"): scope.as_of.isoformat(),
        _("Area"): f"{scope.place} ({scope.area})",
    }
    if figure:
        words = {_("Figure"): f"{figure.label} ({figure.slug}, {figure.source})", **words}
    if used:
        words[_("Filters")] = ", ".join(f"{name}={value}" for name, value in used.items())
    return words


def lines(kind: Kind, values: Iterable[dict]) -> Iterator[list[Any]]:
    """The rows in words, one list a row, the mark of illustrative rows last."""
    yes = _("illustrative")
    for value in values:
        cells = [column.text(value[column.name]) for column in kind.columns]
        yield [*cells, yes if value.get("row_illustrative") else ""]


def heading(kind: Kind) -> list[str]:
    return [*(str(column.label) for column in kind.columns), _("Mark")]


def _csv(kind: Kind, values: Iterable[dict], words: dict[str, str]) -> StreamingHttpResponse:
    writer = csv.writer(Echo())

    def stream() -> Iterator[str]:
        yield "\ufeff"  # lets spreadsheets see that this is UTF-8
        yield writer.writerow(["# " + "; ".join(f"{name}: {value}" for name, value in words.items())])
        yield writer.writerow(heading(kind))
        for line in lines(kind, values):
            yield writer.writerow([as_text(value) for value in line])

    return StreamingHttpResponse(stream(), content_type="text/csv; charset=utf-8")


def _xlsx(kind: Kind, values: Iterable[dict], words: dict[str, str]) -> HttpResponse:
    file = BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet(str(kind.label)[:31])
        bold = book.add_format({"bold": True})
        sheet.set_column(0, len(kind.columns), 18)
        sheet.write_row(0, 0, [f"{name}: {value}" for name, value in words.items()])
        sheet.write_row(1, 0, heading(kind), bold)
        for number, line in enumerate(lines(kind, values), start=2):
            for column, value in enumerate(line):
                if value not in (None, ""):
                    _write(sheet, number, column, value)
    kind_of_file = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return HttpResponse(file.getvalue(), content_type=kind_of_file)


def _write(sheet: Any, row: int, column: int, value: Any) -> None:
    if isinstance(value, int | float) or hasattr(value, "quantize"):
        sheet.write_number(row, column, value)
    else:
        sheet.write_string(row, column, str(value))


def _json(kind: Kind, values: Iterable[dict], words: dict[str, str]) -> StreamingHttpResponse:
    def stream() -> Iterator[str]:
        yield '{"about": ' + json.dumps(words, ensure_ascii=False) + ', "rows": ['
        for number, value in enumerate(values):
            value.pop("row_code", None)
            yield (",\n" if number else "\n") + json.dumps(value, ensure_ascii=False, default=_plain)
        yield "\n]}\n"

    return StreamingHttpResponse(stream(), content_type="application/json")


def _plain(value: Any) -> Any:
    return float(value) if hasattr(value, "quantize") else value.isoformat()
