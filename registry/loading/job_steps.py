"""The background work of loads, chunk by chunk; each chunk is a transaction of the job that moves its cursor."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone

from registry.actions import jobs
from registry.loading.apply import forget_rows, keep_rows, write_rows
from registry.loading.export import unguarded
from registry.loading.files.tables import DataRow, SheetTable, address, data_rows, is_number, letter, text_of
from registry.loading.lifecycle import count_rows, finish, locked, mark_failed, read_load, rows_file
from registry.loading.lookups import Lookups
from registry.loading.matching import mapping_of
from registry.loading.money_units import WAN, YUAN, in_yuan, is_bare, with_unit
from registry.loading.own_exports import settle
from registry.loading.sheet_types import SHEET_TYPES, SheetColumn, SheetRow, SheetType, Use
from registry.loading.undo import undo_rows
from registry.loading.validate import judge, read
from registry.models import Load, LoadState

CHUNK = 2500 if connection.vendor == "postgresql" else 1000  # SQLite has one writer: others want their turn
MONEY = (YUAN, WAN)
SHEETS = 1 << 20  # a cursor holds the place in the file and, below, the sheet
LOOKED_AT = 1 << 60  # above them, that all rows were looked at and now are written


def _lookups(load: Load, stage: str, fresh: bool, memory: dict) -> Lookups:
    """What the rows refer to: names are read once a run, not once a chunk."""
    if fresh or "lookups" not in memory:
        memory["lookups"] = Lookups(load.by.within(load.area_id), timezone.localdate())
        memory["lookups"].writing = stage == "apply"
    return memory["lookups"]


def check_step(cursor: int, payload: dict, memory: dict) -> tuple[int | None, int, int]:
    """Judges the next rows and notes what they amount to; the first step forgets what an earlier reading noted."""
    load = locked(Load(pk=payload["load"]))
    return _step(load, "check", cursor, LoadState.READY, memory)


def apply_step(cursor: int, payload: dict, memory: dict) -> tuple[int | None, int, int]:
    """Judges the next rows once more and writes them."""
    return _step(locked(Load(pk=payload["load"])), "apply", cursor, LoadState.APPLIED, memory)


def at_once_step(cursor: int, payload: dict, memory: dict) -> tuple[int | None, int, int]:
    """Writes without waiting for anybody. Where money may change, all rows are looked at first: a load with a doubtful
    one waits to be confirmed, and nothing of it is written."""
    load = locked(Load(pk=payload["load"]))
    if cursor >= LOOKED_AT or load.confirmed or not _changes_money(load):
        following, done, total = _step(load, "apply", cursor % LOOKED_AT, LoadState.APPLIED, memory)
        return following and following + cursor // LOOKED_AT * LOOKED_AT, done, total
    following, done, total = _step(load, "check", cursor, LoadState.READY, memory)
    if following is None and load.state == LoadState.READY and not load.doubts:
        load.state = LoadState.APPLYING
        load.save(update_fields=["state"])
        return LOOKED_AT, 0, total
    return following, done, total


def _changes_money(load: Load) -> bool:
    """Whether a column of money is stored from any of its sheets."""
    sheets = [sheet for sheet in load.sheets if not sheet["skipped"]]
    columns = [SHEET_TYPES[sheet["kind"]].column(name) for sheet in sheets for name in mapping_of(sheet).values()]
    return any(column and column.unit in MONEY and column.use is Use.STORE for column in columns)


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
    """One chunk of one sheet; returns the next cursor, None at the end."""
    place, at = divmod(cursor, SHEETS)
    sheets = [sheet for sheet in load.sheets if not sheet["skipped"]]
    if at >= len(sheets):
        return None
    sheet, kind = sheets[at], SHEET_TYPES[sheets[at]["kind"]]
    if not place:
        sheet |= {"sums": {}, "totals": [], "done": 0, "past": 0, "assumed": {}}
    world = _lookups(load, stage, cursor == 0, memory)
    found, rows = _read(load, sheet, world, place)
    more = len(found) == CHUNK
    following = found[-1].offset_after * SHEETS + at if more else at + 1 if at + 1 < len(sheets) else None

    judged = rows
    if sheet.get("export"):
        judged = settle(kind, sheet, found, rows, world)
        read(kind, judged, world)
    judge(kind, judged, world, load)
    _hold_back_doubtful(load, stage, judged)
    forget_rows(load, rows)
    if stage == "apply":
        write_rows(kind, judged, world, load)
    keep_rows(load, rows)
    _compare_totals(kind, sheet, found, rows)
    sheet["done"] += len(found)
    return following


def _hold_back_doubtful(load: Load, stage: str, rows: list[SheetRow]) -> None:
    """A doubtful row that nobody confirmed is not written: the registry moved on since somebody looked at it."""
    for row in rows:
        if stage == "apply" and row.is_doubtful and not load.confirmed and not row.is_refused:
            row.refuse("", "not_confirmed")


def _read(load: Load, sheet: dict, world: Lookups, place: int) -> tuple[list[DataRow], list[SheetRow]]:
    """The next rows of a sheet from `place` on, and those of them that are neither totals nor notes, with their values;
    of an own export with their texts alone. Asks the database nothing."""
    kind = SHEET_TYPES[sheet["kind"]]
    found = list(data_rows(table_of(sheet), rows_file(load), place, CHUNK))
    wanted, is_own = columns_of(kind, sheet), bool(sheet.get("export"))
    letters = {name: letter(at) for at, name, _unit in wanted}
    rows = [row_of(sheet, each, wanted, letters) for each in found if is_own or not (each.is_total or each.is_note)]
    if not is_own:
        read(kind, rows, world)
        _say_how_amounts_were_taken(kind, sheet, rows)
    return found, rows


def _say_how_amounts_were_taken(kind: SheetType, sheet: dict, rows: list[SheetRow]) -> None:
    """Where nothing says what the amounts of a column count in, the first of them is said as it was understood."""
    assumed = sheet.setdefault("assumed", {})
    for told in (column for column in sheet["columns"] if column.get("told")):
        name = told["field"]
        for row in rows:
            if assumed.get(name, row.number) != row.number:
                break  # said before, in another row
            text, value = row.texts.get(name, ""), row.values.get(name)
            if value is not None and is_bare(text):
                assumed[name] = row.number
                row.warn(name, "unit_assumed", text=text, unit=told["unit"], value=in_yuan(value))
                break


def table_of(sheet: dict) -> SheetTable:
    headings = {column["at"]: column["heading"] for column in sheet["columns"]}
    return SheetTable(
        sheet=sheet["index"], name=sheet["name"], header_rows=tuple(sheet["header"]), headings=headings,
        first_data_row=sheet["first"], start=sheet["start"], merged=sheet["merged"],
    )  # fmt: skip


def row_of(sheet: dict, found: DataRow, wanted: list[tuple[int, str, str]], letters: dict[str, str]) -> SheetRow:
    """The texts of the row's known columns; a cell that holds an error, or a formula nobody computed, is refused."""
    row, cells = SheetRow(sheet["index"], found.number, {}, letters), found.cells
    texts = row.texts
    for at, name, unit in wanted:
        cell = cells.get(at, "")
        if type(cell) is not str:  # most are
            if type(cell) is dict and ("e" in cell or ("f" in cell and "v" not in cell)):
                texts[name] = ""
                row.refuse(name, "error_cell" if "e" in cell else "formula_unknown", cell=address(at, found.number))
                continue
            if type(cell) is dict and "f" in cell:
                row.warn(name, "formula_value", cell=address(at, found.number))
            cell = text_of(cell)
        texts[name] = with_unit(unguarded(cell), unit)
    return row


def columns_of(kind: SheetType, sheet: dict) -> list[tuple[int, str, str]]:
    """(column, field, unit) of the known columns; the unit is that of money which counts in another one than the
    template: a bare amount is an amount in that unit."""
    units = {column["at"]: column["unit"] for column in sheet["columns"]}
    found = []
    for at, name in mapping_of(sheet).items():
        if column := kind.column(name):
            found.append((at, name, units[at] if column.unit in MONEY and units[at] != column.unit else ""))
    return found


def _compare_totals(kind: SheetType, sheet: dict, found: list[DataRow], rows: list[SheetRow]) -> None:
    """Adds up the numeric columns and notes what a row of totals says otherwise. A subtotal is only left out."""
    mapping, values = mapping_of(sheet), {row.number: row.values for row in rows}
    named = set(mapping.values())
    numeric = [
        column for column in kind.columns if column.numeric and column.use is not Use.IGNORE and column.name in named
    ]
    sums = {name: Decimal(text) for name, text in sheet["sums"].items()}
    for each in found:
        if each.is_total:
            sheet["totals"] += _differing(kind, mapping, each, sums, numeric)
        copies = {mapping.get(at) for at in each.filled}  # what a merged cell says counts once
        for column in numeric:
            value = values.get(each.number, {}).get(column.name)
            if value is not None and column.name not in copies:
                sums[column.name] = sums.get(column.name, Decimal(0)) + value
    sheet["sums"] = {name: str(value) for name, value in sums.items()}


def _differing(
    kind: SheetType, mapping: dict[int, str], found: DataRow, sums: dict[str, Decimal], numeric: list[SheetColumn]
) -> Iterator[dict[str, Any]]:
    names = {column.name: column for column in numeric}
    if any("小计" in text_of(cell) for cell in found.cells.values()):
        return
    for at, name in mapping.items():
        cell = found.cells.get(at)
        said = names[name].read(text_of(cell)) if name in names and is_number(cell) else None
        if said is not None and said != sums.get(name, Decimal(0)):
            yield {
                "cell": address(at, found.number), "field": name, "said": str(said), "sum": str(sums.get(name, 0)),
            }  # fmt: skip


def undo_step(cursor: int, payload: dict, memory: dict) -> tuple[int | None, int, int]:
    """Takes back the last rows that were not yet taken back; the cursor is the key of the last one dealt with."""
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
STEPS = {"load-read": check_step, "load-apply": apply_step, "load-at-once": at_once_step, "load-undo": undo_step}
jobs.STEPS |= STEPS
jobs.ON_FAILURE |= dict.fromkeys(STEPS, mark_failed)
