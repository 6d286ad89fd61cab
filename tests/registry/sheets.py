"""Files as townships send them, and as nobody should: made on the spot, none lies in the repository."""

import csv
import io
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import xlsxwriter
import xlwt

from registry.loading.files import reader_process
from registry.loading.files.reading import RawSheet, read_file, rows_of
from registry.sandbox import Unreadable
from registry.text.refusals import Refused

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0")


def read(tmp_path: Path, content: bytes, name: str = "名册.xlsx") -> tuple[list[RawSheet], dict[int, list[Any]]]:
    """The sheets of a file, and the rows of all of them by number."""
    path, into = tmp_path / "sent", tmp_path / "rows"
    path.write_bytes(content)
    sheets = read_file(path, name, into)
    return sheets, {row.number: row.cells for _offset, row in rows_of(into)}


def read_in_this_process(monkeypatch: Any) -> None:
    """Files are read without a process of their own and its limits: ten times as fast, for tests that read hundreds."""

    def read(path: Path, name: str, into: Path) -> list[RawSheet]:
        try:
            return [RawSheet(**sheet) for sheet in reader_process.read(path, name, into)]
        except Unreadable as refusal:
            raise Refused(refusal.code, name=name, **refusal.details) from refusal
        except reader_process.READERS as error:
            raise Refused("file_broken", name=name) from error

    monkeypatch.setattr(reader_process, "limit_memory", lambda mb: None)
    monkeypatch.setattr("registry.loading.lifecycle.read_file", read)


def xlsx(write: Callable[[xlsxwriter.Workbook], Any], **options: Any) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, options) as book:
        write(book)
    return file.getvalue()


def xlsx_of(rows: list[list[Any]]) -> bytes:
    def write(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)

    return xlsx(write)


def xls_of(rows: list[list[Any]], **book_options: Any) -> bytes:
    book = xlwt.Workbook(encoding="utf-8")
    for option, value in book_options.items():
        setattr(book, option, value)
    sheet = book.add_sheet("表")
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if value is not None:
                sheet.write(number, column, value, day if hasattr(value, "isoformat") else xlwt.Style.default_style)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def text_of_rows(rows: list[list[Any]], delimiter: str = ",") -> str:
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter).writerows(rows)
    return file.getvalue()


def html_of(rows: list[list[Any]]) -> str:
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<html><body><table>{lines}</table></body></html>"


def archive(members: dict[str, str | bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return file.getvalue()


def raw_xlsx(rows: str, after: str = "", before: str = "", more: dict[str, str | bytes] | None = None) -> bytes:
    """A workbook of one sheet whose inside is written by hand."""
    listed = '<sheets><sheet name="表" sheetId="1" r:id="r1"/></sheets>'
    workbook = f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{listed}</workbook>'
    return archive(
        {
            "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
            "_rels/.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r1" '
            f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": workbook,
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r1" '
            f'Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
            "xl/worksheets/sheet1.xml": f'{before}<worksheet xmlns="{MAIN}"><dimension ref="A1"/>'
            f"<sheetData>{rows}</sheetData>{after}</worksheet>",
            **(more or {}),
        }
    )


def one_cell(place: str, inside: str = "<v>1</v>", kind: str = "") -> str:
    number = place.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return f'<row r="{number}"><c r="{place}"{kind}>{inside}</c></row>'


def noise(pattern: str, times: int) -> str:
    """`each` many times over with numbers that do not compress."""
    chance = random.Random(1)
    block = "".join(pattern.format(chance.random()) for _time in range(min(times, 50_000)))
    return block * max(times // 50_000, 1)


def lying(size_said: int, size: int) -> bytes:
    """An archive whose directory says that a sheet of `size` bytes has `size_said`."""
    content = raw_xlsx(" " * size)
    true = len(zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml"))
    return content.replace(true.to_bytes(4, "little"), size_said.to_bytes(4, "little"))


def locked() -> bytes:
    """An archive whose directory says that its members are encrypted."""
    content = bytearray(raw_xlsx(one_cell("A1")))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def shared_text(length: int, times: int) -> bytes:
    """One long text that many cells share: small in the file, large in memory."""
    rows = "".join(one_cell(f"A{row}", "<v>0</v>", ' t="s"') for row in range(1, times))
    text = f'<sst xmlns="{MAIN}"><si><t>{"长" * length}</t></si></sst>'
    return raw_xlsx(rows, more={"xl/sharedStrings.xml": text})


HOSTILE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a bomb of zeros": ("file_zip_bomb", lambda: raw_xlsx("<row><c><v>0</v></c></row>" * 3_600_000)),
    "a directory that lies": ("file_zip_bomb", lambda: lying(3000, 5_000_000)),
    "too many members": ("file_zip_bomb", lambda: archive({f"xl/{n}.xml": "" for n in range(201)})),
    "one million columns": ("file_wide", lambda: raw_xlsx("<row>" + noise("<c><v>{}</v></c>", 1_000_000) + "</row>")),
    "the last cell of a sheet": ("file_wide", lambda: raw_xlsx(one_cell("A1") + one_cell("XFD1048576"))),
    "the last row of a sheet": ("file_long", lambda: raw_xlsx(one_cell("A1048576"))),
    "a row no sheet has": ("file_long", lambda: raw_xlsx(one_cell("A99999999999999"))),
    "two million rows": ("file_long", lambda: raw_xlsx(noise("<row><c><v>{:.3f}</v></c></row>", 2_000_000))),
    "more cells than memory": ("file_heavy", lambda: raw_xlsx(noise("<c><v>{:.3f}</v></c>", 5_000_000))),
    "a long text in many cells": ("file_heavy", lambda: shared_text(30_000, 20_000)),
    "an old sheet to its last cell": ("file_heavy", lambda: xls_of([[1]] + [[]] * 65_534 + [[None] * 255 + [1]])),
    "an entity of a sheet": (
        "file_doctype",
        lambda: raw_xlsx(
            one_cell("A1", "<is><t>&x;</t></is>", ' t="inlineStr"'),
            before='<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        ),
    ),
    "an entity of the workbook": (
        "file_doctype",
        lambda: archive({"xl/workbook.xml": "<!DOCTYPE x [<!ENTITY x 'x'>]><workbook>&x;</workbook>"}),
    ),
    "an entity far down": (
        "file_doctype",
        lambda: archive({"xl/workbook.xml": noise("<!--{}-->", 100_000) + "<!DOCTYPE x [<!ENTITY x 'x'>]><workbook/>"}),
    ),
    "merged cells without end": (
        "file_merges",
        lambda: raw_xlsx(one_cell("A1"), after=noise('<mergeCell ref="A1:B2"/><!--{}-->', 100_000)),
    ),
    "macros": ("file_macros", lambda: raw_xlsx(one_cell("A1"), more={"xl/vbaProject.bin": b""})),
    "macros of an old workbook": ("file_macros", lambda: OLE + "_VBA_PROJECT_CUR".encode("utf-16-le")),
    "a password": ("file_locked", lambda: OLE + "EncryptedPackage".encode("utf-16-le")),
    "encrypted members": ("file_locked", locked),
    "an old text document": ("file_kind", lambda: OLE + "WordDocument".encode("utf-16-le")),
    "a text document": ("file_kind", lambda: archive({"word/document.xml": "<document/>"})),
    "a photo": ("file_kind", lambda: b"\x89PNG\r\n\x1a\n" + bytes(100)),
    "a page without a table": ("file_kind", lambda: b"<html><body><p>&nbsp;</p></body></html>"),
    "an XML spreadsheet": (
        "file_xml",
        lambda: b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
    ),
    "half a workbook": ("file_broken", lambda: xlsx_of([["名称", "级别"]] * 50)[:4000]),
    "a sheet cut short": ("file_broken", lambda: raw_xlsx('<row r="1"><c r="A1"><v>1', before="<!--")),
    "half an old workbook": ("file_kind", lambda: xls_of([["名称"]] * 500)[:3000]),
    "an old workbook with nothing in it": ("file_broken", lambda: OLE + "Workbook".encode("utf-16-le")),
    "text in Shift-JIS": ("file_encoding", lambda: "級別,名称\n｡,ﾟ\n".encode("shift-jis")),
    "text that ends inside a character": ("file_encoding", lambda: "名称,级别".encode()[:-1] + b"\xff"),
    "a zero byte": ("file_nul", lambda: b"a,b\n\x001,2\n"),
    "a quotation mark never closed": ("file_cell", lambda: ('名称,级别\n"' + "长" * 40_000).encode()),
    "a cell of HTML without end": ("file_cell", lambda: ("<table><tr><td>" + "长" * 40_000).encode()),
    "a cell of HTML across a million columns": ("file_wide", lambda: b"<table><tr><td colspan=1000000>1</table>"),
    "too large": ("file_size", lambda: b"1,2\n" * 6_000_000),
    "nothing": ("file_empty", lambda: b""),
}
