"""What people send becomes rows, whatever made the file; what would harm is refused with its reason."""

import socket
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import pytest

from registry import sandbox
from registry.loading.files import reading
from registry.loading.files.limits import LAST_ROW, MOST_COLUMNS
from registry.loading.files.reading import RawRow, read_file, rows_of
from registry.text.refusals import Refused

from . import sheets
from .sheets import HOSTILE, html_of, one_cell, raw_xlsx, read, text_of_rows, xls_of, xlsx, xlsx_of

NAMES = [[f"{rare}家庄{number}", f"{number}{rare}"] for number in range(67) for rare in "䶮㛃𠮷"][:200]
TELLS_ITS_PEAK = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL);"
    "used = resource.getrusage(resource.RUSAGE_CHILDREN);"
    "print(used.ru_utime + used.ru_stime, used.ru_maxrss // 1024)"
)


@pytest.mark.parametrize(
    ("kind", "encoding", "content"),
    [
        ("xlsx", "", xlsx_of(NAMES)),
        ("xls", "", xls_of(NAMES)),
        ("csv", "utf-8", text_of_rows(NAMES).encode()),
        ("csv", "utf-8-sig", text_of_rows(NAMES).encode("utf-8-sig")),
        ("csv", "gb18030", text_of_rows(NAMES).encode("gb18030")),
        ("csv", "utf-16", text_of_rows(NAMES).encode("utf-16")),
        ("csv", "utf-8", text_of_rows(NAMES, ";").encode()),
        ("tsv", "utf-16", text_of_rows(NAMES, "\t").encode("utf-16")),
        ("html", "utf-8", html_of(NAMES).encode()),
        ("html", "gb18030", html_of(NAMES).encode("gb18030")),
    ],
)
def test_rare_characters_come_through_every_kind_of_file(tmp_path, kind, encoding, content):
    [sheet], rows = read(tmp_path, content, "名册.xls")
    assert list(rows.values()) == NAMES
    assert (sheet.kind, sheet.encoding, sheet.rows, sheet.columns) == (kind, encoding, 200, 2)


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_refused_with_its_reason_and_leaves_nothing(tmp_path, what):
    code, make = HOSTILE[what]
    with pytest.raises(Refused) as refusal:
        read(tmp_path, make(), "来件.xlsx")
    assert refusal.value.code == code
    assert "来件.xlsx" in str(refusal.value)
    assert [path.name for path in tmp_path.iterdir()] == ["sent"]


@pytest.mark.parametrize(
    "what", ["a bomb of zeros", "two million rows", "one million columns", "more cells than memory",
             "a long text in many cells", "an old sheet to its last cell"]
)  # fmt: skip
def test_a_refusal_costs_less_than_ten_seconds_and_300_mb(tmp_path, what):
    (tmp_path / "sent").write_bytes(HOSTILE[what][1]())
    child = [
        sys.executable,
        "-m",
        "registry.loading.files.reader_process",
        tmp_path / "sent",
        "来件.xlsx",
        tmp_path / "rows",
    ]
    process = subprocess.run(
        [sys.executable, "-c", TELLS_ITS_PEAK, *child], cwd=sandbox.ROOT, capture_output=True, check=True
    )
    seconds, megabytes = map(float, process.stdout.split())  # of the processor: a busy machine is not the file's fault
    assert seconds < 10
    assert 1 < megabytes < 300


def test_a_file_that_takes_too_long_is_stopped_and_nothing_is_left(tmp_path, monkeypatch):
    started = []

    class Watched(subprocess.Popen):
        def __init__(self, *args, **options):
            super().__init__(*args, **options)
            started.append(self)

    monkeypatch.setattr(sandbox.subprocess, "Popen", Watched)
    monkeypatch.setattr(reading, "seconds_for", lambda size: 0.01)
    with pytest.raises(Refused) as refusal:
        read(tmp_path, xlsx_of(NAMES))
    assert refusal.value.code == "file_slow"
    assert [child.returncode for child in started] == [-9]
    assert [path.name for path in tmp_path.iterdir()] == ["sent"]


def test_what_a_workbook_links_to_is_not_fetched(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        target = f"http://127.0.0.1:{server.getsockname()[1]}/other.xlsx"
        links = (
            f'<Relationships xmlns="{sheets.PACKAGE}"><Relationship Id="r1" Type="{sheets.OFFICE}/externalLinkPath" '
            f'Target="{target}" TargetMode="External"/></Relationships>'
        )
        content = raw_xlsx(
            one_cell("A1", "<f>[1]Sheet1!A1</f><v>7</v>"),
            more={"xl/externalLinks/_rels/externalLink1.xml.rels": links},
        )
        _sheets, rows = read(tmp_path, content)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert rows == {1: [{"v": 7.0, "f": True}]}


def test_cells_keep_what_they_are(tmp_path):
    def write(book):
        sheet = book.add_worksheet()
        day, moment = (book.add_format({"num_format": form}) for form in ("yyyy-mm-dd", "yyyy-mm-dd hh:mm"))
        sheet.write_row(1, 1, ["文", 1.5, True, False])
        sheet.write_datetime(1, 5, datetime(2021, 7, 1), day)
        sheet.write_datetime(1, 6, datetime(2021, 7, 1, 10), moment)
        sheet.write_number(3, 0, 13912345678)

    [sheet], rows = read(tmp_path, xlsx(write))
    expected = [None, "文", 1.5, {"b": True}, {"b": False}, {"d": "2021-07-01"}, {"t": "2021-07-01T10:00:00"}]
    assert rows == {2: expected, 4: [13912345678.0]}
    assert (sheet.rows, sheet.columns) == (4, 7)


def test_an_empty_column_on_the_left_keeps_its_place(tmp_path):
    assert read(tmp_path, raw_xlsx(one_cell("C3")))[1] == {3: [None, None, 1.0]}


@pytest.mark.parametrize("since_1904", [False, True])
def test_days_come_right_in_both_reckonings(tmp_path, since_1904):
    def write(book):
        book.add_worksheet().write_datetime(0, 0, datetime(2021, 7, 1), book.add_format({"num_format": "yyyy/m/d"}))

    assert read(tmp_path, xlsx(write, date_1904=since_1904))[1] == {1: [{"d": "2021-07-01"}]}
    assert read(tmp_path, xls_of([[date(2021, 7, 1)]], dates_1904=since_1904))[1] == {1: [{"d": "2021-07-01"}]}


@pytest.mark.parametrize(
    ("inside", "kind", "cell"),
    [
        ("<f>SUM(B1:B3)</f><v>6</v>", "", {"v": 6.0, "f": True}),
        ("<f>SUM(B1:B3)</f>", "", {"f": "=SUM(B1:B3)"}),
        ("<f>A2&amp;B2</f><v></v>", "", {"f": "=A2&B2"}),
        ('<f t="shared" si="0"/><v>6</v>', "", {"v": 6.0, "f": True}),
        ("<f>IF(B1,1,0)</f><v>是</v>", ' t="str"', {"v": "是", "f": True}),
        ('<f>IF(B1,1,"")</f><v></v>', ' t="str"', {"v": None, "f": True}),
        ("<v>#REF!</v>", ' t="e"', {"e": "#REF!"}),
        ("<f>1/0</f><v>#DIV/0!</v>", ' t="e"', {"e": "#DIV/0!"}),
        ("<v>1e999</v>", "", {"e": "#NUM!"}),
    ],
)
def test_formulas_and_errors_are_told_apart_from_values(tmp_path, inside, kind, cell):
    assert read(tmp_path, raw_xlsx(one_cell("A1", inside, kind)))[1] == {1: [cell]}


def test_a_formula_is_found_wherever_its_writer_puts_a_prefix(tmp_path):
    prefixed = '<x:row r="2"><x:c r="B2"><x:f>C2</x:f></x:c><x:c r="C2"><x:v>5</x:v></x:c></x:row>'
    content = raw_xlsx("", more={"xl/worksheets/sheet1.xml": (
        f'<x:worksheet xmlns:x="{sheets.MAIN}"><x:sheetData>{prefixed}</x:sheetData></x:worksheet>'
    )})  # fmt: skip
    assert read(tmp_path, content)[1] == {2: [None, {"f": "=C2"}, 5.0]}


def test_the_words_of_an_error_are_an_error_in_text_too(tmp_path):
    assert read(tmp_path, "村名,收入\n#REF!,#N/A\n".encode(), "收入.csv")[1][2] == [{"e": "#REF!"}, {"e": "#N/A"}]


def test_what_looks_like_a_formula_in_text_stays_text(tmp_path):
    assert read(tmp_path, b"=1+2,@a\n", "a.csv")[1] == {1: ["=1+2", "@a"]}


def test_merged_ranges_and_hidden_sheets_are_told(tmp_path):
    def write(book):
        visible, hidden = book.add_worksheet("农村"), book.add_worksheet("旧表")
        visible.merge_range(1, 0, 3, 1, "唐坊镇")
        hidden.write(0, 0, "不读")
        hidden.hide()

    [visible, hidden], rows = read(tmp_path, xlsx(write))
    assert (visible.name, visible.hidden, visible.merged) == ("农村", False, [[2, 0, 4, 1]])
    assert (hidden.name, hidden.hidden, hidden.rows) == ("旧表", True, 0)
    assert rows == {2: ["唐坊镇"]}


def test_spans_of_html_are_merged_ranges_and_keep_the_columns(tmp_path):
    page = (
        "<table><tr><td rowspan=2>乡镇<td colspan=2>党组织<tr><td>书记<td>党员<br>人数"
        "<tr><td>唐坊镇<td>王&amp;李<td><table><tr><td>3</table></table>"
    )
    [sheet], rows = read(tmp_path, page.encode("gb18030"), "上报.xls")
    assert sheet.merged == [[1, 0, 2, 0], [1, 1, 1, 2]]
    assert rows == {1: ["乡镇", "党组织"], 2: [None, "书记", "党员\n人数"], 3: ["唐坊镇", "王&李", "3"]}


def test_coloured_cells_far_out_are_no_reason_to_refuse(tmp_path):
    coloured = '<row r="1048576"><c r="XFD1048576" s="0"/></row>'
    assert read(tmp_path, raw_xlsx(one_cell("A1") + coloured))[1] == {1: [1.0]}


def test_the_last_row_and_column_allowed_are_read(tmp_path):
    last = one_cell(f"GR{LAST_ROW}")
    assert read(tmp_path, raw_xlsx(last))[1] == {LAST_ROW: [None] * (MOST_COLUMNS - 1) + [1.0]}


def test_text_keeps_line_breaks_inside_quotation_marks_and_counts_rows_as_people_do(tmp_path):
    content = '名称;备注\r\n\r\n"甲\n乙";"1,5"\r\n'.encode()
    assert read(tmp_path, content, "a.csv")[1] == {1: ["名称", "备注"], 3: ["甲\n乙", "1,5"]}


def test_brackets_and_quotation_marks_in_a_cell_do_not_disturb_its_neighbours(tmp_path):
    rows = [['["', "", ']],[0,"', "\x1f"], ["", '""', "[", "末"]]
    read_rows = read(tmp_path, text_of_rows(rows).encode(), "a.csv")[1]
    assert read_rows == {1: ['["', None, ']],[0,"', "\x1f"], 2: [None, '""', "[", "末"]}


def test_rows_can_be_taken_up_again_from_any_of_them(tmp_path):
    (tmp_path / "sent").write_bytes(text_of_rows(NAMES).encode())
    read_file(tmp_path / "sent", "a.csv", tmp_path / "rows")
    everything = list(rows_of(tmp_path / "rows"))
    offset, row = everything[99]
    assert row == RawRow(0, 100, NAMES[99])
    assert list(rows_of(tmp_path / "rows", offset)) == everything[100:]


def test_reading_text_takes_no_more_memory_for_ten_times_the_rows(tmp_path):
    def peak(times: int) -> int:
        path = Path(tmp_path / "sent")
        path.write_bytes(text_of_rows([["孔家庄村", number, "示范"] for number in range(times)]).encode())
        child = [sys.executable, "-m", "registry.loading.files.reader_process", path, "a.csv", tmp_path / "rows"]
        process = subprocess.run([sys.executable, "-c", TELLS_ITS_PEAK, *child], cwd=sandbox.ROOT, capture_output=True)
        return int(process.stdout.split()[1])

    assert peak(200_000) < 1.2 * peak(20_000)
