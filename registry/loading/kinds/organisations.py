"""Party organisations, and the place of an organisation or a site: a village, a community, or a unit."""

import re
from contextlib import suppress
from dataclasses import replace
from typing import Any

from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from registry.actions.sites import KIND_OF_AREA
from registry.fields.points import BY_NAME
from registry.loading.context import Context
from registry.loading.lookups import WHY, refuse_several
from registry.loading.sheet_types import (
    CODE,
    REMARK,
    ROW_NUMBER,
    UNIT,
    PendingWrite,
    SheetColumn,
    SheetRow,
    SheetType,
    column_of,
    plain_name,
    register,
)
from registry.loading.validate import assign, matches
from registry.loading.write import write_records
from registry.models import (
    AreaLevel,
    Field,
    OrganisationForm,
    OrganisationKind,
    PartyOrganisation,
    Unit,
    UnitKind,
)
from registry.overviews.draft_form import FIELD_OF_AREA
from registry.text.area_codes import is_below_township, township_of
from registry.text.validators import Invalid, choice, dated, line, whole, yes_no

from .derived import AREA_FIELDS, set_field
from .shared import FIELD, at, day_column, not_kept, place, refer, refuse_village, take_day, township

UNIT_FIELDS = {Field.NONPUBLIC_ENTERPRISE, Field.SOCIAL_ORGANISATION, Field.PUBLIC_INSTITUTION}
UNIT_OF_FIELD = {
    Field.NONPUBLIC_ENTERPRISE: UnitKind.ENTERPRISE,
    Field.SOCIAL_ORGANISATION: UnitKind.ASSOCIATION,
    Field.GOVERNMENT: UnitKind.OFFICE,
}
FORM_WORDS = {
    "党委": "party_committee", "党工委": "party_working_committee", "党总支": "general_branch",
    "总支": "general_branch", "党支部": "party_branch", "支部": "party_branch",
}  # fmt: skip
ENDING = re.compile(r"(?:党?总支部委员会|党?支部委员会|党总支|党支部|党工委|党委|委员会)$")
PLACE = SheetColumn(
    "village_or_unit", "所属村(社区)/单位", line(80), names="unit", label=_("Village, community or unit"),
    also=(
        "所属村(社区)", "所属村", "所在村", "所在村(社区)", "村(社区)", "村", "社区", "村名", "村居", "村(社区)/单位",
        "村/单位", "村(社区)或单位", "所属单位", "所在单位", "单位", "单位名称", "村(单位)", "村(社区)名称", "社区名称",
    ),
    stored=lambda record: record.unit or (record.area if is_below_township(record.area_id) else None),
)  # fmt: skip
COLUMNS = (
    ROW_NUMBER,
    CODE,
    SheetColumn(
        "name", "党组织名称", line(80, least=4), required=True, also=(
            "组织名称", "党组织全称", "党组织", "党支部名称", "支部名称", "名称", "Name",
        ),
    ),
    SheetColumn(
        "form", "党组织类型", choice(OrganisationForm, FORM_WORDS), required=True, follows=_("from the name"),
        also=("组织类型", "组织形式", "组织类别", "类型"),
        words=("党委", "党工委", "党总支", "党支部"),
    ),
    township("所属乡镇"),
    PLACE,
    replace(FIELD, follows=_("from the village or the name")),
    SheetColumn("parent", "上级党组织", line(80), also=("上级组织", "隶属党组织", "上级党委"), names="organisation"),
    column_of(BY_NAME["secretary"], heading="书记", also=("党组织书记", "书记姓名", "支部书记", "党支部书记",
        "负责人")),
    not_kept("secretary_since", "书记任职时间", "任职时间", read=dated),
    column_of(BY_NAME["member_count"]),
    not_kept("women", "其中女党员", "女党员", read=whole(0, 100_000, unit="人")),
    not_kept("under_35", "其中35岁以下", "35岁以下", read=whole(0, 100_000, unit="人")),
    day_column("founded_on", "成立时间", "成立日期", "组建时间", "成立年月", "建立时间"),
    day_column("dissolved_on", "撤销时间", "撤销日期", "撤并时间"),
    not_kept("elected_on", "换届时间", "换届日期", read=dated),
    SheetColumn("is_combined_post", "是否一肩挑", yes_no, also=("一肩挑",), words=("是", "否")),
    column_of(BY_NAME["phone"]),
    REMARK,
)  # fmt: skip


FORM_ENDINGS = {"党总支": "general_branch", "党支部": "party_branch", "党委": "party_committee"}
OTHER_ENDINGS = {
    "总支部委员会": "general_branch", "支部委员会": "party_branch", "党工委": "party_working_committee",
    "总支": "general_branch", "支部": "party_branch",
}  # fmt: skip


def form_in(name: str) -> str:
    """The form that the name of an organisation ends with; empty if it has no such ending."""
    return next((form for ending, form in (FORM_ENDINGS | OTHER_ENDINGS).items() if name.endswith(ending)), "")


def set_village_or_unit(row: SheetRow, context: Context, township: str) -> None:
    """The village or community of the row's record, or else its unit."""
    name, field = row.values.get("village_or_unit") or "", row.values["field"]
    if not name:
        return
    village = ""
    with at(row, "village_or_unit"):
        village = row.areas.village(township, name) or _successor(row, township, name)
    if village and (field in AREA_FIELDS or field == FIELD_OF_AREA.get(AreaLevel(row.areas.levels[village]))):
        row.attributes["area_id"] = village
    elif field in AREA_FIELDS:
        if not row.is_refused:
            refuse_village(row, "village_or_unit", name, township)
    elif name != row.areas.names[township]:
        row.attributes["unit"] = _unit(row, context, township, name, field)


def _successor(row: SheetRow, township: str, name: str) -> str:
    """The village that one of this name was merged into: an old ledger names it as it was called then."""
    ended = row.areas.ended(name, township)
    village = row.areas.successor(ended) if ended else ""
    if ended and village:
        words = {"text": name, "until": ended.valid_to, "successor": f"{row.areas.names[village]} ({village})"}
        row.warn("village_or_unit", "area_followed", **words)
    return village


def _unit(row: SheetRow, context: Context, township: str, name: str, field: str) -> Any:
    unit = None
    with at(row, "village_or_unit"):
        unit = context.records.find("unit", name, township=township)
        if unit is None:
            kind = UNIT_OF_FIELD.get(Field(field)) or _kind_by_name(name)
            unit = Unit(name=name, kind=kind, area_id=township)
            context.records.add(unit, township)
            row.warn("village_or_unit", "unit_new", text=name)
    if unit is not None and unit._state.adding:
        row.writes.append(PendingWrite(unit, stage=UNIT, prefix="U-N", digits=4))
    return unit


def _kind_by_name(name: str) -> UnitKind:
    if any(word in name for word in ("医院", "卫生院")):
        return UnitKind.HOSPITAL
    return UnitKind.SCHOOL if any(word in name for word in ("学校", "小学", "中学", "幼儿园")) else UnitKind.OFFICE


def resolve(row: SheetRow, context: Context) -> None:
    code = place(row, context)
    row.attributes["area_id"] = code
    take_day(row, "founded_on", context, happened=True, assume=True)
    take_day(row, "dissolved_on", context, happened=True)
    if row.has("name") and not row.has("form") and (form := form_in(row.values["name"])):
        row.values["form"] = row.defaults["form"] = form
        row.note("form", "form_follows")
    if code and row.has("name"):
        set_field(row, context, code)
        row.defaults["field"] = row.values.get("field") or ""
    if code and row.has("field", "name"):
        if row.has("village_or_unit"):
            set_village_or_unit(row, context, code)
            refer(row, "unit", row.attributes.pop("unit", None))
        elif row.values["field"] in AREA_FIELDS:
            _set_village_by_name(row, context, code)
    if row.has("parent") and plain_name(row.values["parent"]) == plain_name(row.values.get("name") or ""):
        row.refuse("parent", "own_superior")
    for name in ("women", "under_35"):
        if row.has(name, "member_count") and row.values[name] > row.values["member_count"]:
            row.warn(name, "more_than_all", said=row.values[name], held=row.values["member_count"])


def _set_village_by_name(row: SheetRow, context: Context, township: str) -> None:
    """The village in the name: 孔家庄 of 大齐各庄镇孔家庄村党支部. If it is unclear, the township is used."""
    rest = ENDING.sub("", row.areas.without_township(township, row.values["name"].removeprefix("中共")))
    with suppress(Invalid):
        if village := row.areas.village(township, rest) if rest else "":
            row.attributes["area_id"] = village


def find(rows: list[SheetRow], context: Context) -> None:
    """An organisation is identified by its name and its township, and is not dissolved; of several in one township, the
    one in the same village."""
    for row, alike in matches(ORGANISATION, rows, context, lambda key: [(key[0], township_of(key[1] or ""))]):
        area = row.attributes.get("area_id") or ""
        fitting = [organisation for organisation in alike if organisation.area_id == area] or alike
        if not row.has("code"):
            with at(row, "name"):
                refuse_several(fitting, row.attributes["name"], "organisation_unclear")
        assign(row, fitting)
        if row.record is not None and row.record.area_id.startswith(area):
            row.attributes.pop("area_id")
        elif row.record is None and area:
            _say_where_it_stands(row, context, area)


def _say_where_it_stands(row: SheetRow, context: Context, area: str) -> None:
    field = row.values.get("field")
    level = AreaLevel(row.areas.levels.get(area, AreaLevel.TOWNSHIP))
    in_unit = field in UNIT_FIELDS or "unit" in row.attributes or "unit_id" in row.attributes
    row.defaults["kind"] = OrganisationKind.UNIT if in_unit else KIND_OF_AREA[level]
    if field in AREA_FIELDS and level == AreaLevel.TOWNSHIP:
        row.warn("village_or_unit", "village_missing")


def parts(row: SheetRow, context: Context, stored: None) -> None:
    """Its superior, which an earlier row of the same file may have added."""
    own, text = row.main, row.values.get("parent")
    if own.is_new:
        context.records.add(own.record)
    if not text:
        return
    parent = None
    with at(row, "parent", required=False):
        township = township_of(row.attributes.get("area_id") or own.record.area_id)
        parent = context.records.get("organisation", text, (township,))
    if parent is None:
        return
    if own.is_new:
        own.record.parent = parent
    elif parent.pk is None:
        own.changes["parent"] = [None, parent]
    elif parent.pk != own.record.parent_id:
        own.changes["parent_id"] = [own.record.parent_id, parent.pk]


def write(rows: list[SheetRow], context: Context, load: Any) -> None:
    """Superiors are written before their subordinates."""
    waiting = rows
    while waiting:
        ready, waiting = [r for r in waiting if not _waits(r)], [r for r in waiting if _waits(r)]
        if not ready:
            raise IntegrityError("the superior organisation was not written")
        write_records(ready, context, load)


def _waits(row: SheetRow) -> bool:
    main = row.main
    parent: Any = getattr(main.record, "parent", None) if main.is_new else main.changes.get("parent", [0, 0])[1]
    return bool(parent) and parent.pk is None


ORGANISATION = SheetType(
    "organisation", _("Party organisations"), PartyOrganisation, COLUMNS, ("name", "area_id"), resolve,
    prefix=lambda row: f"O-{township_of(row.attributes['area_id'])}-N",
    records=lambda: PartyOrganisation.objects.unscoped(WHY).filter(dissolved_on=None),
    find=find, parts=parts, write=write, by_clerks=True, order=(("founded_on", "dissolved_on", True),),
    together=(("name", "township", "village_or_unit", "field"), ("township", "parent")),
    about=_("The party organisations of townships, villages, communities and units."),
    called=("党组织", "基层组织", "支部", "花名册"), codes="O-",
)  # fmt: skip
register(ORGANISATION)
