"""What the library does not report of an .xls: whether it is locked, cells with errors, and days counted from 1904.

An .xls is a compound file whose stream “Workbook” holds records ([MS-CFB], [MS-XLS]). A file that is not as described
there is left to the library, which says that it is damaged."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from registry.sandbox import Unreadable

LAST_SECTOR = 0xFFFFFFF0  # higher numbers are marks, not sectors
BOF, BOUND_SHEET, FILE_PASS, DATE_MODE, FORMULA, ERROR = 0x0809, 0x0085, 0x002F, 0x0022, 0x0006, 0x0205
ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
}  # fmt: skip


@dataclass
class XlsScan:
    """The cells with errors by sheet and row, as (column, cell), and whether days count from 1904."""

    errors: dict[int, dict[int, list[tuple[int, Any]]]] = field(default_factory=dict)
    from_1904: bool = False


def scan_xls(content: bytes) -> XlsScan:
    """Raises Unreadable if the workbook is locked."""
    result = XlsScan()
    try:
        stream = _workbook_stream(content)
        _scan(stream, result)
    except (struct.error, IndexError, KeyError):
        return result
    return result


def _workbook_stream(content: bytes) -> bytes:
    size = 1 << struct.unpack_from("<H", content, 30)[0]
    fat_count, first_directory, _transaction, cutoff, first_mini = struct.unpack_from("<IIIII", content, 44)
    first_difat = struct.unpack_from("<I", content, 68)[0]

    def sector(number: int) -> bytes:
        return content[(number + 1) * size : (number + 2) * size]

    places = list(struct.unpack_from("<109I", content, 76))
    while first_difat < LAST_SECTOR and len(places) < fat_count:
        numbers = struct.unpack(f"<{size // 4}I", sector(first_difat))
        places, first_difat = places + list(numbers[:-1]), numbers[-1]
    fat = [number for place in places[:fat_count] for number in struct.unpack(f"<{size // 4}I", sector(place))]

    def chain(first: int, table: list[int]) -> Iterator[int]:
        for _step in range(len(table)):
            if first >= LAST_SECTOR:
                return
            yield first
            first = table[first]

    directory = b"".join(map(sector, chain(first_directory, fat)))
    entries: dict[str, tuple[int, int]] = {}
    for at in range(0, len(directory), 128):
        length = struct.unpack_from("<H", directory, at + 64)[0]
        name = directory[at : at + max(length - 2, 0)].decode("utf-16-le", "replace")
        entries.setdefault(name, struct.unpack_from("<II", directory, at + 116))
    first, length = entries.get("Workbook") or entries["Book"]
    if length >= cutoff:
        return b"".join(map(sector, chain(first, fat)))[:length]
    mini_fat = [number for place in chain(first_mini, fat) for number in struct.unpack(f"<{size // 4}I", sector(place))]
    mini = b"".join(map(sector, chain(entries["Root Entry"][0], fat)))
    return b"".join(mini[number * 64 : number * 64 + 64] for number in chain(first, mini_fat))[:length]


def _scan(stream: bytes, result: XlsScan) -> None:
    """Goes through the records; the sheets come in the order of their places in the stream."""
    sheets: dict[int, int] = {}  # the place of a sheet's first record -> its number
    at, sheet = 0, -1
    while at + 4 <= len(stream):
        record, length = struct.unpack_from("<HH", stream, at)
        data = at + 4
        if record == BOF and at in sheets:
            sheet = sheets[at]
        elif record == BOUND_SHEET:
            sheets[struct.unpack_from("<I", stream, data)[0]] = len(sheets)
        elif record == FILE_PASS:
            raise Unreadable("file_locked")
        elif record == DATE_MODE:
            result.from_1904 = struct.unpack_from("<H", stream, data)[0] == 1
        elif record in (ERROR, FORMULA) and sheet >= 0:
            _note_error(stream, record, data, result.errors.setdefault(sheet, {}))
        at = data + length


def _note_error(stream: bytes, record: int, data: int, errors: dict[int, list[tuple[int, Any]]]) -> None:
    row, column = struct.unpack_from("<HH", stream, data)
    value = stream[data + 6 : data + 14]
    if record == ERROR:
        code = value[0] if value[1] else None
    else:  # the result of a formula: a number, or a mark and what it is
        code = value[2] if value[6:8] == b"\xff\xff" and value[0] == 2 else None
    if code is not None:
        errors.setdefault(row + 1, []).append((column, {"e": ERRORS.get(code, "#N/A")}))
