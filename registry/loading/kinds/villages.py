"""Yearly data of villages and communities: income of village collectives, and whether a community meets the
standard."""

from collections import defaultdict
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
    Use,
    plain_name,
    register,
)
from registry.models import AreaLevel, CollectiveIncome, CommunityAttainment, Grade
from registry.text.validators import choice, line, money, yes_no

from .shared import YEAR, at, day_column, differs, place, refuse_village, take_day, township
from .succession import end_the_one_before, write_ends_first


def area_of(record: Any) -> Any:
    return record.area


COLUMNS = (
    ROW_NUMBER,
    CODE,
    township("乡镇"),
    SheetColumn(
        "village", "村名", line(60), required=True, label=_("Village"),
        also=(
            "村", "村(社区)", "村名称", "行政村", "村(社区)名称", "村庄", "村庄名称", "村居", "Village",
        ),
    ),
    SheetColumn(
        "village_code", "村代码", plain_name, only_in_files=True, also=("区划代码", "行政区划代码", "统计代码"),
    ),
    YEAR,
    SheetColumn(
        "amount_yuan", "集体经济年收入(万元)", money("万元"), required=True, unit="万元", numeric=True,
        also=("集体经济年收入", "年收入", "集体收入", "村集体经济收入", "收入", "集体经济收入", "集体经济总收入",
            "总收入", "收入总额",
            "年度收入", "村集体收入", "村集体年收入", "村集体经济年收入"),
    ),
    SheetColumn(
        "operating_yuan", "其中经营性收入(万元)", money("万元"), unit="万元", numeric=True,
        also=("其中经营性收入", "经营性收入"),
    ),
    SheetColumn(
        "reaches_threshold", "是否达5万元", yes_no, use=Use.COMPARE, words=("是", "否"), droppable=True,
        also=("是否达标", "是否达到5万元", "是否达到门槛"),
    ),
    SheetColumn("source", "主要来源", line(80), also=("收入来源", "来源")),
    day_column("reported_on", "填报日期", "填报时间", "上报日期"),
    REMARK,
)  # fmt: skip


COMMUNITY_COLUMNS = (
    ROW_NUMBER,
    CODE,
    township("所属乡镇(街道)"),
    SheetColumn("community", "社区名称", line(60), required=True, also=("社区",), label=_("Community"), stored=area_of),
    day_column("valid_from", "认定时间", "认定日期", required=True),
    SheetColumn("attained", "是否达标", yes_no, required=True, words=("是", "否")),
    SheetColumn("grade", "等次", choice(Grade), also=("社区等次",), words=("精品", "示范", "达标")),
    REMARK,
)


def resolve(row: SheetRow, context: Context) -> None:
    take_day(row, "reported_on", context, happened=True)
    take_village(row, context)
    if row.has("year"):
        if row.values["year"] > context.today.year:
            row.refuse("year", "day_to_come", day=row.values["year"])
        _compare(row, context)


def take_village(row: SheetRow, context: Context) -> None:
    """The row's record lies in the village of its township with that name or code. An unknown one refuses the row."""
    code = place(row, context)
    village = _village(row, context, code) if code and row.has("village") else ""
    row.attributes["area_id"] = village
    row.title = f"{row.areas.names.get(village) or row.values.get('village', '')} {row.values.get('year', '')}".strip()
    if not village and code and row.has("village") and not row.is_refused:
        refuse_village(row, "village", row.values["village"], code)


def _village(row: SheetRow, context: Context, township: str) -> str:
    """Looks up the village by its code if given, else by name. If both are given they must agree."""
    named = coded = ""
    with at(row, "village"):
        named = row.areas.village(township, row.values["village"])
    if code := row.values.get("village_code"):
        with at(row, "village_code"):
            coded = row.areas.village(township, code)
            if not coded or named not in ("", coded):
                row.refuse("village_code", "village_code_differs", text=code, village=row.values["village"])
    return coded or named


def _compare(row: SheetRow, context: Context) -> None:
    """The threshold is that of the year (F26, F27): 以上 includes the number itself."""
    threshold = context.parameter("income-threshold", date(row.values["year"], 12, 31))
    if threshold is not None and row.has("amount_yuan"):
        differs(row, "reaches_threshold", row.values["amount_yuan"] >= threshold)
    if row.has("amount_yuan", "operating_yuan") and row.values["operating_yuan"] > row.values["amount_yuan"]:
        operating, total = (f"{row.values[name].normalize():f}" for name in ("operating_yuan", "amount_yuan"))
        row.warn("operating_yuan", "more_than_all", said=operating, held=total)


def _code(row: SheetRow) -> Any:
    return f"CI-{row.attributes['area_id']}-{row.attributes['year']}"


def resolve_community(row: SheetRow, context: Context) -> None:
    """A verdict is identified by its community and its day. A community has a grade if it meets the standard (F31)."""
    day = take_day(row, "valid_from", context, happened=True)
    row.title = f"{row.values.get('community') or ''} {day or ''}".strip()
    if (code := place(row, context)) and row.has("community"):
        with at(row, "community"):
            row.attributes["area_id"] = row.areas.village(code, row.values["community"])
        level = row.areas.levels.get(row.attributes.get("area_id", ""))
        if level != AreaLevel.COMMUNITY and not row.is_refused:
            refuse_village(row, "community", row.values["community"], code)
    if row.has("attained") and row.values["attained"] != row.has("grade"):
        row.refuse("grade", "required" if row.values["attained"] else "grade_without_standard")


Verdicts = dict[str, list[CommunityAttainment]]


def prepare_verdicts(rows: list[SheetRow], context: Context) -> Verdicts:
    """The verdicts on each community."""
    verdicts: Verdicts = defaultdict(list)
    areas = {row.attributes.get("area_id") for row in rows} - {None}
    for verdict in context.locked(CommunityAttainment.objects.unscoped(WHY).filter(area__in=areas)):
        verdicts[verdict.area_id].append(verdict)
    return verdicts


def community_parts(row: SheetRow, context: Context, verdicts: Verdicts) -> None:
    """A new verdict ends the one before it."""
    if row.record is None:
        end_the_one_before(row, verdicts[row.attributes["area_id"]])
        verdicts[row.attributes["area_id"]].append(row.main.record)


register(
    SheetType(
        "community", _("Attainment of communities"), CommunityAttainment, COMMUNITY_COLUMNS,
        ("area_id", "valid_from"), resolve_community,
        prefix=lambda row: f"CA-{row.attributes['area_id']}-{row.attributes['valid_from'].year}-", digits=1,
        prepare=prepare_verdicts, parts=community_parts, write=write_ends_first,
        order=(("valid_from", "valid_to", True),), together=(("township", "community"), ("attained", "grade")),
        dated=("valid_from",), naming=("community",), called=("社区达标",), codes="CA-",
        about=_("Whether a community meets the standard, and its grade, from one verdict to the next."),
    ),
    SheetType(
        "income", _("Collective incomes"), CollectiveIncome, COLUMNS, ("area_id", "year"), resolve, prefix=_code,
        digits=0, by_clerks=True, together=(("township", "village"),),
        about=_("The income of each village collective in a year."),
        dated=("year",), naming=("village",), year_columns=("year",), called=("集体经济", "集体收入"), codes="CI-",
    )
)  # fmt: skip
