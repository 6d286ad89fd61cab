"""Geometries in WGS 84: points, belts as lines through their points, zones by their outline."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from registry.access.scope import Scope
from registry.models import COUNTED, BeltMembership, DemonstrationPoint, Zone, valid_on
from registry.text.coordinates import Position, to_wgs84

from .resources import Resource

OUTLINES = ("Polygon", "MultiPolygon")
POSITION = ("lng", "lat", "coordinate_system")


def displayed(lng: Decimal, lat: Decimal, system: str) -> Position:
    """A stored position as WGS 84, to six places (a decimetre)."""
    east, north = to_wgs84(float(lng), float(lat), system)
    return round(east, 6), round(north, 6)


def _points(codes: Iterable[str], scope: Scope) -> dict[str, dict]:
    rows = DemonstrationPoint.objects.visible_to(scope.viewer).filter(code__in=codes, lng__isnull=False)
    places = rows.values_list("code", *POSITION)
    return {code: {"type": "Point", "coordinates": displayed(*place)} for code, *place in places}


def _belts(codes: Iterable[str], scope: Scope) -> dict[str, dict]:
    """Lines through the members counted on the day, in order. One position alone makes no line."""
    named = valid_on(scope.as_of, "point__periods__valid_from", "point__periods__valid_to")
    members = BeltMembership.objects.filter(
        valid_on(scope.as_of), named, point__periods__status__in=COUNTED, belt__code__in=codes, point__lng__isnull=False
    )
    lines: dict[str, list[Position]] = defaultdict(list)
    places = members.order_by("belt", "position").values_list("belt__code", *(f"point__{name}" for name in POSITION))
    for code, *place in places:
        lines[code].append(displayed(*place))
    return {code: {"type": "LineString", "coordinates": line} for code, line in lines.items() if len(line) > 1}


def _zones(codes: Iterable[str], scope: Scope) -> dict[str, dict]:
    rows = Zone.objects.visible_to(scope.viewer).filter(code__in=codes, outline__isnull=False)
    outlines = rows.values_list("code", "outline")
    return {
        code: outline for code, outline in outlines if isinstance(outline, dict) and outline.get("type") in OUTLINES
    }


GEOMETRIES: dict[str, Callable[[Iterable[str], Scope], dict[str, dict]]] = {
    "points": _points,
    "belts": _belts,
    "zones": _zones,
}


def features(resource: Resource, rows: Iterable[dict], scope: Scope) -> list[dict]:
    """Rows with a code as GeoJSON features. A row without a position has no geometry."""
    rows = list(rows)
    lies = GEOMETRIES[resource.slug]([row["code"] for row in rows], scope)
    return [
        {"type": "Feature", "id": row["code"], "geometry": lies.get(row["code"]), "properties": row} for row in rows
    ]


def collection(resource: Resource, page: dict, scope: Scope) -> dict[str, Any]:
    """A page of the list as a feature collection."""
    links = [{"rel": name, "href": page[name]} for name in ("next", "previous") if page[name]]
    return {"type": "FeatureCollection", "features": features(resource, page["results"], scope), "links": links}
