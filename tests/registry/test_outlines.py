"""Outlines of zones: what is taken, what is refused and where, and what lies inside."""

import json

import pytest

from registry.fields.outlines import MOST_VERTICES, points_inside, read_outline
from registry.models import DemonstrationPoint
from registry.text.coordinates import wgs84_to_gcj02
from registry.text.validators import Invalid
from tests.factories import make_named_point

SQUARE = [[118.10, 39.50], [118.20, 39.50], [118.20, 39.60], [118.10, 39.60], [118.10, 39.50]]
HOLE = [[118.13, 39.53], [118.16, 39.53], [118.16, 39.56], [118.13, 39.53]]


def polygon(*rings: list) -> str:
    return json.dumps({"type": "Polygon", "coordinates": list(rings)})


def feature(text: str) -> dict:
    return {"type": "Feature", "properties": {}, "geometry": json.loads(text)}


ACCEPTED = {
    "a polygon": polygon(SQUARE),
    "a polygon with a hole": polygon(SQUARE, HOLE),
    "an open ring": polygon(SQUARE[:-1]),
    "heights": polygon([[*corner, 12.5] for corner in SQUARE]),
    "a multipolygon": json.dumps({"type": "MultiPolygon", "coordinates": [[SQUARE]]}),
    "a feature": json.dumps(feature(polygon(SQUARE))),
    "a collection of one": json.dumps({"type": "FeatureCollection", "features": [feature(polygon(SQUARE))]}),
}
REFUSED = {
    "no JSON": ("118.1, 39.5", "outline_unread"),
    "JSON of something else": ('{"type": 5}', "outline_unread"),
    "a list": ("[]", "outline_unread"),
    "deep nesting": ("[" * 200_000, "outline_unread"),
    "not a number": (polygon(SQUARE).replace("118.2", "NaN", 1), "outline_unread"),
    "infinity": (polygon(SQUARE).replace("118.2", "1e999", 1), "outline_number"),
    "words": (polygon([["118.1", "39.5"], *SQUARE[1:]]), "outline_number"),
    "truth values": (polygon([[True, False], *SQUARE[1:]]), "outline_number"),
    "no coordinates": ('{"type": "Polygon", "coordinates": []}', "outline_unread"),
    "rings that are none": ('{"type": "Polygon", "coordinates": [118.1, 39.5]}', "outline_unread"),
    "a point": ('{"type": "Point", "coordinates": [118.1, 39.5]}', "outline_kind"),
    "two shapes": (
        json.dumps({"type": "FeatureCollection", "features": [feature(polygon(SQUARE))] * 2}),
        "outline_many",
    ),
    "too many corners": (polygon([SQUARE[0]] * (MOST_VERTICES + 1)), "outline_vertices"),
    "too much text": (polygon(SQUARE) + " " * 1_000_001, "outline_large"),
    "two corners": (polygon(SQUARE[:2]), "outline_short"),
    "a corner three times": (polygon([SQUARE[0]] * 4), "outline_short"),
    "latitude first": (polygon([corner[::-1] for corner in SQUARE]), "outline_swapped"),
    "metres": (polygon([[39_512_345, 4_381_234], *SQUARE[1:]]), "outline_degrees"),
    "another city": (polygon([[116.4, 39.9], *SQUARE[1:4], [116.4, 39.9]]), "outline_far"),
    "a bow tie": (polygon([SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3], SQUARE[0]]), "outline_crosses"),
    "a line": (polygon([SQUARE[0], SQUARE[1], [118.15, 39.50], SQUARE[0]]), "outline_crosses"),
    "a hole outside": (
        polygon(SQUARE, [[118.3, 39.5], [118.31, 39.5], [118.31, 39.51], [118.3, 39.5]]),
        "outline_hole",
    ),
    "parts upon each other": (
        json.dumps({"type": "MultiPolygon", "coordinates": [[SQUARE], [HOLE]]}),
        "outline_broken",
    ),
}


@pytest.mark.parametrize("text", ACCEPTED.values(), ids=ACCEPTED)
def test_these_outlines_are_taken(sample, text):
    outline = read_outline(text, "cgcs2000")
    rings = outline.geometry["coordinates"][0]
    outer = rings[0] if outline.geometry["type"] == "MultiPolygon" else rings
    assert outer[0] == outer[-1]
    assert outline.measured is None


@pytest.mark.parametrize(("text", "code"), REFUSED.values(), ids=REFUSED)
def test_these_outlines_are_refused_in_words(sample, text, code):
    with pytest.raises(Invalid) as refused:
        read_outline(text, "cgcs2000")
    assert refused.value.code == code
    assert "%(" not in str(refused.value)


def test_nothing_given_is_no_outline(sample):
    assert read_outline(" \n", "cgcs2000") is None


def test_a_refusal_says_where_the_outline_crosses_itself(sample):
    with pytest.raises(Invalid) as refused:
        read_outline(REFUSED["a bow tie"][0], "cgcs2000")
    assert (refused.value.details["lng"], refused.value.details["lat"]) == (118.15, 39.55)


def test_an_outline_of_another_system_is_turned_and_the_original_kept(sample):
    shifted = [list(wgs84_to_gcj02(*corner)) for corner in SQUARE]
    outline = read_outline(polygon(shifted), "gcj02")
    assert outline.geometry["coordinates"] == [SQUARE]
    assert outline.measured == {"system": "gcj02", "geometry": json.loads(polygon(shifted))}


def test_the_sites_inside_are_found_whatever_system_they_were_measured_in(sample):
    inside = make_named_point(lng="118.150000", lat="39.550000", coordinate_system="wgs84")
    east, north = wgs84_to_gcj02(118.1001, 39.55)  # its own numbers lie inside, and so does it
    turned = make_named_point(lng=f"{east:.6f}", lat=f"{north:.6f}", coordinate_system="gcj02")
    seems = make_named_point(lng="118.104000", lat="39.550000", coordinate_system="gcj02")  # west of the edge in truth
    edge = make_named_point(lng="118.100000", lat="39.550000", coordinate_system="cgcs2000")
    unplaced = make_named_point()
    points = list(DemonstrationPoint.objects.unscoped("test").filter(pk__in=[inside.pk, turned.pk, seems.pk, edge.pk]))
    matches = points_inside(read_outline(polygon(SQUARE), "wgs84").geometry, [*points, unplaced])
    assert {point.pk for point in matches} == {inside.pk, turned.pk, edge.pk}


def test_a_site_in_a_hole_is_not_inside(sample):
    point = make_named_point(lng="118.150000", lat="39.535000", coordinate_system="wgs84")
    point.refresh_from_db()
    assert points_inside(read_outline(polygon(SQUARE, HOLE), "wgs84").geometry, [point]) == []
