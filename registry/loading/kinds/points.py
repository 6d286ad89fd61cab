"""Demonstration points (STANDARDS section 4.1), with their organisation and their title."""

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
from registry.text.validators import Invalid, choice, dated, line, listing, money, number, yes_no

from .drafts import tell_of_neighbours, write_drafts
from .organisations import AREA_FIELDS, PLACE, set_village_or_unit
from .shared import FIELD, LEVEL, TOWNSHIP, at, place

STATUS_WORDS = {
    "草稿": "draft", "申报": "submitted", "初审": "checked", "公示": "notice", "命名": "named", "退回": "returned",
    "摘牌": "withdrawn",
}  # fmt: skip
DECLARED = {field.name: column_of(field) for field in FIELDS if field.heading}
IN_ORDER = (  # of the district's template; a field declared later is appended
    ROW_NUMBER,
    CODE,
    TOWNSHIP,
    PLACE,
    DECLARED["name"],
    replace(DECLARED["organisation_name"], names="organisation"),
    FIELD,
    SheetColumn("six_type", "创建类型", line(40), also=("六型创建类型", "类型"), use=Use.COMPARE),
    SheetColumn(
        "level", "示范点级别", LEVEL.read, required=True, also=("级别", "命名级别", "Level"), words=LEVEL.words,
    ),
    SheetColumn("grade", "等次", choice(Grade), also=("档次", "Grade"), words=("精品", "示范", "达标")),
    SheetColumn("is_premium", "是否精品", yes_no, also=("精品",), use=Use.COMPARE, words=("是", "否")),
    DECLARED["secretary"],
    DECLARED["phone"],
    DECLARED["member_count"],
    DECLARED["venue_area"],
    SheetColumn("brand", "党建品牌", line(60), also=("品牌", "品牌名称"), use=Use.COMPARE),
    DECLARED["highlights"],
    SheetColumn("belts", "所属示范带", listing, also=("示范带",), names="belt"),
    SheetColumn("zones", "所属示范片区", listing, also=("示范片区", "片区"), names="zone"),
    SheetColumn("applied_on", "申报时间", dated, also=("申报日期",), use=Use.COMPARE),
    SheetColumn("named_on", "命名时间", dated, also=("命名日期", "授牌时间", "Named on")),
    SheetColumn("document_no", "命名文号", line(60), also=("文号", "命名文件", "文件号")),
    SheetColumn("batch", "批次", line(40)),
    SheetColumn("creation_fund", "创建资金(万元)", money("万元"), unit="万元", numeric=True, use=Use.COMPARE),
    SheetColumn("lng", "经度", number("73", "136", decimals=8), numeric=True, droppable=True),
    SheetColumn("lat", "纬度", number("3", "54", decimals=8), numeric=True, droppable=True),
    SheetColumn("coordinate_system", "坐标系", choice(CoordinateSystem), words=tuple(CoordinateSystem.labels)),
    SheetColumn("status", "状态", choice(PointStatus, STATUS_WORDS), words=("命名", "草稿")),
    REMARK,
)  # fmt: skip
COLUMNS = (*IN_ORDER, *(column for column in DECLARED.values() if column.name not in {old.name for old in IN_ORDER}))


def resolve(row: SheetRow, context: Context) -> None:
    township = place(row, context)
    row.attributes["area_id"] = township
    if township and row.has("field"):
        set_village_or_unit(row, context, township)
    if township and row.has("organisation_name"):
        _set_organisation(row, context, township)
    _locate(row)
    _say_what_stays_behind(row)


def _set_organisation(row: SheetRow, context: Context, township: str) -> None:
    """The organisation with that name; a new one if there is none. Its secretary, telephone and member count are
    updated from the row."""
    name = row.values["organisation_name"]
    facts = {
        field: row.values[field] for field in names_stored_on("organisation") if row.values.get(field) not in (None, "")
    }
    organisation = None
    with at(row, "organisation_name"):
        organisation = context.records.find("organisation", name, township=township)
        if organisation is None and row.has("field"):
            organisation = _new_organisation(row, context, township, name, facts)
    row.attributes["organisation"] = organisation
    if organisation is None:
        return
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


def _new_organisation(row: SheetRow, context: Context, township: str, name: str, facts: dict) -> PartyOrganisation:
    unit = row.attributes.get("unit")
    area = row.attributes["area_id"]
    level = row.areas.levels.get(area, AreaLevel.TOWNSHIP)
    organisation = PartyOrganisation(
        name=name, field=row.values["field"], area_id=area, unit=unit, founded_on=context.today,
        kind=OrganisationKind.UNIT if unit else KIND_OF_AREA[AreaLevel(level)],
        form=_form(name, facts.get("member_count")), **facts,
    )  # fmt: skip
    row.warn("organisation_name", "organisation_new", text=name)
    context.records.add(organisation, township)
    return organisation


def _form(name: str, members: int | None) -> str:
    """The form by its name, else by the number of members (S7)."""
    endings = {"党总支": "general_branch", "党支部": "party_branch", "党委": "party_committee"}
    endings |= {"总支部委员会": "general_branch", "支部委员会": "party_branch", "党工委": "party_working_committee"}
    return next((form for ending, form in endings.items() if name.endswith(ending)), form_for(members or 0))


def _locate(row: SheetRow) -> None:
    """A position needs both numbers and the coordinate system."""
    lng, lat, system = (row.attributes.pop(name, None) for name in ("lng", "lat", "coordinate_system"))
    if lng is None and lat is None:
        return
    if lng is None or lat is None:
        row.warn("lng", "position_half")
    elif not system:
        row.warn("lng", "system_missing")
    else:
        row.attributes |= {"lng": round(lng, 6), "lat": round(lat, 6), "coordinate_system": system}


def _say_what_stays_behind(row: SheetRow) -> None:
    if row.has("brand"):
        row.warn("brand", "kept_elsewhere", text=row.values["brand"], where="品牌")
    if row.has("creation_fund"):
        row.warn("creation_fund", "kept_elsewhere", text=f"{row.values['creation_fund']:f}", where="资金")


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
    """What the registry holds of the points in a chunk: where titles are taken over, the open periods by point, and the
    open memberships as (point, belt) and (point, zone)."""

    taken_over: tuple[str, ...]
    titles: dict[int, StatusPeriod]
    belts: set[tuple[int, int]]
    zones: set[tuple[int, int]]


def prepare(rows: list[SheetRow], context: Context) -> Stored:
    points = {row.record.pk for row in rows if row.record}
    titles = {period.point_id: period for period in StatusPeriod.objects.filter(point__in=points, valid_to=None)}
    belts, zones = (
        set(model.objects.filter(point__in=points, valid_to=None).values_list("point_id", f"{name}_id"))
        for model, name in ((BeltMembership, "belt"), (ZoneMembership, "zone"))
    )
    return Stored(tuple(areas_taken_over(context.today)), titles, belts, zones)


def parts(row: SheetRow, context: Context, stored: Stored) -> None:
    """The title of a new site, and its memberships in belts and zones. A file does not change an existing title: that
    is a decision."""
    main = row.writes[-1]
    if row.record is None:
        if row.attributes.get("area_id") and is_township(row.attributes["area_id"]) and row.has("field"):
            _warn_of_missing_village(row)
        if not context.decides:
            tell_of_neighbours(row, context)
        _give_title(row, context, main, stored.taken_over)
    else:
        _compare_title(row, stored.titles.get(row.record.pk))
        row.attributes.pop("organisation", None)
    if context.decides:
        _join(row, context, main, BeltMembership, "belts", stored.belts)
        _join(row, context, main, ZoneMembership, "zones", stored.zones)


def _warn_of_missing_village(row: SheetRow) -> None:
    if row.values["field"] in AREA_FIELDS:
        row.warn("village_or_unit", "village_missing")


def _give_title(row: SheetRow, context: Context, main: PendingWrite, taken_over: tuple[str, ...]) -> None:
    if not context.decides:
        row.warn("level", "title_by_district")
        return
    grade = _grade(row)
    named = row.values.get("named_on")
    status = row.values.get("status") or (PointStatus.NAMED if named else PointStatus.DRAFT)
    since = named.day if named else context.today
    if status in PUBLIC:
        if not (row.attributes.get("area_id") or "").startswith(taken_over):
            row.refuse("named_on" if named else "status", "title_by_life_cycle")
        for name, value in (("named_on", named), ("document_no", row.values.get("document_no")), ("grade", grade)):
            if not value:
                row.refuse(name, "title_needs")
        if since > context.today:
            row.refuse("named_on", "in_future", day=since.isoformat())
    period = StatusPeriod(point=main.record, status=status, level=row.values.get("level") or "", grade=grade,
        valid_from=since, precision=named.precision if named else "day", batch=row.values.get("batch") or "",
        document_no=row.values.get("document_no") or "",
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


def _compare_title(row: SheetRow, now: StatusPeriod | None) -> None:
    grade = _grade(row)
    stated = {"status": row.values.get("status"), "level": row.values.get("level"), "grade": grade}
    for name, value in stated.items():
        current = getattr(now, name, "")
        if value and current != value:
            words = str(getattr(now, f"get_{name}_display", str)()) if now else "—"
            row.refuse(name, "title_differs", held=words)


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
    by_clerks=True,
)  # fmt: skip
register(POINT)
