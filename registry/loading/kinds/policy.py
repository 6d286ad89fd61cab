"""Special actions with their items, the records attached to them, village elections, policy documents."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from registry.loading.context import Context
from registry.loading.sheet_types import (
    CODE,
    PART,
    REMARK,
    ROW_NUMBER,
    PendingWrite,
    SheetColumn,
    SheetRow,
    SheetType,
    plain_name,
    register,
)
from registry.models import (
    ActionKind,
    AttachableKind,
    Attachment,
    ElectionResult,
    PolicyDocument,
    SpecialAction,
    SpecialActionItem,
    VillageElection,
    attachable,
)
from registry.text.paper_numbers import plain_paper_number
from registry.text.validators import choice, line, listing, prose, yes_no

from .shared import (
    LEVEL,
    YEAR,
    Parts,
    by_owner,
    day_column,
    log_parts,
    look_up,
    parts_of,
    stored_keys,
    take_day,
    township,
)
from .villages import take_village

ACTION_WORDS = {"专项行动": "action", "实践活动": "practice", "体系": "system", "政策": "policy"}
KIND_WORDS = {
    "党建示范点": "points", "示范点": "points", "示范带": "belts", "示范片区": "zones", "书记项目": "projects",
    "资金": "funds", "村干部待遇": "wage-rules", "荣誉": "honours", "党建品牌": "brands", "区域联合体": "consortia",
    "创建社区": "communities", "村级换届": "elections", "承接会议": "hosted-events",
}  # fmt: skip
RESULT_WORDS = {"完成": "completed", "已完成": "completed", "另行选举": "to_repeat"}


def _read_items(text: str) -> list[str]:
    return [line(60)(name) for name in listing(text)]


ACTION_COLUMNS = (
    ROW_NUMBER,
    CODE,
    SheetColumn("name", "行动名称", line(60), required=True, also=("专项行动", "名称", "专项行动名称")),
    SheetColumn("kind", "类别", choice(ActionKind, ACTION_WORDS), also=("类型", "形式"), words=tuple(ACTION_WORDS)),
    SheetColumn(
        "items", "行动要素", _read_items, required=True, also=("要素", "内容", "任务"),
        label=pgettext_lazy("special action", "Items"),
        stored=lambda record: [item.name for item in record.items.order_by("number")],
    ),
    SheetColumn("covers", "适用领域", line(120), also=("适用范围",)),
    SheetColumn("aim", "目的", prose(2000), also=("目标",)),
    SheetColumn("document_no", "文号", line(60), also=("文件文号",)),
    day_column("started_on", "启动时间", "启动日期", "开始时间"),
    day_column("ended_on", "结束时间", "结束日期"),
    REMARK,
)  # fmt: skip
ATTACHMENT_COLUMNS = (
    ROW_NUMBER,
    CODE,
    SheetColumn(
        "action", "专项行动", line(60), required=True, also=("行动名称",), names="action", label=_("Special action"),
    ),
    SheetColumn(
        "item", "行动要素", line(60), required=True, also=("要素",), label=pgettext_lazy("special action", "Item"),
    ),
    SheetColumn(
        "kind", "记录类别", choice(AttachableKind, KIND_WORDS), required=True, also=("类别",),
        words=tuple(dict.fromkeys(word for word in KIND_WORDS if word != "示范点")),
    ),
    SheetColumn("target_code", "记录编号", line(40), required=True, also=("对象编号",)),
    day_column("valid_from", "纳入时间", "纳入日期"),
    day_column("valid_to", "退出时间", "退出日期"),
    REMARK,
)  # fmt: skip
ELECTION_COLUMNS = (
    ROW_NUMBER,
    CODE,
    township("乡镇"),
    SheetColumn("village", "村名", line(60), required=True, also=("村", "村名称", "行政村"), label=_("Village")),
    SheetColumn("village_code", "村代码", plain_name, only_in_files=True, also=("区划代码", "统计代码")),
    YEAR,
    SheetColumn("term", "届次", line(20), also=("届",)),
    day_column("held_on", "换届日期", "选举日期", "换届时间", required=True),
    SheetColumn(
        "result", "换届结果", choice(ElectionResult, RESULT_WORDS), also=("结果",), words=("完成", "另行选举"),
    ),
    SheetColumn("is_combined_post", "是否一肩挑", yes_no, also=("一肩挑",), words=("是", "否")),
    SheetColumn("document_no", "文号", line(60)),
    REMARK,
)  # fmt: skip
PAPER_COLUMNS = (
    ROW_NUMBER,
    CODE,
    SheetColumn("number", "文号", lambda text: line(60)(plain_paper_number(text)), also=("文件文号", "发文字号")),
    SheetColumn("title", "文件标题", line(120), required=True, also=("标题", "文件名称")),
    SheetColumn("issuer", "发文机关", line(80), required=True, also=("发文单位", "印发单位")),
    LEVEL,
    day_column("issued_on", "发文日期", "印发日期", "成文日期", required=True),
    day_column("valid_from", "生效日期", "施行日期"),
    day_column("valid_to", "失效日期", "废止日期"),
    SheetColumn("summary", "内容摘要", prose(2000), also=("摘要",)),
    REMARK,
)  # fmt: skip


def resolve_action(row: SheetRow, context: Context) -> None:
    row.defaults["area_id"] = context.area
    take_day(row, "started_on", context, assume=True)
    take_day(row, "ended_on", context)


def prepare_actions(rows: list[SheetRow], context: Context) -> Parts:
    """The items of each action by name, with their numbers."""
    items = SpecialActionItem.objects.filter(action__in=stored_keys(rows))
    return by_owner(items.values_list("action_id", "name", "number"))


def action_parts(row: SheetRow, context: Context, items_of: Parts) -> None:
    """New items follow on those there are. Items that the file omits stay, with a warning: records are attached to
    them."""
    current = parts_of(row, items_of)
    names = list(dict.fromkeys(row.values.get("items") or ()))
    new = [name for name in names if name not in current]
    for number, name in enumerate(new, start=max(current.values(), default=0) + 1):
        row.writes.append(PendingWrite(SpecialActionItem(action=row.main.record, number=number, name=name), stage=PART))
    if new:
        log_parts(row, "items", new)
    staying = [name for name in current if name not in names]
    if names and staying:
        row.warn("items", "member_stays", text="、".join(staying))


def resolve_attachment(row: SheetRow, context: Context) -> None:
    take_day(row, "valid_from", context, assume=True)
    take_day(row, "valid_to", context)
    row.title = " ".join(filter(None, (row.values.get("item"), row.values.get("target_code"))))
    action = look_up(row, context, "action", "action", to="action")
    row.attributes.pop("action_id", None)  # the item knows its action
    if action is None or not row.has("item"):
        return
    text = row.values["item"]
    item = context.once(_items).get((action.pk, plain_name(text)))
    if item is None:
        names = "、".join(name for (of, name) in context.once(_items) if of == action.pk)
        row.refuse("item", "not_a_choice", text=text, choices=names)
    else:
        row.attributes["item_id"] = item


def _items(context: Context) -> dict[tuple[int, str], int]:
    """The items of all actions: {(action, name): item}."""
    items = SpecialActionItem.objects.order_by("action", "number").values_list("action_id", "name", "pk")
    return {(action, plain_name(name)): pk for action, name, pk in items}


def find_targets(rows: list[SheetRow], context: Context) -> None:
    """Looks up what is attached, in one query a kind. The attachment lies in the area of its record."""
    codes: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.has("kind", "target_code"):
            codes[row.values["kind"]].add(row.values["target_code"])
    areas = {
        (kind, code): area
        for kind, of_kind in codes.items()
        for code, area in attachable(kind).filter(code__among=of_kind).values_list("code", "area_id")
    }
    for row in rows:
        target = (row.values.get("kind"), row.values.get("target_code"))
        if target in areas:
            row.attributes["area_id"] = areas[target] or context.area
        elif row.has("kind", "target_code"):
            row.refuse("target_code", "place_unknown", text=row.values["target_code"])


def prefill_attachments(rows: QuerySet) -> Iterator[dict[str, Any]]:
    names = ("code", "item", "kind", "target_code", "valid_from", "valid_to", "remark")
    for attachment in rows.select_related("item__action"):
        yield {"action": attachment.item.action.name, **{name: getattr(attachment, name) for name in names}}


def resolve_election(row: SheetRow, context: Context) -> None:
    take_day(row, "held_on", context, happened=True)
    take_village(row, context)


def resolve_paper(row: SheetRow, context: Context) -> None:
    """A document is in force from the day it was issued, unless a column gives another day."""
    row.defaults["area_id"] = context.area
    issued = take_day(row, "issued_on", context, happened=True)
    take_day(row, "valid_from", context)
    take_day(row, "valid_to", context)
    if issued:
        row.defaults["valid_from"] = issued


register(
    SheetType(
        "special-action", _("Special actions"), SpecialAction, ACTION_COLUMNS, ("name",), resolve_action,
        prefix=lambda row: "SA-", digits=2, prepare=prepare_actions, parts=action_parts,
        order=(("started_on", "ended_on", True),), about=_("Actions of the district with their items."),
        called=("专项行动",), codes="SA-",
    ),
    SheetType(
        "attachment", _("Records of special actions"), Attachment, ATTACHMENT_COLUMNS,
        ("item_id", "kind", "target_code"), resolve_attachment, prefix=lambda row: "SR-", digits=4,
        prepare=find_targets, prefill=prefill_attachments, by_clerks=True, order=(("valid_from", "valid_to", True),),
        about=_("Which records belong to an item of a special action."),
        naming=("action", "item"), called=("行动记录", "要素记录"), codes="SR-",
    ),
    SheetType(
        "election", _("Village elections"), VillageElection, ELECTION_COLUMNS, ("area_id", "year"), resolve_election,
        prefix=lambda row: f"VE-{row.attributes['area_id']}-{row.attributes['year']}", digits=0, by_clerks=True,
        together=(("township", "village"),), about=_("When each village was elected anew, and with what result."),
        naming=("village", "held_on"), year_columns=("year",), called=("换届", "选举"), codes="VE-",
    ),
    SheetType(
        "policy-document", _("Policy documents"), PolicyDocument, PAPER_COLUMNS, ("title", "issuer", "issued_on"),
        resolve_paper, prefix=lambda row: "PD-", order=(("valid_from", "valid_to", True),),
        about=_("Papers that records stand on, and until when they are in force."),
        called=("文件",), codes="PD-",
    ),
)  # fmt: skip
