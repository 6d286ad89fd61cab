"""Ledgers as people really have them: what they are, what they mean, and what is not asked of them."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from assessment.models import SecretaryProject
from registry.access.scope import Scope
from registry.actions.jobs import run_one
from registry.loading.files.tables import plain_heading
from registry.loading.known_values import year_in
from registry.loading.lifecycle import correct, refusals_to_apply
from registry.loading.lookups import stem_of
from registry.loading.matching import corrections_in
from registry.loading.messages import state_of
from registry.loading.recognition import headings_of
from registry.loading.sheet_types import SHEET_TYPES
from registry.models import CollectiveIncome, DemonstrationPoint, Draft, KnownHeading, PartyOrganisation, StatusPeriod
from registry.overviews.attention import attention
from tests.loading_examples import EXAMPLES
from tests.registry.sheets import text_of_rows

from .test_loading_files import HEADINGS, applied, checked, codes, refusals, site, workbook

pytestmark = pytest.mark.usefixtures("old_ledgers")  # the ledgers hold titles
CASES = Path(__file__).parents[1] / "cases"


def case(name: str, by, kind: str = ""):
    return checked((CASES / name).read_bytes(), by, name, kind)


def kind_of(load) -> str:
    return state_of(load)["kind"]


def notes(load) -> set[str]:
    """What is said once for a column."""
    return {key for sheet in load.sheets for key in sheet["notes"]}


def points(**which):
    return DemonstrationPoint.objects.unscoped("test").filter(**which)


# What a sheet is


def test_a_plain_ledger_of_sites_is_recognised_and_its_words_are_understood(sample, administrator):
    load = case("plain_point_ledger.xlsx", administrator)
    assert kind_of(load) == "point"
    assert refusals(load) == {
        8: [("C8", "village_unknown")], 11: [("G11", "not_a_choice")], 12: [("H12", "not_a_day")],
    }  # fmt: skip
    [sheet] = state_of(load)["sheets"]
    assert any("示范点" in reason for reason in sheet["why"])


def test_a_plain_ledger_of_belts_is_refused_for_the_unknown_member_alone(sample, administrator):
    load = case("plain_belt_ledger.xlsx", administrator)
    assert (kind_of(load), load.new, refusals(load)) == ("belt", 1, {3: [("G3", "place_unknown")]})
    assert "stage stage_follows" in notes(load)


def test_a_plain_ledger_of_projects_is_recognised(sample, administrator):
    load = case("plain_project_ledger.xlsx", administrator)
    assert (kind_of(load), load.new, load.refused) == ("project", 2, 1)
    assert ("D5", "place_unknown") in refusals(load)[5]


def test_a_sheet_without_its_naming_column_is_of_no_kind(sample, administrator):
    load = checked(workbook(["级别", "备注", "所属乡镇"], ["区级", "", "唐坊镇"]), administrator, kind="")
    assert (load.state, load.refusal["code"]) == ("refused", "no_table")


def test_codes_say_what_a_sheet_of_few_columns_is(sample, administrator):
    load = checked(workbook(["编号", "名称"], ["B-01", "滨海红色旅游示范带"]), administrator, "表.xlsx", "")
    assert kind_of(load) == "belt"


@pytest.mark.parametrize("title", ["党建示范带一览", "党建示范片区一览"])
def test_a_title_says_what_the_headings_leave_open(title, sample, administrator):
    load = checked(workbook([title], ["名称", "级别"], ["甲", "区级"]), administrator, "表.xlsx", "")
    assert kind_of(load) == {"党建示范带一览": "belt", "党建示范片区一览": "zone"}[title]


@pytest.fixture
def unclear(sample, administrator):
    """A sheet that may be of several kinds."""
    return checked(workbook(["名称", "级别"], ["滨海示范", "区级"]), administrator, "表.xlsx", "")


def test_of_two_near_kinds_a_person_chooses_before_anything_is_applied(unclear, client, administrator):
    [sheet] = unclear.sheets
    assert len(sheet["rivals"]) == 2
    unclear.new = 1
    assert [refusal.code for refusal in refusals_to_apply(unclear)] == ["kind_unclear"]
    client.force_login(administrator)
    page = client.get(unclear.get_absolute_url()).content.decode()
    assert all(f'value="{rival["kind"]}"' in page for rival in sheet["rivals"])
    assert page.count("滨海示范") >= 2
    chosen = sheet["rivals"][1]["kind"]
    load = correct(unclear, corrections_in(unclear, {"kind": "", "kind-0": chosen}), by=administrator)
    load = _read_again(load)
    assert (load.sheets[0]["kind"], load.sheets[0]["rivals"]) == (chosen, [])


def _read_again(load):
    run_one(load.job_id)
    load.refresh_from_db()
    return load


def test_a_clerk_is_told_of_a_kind_that_is_the_districts(sample, clerk_tangfang):
    load = case("plain_belt_ledger.xlsx", clerk_tangfang)
    assert (load.state, load.refusal["code"]) == ("refused", "kind_unknown")


# What is known is not asked


def test_the_list_of_a_township_becomes_drafts_without_township_and_organisation(sample, clerk_daqi):
    load = case("ten_new_sites_of_a_township.xlsx", clerk_daqi)
    assert (kind_of(load), load.new, load.changed, load.refused) == ("point", 9, 1, 0)
    assert load.sheets[0]["given"]["township"]["code"] == "given_account"
    assert load.doubts["text"] == "1.2亩"
    assert [(total["cell"], total["said"], total["sum"]) for total in load.sheets[0]["totals"]] == [
        ("G15", "355", "367")
    ]
    load.confirmed = True
    load.save()
    applied(load)
    drafts = {draft.values["name"]: draft.values for draft in Draft.objects.unscoped("test").filter(point=None)}
    assert drafts["大长春村党建示范点"]["venue_area"] == "800"
    assert drafts["高各庄村党建示范点"]["venue_area"] == "300"
    assert drafts["小史马村党建示范点"]["secretary"] == "某一"


@pytest.mark.parametrize("line", ["唐坊镇党建示范点台账", "填报单位：唐坊镇党委", "填报单位（盖章）：丰南区唐坊镇"])
def test_the_township_stands_in_the_title_or_in_the_line_of_the_sender(line, sample, administrator):
    headings = [heading for heading in HEADINGS if heading != "所属乡镇"]
    load = checked(workbook([line], headings, site()[1:]), administrator)
    assert (load.new, load.sheets[0]["given"]["township"]["code"]) == (1, "given_title")


def test_a_title_of_two_townships_gives_none(sample, administrator):
    headings = [heading for heading in HEADINGS if heading != "所属乡镇"]
    load = checked(workbook(["唐坊镇、小集镇党建示范点"], headings, site()[1:]), administrator)
    assert [missing["column"] for missing in state_of(load)["missing_columns"]] == ["township"]


def test_what_is_missing_is_chosen_once_for_all_rows(sample, client, administrator):
    headings = [heading for heading in HEADINGS if heading != "示范点级别"]
    cells = [cell for heading, cell in zip(HEADINGS, site(), strict=True) if heading != "示范点级别"]
    load = checked(workbook(headings, cells), administrator)
    [missing] = state_of(load)["missing_columns"]
    assert (missing["column"], load.refused) == ("level", 1)
    client.force_login(administrator)
    assert 'name="all-0-level"' in client.get(load.get_absolute_url()).content.decode()
    load = _read_again(correct(load, corrections_in(load, {"all-0-level": "区级"}), by=administrator))
    assert (load.new, state_of(load)["sheets"][0]["for_all_rows"]) == (1, {"level": "区级"})


def test_the_field_follows_from_the_village_and_the_organisation_from_both(sample, administrator):
    headings, cells = ["乡镇", "村", "示范点", "级别"], ["唐坊镇", "孔家庄", "孔家庄红色书屋", "区级"]
    load = applied(checked(workbook(headings, cells), administrator))
    point = points(name="孔家庄红色书屋").get()
    assert (load.refused, point.field) == (0, "rural")
    assert point.organisation.area_id == point.area_id
    assert {"field field_follows", "organisation_name organisation_follows"} <= notes(load)


@pytest.mark.parametrize(
    ("unit", "field"), [("示例小学", "public_institution"), ("示例钢铁公司", "nonpublic_enterprise")]
)
def test_the_field_follows_from_the_name_of_a_unit(unit, field, sample, administrator):
    load = applied(
        checked(workbook(["乡镇", "单位", "示范点", "级别"], ["唐坊镇", unit, f"{unit}示范点", "区级"]), administrator)
    )
    point = points(name=f"{unit}示范点").get()
    assert (load.refused, point.field, point.organisation.name) == (0, field, f"{unit}党支部")


def test_a_plain_column_of_types_is_the_field_where_its_values_are_fields(sample, administrator):
    row = {"类型": "社区党组织", "负责人": "某某"}
    headings = [{"所属领域": "类型", "书记": "负责人"}.get(heading, heading) for heading in HEADINGS]
    cells = [row.get(heading, cell) for heading, cell in zip(headings, site(), strict=True)]
    load = applied(checked(workbook(headings, cells), administrator))
    point = points(name__startswith="唐坊镇新立").get()
    assert (load.refused, point.field, point.organisation.secretary) == (0, "community", "某某")


# What old ledgers lack is not demanded


def test_an_old_ledger_is_taken_over_without_papers_and_organisations(scope, administrator):
    load = case("old_ledger_without_papers.xlsx", administrator, "point")
    assert (load.new, load.refused) == (6, 0)
    assert {"document_no paper_pending", "organisation_name organisation_follows"} <= notes(load)
    applied(load)
    periods = StatusPeriod.objects.filter(paper_pending=True)
    assert {(period.point.name, period.since) for period in periods} == {
        ("大翟庄三村党建示范点", "2018-01"), ("越支三村", "2019-02"), ("水西村党群服务中心", "2020-03"),
        ("起庄子党建示范点", "2017-10"), ("西葛各庄", "2021"), ("郑各庄党建示范点", "2016-06"),
    }  # fmt: skip


def test_a_title_without_its_paper_is_marked_and_needs_attention(scope, client, administrator):
    applied(case("old_ledger_without_papers.xlsx", administrator, "point"))
    findings = {found.check.slug: found for found in attention(Scope(scope.as_of, scope.area, administrator))}
    assert findings["points-without-paper"].count == 6
    page = client.get(points(name="越支三村").get().get_absolute_url()).content.decode()
    assert "依据待补" in page


def test_a_later_file_adds_the_missing_paper(sample, administrator):
    applied(case("old_ledger_without_papers.xlsx", administrator, "point"))
    point = points(name="越支三村").get()
    load = applied(checked(workbook(["编号", "命名文号"], [point.code, "丰〔2019〕2号"]), administrator))
    period = StatusPeriod.objects.get(point=point)
    assert (load.changed, period.document_no, period.paper_pending) == (1, "丰〔2019〕2号", False)


def test_outside_a_term_a_title_needs_its_paper(sample, administrator, old_ledgers):
    old_ledgers.closed_on = old_ledgers.opened_on
    old_ledgers.save()
    load = checked(workbook(HEADINGS, site(命名文号="")), administrator)
    assert {"title_by_life_cycle", "title_needs"} <= {code for _cell, code in refusals(load)[2]}


def test_a_known_site_takes_the_facts_of_its_organisation_without_its_name(sample, administrator):
    headings, cells = ["乡镇", "示范点名称", "领域", "党员人数"], ["小集镇", "姚庄村党建示范点", "农村", "77"]
    load = applied(checked(workbook(headings, cells), administrator))
    assert (load.changed, points(name="姚庄村党建示范点").get().organisation.member_count) == (1, 77)


def test_a_ledger_tells_what_a_site_was_on_the_day_it_names(sample, administrator):
    """It was named as 示范 in 2016 and is 精品 by now: that is no contradiction."""
    headings = ["乡镇", "村", "示范点名称", "领域", "级别", "等次", "命名时间"]
    cells = ["小集镇", "姚庄村", "姚庄村党建示范点", "农村", "区级", "示范", "2016-06-28"]
    assert checked(workbook(headings, cells), administrator).same == 1
    assert checked(workbook(headings, [*cells[:-1], "2020-06-28"]), administrator).refused == 1


def test_the_year_of_incomes_stands_in_the_title(sample, administrator):
    load = case("incomes_year_in_title.xlsx", administrator)
    assert (kind_of(load), load.new + load.changed + load.same, load.refused) == ("income", 6, 0)
    applied(load)
    income = CollectiveIncome.objects.unscoped("test").get(area__name__startswith="越支三村", year=2020)
    assert income.amount_yuan == Decimal(62_500)


def test_projects_of_a_year_are_opened_in_that_year_and_due_on_its_last_day(sample, administrator):
    load = applied(case("project_ledger_of_a_year.xlsx", administrator))
    assert (kind_of(load), load.new, load.refused) == ("project", 3, 0)
    project = SecretaryProject.objects.unscoped("test").get(name="2022年示例项目1")
    assert (project.opened_since, project.year, project.deadline) == ("2022", 2022, date(2022, 12, 31))


def test_a_known_day_of_opening_is_not_made_less_exact(sample, administrator):
    applied(case("project_ledger_of_a_year.xlsx", administrator))
    rows = SecretaryProject.objects.unscoped("test").filter(name="2022年示例项目1")
    rows.update(opened_on=date(2022, 3, 1), opened_precision="day")
    case("project_ledger_of_a_year.xlsx", administrator)
    assert rows.get().opened_since == "2022-03-01"
    applied_again = case("project_ledger_of_a_year.xlsx", administrator)
    assert (applied_again.same, applied_again.changed) == (3, 0)


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("2020年村集体经济收入统计表", "2020"), ("二〇二〇年", ""), ("2016—2021年统计表", ""), ("2016年至2021年", ""),
        ("收入2021", "2021"), ("2021 年度汇总", "2021"), ("电话20211234", ""), ("2020年与2021年", ""),
    ],
)  # fmt: skip
def test_a_title_gives_one_year_or_none(text, year):
    assert year_in(text) == year


@pytest.mark.parametrize(
    "name",
    [
        "大翟庄三村", "大翟庄三村村委会", "大翟庄三村委会", "大翟庄三村民委员会", "大翟庄村三村", "大翟庄三社区",
        "大翟庄三居委会", "大翟庄三村社区居委会", "大翟庄3村",
    ],
)  # fmt: skip
def test_a_village_is_found_by_every_mix_of_numeral_and_ending(name):
    assert stem_of(name) == stem_of("大翟庄三村村委会")


@pytest.mark.parametrize("township", ["丰南区唐坊镇", "河北省唐山市丰南区唐坊镇", "唐坊"])
def test_a_township_may_be_named_with_what_is_above_it(township, sample, administrator):
    assert checked(workbook(HEADINGS, site(所属乡镇=township)), administrator).new == 1


# Headings and values


@pytest.mark.parametrize(
    "form",
    ["{}：", "*{}", "{}（必填）", "1、{}", "（1）{}", "①{}", "【{}】", "{}*\n", " {} ", "“{}”", "{}(说明见附页)"],
)
def test_a_heading_is_known_whatever_stands_around_it(form, sample, administrator):
    load = checked(workbook([form.format(heading) for heading in HEADINGS], site()), administrator, kind="")
    assert (kind_of(load), load.new) == ("point", 1)


def test_a_column_that_is_not_kept_is_named(sample, administrator):
    load = checked(workbook([*HEADINGS, "地址"], [*site(), "某路1号"]), administrator)
    assert any("地址" in note for note in state_of(load)["notes"])


@pytest.mark.parametrize("name", ["headings_with_colon.csv", "area_with_its_own_unit.csv", "day_with_hao.csv"])
def test_cells_are_read_as_people_write_them(name, sample, administrator):
    assert (case(name, administrator, "point").new, refusals(case(name, administrator, "point"))) == (1, {})


def test_own_units_are_read(sample, administrator):
    applied(case("area_with_its_own_unit.csv", administrator, "point"))
    point = points(name="测试党建示范点").get()
    assert (point.venue_area, point.organisation.member_count) == (120, 30)


def test_degrees_and_swapped_coordinates_are_read_as_in_the_form(sample, administrator):
    applied(case("degrees_and_swapped.csv", administrator, "point"))
    placed = points(name__startswith="测试").values_list("lng", "lat")
    assert set(placed) == {(Decimal("118.1"), Decimal("39.5"))}


@pytest.mark.parametrize("blank", ["—", "/", "无"])
def test_a_dash_in_an_optional_cell_is_a_blank_and_said_once(blank, sample, administrator):
    rows = [site(示范点名称=f"唐坊镇新立{number}号示范点", 党员人数=blank) for number in range(3)]
    load = checked(workbook(HEADINGS, *rows), administrator)
    assert (load.new, load.sheets[0]["notes"]["member_count blank_taken"]["rows"]) == (3, 3)


@pytest.mark.parametrize(
    ("typed", "grade"), [("精品示范点", "premium"), ("达标级", "standard"), ("示范点", "demonstration")]
)
def test_a_grade_is_known_by_its_longer_names(typed, grade, sample, administrator):
    applied(checked(workbook(HEADINGS, site(等次=typed)), administrator))
    assert StatusPeriod.objects.get(point__name__startswith="唐坊镇新立").grade == grade


def test_a_month_in_a_text_file_may_have_been_a_number(sample, administrator):
    rows = text_of_rows([HEADINGS, site(命名时间="2018.1")])
    load = checked(rows.encode(), administrator, "台账.csv")
    assert [code for _cell, code in refusals(load)[2]] == ["ambiguous_month"]
    more = text_of_rows(
        [HEADINGS, site(命名时间="2018.1"), site(示范点名称="唐坊镇新立二号示范点", 命名时间="2017.10")]
    )
    assert checked(more.encode(), administrator, "台账.csv").new == 2


# What people explained


def test_a_heading_that_a_clerk_explained_serves_the_district_until_it_is_removed(
    sample, client, clerk_tangfang, administrator
):
    headings = [{"等次": "档位"}.get(heading, heading) for heading in HEADINGS]
    load = checked(workbook(headings, site()), clerk_tangfang)
    at = headings.index("档位")
    _read_again(correct(load, corrections_in(load, {f"field-0-{at}": "grade"}), by=clerk_tangfang))
    assert checked(workbook(headings, site()), administrator).new == 1
    client.force_login(administrator)
    assert "档位" in client.get("/desk/loads/").content.decode()
    client.post(f"/desk/loads/headings/{KnownHeading.objects.get().pk}/forget/")
    assert not KnownHeading.objects.exists()
    assert checked(workbook(headings, site()), administrator).refused == 1


def test_an_organisation_without_type_and_field_is_read_from_its_name_and_village(sample, administrator):
    headings, cells = ["党组织名称", "所属乡镇", "村", "书记"], ["孔家庄村第二党支部", "唐坊镇", "孔家庄", "某某"]
    load = applied(checked(workbook(headings, cells), administrator, kind=""))
    organisation = PartyOrganisation.objects.unscoped("test").get(name="孔家庄村第二党支部")
    assert (load.refused, organisation.form, organisation.field) == (0, "party_branch", "rural")


def test_a_row_of_a_village_that_has_a_site_is_told_so(sample, administrator):
    load = checked(workbook(HEADINGS, site(所属村="孔家庄")), administrator)
    assert ("name", "village_has_site") in codes(load.rows.get(), "warning")


# Every kind, with the columns that STANDARDS section 4 requires alone

NEEDED = {  # besides: what a row of this kind says nothing without
    "donation": ["金额(万元)", "物资名称", "数量"], "scheme-score": ["得分", "自评分"], "teaching-site": ["对象"],
    "belt": ["建成时间"], "zone": ["建成时间"], "community": ["等次"],
}  # fmt: skip


@pytest.mark.parametrize("slug", EXAMPLES)
def test_a_sheet_with_the_required_columns_alone_is_recognised_and_taken(slug, sample, request):
    example = EXAMPLES[slug]
    example.before()
    by = request.getfixturevalue(example.by)
    declared, fields = SHEET_TYPES[slug], headings_of(SHEET_TYPES[slug])
    wanted = {column.name for column in declared.required} | {fields[plain_heading(h)] for h in NEEDED.get(slug, ())}
    row = {heading: text for heading, text in example.row.items() if fields[plain_heading(heading)] in wanted}
    load = checked(workbook(list(row), list(row.values())), by, f"{declared.called[0]}.xlsx", "")
    assert (kind_of(load), load.sheets[0]["rivals"], refusals(load)) == (slug, [], {})


@pytest.mark.parametrize("slug", EXAMPLES)
def test_what_follows_need_not_be_given(slug, sample, request):
    """A column that follows from others may be absent; where it does not follow, the sheet is said to lack it."""
    example = EXAMPLES[slug]
    example.before()
    by = request.getfixturevalue(example.by)
    declared, fields = SHEET_TYPES[slug], headings_of(SHEET_TYPES[slug])
    follows = {column.name for column in declared.columns if column.follows}
    row = {heading: text for heading, text in example.row.items() if fields[plain_heading(heading)] not in follows}
    load = checked(workbook(list(row), list(row.values())), by, "表.xlsx", slug)
    lacking = {message["field"] for row in load.rows.all() for message in row.messages if message["level"] == "refused"}
    assert lacking == {missing["column"] for missing in state_of(load)["missing_columns"]}
    assert len(lacking) <= 1
