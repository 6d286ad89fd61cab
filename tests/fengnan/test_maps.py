"""The map: every township a tile, every point a dot in it, and nothing that the day or the viewer does not allow."""

import json
import re
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse

from fengnan.map import schematic_layout
from fengnan.map.options import Choices
from fengnan.map.schematic import ELSEWHERE, schematic
from registry.access.scope import Scope
from registry.figures import FIGURES
from registry.models import Area, Belt, DemonstrationPoint, StatusPeriod, Zone
from tests.conftest import DAQI, DISTRICT, LAST_DAY, TANGFANG


def on(day: date, area: str = DISTRICT) -> Scope:
    return Scope(as_of=day, area=area, viewer=AnonymousUser(), default_as_of=LAST_DAY)


def tile_of(drawn, code: str):
    return next(tile for tile in drawn.tiles if tile.code == code)


def codes(features: dict) -> set[str]:
    return {feature["properties"]["code"] for feature in features["features"]}


def data(client, **parameters) -> dict:
    return client.get(reverse("map-data"), parameters).json()


def test_each_township_has_one_tile_in_a_place_of_its_own(scope):
    drawn = schematic(scope)
    assert len(drawn.tiles) == 16
    assert {tile.code for tile in drawn.tiles} == set(
        Area.objects.public().townships(scope.as_of).values_list("code", flat=True)
    )
    assert len({tile.place for tile in drawn.tiles}) == 16


def test_the_tiles_hold_the_points_and_premium_points_of_the_figures(scope):
    drawn = schematic(scope)
    assert drawn.count == FIGURES["points"].answer(scope).value == 445
    assert drawn.premium == FIGURES["premium-rate"].answer(scope).part == 156
    assert ELSEWHERE not in {tile.code for tile in drawn.tiles}


def test_a_point_appears_in_the_tile_of_its_township(scope):
    drawn = schematic(scope, links=True)
    for tile in drawn.tiles:
        expected = DemonstrationPoint.objects.public().named(scope.as_of).in_area(tile.code)
        assert {point.code for point in tile.points} == set(expected.values_list("code", flat=True))


def test_a_dot_lies_inside_its_tile_and_on_no_other_dot(scope):
    for drawing in schematic(scope).drawings:
        picture = drawing.picture
        for place, spots in picture.spots.items():
            left, top = map(float, picture.corners[place].split())
            assert all(left < x < left + float(picture.tile[0]) for x, _y in spots)
            assert all(top < y < top + float(picture.tile[1]) for _x, y in spots)
            assert len(set(spots)) == len(spots)


def test_the_dot_of_a_withdrawn_point_is_gone_from_the_day_of_its_withdrawal(sample):
    withdrawal = StatusPeriod.objects.filter(status="withdrawn").select_related("point").first()
    township, code = withdrawal.point.area_id[:9], withdrawal.point.code

    def dots(day):
        return {point.code for point in tile_of(schematic(on(day), links=True), township).points}

    assert code in dots(withdrawal.valid_from - timedelta(days=1))
    assert code not in dots(withdrawal.valid_from)


def test_a_township_without_a_place_takes_the_first_that_is_free(scope):
    Area.objects.unscoped("a township loses its place").filter(code=TANGFANG).update(map_column=None)
    drawn = schematic(scope)
    places = [tile.place for tile in drawn.tiles]
    assert len(set(places)) == len(places) == 16
    inside = DemonstrationPoint.objects.public().named(scope.as_of).in_area(TANGFANG).count()
    assert tile_of(drawn, TANGFANG).count == inside > 0


def test_points_in_no_township_are_in_count_premium_and_list(scope, client):
    points = DemonstrationPoint.objects.public().premium(scope.as_of)[:3]
    DemonstrationPoint.objects.filter(pk__in=[point.pk for point in points]).update(area_id=DISTRICT)
    drawn = schematic(scope, links=True)
    elsewhere = tile_of(drawn, ELSEWHERE)
    assert (elsewhere.count, elsewhere.premium) == (3, 3)
    assert (drawn.count, drawn.premium) == (445, 156)
    listed = {tile.code: addresses for tile, addresses in client.get("/map/").context["points"]}
    assert {cell.code for _address, cell in listed[ELSEWHERE]} == {point.code for point in points}


def test_planned_zones_are_not_drawn_as_built(scope):
    """Only the planned zones of the township stay."""
    Zone.objects.public().filter(code="Z-12").update(voided=uuid4())
    daqi = tile_of(schematic(scope), DAQI)
    assert daqi.planned
    assert not daqi.zones


def test_a_zone_tints_its_township_from_the_day_it_was_built(scope):
    zone = Zone.objects.public().get(code="Z-13")
    township = zone.area_id
    before = tile_of(schematic(on(zone.built_on - timedelta(days=1))), township)
    after = tile_of(schematic(on(zone.built_on)), township)
    assert (before.zones, before.planned) == (False, True)
    assert (after.zones, after.planned) == (True, False)


def test_a_belt_runs_through_the_tiles_of_its_members_in_order(scope):
    belt = next(belt for belt in schematic(scope).belts if belt.code == "B-01")
    members = Belt.objects.public().get(code="B-01").memberships.order_by("position")
    places = {area.code: (area.map_column, area.map_row) for area in Area.objects.public().townships(scope.as_of)}
    assert list(belt.stops) == [places[code[:9]] for code in members.values_list("point__area_id", flat=True)]


def test_a_belt_under_construction_is_marked_as_not_built(scope):
    built = {belt.code: belt.built for belt in schematic(scope).belts}
    assert built.pop("B-16") is False
    assert set(built.values()) == {True}


def test_no_two_belts_run_in_the_same_lane(scope):
    belts = [schematic_layout.Line(belt.code, belt.stops) for belt in schematic(scope).belts]
    marks = schematic_layout.marks_of(belts)
    assert schematic_layout.side_by_side({"a": [0, 2], "b": [1, 3], "c": [2.5, 4]}) == {"a": 0, "b": 1, "c": 0}
    for lanes in schematic_layout.lanes_of(belts, marks).values():
        assert set(lanes.values()) == set(range(max(lanes.values()) + 1))


def test_filters_leave_the_dots_they_ask_for(scope):
    drawn = schematic(scope, Choices(field="community", grade="premium"), links=True)
    expected = DemonstrationPoint.objects.public().premium(scope.as_of).filter(field="community")
    assert {point.code for tile in drawn.tiles for point in tile.points} == set(expected.values_list("code", flat=True))


def test_the_legend_counts_what_each_entry_would_show(scope):
    for entry in schematic(scope, Choices(grade="premium")).legend:
        if entry["dimension"] == "field":
            assert schematic(scope, Choices(grade="premium", field=entry["key"])).count == entry["count"]


def test_outside_the_chosen_area_no_point_is_drawn(sample):
    drawn = schematic(on(LAST_DAY, DAQI), links=True)
    assert {tile.code for tile in drawn.tiles if tile.points} == {DAQI}
    assert [tile.code for tile in drawn.tiles if tile.inside] == [DAQI]


def test_the_schematic_of_the_dashboard_asks_three_queries(scope, django_assert_num_queries):
    with django_assert_num_queries(3):
        schematic(scope)


def test_the_page_has_a_link_for_every_point_in_the_drawing_and_in_the_list(client, sample):
    page = client.get(reverse("map")).content.decode()
    drawing, the_list = page.split('<section class="part map-same"')
    for code in DemonstrationPoint.objects.public().named(LAST_DAY).values_list("code", flat=True):
        address = f'href="{reverse("record", args=["points", code])}"'
        assert drawing.count(address) == 1
        assert the_list.count(address) == 1


def test_the_page_carries_no_style_and_no_script_of_its_own(client, sample):
    for view in ("schematic", "coordinates"):
        page = client.get(reverse("map"), {"view": view}).content.decode()
        assert " style=" not in page
        assert "<style" not in page
        assert page.count("<script") == page.count("<script src=")


@pytest.mark.parametrize("parameter", ["field", "level", "grade", "theme", "layer", "view"])
def test_a_choice_that_does_not_exist_is_refused_in_words(client, sample, parameter):
    response = client.get(reverse("map"), {parameter: "nonsense"})
    assert response.status_code == 400
    assert "nonsense" in response.content.decode()


def test_htmx_gets_the_map_alone(client, sample):
    part = client.get(reverse("map"), headers={"HX-Request": "true"}).content.decode()
    assert part.strip().startswith('<div id="map"')
    assert '<header class="site"' not in part


def test_map_data_holds_nothing_that_is_not_named(client, clerk_daqi):
    named = set(DemonstrationPoint.objects.public().named(LAST_DAY).values_list("code", flat=True))
    assert codes(data(client)["points"]) == named
    client.force_login(clerk_daqi)
    assert codes(data(client)["points"]) == named


def test_map_data_is_as_of_the_day_and_area_asked(client, sample):
    features = data(client, as_of="2018-03-31", area=DAQI)
    expected = DemonstrationPoint.objects.public().named(date(2018, 3, 31)).in_area(DAQI)
    assert codes(features["points"]) == set(expected.values_list("code", flat=True))
    assert features["belts"]["features"] == features["zones"]["features"] == []


def test_a_belt_is_a_line_through_its_members_in_order(client, sample):
    line = next(f for f in data(client)["belts"]["features"] if f["properties"]["code"] == "B-01")
    members = Belt.objects.public().get(code="B-01").memberships.order_by("position")
    places = members.values_list("point__lng", "point__lat")
    assert line["geometry"] == {"type": "LineString", "coordinates": [[float(x), float(y)] for x, y in places]}


def test_map_data_says_which_zones_and_belts_are_not_built(client, sample):
    features = data(client, as_of="2021-08-01")
    unbuilt = {
        f["properties"]["code"]
        for kind in ("belts", "zones")
        for f in features[kind]["features"]
        if not f["properties"]["built"]
    }
    planned = Zone.objects.public().planned(date(2021, 8, 1)).filter(outline__isnull=False)
    assert unbuilt == set(planned.values_list("code", flat=True))
    assert unbuilt


def test_a_position_measured_in_gcj02_is_shown_in_wgs84_and_kept(client, sample):
    points = DemonstrationPoint.objects.unscoped("a position is measured again")
    points.filter(code="FN-0001").update(lng="118.106155", lat="39.571205", coordinate_system="gcj02")
    point = next(f for f in data(client)["points"]["features"] if f["properties"]["code"] == "FN-0001")
    assert point["geometry"]["coordinates"] == pytest.approx([118.1, 39.57], abs=2e-3)
    assert point["geometry"]["coordinates"] != [118.106155, 39.571205]
    assert point["properties"]["measured"] == {"lng": 118.106155, "lat": 39.571205, "system": "GCJ-02"}


def test_a_point_without_a_position_is_left_out_of_the_data_and_stays_in_the_schematic(client, scope):
    points = DemonstrationPoint.objects.unscoped("a position is taken away")
    points.filter(code="FN-0001").update(lng=None, lat=None, coordinate_system="")
    assert "FN-0001" not in codes(data(client)["points"])
    assert schematic(scope).count == 445


def test_map_data_costs_few_queries(client, sample, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        data(client)


def test_the_outline_is_served_only_where_a_district_supplied_one(client, db, settings, tmp_path):
    assert client.get(reverse("map-outline")).status_code == 404
    outline = {"type": "FeatureCollection", "features": []}
    file = tmp_path / "outline.geojson"
    file.write_text(json.dumps(outline), encoding="utf-8")
    settings.MAP_OUTLINE = str(file)
    assert json.loads(client.get(reverse("map-outline")).content) == outline


def test_a_district_without_townships_in_the_schematic_gets_a_page_all_the_same(client, sample):
    Area.objects.unscoped("no places are known").update(map_column=None, map_row=None)
    assert client.get(reverse("map")).status_code == 200


@pytest.fixture
def many(sample):
    """2,100 more named points, the half of them premium, spread over the district."""
    like = DemonstrationPoint.objects.public().filter(lng__isnull=False).order_by("code")[0]
    points = [
        DemonstrationPoint(
            code=f"MANY-{n:04}", name=f"批量示范点{n:04}", area_id=DAQI, organisation_id=like.organisation_id,
            field="rural", lng=Decimal("117.9") + Decimal(n % 50) / 100, lat=Decimal("39.2") + Decimal(n // 50) / 100,
            coordinate_system="cgcs2000",
        )
        for n in range(2100)
    ]  # fmt: skip
    period = {"status": "named", "level": "district", "document_no": "〔2020〕1号", "valid_from": date(2020, 1, 1)}
    StatusPeriod.objects.bulk_create(
        StatusPeriod(point=point, grade="premium" if n % 2 else "standard", **period)
        for n, point in enumerate(DemonstrationPoint.objects.bulk_create(points))
    )


def test_many_points_come_as_clusters_that_count_every_one_of_them(client, scope, many):
    answer = client.get(reverse("map-data"))
    clusters = [feature["properties"] for feature in answer.json()["clusters"]["features"]]
    placed = DemonstrationPoint.objects.public().named(LAST_DAY).filter(lng__isnull=False)
    assert answer.json()["points"]["features"] == []
    assert sum(cluster["count"] for cluster in clusters) == placed.count()
    assert sum(cluster["premium"] for cluster in clusters) == placed.filter(grade="premium").count()
    assert 1 < len(clusters) <= 24 * 24 and len(answer.content) < 300_000


def test_a_small_box_holds_the_points_in_it_one_by_one(client, scope, many):
    box = data(client, bbox="118.095,39.295,118.105,39.305")
    assert "MANY-0520" in codes(box["points"])  # 118.10 east, 39.30 north
    assert "MANY-0000" not in codes(box["points"]) and box["clusters"]["features"] == []
    assert box["belts"]["features"] == box["zones"]["features"] == [], "they were sent with the whole map"


@pytest.mark.parametrize("box", ["1,2,3", "a,b,c,d", "nan,1,2,3", "118,39,117,40", "0,0,inf,1", "0,-91,1,1"])
def test_a_box_that_is_none_is_refused_in_words(client, sample, box):
    answer = client.get(reverse("map-data"), {"bbox": box})
    assert answer.status_code == 400 and "bbox" in answer.content.decode()


def test_of_more_dots_than_can_be_told_apart_each_township_has_a_bar_to_scale(client, scope, many):
    drawn = schematic(scope)
    assert drawn.count == FIGURES["points"].answer(scope).value == 445 + 2100
    for drawing in drawn.drawings:
        picture = drawing.picture
        lengths = sum(float(length) for *_look, path in picture.dots for length in re.findall(r"h([\d.]+)", path))
        fullest = max(tile.count for tile in drawn.tiles)
        room = float(picture.tile[0]) - 2 * picture.layout.pad
        assert picture.has_shares and lengths == pytest.approx(drawn.count * room / fullest, rel=0.02)
    assert len(client.get("/map/").content) < 300_000
    assert not any(drawing.picture.has_shares for drawing in schematic(on(date(2019, 1, 1))).drawings)
