"""A ledger as townships really send it, from the file to the registry: each messy case of STANDARDS section 5."""

from io import BytesIO
from typing import NamedTuple
from uuid import uuid4

import pytest
import xlsxwriter
import xlwt

from registry.actions.jobs import run_one
from registry.actions.records import save_record
from registry.figures import FIGURES
from registry.loading.lifecycle import apply_load, correct, send_load, undo_load
from registry.loading.lookups import stem_of
from registry.models import Area, AreaAlias, DemonstrationPoint, StatusPeriod

pytestmark = pytest.mark.usefixtures("old_ledgers")  # the ledgers hold titles
SITE = {
    "所属乡镇": "唐坊镇", "所属村": "", "示范点名称": "唐坊镇新立党建示范点", "党组织名称": "唐坊镇新立党支部",
    "所属领域": "农村", "示范点级别": "区级", "等次": "精品", "书记": "示例书记", "党员人数": 36,
    "命名时间": "2021年7月", "命名文号": "丰组字〔2021〕示1号",
}  # fmt: skip
HEADINGS = list(SITE)


def site(**changed) -> list:
    """The cells of one row; a column that SITE does not have stands behind the others."""
    return list((SITE | changed).values())


def workbook(*rows, merges=(), sheets=(), hidden=()) -> bytes:
    """An xlsx with `rows` in its first sheet, and in further sheets {name: rows}."""
    written = BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True, "strings_to_formulas": False}) as book:
        for name, content in {"农村": rows, **dict(sheets)}.items():
            page = book.add_worksheet(name)
            for number, row in enumerate(content):
                for column, cell in enumerate(row):
                    (page.write_formula if isinstance(cell, Formula) else page.write)(number, column, *cell_of(cell))
            if name in hidden:
                page.hide()
            for area in merges if name == "农村" else ():
                page.merge_range(*area)
    return written.getvalue()


class Formula(NamedTuple):
    text: str
    value: object


def cell_of(cell) -> tuple:
    return (cell.text, None, cell.value) if isinstance(cell, Formula) else (cell,)


def one(by, headings=HEADINGS, **changed):
    """The load of a ledger with one row, checked; and the row."""
    row = SITE | changed
    load = checked(workbook(list(row), list(row.values())), by)
    return load.rows.get()


def codes(row, level: str) -> list[tuple[str, str]]:
    return [(message["field"], message["code"]) for message in row.messages if message["level"] == level]


def checked(data: bytes, by, name="台账.xlsx", kind="point"):
    load = send_load(name, data, kind=kind, key=uuid4(), by=by)
    run_one(load.job_id)
    load.refresh_from_db()
    return load


def applied(load):
    load = apply_load(load, by=load.by)
    run_one(load.job_id)
    load.refresh_from_db()
    return load


def undone(load):
    load = undo_load(load, by=load.by)
    run_one(load.job_id)
    load.refresh_from_db()
    return load


def refusals(load) -> dict[int, list[tuple[str, str]]]:
    return {
        row.row: [
            (message["column"] + str(row.row), message["code"])
            for message in row.messages
            if message["level"] == "refused"
        ]
        for row in load.rows.filter(verdict="refused")
    }


def test_a_ledger_with_title_rows_and_totals_is_read_as_it_is(scope, administrator):
    before = FIGURES["points"].answer(scope).value
    data = workbook(
        ["丰南区党建示范点台账"], ["填报单位:唐坊镇", "", "填报时间:2021.12"], HEADINGS, site(),
        site(示范点名称="唐坊镇新立二号示范点"), ["合 计", "", "", "", "", "", "", "", 72], ["注:人数含预备党员"],
        merges=[(0, 0, 0, 10, "丰南区党建示范点台账")],
    )  # fmt: skip
    load = checked(data, administrator)
    assert (load.state, load.new, load.refused, refusals(load)) == ("ready", 2, 0, {})
    assert load.sheets[0]["totals"] == []
    assert applied(load).state == "applied"
    assert FIGURES["points"].answer(scope).value == before + 2
    assert undone(load).state == "undone"
    assert FIGURES["points"].answer(scope).value == before


def test_a_plain_list_of_a_clerk_is_one_of_points(sample, clerk_tangfang):
    headings = ["序号", "示范点名称", "所在村", "类型", "级别", "党组织", "负责人", "联系电话", "地址"]
    row = [1, SITE["示范点名称"], "", "农村", "区级", SITE["党组织名称"], "示例书记", "", "唐坊镇"]
    [sheet] = checked(workbook(["唐坊镇党建示范点情况表"], headings, row), clerk_tangfang, kind="").sheets
    fields = [column["field"] for column in sheet["columns"]]
    assert (sheet["kind"], fields[1:3]) == ("point", ["name", "village_or_unit"])


def test_a_total_that_does_not_add_up_is_said(sample, administrator):
    load = checked(workbook(HEADINGS, site(), ["合计", "", "", "", "", "", "", "", 40]), administrator)
    assert load.sheets[0]["totals"] == [{"cell": "I3", "field": "member_count", "said": "40", "sum": "36"}]
    assert load.total == 1


def test_a_heading_in_two_rows_is_joined(sample, administrator):
    top = [*HEADINGS[:7], "党组织情况", "", *HEADINGS[9:]]
    bottom = ["", "", "", "", "", "", "", "书记", "党员人数", "", ""]
    load = checked(workbook(top, bottom, site(), merges=[(0, 7, 0, 8, "党组织情况")]), administrator)
    assert {column["heading"]: column["field"] for column in load.sheets[0]["columns"][7:9]} == {
        "党组织情况/书记": "secretary", "党组织情况/党员人数": "member_count"
    }  # fmt: skip
    assert load.new == 1


def test_a_merged_cell_counts_for_its_rows_and_for_no_others(sample, administrator):
    rows = [site(示范点名称=f"唐坊镇新立{number}示范点", 所属乡镇="") for number in range(3)]
    load = checked(workbook(HEADINGS, *rows, merges=[(1, 0, 2, 0, "唐坊镇")]), administrator)
    assert refusals(load) == {4: [("A4", "required")]}
    assert load.new == 2


@pytest.mark.parametrize("typed", ["３６", " 36 ", "36人", "36.0", 36.0])
def test_a_number_is_read_however_it_was_typed(typed, sample, administrator):
    row = one(administrator, 党员人数=typed)
    assert (row.verdict, codes(row, "refused")) == ("new", [])


@pytest.mark.parametrize(
    ("typed", "since"),
    [
        ("2021.7", "2021-07"), (2021.7, "2021-07"), ("2021年7月", "2021-07"), ("2021/7/1", "2021-07-01"),
        (44378, "2021-07-01"), ("２０２１－０７－０１", "2021-07-01"), ("2021年", "2021"), ("2021.10", "2021-10"),
        ("2021.1", "2021-01"), ("2021年7月1号", "2021-07-01"), ("2021—07—01", "2021-07-01"), ("2021.7.", "2021-07"),
    ],
)  # fmt: skip
def test_a_day_keeps_the_precision_it_was_given_with(typed, since, sample, administrator):
    load = checked(workbook(HEADINGS, site(命名时间=typed)), administrator)
    applied(load)
    assert StatusPeriod.objects.get(point__name=SITE["示范点名称"]).since == since


@pytest.mark.parametrize("typed", [2021.1, 2021.10])
def test_a_month_that_may_be_january_or_october_is_refused(typed, sample, administrator):
    assert codes(one(administrator, 命名时间=typed), "refused") == [("named_on", "ambiguous_month")]


@pytest.mark.parametrize("typed", ["2021-02-30", "去年", "0021-01-01"])
def test_a_day_that_does_not_exist_is_refused(typed, sample, administrator):
    assert codes(one(administrator, 命名时间=typed), "refused")[0] == ("named_on", "not_a_day")


@pytest.mark.parametrize(("typed", "grade"), [("是", "premium"), ("√", "premium"), ("✓", "premium"), ("有", "premium")])
def test_a_tick_says_yes(typed, grade, sample, administrator):
    applied(checked(workbook([*HEADINGS, "是否精品"], site(等次="", 是否精品=typed)), administrator))
    assert StatusPeriod.objects.get(point__name=SITE["示范点名称"]).grade == grade


def test_a_blank_is_unknown_and_not_no(sample, administrator):
    row = one(administrator, 等次="", 是否精品="")
    assert codes(row, "refused") == [("grade", "title_needs")]


def test_a_tick_that_contradicts_the_grade_is_refused(sample, administrator):
    assert codes(one(administrator, 等次="达标", 是否精品="是"), "refused") == [("is_premium", "premium_disagrees")]


def test_an_approximate_number_is_taken_with_a_warning(sample, administrator):
    row = one(administrator, 党员人数="约30人")
    assert ("member_count", "about") in codes(row, "warning")
    assert row.verdict == "new"


@pytest.mark.parametrize("suffix", ["", "村", "村委会", "村民委员会"])
def test_a_village_is_found_whatever_it_ends_in(suffix, sample, administrator):
    village = Area.objects.unscoped("test").filter(code__startswith="130207108", level="village").first()
    stem = village.name.removesuffix("村委会")
    applied(checked(workbook(HEADINGS, site(所属村=stem.removesuffix("村") + suffix)), administrator))
    assert DemonstrationPoint.objects.unscoped("test").get(name=SITE["示范点名称"]).area == village


def test_the_endings_of_the_national_list_are_taken_off_whole():
    names = (
        "育才社区居民委员会",
        "育才社区居委会",
        "育才社区",
        "育才村村民委员会",
        "育才村村委会",
        "育才村委会",
        "育才村",
    )
    assert {stem_of(name) for name in names} == {"育才"}


def test_a_village_of_another_township_is_not_guessed(sample, administrator):
    village = Area.objects.unscoped("test").filter(code__startswith="130207114", level="village").first()
    assert codes(one(administrator, 所属村=village.name), "refused") == [("village_or_unit", "village_unknown")]


def test_two_villages_that_fit_are_asked_about(sample, administrator):
    for code, name in (("130207108901", "新立东村委会"), ("130207108902", "新立东社区居委会")):
        Area.objects.create(code=code, name=name, level="village", parent_id="130207108")
    assert codes(one(administrator, 所属村="新立东"), "refused") == [("village_or_unit", "village_unclear")]


def test_the_township_is_part_of_what_tells_two_sites_apart(sample, administrator):
    load = checked(workbook(HEADINGS, site(), site(所属乡镇="大齐各庄镇")), administrator)
    assert (load.new, load.refused) == (2, 0)


def test_the_same_site_twice_in_a_file_is_taken_once(sample, administrator):
    load = checked(workbook(HEADINGS, site(), site(党员人数=40)), administrator)
    assert refusals(load) == {3: [("3", "twice_in_file")]}


@pytest.mark.parametrize(
    ("typed", "code"), [("大齐镇", "130207114"), ("130207114", "130207114"), ("唐坊", "130207108")]
)
def test_a_township_is_known_by_its_short_name_and_its_code(typed, code, sample, administrator):
    applied(checked(workbook(HEADINGS, site(所属乡镇=typed)), administrator))
    assert DemonstrationPoint.objects.unscoped("test").get(name=SITE["示范点名称"]).area_id == code


def test_a_name_with_a_broken_rare_character_is_found_by_its_other_writing(sample, administrator):
    AreaAlias.objects.create(area_id="130207108", name="唐土方镇", kind="variant")
    assert one(administrator, 所属乡镇="唐土方镇").verdict == "new"
    assert one(administrator, 所属乡镇="唐土万镇").verdict == "refused"


@pytest.mark.parametrize(
    "typed", ["\u3000唐坊镇新立党建示范点\u00a0", "唐坊镇新立\n党建示范点", " 唐坊镇 新立党建示范点"]
)
def test_blanks_in_and_around_a_name_say_nothing(typed, sample, administrator):
    applied(checked(workbook(HEADINGS, site(示范点名称=typed)), administrator))
    assert DemonstrationPoint.objects.unscoped("test").filter(name=SITE["示范点名称"]).count() == 1


def test_a_telephone_that_lost_its_digits_is_left_out_and_the_row_stays(sample, administrator):
    row = one(administrator, 联系电话="1.3912E+10")
    assert (row.verdict, codes(row, "warning")[0]) == ("new", ("phone", "broken_phone"))


@pytest.mark.parametrize("typed", ["1.30207E+11", 130207000000])
def test_a_code_that_lost_its_digits_is_refused(typed, sample, administrator):
    assert codes(one(administrator, 所属村=typed), "refused") == [("village_or_unit", "broken_code")]


def test_hidden_and_explaining_sheets_are_left_out_and_it_is_said(sample, administrator):
    further = {
        "填表说明": [HEADINGS, site()],
        "旧表": [HEADINGS, site()],
        "社区": [HEADINGS, site(示范点名称="唐坊社区新示范点")],
    }
    load = checked(workbook(HEADINGS, site(), sheets=further, hidden=["旧表"]), administrator)
    assert {sheet["name"]: sheet["skipped"] for sheet in load.sheets} == {
        "农村": "", "填表说明": "explanation", "旧表": "hidden", "社区": "",
    }  # fmt: skip
    assert load.new == 2


def test_of_a_formula_the_value_is_taken_and_an_error_is_refused_with_its_cell(sample, administrator):
    rows = [
        site(党员人数=Formula("=30+6", 36)),
        site(示范点名称="唐坊镇新立二号示范点", 党员人数=Formula("=1/0", "#DIV/0!")),
    ]
    load = checked(workbook(HEADINGS, *rows), administrator)
    assert refusals(load) == {3: [("I3", "error_cell")]}
    assert ("member_count", "formula_value") in codes(load.rows.get(row=2), "warning")


def text_file(encoding: str, separator: str) -> bytes:
    lines = [HEADINGS, [str(cell) for cell in site()]]
    return "\r\n".join(separator.join(line) for line in lines).encode(encoding)


def html_file() -> bytes:
    rows = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in (HEADINGS, site()))
    return f'<html><head><meta charset="utf-8"></head><table>{rows}</table></html>'.encode()


def old_workbook() -> bytes:
    book, written = xlwt.Workbook(), BytesIO()
    page = book.add_sheet("农村")
    for number, row in enumerate((HEADINGS, site())):
        for column, cell in enumerate(row):
            page.write(number, column, cell)
    book.save(written)
    return written.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("台账.csv", text_file("gb18030", ",")), ("台账.csv", text_file("utf-8", ",")),
        ("台账.csv", text_file("utf-8-sig", ",")), ("台账.tsv", text_file("utf-8", "\t")),
        ("台账.xls", html_file()), ("台账.xlsx", html_file()), ("台账.xls", old_workbook()),
    ],
    ids=["GB18030", "UTF-8", "UTF-8 with BOM", "tabs", "HTML named xls", "HTML named xlsx", "BIFF8"],
)  # fmt: skip
def test_a_file_is_read_by_what_it_is_and_not_by_its_name(name, data, sample, administrator):
    load = checked(data, administrator, name)
    assert (load.state, load.new, refusals(load)) == ("ready", 1, {})


def test_text_that_looks_like_a_formula_is_kept_as_text(sample, administrator):
    applied(checked(workbook([*HEADINGS, "特色亮点"], site(特色亮点="=1+1")), administrator))
    assert DemonstrationPoint.objects.unscoped("test").get(name=SITE["示范点名称"]).highlights == "=1+1"


def test_a_load_of_a_clerk_takes_only_the_rows_of_the_own_township(sample, clerk_tangfang):
    load = checked(workbook(HEADINGS, site(), site(所属乡镇="大齐各庄镇")), clerk_tangfang)
    assert (load.new, refusals(load)) == (1, {3: [("A3", "outside")]})


def test_a_districts_ledger_of_445_rows_loads_whole_with_its_premium_points(scope, administrator):
    answer = FIGURES["premium-rate"].answer(scope)
    rows = [
        site(示范点名称=f"唐坊镇新立{number}示范点", 等次="精品" if number < answer.part else "达标")
        for number in range(int(answer.whole))
    ]
    load = applied(checked(workbook(HEADINGS, *rows), administrator))
    assert (load.new, load.refused) == (len(rows), 0)
    after = FIGURES["premium-rate"].answer(scope)
    assert (after.part, after.whole) == (2 * answer.part, 2 * answer.whole)


def test_a_file_sent_again_changes_nothing(sample, administrator):
    data = workbook(HEADINGS, site())
    applied(checked(data, administrator))
    load = checked(data, administrator)
    assert (load.new, load.changed, load.same) == (0, 0, 1)


def test_what_a_heading_means_is_remembered_once_it_was_said(sample, administrator):
    headings = [*HEADINGS[:8], "在册同志", *HEADINGS[9:]]
    load = checked(workbook(headings, site()), administrator)
    assert load.sheets[0]["columns"][8]["field"] == ""
    correct(load, {"0": {"columns": {"8": "member_count"}}}, by=administrator)
    again = checked(workbook(headings, site()), administrator)
    assert again.sheets[0]["columns"][8]["field"] == "member_count"


def test_undo_leaves_what_was_touched_since_and_says_so(sample, administrator):
    load = applied(checked(workbook(HEADINGS, site(), site(示范点名称="唐坊镇新立二号示范点")), administrator))
    touched = DemonstrationPoint.objects.unscoped("test").get(name=SITE["示范点名称"])
    touched.remark = "改过"
    save_record(touched, by=administrator)
    undone(load)
    assert list(load.rows.filter(left=True).values_list("row", flat=True)) == [2]
    names = (
        DemonstrationPoint.objects.unscoped("test").filter(name__startswith="唐坊镇新立").values_list("name", flat=True)
    )
    assert list(names) == [SITE["示范点名称"]]
