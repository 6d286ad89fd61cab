"""Files that other programs write: old workbooks with errors, locks and their own calendar, OpenDocument, parts that
nobody reads, NULs at the end of a text."""

import zipfile
from io import BytesIO

import openpyxl
import pytest
import xlsxwriter
import xlwt
from openpyxl.styles import PatternFill

from registry.loading.files.reading import read_file, rows_of
from registry.loading.files.xls_scan import scan_xls
from registry.text.refusals import Refused
from tests.registry.test_loading_files import checked, refusals

HEADINGS = ["示范点名称", "所属乡镇", "党组织名称", "所属领域", "示范点级别", "党组织书记", "党员人数"]
ROW = ["测试党建示范点", "唐坊镇", "测试党支部", "农村", "区级", "某某", 36]
ERRORS = {"#DIV/0!": 0x07, "#N/A": 0x2A}
ODS = "application/vnd.oasis.opendocument.spreadsheet"


def cells_of(data: bytes, name: str, tmp_path) -> list[list]:
    path, rows = tmp_path / name, tmp_path / "rows"
    path.write_bytes(data)
    read_file(path, name, rows)
    return [row.cells for _offset, row in rows_of(rows)]


def refusal_of(data: bytes, name: str, tmp_path) -> Refused:
    with pytest.raises(Refused) as refused:
        cells_of(data, name, tmp_path)
    assert str(refused.value)
    return refused.value


def xls(*rows, from_1904: bool = False) -> bytes:
    book = xlwt.Workbook()
    book.dates_1904 = from_1904
    book.add_sheet("空")
    sheet = book.add_sheet("台账")
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            if cell in ERRORS:
                sheet.row(number).set_cell_error(column, ERRORS[cell])
            else:
                sheet.write(number, column, cell)
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def xlsx(*rows, **options) -> bytes:
    written = BytesIO()
    with xlsxwriter.Workbook(written, options) as book:
        sheet = book.add_worksheet("台账")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return written.getvalue()


def with_part(data: bytes, name: str, content: bytes) -> bytes:
    written = BytesIO(data)
    with zipfile.ZipFile(written, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return written.getvalue()


@pytest.mark.parametrize("rows", [1, 400], ids=["in the small stream", "in the big stream"])
def test_an_error_in_an_old_workbook_is_an_error(rows, tmp_path):
    cells = cells_of(xls(HEADINGS, *[ROW] * rows, [*ROW[:-1], "#DIV/0!"], ["#N/A"]), "台账.xls", tmp_path)
    assert (cells[-2][-1], cells[-1]) == ({"e": "#DIV/0!"}, [{"e": "#N/A"}])


def test_a_row_with_an_error_in_an_old_workbook_is_refused_with_its_cell(sample, clerk_tangfang):
    load = checked(xls(HEADINGS, [*ROW[:-1], "#N/A"]), clerk_tangfang, "台账.xls")
    assert refusals(load) == {2: [("G2", "error_cell")]}


def test_what_is_no_compound_file_is_left_to_the_library():
    for data in (b"", b"\xd0\xcf\x11\xe0" + bytes(600), xls(HEADINGS)[:700], xls(HEADINGS)[:512] + b"\xff" * 4000):
        assert scan_xls(data).errors == {}


def test_a_workbook_locked_as_old_programs_do_is_said_to_be_locked(tmp_path):
    data = xls(HEADINGS, ROW)
    globals_end = data.index(b"\x85\x00", 512)  # the lock stands before the list of sheets
    stamped = data[:globals_end] + b"\x2f\x00" + data[globals_end + 2 :]
    assert refusal_of(stamped, "台账.xls", tmp_path).code == "file_locked"


@pytest.mark.parametrize(("book", "name"), [(xls, "台账.xls"), (xlsx, "台账.xlsx")])
def test_plain_numbers_of_days_follow_the_calendar_of_the_workbook(book, name, sample, old_ledgers, administrator):
    option = {"from_1904": True} if book is xls else {"date_1904": True}
    headings, row = [*HEADINGS, "命名时间", "命名文号", "等次"], [*ROW, 44378 - 1462, "测试〔2021〕1号", "精品"]
    load = checked(book(headings, row, **option), administrator, name)
    assert load.rows.get().changes["valid_from"] == [None, "2021-07-01"]


def test_parts_that_nobody_reads_may_be_anything(tmp_path):
    data = with_part(xlsx(HEADINGS, ROW), "customXml/item1.xml", "<?xml version='1.0'?><!DOCTYPE a>".encode("utf-16"))
    data = with_part(data, "xl/empty.xml", b"")
    assert len(cells_of(data, "台账.xlsx", tmp_path)) == 2


def test_a_coloured_cell_far_out_is_no_content(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(HEADINGS)
    for row, column in ((1_048_576, 16_384), (5, 300), (200_000, 1)):
        book.active.cell(row, column).fill = PatternFill("solid", fgColor="FFFF00")
    written = BytesIO()
    book.save(written)
    assert cells_of(written.getvalue(), "台账.xlsx", tmp_path) == [HEADINGS]


def ods(*rows) -> bytes:
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    lines = "".join(f"<table:table-row>{''.join(map(cell.format, row))}</table:table-row>" for row in rows)
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    written = BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("mimetype", ODS)
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0"?><office:document-content {names}><office:body><office:spreadsheet>'
            f'<table:table table:name="台账">{lines}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return written.getvalue()


def test_an_opendocument_spreadsheet_is_read(sample, clerk_tangfang):
    load = checked(ods(HEADINGS, ROW), clerk_tangfang, "台账.ods")
    assert (load.state, load.new, load.sheets[0]["name"]) == ("ready", 1, "台账")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', "file_xml"),
        (with_part(xlsx(HEADINGS), "xl/workbook.bin", b"x"), "file_xlsb"),
        (ods()[:300], "file_broken"),
    ],
)
def test_other_spreadsheets_are_refused_with_the_way_out(data, code, tmp_path):
    assert refusal_of(data, "台账", tmp_path).code == code


def test_nuls_at_the_end_of_a_text_are_left_out(tmp_path):
    text = "示范点名称,所属乡镇\r\n甲,唐坊镇\r\n"
    assert cells_of(text.encode() + bytes(7), "台账.csv", tmp_path) == [["示范点名称", "所属乡镇"], ["甲", "唐坊镇"]]
    refusal = refusal_of(f"{text}乙\0,唐坊镇\r\n".encode(), "台账.csv", tmp_path)
    assert (refusal.code, refusal.details["row"]) == ("file_nul", 3)
    assert refusal_of(b"\x01\x00\x02\x00 binary", "台账.csv", tmp_path).code == "file_kind"
