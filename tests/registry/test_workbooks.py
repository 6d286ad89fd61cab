"""Workbooks that go out to be filled in or mended, and come back."""

from collections import Counter
from io import BytesIO

import openpyxl
import pytest
from openpyxl.styles import Font

from registry.loading.sheet_types import SHEET_TYPES, kinds_for
from registry.loading.templates import EXPLANATION, LISTS, may_be_filled, template
from registry.loading.workbooks import refused_workbook
from registry.models import DemonstrationPoint
from tests.factories import load_rows
from tests.loading_examples import EXAMPLES

from .test_loading_files import applied, checked

TANGFANG = "130207108"


def book(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(BytesIO(content))


def rows_in(sheet, header: int) -> list[dict[str, str]]:
    """The rows below the row of headings, as {heading: text}."""
    headings, *rows = sheet.iter_rows(min_row=header, values_only=True)
    return [dict(zip(headings, ("" if cell is None else str(cell) for cell in row), strict=True)) for row in rows]


def verdicts(load) -> Counter:
    return Counter(load.rows.values_list("verdict", flat=True))


def warnings(load) -> Counter:
    return Counter(message["code"] for row in load.rows.all() for message in row.messages)


def test_a_filled_template_that_is_loaded_back_changes_nothing(scope, administrator):
    load = checked(template("point", administrator, filled=True), administrator, kind="")
    assert verdicts(load) == {"same": DemonstrationPoint.objects.unscoped("test").count()}
    assert warnings(load) == {}
    assert [sheet["skipped"] for sheet in load.sheets] == ["", "explanation", "hidden"]


@pytest.mark.parametrize("slug", sorted(slug for slug, kind in SHEET_TYPES.items() if may_be_filled(kind)))
def test_what_the_registry_holds_of_a_kind_comes_back_the_same(slug, sample, administrator):
    rows = rows_in(book(template(slug, administrator, filled=True)).worksheets[0], header=2)
    load = load_rows(slug, *rows, by=administrator)
    assert len(rows) > 0 or not SHEET_TYPES[slug].model._base_manager.exists()
    assert verdicts(load) == ({"same": len(rows)} if rows else {})


@pytest.mark.parametrize("slug", sorted(slug for slug, kind in SHEET_TYPES.items() if kind.by_clerks))
def test_what_a_clerk_is_handed_is_the_clerks_to_send_back(slug, sample, clerk_tangfang, administrator):
    EXAMPLES[slug].before() if slug in EXAMPLES else None
    rows, whole = (
        rows_in(book(template(slug, who, filled=True)).worksheets[0], header=2)
        for who in (clerk_tangfang, administrator)
    )
    assert 0 < len(rows) < len(whole)
    assert verdicts(load_rows(slug, *rows, by=clerk_tangfang)) == {"same": len(rows)}


def test_a_clerks_filled_template_holds_the_own_township_and_no_telephone(sample, clerk_tangfang):
    rows = rows_in(book(template("point", clerk_tangfang, filled=True)).worksheets[0], header=2)
    points = DemonstrationPoint.objects.unscoped("test").in_area(TANGFANG)
    assert {row["编号"] for row in rows} == set(points.values_list("code", flat=True))
    assert {row["联系电话"] for row in rows} == {""}
    assert verdicts(load_rows("point", *rows, by=clerk_tangfang)) == {"same": points.count()}


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_the_export_of_a_list_that_is_loaded_back_changes_nothing(file_format, scope, client, administrator):
    point = DemonstrationPoint.objects.public().get(code="FN-0001")
    DemonstrationPoint.objects.public().filter(pk=point.pk).update(name="=1+1党建示范点")
    client.force_login(administrator)
    answer = client.get("/points/", {"format": file_format, "as_of": scope.as_of.isoformat()})
    load = checked(b"".join(answer.streaming_content), administrator, f"points.{file_format}")
    assert verdicts(load) == {"same": DemonstrationPoint.objects.public().named(scope.as_of).count()}
    assert warnings(load) == {}
    assert [column["heading"] for column in load.sheets[0]["columns"] if not column["field"]] == ["标记"]


LEDGER = (
    ["唐坊镇示范点台账"],
    ["序号", "所属乡镇", "示范点名称", "党组织名称", "所属领域", "示范点级别", "等次", "书记", "联系电话", "命名时间",
     "命名文号"],
    [1, "唐坊镇", "甲党建示范点", "甲党支部", "农村", "区级", "精品", "示例书记", "", "2021年7月", "示1号"],
    [2, "唐坊镇", "乙党建示范点", "乙党支部", "农村", "区级", "最好", "示例书记", "13900000000", "2021年7月", "示1号"],
    [3, "唐坊镇", "=丙党建示范点", "丙党支部", "农村", "", "示范", "示例书记", "", "2021年7月", "示1号"],
    ["合计", "", "3"],
)  # fmt: skip


def ledger(file_format: str) -> bytes:
    """A ledger of three sites, of which the second and third are refused, under a title and with a bold heading."""
    if file_format == "csv":
        return "\n".join(",".join(map(str, row)) for row in LEDGER).encode("gb18030")
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = "示范点"
    for number, row in enumerate(LEDGER, start=1):
        for at, value in enumerate(row, start=1):
            cell = sheet.cell(number, at, value)
            cell.data_type = "s" if isinstance(value, str) else "n"
            cell.font = Font(bold=number == 2, italic=number == 4)
    sheet.merge_cells("B3:B5")
    made.create_sheet("草稿纸").append(["随便写写"])
    written = BytesIO()
    made.save(written)
    return written.getvalue()


@pytest.mark.parametrize(("file_format", "header"), [("xlsx", 2), ("csv", 1)])
def test_refused_rows_come_back_with_their_reasons_and_mended_load_what_was_missing(
    file_format, header, sample, administrator, old_ledgers
):
    load = applied(checked(ledger(file_format), administrator, f"台账.{file_format}"))
    assert verdicts(load) == {"new": 1, "refused": 2}
    made = book(refused_workbook(load))
    [sheet] = made.worksheets
    first, second = rows_in(sheet, header)
    assert (first["示范点名称"], second["示范点名称"]) == ("乙党建示范点", "=丙党建示范点")
    assert (first["所属乡镇"], first["联系电话"]) == ("唐坊镇", "13900000000")
    assert first["原因"].startswith("等次：“最好”") and second["原因"] == "示范点级别：此项必填，请填写。"
    bad = sheet.cell(header + 1, 7)
    assert (bad.value, bad.comment.text in first["原因"], bad.fill.fgColor.rgb[-6:]) == ("最好", True, "FBE3E4")
    assert sheet.cell(header + 2, 3).data_type == "s"
    bad.value, sheet.cell(header + 2, 6).value = "示范", "区级"
    sheet.cell(header + 2, 3).data_type = "s"
    written = BytesIO()
    made.save(written)
    again = applied(checked(written.getvalue(), administrator, "台账.xlsx"))
    assert verdicts(again) == {"new": 2}
    assert DemonstrationPoint.objects.unscoped("test").filter(name__endswith="丙党建示范点").count() == 1


def test_an_own_workbook_keeps_its_look_and_gets_one_column_of_reasons_however_often(
    sample, administrator, old_ledgers
):
    once = refused_workbook(checked(ledger("xlsx"), administrator))
    twice = refused_workbook(checked(once, administrator))
    for made in (book(once), book(twice)):
        [sheet] = made.worksheets
        assert (sheet.title, sheet["A1"].value, sheet["A2"].font.bold, sheet["A3"].font.italic) == (
            "示范点", "唐坊镇示范点台账", True, True
        )  # fmt: skip
        assert [cell.value for cell in sheet[2]].count("原因") == 1
        assert sheet.max_row == 4


def test_a_template_has_pick_lists_notes_and_locked_codes(sample, clerk_tangfang):
    made = book(template("point", clerk_tangfang))
    sheet = made.worksheets[0]
    assert (made.sheetnames[1:], made[LISTS].sheet_state) == ([EXPLANATION, LISTS], "hidden")
    headings = {cell.value: cell for cell in sheet[2]}
    named, code, township = headings["示范点名称*"], headings["编号"], headings["所属乡镇(街道)*"]
    assert sheet.protection.sheet
    locked = [dimension.max for dimension in sheet.column_dimensions.values() if dimension.protection.locked]
    assert locked == [code.column]
    assert named.comment.text.startswith("必填。")
    lists = {str(rule.sqref).split(":")[0][:-1]: rule.formula1 for rule in sheet.data_validations.dataValidation}
    at = township.column_letter
    assert lists[at] == f"'{LISTS}'!${at}$1:${at}$1"
    assert made[LISTS][f"{at}1"].value == "唐坊镇"


@pytest.mark.parametrize("slug", sorted(SHEET_TYPES))
def test_every_column_is_explained_and_takes_its_own_example(sample, administrator, slug):
    explained = rows_in(book(template(slug, administrator))[EXPLANATION], header=1)
    columns = {column.heading: column for column in SHEET_TYPES[slug].columns}
    assert [row["列"] for row in explained] == [
        name for name in columns if name not in ("序号", "所属区县")
    ]  # a district needs no column for its own name
    for row in explained:
        assert not row["示例"] or columns[row["列"]].read(row["示例"]) is not None


def test_the_kinds_of_a_clerk_are_those_a_township_keeps(clerk_tangfang, reviewer, administrator):
    assert set(kinds_for(clerk_tangfang)) == {slug for slug, kind in SHEET_TYPES.items() if kind.by_clerks}
    assert set(kinds_for(administrator)) == set(SHEET_TYPES) - set(kinds_for(reviewer))
    assert kinds_for(reviewer) == ["scheme-score"]
