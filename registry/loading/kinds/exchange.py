"""Exchange: teaching sites, study routes with their stops, visits, hosted events."""

import re
from collections import Counter, defaultdict
from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from registry.loading.context import Context
from registry.loading.lookups import kind_of
from registry.loading.sheet_types import (
    CODE,
    PART,
    REMARK,
    ROW_NUMBER,
    PendingWrite,
    SheetColumn,
    SheetRow,
    SheetType,
    register,
)
from registry.models import HostedEvent, RouteStop, StudyRoute, TeachingSite, Visit
from registry.models.exchange import EventKind
from registry.text.validators import Invalid, choice, clean, line, number, whole

from .shared import LEVEL, PLACES, at, day_column, log_parts, move, not_kept, take_day

SITE_WORDS = {"点": "point", "示范点": "point", "带": "belt", "示范带": "belt", "片区": "zone", "单位": "unit"}
SEPARATOR = re.compile(r"\s*(?:[—–→、\n]+|->|-{2,}|(?<=[\u3400-\u9fff])[-\uff0d](?=[\u3400-\u9fff]))\s*")


def stops(text: str) -> list[str]:
    """Names in order, separated by — or →. A hyphen separates Chinese names only, because codes contain it."""
    return [name for part in SEPARATOR.split(clean(text)) if (name := line(80)(part))]


def site_kind(text: str) -> str:
    word = line(20)(text) or ""
    if word and word not in SITE_WORDS and word not in PLACES.split():
        raise Invalid("not_a_choice", text=word, choices="、".join(SITE_WORDS))
    return SITE_WORDS.get(word, word)


PLACE = SheetColumn(
    "place", "接待地点", line(80), required=True, also=("地点", "参观地点"), names=PLACES, label=_("Place"),
    stored=lambda record: record.place,
)  # fmt: skip
SITE_COLUMNS = (
    ROW_NUMBER,
    CODE,
    SheetColumn(
        "name",
        "名称",
        line(80),
        required=True,
        also=("教学点名称", "观摩点名称", "教学点", "现场教学点", "教学观摩点", "教学观摩点名称"),
        names=PLACES,
    ),
    LEVEL,
    SheetColumn(
        "place_kind",
        "对象类型",
        site_kind,
        required=True,
        follows=_("from what is named"),
        also=("类型",),
        words=("点", "带", "片区", "单位"),
        label=_("Kind of place"),
        stored=lambda record: kind_of(record.place),
    ),
    replace(PLACE, heading="对象", required=False, also=("对象名称", "所在点位")),
    day_column("named_on", "命名时间", "命名日期"),
    day_column("ended_on", "撤销时间", "撤销日期"),
    SheetColumn("theme", "主题", line(80), also=("教学主题",)),
    not_kept("guide", "讲解员", personal=True),
    SheetColumn("capacity", "容纳人数", whole(1, 1_000_000, unit="人"), numeric=True),
    REMARK,
)
ROUTE_COLUMNS = (
    ROW_NUMBER,
    CODE,
    SheetColumn(
        "name", "线路名称", line(80), required=True, also=("名称", "研学线路", "路线名称", "研学路线", "研学线路名称")
    ),
    SheetColumn("theme", "主题", line(80), also=("线路主题",)),
    SheetColumn(
        "stops",
        "站点",
        stops,
        required=True,
        also=("途经站点", "站点顺序", "途经点位", "线路站点", "途经点"),
        names=PLACES,
    ),
    SheetColumn("hours", "时长(小时)", number("0", "999", decimals=1, unit="小时"), also=("时长",), numeric=True),
    SheetColumn("capacity", "适合人数", whole(1, 1_000_000, unit="人"), numeric=True),
    day_column("opened_on", "开放时间", "启用时间", "开通时间"),
    REMARK,
)
VISIT_COLUMNS = (
    ROW_NUMBER,
    CODE,
    day_column(
        "visited_on", "日期", "接待日期", "来访日期", "接待时间", "参观时间", "参观日期", "来访时间", "时间",
        required=True,
    ),
    PLACE,
    SheetColumn("visitor", "来访单位", line(80), also=("来访团组", "参观单位", "到访单位", "来访人员")),
    SheetColumn(
        "headcount", "人次", whole(1, 1_000_000, unit="人次"), required=True, also=("接待人次", "人数", "接待人数",
            "参观人数", "参观人次", "来访人数"), numeric=True,
    ),
    not_kept("rank", "级别"),
    SheetColumn("topic", "内容", line(120), also=("参观内容", "主题")),
    not_kept("host", "接待人", "陪同人员", personal=True),
    REMARK,
)  # fmt: skip
EVENT_COLUMNS = (
    ROW_NUMBER,
    CODE,
    SheetColumn("name", "会议名称", line(80), required=True, also=("名称", "活动名称", "观摩会名称", "观摩会议名称")),
    LEVEL,
    day_column("held_on", "日期", "会议日期", "召开时间", "举办时间", "会议时间", "时间", required=True),
    replace(
        PLACE,
        heading="承接地点",
        also=("地点", "会议地点", "承办地点", "举办地点"),
        names=f"{PLACES} place",
        stored=lambda record: record.area,
    ),
    SheetColumn("headcount", "人数", whole(0, 1_000_000, unit="人"), also=("参会人数",), numeric=True),
    SheetColumn(
        "event_kind",
        "类型",
        choice(EventKind),
        also=("会议类型",),
        words=tuple(map(str, EventKind.labels)),
        label=_("Kind"),
        stored=lambda record: record.kind,
    ),
    SheetColumn("topic", "主题", line(80), also=("会议主题",)),
    REMARK,
)


def _set_place(row: SheetRow, context: Context, name: str, text: str, kinds: str = PLACES) -> None:
    """Looks up the point, belt, zone or unit that the text names, and its area."""
    with at(row, name):
        record = context.records.get(kinds, text, day=row.day)
        row.attributes[f"{kind_of(record)}_id"] = record.pk
        row.attributes["area_id"] = record.area_id or context.area


def resolve_site(row: SheetRow, context: Context) -> None:
    """A site is identified by its name and its level. It is named like the place, unless a column gives a name."""
    take_day(row, "named_on", context, happened=True, assume=True)
    take_day(row, "ended_on", context, happened=True)
    place = row.values.get("place")
    if row.has("name") and not row.has("place_kind"):
        row.values["place_kind"] = PLACES
        row.note("place_kind", "kind_follows")
    if row.has("name", "place_kind"):
        _set_place(row, context, "place" if place else "name", place or row.values["name"], row.values["place_kind"])


def resolve_visit(row: SheetRow, context: Context) -> None:
    """A visit is identified by its day, its place and its visitors."""
    day = take_day(row, "visited_on", context, happened=True)
    row.title = f"{day or ''} {row.values.get('visitor') or ''}".strip()
    if row.has("place"):
        _set_place(row, context, "place", row.values["place"])


def resolve_event(row: SheetRow, context: Context) -> None:
    """An event is identified by its name and its day. It was held in an area, or at a place, which lies in one."""
    row.attributes["kind"] = row.values.get("event_kind")
    row.defaults["kind"] = EventKind.OBSERVATION
    take_day(row, "held_on", context, happened=True)
    if row.has("place"):
        text = row.values["place"]
        with at(row, "place"):
            held_at = context.records.find(PLACES, text, day=row.day)
            row.attributes["area_id"] = held_at.area_id or context.area if held_at else row.areas.anywhere(text)


def resolve_route(row: SheetRow, context: Context) -> None:
    row.defaults["area_id"] = context.area
    take_day(row, "opened_on", context, assume=True)
    row.values["places"] = []
    for text in row.values.get("stops") or ():
        with at(row, "stops"):
            row.values["places"].append((text, context.records.get(PLACES, text)))
    if row.has("stops") and len(row.values["stops"]) < 2:
        row.refuse("stops", "no_stops")


def prepare_routes(rows: list[SheetRow], context: Context) -> dict[int, list[RouteStop]]:
    """The stops of each route."""
    stops_of: dict[int, list[RouteStop]] = defaultdict(list)
    routes = [row.record.pk for row in rows if row.record]
    for stop in RouteStop.objects.filter(route__in=routes).select_related(*PLACES.split()).order_by("position"):
        stops_of[stop.route_id].append(stop)
    return stops_of


def route_parts(row: SheetRow, context: Context, stops_of: dict[int, list[RouteStop]]) -> None:
    """New stops are appended. Stops that the file omits stay, and so does the order; a warning says so."""
    current = stops_of[row.record.pk] if row.record else []
    places = [place for _text, place in row.values["places"]]
    there = [stop.place for stop in current]
    free, new = Counter(there), []
    for text, place in row.values["places"]:
        if free[place]:
            free[place] -= 1
        else:
            new.append((text, place))
    position = current[-1].position if current else 0
    for at_place, (_text, place) in enumerate(new, start=position + 1):
        stop = RouteStop(route=row.main.record, position=at_place, **{f"{kind_of(place)}_id": place.pk})
        row.writes.append(PendingWrite(stop, stage=PART))
    if new:
        log_parts(row, "stops", [text for text, _place in new])
    if places and (staying := [str(place) for place in there if free[place]]):
        row.warn("stops", "member_stays", text="、".join(staying))
    elif places and current and there + [place for _text, place in new] != places:
        row.warn("stops", "order_stays")


register(
    SheetType(
        "teaching-site", _("Teaching sites"), TeachingSite, SITE_COLUMNS, ("name", "level"), resolve_site,
        prefix=lambda row: "TS-", digits=2, parts=move, order=(("named_on", "ended_on", True),),
        together=(("name", "place_kind", "place"),),
        about=_("Places for on-site teaching: points, belts, zones and units, by level."),
        called=("教学点", "观摩点", "教学观摩"), codes="TS-",
    ),
    SheetType(
        "route", _("Study routes"), StudyRoute, ROUTE_COLUMNS, ("name",), resolve_route, prefix=lambda row: "R-",
        digits=2, prepare=prepare_routes, parts=route_parts, order=(("opened_on", "closed_on", True),),
        called=("线路", "路线", "研学"), codes="R-",
    ),
    SheetType(
        "visit", _("Visits"), Visit, VISIT_COLUMNS,
        ("visited_on", *(f"{place}_id" for place in PLACES.split()), "visitor"), resolve_visit,
        prefix=lambda row: "V-", blanks=(*(f"{place}_id" for place in PLACES.split()), "visitor"), parts=move,
        by_clerks=True, dated=("visited_on",), naming=("place",),
        called=("接待", "参观", "来访"), codes="V-", about=_("Groups received, counted in person-visits."),
    ),
    SheetType(
        "event", _("Hosted events"), HostedEvent, EVENT_COLUMNS, ("name", "held_on"), resolve_event,
        prefix=lambda row: "E-", digits=2, dated=("held_on",), called=("观摩会", "会议", "活动"), codes="E-",
        about=_("Meetings and observations held in the district, and activities on record."),
    ),
)  # fmt: skip
