"""Exports rows as csv, xlsx, json and geojson: streamed from the first row, with a stamp of what they are and as of
when."""

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from registry.access.scope import Scope
from registry.figures.changes import Difference, HowChanged, RowChange
from registry.filters import filtered
from registry.kinds import Column, Kind
from registry.text.coordinates import to_wgs84
from registry.text.workbook_stream import WORKBOOK, stream_workbook

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
    """The rows as text, one list per row; the mark of illustrative rows comes last. Choices are translated once for all
    rows."""
    mark, yes, no = _("illustrative"), _("Yes"), _("No")
    columns = [(column.name, {key: str(label) for key, label in _choices(column)}) for column in kind.columns]
    for value in values:
        line = []
        for name, words in columns:
            cell = value[name]
            line.append((yes if cell else no) if type(cell) is bool else words.get(cell, cell) if words else cell)
        line.append(mark if value.get("row_illustrative") else "")
        yield line


def _choices(column: Column) -> list[tuple]:
    return list(column.choices.choices) if column.choices else []


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
        for some in batched(lines(kind, values)):
            yield "".join(writer.writerow([as_text(value) for value in line]) for line in some)

    return StreamingHttpResponse(stream(), content_type="text/csv; charset=utf-8")


def batched(rows: Iterable[Any]) -> Iterator[list[Any]]:
    """Rows by the hundreds: a piece of an answer costs more than a row in it. The first piece is small and sent at
    once."""
    rows, size = iter(rows), 10
    while some := list(islice(rows, size)):
        yield some
        size = 500


def _xlsx(kind: Kind, values: Iterable[dict], words: dict[str, str]) -> StreamingHttpResponse:
    exact = [*(column.is_exact for column in kind.columns), True]
    about, rows = [f"{name}: {value}" for name, value in words.items()], lines(kind, values)
    chunks = stream_workbook(str(kind.label), about, heading(kind), batched(rows), exact)
    return StreamingHttpResponse(chunks, content_type=WORKBOOK)


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
