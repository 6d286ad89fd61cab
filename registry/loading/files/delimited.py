"""Reads text with commas, semicolons or tabs between the cells, line by line: memory does not grow with the file."""

import codecs
import csv
from collections import Counter
from pathlib import Path

from registry.loading.files.row_file import Rows
from registry.sandbox import MB, Unreadable

from .limits import MOST_CELL

BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
GUESSES = ("utf-8", "gb18030")
DELIMITERS = (",", "\t", ";")
LOOKED_AT = 20


def encoding_of(path: Path) -> str:
    """The encoding in which the whole file decodes without errors. Raises Unreadable if there is none."""
    with path.open("rb") as file:
        head = file.read(3)
    marked = [name for bom, name in BOMS.items() if head.startswith(bom)]
    for name in marked or GUESSES:
        if _reads(path, name):
            return name
    raise Unreadable("file_encoding")


def _reads(path: Path, encoding: str) -> bool:
    """Whether the file is text in this encoding. NULs at its end are left out; elsewhere they are refused."""
    decode = codecs.getincrementaldecoder(encoding)("strict").decode
    nuls = _Nuls()
    try:
        with path.open("rb") as file:
            while piece := file.read(MB):
                nuls.look(decode(piece))
        decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


class _Nuls:
    """Refuses a text in which something follows on a NUL. In its first line that is no text at all."""

    def __init__(self) -> None:
        self.line, self.nul_in = 1, 0

    def look(self, text: str) -> None:
        if not self.nul_in and "\0" in text:
            before, _nul, text = text.partition("\0")
            self.nul_in = self.line + before.count("\n")
        if not self.nul_in:
            self.line += text.count("\n")
        elif text.strip("\0\r\n\x1a"):
            raise Unreadable("file_kind" if self.nul_in == 1 else "file_nul", row=self.nul_in)


def delimiter_of(lines: list[str]) -> str:
    """The delimiter that splits most lines into the same number of cells, and into most cells."""

    def evenness(delimiter: str) -> tuple[int, int]:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if len(row) > 1)
        width, times = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        return times, width

    return max(DELIMITERS, key=evenness)


def read_delimited(path: Path, name: str, rows: Rows) -> list[dict]:
    """Reads the one sheet of a text file, named like the file."""
    encoding, sheet = encoding_of(path), Path(name).stem
    with path.open(encoding=encoding, newline="") as file:
        csv.field_size_limit(2 * MB)
        delimiter = delimiter_of([file.readline(MB) for _line in range(LOOKED_AT)])
        csv.field_size_limit(MOST_CELL)
        file.seek(0)
        rows.begin(0, sheet, most_rows=None)
        number = 0
        try:
            lines = (line.replace("\0", "") for line in file)
            for number, cells in enumerate(csv.reader(lines, delimiter=delimiter), start=1):
                rows.add(number, cells)
        except csv.Error as error:
            raise Unreadable("file_cell", row=number + 1, most=MOST_CELL) from error
    kind = "tsv" if delimiter == "\t" else "csv"
    return [{"index": 0, "name": sheet, "kind": kind, "encoding": encoding, **rows.extent}]
