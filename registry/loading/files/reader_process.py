"""The process that opens uploaded files: `python -m registry.loading.files.reader_process PATH NAME INTO`.

It is separate so that a malicious file can at worst end this process. It has neither Django nor the database, sets its
own limits before it reads a byte, writes rows into INTO, and prints its sheets, or the refusal, as JSON.
"""

import json
import os
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

import python_calamine as calamine

from registry.loading.files.delimited import read_delimited
from registry.loading.files.html_tables import read_html
from registry.loading.files.json_export import read_json
from registry.loading.files.limits import (
    BASE_MEMORY_MB,
    LAST_ROW,
    MOST_COLUMNS,
    MOST_WRITTEN_MB,
    XLS_GROWTH,
    XLSX_GROWTH,
    seconds_for,
)
from registry.loading.files.row_file import Rows
from registry.loading.files.xls_scan import scan_xls
from registry.loading.files.xlsx_guard import Scan, counts_from_1904, look_through, scan, sheet_parts, weigh
from registry.sandbox import MB, REFUSED, Unreadable, limit_memory, limit_processor, limit_written

NOT_TABLES = (
    b"%PDF",
    b"\xff\xd8\xff",
    b"\x89PNG",
    b"GIF8",
    b"Rar!",
    b"7z\xbc",
    b"{\\rtf",
    b"MIME-Version",
    b"PK\x05\x06",
)
READERS = (
    calamine.CalamineError, zipfile.BadZipFile, NotImplementedError, zlib.error, ExpatError, UnicodeDecodeError,
    EOFError,
)  # fmt: skip


def reader_of(path: Path) -> Callable[[Path, str, Rows], Iterable[dict]]:
    """The reader for this file, chosen by its first bytes, never by its name."""
    with path.open("rb") as file:
        head = file.read(64 * 1024)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"PK\x03\x04"):
        if b"opendocument.spreadsheet" in head[:200]:
            return read_ods
        return read_xlsx
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return read_xls
    if head.startswith(NOT_TABLES):
        raise Unreadable("file_kind")
    if b"urn:schemas-microsoft-com:office:spreadsheet" in head and start.startswith(b"<?"):
        raise Unreadable("file_xml")
    if start.startswith((b"{", b"[")):
        return read_json
    if start.startswith(b"<") and (b"<table" in start or b"<html" in start):
        return read_html
    return read_delimited


def read_xlsx(path: Path, name: str, rows: Rows) -> Iterator[dict]:
    """Checks the archive first, then reads it."""
    with zipfile.ZipFile(path) as archive:
        members = weigh(archive)
        from_1904 = counts_from_1904(archive, members)
        limit_memory(BASE_MEMORY_MB + XLSX_GROWTH * sum(info.file_size for info in members.values()) // MB)
        parts = sheet_parts(archive, members)
        sheets = {part.place for part in parts}
        for place, info in members.items():
            if place not in sheets:
                look_through(archive, info)
        scans = {
            index: scan(archive, members[part.place], part.name)
            for index, part in enumerate(parts)
            if part.place in members and not part.hidden and part.place.startswith("xl/worksheets/")
        }
    book = calamine.CalamineWorkbook.from_path(path)
    if book.sheet_names != [part.name for part in parts]:
        raise Unreadable("file_broken")
    for index, part in enumerate(parts):
        about = {"index": index, "name": part.name, "kind": "xlsx", "from_1904": from_1904}
        if part.hidden:
            yield about | {"hidden": True}
        elif index in scans:
            scan_result = scans[index]
            yield (
                about
                | {"merged": scan_result.merged}
                | _write(book.get_sheet_by_index(index), rows, index, scan_result)
            )


def read_xls(path: Path, name: str, rows: Rows) -> Iterator[dict]:
    """Reads a workbook of Excel 97 to 2003. Formulas are read as their values; the library does not mark them."""
    content = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise Unreadable("file_locked")
    if "_VBA_PROJECT".encode("utf-16-le") in content:
        raise Unreadable("file_macros")
    if not any(stream.encode("utf-16-le") in content for stream in ("Workbook", "Book")):
        raise Unreadable("file_kind")
    limit_memory(BASE_MEMORY_MB + XLS_GROWTH * len(content) // MB)
    scan_result = scan_xls(content)
    days = {"from_1904": scan_result.from_1904}
    yield from (sheet | days for sheet in _sheets(path, "xls", rows, scan_result.errors))


def read_ods(path: Path, name: str, rows: Rows) -> Iterator[dict]:
    """Reads an OpenDocument spreadsheet."""
    with zipfile.ZipFile(path) as archive:
        members = weigh(archive, "content.xml")
        if "encryption-data" in archive.read("META-INF/manifest.xml").decode("utf-8", "replace"):
            raise Unreadable("file_locked")
        limit_memory(BASE_MEMORY_MB + XLS_GROWTH * members["content.xml"].file_size // MB)
        look_through(archive, members["content.xml"])
    yield from _sheets(path, "ods", rows, {})


def _sheets(path: Path, kind: str, rows: Rows, errors: dict[int, dict[int, list]]) -> Iterator[dict]:
    """The sheets of a book as the library reads them, with the cells that hold errors."""
    book = calamine.CalamineWorkbook.from_path(path)
    for index, metadata in enumerate(book.sheets_metadata):
        about = {"index": index, "name": metadata.name, "kind": kind}
        if metadata.visible != calamine.SheetVisibleEnum.Visible:
            yield about | {"hidden": True}
        elif metadata.typ == calamine.SheetTypeEnum.WorkSheet:
            sheet, scan_result = book.get_sheet_by_index(index), Scan()
            scan_result.special = errors.get(index, {})
            yield about | {"merged": _merged(sheet)} | _write(sheet, rows, index, scan_result)


def _write(content: calamine.CalamineSheet, rows: Rows, index: int, scan_result: Scan) -> dict[str, int]:
    """Writes the rows of a sheet. Returns its extent."""
    rows.begin(index, content.name)
    if content.end and content.end[1] >= MOST_COLUMNS:
        raise Unreadable("file_wide", sheet=rows.name, most=MOST_COLUMNS)
    if content.end and content.end[0] >= LAST_ROW:
        raise Unreadable("file_long", sheet=rows.name, most=LAST_ROW)
    number, special = 0, scan_result.special
    left = [""] * content.start[1] if content.start else []  # the library omits empty columns on the left, but not rows
    for number, cells in enumerate(content.iter_rows(), start=1):
        row = left + cells if left else cells
        rows.add(number, _with(row, special[number]) if number in special else row)
    for further in sorted(row for row in special if row > number):
        rows.add(further, _with([], special[further]))
    return rows.extent


def _with(cells: list, special: list[tuple[int, Any]]) -> list:
    """Adds what the scan found to a row. Formulas come first in `special`, so an error of a formula overrides it."""
    for column, cell in special:
        cells.extend([""] * (column + 1 - len(cells)))
        if cell is True:
            cell = {"v": None if cells[column] == "" else cells[column], "f": True}
        cells[column] = cell
    return cells


def _merged(content: calamine.CalamineSheet) -> list[list[int]]:
    ranges = content.merged_cell_ranges or []
    return [[top + 1, left, bottom + 1, right] for (top, left), (bottom, right) in ranges]


def read(path: Path, name: str, into: Path) -> list[dict]:
    with closing(Rows(into)) as rows:
        return list(reader_of(path)(path, name, rows))


def main() -> None:
    path, name, into = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    limit_processor(seconds_for(path.stat().st_size))
    limit_written(MOST_WRITTEN_MB)
    limit_memory(BASE_MEMORY_MB)
    answer: list[Any]
    code = REFUSED
    try:
        code, answer = 0, read(path, name, into)
    except Unreadable as refusal:
        answer = [refusal.code, refusal.details]
    except (MemoryError, OSError):  # an error of the system: more was written than allowed
        answer = ["file_heavy", {}]
    except calamine.PasswordError:
        answer = ["file_locked", {}]
    except READERS:
        answer = ["file_broken", {}]
    print(json.dumps(answer), flush=True)
    os._exit(code)  # skips freeing half a gigabyte


if __name__ == "__main__":
    main()
