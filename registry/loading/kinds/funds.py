"""Funds of the three levels, and wage rules."""

from dataclasses import replace
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from registry.loading.context import Context
from registry.loading.lookups import WHY
from registry.loading.sheet_types import (
    CODE,
    REMARK,
    ROW_NUMBER,
    SheetColumn,
    SheetRow,
    SheetType,
    register,
)
from registry.loading.validate import assign, same
from registry.models import DemonstrationPoint, Fund, FundCategory, FundLevel, Post, WageRule
from registry.models.funds import project_named
from registry.text.area_codes import is_township
from registry.text.validators import choice, line, money, number

from .shared import YEAR, at, day_column, look_up, place, positive, refer, take_day, township
from .succession import end_the_one_before, in_force, write_ends_first

CATEGORY_WORDS = {"区财政": "district_budget", "区财政资金": "district_budget", "创建资金": "creation", "其他": "other"}
SOURCE_WORDS = {
    "区": "district", "区级": "district", "乡": "township", "乡级": "township", "乡镇": "township", "镇": "township",
    "村": "village", "村级": "village",
}  # fmt: skip
POST_WORDS = {"一肩挑": "combined", "两委交叉任职": "cross", "交叉任职": "cross", "其他": "other"}
FUND_COLUMNS = (
    ROW_NUMBER,
    CODE,
    YEAR,
    SheetColumn(
        "category", "资金类别", choice(FundCategory, CATEGORY_WORDS), required=True, also=("类别", "资金类型",
            "资金性质"),
        words=("区财政", "创建资金", "其他"),
    ),
    SheetColumn(
        "level", "来源级别", choice(FundLevel, SOURCE_WORDS), required=True, also=("来源", "级别", "资金来源"),
        words=("区", "乡", "村"),
    ),
    SheetColumn(
        "amount_yuan", "金额(万元)", positive(money("万元")), required=True, also=("金额", "资金数额", "资金金额",
            "拨付金额"), unit="万元",
        numeric=True,
    ),
    SheetColumn("budgeted_yuan", "预算数(万元)", money("万元"), also=("预算数", "预算"), unit="万元", numeric=True),
    SheetColumn("paid_yuan", "支付数(万元)", money("万元"), also=("支付数", "已支付"), unit="万元", numeric=True),
    SheetColumn(
        "out_of_code", "上级资金编号", line(40), also=("资金来源编号",), label=_("Code of the fund it is paid from"),
    ),
    SheetColumn("point", "受益示范点", line(80), also=("示范点",), names="point"),
    SheetColumn("project_code", "受益书记项目编号", line(40), also=("书记项目编号",)),
    SheetColumn("purpose", "用途", line(120), also=("资金用途", "项目", "使用方向")),
    SheetColumn("document_no", "文号", line(60), also=("拨付文号",)),
    day_column("arrived_on", "到位时间", "到位日期", "拨付时间"),
    township("所属乡镇", required=False),
    SheetColumn("village", "村名", line(60), also=("所属村", "村"), label=_("Village")),
    REMARK,
)  # fmt: skip
WAGE_COLUMNS = (
    ROW_NUMBER,
    CODE,
    replace(YEAR, stored=lambda record: record.valid_from.year),
    SheetColumn(
        "post", "职务情形", choice(Post, POST_WORDS), required=True, also=("职务", "任职情形"),
        words=("一肩挑", "两委交叉任职", "其他"),
    ),
    SheetColumn("standard_yuan", "省定标准(元)", positive(money("元")), also=("省定标准",), unit="元", numeric=True),
    SheetColumn("actual_yuan", "实发工资(元)", positive(money("元")), also=("实发工资",), unit="元", numeric=True),
    SheetColumn(
        "uplift_percent", "高于比例(%)", number("-100", "1000", unit="%"), required=True, also=("高于比例", "上浮比例"),
    ),
    REMARK,
)  # fmt: skip


def resolve_fund(row: SheetRow, context: Context) -> None:
    """A fund is identified by year, category, source, area and purpose; the amount may be corrected."""
    _set_references(row, context)
    take_day(row, "arrived_on", context, assume=True)
    own_area = context.area if context.decides else context.by.write_prefix
    level, area = row.values.get("level"), place(row, context) or own_area
    if row.has("village"):
        with at(row, "village"):
            area = row.areas.anywhere(row.values["village"], [area] if is_township(area) else [])
    elif level and level != FundLevel.DISTRICT and area == context.area:
        row.warn("township", "fund_of_district")
    if row.has("township") or row.has("village") or not row.has("code"):
        row.attributes["area_id"] = area


def _set_references(row: SheetRow, context: Context) -> None:
    """Looks up the fund it is paid from, and the point or project it is for."""
    point: Any = look_up(row, context, "point", "point")
    if point is not None and not DemonstrationPoint.objects.public().filter(pk=point.pk).exists():
        row.refuse("point", "place_unknown", text=row.values["point"])
    if row.has("project_code") and project_named(row.values["project_code"]) is None:
        row.refuse("project_code", "place_unknown", text=row.values["project_code"])
    if row.has("out_of_code"):
        code, year = row.values["out_of_code"], row.values.get("year", 0)
        above = Fund.objects.unscoped(WHY).filter(code=code, year=year).first()
        if above is None:
            row.refuse("out_of_code", "place_unknown", text=row.values["out_of_code"])
        refer(row, "out_of", above)


def refuse_other_funds(row: SheetRow, context: Context, stored: None) -> None:
    """A township enters its creation funds (F72); all other money is entered by the district."""
    if context.decides or not row.main.does_something:
        return
    fund: Any = row.main.record
    after = {name: both[1] for name, both in row.main.changes.items()}
    if {fund.category, after.get("category", fund.category)} != {FundCategory.CREATION}:
        row.refuse("category", "fund_not_of_township")
    elif FundLevel.DISTRICT in (fund.level, after.get("level")):
        row.refuse("level", "fund_not_of_township")


def resolve_wage(row: SheetRow, context: Context) -> None:
    row.attributes["area_id"] = context.area
    if row.has("year"):
        row.attributes["valid_from"] = date(row.values["year"], 1, 1)
    row.title = f"{Post(row.values['post']).label if row.has('post') else ''} {row.values.get('year', '')}".strip()


def find_wage(rows: list[SheetRow], context: Context) -> None:
    """A rule is valid until a later year changes it. A row is about the rule in force at the beginning of its year, if
    its values are the same or it began then."""
    rules = context.once(_stored_rules)
    by_code = {rule.code: rule for rule in rules}
    for row in rows:
        begins, alike = row.attributes.get("valid_from"), []
        post = row.values.get("post")
        rule = in_force([rule for rule in rules if rule.post == post], begins) if begins else None
        if rule is not None and (rule.valid_from == begins or _says(rule, row.values)):
            row.attributes["valid_from"] = rule.valid_from
            alike = [rule]
        row.record = by_code.get(row.values.get("code", ""))
        assign(row, alike)


def _stored_rules(context: Context) -> list[WageRule]:
    rules = WageRule.objects.unscoped(WHY).filter(area=context.area)
    return list(context.locked(rules).order_by("-valid_from"))


def _added_rules(context: Context) -> list[WageRule]:
    """Those that earlier rows of the file add."""
    return []


def _says(rule: WageRule, values: dict[str, Any]) -> bool:
    uplift, standard = values.get("uplift_percent"), values.get("standard_yuan")
    return uplift == rule.uplift_percent and (standard is None or same(rule.standard_yuan, standard))


def wage_parts(row: SheetRow, context: Context, stored: None) -> None:
    """A new rule ends the one before it, and is valid until the one after it."""
    added = context.once(_added_rules)
    rules = (*context.once(_stored_rules), *added)
    end_the_one_before(row, [rule for rule in rules if rule.post == row.main.record.post])
    if row.record is None:
        added.append(row.main.record)


register(
    SheetType(
        "fund", _("Funds"), Fund, FUND_COLUMNS, ("year", "category", "level", "area_id", "purpose"), resolve_fund,
        prefix=lambda row: f"F-{row.attributes['year']}-", blanks=("purpose",), parts=refuse_other_funds,
        by_clerks=True,
        together=(("township", "village"), ("year", "out_of_code")),
        about=_("Money of district, townships and villages: budgeted, arrived, paid."),
        dated=("year",), naming=("amount_yuan",), year_columns=("year",), called=("资金", "经费", "预算"),
        codes="F-",
    ),
    SheetType(
        "wage-rule", _("Wage rules"), WageRule, WAGE_COLUMNS, ("post", "area_id", "valid_from"), resolve_wage,
        prefix=lambda row: "W-", digits=2, find=find_wage, parts=wage_parts, write=write_ends_first,
        order=(("valid_from", "valid_to", True),), together=(("year", "post", "uplift_percent"),),
        year_columns=("year",), called=("待遇", "工资", "报酬"), codes="W-",
        about=_("How far the wage of a post lies above the provincial standard, from a year on."),
    ),
)  # fmt: skip
