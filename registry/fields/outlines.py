"""Outlines of zones: GeoJSON as it was drawn or exported, read into an area in WGS 84; and which sites lie in it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any

import shapely
from django.db.models import Max, Min
from shapely.geometry import MultiPolygon, Polygon, mapping, shape
from shapely.validation import explain_validity

from registry.models import DemonstrationPoint
from registry.models.base import guard_lifted
from registry.text.coordinates import Position, to_wgs84
from registry.text.validators import Invalid

MOST_BYTES = 1_000_000
MOST_VERTICES = 5_000
MARGIN = 0.25  # degrees (some 25 km) beyond the outermost sites: neighbouring districts, but no other city
AREAS = ("Polygon", "MultiPolygon")
Ring = list[Position]


@dataclass(frozen=True)
class Outline:
    """An area in WGS 84, and as it was measured where that was in another system."""

    geometry: dict[str, Any]
    measured: dict[str, Any] | None


def read_outline(text: str, system: str) -> Outline | None:
    """The area that GeoJSON `text` draws, measured in `system`; None for nothing. An open ring is closed.

    Raises Invalid with what is wrong and, where it is one place, that place in WGS 84 as details `lng` and `lat`.
    """
    if not text.strip():
        return None
    if len(text.encode(errors="replace")) > MOST_BYTES:
        raise Invalid("outline_large", size=len(text.encode(errors="replace")) // 1000, most=MOST_BYTES // 1000)
    geometry = _area_in(_loaded(text))
    polygons = list(_polygons(geometry, system))
    area = MultiPolygon(polygons) if geometry["type"] == "MultiPolygon" else polygons[0]
    if not area.is_valid:
        raise _broken(explain_validity(area))
    measured = None if system in ("wgs84", "cgcs2000") else {"system": system, "geometry": geometry}
    return Outline(json.loads(json.dumps(mapping(area))), measured)


def points_inside(geometry: dict[str, Any], points: list[DemonstrationPoint]) -> list[DemonstrationPoint]:
    """Those of `points` that lie in an area (in WGS 84), its edge included; a point without a position is not."""
    placed = [(point, point.position) for point in points if point.position]
    area = shape(geometry)
    shapely.prepare(area)
    inside = shapely.intersects_xy(
        area, [lng for _point, (lng, _lat) in placed], [lat for _point, (_lng, lat) in placed]
    )
    return [point for (point, _position), is_inside in zip(placed, inside, strict=True) if is_inside]


def _loaded(text: str) -> Any:
    def refuse(_constant: str) -> None:
        raise Invalid("outline_unread")

    try:
        return json.loads(text, parse_constant=refuse)
    except (json.JSONDecodeError, RecursionError) as error:
        raise Invalid("outline_unread") from error


def _area_in(found: Any) -> dict[str, Any]:
    """The one area that a GeoJSON object holds."""
    for _wrapping in ("FeatureCollection", "Feature"):
        if isinstance(found, dict) and found.get("type") == "FeatureCollection":
            features = found.get("features")
            if not isinstance(features, list):
                raise Invalid("outline_unread")
            if len(features) != 1:
                raise Invalid("outline_many", count=len(features))
            found = features[0]
        elif isinstance(found, dict) and found.get("type") == "Feature":
            found = found.get("geometry")
    if not isinstance(found, dict) or not isinstance(found.get("type"), str):
        raise Invalid("outline_unread")
    if found["type"] not in AREAS:
        raise Invalid("outline_kind", kind=found["type"][:40])
    if not isinstance(found.get("coordinates"), list) or not found["coordinates"]:
        raise Invalid("outline_unread")
    return {"type": found["type"], "coordinates": found["coordinates"]}


def _polygons(geometry: dict[str, Any], system: str) -> Iterator[Polygon]:
    coordinates = geometry["coordinates"]
    parts = coordinates if geometry["type"] == "MultiPolygon" else [coordinates]
    if not all(isinstance(part, list) and part and all(isinstance(ring, list) for ring in part) for part in parts):
        raise Invalid("outline_unread")
    if sum(len(ring) for part in parts for ring in part) > MOST_VERTICES:
        raise Invalid("outline_vertices", most=MOST_VERTICES)
    box = _surroundings()
    for part in parts:
        outer, *holes = [_ring(ring, system, box) for ring in part]
        yield Polygon(outer, holes)


def _ring(given: list, system: str, box: tuple[float, ...] | None) -> Ring:
    ring = [_corner(corner, number, system, box) for number, corner in enumerate(given, start=1)]
    if ring and ring[0] != ring[-1]:
        ring.append(ring[0])
    if len(set(ring)) < 3:
        raise Invalid("outline_short", count=len(set(ring)))
    return ring


def _corner(given: Any, number: int, system: str, box: tuple[float, ...] | None) -> Position:
    """A corner in WGS 84, to six places (a decimetre). A height after the two numbers is left out."""
    pair = given[:2] if isinstance(given, list) else []
    if len(pair) < 2 or not all(type(deg) in (int, float) and abs(deg) < 1e9 and isfinite(deg) for deg in pair):
        raise Invalid("outline_number", number=number)
    lng, lat = pair
    if 3 <= lng <= 54 and 73 <= lat <= 136:
        raise Invalid("outline_swapped", number=number, lng=lng, lat=lat)
    if abs(lng) > 180 or abs(lat) > 90:
        raise Invalid("outline_degrees", number=number, lng=lng, lat=lat)
    lng, lat = (round(degrees, 6) for degrees in to_wgs84(lng, lat, system))
    if box and not (box[0] <= lng <= box[2] and box[1] <= lat <= box[3]):
        raise Invalid("outline_far", number=number, lng=lng, lat=lat)
    return lng, lat


def _surroundings() -> tuple[float, ...] | None:
    """West, south, east and north of where outlines may lie; None while no site has a position."""
    with guard_lifted("where sites lie at all, without saying which"):
        found = DemonstrationPoint.objects.aggregate(
            west=Min("lng"), south=Min("lat"), east=Max("lng"), north=Max("lat")
        )
    if found["west"] is None:
        return None
    west, south, east, north = (float(found[side]) for side in ("west", "south", "east", "north"))
    return west - MARGIN, south - MARGIN, east + MARGIN, north + MARGIN


def _broken(explained: str) -> Invalid:
    """What shapely says of a broken area, such as “Self-intersection[118.1 39.5]”, as a refusal."""
    said, _bracket, place = explained.partition("[")
    numbers = [round(float(digits), 6) for digits in re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", place)]
    code = {"Self-intersection": "outline_crosses", "Hole lies outside shell": "outline_hole"}.get(
        said, "outline_crosses" if "elf-intersection" in said else "outline_broken"
    )
    lng, lat = numbers[:2] if len(numbers) >= 2 else (None, None)
    return Invalid(code, lng=lng, lat=lat)
