"""The three-level guarantee: money by level and year, what was passed down, who got it, and the wages."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from registry.figures import FIGURES
from registry.models import DemonstrationPoint, Fund, WageRule
from registry.overviews import funding
from tests.conftest import DAQI, LAST_DAY, TANGFANG
from tests.factories import load_rows

ROW = {
    "年度": "2021", "资金类别": "其他", "来源级别": "乡", "金额(万元)": "12.5", "用途": "阵地建设",
    "到位时间": "2021-06-01", "所属乡镇": "唐坊镇",
}  # fmt: skip


def fund(**more) -> Fund:
    values = {
        "code": "F-T", "year": 2021, "category": "other", "level": "township", "amount_yuan": Decimal(100),
        "arrived_on": date(2021, 6, 1), "area_id": TANGFANG,
    }  # fmt: skip
    return Fund(**values | more)


def level(scope, name: str) -> funding.Level:
    return next(row for row in funding.levels(scope, 2021) if row.level == name)


def test_money_of_a_level_adds_up_or_says_by_how_much_not(sample, scope):
    here = scope.within(TANGFANG)
    before = level(here, "township")
    fund(budgeted_yuan=130, paid_yuan=90).save()
    fund(code="F-T2", budgeted_yuan=100, paid_yuan=100).save()
    fund(code="F-T3").save()
    after = level(here, "township")
    assert after.arranged - before.arranged == 300
    assert (after.budgeted - before.budgeted, after.paid - before.paid) == (230, 190)
    assert (after.not_arranged - before.not_arranged, after.not_paid - before.not_paid) == (30, 10)
    assert (after.rows - before.rows, after.silent - before.silent) == (3, 1)


def test_a_level_without_money_stands_there_with_nothing(sample, scope):
    levels = funding.levels(scope.at(date(2019, 12, 31)), 2019)
    assert [row.level for row in levels] == ["district", "township", "village"]
    assert (levels[2].arranged, levels[2].paid) == (0, None)


def test_what_was_passed_down_is_held_against_where_it_came_from(sample, scope):
    budget = Fund.objects.public().get(code="F-2021-QJ")
    [split] = [split for split in funding.splits(scope, 2021) if split.fund == budget]
    assert (split.passed, split.left) == (96_000_000, 14_000_000)
    fund(out_of=budget, amount_yuan=15_000_000).save()
    [split] = [split for split in funding.splits(scope, 2021) if split.fund == budget]
    assert (split.left, split.excess, len(split.parts)) == (-1_000_000, 1_000_000, 17)


def test_money_passed_down_is_counted_once_over_the_years(sample, scope):
    sums = dict(funding.years(scope))
    assert [sum for _label, sum in sums[2021]] == [110_000_000, 12_360_000, 0]
    assert list(sums) == [2021, 2020, 2019, 2018, 2017]


def test_money_passed_down_moves_no_figure(sample, scope):
    before = [FIGURES[slug].answer(scope).value for slug in ("district-budget", "creation-funds")]
    fund(out_of=Fund.objects.public().get(code="F-2021-QJ")).save()
    assert [FIGURES[slug].answer(scope).value for slug in ("district-budget", "creation-funds")] == before


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"category": "creation", "out_of": "F-2021-QJ"}, "__all__"),
        ({"out_of": "F-2020-QJ"}, "out_of"),
        ({"project_code": "SP-1999-01"}, "project_code"),
        ({"budgeted_yuan": -1}, "__all__"),
    ],
)
def test_what_cannot_be_is_refused(values, field, sample):
    if "out_of" in values:
        values = values | {"out_of": Fund.objects.public().get(code=values["out_of"])}
    with pytest.raises(ValidationError) as error:
        fund(**values).full_clean()
    assert list(error.value.message_dict) == [field]


def test_only_a_named_point_is_shown_to_have_got_something(sample):
    hidden = DemonstrationPoint.objects.unscoped("test").exclude(pk__in=DemonstrationPoint.objects.public()).first()
    named = DemonstrationPoint.objects.public().first()
    fund(point=named).full_clean()
    with pytest.raises(ValidationError) as error:
        fund(point=hidden).full_clean()
    assert list(error.value.message_dict) == ["point"]


def test_a_sheet_says_who_got_it_and_out_of_what(sample, administrator):
    site = DemonstrationPoint.objects.public().in_area(TANGFANG).first()
    more = {"预算数(万元)": "13", "支付数(万元)": "12", "上级资金编号": "F-2021-QJ", "受益示范点": site.name}
    load_rows("fund", ROW | more | {"受益书记项目编号": "SP-2021-01"}, by=administrator)
    made = Fund.objects.public().get(purpose="阵地建设")
    assert (made.budgeted_yuan, made.paid_yuan, made.out_of.code) == (130_000, 120_000, "F-2021-QJ")
    assert (made.point, made.project_code) == (site, "SP-2021-01")


@pytest.mark.parametrize("cells", [{"上级资金编号": "F-0"}, {"受益书记项目编号": "SP-0"}, {"受益示范点": "没有的点"}])
def test_a_sheet_that_names_what_is_not_there_is_refused(cells, sample, administrator):
    load = load_rows("fund", ROW | cells, by=administrator)
    assert (load.refused, Fund.objects.public().filter(purpose="阵地建设").count()) == (1, 0)


def test_a_point_s_and_a_project_s_page_show_what_they_got(sample, client):
    site = Fund.objects.public().filter(point__isnull=False).first()
    for address in (f"/points/{site.point.code}/", "/projects/SP-2021-12/"):
        page = client.get(address).content.decode()
        assert "获得资金" in page
    assert "获得资金" not in client.get("/projects/SP-2021-01/").content.decode()
    assert [row.code for row in Fund.objects.public().filter(project_code="SP-2021-12")] == [f"F-2021-{DAQI}-4"]


@pytest.mark.parametrize(
    ("standard", "actual", "met"),
    [("2000", "2200", True), ("2000", "2199.99", False), (None, "2200", None), ("2000", None, None)],
)
def test_a_wage_is_held_against_the_standard_and_its_uplift(standard, actual, met, sample):
    rule = WageRule.objects.public().get(post="combined")
    rule.standard_yuan = standard and Decimal(standard)
    rule.actual_yuan = actual and Decimal(actual)
    assert rule.is_met is met


def test_the_page_says_that_the_standard_was_never_given(sample, client):
    page = client.get(f"/guarantee/?as_of={LAST_DAY}").content.decode()
    assert page.count("省定标准或实发工资未登记") == 2
