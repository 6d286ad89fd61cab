"""Brands, red business districts with their functions, consortia with their villages."""

from dataclasses import replace
from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy as _

from registry.loading.context import Context
from registry.loading.sheet_types import CODE, REMARK, ROW_NUMBER, SheetColumn, SheetRow, SheetType, register
from registry.models import Area, Brand, Consortium, ConsortiumMembership, RedBusinessDistrict, TermList, VillageRole
from registry.text.validators import Invalid, choice, line, listing, prose, yes_no

from .shared import (
    FIELD,
    Parts,
    add_parts,
    at,
    belong_to_organisation,
    by_owner,
    day_column,
    look_up,
    parts_of,
    place,
    stored_keys,
    take_day,
    township,
)

FUNCTIONS = {
    "consulting": "服务咨询", "training": "教育培训", "culture": "党建文化", "reading": "读书学习",
    "fitness": "运动健身",
}  # fmt: skip
FUNCTION_LABELS = {
    "consulting": _("Service and advice"), "training": _("Education and training"),
    "culture": _("Party-building culture"), "reading": _("Reading and study"), "fitness": _("Sport and fitness"),
}  # fmt: skip
KIND_WORDS = {"以强带弱": "strong_leads_weak", "以城带乡": "town_leads_country"}


def _offers(heading: str, district: RedBusinessDistrict) -> bool | None:
    """Whether a red business district offers the function; None for no, as in the sheet."""
    return any(term.name == heading for term in district.functions.public()) or None


def _members(role: str, consortium: Consortium) -> list[Area]:
    """The villages that have the role in the consortium now."""
    members = consortium.memberships.filter(role=role, valid_to=None).select_related("village")
    return [member.village for member in members.order_by("village")]


BRAND_COLUMNS = (
    ROW_NUMBER,
    CODE,
    SheetColumn("name", "品牌名称", line(60), required=True, also=("名称", "品牌", "党建品牌")),
    replace(FIELD, follows=_("from the organisation")),
    SheetColumn(
        "organisation", "党组织", line(80), required=True, also=("党组织名称", "所属党组织"), names="organisation",
    ),
    SheetColumn("slogan", "口号", line(120), also=("品牌口号",)),
    SheetColumn("meaning", "内涵", prose(2000), also=("品牌内涵",)),
    day_column("created_on", "创建时间", "创建日期"),
    day_column("ended_on", "停用时间", "停用日期"),
    REMARK,
)  # fmt: skip
RED_COLUMNS = (
    ROW_NUMBER,
    CODE,
    SheetColumn("name", "名称", line(60), required=True, also=("商圈名称", "红色商圈名称", "红色商圈")),
    township("所属街道"),
    SheetColumn("organisation", "党组织", line(80), also=("党组织名称",), names="organisation"),
    *(
        SheetColumn(name, heading, yes_no, words=("√",), stored=partial(_offers, heading), label=FUNCTION_LABELS[name])
        for name, heading in FUNCTIONS.items()
    ),
    day_column("opened_on", "建成时间", "启用时间", "开放时间"),
    day_column("closed_on", "关闭时间", "停用时间"),
    REMARK,
)
CONSORTIUM_COLUMNS = (
    ROW_NUMBER,
    CODE,
    SheetColumn("name", "联合体名称", line(80), required=True, also=("名称", "区域联合体名称", "区域联合体")),
    SheetColumn(
        "lead_organisation", "牵头单位", line(80), required=True, also=("牵头党组织", "牵头村党组织"),
        names="organisation",
    ),
    township("所属乡镇"),
    SheetColumn("kind", "类型", choice(Consortium.Kind, KIND_WORDS), also=("联合体类型",), words=tuple(KIND_WORDS)),
    SheetColumn(
        "lead_villages", "示范村", listing, required=True, also=("示范村名单", "带动主体村"), label=_("Lead villages"),
        stored=partial(_members, VillageRole.LEAD),
    ),
    SheetColumn(
        "led_villages", "带动村", listing, required=True, also=("被带动村", "带动村名单"), label=_("Led villages"),
        stored=partial(_members, VillageRole.LED),
    ),
    SheetColumn(
        "linkages", "四联内容", listing, also=("四联",), label=_("Linkages"),
        stored=lambda record: [term.name for term in record.linkages.public()],
    ),
    day_column("founded_on", "成立时间", "成立日期"),
    day_column("ended_on", "终止时间", "解散时间"),
    REMARK,
)  # fmt: skip


def resolve_brand(row: SheetRow, context: Context) -> None:
    """Two organisations may have brands with the same name."""
    organisation = belong_to_organisation(row, context)
    if organisation is not None and not row.has("field"):
        row.values["field"] = row.defaults["field"] = organisation.field
        row.note("field", "field_follows")
    take_day(row, "created_on", context, happened=True, assume=True)
    take_day(row, "ended_on", context, happened=True)


def resolve_red(row: SheetRow, context: Context) -> None:
    """The template has no date: a new one counts from today, unless a column gives another date."""
    row.attributes["area_id"] = code = place(row, context)
    look_up(row, context, "organisation", "organisation", within=[code], required=False)
    take_day(row, "opened_on", context, assume=True)
    take_day(row, "closed_on", context, happened=True)


def prepare_red(rows: list[SheetRow], context: Context) -> Parts:
    offered = RedBusinessDistrict.functions.through.objects.filter(redbusinessdistrict__in=stored_keys(rows))
    return by_owner(offered.values_list("redbusinessdistrict_id", "term_id", "term__name"))


def red_parts(row: SheetRow, context: Context, functions_of: Parts) -> None:
    """√ adds a function. × of a stored function removes nothing and gets a warning. A blank changes nothing."""
    terms, current, refused = {}, parts_of(row, functions_of), set()
    for name, heading in FUNCTIONS.items():
        term = context.term(TermList.FUNCTIONS, heading)
        if row.values.get(name) and term is None:
            row.warn(name, "term_unknown", text=heading)
        elif row.values.get(name):
            terms[term.pk] = heading  # type: ignore[union-attr]
        elif row.values.get(name) is False and term is not None:
            refused.add(term.pk)
    staying = {pk: words for pk, words in current.items() if pk in refused or pk in terms}
    make = lambda pk: RedBusinessDistrict.functions.through(redbusinessdistrict=row.main.record, term_id=pk)  # noqa: E731
    add_parts(row, "functions", terms, staying, make)
    if refused & staying.keys() and not terms:
        row.warn("functions", "member_stays", text="、".join(staying[pk] for pk in refused & staying.keys()))


def resolve_consortium(row: SheetRow, context: Context) -> None:
    row.attributes["area_id"] = code = place(row, context)
    row.defaults["kind"] = Consortium.Kind.STRONG_LEADS_WEAK
    look_up(row, context, "organisation", "lead_organisation", to="lead_organisation", within=[code] if code else [])
    take_day(row, "founded_on", context, happened=True, assume=True)
    take_day(row, "ended_on", context, happened=True)
    lead, led = (_villages(row, context, name, code) for name in ("lead_villages", "led_villages"))
    for village in lead.keys() & led.keys():
        row.refuse("led_villages", "village_twice", text=lead[village])
    row.values["members"] = {VillageRole.LEAD: lead, VillageRole.LED: led}
    row.values["terms"] = {}
    for text in row.values.get("linkages") or ():
        term = context.term(TermList.LINKAGES, text)
        if term is None:
            row.warn("linkages", "term_unknown", text=text)
        else:
            row.values["terms"][term.pk] = term.name


def _villages(row: SheetRow, context: Context, name: str, township: str) -> dict[str, str]:
    """Villages of the township, or of others if it has none of that name."""
    villages = {}
    for text in row.values.get(name) or ():
        with at(row, name):
            code = row.areas.anywhere(text, [township] if township else [])
            if len(code) != 12:
                raise Invalid("place_unknown", text=text)
            villages[code] = row.areas.names[code]
    return villages


def prepare_consortia(rows: list[SheetRow], context: Context) -> dict[str, Parts]:
    """The members of each consortium by role, those that left, and its linkages."""
    members = ConsortiumMembership.objects.filter(consortium__in=stored_keys(rows))
    villages = {role: members.filter(role=role, valid_to=None) for role in VillageRole.values}
    villages["left"] = members.exclude(valid_to=None)
    linked = Consortium.linkages.through.objects.filter(consortium__in=stored_keys(rows))
    return {
        **{
            name: by_owner(found.values_list("consortium_id", "village_id", "village__name"))
            for name, found in villages.items()
        },
        "linkages": by_owner(linked.values_list("consortium_id", "term_id", "term__name")),
    }


def consortium_parts(row: SheetRow, context: Context, stored: dict[str, Parts]) -> None:
    """A village has one role and one period in a consortium. A file does not move a village that left or has the other
    role."""
    own: Any = row.main.record
    since = context.today if row.record else own.founded_on
    roles = {VillageRole.LEAD: "lead_villages", VillageRole.LED: "led_villages"}
    for role, name in roles.items():
        other_role = next(value for value in VillageRole.values if value != role)
        moved = parts_of(row, stored[other_role]) | parts_of(row, stored["left"])
        villages = row.values["members"][role]
        for village in villages.keys() & moved.keys():
            row.refuse(name, "village_otherwise", text=villages[village])

        def member(village: str, role: str = role) -> ConsortiumMembership:
            return ConsortiumMembership(consortium=own, village_id=village, role=role, valid_from=since)

        add_parts(row, name, villages, parts_of(row, stored[role]), member)
    make = lambda pk: Consortium.linkages.through(consortium=own, term_id=pk)  # noqa: E731
    add_parts(row, "linkages", row.values["terms"], parts_of(row, stored["linkages"]), make)


register(
    SheetType(
        "brand", _("Brands"), Brand, BRAND_COLUMNS, ("name", "organisation_id"), resolve_brand,
        prefix=lambda row: "BR-", order=(("created_on", "ended_on", True),),
        about=_("The party-building brands of organisations in the six fields."),
        dated=("created_on",), called=("品牌",), codes="BR-",
    ),
    SheetType(
        "red-district", _("Red business districts"), RedBusinessDistrict, RED_COLUMNS, ("name", "area_id"),
        resolve_red, prefix=lambda row: "RD-", digits=2, prepare=prepare_red, parts=red_parts,
        order=(("opened_on", "closed_on", True),),
        about=_("Business districts with party services, and which of the five functions they offer."),
        dated=("opened_on",), called=("商圈",), codes="RD-",
    ),
    SheetType(
        "consortium", _("Regional consortia"), Consortium, CONSORTIUM_COLUMNS, ("name",), resolve_consortium,
        prefix=lambda row: "C-", digits=2, prepare=prepare_consortia, parts=consortium_parts,
        order=(("founded_on", "ended_on", True),), together=(("township", "lead_villages", "led_villages"),),
        about=_("Villages that lead and villages that are led."),
        dated=("founded_on",), called=("联合体", "联建"), codes="C-",
    ),
)  # fmt: skip
