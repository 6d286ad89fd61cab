"""From the rows of a sheet to a table: where its headings stand, what merged cells say, which rows are no records."""

import json
import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from .reading import RawSheet

Cell = Any  # as `read_file` describes it
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SEARCHED = 10  # headings stand in one of the first rows
DEEPEST = 3  # and take so many rows at most
EXPLAINS = re.compile(r"说明|填写须知|示例|字典|下拉|README", re.IGNORECASE)
TOTAL = re.compile(r"(?:本页|全区|全镇|全县)?(?:合计|小计|共计|总计)(?:[::(（].*)?")
NOTE = re.compile(
    r"(?:注|备注|说明|填表说明|填表人|填报人|填报单位|填报时间|制表人?|审核人?|联系人|负责人)[::].*", re.DOTALL
)
UNIT = re.compile(r"\((?:单位[::])?([^()]*)\)$")


@dataclass(frozen=True)
class Table:
    """What a sheet holds. `header_rows` are the first and last row of its headings, counted from 1; `headings` the text
    above each column, counted from 0, with the rows of a two-row heading joined by a slash; `skipped` says why a sheet
    is left out: hidden, empty, explanation or no_headings. `merges` are [first row, first column, last row, last
    column, value]."""

    index: int
    name: str
    header_rows: tuple[int, int] = (0, 0)
    headings: dict[int, str] = field(default_factory=dict)
    first_data_row: int = 1
    skipped: str = ""
    merges: list[list] = field(default_factory=list)


@dataclass(frozen=True)
class DataRow:
    """A row below the headings: the byte after it, its number, its cells by column. `is_total` adds up others,
    `is_note` says something about the sheet."""

    offset: int
    number: int
    cells: dict[int, Cell]
    is_total: bool = False
    is_note: bool = False


def plain_heading(text: str) -> str:
    """A heading as headings are compared: narrow, without white space, stars, and the unit at its end."""
    text = re.sub(r"[\s*\u00a0\u3000]+", "", unicodedata.normalize("NFKC", text))
    return UNIT.sub("", text) or text


def unit_of(heading: str) -> str:
    """万元 of 金额(万元); empty if the heading names no unit."""
    found = UNIT.search(re.sub(r"[\s*]+", "", unicodedata.normalize("NFKC", heading)))
    return found[1] if found else ""


def text_of(cell: Cell) -> str:
    """What a person would have typed for the cell: 36 for 36.0, all digits of a large number, 是 for a true."""
    if isinstance(cell, dict):
        if "b" in cell:
            return "是" if cell["b"] else "否"
        return text_of(next((cell[name] for name in ("v", "d", "t") if name in cell), ""))
    if isinstance(cell, float):
        return str(int(cell)) if cell == int(cell) else f"{Decimal(repr(cell)):f}"
    return "" if cell is None else str(cell)


def is_number(cell: Cell) -> bool:
    value = cell.get("v") if isinstance(cell, dict) else cell
    return isinstance(value, int | float) and not isinstance(value, bool)


def letter(column: int) -> str:
    """The name of a column, counted from 0: A, B, … Z, AA."""
    return (letter(column // 26 - 1) if column >= 26 else "") + LETTERS[column % 26]


def address(column: int, row: int) -> str:
    return f"{letter(column)}{row}"


def find_tables(
    sheets: list[RawSheet], into: Path, known: Collection[str], header_row: dict[int, int] | None = None
) -> list[Table]:
    """One table a sheet. The headings are the row, or the few rows together, in which most of the `known` headings
    stand; `header_row` names the last row of them where somebody said so."""
    tops, merged = _look(sheets, into)
    return [
        _table(
            sheet, tops.get(sheet.index, {}), merged.get(sheet.index, []), known, (header_row or {}).get(sheet.index)
        )
        for sheet in sheets
    ]


def _look(sheets: list[RawSheet], into: Path) -> tuple[dict[int, dict], dict[int, list]]:
    """The first rows of each sheet, {sheet: {row: cells}}, and its merged areas with what they say."""
    tops: dict[int, dict[int, dict[int, Cell]]] = {sheet.index: {} for sheet in sheets}
    corners = {(sheet.index, area[0]): [] for sheet in sheets for area in sheet.merged}
    for sheet in sheets:
        for area in sheet.merged:
            corners[sheet.index, area[0]].append(area)
    merged: dict[int, list] = {}
    wanted = {sheet.index: sheet.rows for sheet in sheets if not sheet.hidden}
    last = max((index for index, rows in wanted.items() if rows), default=-1)
    for _offset, sheet, number, cells in _rows(into, 0):
        if number <= SEARCHED + DEEPEST:
            tops[sheet][number] = _by_column(cells)
        elif not corners and sheet == last:
            break
        for area in corners.get((sheet, number), ()):
            value = cells[area[1]] if area[1] < len(cells) else None
            merged.setdefault(sheet, []).append([*area, value])
    return tops, merged


def _rows(into: Path, start: int) -> Iterator[tuple[int, int, int, list[Cell]]]:
    with into.open("rb") as file:
        file.seek(start)
        for line in file:
            start += len(line)
            yield (start, *json.loads(line))


def _by_column(cells: list[Cell]) -> dict[int, Cell]:
    """The cells that say something; an error or a formula without a value is no blank."""
    return {at: cell for at, cell in enumerate(cells) if isinstance(cell, dict) or text_of(cell).strip()}


def _table(
    sheet: RawSheet, top: dict[int, dict], merges: list[list], known: Collection[str], said: int | None
) -> Table:
    if sheet.hidden:
        return Table(sheet.index, sheet.name, skipped="hidden")
    if not sheet.rows:
        return Table(sheet.index, sheet.name, skipped="empty")
    if said is None and EXPLAINS.search(sheet.name):
        return Table(sheet.index, sheet.name, skipped="explanation")
    filled = {number: _filled(number, cells, merges)[0] for number, cells in top.items()}
    found = [
        (first, last, _headings(filled, first, last))
        for last in ([said] if said else range(1, SEARCHED + 1))
        for first in range(max(1, last - DEEPEST + 1), last + 1)
        if last in filled
    ]
    likeness = [(_likeness(headings, known), first) for first, _last, headings in found]
    least = 0 if said else 1 if sheet.columns == 1 else 2
    if not found or max(likeness)[0] < least:
        return Table(sheet.index, sheet.name, skipped="no_headings")
    first, last, headings = found[likeness.index(max(likeness))]
    return Table(sheet.index, sheet.name, (first, last), headings, last + 1, "", merges)


def _headings(rows: dict[int, dict[int, Cell]], first: int, last: int) -> dict[int, str]:
    """The words above each column from row `first` to `last`, each said once."""
    columns = sorted({at for number in range(first, last + 1) for at in rows.get(number, {})})
    found = {}
    for at in columns:
        words = [re.sub(r"\s+", "", text_of(rows.get(number, {}).get(at))) for number in range(first, last + 1)]
        found[at] = "/".join(dict.fromkeys(word for word in words if word))
    return found


def _likeness(headings: dict[int, str], known: Collection[str]) -> int:
    """How many columns are known, by the whole heading or by its lower part. A deeper heading must name more."""
    return sum(
        plain_heading(text.replace("/", "")) in known or plain_heading(text.split("/")[-1]) in known
        for text in headings.values()
    )


def _filled(number: int, cells: dict[int, Cell], merges: list[list]) -> tuple[dict[int, Cell], set[int]]:
    """The cells with what a merged area says in each of its cells, and which columns were filled in so."""
    columns: set[int] = set()
    for first_row, first, last_row, last, value in merges:
        if first_row <= number <= last_row and value is not None:
            columns |= {at for at in range(first, last + 1) if at not in cells}
            cells = {**dict.fromkeys(range(first, last + 1), value), **cells}
    return cells, columns


def data_rows(table: Table, into: Path, start: int, limit: int) -> Iterator[DataRow]:
    """At most `limit` rows below the headings, from byte `start` on."""
    open_merges = [area for area in table.merges if area[2] >= table.first_data_row]
    for offset, sheet, number, listed in _rows(into, start):
        if sheet > table.index or limit <= 0:
            return
        if sheet < table.index or number < table.first_data_row:
            continue
        own = _by_column(listed)
        cells, _columns = _filled(number, own, open_merges) if open_merges else (own, set())
        limit -= 1
        yield DataRow(offset, number, cells, _is_total(own), _is_note(own, table))


def _is_total(cells: dict[int, Cell]) -> bool:
    return any(TOTAL.fullmatch(re.sub(r"\s+", "", text_of(cells[at]))) for at in sorted(cells)[:3])


def _is_note(cells: dict[int, Cell], table: Table) -> bool:
    """A line about the sheet (注:…, 填报人:…), or its headings once more, as on every printed page."""
    if not cells:
        return True
    first = min(cells)
    if len(cells) > 2 and text_of(cells[first]).strip() != table.headings.get(first, "").split("/")[-1]:
        return False  # nearly every row: it is a record
    texts = {at: re.sub(r"\s+", "", text_of(cell)) for at, cell in cells.items()}
    repeated = sum(texts.get(at) == heading.split("/")[-1] for at, heading in table.headings.items())
    if repeated >= 2 and repeated >= len(texts) - 1:
        return True
    return len(texts) <= 2 and bool(NOTE.fullmatch(texts[min(texts)]))
