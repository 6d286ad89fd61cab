"""STUB until the branch `reading` is merged."""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Table:
    index: int
    name: str
    header_rows: tuple
    headings: dict
    first_data_row: int
    skipped: str = ""
    merges: list = field(default_factory=list)


@dataclass
class DataRow:
    offset: int
    number: int
    cells: dict[int, Any]
    is_total: bool = False
    is_note: bool = False


def plain_heading(text: str) -> str:
    text = re.sub(r"\s+|\*", "", unicodedata.normalize("NFKC", text))
    return re.sub(r"\([^)]*\)$", "", text) or text


def unit_of(heading: str) -> str:
    found = re.search(r"\(([^)]*)\)$", unicodedata.normalize("NFKC", heading))
    return found[1] if found else ""


def text_of(cell: Any) -> str:
    return "" if cell is None else str(cell)


def is_number(cell: Any) -> bool:
    return isinstance(cell, int | float)


def address(column: int, row: int) -> str:
    return f"{chr(65 + column)}{row}"


def find_tables(sheets, into, known, header_row=None) -> list[Table]:
    raise NotImplementedError


def data_rows(table, into, start, limit):
    raise NotImplementedError
