"""Honours with what they were granted to, and donations in cash and in kind."""

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from registry.loading.context import Context
from registry.loading.lookups import WHY, kind_of
from registry.loading.sheet_types import CODE, REMARK, ROW_NUMBER, SheetColumn, SheetRow, SheetType, register
from registry.loading.validate import assign, matches
from registry.models import Donation, DonationKind, Honour, HonourTitle
from registry.models.honours import HONOUR_TARGETS
from registry.text.validators import Invalid, choice, line, money, whole

from .shared import LEVEL, at, day_column, look_up, move, place, positive, take_day, township

TARGET_WORDS = {
    "党组织": "organisation", "地区": "place", "乡镇": "place", "乡镇(街道)": "place", "村": "place", "社区": "place",
    "村(社区)": "place", "示范点": "point", "点": "point", "示范带": "belt", "带": "belt", "单位": "unit",
    "企业": "unit", "学校": "unit",
}  # fmt: skip
DONATION_WORDS = {"资金": "cash", "现金": "cash", "物资": "goods", "实物": "goods"}
GIVEN = {DonationKind.CASH: ("amount_yuan",), DonationKind.GOODS: ("goods", "quantity")}
HONOUR_COLUMNS = (
    ROW_NUMBER,
    CODE,
    SheetColumn("title", "荣誉名称", line(80), required=True, also=("名称", "荣誉", "称号", "荣誉称号", "获得荣誉",
        "奖项", "奖项名称", "所获荣誉")),
    LEVEL,
    SheetColumn("issuer", "授予单位", line(80), required=True, also=(
        "颁发单位", "表彰单位", "授予部门", "授予机关", "颁发部门", "颁奖单位", "发证单位", "表彰机关",
    )),
    day_column("granted_on", "授予时间", "授予日期", "表彰时间", "获得时间", "获奖时间", "颁发时间", "授予年月",
        required=True),
    SheetColumn(
        "target_kind", "获得对象类型", lambda text: _target(text), required=True, follows=_("from what is named"),
        also=("对象类型",),
        words=("党组织", "地区", "示范点", "示范带", "单位"), label=_("Kind of recipient"),
        stored=lambda record: next(name for name in HONOUR_TARGETS if getattr(record, f"{name}_id")),
    ),
    SheetColumn(
        "target", "获得对象", line(80), required=True, also=(
            "对象", "获奖对象", "获奖单位", "获得单位", "受表彰单位", "获得者", "获得荣誉单位",
        ),
        names="organisation point belt unit place", label=_("Granted to"), stored=lambda record: record.target,
    ),
    SheetColumn("document_no", "文号", line(60), also=("表彰文号",)),
    replace(township("所属乡镇", required=False), only_in_files=True),
    SheetColumn(
        "title_kind", "统计口径", choice(HonourTitle), also=("计入",), words=tuple(map(str, HonourTitle.labels)),
    ),
    day_column("revoked_on", "撤销时间", "撤销日期"),
    REMARK,
)  # fmt: skip
DONATION_COLUMNS = (
    ROW_NUMBER,
    CODE,
    SheetColumn("donor", "捐赠单位", line(80), required=True, also=("捐赠企业", "捐赠方", "捐助单位", "捐赠企业名称"),
        names="unit"),
    day_column("donated_on", "日期", "捐赠日期", "捐赠时间"),
    SheetColumn(
        "kind", "类别", choice(DonationKind, DONATION_WORDS), required=True, also=("捐赠类别", "类型"),
        words=("资金", "物资"),
    ),
    SheetColumn(
        "amount_yuan", "金额(万元)", positive(money("万元")), also=("金额", "捐赠金额"), unit="万元", numeric=True,
    ),
    SheetColumn("goods", "物资名称", line(80), also=("物资",)),
    SheetColumn("quantity", "数量", positive(whole(0, 1_000_000_000)), numeric=True),
    SheetColumn("goods_unit", "单位", line(16), also=("计量单位",)),
    SheetColumn("recipient", "受赠方", line(80), required=True, also=("受赠单位", "接收单位")),
    SheetColumn("purpose", "事由", line(120), also=("用途",)),
    REMARK,
)  # fmt: skip


def _target(text: str) -> str:
    word = text.strip().replace("\uff08", "(").replace("\uff09", ")")
    if word and word not in TARGET_WORDS and word not in HONOUR_TARGETS:
        raise Invalid("not_a_choice", text=word, choices="、".join(TARGET_WORDS))
    return TARGET_WORDS.get(word, word)


def resolve_honour(row: SheetRow, context: Context) -> None:
    """An honour is identified by its title, level, day and holder."""
    take_day(row, "granted_on", context, happened=True)
    take_day(row, "revoked_on", context, happened=True)
    within = [code] if (code := place(row, context)) else []
    if row.has("target") and not row.has("target_kind"):
        with at(row, "target"):
            holder = context.records.find("organisation point belt unit", row.values["target"], within)
            row.values["target_kind"] = kind_of(holder) if holder else "place"
            row.note("target_kind", "kind_follows")
    if not row.has("target_kind", "target"):
        return
    what = row.values["target_kind"]
    if what == "place":
        with at(row, "target"):
            row.attributes["place_id"] = row.attributes["area_id"] = row.areas.anywhere(row.values["target"], within)
        return
    holder = look_up(row, context, what, "target", to=what, within=within)
    if holder is not None:
        row.attributes["area_id"] = holder.area_id or context.area


def prepare_honours(rows: list[SheetRow], context: Context) -> None:
    """A title counts as it counted before: by its exact name, never by similarity (F02, F03, F28)."""
    titles = {row.attributes.get("title") for row in rows}
    honours = Honour.objects.unscoped(WHY).filter(title__in=titles - {None, ""}).order_by("-pk")
    counted = dict(honours.values_list("title", "title_kind"))
    for row in rows:
        row.defaults["title_kind"] = counted.get(row.attributes.get("title", ""), HonourTitle.OTHER)


def resolve_donation(row: SheetRow, context: Context) -> None:
    donor = look_up(row, context, "unit", "donor", to="donor")
    if donor is not None:
        row.attributes["area_id"] = donor.area_id or context.area
    day = take_day(row, "donated_on", context, happened=True, assume=True)
    row.title = f"{row.values.get('donor', '')} {day or ''}".strip()
    if row.has("kind"):
        kind = DonationKind(row.values["kind"])
        for of, names in GIVEN.items():
            for name in names:
                if row.has(name) != (of == kind):
                    row.refuse(name, "donation_needs" if of == kind else "donation_is_not", kind=kind.label)


def find_donations(rows: list[SheetRow], context: Context) -> None:
    """A donation is identified by donor, day, kind and content. A row without a day matches a stored donation of any
    day; otherwise each load would add it again."""
    for row, alike in matches(DONATION, rows, context, lambda key: [key, (*key[:-1], "—")]):
        assign(row, alike)
        if row.record is not None and row.values.get("kind") not in (None, "", row.record.kind):
            row.refuse("kind", "donation_is_not", kind=row.record.get_kind_display())


DONATION = SheetType(
    "donation", _("Donations"), Donation, DONATION_COLUMNS,
    ("donor_id", "kind", "amount_yuan", "goods", "quantity", "donated_on"), resolve_donation,
    prefix=lambda row: "D-", find=find_donations, naming=("donor",), called=("捐赠", "捐助"), codes="D-",
    blanks=("amount_yuan", "goods", "quantity", "donated_on"),
    together=(("kind", "amount_yuan", "goods", "quantity"),),
    about=_("What firms and others gave, in cash or in kind. The two are never added."),
    dated=("donated_on",),
)  # fmt: skip
register(
    SheetType(
        "honour", _("Honours"), Honour, HONOUR_COLUMNS,
        ("title", "level", "granted_on", *(f"{target}_id" for target in HONOUR_TARGETS)), resolve_honour,
        prefix=lambda row: "H-", prepare=prepare_honours, parts=move,
        blanks=tuple(f"{target}_id" for target in HONOUR_TARGETS), order=(("granted_on", "revoked_on", True),),
        together=(("target_kind", "target"),),
        about=_("Titles granted to organisations, areas, points, belts and units, by level."),
        dated=("granted_on",),
        year_columns=("granted_on",), called=("荣誉", "表彰", "获奖", "奖项"), codes="H-",
    ),
    DONATION,
)  # fmt: skip
