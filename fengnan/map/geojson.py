"""What the coordinate view of the map draws, as GeoJSON in WGS 84. What was measured in another system is turned, and
the measured values stay beside it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from math import ceil, log2
from typing import Any

from django.db.models import Avg, Count, Exists, F, FloatField, Max, Min, OuterRef, Q, QuerySet
from django.db.models.functions import Cast, Floor
from django.urls import reverse
from django.utils.translation import gettext as _

from fengnan.map.options import Choices, choice_words
from fengnan.map.schematic import members, standing_points
from registry.access.scope import Scope
from registry.models import Area, CoordinateSystem, Grade, Stage, Zone, ZoneKind, in_area_q
from registry.text.coordinates import Box, Position, to_wgs84

DRAWN = 500  # points are drawn one by one up to here
SQUARES, SMALLEST = 12, 0.0001  # squares across a box, at least half of that; the smallest box in degrees
OUTLINES = ("Polygon", "MultiPolygon")


def collection(features: Iterable[dict]) -> dict:
    return {"type": "FeatureCollection", "features": list(features)}


def feature(geometry: dict, **properties: Any) -> dict:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def displayed(lng: Decimal, lat: Decimal, system: str) -> Position:
    """A stored position as WGS 84, to six places (a decimetre)."""
    east, north = to_wgs84(float(lng), float(lat), system)
    return round(east, 6), round(north, 6)


def point_layers(scope: Scope, choices: Choices, box: Box | None) -> dict[str, dict]:
    """The points of a box, each on its own up to DRAWN; of more, the clusters they form."""
    rows = standing_points(scope).filter(**choices.filters).with_position(box)
    page = reverse("record", args=["points", "CODE"]) + scope.query
    names = ("code", "name", "field", "level", "grade", "lng", "lat", "coordinate_system", "position_illustrative")
    points = list(rows.order_by("area_id", "code").values(*names)[: DRAWN + 1])
    if len(points) > DRAWN:
        return {"points": collection([]), "clusters": collection(clusters(rows, box))}
    words = choice_words()
    return {"points": collection(_point(row, page, words) for row in points), "clusters": collection([])}


def clusters(rows: QuerySet, box: Box | None) -> Iterator[dict]:
    """The points by the squares of a grid, whose size follows from the size of the box in steps of two, so that it
    stays while the map is moved: how many, how many premium ones, and their middle."""
    if box is None:
        edges = rows.aggregate(w=Min("lng"), s=Min("lat"), e=Max("lng"), n=Max("lat"))
        west, south, east, north = map(float, edges.values())
    else:
        west, south, east, north = box
    size = 2.0 ** ceil(log2(max(east - west, north - south, SMALLEST) / SQUARES))
    rows = rows.annotate(east=Cast("lng", FloatField()), north=Cast("lat", FloatField()))
    squares = rows.values(column=Floor(F("east") / size), row=Floor(F("north") / size)).annotate(
        count=Count("pk"), premium=Count("pk", filter=Q(grade=Grade.PREMIUM)), x=Avg("east"), y=Avg("north")
    )
    for square in squares.order_by("column", "row"):
        words = _("%(count)s points, of which %(premium)s premium") % square
        middle = (round(square["x"], 6), round(square["y"], 6))
        yield feature(
            {"type": "Point", "coordinates": middle}, count=square["count"], premium=square["premium"], words=words
        )


def _point(row: dict, page: str, words: Mapping[str, Mapping[str, str]]) -> dict:
    lng, lat, system = row.pop("lng"), row.pop("lat"), row.pop("coordinate_system")
    return feature(
        {"type": "Point", "coordinates": displayed(lng, lat, system)},
        **row,
        premium=row["grade"] == Grade.PREMIUM,
        words=" · ".join(words[name][row[name]] for name in words),
        measured={"lng": float(lng), "lat": float(lat), "system": CoordinateSystem(system).label},
        url=page.replace("CODE", row["code"]),
    )


def belt_features(scope: Scope) -> dict:
    """Belts with a member in the area, as lines through their members in order; one position alone makes no line."""
    lines: dict[tuple, list[tuple]] = defaultdict(list)
    rows = members(scope).values_list(
        "belt__code", "belt__name", "belt__level", "built",
        "point__area_id", "point__lng", "point__lat", "point__coordinate_system",
    )  # fmt: skip
    for code, name, level, built, *place in rows:
        lines[code, name, level, built].append(place)
    page, features = reverse("record", args=["belts", "CODE"]) + scope.query, []
    for (code, name, level, built), places in lines.items():
        path = [displayed(lng, lat, system) for _area, lng, lat, system in places if lng is not None]
        if len(path) > 1 and any(area.startswith(scope.area) for area, *_position in places):
            properties = {"code": code, "name": name, "level": level, "url": page.replace("CODE", code)}
            stage = Stage.BUILT if built else Stage.PLANNED
            features.append(
                feature({"type": "LineString", "coordinates": path}, **properties, built=built, words=str(stage.label))
            )
    return collection(features)


def zones_of(scope: Scope) -> QuerySet:
    """Zones that stood or were planned on the day and lie in the area or cover a township of it."""
    covered = Area.objects.public().filter(in_area_q(scope.area, "code"), zones_covering=OuterRef("pk"))
    zones = Zone.objects.visible_to(scope.viewer).current(scope.as_of).exclude(kind=ZoneKind.DEVELOPMENT)
    return zones.filter(in_area_q(scope.area) | Exists(covered))


def zone_features(scope: Scope) -> dict:
    """The zones that have an outline."""
    page, features = reverse("record", args=["zones", "CODE"]) + scope.query, []
    for zone in zones_of(scope).filter(outline__isnull=False).order_by("code"):
        if isinstance(zone.outline, dict) and zone.outline.get("type") in OUTLINES:
            stage = zone.stage(scope.as_of)
            features.append(
                feature(
                    zone.outline,
                    code=zone.code, name=zone.name, kind=zone.kind, stage=stage, built=stage == Stage.BUILT,
                    words=f"{ZoneKind(zone.kind).label} · {stage.label}", illustrative=zone.illustrative,
                    url=page.replace("CODE", zone.code),
                )
            )  # fmt: skip
    return collection(features)
