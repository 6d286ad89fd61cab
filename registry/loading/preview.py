"""The preview of a load: what was detected on the sheets, and each row with its changes as text."""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.kinds import KINDS
from registry.loading.edits import SheetEdits, is_editable
from registry.loading.files.tables import data_rows, letter, plain_heading, text_of
from registry.loading.job_steps import columns_of as sheet_columns
from registry.loading.job_steps import row_of, table_of
from registry.loading.known_values import missing_columns
from registry.loading.lifecycle import rows_file
from registry.loading.matching import REASON
from registry.loading.messages import sentence, why_of
from registry.loading.money_units import WAN, YUAN, in_yuan
from registry.loading.sheet_types import SHEET_TYPES, SheetColumn, SheetType
from registry.loading.templates import townships_for
from registry.models import Area, Load, LoadRow, RowVerdict
from registry.overviews.event_text import Change, columns_of, label_of, words_of
from registry.text.validators import masked, without_numbers

SAMPLES = 3
WARNED, LEFT, DOUBTFUL = "warned", "left", "doubtful"
STEPS = (
    ("read", gettext_lazy("Reading")),
    ("match", gettext_lazy("Matching")),
    ("preview", gettext_lazy("Preview")),
    ("apply", gettext_lazy("Into the registry")),
)
STEP_OF = {"reading": "read", "refused": "read", "ready": "preview", "cancelled": "preview"}
WHY_SKIPPED = {
    "hidden": gettext_lazy("it is hidden"),
    "explanation": gettext_lazy("it explains how to fill in the others"),
    "empty": gettext_lazy("it is empty"),
    "own_export": gettext_lazy("it is an export of the portal that your account cannot load"),
    "no_kind": gettext_lazy("no column of it names what its rows are about"),
    "other_kind": gettext_lazy("it holds rows of a kind that your account cannot load"),
    "no_headings": gettext_lazy("no row of it holds headings that are known here"),
}


@dataclass
class ColumnShown:
    """A column of a sheet: its place, the headings above it, sample cells, and the detected field."""

    at: int
    letter: str
    heading: str
    field: str
    samples: list[str]


@dataclass
class RivalShown:
    """A kind that a sheet may be as well: what speaks for it, and its first rows under the columns of that kind."""

    slug: str
    label: Any
    why: list[str]
    headings: list[str]
    rows: list[list[str]]


@dataclass
class MissingColumn:
    """A required column that a sheet lacks: `words` are the values to choose from for all rows, if they are few."""

    name: str
    heading: str
    words: list[str]


@dataclass
class SheetShown:
    """A sheet that is read: `why` says what speaks for its kind, `rivals` are the kinds between which a person chooses;
    `missing` are required columns it does not have; `totals` the cells of a row of totals that
    differ from the sum of the rows; `as_of` the day of an own export, else empty."""

    index: int
    name: str
    label: Any
    header: int
    columns: list[ColumnShown]
    fields: list[tuple[str, str]]
    missing: list[MissingColumn]
    totals: list[dict]
    why: list[str]
    rivals: list[RivalShown]
    as_of: str = ""

    @property
    def left_out(self) -> list[str]:
        """Headings of skipped columns; not listed for an own export."""
        return [] if self.as_of else [column.heading or column.letter for column in self.columns if not column.field]


@dataclass
class CellShown:
    """A refused or doubtful cell that may be edited: its field in the form, its text, and the words to choose from."""

    name: str
    text: str
    words: tuple[str, ...]


@dataclass
class MessageShown:
    """A message about a row: `cell` is the address of the cell, `edit` the cell where it may be edited."""

    cell: str
    heading: str
    text: str
    level: str
    edit: CellShown | None = None


@dataclass
class RowShown:
    """A row of the file; `may_leave_out` says whether the page asks if it shall stay out."""

    row: LoadRow
    sheet: str
    url: str
    changes: list[Change]
    messages: list[MessageShown]
    may_leave_out: bool = False


def kind_of(load: Load, sheet: int) -> SheetType | None:
    """The sheet type of the rows of a sheet."""
    kinds = {sheet["index"]: sheet["kind"] for sheet in load.sheets}
    return SHEET_TYPES.get(kinds.get(sheet) or load.kind)


def sheets_of(load: Load) -> tuple[list[SheetShown], list[tuple[str, Any]]]:
    """The sheets that are read, and (name, reason) of those that are not."""
    sheets = [_sheet(load, sheet) for sheet in load.sheets if not sheet["skipped"] and sheet["kind"] in SHEET_TYPES]
    left_out = [
        (sheet["name"], WHY_SKIPPED.get(sheet["skipped"], sheet["skipped"]))
        for sheet in load.sheets
        if sheet["skipped"]
    ]
    return sheets, left_out


def _sheet(load: Load, sheet: dict) -> SheetShown:
    kind = SHEET_TYPES[sheet["kind"]]
    samples = _samples(load, sheet)
    as_of = sheet.get("export", {}).get("as_of", "")
    columns = [
        ColumnShown(
            column["at"], column["letter"], column["heading"], column["field"],
            [_sample(kind.column(column["field"]), text) for text in samples.get(column["at"], [])],
        )
        for column in sheet["columns"]
        if column["plain"] != plain_heading(REASON)
    ]  # fmt: skip
    return SheetShown(
        sheet["index"], sheet["name"], kind.label, max(sheet["header"], default=1), columns,
        fields=[(column.name, column.heading) for column in kind.columns],
        missing=[
            MissingColumn(column.name, column.heading, _choices(column, load))
            for column in missing_columns(kind, sheet)
        ],
        totals=[{**total, "heading": _heading(kind, total["field"])} for total in sheet["totals"]],
        why=why_of(sheet), rivals=[_rival(rival, samples) for rival in sheet.get("rivals", ())], as_of=as_of,
    )  # fmt: skip


def _choices(column: SheetColumn, load: Load) -> list[str]:
    if column.name == "township":
        return [name for _code, name in townships_for(load.by)]
    return [str(word) for word in column.words]


def _rival(rival: dict, samples: dict[int, list[str]]) -> RivalShown:
    kind = SHEET_TYPES[rival["kind"]]
    columns = [
        (int(at), kind.column(name)) for at, name in sorted(rival["fields"].items(), key=lambda pair: int(pair[0]))
    ]
    rows = [
        [_sample(column, text) for at, column in columns for text in [(samples.get(at, []) + [""] * SAMPLES)[number]]]
        for number in range(SAMPLES)
    ]
    headings = [column.heading if column else "" for _at, column in columns]
    return RivalShown(kind.slug, kind.label, why_of(rival), headings, [row for row in rows if any(row)])


def _samples(load: Load, sheet: dict) -> dict[int, list[str]]:
    """The first cells of each column; none once the file is deleted."""
    if not load.file or not rows_file(load).exists():
        return {}
    samples: dict[int, list[str]] = {}
    rows = (row for row in data_rows(table_of(sheet), rows_file(load), 0, SAMPLES * 4) if not row.is_total)
    for row in islice(rows, SAMPLES):
        for at, cell in row.cells.items():
            samples.setdefault(at, []).append(" ".join(text_of(cell).split())[:40])
    return samples


def _sample(column: SheetColumn | None, text: str) -> str:
    return masked(text) if column is not None and column.personal else without_numbers(text)


def _heading(kind: SheetType | None, name: str) -> str:
    """What a field is called beside its value. Amounts are shown in yuan, whatever the template's heading counts in."""
    column = kind.column(name) if kind else None
    if column is None:
        return ""
    return column.heading.removesuffix(f"({column.unit})") if _is_money(column) else column.heading


def _is_money(column: SheetColumn | None) -> bool:
    return column is not None and column.unit in (YUAN, WAN)


def tabs_of(load: Load) -> list[tuple[str, Any, int]]:
    """(value, label, count) of the tabs; warnings and remainders only if there are any."""
    tabs: list[tuple[str, Any, int]]
    tabs = [(verdict.value, verdict.label, getattr(load, verdict.value)) for verdict in RowVerdict]
    more = [(WARNED, _("With a warning")), (LEFT, _("Could not be undone"))]
    if load.doubts and not load.confirmed:
        more.insert(0, (DOUBTFUL, _("To be confirmed")))
    tabs += [(value, label, count) for value, label in more if (count := rows_by(load, value).count())]
    return tabs


def rows_by(load: Load, tab: str) -> QuerySet[LoadRow]:
    rows = load.rows.order_by("sheet", "row")
    if tab in (LEFT, DOUBTFUL):
        return rows.filter(**{tab: True})
    return rows.exclude(messages=[]).exclude(verdict=RowVerdict.REFUSED) if tab == WARNED else rows.filter(verdict=tab)


def first_tab(load: Load, tabs: list[tuple[str, Any, int]], requested: str) -> str:
    """The requested tab, else the most important one that has a row."""
    counts = {value: count for value, _label, count in tabs}
    if requested in counts:
        return requested
    order = (LEFT, DOUBTFUL, RowVerdict.REFUSED, RowVerdict.CHANGED, RowVerdict.NEW, RowVerdict.SAME)
    return next((str(value) for value in order if counts.get(value)), str(RowVerdict.NEW))


def texts_of(load: Load, rows: Iterable[tuple[int, int]]) -> dict[tuple[int, int], dict[str, str]]:
    """The texts of the known columns, as edited, by (sheet, row). Empty once the file is deleted."""
    texts: dict[tuple[int, int], dict[str, str]] = {}
    if not load.file or not rows_file(load).exists():
        return texts
    rows = set(rows)
    for sheet in (sheet for sheet in load.sheets if not sheet["skipped"]):
        index, kind = sheet["index"], SHEET_TYPES.get(sheet["kind"])
        numbers = {number for of, number in rows if of == index}
        if not numbers or kind is None:
            continue
        columns, edits = sheet_columns(kind, sheet), SheetEdits(load, index)
        letters = {name: letter(at) for at, name, _unit in columns}
        for data_row in data_rows(table_of(sheet), rows_file(load)):
            if data_row.number in numbers:
                texts[index, data_row.number] = row_of(sheet, data_row, columns, letters, edits).texts
            if data_row.number >= max(numbers):
                break
    return texts


def rows_shown(load: Load, rows: Iterable[LoadRow], may_edit: bool = False) -> list[RowShown]:
    """Rows with everything as text, and the URL of their record once it is in the registry. Refused and doubtful cells
    `may_edit`."""
    rows = list(rows)
    stopped = [row for row in rows if row.verdict == RowVerdict.REFUSED or row.doubtful] if may_edit else []
    texts = texts_of(load, ((row.sheet, row.row) for row in stopped)) if stopped else {}
    names = {sheet["index"]: sheet["name"] for sheet in load.sheets}
    areas = _areas(rows)
    previews = []
    for row in rows:
        kind = kind_of(load, row.sheet)
        previews.append(
            RowShown(
                row,
                names.get(row.sheet, "") if len(names) > 1 else "",
                _address(kind, row),
                _changes(kind, row, areas) if kind else [],
                [*_messages(kind, row, texts.get((row.sheet, row.row)))],
                (row.sheet, row.row) in texts,
            )
        )
    return previews


def _areas(rows: list[LoadRow]) -> dict[str, str]:
    codes = {str(code) for row in rows for code in row.changes.get("area", ()) if code}
    return dict(Area.objects.unscoped("area names are public").filter(code__in=codes).values_list("code", "name"))


def _changes(kind: SheetType, row: LoadRow, areas: dict[str, str]) -> list[Change]:
    order = [column.name for column in kind.columns]
    place = {name: number for number, name in enumerate(order)}
    changes = []
    for name in sorted(row.changes, key=lambda field: place.get(field, len(order))):
        before, after = (_words(kind, name, value, areas) for value in row.changes[name])
        changes.append(Change(_heading(kind, name) or label_of(kind.model, name), before, after))
    return changes


def _words(kind: SheetType, name: str, value: Any, areas: dict[str, str]) -> str:
    column = kind.column(name)
    if column is not None and column.personal:
        return masked(str(value or "")) or "—"
    if isinstance(value, list):
        return "、".join(map(str, value)) or "—"
    if _is_money(column) and value not in (None, ""):
        return _("%(amount)s yuan") % {"amount": in_yuan(Decimal(value))}
    own = columns_of(kind.model).get(name)
    if own is not None and own.is_relation and value:
        return areas.get(str(value), str(value))
    return words_of(kind.model, name, value, {})


def _messages(kind: SheetType | None, row: LoadRow, texts: dict[str, str] | None) -> Iterator[MessageShown]:
    """The messages of a row; with `texts`, the first refusal or doubt about a cell comes with the cell."""
    edited: set[str] = set()
    for message in row.messages:
        name = message["field"]
        column = kind.column(name) if kind else None
        if column is not None and column.personal and "text" in message["details"]:
            message = {**message, "details": {**message["details"], "text": masked(message["details"]["text"])}}
        cell = f"{message['column']}{row.row}" if message["column"] else ""
        shown = MessageShown(cell, _heading(kind, name), sentence(message), message["level"])
        is_wrong = message["level"] in ("refused", "doubt")
        if texts is not None and kind and column and is_wrong and is_editable(kind, name) and name not in edited:
            edited.add(name)
            shown.edit = CellShown(f"{row.sheet}-{row.row}-{name}", texts.get(name, ""), column.words)
        yield shown


def _address(kind: SheetType | None, row: LoadRow) -> str:
    """The URL of the row's record. A township's entry is a draft, with its key."""
    if kind is None or not row.code:
        return ""
    with suppress(ValueError):
        return reverse("draft", args=[uuid.UUID(row.code)])
    slugs = [page.slug for page in KINDS.values() if page.model is kind.model and not page.redacted]
    return reverse("record", args=[slugs[0], row.code]) if slugs else ""
