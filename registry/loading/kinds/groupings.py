"""Belts, zones and whole-area townships, with their members. Members that a file omits stay."""

from datetime import date
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from registry.loading.context import Context
from registry.loading.lookups import WHY
from registry.loading.sheet_types import CODE, REMARK, ROW_NUMBER, SheetColumn, SheetRow, SheetType, Use, register
from registry.models import (
    Belt,
    BeltMembership,
    Level,
    PartyOrganisation,
    Stage,
    WholeAreaTownship,
    Zone,
    ZoneKind,
    ZoneMembership,
)
from registry.text.area_codes import township_of
from registry.text.validators import choice, line, listing, whole

from .shared import (
    LEVEL,
    Parts,
    add_parts,
    by_owner,
    codes_of,
    day_column,
    differs,
    look_up,
    look_up_all,
    parts_of,
    place,
    replace,
    stored_keys,
    take_day,
    township,
    townships,
)

STAGE_WORDS = {"谋划": "planned", "规划": "planned", "在建": "building", "建设中": "building", "建成": "built"}
ZONE_WORDS = {
    "综合": "comprehensive", "综合片区": "comprehensive", "主题": "themed", "主题示范区": "themed", "样板区": "model",
    "开发区": "development", "乡村振兴示范区": "rural_revitalisation", "乡村振兴": "rural_revitalisation",
}  # fmt: skip
WHOLE_AREA_WORDS = {"创建单位": "building", "创建": "building", "已命名": "built", "命名": "built"}
STAGE = SheetColumn(
    "stage", "状态", choice(Stage, STAGE_WORDS), required=True, follows=_("from the dates"), also=("建设状态",
        "建设进度", "进度", "当前状态"),
    words=("谋划", "在建", "建成"),
)  # fmt: skip
DAYS = (
    day_column("planned_on", "谋划时间", "规划时间"),
    day_column("started_on", "开工时间", "启动时间"),
    replace(day_column("built_on", "建成时间", "建成日期"), needed_with="stage"),
)
POINTS = SheetColumn(
    "points",
    "包含示范点",
    listing,
    also=(
        "示范点",
        "包含点位",
        "示范点名称",
        "成员示范点",
        "串联示范点",
        "沿线示范点",
        "覆盖示范点",
        "成员",
        "点位",
    ),
    names="point",
)
BELT_COLUMNS = (
    ROW_NUMBER,
    CODE,
    SheetColumn("name", "示范带名称", line(80), required=True, also=("名称", "示范带", "带名", "党建示范带",
        "党建示范带名称")),
    SheetColumn("kind", "示范带类型", line(40), also=("类型",)),
    LEVEL,
    SheetColumn("start", "起点", line(60)),
    SheetColumn("end", "终点", line(60)),
    replace(townships("途经乡镇"), follows=_("from the points")),
    SheetColumn(
        "point_count", "示范点数量", whole(0, 10_000, unit="个"), also=("点位数量",), use=Use.COMPARE, numeric=True,
    ),
    replace(POINTS, required=True),
    *DAYS,
    STAGE,
    SheetColumn("organisation", "责任单位", line(80), also=("责任党组织", "牵头单位", "牵头党组织"),
        names="organisation"),
    REMARK,
)  # fmt: skip
ZONE_COLUMNS = (
    ROW_NUMBER,
    CODE,
    SheetColumn("name", "片区名称", line(80), required=True, also=(
        "名称", "示范片区名称", "示范片区", "党建示范片区", "党建示范片区名称", "示范区名称",
    )),
    SheetColumn(
        "kind", "片区类型", choice(ZoneKind, ZONE_WORDS), required=True, also=("类型",),
        words=("综合", "乡村振兴", "主题", "样板区"),
    ),
    replace(LEVEL, required=False),
    townships("所属乡镇"),
    POINTS,
    SheetColumn("belts", "包含示范带", listing, also=("示范带",), names="belt"),
    STAGE,
    *DAYS,
    REMARK,
)  # fmt: skip
WHOLE_AREA_COLUMNS = (
    ROW_NUMBER,
    CODE,
    township("乡镇(街道)"),
    LEVEL,
    SheetColumn("batch", "批次", whole(1, 100), also=("批",)),
    SheetColumn(
        "stage", "阶段", choice(Stage, WHOLE_AREA_WORDS), required=True, follows=_("from the dates"),
        words=("创建单位", "已命名"),
        label=_("Stage"), stored=lambda record: Stage.BUILT if record.named_on else Stage.BUILDING,
    ),
    day_column("accepted_on", "列入时间", "创建时间"),
    day_column("named_on", "命名时间", "命名日期"),
    day_column("ended_on", "终止时间", "退出时间"),
    SheetColumn(
        "zones", "主题示范区", listing, names="zone", label=_("Themed zones"),
        stored=lambda record: list(record.themed_zones.unscoped(WHY).order_by("code")),
    ),
    SheetColumn("organisation_count", "村党组织数", whole(0, 10_000, unit="个"), use=Use.COMPARE, numeric=True),
    REMARK,
)  # fmt: skip


def resolve(row: SheetRow, context: Context) -> None:
    row.values["areas"] = codes_of(row, context)
    look_up(row, context, "organisation", "organisation", within=row.values["areas"], required=False)
    row.values["members"] = look_up_all(row, context, "point", "points", within=row.values["areas"])
    if not row.has("townships") and row.values["members"]:
        row.values["areas"] = sorted({township_of(point.area_id) for point in row.values["members"].values()})
        row.values["townships"] = [row.areas.names[code] for code in row.values["areas"]]
        row.defaults["area_id"] = row.values["areas"][0]
        row.note("townships", "townships_follow")
    for name in ("planned_on", "started_on", "built_on"):
        take_day(row, name, context)
    if row.has("points"):
        differs(row, "point_count", len(row.values["members"]))


def resolve_zone(row: SheetRow, context: Context) -> None:
    row.defaults["level"] = Level.DISTRICT
    row.values["areas"] = codes_of(row, context)
    for what, name in (("point", "points"), ("belt", "belts")):
        members = look_up_all(row, context, what, name, within=row.values["areas"], required=False)
        row.values[f"{what} members"] = members
    for name in ("planned_on", "started_on", "built_on"):
        take_day(row, name, context)


def check_stage(row: SheetRow, context: Context) -> None:
    """Checks that the dates fit the stage in the file. Without a date, a new one begins today. Only the completion date
    is never assumed, because belts and zones count from it."""
    stated, days = row.values.get("stage"), row.attributes
    if row.is_refused:
        return
    if not stated and row.record is None:
        stated = _follow_stage(row, context)
    if not stated:
        return
    now = {name: days.get(name) or getattr(row.record, name, None) for name in ("started_on", "built_on", "ended_on")}
    if stated == Stage.BUILT and not now["built_on"]:
        row.refuse("built_on", "built_needs_day")
        return
    if stated == Stage.BUILDING and not now["started_on"]:
        now["started_on"] = days["started_on"] = context.today
        row.note("started_on", "assumed", value=context.today)
    if row.record is None and not days.get("planned_on") and not now["built_on"]:
        row.defaults["planned_on"] = now["started_on"] or context.today
    stage = Zone(planned_on=context.today, **now).stage(context.today)
    if stage != stated:
        row.refuse("stage", "stage_differs", held=stage.label)


def _follow_stage(row: SheetRow, context: Context) -> str:
    """The stage that the dates of a new belt or zone already say; empty if it has none."""
    days = {name: day for name in ("planned_on", "started_on", "built_on") if (day := row.attributes.get(name))}
    if not days:
        return ""
    days.setdefault("planned_on", min(*days.values(), context.today))
    row.attributes["planned_on"] = days["planned_on"]
    row.values["stage"] = Zone(**days).stage(context.today)
    row.note("stage", "stage_follows")
    return row.values["stage"]


def prepare_belts(rows: list[SheetRow], context: Context) -> dict[str, Parts]:
    for row in rows:
        check_stage(row, context)
    belts = stored_keys(rows)
    members = BeltMembership.objects.filter(belt__in=belts)
    passed = Belt.townships.through.objects.filter(belt__in=belts)
    return {
        "points": by_owner(members.filter(valid_to=None).values_list("belt_id", "point_id", "point__name")),
        "townships": by_owner(passed.values_list("belt_id", "area_id", "area__name")),
        "positions": by_owner(members.values_list("belt_id", "position", "pk")),
    }


def member_since(row: SheetRow, context: Context) -> date:
    """A member of a new belt or zone belongs to it from the beginning; a member added later, from today."""
    own: Any = row.main.record
    return context.today if row.record else own.built_on or own.planned_on


def belt_parts(row: SheetRow, context: Context, stored: dict[str, Parts]) -> None:
    belt, since = row.main.record, member_since(row, context)
    last = max(parts_of(row, stored["positions"]), default=0)
    current = parts_of(row, stored["points"])
    order = [pk for pk in row.values["members"] if pk not in current]

    def member(pk: int) -> BeltMembership:
        return BeltMembership(belt=belt, point_id=pk, position=last + 1 + order.index(pk), valid_from=since)

    add_parts(row, "points", {pk: point.name for pk, point in row.values["members"].items()}, current, member)
    if row.record is not None and not row.texts.get("townships"):
        row.values["areas"] = []  # those that follow from the points are for a new belt
    cover(row, context, Belt, stored)


def cover(row: SheetRow, context: Context, model: Any, stored: dict[str, Parts]) -> None:
    """The townships it passes or covers."""
    name = model._meta.model_name
    make = lambda code: model.townships.through(**{name: row.main.record, "area_id": code})  # noqa: E731
    townships = {code: row.areas.names[code] for code in row.values["areas"]}
    add_parts(row, "townships", townships, parts_of(row, stored["townships"]), make)


def prepare_zones(rows: list[SheetRow], context: Context) -> dict[str, Parts]:
    for row in rows:
        check_stage(row, context)
    zones = stored_keys(rows)
    covered = Zone.townships.through.objects.filter(zone__in=zones)
    stored = {"townships": by_owner(covered.values_list("zone_id", "area_id", "area__name"))}
    for what in ("point", "belt"):
        members = ZoneMembership.objects.filter(zone__in=zones, valid_to=None).exclude(**{what: None})
        stored[f"{what}s"] = by_owner(members.values_list("zone_id", f"{what}_id", f"{what}__name"))
    return stored


def zone_parts(row: SheetRow, context: Context, stored: dict[str, Parts]) -> None:
    zone, since = row.main.record, member_since(row, context)
    for what in ("point", "belt"):

        def member(pk: int, what: str = what) -> ZoneMembership:
            return ZoneMembership(zone=zone, valid_from=since, **{f"{what}_id": pk})

        places = {pk: place.name for pk, place in row.values[f"{what} members"].items()}
        add_parts(row, f"{what}s", places, parts_of(row, stored[f"{what}s"]), member)
    cover(row, context, Zone, stored)


def resolve_whole_area(row: SheetRow, context: Context) -> None:
    """The template has no dates: a new entry counts from today, unless a column gives another date."""
    row.attributes["area_id"] = code = place(row, context)
    row.title = row.areas.names.get(code, "")
    row.values["members"] = look_up_all(row, context, "zone", "zones", within=[code], required=False)
    for name in ("accepted_on", "named_on", "ended_on"):
        take_day(row, name, context, happened=True)


def prepare_whole_area(rows: list[SheetRow], context: Context) -> Parts:
    for row in rows:
        if row.has("organisation_count"):
            organisations = context.once(_village_organisations)
            differs(row, "organisation_count", organisations.get(row.attributes["area_id"], 0))
        _name_township(row, context)
    themed = WholeAreaTownship.themed_zones.through.objects.filter(wholeareatownship__in=stored_keys(rows))
    return by_owner(themed.values_list("wholeareatownship_id", "zone_id", "zone__name"))


def _village_organisations(context: Context) -> dict[str, int]:
    """The number of organisations of villages by township."""
    there = PartyOrganisation.objects.unscoped(WHY).existing(context.today).of_villages().in_area(context.area)
    return dict(there.order_by().values_list("area__parent").annotate(Count("pk")))


def _name_township(row: SheetRow, context: Context) -> None:
    if row.record is None and not row.has("stage") and (days := row.attributes.keys() & {"named_on", "accepted_on"}):
        row.values["stage"] = Stage.BUILT if "named_on" in days else Stage.BUILDING
        row.note("stage", "stage_follows")
    stated, named = row.values.get("stage"), row.attributes.get("named_on") or getattr(row.record, "named_on", None)
    accepted = row.attributes.get("accepted_on") or getattr(row.record, "accepted_on", None)
    if stated == Stage.BUILT and not named:
        row.attributes["named_on"] = named = context.today
        row.note("named_on", "assumed", value=context.today)
    elif stated == Stage.BUILDING and named:
        row.refuse("stage", "stage_differs", held=_("Named"))
    row.defaults["accepted_on"] = accepted or named or context.today


def whole_area_parts(row: SheetRow, context: Context, zones_of: Parts) -> None:
    entry = row.main.record
    make = lambda pk: WholeAreaTownship.themed_zones.through(wholeareatownship=entry, zone_id=pk)  # noqa: E731
    zones = {pk: zone.name for pk, zone in row.values["members"].items()}
    add_parts(row, "zones", zones, parts_of(row, zones_of), make)


register(
    SheetType(
        "belt", _("Demonstration belts"), Belt, BELT_COLUMNS, ("name",), resolve, prefix=lambda row: "B-", digits=2,
        prepare=prepare_belts, parts=belt_parts, order=(("built_on", "ended_on", True),), called=("示范带",),
        codes="B-",
    ),
    SheetType(
        "zone", _("Demonstration zones"), Zone, ZONE_COLUMNS, ("name",), resolve_zone, prefix=lambda row: "Z-",
        digits=2, prepare=prepare_zones, parts=zone_parts, order=(("built_on", "ended_on", True),),
        called=("片区", "示范区", "样板区"), codes="Z-",
    ),
    SheetType(
        "whole-area", _("Whole-area townships"), WholeAreaTownship, WHOLE_AREA_COLUMNS, ("area_id",),
        resolve_whole_area, prefix=lambda row: f"WA-{row.attributes['area_id']}", digits=0,
        prepare=prepare_whole_area, parts=whole_area_parts,
        order=(("accepted_on", "named_on", False), ("accepted_on", "ended_on", True)),
        together=(("stage", "named_on"),), about=_("Whole townships as a showcase: first being created, then named."),
        dated=("accepted_on",),
        naming=("township", "stage"), called=("全域",), codes="WA-",
    ),
)  # fmt: skip
