"""What a file may not say, what is taken with a word about it, and what hangs on a record: the rules of each kind."""

from datetime import date

import pytest

from registry.figures import FIGURES
from registry.loading.context import Context
from registry.loading.sheet_types import SHEET_TYPES, SheetRow
from registry.loading.undo import undo_rows
from registry.loading.validate import read, validate
from registry.loading.write import keep_rows, write_rows
from registry.models import (
    Belt,
    BeltMembership,
    CollectiveIncome,
    Consortium,
    DemonstrationPoint,
    Donation,
    Event,
    Honour,
    Load,
    Parameter,
    PartyOrganisation,
    RouteStop,
    Visit,
    WageRule,
)
from tests.factories import load_rows
from tests.loading_examples import EXAMPLES

REFUSED = {
    "an organisation is its own superior": (
        "organisation", {"上级党组织": "唐坊桥村第二党支部"}, "parent own_superior",
    ),
    "an organisation began in days to come": ("organisation", {"成立时间": "2190-01-01"}, "founded_on day_to_come"),
    "a belt of an unknown point": ("belt", {"包含示范点": "没有的示范点"}, "points place_unknown"),
    "a belt through an unknown township": ("belt", {"途经乡镇": "没有的镇"}, "townships township_unknown"),
    "a belt built on no day": ("belt", {"建成时间": ""}, "built_on built_needs_day"),
    "a belt planned and built long ago": ("belt", {"状态": "谋划"}, "stage stage_differs"),
    "a zone of an unknown kind": ("zone", {"片区类型": "别的"}, "kind not_a_choice"),
    "a township named before it was accepted": (
        "whole-area", {"阶段": "已命名", "命名时间": "2020-01-01"}, "named_on order_wrong",
    ),
    "a township in creation, with a day of naming": ("whole-area", {"命名时间": "2021-06-01"}, "stage stage_differs"),
    "an income of an unknown village": ("income", {"村名": "没有的村", "村代码": ""}, "village village_unknown"),
    "a code of another village": ("income", {"村代码": "130207108202"}, "village_code village_code_differs"),
    "an income below nothing": ("income", {"集体经济年收入(万元)": "-1"}, "amount_yuan too_small"),
    "an income of a year to come": ("income", {"年度": "2190"}, "year day_to_come"),
    "a consortium without its leader": ("consortium", {"牵头单位": "没有的党委"}, "lead_organisation place_unknown"),
    "a village that leads and is led": ("consortium", {"带动村": "唐坊桥村"}, "led_villages village_twice"),
    "a brand of nobody": ("brand", {"党组织": "没有的党委"}, "organisation place_unknown"),
    "a fund of nothing": ("fund", {"金额(万元)": "0"}, "amount_yuan not_positive"),
    "an honour to nobody known": ("honour", {"获得对象": "没有的党委"}, "target place_unknown"),
    "an honour to something else": ("honour", {"获得对象类型": "个人"}, "target_kind not_a_choice"),
    "a donor nobody knows": ("donation", {"捐赠单位": "没有的公司"}, "donor place_unknown"),
    "cash without an amount": ("donation", {"金额(万元)": ""}, "amount_yuan donation_needs"),
    "cash with goods": ("donation", {"物资名称": "口罩"}, "goods donation_is_not"),
    "a teaching site of the wrong kind": ("teaching-site", {"对象类型": "带"}, "place place_unknown"),
    "a route of one stop": ("route", {"站点": "B-02"}, "stops no_stops"),
    "a visit of nobody": ("visit", {"人次": "0"}, "headcount too_small"),
    "a visit to nowhere": ("visit", {"接待地点": "没有的地点"}, "place place_unknown"),
    "an event in days to come": ("event", {"日期": "2190-01-01"}, "held_on day_to_come"),
}  # fmt: skip
WARNED = {
    "the number of points": ("belt", {"示范点数量(校验用)": "3"}, "point_count differs"),
    "who is responsible, if unknown": ("belt", {"责任单位": "没有的党委"}, "organisation place_unknown"),
    "an unknown belt of a zone": ("zone", {"包含示范带": "没有的示范带"}, "belts place_unknown"),
    "a zone without a level": ("zone", {"级别": ""}, "level assumed"),
    "the number of village organisations": ("whole-area", {"村党组织数": "1"}, "organisation_count differs"),
    "the threshold": ("income", {"是否达5万元(校验用)": "否"}, "reaches_threshold differs"),
    "a part that is more than the whole": ("income", {"其中经营性收入(万元)": "7"}, "operating_yuan more_than_all"),
    "a consortium of no kind": ("consortium", {"类型": ""}, "kind assumed"),
    "a linkage out of the list": ("consortium", {"四联内容": "别的"}, "linkages term_unknown"),
    "money of no township": ("fund", {"所属乡镇": ""}, "township fund_of_district"),
    "an honour counted as no other": ("honour", {"统计口径": "", "荣誉名称": "新荣誉"}, "title_kind assumed"),
    "a donation of no day": ("donation", {"日期": ""}, "donated_on assumed"),
    "a visit of which the month is known": ("visit", {"日期": "2021年6月"}, "visited_on day_taken"),
}  # fmt: skip


def messages_of(load, level: str) -> list[str]:
    return [
        f"{message['field']} {message['code']}"
        for row in load.rows.all()
        for message in row.messages
        if message["level"] == level
    ]


@pytest.mark.parametrize(("kind", "change", "why"), REFUSED.values(), ids=REFUSED)
def test_a_row_is_refused_at_the_field_that_is_wrong(kind, change, why, sample, administrator):
    assert messages_of(load_rows(kind, EXAMPLES[kind].row | change, by=administrator), "refused") == [why]


@pytest.mark.parametrize(("kind", "change", "why"), WARNED.values(), ids=WARNED)
def test_a_row_is_taken_with_a_word_about_it(kind, change, why, sample, administrator):
    load = load_rows(kind, EXAMPLES[kind].row | change, by=administrator)
    assert (load.new, messages_of(load, "warning") + messages_of(load, "note")) == (1, [why])


def test_the_threshold_is_that_of_the_year(sample, administrator):
    rule = Parameter.objects.unscoped("test").get(rule="income-threshold")
    rule.value = 50_001
    rule.save()
    assert messages_of(load_rows("income", EXAMPLES["income"].row, by=administrator), "warning") == [
        "reaches_threshold differs"
    ]


def test_a_point_that_is_in_the_file_no_more_stays_and_a_new_one_comes_last(sample, administrator):
    row = EXAMPLES["belt"].row
    load_rows("belt", row, by=administrator)
    load = load_rows("belt", {**row, "包含示范点": "FN-0006、FN-0001", "示范点数量(校验用)": ""}, by=administrator)
    belt = Belt.objects.unscoped("test").get(name=row["示范带名称"])
    members = BeltMembership.objects.filter(belt=belt).values_list("position", "point__code")
    assert [*members] == [(1, "FN-0023"), (2, "FN-0006"), (3, "FN-0001")]
    assert messages_of(load, "warning") == ["points member_stays"]
    assert Event.objects.get(change_set=load.change_set).changes == {"points": ["", "区法院党建示范点"]}
    undo_rows(load, list(load.rows.all()))
    assert BeltMembership.objects.filter(belt=belt).count() == 2


def test_a_belt_joined_by_the_file_of_points_is_told_of(sample, administrator):
    point = DemonstrationPoint.objects.unscoped("test").get(code="FN-0002")
    row = {"编号": "FN-0002", "所属示范带": "B-02"}
    load = load_rows("point", row, by=administrator)
    assert (messages_of(load, "refused"), load.changed) == ([], 1)
    told_of = Event.objects.get(change_set=load.change_set)
    assert (told_of.code, told_of.changes) == (point.code, {"belts": ["", "B-02"]})


def test_a_superior_may_stand_in_the_same_file(sample, administrator):
    row = EXAMPLES["organisation"].row
    above = {**row, "党组织名称": "唐坊桥村党总支", "党组织类型": "党总支"}
    load = load_rows("organisation", above, {**row, "上级党组织": "唐坊桥村党总支"}, by=administrator)
    assert (load.new, messages_of(load, "warning")) == (2, [])
    below = PartyOrganisation.objects.unscoped("test").get(name=row["党组织名称"])
    assert str(below.parent) == "唐坊桥村党总支"


@pytest.mark.parametrize(
    ("name", "area"),
    [
        ("唐坊镇挡水埝村党总支", "130207108202"),
        ("挡水埝党总支部委员会", "130207108202"),
        ("唐坊镇老干部党支部", "130207108"),
    ],
)
def test_an_organisation_stands_in_the_village_that_its_name_says(name, area, sample, administrator):
    row = {heading: text for heading, text in EXAMPLES["organisation"].row.items() if heading != "所属村"}
    load_rows("organisation", {**row, "党组织名称": name}, by=administrator)
    made = PartyOrganisation.objects.unscoped("test").get(name=name)
    assert (made.area_id, made.kind) == (area, "village" if len(area) == 12 else "township")


def test_the_villages_of_a_consortium_are_found_by_any_ending(sample, administrator):
    load_rows("consortium", EXAMPLES["consortium"].row, by=administrator)
    made = Consortium.objects.unscoped("test").get(name="示例联合体")
    assert sorted(made.memberships.values_list("role", "village_id")) == [
        ("lead", "130207108201"), ("led", "130207108202"), ("led", "130207108203"),
    ]  # fmt: skip
    moved = {**EXAMPLES["consortium"].row, "示范村": "挡水埝", "带动村": "唐坊桥"}
    load = load_rows("consortium", moved, by=administrator)
    assert messages_of(load, "refused") == ["lead_villages village_otherwise", "led_villages village_otherwise"]


def test_a_new_wage_rule_ends_the_one_before_and_its_undo_opens_that_again(scope, administrator):
    rules = WageRule.objects.unscoped("test").filter(post="combined").order_by("valid_from")
    load = load_rows("wage-rule", EXAMPLES["wage-rule"].row, by=administrator)
    days = [(rule.valid_from, rule.valid_to) for rule in rules.all()]
    assert days == [(date(2018, 1, 1), date(2021, 1, 1)), (date(2021, 1, 1), None)]
    assert FIGURES["wage-uplift-combined"].answer(scope.at(date(2020, 6, 1))).value == 10
    undo_rows(load, list(load.rows.all()))
    assert [(rule.valid_from, rule.valid_to) for rule in rules.all()] == [(date(2018, 1, 1), None)]


def test_a_wage_rule_that_says_what_holds_already_is_the_same(sample, administrator):
    load = load_rows("wage-rule", {**EXAMPLES["wage-rule"].row, "高于比例(%)": "10"}, by=administrator)
    assert (load.same, WageRule.objects.unscoped("test").count()) == (1, 2)


def test_a_donation_without_a_day_is_not_taken_anew_each_day(sample, administrator):
    load_rows("donation", EXAMPLES["donation"].row, by=administrator)
    load = load_rows("donation", {**EXAMPLES["donation"].row, "日期": ""}, by=administrator)
    assert (load.same, messages_of(load, "warning")) == (1, [])


def test_goods_are_not_money(scope, administrator):
    goods = {"捐赠单位": "纵横钢铁", "日期": "2021-05-01", "类别": "物资", "受赠方": "丰南区"}
    before = FIGURES["donations-goods"].answer(scope).value
    load_rows("donation", {**goods, "物资名称": "口罩", "数量": "20", "单位": "箱"}, by=administrator)
    made = Donation.objects.unscoped("test").get(goods="口罩")
    assert (made.amount_yuan, FIGURES["donations-goods"].answer(scope).value) == (None, before + 20)


def test_a_title_counts_as_the_same_title_counted_before(sample, administrator):
    honour = Honour.objects.unscoped("test").filter(title_kind="advanced_collective").first()
    row = {**EXAMPLES["honour"].row, "统计口径": "", "荣誉名称": honour.title}
    load_rows("honour", row, by=administrator)
    made = Honour.objects.unscoped("test").get(title=honour.title, organisation__name="唐坊镇党委")
    assert made.title_kind == "advanced_collective"


def test_an_honour_may_go_to_a_village(sample, administrator):
    row = {**EXAMPLES["honour"].row, "获得对象类型": "村", "获得对象": "唐坊桥", "所属乡镇": "唐坊镇"}
    load_rows("honour", row, by=administrator)
    made = Honour.objects.unscoped("test").get(title=row["荣誉名称"], issuer="示例单位")
    assert (made.place_id, made.area_id, made.organisation_id) == ("130207108201", "130207108201", None)


def test_stops_of_a_route_keep_their_order_and_new_ones_come_last(sample, administrator):
    row = EXAMPLES["route"].row
    load_rows("route", row, by=administrator)
    load = load_rows("route", {**row, "站点": "FN-0001→孔家庄村党建示范点→正元管业"}, by=administrator)
    stops = RouteStop.objects.filter(route__name=row["线路名称"]).select_related("point", "belt", "unit")
    assert [str(stop.place) for stop in stops] == [
        "孔家庄村党建示范点", "煤河沿线党建示范带", "正元管业", "区法院党建示范点",
    ]  # fmt: skip
    assert messages_of(load, "warning") == ["stops member_stays"]


def test_a_visit_moved_by_its_code_stands_at_the_new_place_only(sample, administrator):
    load = load_rows("visit", EXAMPLES["visit"].row, by=administrator)
    code = load.rows.get().code
    load_rows("visit", {"编号": code, "接待地点": "正元管业"}, by=administrator)
    visit = Visit.objects.unscoped("test").get(code=code)
    assert (visit.point_id, visit.unit.name, visit.area_id) == (None, "正元管业", "130207100")


def test_a_code_does_not_give_one_record_the_name_of_another(sample, administrator):
    row = {"编号": "CI-130207106232-2017", "乡镇": "大新庄镇", "村代码": "130207106232", "年度": "2018"}
    village = CollectiveIncome.objects.unscoped("test").get(code=row["编号"]).area
    load = load_rows("income", {**row, "村名": village.name}, by=administrator)
    assert messages_of(load, "refused") == ["code key_taken"]


def test_a_record_that_an_earlier_chunk_made_is_twice_in_the_file(sample, administrator):
    kind, text = SHEET_TYPES["brand"], {"name": "示例先锋", "field": "农村", "organisation": "唐坊镇党委"}
    load = Load.objects.create(kind="brand", by=administrator, area_id="130207", file_name="x.csv", state="applying")
    context = Context(administrator, date(2026, 1, 1), writing=True)
    rows = [SheetRow(0, 2, dict(text)), SheetRow(0, 600, dict(text))]
    for row in rows:  # a chunk each
        read(kind, [row], context)
        validate(kind, [row], context, load)
        write_rows(kind, [row], context, load)
        keep_rows(load, [row])
    assert [row.verdict for row in load.rows.all()] == ["new", "refused"]
