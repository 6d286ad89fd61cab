"""A workbook of one sheet, written while it is sent: neither a file on disk nor memory grows with its rows."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from io import RawIOBase
from typing import Any
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PLAIN, BOLD, DAY = 0, 1, 2  # styles, in the order of STYLES
DAY_ZERO = date(1899, 12, 30).toordinal()  # of the days that a spreadsheet counts
WIDTH = 18
NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
NOT_IN_TITLES = re.compile(r"[][*?:/\\]")
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{TYPE}.styles+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><numFmts count="1">'
    '<numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="3">'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}


class Outbox(RawIOBase):
    """A file that nobody can go back in: what is written is taken out and sent."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken, self.pieces = b"".join(self.pieces), []
        return taken


def stream_workbook(
    title: str, about: Sequence[str], heading: Sequence[str], rows: Iterable[list[list[Any]]], exact: Sequence[bool]
) -> Iterator[bytes]:
    """The bytes of a workbook: a line `about` it, the heading, and rows in batches. In columns that are not `exact`, a
    day is written as text, because only its month or year may be known."""
    outbox = Outbox()
    letters = [column_letters(number) for number in range(max(len(heading), len(about)))]
    with ZipFile(outbox, "w", ZIP_DEFLATED, compresslevel=4) as package:
        for name, text in {**PARTS, "xl/workbook.xml": _workbook(title)}.items():
            package.writestr(name, HEAD + text)
        with package.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            columns = f'<cols><col min="1" max="{len(heading)}" width="{WIDTH}" customWidth="1"/></cols>'
            head = _row(1, about, letters, [PLAIN] * len(about)) + _row(2, heading, letters, [BOLD] * len(heading))
            sheet.write(f'{HEAD}<worksheet xmlns="{MAIN}">{columns}<sheetData>{head}'.encode())
            yield outbox.take()
            number, styles = 3, [DAY if is_exact else PLAIN for is_exact in exact]
            for some in rows:
                sheet.write("".join(_row(number + at, row, letters, styles) for at, row in enumerate(some)).encode())
                number += len(some)
                if outbox.pieces:
                    yield outbox.take()
            sheet.write(b"</sheetData></worksheet>")
    yield outbox.take()


def _workbook(title: str) -> str:
    name = escape(NOT_IN_TITLES.sub(" ", title)[:31], {'"': "&quot;"})
    return (
        f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="{name}" sheetId="1" r:id="rId1"/></sheets>'
        "</workbook>"
    )


def _row(number: int, values: Sequence[Any], letters: Sequence[str], styles: Sequence[int]) -> str:
    """A row as XML: numbers and exact days as such, all else as text; nothing for an empty cell."""
    cells = []
    for letter, value, style in zip(letters, values, styles, strict=False):
        if value is None or value == "":
            continue
        if isinstance(value, str):
            text = escape(NO_XML.sub("\ufffd", value))
            bold = f' s="{BOLD}"' if style == BOLD else ""
            cells.append(f'<c r="{letter}{number}"{bold} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>')
        elif isinstance(value, int | float) or hasattr(value, "quantize"):
            cells.append(f'<c r="{letter}{number}"><v>{value}</v></c>')
        elif style == DAY and type(value) is date and value.year > 1900:  # spreadsheets know no earlier day
            cells.append(f'<c r="{letter}{number}" s="{DAY}"><v>{value.toordinal() - DAY_ZERO}</v></c>')
        else:
            cells.append(f'<c r="{letter}{number}" t="inlineStr"><is><t>{escape(str(value))}</t></is></c>')
    return f'<row r="{number}">{"".join(cells)}</row>'


def column_letters(number: int) -> str:
    """A, B … Z, AA for the columns from 0."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
