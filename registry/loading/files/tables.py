"""Finds the table on a sheet made by hand: headings, rows, merged ranges, totals and notes.

It does not know what a column means. Rows count from 1 as shown in a spreadsheet, columns from 0.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from itertools import islice, takewhile
from pathlib import Path
from typing import Any, NamedTuple

from .reading import RawRow, RawSheet, rows_of

LOOKED_AT = 10  # non-empty rows at the top in which headings are searched
HEADER_DEPTH = 3  # rows of headings at most
JOINT = "/"
SPACE = re.compile(r"[\s\u00a0\u3000\u200b-\u200d\u2060\ufeff]+")
UNIT = re.compile(r"\(([^()]*)\)$")
BRACKETS = str.maketrans("[]{}【】〔〕［］｛｝<>《》", "()()()()()()()()")
NUMBERING = re.compile(r"^(?:\(?\d{1,2}[).、]|\(?[一二三四五六七八九十]{1,2}[)、])(?=[^\d)])")
CIRCLED = re.compile(r"[\u2460-\u24ff\u2776-\u2793]")
SIGNS = re.compile(r"[*:;,。“”\"'‘’★☆※#]|必填项?|选填项?(?=$|\()")
BARE_UNIT = re.compile(r"(?<=.)(?:[/(-]?(?:万元|m2|平方米|%)|/(?:元|人|个|亩))$")
EXPLAINING = re.compile(r"说明|须知|样例|示例|字典|下拉|代码表")
TOTAL = re.compile(r".{0,8}(合计|小计|共计|总计)[:：]?")
NOTE = re.compile(
    r"(填[表报写]说明|说明|注|备注|附注|填[表报]人|制表人|审[核批]人|负责人|联系人|填报单位|填报[时日]期?间?)([:：\d、.]|$)"
)


@dataclass
class SheetTable:
    """A table found on a sheet, or why the sheet is skipped: hidden, explanation, empty, no_headings.

    `headings` has the text over each column, of two rows joined as top/bottom; `above` is the text above the headings,
    such as a title. `merged` are the merged ranges among its rows, `start` is the byte where the rows of the sheet
    begin.
    """

    sheet: int
    name: str
    header_rows: tuple[int, int] = (0, 0)
    headings: dict[int, str] = field(default_factory=dict)
    above: list[str] = field(default_factory=list)
    first_data_row: int = 0
    start: int = 0
    skipped: str = ""
    merged: list[list[int]] = field(default_factory=list)


class DataRow(NamedTuple):
    """A row below the headings. `filled` are the columns whose cell came from a merged range."""

    offset_after: int
    number: int
    cells: dict[int, Any]
    filled: set[int]
    is_total: bool = False
    is_note: bool = False


def letter(column: int) -> str:
    """The letter of a column: A, B, … Z, AA."""
    letters, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def address(column: int, row: int) -> str:
    """The address of a cell: C12."""
    return f"{letter(column)}{row}"


def text_of(cell: Any) -> str:
    """The text a person would have typed into this cell; of a formula its value, of an error the error.

    A number has the 15 digits a spreadsheet keeps, and no exponent.
    """
    if type(cell) is str:  # the common case
        return cell
    if isinstance(cell, dict):
        return text_of(next(iter(cell.values())))
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        whole = cell.is_integer()
        return str(int(cell)) if whole else format(Decimal(format(cell, ".15g")), "f")
    return "" if cell is None else str(cell)


def is_number(cell: Any) -> bool:
    """Whether the cell holds a number, not text that looks like one."""
    if isinstance(cell, dict):
        return is_number(cell.get("v"))
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def _bare(text: str) -> str:
    """Half width, without white space, numbering, and signs around the words."""
    bare = unicodedata.normalize("NFKC", CIRCLED.sub("", text)).translate(BRACKETS)
    bare = NUMBERING.sub("", SIGNS.sub("", SPACE.sub("", bare))).replace("()", "")
    return bare[1:-1] if UNIT.fullmatch(bare) else bare


@lru_cache(maxsize=5_000)
def plain_heading(text: str) -> str:
    """A heading normalised for comparison: half width, without white space, numbering, notes, marks of a required
    column, and units."""
    bare = _bare(text)
    while UNIT.sub("", bare) != bare and UNIT.sub("", bare):
        bare = UNIT.sub("", bare)
    return BARE_UNIT.sub("", bare) or bare


def unit_of(text: str) -> str:
    """The unit in a heading: 万元 of 金额(万元)."""
    unit = UNIT.search(_bare(text))
    return unit[1] if unit else ""


def find_tables(
    sheets: Iterable[RawSheet], into: Path, known_headings: Collection[str], header_row: dict[int, int] | None = None
) -> list[SheetTable]:
    """Finds one table per sheet. `known_headings` are plain headings; `header_row` is the last heading row of a sheet
    if a person has set it."""
    header_rows = header_row or {}
    return [_find(sheet, into, frozenset(known_headings), header_rows.get(sheet.index, 0)) for sheet in sheets]


def _find(sheet: RawSheet, into: Path, known_headings: frozenset[str], header_row: int) -> SheetTable:
    table = SheetTable(sheet.index, sheet.name, start=sheet.start)
    top = top_rows(sheet, into, header_row)
    if sheet.hidden or not (top or header_row):
        table.skipped = "hidden" if sheet.hidden else "empty"
        return table
    blocks = [(last - depth, last) for last in sorted(top) for depth in range(HEADER_DEPTH) if last - depth > 0]
    if header_row:
        blocks = [(first, last) for first, last in blocks if last == header_row] or [(header_row, header_row)]
    candidates = [
        (_count(_headings(top, sheet, block), known_headings), block[0] - block[1], block) for block in blocks
    ]
    count, _size, block = max(candidates, key=lambda candidate: candidate[:2])
    if not header_row and count < min(2, sheet.columns):
        explains = EXPLAINING.search(sheet.name) or any(NOTE.match(text_of(cell)) for cell in _firsts(top))
        table.skipped = "explanation" if explains else "no_headings"
    elif not header_row and EXPLAINING.search(sheet.name):
        table.skipped = "explanation"
    else:
        table.header_rows, table.first_data_row = block, block[1] + 1
        table.headings = {column: JOINT.join(texts) for column, texts in _headings(top, sheet, block).items()}
        table.above = [text_of(cell) for number in sorted(top) if number < block[0] for cell in top[number].values()]
        table.merged = [cells for cells in sheet.merged if cells[0] > block[1]]
    return table


def top_rows(sheet: RawSheet, into: Path, last: int = 0) -> dict[int, dict[int, Any]]:
    """The first non-empty rows of a sheet, by row and column; if `last` is given, the rows up to it."""
    if not sheet.rows:
        return {}
    rows: Iterable[RawRow]
    rows = takewhile(lambda row: row.sheet == sheet.index, (row for _offset, row in rows_of(into, sheet.start)))
    if last:
        rows = (row for row in takewhile(lambda row: row.number <= last, rows) if row.number > last - LOOKED_AT)
    filled = ((row.number, cells) for row in rows if (cells := _by_column(row.cells)))
    return dict(islice(filled, LOOKED_AT))


def _by_column(cells: list[Any]) -> dict[int, Any]:
    """The cells that are not blank."""
    return {
        column: cell
        for column, cell in enumerate(cells)
        if cell is not None and (type(cell) is not str or cell[:1].isalnum() or SPACE.sub("", cell))
    }


def _firsts(top: dict[int, dict[int, Any]]) -> list[Any]:
    return [cells[min(cells)] for cells in top.values()]


def _headings(top: dict[int, dict[int, Any]], sheet: RawSheet, block: tuple[int, int]) -> dict[int, list[str]]:
    """The texts over each column, from top to bottom. The text of a merged cell counts once for each of its columns."""
    first, last = block
    words: dict[int, list[str]] = defaultdict(list)
    for number in range(first, last + 1):
        cells = dict(top.get(number, {}))
        if number < last:  # the bottom row names columns, so its merged cells are not spread
            for above, left, _below, right in sheet.merged:
                if above == number and left in cells:
                    cells |= dict.fromkeys(range(left, right + 1), cells[left])
        for column, cell in sorted(cells.items()):
            text = SPACE.sub(" ", text_of(cell)).strip()
            if text and text not in words[column][-1:]:
                words[column].append(text)
    return {column: texts for column, texts in sorted(words.items()) if texts}


def _count(headings: dict[int, list[str]], known_headings: frozenset[str]) -> int:
    """The number of different known headings; of two rows, either the bottom text alone or both may be known."""
    named = ({plain_heading(texts[-1]), plain_heading(JOINT.join(texts))} for texts in headings.values())
    return len(set().union(*named) & known_headings)


def data_rows(table: SheetTable, into: Path, start: int = 0, limit: int | None = None) -> Iterator[DataRow]:
    """The rows below the headings, from byte `start` on: merged cells filled, repeated headings left out."""
    return islice(_data_rows(table, into, max(start, table.start)), limit)


def _data_rows(table: SheetTable, into: Path, start: int) -> Iterator[DataRow]:
    words = {plain_heading(word) for text in table.headings.values() for word in text.split(JOINT)}
    filler = Filler(table.merged)
    if table.merged and start > table.start:
        filler.catch_up(table, into, start)
    for offset, row in rows_of(into, start):
        if row.sheet != table.sheet:
            return
        cells = _by_column(row.cells)
        if row.number < table.first_data_row or not cells or _repeats(cells, words, len(table.headings)):
            continue
        own = [text_of(cell) for cell in islice(cells.values(), 3)]
        note = _begins_note(own[0]) and len(cells) <= max(2, len(table.headings) // 2)
        total = any(map(_says_total, own))
        yield DataRow(offset, row.number, cells, filler.fill(row.number, cells), total, note)


@lru_cache(maxsize=5_000)  # the first cells of a ledger's rows have few different values
def _begins_note(text: str) -> bool:
    return bool(NOTE.match(SPACE.sub("", text)))


@lru_cache(maxsize=5_000)
def _says_total(text: str) -> bool:
    return bool(TOTAL.fullmatch(SPACE.sub("", text)))


def _repeats(cells: dict[int, Any], words: set[str], headings: int) -> bool:
    """Whether a row repeats the headings, as printed pages do."""
    if len(cells) < min(2, headings):
        return False
    return all(isinstance(cell, str) and plain_heading(cell) in words for cell in cells.values())


class Filler:
    """Fills the cells of a merged range with its first value. Rows come in order."""

    def __init__(self, merged: list[list[int]]):
        self.coming = sorted(merged, reverse=True)
        self.open: list[tuple[list[int], Any]] = []

    def fill(self, number: int, cells: dict[int, Any]) -> set[int]:
        """Fills row `number`. Returns the filled columns."""
        self.open = [(span, value) for span, value in self.open if span[2] >= number]
        while self.coming and self.coming[-1][0] <= number:
            merged = self.coming.pop()
            if merged[0] == number and merged[1] in cells:
                self.open.append((merged, cells[merged[1]]))
        filled = set()
        for (_top, left, _bottom, right), value in self.open:
            for column in range(left, right + 1):
                if column not in cells:
                    cells[column] = value
                    filled.add(column)
        return filled

    def catch_up(self, table: SheetTable, into: Path, start: int) -> None:
        """Opens the ranges that began before byte `start`, where reading continues."""
        tops = {merged[0] for merged in self.coming}
        for offset, row in rows_of(into, table.start, only=tops):
            if offset > start or row.sheet != table.sheet:
                return
            self.fill(row.number, _by_column(row.cells))
