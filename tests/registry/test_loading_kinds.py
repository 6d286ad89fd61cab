"""Every kind of record by the sheet: a good row is new, the same again is the same, a change is told, an undo is whole;
what its template asks for is asked for."""

from collections import defaultdict
from copy import deepcopy

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.fields.points import BY_NAME
from registry.loading.files.tables import plain_heading
from registry.loading.messages import sentence
from registry.loading.recognition import candidates, rivals_of
from registry.loading.sheet_types import SHEET_TYPES, SheetRow, may_load, read_cells
from registry.loading.undo import undo_rows
from registry.models import Event
from registry.text.validators import Invalid
from tests.factories import load_rows
from tests.loading_examples import EXAMPLES

# STANDARDS section 4: the headings with a star. A project has none there: what its record cannot be without.
STARS = {
    "point": "所属乡镇(街道) 示范点名称 党组织名称 所属领域 示范点级别 党组织书记",
    "organisation": "党组织名称 党组织类型 所属乡镇 所属领域 书记",
    "area": "区划代码 区划名称",
    "belt": "示范带名称 级别 途经乡镇 包含示范点 状态",
    "zone": "片区名称 片区类型 所属乡镇 状态",
    "whole-area": "乡镇(街道) 级别 阶段",
    "income": "乡镇 村名 年度 集体经济年收入(万元)",
    "consortium": "联合体名称 牵头单位 所属乡镇 示范村 带动村",
    "brand": "品牌名称 所属领域 党组织",
    "special-action": "行动名称 行动要素",
    "attachment": "专项行动 行动要素 记录类别 记录编号",
    "election": "乡镇 村名 年度 换届日期",
    "policy-document": "文件标题 发文机关 级别 发文日期",
    "red-district": "名称 所属街道",
    "review-score": "示范点 评审环节 标准版本 条目 区级得分 评审人 日期",
    "supervision": "督导日期 督导单位 被督导党组织 发现问题 整改时限",
    "accountability": "日期 类别 党组织 姓名",
    "fund": "年度 资金类别 来源级别 金额(万元)",
    "wage-rule": "年度 职务情形 高于比例(%)",
    "honour": "荣誉名称 级别 授予单位 授予时间 获得对象类型 获得对象",
    "donation": "捐赠单位 类别 受赠方",
    "teaching-site": "名称 级别 对象类型",
    "route": "线路名称 站点",
    "visit": "日期 接待地点 人次",
    "event": "会议名称 级别 日期 承接地点",
    "project": "项目名称 党组织名称 立项时间 完成时限",
    "booking": "教学点 预约日期 来访单位 预约人数",
    "site-capacity": "教学点 每月接待人次 起始日期",
    "scheme-score": "被考核单位 考核指标",
    "unit": "单位全称 单位类别 所属乡镇(街道)",
    "community": "所属乡镇(街道) 社区名称 认定时间 是否达标",
    "external-result": "考核事项 发布单位 排名范围 年度 位次 公布时间",
    "calendar-day": "日历日期 当日是否上班",
    "term": "所属清单 清单顺序 条目名称 列入清单时间",
}
BY_CLERKS = {
    "attachment",
    "election",
    "fund",
    "point",
    "organisation",
    "income",
    "visit",
    "project",
    "booking",
    "scheme-score",
    "unit",
}
BY_REVIEWERS = {"scheme-score"}  # and not by administrators, who settle what was appealed against
BAD = {"secretary": "李", "phone": "123", "member_count": "三十六", "name": "一", "venue_area": "百亩"}
BAD |= {"organisation_name": "支部", "highlights": "亮" * 1001}
TOO_LONG = "亮" * 2000  # for every other field


@pytest.fixture(params=EXAMPLES)
def kind(request, sample) -> str:
    EXAMPLES[request.param].before()
    return request.param


@pytest.fixture
def sender(request, kind):
    """Who may send the example."""
    return request.getfixturevalue(EXAMPLES[kind].by)


def verdicts(load) -> list[str]:
    return [row.verdict for row in load.rows.all()]


def refusals(load) -> list[tuple[str, str]]:
    return [
        (message["field"], message["code"])
        for row in load.rows.all()
        for message in row.messages
        if message["level"] == "refused"
    ]


def test_every_kind_has_an_example_and_its_stars():
    assert {*EXAMPLES, "point"} == {*SHEET_TYPES} == {*STARS}


@pytest.mark.parametrize("slug", STARS)
def test_the_required_columns_are_those_with_a_star(slug):
    assert {column.heading for column in SHEET_TYPES[slug].required} == {*STARS[slug].split()}


@pytest.mark.parametrize("slug", STARS)
def test_a_heading_means_one_column(slug):
    pairs = [(plain_heading(text), column.name) for column in SHEET_TYPES[slug].columns for text in {*column.headings}]
    assert len({heading for heading, _name in pairs}) == len({*pairs})


@pytest.mark.parametrize("slug", STARS)
def test_everybody_loads_what_is_theirs_to_enter(slug, clerk_tangfang, reviewer, administrator, leader):
    assert [may_load(account, slug) for account in (administrator, reviewer, clerk_tangfang, leader)] == [
        slug not in BY_REVIEWERS, slug in BY_REVIEWERS, slug in BY_CLERKS, False,
    ]  # fmt: skip


@pytest.mark.parametrize("slug", EXAMPLES)
def test_the_headings_of_an_example_say_which_kind_it_is(slug):
    """Also among all kinds: what is common to two, such as a day and a place, decides nothing."""
    headings = dict(enumerate(EXAMPLES[slug].row))
    cells = {at: [text] for at, text in enumerate(EXAMPLES[slug].row.values())}
    ordered = candidates(SHEET_TYPES, headings, {}, cells, {})
    assert (ordered[0].slug, rivals_of(ordered)) == (slug, [])


def test_a_good_row_is_taken_and_counts(kind, scope, sender):
    example = EXAMPLES[kind]
    before = example.measure(scope)
    load = load_rows(kind, example.row, by=sender)
    assert (verdicts(load), [sentence(message) for message in load.rows.get().messages]) == ([example.first], [])
    assert example.adds is None or float(example.measure(scope) - before) == example.adds


def test_the_same_row_again_is_the_same_and_tells_nothing(kind, sender):
    load_rows(kind, EXAMPLES[kind].row, by=sender)
    events = Event.objects.count()
    load = load_rows(kind, EXAMPLES[kind].row, by=sender)
    assert (verdicts(load), Event.objects.count()) == (["same"], events)


def test_a_changed_value_is_changed_and_told(kind, sender):
    example = EXAMPLES[kind]
    load_rows(kind, example.row, by=sender)
    load = load_rows(kind, example.row | example.change, by=sender)
    assert (verdicts(load), refusals(load)) == (["changed"], [])
    assert Event.objects.filter(change_set=load.change_set).exclude(changes={}).count() == 1
    again = load_rows(kind, example.row | example.change, by=sender)
    assert verdicts(again) == ["same"]


def test_an_undone_load_leaves_what_is_shown_as_it_was(kind, scope, sender):
    example = EXAMPLES[kind]
    before = example.measure(scope)
    load = load_rows(kind, example.row, by=sender)
    undo_rows(load, list(load.rows.all()))
    assert ([row.left for row in load.rows.all()], example.measure(scope)) == ([False], before)
    assert verdicts(load_rows(kind, example.row, by=sender)) == [example.first]


def test_an_undone_change_leaves_the_record_as_it_was(kind, scope, sender):
    example = EXAMPLES[kind]
    load_rows(kind, example.row, by=sender)
    before = example.measure(scope)
    load = load_rows(kind, example.row | example.change, by=sender)
    undo_rows(load, list(load.rows.all()))
    assert ([row.left for row in load.rows.all()], example.measure(scope)) == ([False], before)
    assert verdicts(load_rows(kind, example.row, by=sender)) == ["same"]


def test_a_row_without_a_required_column_is_refused(kind, sender):
    """The column may be missing from the file, or the cell be empty."""
    example, fields = EXAMPLES[kind], {column.name for column in SHEET_TYPES[kind].required if not column.follows}
    columns = {
        plain_heading(heading): column.name for column in SHEET_TYPES[kind].columns for heading in column.headings
    }  # fmt: skip
    headings = {columns[plain_heading(heading)]: heading for heading in example.row}
    assert fields <= headings.keys()
    for field in sorted(fields):
        without = {heading: text for heading, text in example.row.items() if heading != headings[field]}
        for row in (without, {**without, headings[field]: ""}):
            assert (field, "required") in refusals(load_rows(kind, row, by=sender))


def test_a_record_of_the_registry_is_found_by_its_code_alone(kind, sender):
    if not SHEET_TYPES[kind].column("code"):
        return
    load = load_rows(kind, EXAMPLES[kind].row, by=sender)
    again = load_rows(kind, {"编号": load.rows.get().code}, by=sender)
    assert (verdicts(again), refusals(again)) == (["same"], [])


def test_one_record_twice_in_a_file_is_refused_the_second_time(kind, sender):
    load = load_rows(kind, EXAMPLES[kind].row, deepcopy(EXAMPLES[kind].row), by=sender)
    assert refusals(load) == [("", "twice_in_file")]


def test_the_number_of_queries_does_not_grow_with_the_rows(kind, sender):
    example = EXAMPLES[kind]
    if example.vary is None:
        return
    counts = []
    load_rows(kind, *example.rows(1), by=sender)
    for rows in (example.rows(2), example.rows(12)):  # known ones and new ones in both
        with CaptureQueriesContext(connection) as queries:
            load = load_rows(kind, *rows, by=sender)
        counts.append(len(queries))
    assert (refusals(load), counts[1]) == ([], counts[0])


@pytest.mark.parametrize("slug", sorted(BY_CLERKS - {"point"}))
def test_a_clerk_loads_the_own_township_only(slug, sample, clerk_tangfang, clerk_daqi):
    example = EXAMPLES[slug]
    example.before()
    assert refusals(load_rows(slug, example.row, by=clerk_daqi))[-1][1] == "outside"
    assert verdicts(load_rows(slug, example.row, by=clerk_tangfang)) == [example.first]


@pytest.mark.parametrize("slug", STARS)
def test_a_bad_value_is_refused_alike_in_form_and_file(slug):
    inputs = {field.name: field.read for field in BY_NAME.values()}
    for column in (column for column in SHEET_TYPES[slug].columns if inputs.get(column.name) == column.read):
        text = BAD.get(column.name, TOO_LONG)
        row = SheetRow(0, 1, {column.name: text})
        read_cells(row, [column], defaultdict(dict))
        with pytest.raises(Invalid) as invalid:
            BY_NAME[column.name].read(text)
        assert [message["code"] for message in row.messages] == [invalid.value.code]
