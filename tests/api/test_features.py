"""The map service: what the standard asks, what lies in a box, what was there at a time; and GDAL as its client."""

import json
import os
import shutil
import subprocess
from datetime import date
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from shapely.geometry import box, shape

from registry.api.ogc import CONFORMS
from registry.models import Belt, DemonstrationPoint
from registry.text.coordinates import wgs84_to_gcj02
from tests.api.conftest import live
from tests.conftest import DAQI, LAST_DAY, TANGFANG
from tests.factories import make_named_point, make_period

LAYERS = ["points", "belts", "zones"]
NAMES = ("Layer name", "Geometry", "Feature Count")
BOX = (118.1, 39.5, 118.2, 39.6)


@pytest.fixture
def items(api):
    def get(layer: str = "points", status: int = 200, **query) -> dict:
        return api(f"ogc/collections/{layer}/items/?" + urlencode(query), status)

    return get


def codes(collection: dict) -> list[str]:
    return [feature["id"] for feature in collection["features"]]


def test_a_client_finds_its_way_from_the_landing_page(api):
    links = {link["rel"]: link["href"] for link in api("ogc/")["links"]}
    assert set(links) == {"self", "service-desc", "service-doc", "conformance", "data"}
    assert api(links["conformance"])["conformsTo"] == CONFORMS
    collections = api(links["data"])["collections"]
    assert [collection["id"] for collection in collections] == LAYERS
    for collection in collections:
        to = {link["rel"]: link["href"] for link in collection["links"]}
        assert api(to["self"]) == collection
        assert api(to["items"])["type"] == "FeatureCollection"
    assert api(links["service-desc"])["openapi"].startswith("3.0")


@pytest.mark.parametrize(
    "accept", ["application/geo+json", "application/json", "*/*", "application/geo+json, text/html"]
)
def test_features_come_as_geojson(accept, api, client):
    answer = client.get("/api/v1/ogc/collections/points/items/", headers={"accept": accept})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/geo+json")


@pytest.mark.parametrize(
    "address", ["ogc/collections/brands/", "ogc/collections/brands/items/", "ogc/collections/points/items/X/"]
)
def test_there_are_no_other_layers_or_features(address, api):
    assert api(address, 404)["status"] == 404


def test_a_feature_is_the_same_alone_and_in_its_layer(api, items):
    feature = items("belts", limit=1)["features"][0]
    alone = api(f"ogc/collections/belts/items/{feature['id']}/")
    assert {name: alone[name] for name in feature} == feature


def test_all_features_are_reached_by_the_next_links_each_once(api, items):
    reached, page = [], items(limit=100)
    while page:
        assert page["numberReturned"] == len(page["features"]) <= 100
        reached += codes(page)
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        page = api(following[0]) if following else None
    assert len(reached) == len(set(reached)) == 445


def test_more_than_a_page_may_be_asked_for(items):
    assert items(limit=10_000)["numberReturned"] == 445


@pytest.mark.parametrize("layer", LAYERS)
def test_a_box_gives_what_lies_in_it_and_nothing_else(layer, items):
    everything = items(layer, limit=500)["features"]
    inside = [
        feature["id"]
        for feature in everything
        if feature["geometry"] and shape(feature["geometry"]).intersects(box(*BOX))
    ]
    assert codes(items(layer, limit=500, bbox=",".join(map(str, BOX)))) == inside
    assert 0 < len(inside) < len(everything)


def test_what_was_measured_in_a_shifted_system_is_found_where_it_really_lies(items):
    lng, lat = wgs84_to_gcj02(118.7, 39.9)
    measured = {"lng": Decimal(f"{lng:.6f}"), "lat": Decimal(f"{lat:.6f}"), "coordinate_system": "gcj02"}
    point = make_named_point(**measured)
    collection = items(bbox="118.6999,39.8999,118.7001,39.9001")
    assert codes(collection) == [point.code]
    assert collection["features"][0]["geometry"]["coordinates"] == pytest.approx([118.7, 39.9], abs=1e-5)
    assert codes(items(bbox=f"{lng - 0.0001},{lat - 0.0001},{lng + 0.0001},{lat + 0.0001}")) == []


def test_a_box_may_cross_the_meridian_of_the_date_line_and_have_heights(items):
    assert items(bbox="170,-10,-170,10")["numberReturned"] == 0
    assert items(bbox="118,-10,-170,90", limit=1)["numberReturned"] == 1
    assert items(bbox="117,39,0,119,40,100", limit=500)["numberReturned"] == 445


def test_a_day_shows_what_counted_on_it(items, scope):
    assert items(datetime="2019-12-31", limit=500)["numberReturned"] == 275
    assert items(datetime="2019-12-31T10:00:00+08:00", limit=500)["numberReturned"] == 275


def test_an_interval_shows_what_counted_on_any_of_its_days(items):
    withdrawn = make_named_point(date(2020, 3, 1), date(2020, 4, 1))
    make_period(withdrawn, date(2020, 4, 1), status="withdrawn")
    later = make_named_point(date(2020, 9, 1))
    expected = {
        "2020-03-15": {withdrawn.code},
        "2020-04-01": set(),
        "2020-03-31/2020-05-01": {withdrawn.code},
        "2020-04-01/2020-05-01": set(),
        "2020-04-01/..": {later.code},
        "../..": {withdrawn.code, later.code},
    }
    both = {withdrawn.code, later.code}
    assert {when: both & set(codes(items(datetime=when, limit=500))) for when in expected} == expected


def test_a_belt_that_ended_is_shown_until_its_end(items):
    Belt.objects.public().filter(code="B-01").update(ended_on=date(2021, 6, 1))
    assert "B-01" in codes(items("belts", datetime="2021-05-31"))
    assert "B-01" not in codes(items("belts", datetime="2021-06-01"))
    assert "B-01" in codes(items("belts", datetime="2021-05-31/.."))


def test_features_are_narrowed_as_lists_are(items):
    areas = {feature["properties"]["area_code"][:9] for feature in items(area=TANGFANG, limit=500)["features"]}
    assert areas == {TANGFANG}
    grades = {feature["properties"]["grade"] for feature in items(grade="premium", limit=500)["features"]}
    assert grades == {"premium"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bbox", "118,39,119"), ("bbox", "a,b,c,d"), ("bbox", "118,40,119,39"), ("bbox", "nan,0,1,1"),
        ("bbox", "0,0,1,inf"), ("bbox", "-181,0,0,1"), ("bbox", "0,0,0,0,0"),
        ("datetime", "yesterday"), ("datetime", "2021-02-30"), ("datetime", "2021-12-31/2020-12-31"),
        ("datetime", "2021-12-31T10:00:00"), ("datetime", "2021-01-01/2021-02-01/2021-03-01"),
        ("limit", "0"), ("limit", "-1"), ("limit", "many"), ("cursor", "x"), ("as_of", "2021-12-31"), ("f", ""),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused(name, value, items):
    assert [error["field"] for error in items(status=400, **{name: value})["errors"]] == [name]


def test_points_before_their_title_are_on_no_map(items, api):
    hidden = DemonstrationPoint.objects.unscoped("test").create(
        code="AA-1", name="未命名", area_id=DAQI, field="rural", lng=118, lat=39, coordinate_system="wgs84",
        organisation=DemonstrationPoint.objects.public().first().organisation,
    )  # fmt: skip
    assert hidden.code not in codes(items(limit=500))
    assert api(f"ogc/collections/points/items/{hidden.code}/", 404)["status"] == 404


@pytest.mark.processes
def test_gdal_reads_the_service_by_its_address_alone(tmp_path):
    if not shutil.which("ogrinfo") and os.environ.get("REQUIRE") != "all":
        pytest.skip("GDAL is not installed")
    with live(tmp_path) as (_env, address):
        source = f"OAPIF:{address}/api/v1/ogc/"
        lines = run("ogrinfo", "-ro", "-so", "-al", source).splitlines()
        assert [line.split(": ")[1] for line in lines if line.startswith("Layer name")] == LAYERS
        assert [line.split(": ")[1] for line in lines if line.startswith("Geometry")] == [
            "Point",
            "Line String",
            "Polygon",
        ]
        counts = [line.split(": ")[1] for line in lines if line.startswith("Feature Count")]
        assert counts[:1] == ["445"]
        made = tmp_path / "points.json"
        run("ogr2ogr", "-f", "GeoJSON", str(made), source, "points", "-spat", *map(str, BOX))
        features = json.loads(made.read_text(encoding="utf-8"))["features"]
        assert features
        for feature in features:
            assert shape(feature["geometry"]).intersects(box(*BOX))


def run(*command: str) -> str:
    """What GDAL says; nothing of it may be a complaint."""
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "ERROR" not in done.stdout + done.stderr
    return done.stdout


def test_the_last_day_of_the_data_is_shown_by_default(items):
    assert codes(items(limit=500)) == codes(items(limit=500, datetime=LAST_DAY.isoformat()))
