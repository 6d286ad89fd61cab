"""Reads HTML tables, which older systems send as .xls. Nothing in them is fetched, run or resolved."""

import re
from html.parser import HTMLParser
from pathlib import Path

from registry.loading.files.delimited import encoding_of
from registry.loading.files.limits import LAST_ROW, MOST_CELL, MOST_COLUMNS, MOST_MERGES
from registry.loading.files.row_file import Rows
from registry.sandbox import MB, Unreadable

UNSEEN = {"script", "style"}
SPACES = re.compile(r"[ \t\r\n\f]+")


class Tables(HTMLParser):
    """Each outermost table becomes a sheet; a table inside a cell is text of that cell."""

    def __init__(self, rows: Rows, name: str):
        super().__init__()
        self.rows, self.stem = rows, name
        self.sheets: list[dict] = []
        self.depth = self.unseen = self.number = 0
        self.text: list[str] | None = None
        self.length = 0
        self.spans = (1, 1)
        self.cells: dict[int, str] = {}
        self.taken: dict[int, int] = {}  # column -> last row that a cell from above spans to

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.depth += 1
            if self.depth == 1:
                self._begin_sheet()
        elif tag in UNSEEN:
            self.unseen += 1
        elif tag == "br" and self.text is not None:
            self.text.append("\n")
        elif self.depth == 1 and tag == "tr":
            self._end_row()
            self.number += 1
        elif self.depth == 1 and tag in ("td", "th"):
            self._end_cell()
            attributes = dict(attrs)
            self.spans = _span(attributes.get("rowspan"), LAST_ROW), _span(attributes.get("colspan"), MOST_COLUMNS + 1)
            self.text, self.length = [], 0

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSEEN:
            self.unseen = max(self.unseen - 1, 0)
        elif tag == "table" and self.depth:
            if self.depth == 1:
                self._end_sheet()
            self.depth -= 1
        elif self.depth == 1 and tag in ("td", "th"):
            self._end_cell()
        elif self.depth == 1 and tag == "tr":
            self._end_row()

    def handle_data(self, data: str) -> None:
        if self.text is None or self.unseen:
            return
        self.length += len(data)
        if self.length > MOST_CELL:
            raise Unreadable("file_cell", row=self.number, most=MOST_CELL)
        self.text.append(SPACES.sub(" ", data))

    def close(self) -> None:
        super().close()
        if self.depth:
            self._end_sheet()

    def _begin_sheet(self) -> None:
        index = len(self.sheets)
        name = self.stem if index == 0 else f"{self.stem} {index + 1}"
        self.sheets.append({"index": index, "name": name, "kind": "html", "merged": []})
        self.rows.begin(index, name)
        self.number = 0
        self.taken.clear()

    def _end_sheet(self) -> None:
        self._end_row()
        self.sheets[-1] |= self.rows.extent

    def _end_row(self) -> None:
        self._end_cell()
        if self.cells:
            width = max(self.cells) + 1
            self.rows.add(self.number, [self.cells.get(column, "") for column in range(width)])
            self.cells = {}

    def _end_cell(self) -> None:
        if self.text is None:
            return
        text, self.text = "".join(self.text).strip(), None
        down, across = self.spans
        self.number = max(self.number, 1)  # a cell before any row
        column = 0
        while column in self.cells or self.taken.get(column, 0) >= self.number:
            column += 1
        if column + across > MOST_COLUMNS:
            raise Unreadable("file_wide", sheet=self.rows.name, most=MOST_COLUMNS)
        for place in range(column, column + across):
            self.cells[place] = text if place == column else ""
            self.taken[place] = self.number + down - 1
        if down > 1 or across > 1:
            merged = self.sheets[-1]["merged"]
            merged.append([self.number, column, self.number + down - 1, column + across - 1])
            if len(merged) > MOST_MERGES:
                raise Unreadable("file_merges", sheet=self.rows.name, most=MOST_MERGES)


def _span(text: str | None, most: int) -> int:
    """The span of a cell; an invalid value counts as 1."""
    return min(max(int(text), 1), most) if text and re.fullmatch(r"[0-9]{1,9}", text) else 1


def read_html(path: Path, name: str, rows: Rows) -> list[dict]:
    """Reads the tables of a page, one sheet each."""
    encoding = encoding_of(path)
    tables = Tables(rows, Path(name).stem)
    with path.open(encoding=encoding) as file:
        while piece := file.read(MB // 4):
            tables.feed(piece)
    tables.close()
    if not tables.sheets:
        raise Unreadable("file_kind")
    return [{**sheet, "encoding": encoding} for sheet in tables.sheets]
