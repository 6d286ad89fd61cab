"""What a row of a ledger of sites leaves open and the registry knows: the field from the village, the organisation or
the unit, and the organisation from the village, the unit or the site's name."""

import re
from contextlib import suppress
from typing import Any

from django.db.models import Min, Q

from registry.loading.context import Context
from registry.loading.lookups import WHY, refuse_several
from registry.loading.sheet_types import SheetRow, plain_name
from registry.models import AreaLevel, DemonstrationPoint, Field, PartyOrganisation
from registry.overviews.draft_form import FIELD_OF_AREA
from registry.text.area_codes import is_below_township, township_of
from registry.text.validators import Invalid

from .shared import at

AREA_FIELDS = {Field.RURAL, Field.COMMUNITY}
WORDS = {  # by which a unit's or an organisation's name tells its field
    Field.PUBLIC_INSTITUTION: "学校|小学|中学|幼儿园|医院|卫生院|中心校|文化馆|图书馆",
    Field.NONPUBLIC_ENTERPRISE: "公司|集团|工厂|厂$|企业|合作社|钢铁",
    Field.SOCIAL_ORGANISATION: "协会|商会|学会|基金会|促进会",
    Field.GOVERNMENT: "局|机关|人民政府|镇政府|乡政府|办事处|委员会$|法院|检察院|党委$|党工委$",
}
SITE = re.compile(r"(?:(?:党建)?(?:示范点|示范阵地|阵地)|(?:党群)?服务(?:中心|站))$")
COMMITTEE = re.compile(r"(?:村民委员会|居民委员会|村委会|居委会)$")
ENDING = re.compile(r"党(?:总?支部|委)(?:委员会)?$")


def set_field(row: SheetRow, context: Context, township: str) -> None:
    """The field of a site or an organisation that gives none: of its village or community, its organisation, or by the
    name of its unit."""
    if row.has("field") or row.has("code"):
        return
    place, organisation = (row.values.get(name) or "" for name in ("village_or_unit", "organisation_name"))
    field = None
    if village := _village(row, township, place or base_of(row, township, row.values.get("name") or "")):
        field = FIELD_OF_AREA[AreaLevel(row.areas.levels[village])]
    elif organisation:
        with suppress(Invalid):
            stored = context.records.find("organisation", organisation, township=township)
            field = stored and stored.field
    names = (place, organisation, row.values.get("name") or "")
    field = field or next(
        (field for name in names for field, words in WORDS.items() if re.search(words, ENDING.sub("", name))), None
    )
    if field:
        row.values["field"] = field
        row.note("field", "field_follows")


def base_of(row: SheetRow, township: str, name: str) -> str:
    """What is left of the name of a site or an organisation without its township and its ending."""
    return ENDING.sub("", SITE.sub("", row.areas.without_township(township, name.removeprefix("中共"))))


def set_village(row: SheetRow, township: str) -> None:
    """The village or community in the name of a site that gives none: 越支三村党建示范点."""
    if row.has("village_or_unit", "field") or row.values.get("field") not in AREA_FIELDS or not row.has("name"):
        return
    village = _village(row, township, base_of(row, township, row.values["name"]))
    if village and FIELD_OF_AREA[AreaLevel(row.areas.levels[village])] == row.values["field"]:
        row.attributes["area_id"] = village
        row.note("village_or_unit", "village_follows")


def _village(row: SheetRow, township: str, name: str) -> str:
    with suppress(Invalid):
        return row.areas.village(township, name) if name else ""
    return ""


def organisations_of(rows: list[SheetRow]) -> dict[str, list[PartyOrganisation]]:
    """The organisations of the villages and units of the rows, and those with the names that follow: by code of area,
    by key of unit, and by name."""
    areas = {row.attributes["area_id"] for row in rows} - {""}
    villages = {area for area in areas if is_below_township(area)}
    units = {unit.pk for row in rows if (unit := row.attributes.get("unit")) is not None and unit.pk}
    names = {f"{base}{ending}" for row in rows for base in [base_name(row)] for ending in ENDINGS}
    stored = PartyOrganisation.objects.unscoped(WHY).filter(dissolved_on=None).order_by("pk")
    by_key: dict[str, list[PartyOrganisation]] = {}
    for organisation in stored.filter(Q(area__in=villages, unit=None) | Q(unit__in=units) | Q(name__among=names)):
        own = f"unit {organisation.unit_id}" if organisation.unit_id else organisation.area_id
        for key in {own, plain_name(organisation.name)}:
            by_key.setdefault(key, []).append(organisation)
    return by_key


ENDINGS = ("党支部", "党总支", "党委")


def following_organisation(row: SheetRow, by_key: dict[str, list[PartyOrganisation]]) -> PartyOrganisation | None:
    """The organisation that is already in the registry; None if there is none, or, with a refusal, several."""
    unit, area = row.attributes.get("unit"), row.attributes["area_id"]
    own = [] if unit is None and not is_below_township(area) else by_key.get(f"unit {unit.pk}" if unit else area, [])
    named = [
        organisation
        for ending in ENDINGS
        for organisation in by_key.get(plain_name(f"{base_name(row)}{ending}"), [])
        if organisation.area_id.startswith(township_of(area))
    ]
    keys = {organisation.pk for organisation in own}
    tops = [organisation for organisation in own if organisation.parent_id not in keys]
    found = [organisation for organisation in named if organisation.pk in keys] or tops or named
    if len(found) > 1:
        with at(row, "organisation_name"):
            refuse_several(found, base_name(row), "organisation_unclear")
        return None
    return next(iter(found), None)


def base_name(row: SheetRow) -> str:
    """The name that an organisation of this row has before 党支部: of the village, the unit, or the site."""
    unit, area = row.attributes.get("unit"), row.attributes["area_id"]
    if unit is not None:
        return str(unit.name)
    if not is_below_township(area):
        return SITE.sub("", row.values.get("name") or "")
    base = COMMITTEE.sub("", row.areas.names[area])
    ending = "社区" if row.areas.levels[area] == AreaLevel.COMMUNITY else "村"
    return base if base.endswith(("村", "社区")) else f"{base}{ending}"


def sites_of_villages(rows: list[SheetRow]) -> dict[tuple[str, str], Any]:
    """The first site of each village and field of the rows that are new."""
    new = [row for row in rows if row.record is None and row.values.get("field") in AREA_FIELDS]
    areas = {area for row in new if is_below_township(area := row.attributes.get("area_id") or "")}
    sites = DemonstrationPoint.objects.unscoped(WHY).filter(area__in=areas)
    first = sites.order_by().values("area", "field").annotate(first=Min("pk")).values("first")  # there may be thousands
    return {(site.area_id, site.field): site for site in sites.filter(pk__in=first)} if areas else {}


def warn_of_other_site(row: SheetRow, sites: dict[tuple[str, str], Any]) -> None:
    site = sites.get((row.attributes.get("area_id") or "", row.values.get("field") or ""))
    if site is not None:
        row.warn("name", "village_has_site", name=site.name, code=site.code)
