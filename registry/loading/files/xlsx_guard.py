"""Checks an .xlsx before the reader opens it: the size of the archive and the content of its sheets.

The scan also finds what the library does not report: formulas, cells with errors, merged ranges. It reads bytes in
pieces, so its memory does not grow with the sheet, and it resolves nothing.
"""

import re
from collections.abc import Iterator
from copy import copy
from functools import cache
from html import unescape
from typing import Any, NamedTuple
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from registry.loading.files.limits import (
    LAST_ROW,
    MOST_CELLS,
    MOST_COLUMNS,
    MOST_INFLATED_MB,
    MOST_MEMBERS,
    MOST_MERGES,
    MOST_RATIO,
    RATIO_FROM_MB,
)
from registry.sandbox import MB, Unreadable

PIECE = MB
SMALL_MB = 8  # a sheet so small may still claim a million columns; in a bigger one that ends the reader's memory
SHORTEST_CELL = 12  # bytes
FAR = re.compile(rb"""r=["'](?:(?:[A-Za-z]{3}|[H-Zh-z][A-Za-z]|[Gg][S-Zs-z])\d|[A-Za-z]{0,2}[1-9]\d{5})""")
NUMBER = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{0,9})(\d{0,20})["']""")
KIND = re.compile(rb"""\bt\s*=\s*["'](\w+)["']""")
MERGE = re.compile(rb"""mergeCell\s[^>]*?ref\s*=\s*["']([A-Za-z]{1,3})(\d{1,7}):([A-Za-z]{1,3})(\d{1,7})["']""")


class Scan:
    """The result of a scan: special cells by row, as (column, cell); merged ranges; the number of cells with a
    value."""

    def __init__(self) -> None:
        self.cells = 0
        self.special: dict[int, list[tuple[int, Any]]] = {}
        self.merged: list[list[int]] = []


def column_of(letters: bytes) -> int:
    """The column of a cell address, from 0: A is 0, AA is 26."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number - 1


def weigh(archive: ZipFile, main: str = "xl/workbook.xml") -> dict[str, ZipInfo]:
    """The members of an archive by name, after all checks that need no unpacking. `main` is the part it must have."""
    infos = archive.infolist()
    names = {info.filename.lower(): info for info in infos}
    if len(infos) > MOST_MEMBERS or len(names) < len(infos):
        raise Unreadable("file_zip_bomb")
    if any(info.flag_bits & 1 for info in infos):
        raise Unreadable("file_locked")
    if any(name.endswith("vbaproject.bin") or name.startswith("xl/macrosheets/") for name in names):
        raise Unreadable("file_macros")
    if "xl/workbook.bin" in names:
        raise Unreadable("file_xlsb")
    if main not in names:
        raise Unreadable("file_kind")
    if sum(info.file_size for info in infos) > MOST_INFLATED_MB * MB or any(map(_swollen, infos)):
        raise Unreadable("file_zip_bomb")
    return names


def _swollen(info: ZipInfo) -> bool:
    return info.file_size > RATIO_FROM_MB * MB and info.file_size > MOST_RATIO * max(info.compress_size, 1)


def pieces(archive: ZipFile, info: ZipInfo) -> Iterator[bytes]:
    """The unpacked bytes of a member, counted: the size in an archive may be false."""
    if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise Unreadable("file_broken")
    size, claimed = 0, info.file_size
    longer = copy(info)
    longer.file_size += PIECE  # zipfile reads no further than this
    with archive.open(longer) as member:
        while piece := member.read(PIECE):
            size += len(piece)
            if size > claimed:
                raise Unreadable("file_zip_bomb")
            yield piece
    if size != claimed:
        raise Unreadable("file_broken")


class ZipMember(NamedTuple):
    """A sheet in the workbook's list: its name, its member of the archive, whether it is hidden."""

    name: str
    place: str
    hidden: bool


def sheet_parts(archive: ZipFile, members: dict[str, ZipInfo]) -> list[ZipMember]:
    """All sheets, in the order of the workbook."""
    places = {}
    for tag, attributes in _elements(archive, members.get("xl/_rels/workbook.xml.rels")):
        if tag == "Relationship":
            target = attributes.get("Target", "").lower().lstrip("/")
            places[attributes.get("Id")] = target if target.startswith("xl/") else f"xl/{target}"
    return [
        ZipMember(
            attributes.get("name", ""),
            places.get(attributes.get("id"), ""),
            attributes.get("state", "visible") != "visible",
        )
        for tag, attributes in _elements(archive, members["xl/workbook.xml"])
        if tag == "sheet"
    ]


def counts_from_1904(archive: ZipFile, members: dict[str, ZipInfo]) -> bool:
    """Whether the days of a workbook count from 1904, as on old Macs."""
    elements = _elements(archive, members["xl/workbook.xml"])
    marks = (attributes.get("date1904", "") for tag, attributes in elements if tag == "workbookPr")
    return any(mark in ("1", "true", "on") for mark in marks)


def _elements(archive: ZipFile, info: ZipInfo | None) -> list[tuple[str, dict[str, str]]]:
    """The elements of a small part with their attributes, both without namespace."""
    elements: list[tuple[str, dict[str, str]]] = []
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = lambda tag, attributes: elements.append(
        (tag.split(" ")[-1], {name.split(" ")[-1]: value for name, value in attributes.items()})
    )
    parser.StartDoctypeDeclHandler = _refuse_doctype
    for piece in pieces(archive, info) if info else ():
        parser.Parse(piece)
    return elements


def _refuse_doctype(*_about: Any) -> None:
    raise Unreadable("file_doctype")


def look_through(archive: ZipFile, info: ZipInfo) -> None:
    """Checks a member without a sheet: its real size, no document type, no more texts than cells."""
    texts, many = 0, info.file_size > MOST_CELLS * SHORTEST_CELL
    for number, piece in enumerate(pieces(archive, info)):
        if number == 0:
            _look_at_head(info.filename, piece)
        texts += piece.count(b"si>") // 2 if many else 0
        if texts > MOST_CELLS:
            raise Unreadable("file_heavy")


def _look_at_head(name: str, piece: bytes) -> None:
    """Checks the parts that the library opens; what else lies in the archive, such as customXml, is nobody's."""
    name = name.lower()
    if name.endswith((".xml", ".rels")) and name.startswith(("xl/", "_rels/", "[content_types]", "content.xml")):
        if b"<!DOCTYPE" in piece or b"<!ENTITY" in piece:
            raise Unreadable("file_doctype")
        if b"\0" in piece:  # the scan could not read UTF-16, but the library can
            raise Unreadable("file_broken")


def scan(archive: ZipFile, info: ZipInfo, name: str) -> Scan:
    """Scans the bytes of one sheet. Raises Unreadable if a value lies too far out, or if there are too many."""
    result, rest, prefix = Scan(), b"", b""
    small, many = info.file_size < SMALL_MB * MB, info.file_size > MOST_CELLS * SHORTEST_CELL
    for number, piece in enumerate(pieces(archive, info)):
        if number == 0:
            _look_at_head(info.filename, piece)
            root = re.search(rb"<(\w+:)?worksheet\b", piece)
            prefix = root[1] or b"" if root else b""
        piece = rest + piece
        cut = max(piece.rfind(b"row>"), piece.rfind(b"mergeCell "))
        cut = len(piece) if len(piece) > 8 * PIECE else max(cut, 0)
        piece, rest = piece[:cut], piece[cut:]
        if small and FAR.search(piece):
            _refuse_out_of_range(piece, prefix, name)
        if many:
            result.cells += piece.count(b"</%bc>" % prefix)
        if result.cells > MOST_CELLS:
            raise Unreadable("file_heavy")
        _collect(result, piece, prefix, name)
    if small:
        _refuse_out_of_range(rest, prefix, name)
    _collect(result, rest, prefix, name)
    return result


def _collect(result: Scan, piece: bytes, prefix: bytes, name: str) -> None:
    """Collects formulas, errors and merged ranges of a piece. Searching a single byte first is faster."""
    _tags, formula, error = _patterns(prefix)
    if b"mergeCell " in piece:
        for left, top, right, bottom in MERGE.findall(piece):
            result.merged.append([int(top), column_of(left), int(bottom), column_of(right)])
        if len(result.merged) > MOST_MERGES:
            raise Unreadable("file_merges", sheet=name, most=MOST_MERGES)
    if b"f" in piece and b"<%bf" % prefix in piece:
        for attributes, text, kind, value in formula.findall(piece):
            _keep(result, attributes, _formula(attributes, text, kind, value))
    if (b"e" in piece and b'"e"' in piece) or (b"'" in piece and b"'e'" in piece):
        for attributes, value in error.findall(piece):
            _keep(result, attributes, {"e": value.decode() or "#N/A"})


def _formula(attributes: bytes, text: bytes, tag: bytes, value: bytes) -> Any:
    """True for a formula with a stored value, which the library reads."""
    kind = KIND.search(attributes)
    if value or (tag and kind and kind[1] == b"str"):
        return True
    return {"f": "=" + unescape(text.decode("utf-8", "replace"))}


def _keep(result: Scan, attributes: bytes, cell: Any) -> None:
    place = NUMBER.search(attributes)
    if place and place[1] and place[2]:
        result.special.setdefault(int(place[2]), []).append((column_of(place[1]), cell))


def _refuse_out_of_range(piece: bytes, prefix: bytes, name: str) -> None:
    """Refuses a value beyond the last row or column. Cells with only a format may lie anywhere."""
    row, column = 0, -1
    for tag, attributes, closed in _patterns(prefix)[0].findall(piece):
        place = NUMBER.search(attributes)
        if tag == b"row":
            row, column = (int(place[2] or 0) if place else row + 1), -1
            continue
        column = column_of(place[1]) if place else column + 1
        row = int(place[2] or 0) if place else row
        if closed:
            continue
        if column >= MOST_COLUMNS:
            raise Unreadable("file_wide", sheet=name, most=MOST_COLUMNS)
        if row > LAST_ROW:
            raise Unreadable("file_long", sheet=name, most=LAST_ROW)


@cache
def _patterns(prefix: bytes) -> tuple[re.Pattern, ...]:
    """Patterns of rows and cells, formulas, and cells with errors, for sheets whose elements have `prefix`."""
    p = re.escape(prefix)
    formula = rb"<%bf\b[^>]*?(?:/>|>([^<]*)</%bf>)" % (p, p)
    value = rb"(<%bv\b[^>]*?(?:/>|>([^<]*)</%bv>))?" % (p, p)
    return (
        re.compile(rb"<%b(row|c)\b([^>]*?)(?:(/>|>\s*</%bc>)|>)" % (p, p)),
        re.compile(rb"<%bc\b([^>]*)>\s*%b\s*%b" % (p, formula, value)),
        re.compile(
            rb"""<%bc\b([^>]*\bt=["']e["'][^>]*)>\s*(?:<%bf\b[^>]*?(?:/>|>[^<]*</%bf>))?\s*(?:<%bv>([^<]*)</%bv>)?"""
            % (p, p, p, p, p)
        ),
    )
