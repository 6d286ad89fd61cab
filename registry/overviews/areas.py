"""The areas of the registry as the desk shows them: what lies in one, what is found by a name."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet

from registry.models import Area, AreaAlias, district_area
from registry.models.base import in_area_q
from registry.text.area_codes import LENGTHS

MOST_FOUND = 200


@dataclass(frozen=True)
class AreaPage:
    """An area with the areas above it inside the registry, and those directly in it: `current` exist on the day or
    later, each with the number `inside` it; `ended` do not any more."""

    area: Area
    above: list[Area]
    current: list[Area]
    ended: list[Area]

    @property
    def may_merge(self) -> bool:
        return sum(not area.has_areas_in_it for area in self.current) > 1


def area_page(area: Area, day: date) -> AreaPage:
    rows = _with_count(Area.objects.public().filter(parent=area), day)
    over = Q(valid_to__isnull=False, valid_to__lte=day)
    return AreaPage(area, _above(area), list(rows.exclude(over)), list(rows.filter(over).select_related("successor")))


def _above(area: Area) -> list[Area]:
    """The areas above this one, up to that of the registry, the highest first."""
    codes = [area.code[:length] for length in LENGTHS if len(district_area()) <= length < len(area.code)]
    return list(Area.objects.public().filter(code__in=codes).order_by("code"))


def _with_count(rows: QuerySet, day: date) -> QuerySet:
    existing = Q(area__voided=None) & (Q(area__valid_to=None) | Q(area__valid_to__gt=day))
    return rows.annotate(inside=Count("area", filter=existing)).order_by("code")


def areas_found(text: str, day: date) -> list[Area]:
    """The areas of the registry with the text in their name, another name or code; also those that ended."""
    named = AreaAlias.objects.filter(name__contains=text).values("area")
    rows = Area.objects.public().filter(in_area_q(district_area(), "code"))
    rows = rows.filter(Q(name__contains=text) | Q(code__startswith=text) | Q(pk__in=named))
    return list(_with_count(rows, day).select_related("parent", "successor")[:MOST_FOUND])
