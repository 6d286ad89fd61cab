"""The background steps of loads. Each chunk is a transaction of the job that moves its cursor."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone

from registry.actions import jobs
from registry.loading.context import Context
from registry.loading.edits import SheetEdits
from registry.loading.export import unguarded
from registry.loading.files.tables import DataRow, SheetTable, address, data_rows, is_number, letter, text_of
from registry.loading.kinds.shared import at as at_cell
from registry.loading.lifecycle import count_rows, finish, is_unclear, locked, mark_failed, read_load, rows_file
from registry.loading.matching import mapping_of
from registry.loading.money_units import WAN, YUAN, in_yuan, is_bare, with_unit
from registry.loading.own_exports import settle
from registry.loading.sheet_types import SHEET_TYPES, SheetColumn, SheetRow, SheetType, Use
from registry.loading.undo import undo_rows
from registry.loading.validate import read, validate
from registry.loading.write import forget_rows, keep_rows, write_rows
from registry.models import Load, LoadState
from registry.text.validators import dated, refuse_short_month

BETWEEN_EPOCHS = 1462  # days from 1 January 1900, as spreadsheets count, to 1 January 1904
CHUNK = 2500 if connection.vendor == "postgresql" else 1000  # SQLite has one writer, so chunks are small there
MONEY = (YUAN, WAN)
PLAIN_TEXT = ("csv", "tsv", "html")  # formats that do not tell a number from a text
SHEETS = 1 << 20  # a cursor holds the place in the file and, in the lower bits, the sheet
LOOKED_AT = 1 << 60  # higher cursors: all rows were validated and are now being written


def _context(load: Load, stage: str, fresh: bool, memory: dict) -> Context:
    """The context of a load. Names are read once per run, not once per chunk."""
    if fresh or "context" not in memory:
        by = load.by.within(load.area_id)
        memory["context"] = Context(by, timezone.localdate(), writing=stage == "apply")
    return memory["context"]


def check_step(cursor: int, payload: dict, memory: dict) -> tuple[int | None, int, int]:
    """Validates the next rows and stores the result. The first step deletes the result of an earlier reading."""
    load = locked(Load(pk=payload["load"]))
    return _step(load, "check", cursor, LoadState.READY, memory)


def apply_step(cursor: int, payload: dict, memory: dict) -> tuple[int | None, int, int]:
    """Validates the next rows again and writes them."""
    return _step(locked(Load(pk=payload["load"])), "apply", cursor, LoadState.APPLIED, memory)


def at_once_step(cursor: int, payload: dict, memory: dict) -> tuple[int | None, int, int]:
    """Writes without a confirmation. If money may change, all rows are validated first: a load with a doubtful row
    waits for confirmation, and nothing of it is written."""
    load = locked(Load(pk=payload["load"]))
    if cursor >= LOOKED_AT or (not is_unclear(load) and (load.confirmed or not _may_be_doubtful(load))):
        following, done, total = _step(load, "apply", cursor % LOOKED_AT, LoadState.APPLIED, memory)
        return following and following + cursor // LOOKED_AT * LOOKED_AT, done, total
    following, done, total = _step(load, "check", cursor, LoadState.READY, memory)
    if following is None and load.state == LoadState.READY and not load.doubts and not is_unclear(load):
        load.state = LoadState.APPLYING
        load.save(update_fields=["state"])
        return LOOKED_AT, 0, total
    return following, done, total


def _may_be_doubtful(load: Load) -> bool:
    """Whether any of its sheets has a stored column of money, or an area that may be given in 亩."""
    sheets = [sheet for sheet in load.sheets if not sheet["skipped"]]
    columns = [SHEET_TYPES[sheet["kind"]].column(name) for sheet in sheets for name in mapping_of(sheet).values()]
    units = {column.unit for column in columns if column and column.use is Use.STORE}
    return not units.isdisjoint(MONEY) or ("㎡" in units and _names_mu(load))


def _names_mu(load: Load) -> bool:
    """Whether 亩 stands anywhere in the file. Without it no area is converted, and one pass is enough."""
    if "亩" in json.dumps(load.sheets, ensure_ascii=False):
        return True
    with rows_file(load).open("rb") as lines:
        return any("亩".encode() in line for line in lines)


def _step(load: Load, stage: str, cursor: int, end: LoadState, memory: dict) -> tuple[int | None, int, int]:
    if load.refusal:
        finish(load, LoadState.REFUSED)
        return None, 0, 0
    if cursor == 0 and stage == "check":
        load.rows.all().delete()
    following = _chunk(load, stage, cursor, memory)
    total = sum(sheet["rows"] for sheet in load.sheets if not sheet["skipped"])
    if following is None:
        count_rows(load)
        finish(load, end)
        return None, total, total
    load.save(update_fields=["sheets"])
    done = sum(sheet.get("done", 0) for sheet in load.sheets)
    return following, min(done, total), total


def _chunk(load: Load, stage: str, cursor: int, memory: dict) -> int | None:
    """Processes one chunk of one sheet. Returns the next cursor, None at the end."""
    place, at = divmod(cursor, SHEETS)
    sheets = [sheet for sheet in load.sheets if not sheet["skipped"]]
    if at >= len(sheets):
        return None
    sheet, kind = sheets[at], SHEET_TYPES[sheets[at]["kind"]]
    if not place:
        sheet |= {"sums": {}, "totals": [], "done": 0, "past": 0, "assumed": {}, "notes": {}, "lacking": []}
    context = _context(load, stage, cursor == 0, memory)
    data, rows = _read(load, sheet, context, place)
    more = len(data) == CHUNK
    following = data[-1].offset_after * SHEETS + at if more else at + 1 if at + 1 < len(sheets) else None

    judged = rows
    if sheet.get("export"):
        judged = settle(kind, sheet, data, rows, context)
        read(kind, judged, context)
    validate(kind, judged, context, load)
    _collect_notes(sheet, rows)
    _refuse_unconfirmed(load, stage, judged)
    forget_rows(load, rows)
    if stage == "apply":
        write_rows(kind, judged, context, load)
    keep_rows(load, rows)
    _compare_totals(kind, sheet, data, rows)
    sheet["done"] += len(data)
    return following


def _collect_notes(sheet: dict, rows: list[SheetRow]) -> None:
    """Takes the notes out of the rows: each is said once for its column, with the number of rows."""
    notes = sheet.setdefault("notes", {})
    lacking = {message["field"] for row in rows for message in row.messages if message["code"] == "required"}
    sheet["lacking"] = sorted({*sheet.get("lacking", ()), *lacking})
    for row in rows:
        for message in [message for message in row.messages if message["level"] == "note"]:
            row.messages.remove(message)
            if row.is_refused:
                continue
            note = notes.setdefault(f"{message['field']} {message['code']}", {**message, "row": row.number, "rows": 0})
            note["rows"] += 1


def _refuse_unconfirmed(load: Load, stage: str, rows: list[SheetRow]) -> None:
    """Does not write a doubtful row that nobody confirmed: the registry may have changed since the preview."""
    for row in rows:
        if stage == "apply" and row.is_doubtful and not load.confirmed and not row.is_refused:
            row.refuse("", "not_confirmed")


def _read(load: Load, sheet: dict, context: Context, place: int) -> tuple[list[DataRow], list[SheetRow]]:
    """Reads the next rows of a sheet from `place` on. Returns them, and the ones that are neither totals nor notes as
    sheet rows; of an own export with their texts only. Does not query the database."""
    kind = SHEET_TYPES[sheet["kind"]]
    data = list(data_rows(table_of(sheet), rows_file(load), place, CHUNK))
    columns, is_own = columns_of(kind, sheet), bool(sheet.get("export"))
    letters = {name: letter(at) for at, name, _unit in columns}
    edits = SheetEdits(load, sheet["index"])
    rows = [
        row_of(sheet, data_row, columns, letters, edits)
        for data_row in data
        if (is_own or not (data_row.is_total or data_row.is_note)) and data_row.number not in edits.left_out
    ]
    if sheet.get("from_1904"):
        _count_days_from_1900(kind, rows)
    if not is_own:
        _fill_in(sheet, rows)
        _refuse_short_months(kind, sheet, data, rows)
        read(kind, rows, context)
        _warn_assumed_units(kind, sheet, rows)
    return data, rows


def _count_days_from_1900(kind: SheetType, rows: list[SheetRow]) -> None:
    """Days that stand as plain numbers in a workbook that counts from 1904 become those of one that counts from
    1900."""
    names = [column.name for column in kind.columns if column.read is dated]
    for row in rows:
        for name in names:
            text = row.texts.get(name, "")
            if len(text) == len("44378") and text.isdecimal() and name not in row.edited:
                row.texts[name] = str(int(text) + BETWEEN_EPOCHS)


def _fill_in(sheet: dict, rows: list[SheetRow]) -> None:
    """Gives each row what is known for all rows of the sheet. A row with a code says what it changes."""
    for name, given in sheet.get("given", {}).items():
        for row in rows:
            if not row.texts.get("code", "").strip() and not row.texts.get(name, "").strip():
                row.texts[name] = given["text"]


def _refuse_short_months(kind: SheetType, sheet: dict, data: list[DataRow], rows: list[SheetRow]) -> None:
    """Refuses 2021.1 in a cell that holds a number, or may have held one before it was saved as text (CSV)."""
    cells = {data_row.number: data_row.cells for data_row in data}
    for at, name in mapping_of(sheet).items():
        column = kind.column(name)
        if column is None or column.read is not dated:
            continue
        from_text = sheet["format"] not in PLAIN_TEXT or any(row.texts.get(name, "").endswith(".10") for row in rows)
        for row in rows:
            if name not in row.edited and (not from_text or is_number(cells[row.number].get(at))):
                with at_cell(row, name):
                    refuse_short_month(row.texts.get(name, "").strip())


def _warn_assumed_units(kind: SheetType, sheet: dict, rows: list[SheetRow]) -> None:
    """If nothing states the unit of a money column, the first amount gets a warning with the assumed unit."""
    assumed = sheet.setdefault("assumed", {})
    for column in (column for column in sheet["columns"] if column.get("told")):
        name = column["field"]
        for row in rows:
            if assumed.get(name, row.number) != row.number:
                break  # warned before, in another row
            text, value = row.texts.get(name, ""), row.values.get(name)
            if value is not None and is_bare(text):
                assumed[name] = row.number
                row.warn(name, "unit_assumed", text=text, unit=column["unit"], value=in_yuan(value))
                break


def table_of(sheet: dict) -> SheetTable:
    headings = {column["at"]: column["heading"] for column in sheet["columns"]}
    return SheetTable(
        sheet=sheet["index"], name=sheet["name"], header_rows=tuple(sheet["header"]), headings=headings,
        first_data_row=sheet["first"], start=sheet["start"], merged=sheet["merged"],
    )  # fmt: skip


def row_of(
    sheet: dict, data_row: DataRow, columns: list[tuple[int, str, str]], letters: dict[str, str], edits: SheetEdits
) -> SheetRow:
    """The texts of the row's known columns, as edited. A cell with an error, or with a formula without a value, is
    refused."""
    row, cells = SheetRow(sheet["index"], data_row.number, {}, letters), data_row.cells
    texts, has_edits, edited = row.texts, bool(edits), edits.of_row(data_row.number)
    for at, name, unit in columns:
        cell = edited[name] if name in edited else cells.get(at, "")
        if type(cell) is not str:  # the common case
            if type(cell) is dict and ("e" in cell or ("f" in cell and "v" not in cell)):
                texts[name] = ""
                row.refuse(name, "error_cell" if "e" in cell else "formula_unknown", cell=address(at, data_row.number))
                continue
            if type(cell) is dict and "f" in cell:
                row.warn(name, "formula_value", cell=address(at, data_row.number))
            cell = text_of(cell)
        texts[name] = with_unit(unguarded(cell), unit)
        if has_edits:
            texts[name] = with_unit(edits.text(data_row.number, name, texts[name]), unit)
    if has_edits:
        _add_edits_without_column(row, edits)
        row.edited = edits.names_in(row.number, texts)
    return row


def _add_edits_without_column(row: SheetRow, edits: SheetEdits) -> None:
    """A field that the sheet has no column for is blank in all rows, until it is edited."""
    for name in {*edits.of_row(row.number), *edits.values} - row.texts.keys():
        if text := edits.text(row.number, name, ""):
            row.texts[name] = text


def columns_of(kind: SheetType, sheet: dict) -> list[tuple[int, str, str]]:
    """(column, field, unit) of the known columns. The unit is set for money in another unit than the template's: a bare
    amount is in that unit."""
    units = {column["at"]: column["unit"] for column in sheet["columns"]}
    columns = []
    for at, name in mapping_of(sheet).items():
        if column := kind.column(name):
            columns.append((at, name, units[at] if column.unit in MONEY and units[at] != column.unit else ""))
    return columns


def _compare_totals(kind: SheetType, sheet: dict, data: list[DataRow], rows: list[SheetRow]) -> None:
    """Sums the numeric columns, and stores where a row of totals differs. A subtotal is only skipped."""
    mapping, values = mapping_of(sheet), {row.number: row.values for row in rows}
    named = set(mapping.values())
    numeric = [
        column for column in kind.columns if column.numeric and column.use is not Use.IGNORE and column.name in named
    ]
    sums = {name: Decimal(text) for name, text in sheet["sums"].items()}
    for data_row in data:
        if data_row.is_total:
            sheet["totals"] += _differing(kind, mapping, data_row, sums, numeric)
        copies = {mapping.get(at) for at in data_row.filled}  # the value of a merged cell counts once
        for column in numeric:
            value = values.get(data_row.number, {}).get(column.name)
            if value is not None and column.name not in copies:
                sums[column.name] = sums.get(column.name, Decimal(0)) + value
    sheet["sums"] = {name: str(value) for name, value in sums.items()}


def _differing(
    kind: SheetType, mapping: dict[int, str], data_row: DataRow, sums: dict[str, Decimal], numeric: list[SheetColumn]
) -> Iterator[dict[str, Any]]:
    names = {column.name: column for column in numeric}
    if any("小计" in text_of(cell) for cell in data_row.cells.values()):
        return
    for at, name in mapping.items():
        cell = data_row.cells.get(at)
        value = names[name].read(text_of(cell)) if name in names and is_number(cell) else None
        if value is not None and value != sums.get(name, Decimal(0)):
            yield {
                "cell": address(at, data_row.number), "field": name, "said": str(value), "sum": str(sums.get(name, 0)),
            }  # fmt: skip


def undo_step(cursor: int, payload: dict, memory: dict) -> tuple[int | None, int, int]:
    """Undoes the last rows not yet undone. The cursor is the key of the last row done."""
    load = locked(Load(pk=payload["load"]))
    written = load.rows.exclude(undo=[])
    rows = list((written.filter(pk__lt=cursor) if cursor else written).order_by("-pk")[:CHUNK])
    undo_rows(load, rows)
    total = written.count()
    if len(rows) < CHUNK:
        finish(load, LoadState.UNDONE)
        return None, total, total
    return rows[-1].pk, written.filter(pk__gte=rows[-1].pk).count(), total


jobs.FIRST |= {"load-read": read_load, "load-at-once": read_load}
STEPS = {
    "load-read": check_step,
    "load-check": check_step,
    "load-apply": apply_step,
    "load-at-once": at_once_step,
    "load-undo": undo_step,
}
jobs.STEPS |= STEPS
jobs.ON_FAILURE |= dict.fromkeys(STEPS, mark_failed)
