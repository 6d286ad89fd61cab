"""Tables on sheets made by hand are found by their headings, with their merged cells, totals and notes."""

import pytest

from registry.loading.files.reading import read_file
from registry.loading.files.tables import address, data_rows, find_tables, is_number, plain_heading, text_of, unit_of

from .sheets import html_of, text_of_rows, xlsx

HEADINGS_KNOWN = {"序号", "乡镇", "示范点名称", "级别", "书记", "党员人数", "创建资金", "备注"}
HEADINGS = ["序号", "乡镇*", "示范点名称*", "级别"]
POINT = [1, "唐坊镇", "孔家庄村党支部", "区级"]


@pytest.fixture
def tables_of(tmp_path):
    """Writes sheets into a workbook, reads it, and finds its tables: {name: rows}, merged ranges by name."""

    def find(sheets, merged=(), hidden=(), **options):
        def write(book):
            for name, rows in sheets.items():
                sheet = book.add_worksheet(name)
                for number, row in enumerate(rows):
                    sheet.write_row(number, 0, row)
                for ranged in merged:
                    sheet.merge_range(*ranged)
                if name in hidden:
                    sheet.hide()

        (tmp_path / "sent").write_bytes(xlsx(write))
        sheets = read_file(tmp_path / "sent", "名册.xlsx", tmp_path / "rows")
        return find_tables(sheets, tmp_path / "rows", HEADINGS_KNOWN, **options)

    return find


@pytest.fixture
def rows(tmp_path):
    return lambda table, **options: list(data_rows(table, tmp_path / "rows", **options))


def test_headings_are_found_below_a_title_and_a_line_of_who_reports(tables_of, rows):
    [table] = tables_of({"农村": [["党建示范点汇总表"], ["填报单位：唐坊镇", "", "填报时间：2021.7"], HEADINGS, POINT]})
    assert (table.header_rows, table.first_data_row) == ((3, 3), 4)
    assert table.headings == dict(enumerate(HEADINGS))
    assert [(row.number, row.cells) for row in rows(table)] == [(4, dict(enumerate(POINT)))]


def test_headings_below_the_tenth_row_are_not_sought(tables_of):
    sheet = [["说一说"]] * 10 + [HEADINGS]
    assert [table.skipped for table in tables_of({"表": sheet})] == ["no_headings"]
    assert [table.header_rows for table in tables_of({"表": sheet[1:]})] == [(10, 10)]


def test_two_rows_of_headings_are_joined_under_their_merged_top(tables_of):
    top = ["序号", "乡镇", "党组织情况", "", "备注"]
    bottom = ["", "", "书记", "党员人数"]
    merged = [(1, 0, 2, 0, "序号"), (1, 1, 2, 1, "乡镇"), (1, 2, 1, 3, "党组织情况"), (1, 4, 2, 4, "备注")]
    [table] = tables_of({"表": [["汇总表"], top, bottom, [1, "唐坊镇", "王某", 32]]}, [(0, 0, 0, 4, "汇总表"), *merged])
    assert (table.header_rows, table.first_data_row) == ((2, 3), 4)
    assert table.headings == {0: "序号", 1: "乡镇", 2: "党组织情况/书记", 3: "党组织情况/党员人数", 4: "备注"}
    assert table.merged == []


def test_a_row_of_data_is_not_taken_for_a_second_row_of_headings(tables_of):
    [table] = tables_of({"表": [HEADINGS, ["", "", "孔家庄村党支部"]]})
    assert (table.header_rows, table.headings) == ((1, 1), dict(enumerate(HEADINGS)))


def test_a_sheet_of_one_column_needs_one_heading(tables_of):
    assert tables_of({"名单": [["示范点名称"], ["孔家庄村"]]})[0].headings == {0: "示范点名称"}
    assert tables_of({"名单": [["示范点名称", "甲"], ["孔家庄村", "乙"]]})[0].skipped == "no_headings"


def test_the_same_heading_twice_is_kept_with_both_columns(tables_of):
    assert tables_of({"表": [["乡镇", "级别", "乡镇"]]})[0].headings == {0: "乡镇", 1: "级别", 2: "乡镇"}


def test_sheets_that_hold_no_table_are_left_out_and_it_is_said_why(tables_of):
    table = [HEADINGS, POINT]
    sheets = {"农村": table, "填表说明": table, "乙": [["填表说明："]], "丙": [], "丁": table, "戊": [["甲"]]}
    assert {table.name: table.skipped for table in tables_of(sheets, hidden=["丁"])} == {
        "农村": "", "填表说明": "explanation", "乙": "explanation", "丙": "empty", "丁": "hidden", "戊": "no_headings",
    }  # fmt: skip


def test_a_row_of_headings_chosen_by_hand_counts_whatever_it_says(tables_of, rows):
    sheet = [["甲", "乙"], ["丙", "丁"], ["戊", "己"]]
    [table] = tables_of({"表": sheet}, header_row={0: 2})
    assert (table.skipped, table.header_rows, table.headings) == ("", (2, 2), {0: "丙", 1: "丁"})
    assert [row.cells for row in rows(table)] == [{0: "戊", 1: "己"}]


def test_merged_cells_are_filled_down_inside_their_range_and_no_further(tables_of, rows):
    sheet = [HEADINGS, [1, "", "甲"], [2, "", "乙"], [3, "", "丙"], [4, "", "丁"]]
    [table] = tables_of({"表": sheet}, [(1, 1, 3, 1, "唐坊镇")])
    assert [row.cells.get(1) for row in rows(table)] == ["唐坊镇", "唐坊镇", "唐坊镇", None]
    assert [row.filled for row in rows(table)] == [set(), {1}, {1}, set()]


def test_cells_and_rows_of_white_space_are_empty(tables_of, rows):
    [table] = tables_of({"表": [HEADINGS, [1, "\u3000", "\u00a0甲", " \n"], [" ", "\u200b"]]})
    assert [row.cells for row in rows(table)] == [{0: 1.0, 2: "\u00a0甲"}]


def test_merged_cells_are_filled_across(tables_of, rows):
    [table] = tables_of({"表": [HEADINGS, [1]]}, [(1, 2, 1, 3, "未定")])
    assert [(row.cells, row.filled) for row in rows(table)] == [({0: 1.0, 2: "未定", 3: "未定"}, {3})]


def test_work_taken_up_inside_a_merged_range_still_knows_its_value(tables_of, rows):
    sheet = [HEADINGS, *([number, "", f"点{number}"] for number in range(1, 8))]
    tables = tables_of({"甲": sheet, "乙": sheet}, [(1, 1, 5, 1, "唐坊镇"), (6, 1, 7, 1, "胥各庄镇")])
    for table in tables:
        first = rows(table, limit=3)
        further = rows(table, start=first[-1].offset_after)
        assert [row.cells[1] for row in first] == ["唐坊镇"] * 3
        assert [row.cells[1] for row in further] == ["唐坊镇", "唐坊镇", "胥各庄镇", "胥各庄镇"]
        assert [row.filled for row in further] == [{1}, {1}, set(), {1}]


@pytest.mark.parametrize("word", ["合计", "小计", "共计", "总计", "合 计", "总　计：", "唐坊镇小计"])
def test_rows_of_totals_are_marked(tables_of, rows, word):
    [table] = tables_of({"表": [HEADINGS, POINT, ["", word, 445]]})
    assert [row.is_total for row in rows(table)] == [False, True]


def test_a_total_is_sought_among_the_first_three_cells_only(tables_of, rows):
    [table] = tables_of({"表": [HEADINGS, [1, "唐坊镇", "甲", "合计"]]})
    assert [row.is_total for row in rows(table)] == [False]


@pytest.mark.parametrize(
    "line", [["填表说明：逐项填写"], ["注：1.级别以文件为准"], ["备注:"], ["填报人：王某", "审核人：李某"]]
)
def test_notes_at_the_end_are_marked(tables_of, rows, line):
    [table] = tables_of({"表": [HEADINGS, POINT, line]})
    assert [row.is_note for row in rows(table)] == [False, True]


def test_a_row_with_many_cells_is_no_note(tables_of, rows):
    [table] = tables_of({"表": [["备注", "乡镇", "示范点名称"], ["备注：新建", "唐坊镇", "甲"]]})
    assert [row.is_note for row in rows(table)] == [False]


def test_headings_repeated_on_every_page_are_no_rows(tables_of, rows):
    [table] = tables_of({"表": [HEADINGS, POINT, HEADINGS, POINT]})
    assert [row.number for row in rows(table)] == [2, 4]


def test_rows_of_text_and_of_pages_are_found_alike(tmp_path):
    for name, content in {"a.csv": text_of_rows([HEADINGS, POINT]), "a.xls": html_of([HEADINGS, POINT])}.items():
        (tmp_path / "sent").write_text(content)
        [table] = find_tables(read_file(tmp_path / "sent", name, tmp_path / "rows"), tmp_path / "rows", HEADINGS_KNOWN)
        [row] = data_rows(table, tmp_path / "rows")
        assert (table.headings, list(row.cells.values())) == (dict(enumerate(HEADINGS)), list(map(str, POINT)))


@pytest.mark.parametrize(
    ("text", "plain", "unit"),
    [
        ("示范点名称*", "示范点名称", ""),
        (" 党员\n人数 ", "党员人数", ""),
        ("创建资金（万元）", "创建资金", "万元"),
        ("金额(万元)*", "金额", "万元"),
        ("Ｎo．１", "No.1", ""),
        ("阵地面积(㎡)", "阵地面积", "m2"),
        ("乡镇(街道)", "乡镇", "街道"),
        ("（一）", "一", ""),
    ],
)
def test_headings_are_compared_bare_and_keep_their_unit(text, plain, unit):
    assert (plain_heading(text), unit_of(text)) == (plain, unit)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        ("文", "文"),
        (1.0, "1"),
        (13912345678.0, "13912345678"),
        (130207114201.0, "130207114201"),
        (35.06, "35.06"),
        (0.1 + 0.2, "0.3"),
        (118.086312345, "118.086312345"),
        (0.0000001, "0.0000001"),
        (-0.0, "0"),
        ({"d": "2021-07-01"}, "2021-07-01"),
        ({"b": True}, "是"),
        ({"b": False}, "否"),
        ({"e": "#REF!"}, "#REF!"),
        ({"f": "=SUM(A1)"}, "=SUM(A1)"),
        ({"v": 6.0, "f": True}, "6"),
        ({"v": None, "f": True}, ""),
        ({"v": True, "f": True}, "是"),
        ({"v": {"d": "2021-07-01"}, "f": True}, "2021-07-01"),
    ],
)
def test_a_cell_says_what_a_person_would_have_typed(cell, text):
    assert text_of(cell) == text


def test_only_numbers_are_numbers():
    cells = [1, 2.5, {"v": 3.0, "f": True}, "4", True, {"b": True}, {"d": "2021-07-01"}, {"v": True, "f": True}, None]
    assert [is_number(cell) for cell in cells] == [True, True, True, *[False] * 6]


def test_cells_are_named_as_spreadsheets_name_them():
    assert [address(column, 12) for column in (0, 2, 25, 26, 199, 701, 702)] == [
        "A12", "C12", "Z12", "AA12", "GR12", "ZZ12", "AAA12",
    ]  # fmt: skip
