"""Findings of supervision, and talks and replacements (restricted)."""

from django.utils.translation import gettext_lazy as _

from assessment.models import AccountabilityAction, AccountabilityKind, SupervisionFinding
from registry.loading.context import Context
from registry.loading.kinds.shared import belong_to_organisation, day_column, take_day
from registry.loading.sheet_types import CODE, REMARK, ROW_NUMBER, SheetColumn, SheetRow, SheetType, register
from registry.text.validators import choice, line, yes_no

KIND_WORDS = {"约谈": "interview", "调整": "adjustment"}
FINDING_COLUMNS = (
    ROW_NUMBER,
    CODE,
    day_column("inspected_on", "督导日期", "督导时间", "督查时间", "督查日期", "检查时间", "检查日期", required=True),
    SheetColumn("issuer", "督导单位", line(80), required=True, also=("督导组", "督查单位", "检查单位")),
    SheetColumn(
        "organisation", "被督导党组织", line(80), required=True, also=("被督导单位", "被督查单位", "被督查党组织",
            "被检查单位", "党组织", "党组织编号"),
        names="organisation",
    ),
    SheetColumn("finding", "发现问题", line(300), required=True, also=("存在问题", "问题", "存在的问题",
        "督查发现问题")),
    SheetColumn("demand", "整改要求", line(300), also=("要求",)),
    day_column("deadline", "整改时限", "整改期限", "完成时限", "时限", required=True),
    SheetColumn("person", "整改责任人", line(40), also=("责任人",), personal=True),
    SheetColumn("progress", "整改情况", line(300), also=("整改进展",)),
    SheetColumn("done", "是否完成", yes_no, also=("是否整改到位", "是否销号", "已完成"), words=("是", "否")),
    day_column("rechecked_on", "复查日期", "复查时间"),
    REMARK,
)  # fmt: skip
ACTION_COLUMNS = (
    ROW_NUMBER,
    CODE,
    day_column("occurred_on", "日期", "时间", required=True),
    SheetColumn(
        "kind", "类别", choice(AccountabilityKind, KIND_WORDS), required=True, also=("类型",), words=tuple(KIND_WORDS),
    ),
    SheetColumn(
        "organisation", "党组织", line(80), required=True, also=("党组织名称", "所在党组织"), names="organisation",
    ),
    SheetColumn("person", "姓名", line(40), required=True, personal=True),
    SheetColumn("post", "职务", line(40)),
    SheetColumn("reason", "事由", line(200), also=("原因",)),
    SheetColumn("issuer", "实施单位", line(80)),
    REMARK,
)  # fmt: skip


def resolve_finding(row: SheetRow, context: Context) -> None:
    """A finding is identified by its day, its organisation and its text."""
    belong_to_organisation(row, context)
    day = take_day(row, "inspected_on", context, happened=True)
    take_day(row, "deadline", context, last=True)
    take_day(row, "rechecked_on", context, happened=True)
    row.title = f"{day or ''} {row.values.get('organisation') or ''}".strip()


def resolve_action(row: SheetRow, context: Context) -> None:
    """An action is identified by its day, its kind, the organisation and the person. Its title names nobody."""
    belong_to_organisation(row, context)
    day = take_day(row, "occurred_on", context, happened=True)
    row.title = f"{AccountabilityKind(row.values['kind']).label if row.has('kind') else ''} {day or ''}".strip()


register(
    SheetType(
        "supervision", _("Findings of supervision"), SupervisionFinding, FINDING_COLUMNS,
        ("inspected_on", "organisation_id", "finding"), resolve_finding, prefix=lambda row: "SF-",
        order=(("inspected_on", "deadline", False), ("inspected_on", "rechecked_on", False)),
        dated=("inspected_on",),
        naming=("finding",), called=("督导", "督查", "整改"), codes="SF-",
    ),
    SheetType(
        "accountability", _("Talks and replacements"), AccountabilityAction, ACTION_COLUMNS,
        ("occurred_on", "kind", "organisation_id", "person"), resolve_action, prefix=lambda row: "AA-",
        about=_("Talks with persons and replacements of them. The public reads their number only."),
        dated=("occurred_on",),
        naming=("person",), called=("约谈", "调整", "问责"), codes="AA-",
    ),
)  # fmt: skip
