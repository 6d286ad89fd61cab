"""Workbooks that are written while they are sent."""

from datetime import date
from decimal import Decimal
from io import BytesIO

from openpyxl import load_workbook

from registry.loading.export import batched
from registry.text.workbook_stream import column_letters, stream_workbook

HEADING = ["名称", "数", "日期", "约", "标记"]
EXACT = [True, True, True, False, True]


def cells_of(*rows: list, title: str = "示范点") -> list[list]:
    book = load_workbook(BytesIO(b"".join(stream_workbook(title, ["说明"], HEADING, batched(rows), EXACT))))
    return [[cell.value for cell in row] for row in book.active.iter_rows(min_row=3)]


def test_numbers_and_exact_days_are_written_as_such_and_all_else_as_text():
    day = date(2021, 7, 1)
    [row] = cells_of(["=1+1 <&> 村", Decimal("12.50"), day, day, ""])
    assert (row[0], row[1], row[2].date(), row[3], row[4]) == ("=1+1 <&> 村", 12.5, day, "2021-07-01", None)
    assert cells_of([" 首尾 ", 0, date(1899, 1, 1), None, "x\x0b"])[0][:3] == [" 首尾 ", 0, "1899-01-01"]


def test_every_row_of_every_batch_is_there_in_order():
    rows = cells_of(*([f"点{number}", number, None, None, "示意"] for number in range(1200)))
    assert [row[1] for row in rows] == list(range(1200))


def test_a_title_that_a_sheet_may_not_have_is_made_one():
    book = load_workbook(BytesIO(b"".join(stream_workbook("甲/乙[1]:*?" + "长" * 40, [], HEADING, [], EXACT))))
    assert len(book.active.title) == 31 and book.active["A2"].font.bold


def test_the_first_bytes_leave_before_the_first_row_is_asked_for():
    asked = []

    def rows():
        asked.append("first")
        yield [["甲", 1, None, None, ""]]

    chunks = stream_workbook("示范点", [], HEADING, rows(), EXACT)
    assert next(chunks).startswith(b"PK") and asked == []
    assert b"".join(chunks) and asked == ["first"]


def test_columns_are_named_as_spreadsheets_name_them():
    assert [column_letters(number) for number in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
