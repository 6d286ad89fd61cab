"""Exports rows as csv, xlsx, json and geojson: streamed, with a stamp of what they are and as of when."""

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from tempfile import TemporaryFile
from typing import Any

import xlsxwriter
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from registry.access.scope import Scope
from registry.figures.changes import Difference, HowChanged, RowChange
from registry.filters import filtered
from registry.kinds import Column, Kind
from registry.text.coordinates import to_wgs84

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "=", "+", "-", "@")


OUTLINES = ("Polygon", "MultiPolygon")


def formats_of(kind: Kind) -> tuple[str, ...]:
    """The export formats of a kind. Kinds with a position also have geojson."""
    return ("csv", "xlsx", "json", "geojson") if kind.shape else ("csv", "xlsx", "json")


class Echo:
    """A file object that returns what is written to it, so that csv can be streamed line by line."""

    def write(self, text: str) -> str:
        return text


def as_text(value: Any) -> Any:
    """The value as a spreadsheet may safely show it: text that begins like a formula gets an apostrophe in front."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return value


def unguarded(text: str) -> str:
    """Removes the apostrophe that an export puts before text that looks like a formula."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(FORMULA_STARTS) else text


def export(kind: Kind, rows: QuerySet, scope: Scope, parameters: Any, figure: Any = None) -> HttpResponseBase:
    """`rows` of `kind`, filtered as the page was, as a file to download."""
    file_format = parameters.get("format")
    if file_format == "geojson":
        kind = replace(kind, columns=(*kind.columns, *(Column(name, "") for name in kind.shape)))
    filters = filtered(kind, rows, scope, parameters)
    return export_values(kind, kind.values(filters.qs, scope), scope, file_format, filters.used, figure)


def export_values(
    kind: Kind, values: QuerySet, scope: Scope, file_format: str, used: dict[str, str], figure: Any = None
) -> HttpResponseBase:
    """Rows of `kind.values` as a file; `used` are the filters they were narrowed by."""
    rows = kind.hide_future(values.iterator(chunk_size=2000), scope)
    name = f"{figure.slug if figure else kind.slug}-{scope.area}-{scope.as_of.isoformat()}"
    writers = {"csv": _csv, "xlsx": _xlsx, "json": _json, "geojson": _geojson}
    response = writers[file_format](kind, rows, stamp(kind, scope, used, figure))
    response["Content-Disposition"] = f'attachment; filename="{name}.{file_format}"'
    return response


TABLE_FORMATS = ("csv", "xlsx", "json")


def export_table(kind: Kind, values: Iterable[dict], scope: Scope, file_format: str) -> HttpResponseBase:
    """Rows that are computed and not stored, as a file to download."""
    response = {"csv": _csv, "xlsx": _xlsx, "json": _json}[file_format](kind, values, stamp(kind, scope, {}))
    name = f"{kind.slug}-{scope.area}-{scope.as_of.isoformat()}"
    response["Content-Disposition"] = f'attachment; filename="{name}.{file_format}"'
    return response


def export_changes(difference: Difference, rows: Iterable[RowChange], file_format: str) -> HttpResponseBase:
    """The rows that make a difference, each with its last event, as a file to download."""
    figure, scope = difference.answer.figure, difference.answer.scope
    kind = Kind("changes", None, _("Changes"), lambda scope: None, CHANGE_COLUMNS, redacted=True)
    values = (_change_values(row) for row in rows)
    words = stamp(kind, scope, {}, figure) | {_("Since"): difference.since.isoformat()}
    response = {"csv": _csv, "xlsx": _xlsx, "json": _json}[file_format](kind, values, words)
    name = f"{figure.slug}-changes-{scope.area}-{difference.since.isoformat()}-{scope.as_of.isoformat()}"
    response["Content-Disposition"] = f'attachment; filename="{name}.{file_format}"'
    return response


CHANGE_COLUMNS = (
    Column("how", gettext_lazy("Change"), choices=HowChanged),
    Column("kind", gettext_lazy("Kind")),
    Column("code", gettext_lazy("Code")),
    Column("name", gettext_lazy("Name")),
    Column("before", gettext_lazy("Before"), numeric=True),
    Column("after", gettext_lazy("After"), numeric=True),
    Column("at", gettext_lazy("Time")),
    Column("document_no", gettext_lazy("Paper number")),
)


def _change_values(row: RowChange) -> dict[str, Any]:
    event = row.events[0] if row.events else None
    return {
        "how": row.how, "kind": str(row.kind.label), "code": row.code, "name": row.name, "before": row.before,
        "after": row.after, "at": timezone.localtime(event.at).isoformat(timespec="seconds") if event else "",
        "document_no": event.document_no if event else "",
    }  # fmt: skip


def stamp(kind: Kind, scope: Scope, used: dict[str, str], figure: Any = None) -> dict[str, str]:
    """What an exported file says about itself: kind, date, filters."""
    words = {
        _("Rows"): f"{kind.label} ({kind.slug})",
        _("As of"): scope.as_of.isoformat(),
        _("Exported at"): timezone.localtime().isoformat(timespec="seconds"),
        _("Area"): f"{scope.place} ({scope.area})",
    }
    if figure:
        words = {_("Figure"): f"{figure.label} ({figure.slug}, {figure.source})", **words}
    if used:
        words[_("Filters")] = ", ".join(f"{name}={value}" for name, value in used.items())
    return words


def lines(kind: Kind, values: Iterable[dict]) -> Iterator[list[Any]]:
    """The rows as text, one list per row; the mark of illustrative rows comes last."""
    yes = _("illustrative")
    for value in values:
        cells = [column.text(value[column.name]) for column in kind.columns]
        yield [*cells, yes if value.get("row_illustrative") else ""]


def heading(kind: Kind) -> list[str]:
    return [*(column.heading for column in kind.columns), _("Mark")]


def with_units(kind: Kind, words: dict[str, str]) -> dict[str, str]:
    """The stamp of a file with field names, which carry no unit, so the stamp lists the units."""
    units = ", ".join(f"{column.name}: {column.unit_label}" for column in kind.columns if column.unit)
    return {**words, pgettext("of numbers", "Units"): units} if units else words


def _csv(kind: Kind, values: Iterable[dict], words: dict[str, str]) -> StreamingHttpResponse:
    writer = csv.writer(Echo())

    def stream() -> Iterator[str]:
        yield "\ufeff"  # so that spreadsheets recognise UTF-8
        yield writer.writerow(["# " + "; ".join(f"{name}: {value}" for name, value in words.items())])
        yield writer.writerow(heading(kind))
        for line in lines(kind, values):
            yield writer.writerow([as_text(value) for value in line])

    return StreamingHttpResponse(stream(), content_type="text/csv; charset=utf-8")


def _xlsx(kind: Kind, values: Iterable[dict], words: dict[str, str]) -> FileResponse:
    """Written to a file on disk row by row, so that memory does not grow with the rows."""
    file = TemporaryFile()  # noqa: SIM115 (the response closes it)
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet(str(kind.label)[:31])
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.set_column(0, len(kind.columns), 18)
        sheet.write_row(0, 0, [f"{name}: {value}" for name, value in words.items()])
        sheet.write_row(1, 0, heading(kind), bold)
        for number, line in enumerate(lines(kind, values), start=2):
            for column, value in enumerate(line):
                if value not in (None, ""):
                    exact = column == len(kind.columns) or kind.columns[column].is_exact
                    _write(sheet, number, column, value, day if exact else None)
    file.seek(0)
    kind_of_file = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return FileResponse(file, content_type=kind_of_file)


def _write(sheet: Any, row: int, column: int, value: Any, day: Any) -> None:
    """Writes numbers and exact days as such, all else as text."""
    if isinstance(value, int | float) or hasattr(value, "quantize"):
        sheet.write_number(row, column, value)
    elif day and type(value) is date and value.year > 1900:  # spreadsheets know no earlier day
        sheet.write_datetime(row, column, value, day)
    else:
        sheet.write_string(row, column, str(value))


def _json(kind: Kind, values: Iterable[dict], words: dict[str, str]) -> StreamingHttpResponse:
    def stream() -> Iterator[str]:
        yield '{"about": ' + json.dumps(with_units(kind, words), ensure_ascii=False) + ', "rows": ['
        for number, value in enumerate(values):
            value.pop("row_code", None)
            yield (",\n" if number else "\n") + json.dumps(value, ensure_ascii=False, default=_plain)
        yield "\n]}\n"

    return StreamingHttpResponse(stream(), content_type="application/json")


def _geojson(kind: Kind, values: Iterable[dict], words: dict[str, str]) -> StreamingHttpResponse:
    """One feature per row. A row without a position has no geometry and still counts."""

    def stream() -> Iterator[str]:
        about = json.dumps(with_units(kind, words), ensure_ascii=False)
        yield f'{{"type": "FeatureCollection", "about": {about}, "features": ['
        for number, value in enumerate(values):
            value.pop("row_code", None)
            feature = {"type": "Feature", "geometry": geometry_of(value), "properties": value}
            yield (",\n" if number else "\n") + json.dumps(feature, ensure_ascii=False, default=_plain)
        yield "\n]}\n"

    return StreamingHttpResponse(stream(), content_type="application/geo+json")


def geometry_of(value: dict[str, Any]) -> dict | None:
    """Takes the position or outline out of a row and converts it to WGS 84; None if there is none."""
    if "outline" in value:
        outline = value.pop("outline")
        return outline if isinstance(outline, dict) and outline.get("type") in OUTLINES else None
    lng, lat, system = (value.pop(name) for name in ("lng", "lat", "coordinate_system"))
    if lng is None or lat is None or not system:
        return None
    east, north = to_wgs84(float(lng), float(lat), system)
    return {"type": "Point", "coordinates": [round(east, 6), round(north, 6)]}


def _plain(value: Any) -> Any:
    return float(value) if hasattr(value, "quantize") else value.isoformat()
