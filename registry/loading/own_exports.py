"""The portal's own exports, loaded back. Only cells that somebody changed count, not the exported values.

An export is recognised by its stamp, by the URLs of its rows, or by its column names, and its rows by their codes. A
cell with a value of the registry, now or on the day of the export, changes nothing.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from functools import cache, partial
from operator import attrgetter
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from registry.access.scope import Scope, read_scope
from registry.kinds import KINDS, Column, Kind
from registry.loading.context import Context
from registry.loading.sheet_types import SHEET_TYPES, SheetRow, SheetType, plain_name
from registry.models import Event
from registry.text.validators import Invalid, dated, listing, yes_no

from .export import unguarded
from .files.reading import RawSheet
from .files.tables import DataRow, plain_heading, text_of

SLUG = re.compile(r"\(([a-z-]+)\)$")
OF_API = re.compile(r"/api/v1/([a-z-]+)/[^/?]+/(?:\?(?:.*&)?as_of=(\d{4}-\d\d-\d\d))?")
MARKS = {"url", "illustrative", "row_illustrative", "page"}  # the keys of a JSON row that are not columns
ALSO = {
    "township_name": "township", "organisation_name": "organisation", "donor_name": "donor", "site_name": "site",
    "place_name": "place", "point_name": "point", "action_name": "action", "item_name": "item",
}  # fmt: skip
NAMES = ("name", "title", "village", "donor_name", "place_name", "site_name", "township_name", "finding", "purpose")
LAST_DIGIT = Decimal("1e-14")  # relative: a spreadsheet keeps fifteen digits


@dataclass(frozen=True, eq=False)
class Exported:
    """A record kind as it is exported: with every column a file of it may have, its records of any day, and the
    address of its list in the API, if it has one."""

    kind: Kind
    records: Callable[[Scope], QuerySet]
    resource: str = ""

    @property
    def load(self) -> SheetType | None:
        """The sheet type its rows are loaded as; None if they are not loaded, or cannot be identified."""
        if self.kind.redacted:
            return None
        return next((type_ for type_ in SHEET_TYPES.values() if type_.model is self.kind.model), None)

    @property
    def columns(self) -> dict[str, Column]:
        """Its columns by plain heading: with and without the unit, in each language, and by name as in JSON."""
        return _columns(self.kind)


@dataclass(frozen=True)
class Stamp:
    """The origin of a sheet: which export, as of which day, and made when (None if unknown)."""

    slug: str
    as_of: date
    made_at: datetime | None = None
    header: int = 0

    @property
    def as_stored(self) -> dict[str, str]:
        """The form that `Load.sheets` stores."""
        made_at = self.made_at.isoformat() if self.made_at else ""
        return {"kind": self.slug, "as_of": self.as_of.isoformat(), "made_at": made_at}


DECLARED: dict[str, Exported] = {}


def declare(resource: str, kind: Kind, records: Callable[[Scope], QuerySet]) -> None:
    """Registers what the API exports under the address of `resource`."""
    DECLARED[kind.slug] = Exported(kind, records, resource)


def exported(slug: str) -> Exported | None:
    return DECLARED.get(slug) or (_of_pages(KINDS[slug]) if slug in KINDS else None)


@cache
def _of_pages(kind: Kind) -> Exported:
    """A kind that pages export and the API does not."""

    def on_any_day(scope: Scope) -> QuerySet:
        rows = kind.model._default_manager.visible_to(scope.viewer)
        return rows.on(scope.as_of) if hasattr(rows, "on") else rows

    return Exported(kind.in_full, on_any_day)


def _all() -> Iterable[Exported]:
    return filter(None, (exported(slug) for slug in {**KINDS, **DECLARED}))


def texts_in_each_language(text: Callable[[], Any]) -> set[str]:
    """`text()` in each language."""
    texts = set()
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            texts.add(str(text()))
    return texts


@cache
def _columns(kind: Kind) -> dict[str, Column]:
    columns: dict[str, Column] = {}
    for heads in map(attrgetter, ("heading", "label", "name")):
        for column in kind.columns:
            for heading in texts_in_each_language(partial(heads, column)):
                columns.setdefault(plain_heading(heading), column)
    return columns


def stamp_of(sheet: RawSheet, top: Mapping[int, dict[int, Any]]) -> Stamp | None:
    """Which of the portal's own exports a sheet is, by its stamp or else by its headings; None if it is none. `top` are
    its first rows."""
    rows = list(top.items())
    if sheet.about:
        return _stamp_in(sheet.about, header=1) or _stamp_in_address(sheet.about.get("url", ""))
    if len(rows) > 1 and (stamp := _stamp_in(_words_in(rows[0][1].values()), header=rows[1][0])):
        return stamp
    return _by_names(rows[0][0], rows[0][1].values()) if rows else None


def _words_in(cells: Iterable[Any]) -> dict[str, str]:
    """The parts of a line such as “# Rows: Funds (funds); As of: 2021-12-31”, in one cell or one cell each."""
    line = "; ".join(map(text_of, cells)).removeprefix("# ")
    return {name.strip(): value.strip() for name, _colon, value in (part.partition(": ") for part in line.split("; "))}


def _stamp_in(words: Mapping[str, str], header: int) -> Stamp | None:
    words_found = [_word(words, name) for name in (lambda: _("Rows"), lambda: _("As of"), lambda: _("Exported at"))]
    slug = _slug_of(words_found[0])
    with suppress(ValueError):
        made_at = datetime.fromisoformat(words_found[2]) if words_found[2] else None
        as_of = date.fromisoformat(words_found[1])
        return Stamp(slug, as_of, made_at if made_at and made_at.tzinfo else None, header) if slug else None
    return None


def _word(words: Mapping[str, str], name: Callable[[], str]) -> str:
    return next((words[label] for label in texts_in_each_language(name) if label in words), "")


def _slug_of(text: str) -> str:
    """The kind in a stamp: by its slug, or, in older exports, by its name only."""
    if (match := SLUG.search(text)) and exported(match[1]):
        return match[1]
    return next((candidate.kind.slug for candidate in _all() if text in _labels(candidate.kind)), "") if text else ""


@cache
def _labels(kind: Kind) -> set[str]:
    return texts_in_each_language(lambda: kind.label)


def _stamp_in_address(url: str) -> Stamp | None:
    """The stamp in a URL of an API row: the kind, and the day unless it is the default one."""
    match = OF_API.search(url)
    slug = next((slug for slug, declared in DECLARED.items() if match and declared.resource == match[1]), "")
    if not match or not slug:
        return None
    with suppress(ValueError):
        as_of = date.fromisoformat(match[2]) if match[2] else read_scope({}, None).as_of
        return Stamp(slug, as_of, header=1)
    return None


def _by_names(header: int, cells: Iterable[Any]) -> Stamp | None:
    """Headings that are column names, as in files for programs: the one kind that has them all."""
    names = {text_of(cell).strip() for cell in cells} - MARKS
    if "code" not in names or len(names) < 2:
        return None
    fitting = [candidate for candidate in _all() if names <= {column.name for column in candidate.kind.columns}]
    if len({id(candidate.load) for candidate in fitting}) != 1:
        return None
    return Stamp(fitting[0].kind.slug, timezone.localdate(), header=header)


def columns_in(stamp: Mapping[str, str], headings: Mapping[int, str]) -> dict[int, Column]:
    """Which column of the export stands where."""
    by_heading = exported(stamp["kind"]).columns  # type: ignore[union-attr]
    columns: dict[int, Column] = {}
    for at, heading in headings.items():
        column = by_heading.get(plain_heading(heading))
        if column is not None and column not in columns.values():
            columns[at] = column
    return columns


def fields_in(columns: Mapping[int, Column], kind: SheetType) -> dict[int, str]:
    """The field for each column of an export, except computed and read-only ones. Of two that name the same record, the
    first."""
    fields: dict[int, str] = {}
    for at, column in sorted(columns.items()):
        name = _field_of(column, kind)
        if name and name not in fields.values():
            fields[at] = name
    return fields


def _field_of(column: Column, kind: SheetType) -> str:
    """The field with the same name, or the field that takes the name or code of the related record."""
    for name in (column.name, ALSO.get(column.name, ""), column.name.removesuffix("_code")):
        declared = kind.column(name)
        if declared is not None:
            counts = column.numeric and (declared.names or declared.read is listing)
            return "" if counts else name
    return ""


class Comparison:
    """The values in the registry of the records in some rows: on the day of the export, and now."""

    def __init__(self, stamp: Mapping[str, str], columns: Mapping[int, Column], codes: Iterable[str], context: Context):
        self.exported: Any = exported(stamp["kind"])
        self.columns, self.codes = columns, set(codes)
        self.as_of = date.fromisoformat(stamp["as_of"])
        made_at = stamp["made_at"]
        self.since = datetime.fromisoformat(made_at) if made_at else _end_of(self.as_of)
        scope = Scope(as_of=context.today, area=context.area, viewer=context.by)
        self.now = self._values(scope)
        self.then = self._values(scope.at(self.as_of)) if self.as_of != context.today else self.now
        self.now = (
            self.then | self.now
        )  # records that no longer count, such as a site whose title ended, use their last values
        self._later: dict[str, list[dict]] | None = None

    def _values(self, scope: Scope) -> dict[str, dict[str, Any]]:
        columns = {column.name: column for column in self.columns.values()}
        kind = replace(self.exported.kind, columns=tuple(columns.values()))
        rows = kind.values(self.exported.records(scope).filter(code__among=self.codes), scope)
        return {row["row_code"]: row for row in kind.hide_future(rows, scope)}

    def differences(self, code: str, cells: Mapping[int, Any]) -> tuple[list[int], list[int]]:
        """The cells of a record that differ: those with a past value, and those with a value it never had; by their
        place."""
        now, then = self.now[code], self.then.get(code, {})
        past: list[int] = []
        changed: list[int] = []
        for at, column in self.columns.items():
            text = text_of(cells.get(at))
            if not text.strip() or says(column, text, now[column.name]):
                continue  # a blank changes nothing
            was = column.name in then and says(column, text, then[column.name])
            (past if was or self._was_changed_since(code, column, text) else changed).append(at)
        return past, changed

    def _was_changed_since(self, code: str, column: Column, text: str) -> bool:
        """Whether the registry had the cell's value after the export was made."""
        if self._later is None:
            kind = self.exported.kind.model._meta.model_name
            events = Event.objects.filter(kind=kind, code__among=self.codes, at__gte=self.since)
            self._later = {}
            for of, changes in events.values_list("code", "changes"):
                self._later.setdefault(of, []).append(changes)
        names = {column.name, column.source.partition("__")[0]}
        return any(
            says(column, text, both[0])
            for changes in self._later.get(code, ())
            for name, both in changes.items()
            if name in names and isinstance(both, list) and both
        )


def _end_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.max))


def says(column: Column, text: str, value: Any) -> bool:
    """Whether a cell equals this value, however a file or a spreadsheet has formatted it."""
    text = " ".join(unguarded(text).split())
    if value is None or value == "":
        return not text
    if column.choices:
        return text == value or text in _words_of(column.choices, value)
    expected = " ".join(str(value).split())
    if text == expected:
        return True
    with suppress(Invalid, InvalidOperation):
        if isinstance(value, bool):
            return yes_no(text) is value
        if isinstance(value, int | float | Decimal) or column.numeric:
            return abs(Decimal(text.replace(",", "")) - Decimal(expected)) <= abs(Decimal(expected)) * LAST_DIGIT
        day = dated(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", expected) else None
        return day is not None and day.precision == "day" and day.day.isoformat() == expected
    return False


@cache
def _words_of(choices: Any, value: str) -> set[str]:
    return texts_in_each_language(lambda: choices(value).label) if value in choices.values else set()


def settle(
    kind: SheetType, sheet: dict, data: Iterable[DataRow], rows: Iterable[SheetRow], context: Context
) -> list[SheetRow]:
    """Selects the rows of an export that need validation: rows with a changed cell, or of an unknown record. Past
    values are removed from such a row. For all other rows only the record is set, and nothing is written."""
    columns = columns_in(sheet["export"], {column["at"]: column["heading"] for column in sheet["columns"]})
    cells = {data_row.number: data_row.cells for data_row in data}
    codes = {row.number: plain_name(row.texts.get("code", "")) for row in rows}
    compared = Comparison(sheet["export"], columns, set(codes.values()) - {""}, context)
    stored: Iterable[Any] = kind.model._base_manager.filter(code__among=set(compared.now))
    records = {record.code: record for record in stored}
    fields = {column["at"]: column["field"] for column in sheet["columns"]}
    judged = []
    for row in rows:
        code = codes[row.number]
        if code not in compared.now or row.is_refused:
            judged.append(row)
            continue
        past, changed = compared.differences(code, cells[row.number])
        sheet["past"] = sheet.get("past", 0) + bool(past)
        if any(fields.get(at) for at in changed):
            judged.append(row)
        else:
            row.record, row.keys, values = records[code], [code], compared.now[code]
            row.title = str(next((values[name] for name in NAMES if values.get(name)), code))
        for at in past:
            row.texts.pop(fields.get(at, ""), None)
        for at in changed:
            if not fields.get(at):
                row.letters = row.letters | {columns[at].name: _letter(sheet, at)}
                row.warn(columns[at].name, "not_loaded", heading=columns[at].label)
    return judged


def _letter(sheet: dict, at: int) -> str:
    return next(column["letter"] for column in sheet["columns"] if column["at"] == at)
