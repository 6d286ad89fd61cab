"""The current values of sites by column, to prefill a template. Loaded back, they change nothing."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from registry.fields.points import names_stored_on
from registry.models import Area, BeltMembership, StatusPeriod, ZoneMembership
from registry.text.area_codes import is_below_township, township_of


def prefill_points(rows: QuerySet) -> Iterator[dict[str, Any]]:
    """Telephones are left out of files."""
    points = list(rows.select_related("area", "unit", "organisation"))
    keys = [point.pk for point in points]
    titles = {period.point_id: period for period in StatusPeriod.objects.filter(point__in=keys, valid_to=None)}
    belts, zones = _names(BeltMembership, "belt", keys), _names(ZoneMembership, "zone", keys)
    codes = {township_of(point.area_id) for point in points}
    names = dict(Area.objects.unscoped("area names are public").filter(code__in=codes).values_list("code", "name"))
    for point in points:
        yield {
            "code": point.code,
            "township": names[township_of(point.area_id)],
            "village_or_unit": _place(point),
            **{name: getattr(point, name) for name in names_stored_on("point")},
            **{name: getattr(point.organisation, name) for name in names_stored_on("organisation") if name != "phone"},
            "organisation_name": point.organisation.name,
            "field": point.field,
            "belts": belts[point.pk],
            "zones": zones[point.pk],
            "remark": point.remark,
            **_position(point),
            **_title(titles.get(point.pk)),
        }


def _place(point: Any) -> str:
    """The unit, or the village or community; empty where the point is the township's own."""
    if point.unit:
        return point.unit.name
    return point.area.name if is_below_township(point.area_id) else ""


def _position(point: Any) -> dict[str, Any]:
    """The position with its coordinate system; without it the numbers would not be read."""
    names = ("lng", "lat", "coordinate_system")
    return {name: getattr(point, name) for name in names} if point.coordinate_system else {}


def _title(period: StatusPeriod | None) -> dict[str, Any]:
    if period is None:
        return {}
    return {
        "status": period.status, "level": period.level, "grade": period.grade, "named_on": period.since,
        "document_no": period.document_no, "batch": period.batch,
    }  # fmt: skip


def _names(model: Any, group: str, points: list[int]) -> dict[int, list[str]]:
    names: dict[int, list[str]] = defaultdict(list)
    memberships = model.objects.filter(point__in=points, valid_to=None).values_list("point_id", f"{group}__name")
    for point, name in memberships.order_by("pk"):
        names[point].append(name)
    return names
