"""Demonstration points (STANDARDS section 4.1), with their organisation and their title."""

from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from registry.actions.sites import KIND_OF_AREA, form_for
from registry.actions.take_overs import VERB, areas_taken_over
from registry.fields.points import FIELDS, names_stored_on
from registry.kinds import KINDS
from registry.loading.context import Context
from registry.loading.kinds.prefill import prefill_points
from registry.loading.lookups import WHY
from registry.loading.sheet_types import (
    CODE,
    OWNER,
    PART,
    REMARK,
    ROW_NUMBER,
    PendingWrite,
    SheetColumn,
    SheetRow,
    SheetType,
    Use,
    column_of,
    register,
)
from registry.loading.validate import assign, matches, same
from registry.models import (
    AreaLevel,
    Belt,
    BeltMembership,
    CoordinateSystem,
    DemonstrationPoint,
    Grade,
    OrganisationKind,
    PartyOrganisation,
    PointStatus,
    StatusPeriod,
    ZoneMembership,
    code_prefix,
)
from registry.models.points import PUBLIC
from registry.text.area_codes import is_township, township_of
from registry.text.validators import Invalid, choice, dated, degrees, line, listing, money, yes_no

from .derived import (
    AREA_FIELDS,
    base_name,
    following_organisation,
    organisations_of,
    set_field,
    set_village,
    sites_of_villages,
    warn_of_other_site,
)
from .drafts import tell_of_neighbours, write_drafts
from .organisations import FORM_ENDINGS, PLACE, form_in, set_village_or_unit
from .shared import FIELD, LEVEL, TOWNSHIP, at, place

STATUS_WORDS = {
    "草稿": "draft", "申报": "submitted", "初审": "checked", "公示": "notice", "命名": "named", "退回": "returned",
    "摘牌": "withdrawn",
}  # fmt: skip
GRADE_WORDS = {
    word: value
    for label, value in {"精品": "premium", "示范": "demonstration", "达标": "standard"}.items()
    for word in (label, f"{label}级", f"{label}点", f"{label}示范点")
}
DECLARED = {field.name: column_of(field) for field in FIELDS if field.heading}
IN_ORDER = (  # of the district's template; a field declared later is appended
    ROW_NUMBER,
    CODE,
    TOWNSHIP,
    PLACE,
    DECLARED["name"],
    replace(
        DECLARED["organisation_name"], names="organisation", follows=_("from the village, the unit or the name"),
    ),
    replace(FIELD, follows=_("from the village, the organisation or the unit"), maybe=("类型", "类别", "单位类型",
        "单位性质", "性质", "党组织类型")),
    SheetColumn("six_type", "创建类型", line(40), also=("六型创建类型",), maybe=("类型",), use=Use.COMPARE),
    SheetColumn(
        "level", "示范点级别", LEVEL.read, required=True, words=LEVEL.words,
        also=("级别", "命名级别", "层级", "命名层级", "Level"), maybe=("等级", "示范点等级"),
    ),
    SheetColumn("grade", "等次", choice(Grade, GRADE_WORDS), also=("档次", "示范点等次", "Grade"),
        maybe=("等级", "级别", "类别"), needed_with="named_on", words=("精品", "示范", "达标")),
    SheetColumn("is_premium", "是否精品", yes_no, also=("精品",), use=Use.COMPARE, words=("是", "否")),
    replace(DECLARED["secretary"], follows=_("from the organisation; else it is completed later")),
    DECLARED["phone"],
    DECLARED["member_count"],
    replace(DECLARED["venue_area"], unit="㎡"),
    SheetColumn("brand", "党建品牌", line(60), also=("品牌", "品牌名称"), use=Use.COMPARE),
    DECLARED["highlights"],
    SheetColumn("belts", "所属示范带", listing, also=("示范带",), names="belt"),
    SheetColumn("zones", "所属示范片区", listing, also=("示范片区", "片区"), names="zone"),
    SheetColumn("applied_on", "申报时间", dated, also=("申报日期",), use=Use.COMPARE),
    SheetColumn("named_on", "命名时间", dated, also=(
        "命名日期", "授牌时间", "授牌日期", "命名年月", "命名年份", "认定时间", "评定时间", "挂牌时间", "Named on",
    )),
    SheetColumn("document_no", "命名文号", line(60), also=("文号", "命名文件", "文件号", "文件文号", "命名依据")),
    SheetColumn("batch", "批次", line(40), also=("命名批次",)),
    SheetColumn("creation_fund", "创建资金(万元)", money("万元"), unit="万元", numeric=True, use=Use.COMPARE),
    SheetColumn("lng", "经度", degrees, also=("东经",), numeric=True, droppable=True),
    SheetColumn("lat", "纬度", degrees, also=("北纬",), numeric=True, droppable=True),
    SheetColumn("coordinate_system", "坐标系", choice(CoordinateSystem), words=tuple(CoordinateSystem.labels)),
    SheetColumn("status", "状态", choice(PointStatus, STATUS_WORDS), words=("命名", "草稿")),
    REMARK,
)  # fmt: skip
COLUMNS = (*IN_ORDER, *(column for column in DECLARED.values() if column.name not in {old.name for old in IN_ORDER}))


def resolve(row: SheetRow, context: Context) -> None:
    township = place(row, context)
    row.attributes["area_id"] = township
    if township:
        set_field(row, context, township)
        row.attributes["field"] = row.values.get("field")
    if township and row.has("field"):
        set_village_or_unit(row, context, township)
        set_village(row, township)
    if township and row.has("organisation_name"):
        _set_organisation(row, context, township)
    _locate(row)
    _say_what_stays_behind(row)


def _set_organisation(row: SheetRow, context: Context, township: str) -> None:
    """The organisation with that name; a new one if there is none."""
    name, organisation = row.values["organisation_name"], None
    with at(row, "organisation_name"):
        organisation = context.records.find("organisation", name, township=township)
        if organisation is None and row.has("field"):
            organisation = _new_organisation(row, context, township, name)
            row.warn("organisation_name", "organisation_new", text=name)
    if organisation is not None:
        _take_organisation(row, organisation, township)


def _set_missing_organisations(rows: list[SheetRow], context: Context) -> None:
    """The organisations of new sites that give none follow from village, unit or name; a new one if there is none. A
    known site has its organisation."""
    for row in rows:
        if row.record is not None and not row.has("organisation_name"):
            _take_organisation(row, row.record.organisation, township_of(row.record.area_id))
    open_rows = [
        row
        for row in rows
        if row.record is None
        and not row.has("organisation_name")
        and row.attributes.get("area_id")
        and row.has("field")
    ]
    by_key = organisations_of(open_rows) if open_rows else {}
    for row in open_rows:
        organisation, township = following_organisation(row, by_key), township_of(row.attributes["area_id"])
        if row.is_refused:
            continue
        if organisation is None:
            base = base_name(row)
            form = form_for(row.values.get("member_count") or 0)
            name = f"{base}{next(ending for ending, value in FORM_ENDINGS.items() if value == form)}"
            organisation = context.records.find("organisation", name, township=township)
            organisation = organisation or _new_organisation(row, context, township, name)
            row.texts["organisation_name"] = name  # a draft asks for it
        row.values["organisation_name"] = organisation.name
        row.note("organisation_name", "organisation_follows", name=organisation.name)
        _take_organisation(row, organisation, township)


def _facts(row: SheetRow) -> dict[str, Any]:
    names = names_stored_on("organisation")
    return {field: row.values[field] for field in names if row.values.get(field) not in (None, "")}


def _take_organisation(row: SheetRow, organisation: PartyOrganisation, township: str) -> None:
    """Its secretary, telephone and member count are updated from the row."""
    row.attributes["organisation"], facts = organisation, _facts(row)
    if organisation._state.adding:
        row.writes.append(PendingWrite(organisation, stage=OWNER, prefix=f"O-{township}-N"))
        return
    changes = {
        field: [getattr(organisation, field), new]
        for field, new in facts.items()
        if not same(getattr(organisation, field), new)
    }
    if changes:
        row.writes.append(PendingWrite(organisation, changes, stage=OWNER))


def _new_organisation(row: SheetRow, context: Context, township: str, name: str) -> PartyOrganisation:
    facts = _facts(row)
    unit = row.attributes.get("unit")
    area = row.attributes["area_id"]
    level = row.areas.levels.get(area, AreaLevel.TOWNSHIP)
    organisation = PartyOrganisation(
        name=name, field=row.values["field"], area_id=area, unit=unit, founded_on=context.today,
        kind=OrganisationKind.UNIT if unit else KIND_OF_AREA[AreaLevel(level)],
        form=form_in(name) or form_for(facts.get("member_count") or 0), **facts,
    )  # fmt: skip
    context.records.add(organisation, township)
    return organisation


def _locate(row: SheetRow) -> None:
    """A position needs both numbers and the coordinate system."""
    lng, lat, system = (row.attributes.pop(name, None) for name in ("lng", "lat", "coordinate_system"))
    if lng is None and lat is None:
        return
    if lng is None or lat is None:
        row.warn("lng", "position_half")
    elif not system:
        row.warn("lng", "system_missing")
    elif not (max(lng, lat) >= 73 and min(lng, lat) <= 54):
        row.warn("lng", "not_in_china", lng=lng, lat=lat)
    else:
        lng, lat = max(lng, lat), min(lng, lat)  # in China they cannot be confused
        row.attributes |= {"lng": round(lng, 6), "lat": round(lat, 6), "coordinate_system": system}


def _say_what_stays_behind(row: SheetRow) -> None:
    if row.has("brand"):
        row.note("brand", "kept_elsewhere", text=row.values["brand"], where="品牌")
    if row.has("creation_fund"):
        row.note("creation_fund", "kept_elsewhere", text=f"{row.values['creation_fund']:f}", where="资金")


def find(rows: list[SheetRow], context: Context) -> None:
    """A site is identified by its township, its field and its name: two townships may each have one of the same
    name."""
    for row, alike in matches(POINT, rows, context, _keys):
        assign(row, alike)
        row.key = _keys(row.key)[0]


def _keys(key: tuple) -> list[tuple]:
    name, field, area = key
    return [(name, field, township_of(area or ""))]


@dataclass(frozen=True)
class Stored:
    """What the registry holds of the points in a chunk: where titles are taken over, the periods by point, and the
    open memberships as (point, belt) and (point, zone), and a site of each village and field of the new rows."""

    taken_over: tuple[str, ...]
    titles: dict[int, list[StatusPeriod]]
    belts: set[tuple[int, int]]
    zones: set[tuple[int, int]]
    sites: dict[tuple[str, str], Any]


def prepare(rows: list[SheetRow], context: Context) -> Stored:
    _set_missing_organisations(rows, context)
    for row in rows:
        if row.record is None and not row.has("secretary"):
            row.excused.add("secretary")
            row.note("secretary", "completed_later")
    points = {row.record.pk for row in rows if row.record}
    titles: dict[int, list[StatusPeriod]] = defaultdict(list)
    for period in StatusPeriod.objects.filter(point__in=points).order_by("valid_from"):
        titles[period.point_id].append(period)
    belts, zones = (
        set(model.objects.filter(point__in=points, valid_to=None).values_list("point_id", f"{name}_id"))
        for model, name in ((BeltMembership, "belt"), (ZoneMembership, "zone"))
    )
    taken_over = tuple(areas_taken_over(context.today))
    return Stored(taken_over, titles, belts, zones, sites_of_villages(rows))


def parts(row: SheetRow, context: Context, stored: Stored) -> None:
    """The title of a new site, and its memberships in belts and zones. A file does not change an existing title: that
    is a decision."""
    main = row.writes[-1]
    if row.record is None:
        if row.attributes.get("area_id") and is_township(row.attributes["area_id"]) and row.has("field"):
            _warn_of_missing_village(row)
        if context.decides:
            warn_of_other_site(row, stored.sites)
        else:
            tell_of_neighbours(row, context)
        _give_title(row, context, main, stored.taken_over)
    else:
        _compare_title(row, context, stored)
        row.attributes.pop("organisation", None)
    if context.decides:
        _join(row, context, main, BeltMembership, "belts", stored.belts)
        _join(row, context, main, ZoneMembership, "zones", stored.zones)


def _warn_of_missing_village(row: SheetRow) -> None:
    if row.values["field"] in AREA_FIELDS:
        row.warn("village_or_unit", "village_missing")


def _give_title(row: SheetRow, context: Context, main: PendingWrite, taken_over: tuple[str, ...]) -> None:
    if not context.decides:
        row.note("level", "title_by_district")
        return
    grade = _grade(row)
    named = row.values.get("named_on")
    status = row.values.get("status") or (PointStatus.NAMED if named else PointStatus.DRAFT)
    since = named.day if named else context.today
    if status in PUBLIC:
        is_taken_over = (row.attributes.get("area_id") or "").startswith(taken_over)
        if not is_taken_over:
            row.refuse("named_on" if named else "status", "title_by_life_cycle")
        if is_taken_over and not row.has("document_no"):
            row.note("document_no", "paper_pending")
        elif not row.has("document_no"):
            row.refuse("document_no", "title_needs")
        for name, value in (("named_on", named), ("grade", grade)):
            if not value:
                row.refuse(name, "title_needs")
        if since > context.today:
            row.refuse("named_on", "in_future", day=since.isoformat())
    period = StatusPeriod(point=main.record, status=status, level=row.values.get("level") or "", grade=grade,
        valid_from=since, precision=named.precision if named else "day", batch=row.values.get("batch") or "",
        document_no=row.values.get("document_no") or "",
        paper_pending=status in PUBLIC and not row.has("document_no"),
    )  # fmt: skip
    main.public = status in PUBLIC
    if main.public:
        main.verb, main.document_no = VERB, period.document_no
    main.also = {"status": [None, status], "level": [None, period.level], "grade": [None, grade]}
    main.also |= {"valid_from": [None, since.isoformat()], "document_no": [None, period.document_no]}
    row.writes.append(PendingWrite(period, stage=PART))


def _grade(row: SheetRow) -> str:
    """The grade; the column 是否精品 must agree with it."""
    grade, premium = row.values.get("grade") or "", row.values.get("is_premium")
    if premium is not None and grade and premium != (grade == Grade.PREMIUM):
        row.refuse("is_premium", "premium_disagrees", grade=Grade(grade).label)
    return grade or (Grade.PREMIUM if premium else "")


def _compare_title(row: SheetRow, context: Context, stored: Stored) -> None:
    """A file does not change a title; while old ledgers are taken over it may add a paper that was missing."""
    periods, named, grade = stored.titles.get(row.record.pk, []), row.values.get("named_on"), _grade(row)
    standing = [period for period in periods if named and period.holds_on(named.last)]
    now = next(iter(standing or periods[-1:]), None)  # a ledger says what a naming of that day gave
    if now and now.paper_pending and row.has("document_no") and row.record.area_id.startswith(stored.taken_over):
        paper = row.values["document_no"]
        row.writes.append(PendingWrite(now, {"document_no": ["", paper], "paper_pending": [True, False]}, stage=PART))
        row.main.also["document_no"] = ["", paper]
    stated = {"status": row.values.get("status"), "level": row.values.get("level"), "grade": grade}
    for name, value in stated.items():
        current = getattr(now, name, "")
        if value and current != value:
            words = str(getattr(now, f"get_{name}_display", str)()) if now else "—"
            say = row.refuse if context.decides else row.warn
            say(name, "title_differs", held=words)


def _join(
    row: SheetRow, context: Context, main: PendingWrite, membership: Any, name: str, current: set[tuple[int, int]]
) -> None:
    kind = name.removesuffix("s")
    new = []
    for text in row.values.get(name) or ():
        grouping: Any = None
        with suppress(Invalid):
            grouping = context.records.find(kind, text)
        if grouping is None:
            row.warn(name, "grouping_unknown", text=text, kind=KINDS[name].label)
        elif (getattr(row.record, "pk", None), grouping.pk) not in current:
            new.append(text)
            since = max(filter(None, (_since(row), grouping.built_on or grouping.planned_on)), default=context.today)
            more = {"position": _next_position(context, grouping)} if isinstance(grouping, Belt) else {}
            row.writes.append(
                PendingWrite(membership(point=main.record, valid_from=since, **{kind: grouping}, **more), stage=PART)
            )
    if new:
        main.also[name] = ["", "、".join(new)]


def _since(row: SheetRow) -> date | None:
    named = row.values.get("named_on")
    return named.day if named else None


def _next_position(context: Context, belt: Belt) -> int:
    def last() -> int:
        return belt.memberships.order_by("-position").values_list("position", flat=True).first() or 0

    return context.next_number(("position", belt.pk), last)


POINT = SheetType(
    "point", _("Demonstration points"), DemonstrationPoint, COLUMNS, ("name", "field", "area_id"), resolve,
    prefix=lambda row: code_prefix(), digits=4, find=find, prepare=prepare, parts=parts, write=write_drafts,
    records=lambda: DemonstrationPoint.objects.unscoped(WHY).select_related("organisation"), prefill=prefill_points,
    by_clerks=True, called=("示范点", "点位", "阵地"), codes=code_prefix,
)  # fmt: skip
register(POINT)
