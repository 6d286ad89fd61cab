"""The REST answers of the figures: the contract other programs rely on."""

import csv
import io
import json

import pytest
from openpyxl import load_workbook

from registry.figures import FIGURES
from registry.models import DemonstrationPoint, Zone
from registry.text.coordinates import to_wgs84
from tests.conftest import DAQI

KEYS = {
    "slug", "label", "unit", "value", "part", "whole", "target", "gap", "area", "as_of", "year", "coverage", "rows",
    "changes",
}  # fmt: skip


@pytest.fixture
def api(sample, client):
    def get(address: str, status: int = 200, **headers):
        answer = client.get(f"/api/v1/{address}", headers=headers)
        assert answer.status_code == status, answer.content
        return answer.json()

    return get


def test_the_list_holds_every_figure_with_the_keys_of_the_contract(api):
    figures = api("figures/")
    assert [figure["slug"] for figure in figures] == list(FIGURES)
    assert all(set(figure) == KEYS for figure in figures)


def test_a_figure_for_an_area_and_a_day(api):
    figure = api(f"figures/township-organisations/?area={DAQI}&as_of=2021-12-31")
    assert (figure["value"], figure["area"], figure["as_of"]) == (19, DAQI, "2021-12-31")
    assert api("figures/points/?as_of=2019-12-31")["value"] == 275


def test_values_are_json_numbers_in_percent_and_yuan(api):
    rate = api("figures/premium-rate/")
    assert (rate["value"], rate["part"], rate["whole"], rate["target"], rate["gap"]) == (35.06, 156, 445, 35, 0.06)
    assert api("figures/donations-cash/")["value"] == 45_000_000
    assert api("figures/city-rank/?area=130202")["value"] is None


def test_a_breakdown_links_each_part_to_its_rows(api, client):
    groups = api("figures/points/?by=township")["by"]
    assert sum(group["value"] for group in groups) == 445
    for group in groups[:3]:
        rows = client.get(group["rows"]).json()
        assert rows["count"] == group["value"]


@pytest.mark.parametrize("slug", ["interviews", "adjustments"])
def test_a_breakdown_of_what_a_township_may_not_know_is_empty(slug, api):
    assert api(f"figures/{slug}/?by=kind&area={DAQI}")["by"] == []


@pytest.mark.parametrize("slug", FIGURES)
def test_the_rows_address_gives_the_very_rows(slug, api, client):
    figure = api(f"figures/{slug}/")
    rows = client.get(figure["rows"]).json()
    if FIGURES[slug].sums and not FIGURES[slug].single:
        assert rows["count"] == len(rows["results"])
        assert sum(row[FIGURES[slug].sums] for row in rows["results"]) == figure["value"]
    elif not FIGURES[slug].sums:
        assert rows["count"] == figure["part"]


def test_rows_are_paged_and_no_row_comes_twice(api, client):
    address, codes = "/api/v1/figures/points/rows/?page_size=100", []
    while address:
        page = client.get(address).json()
        codes += [row["code"] for row in page["results"]]
        address = page["next"]
    assert (len(codes), len(set(codes))) == (445, 445)


def test_rows_may_be_narrowed_by_several_dimensions(api):
    rows = api("figures/points/rows/?field=rural&level=provincial&page_size=500")
    assert rows["count"] == len(rows["results"]) > 0
    assert {(row["field"], row["level"]) for row in rows["results"]} == {("rural", "provincial")}


def test_the_caller_chooses_the_language(api):
    assert api("figures/points/")["label"] == "示范点"
    assert api("figures/points/", **{"accept-language": "en"})["label"] == "Demonstration points"


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("figures/?as_of=2021-02-30", "as_of"),
        ("figures/points/?area=42", "area"),
        ("figures/points/?by=colour", "by"),
        ("figures/points/?as_off=2021-12-31", "as_off"),
        ("figures/points/rows/?level=galactic", "level"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_named(address, field, api):
    assert [error["field"] for error in api(address, 400)["errors"]] == [field]


def test_the_schema_has_the_figures(sample, client):
    schema = client.get("/api/v1/schema/", headers={"accept": "application/json"}).json()
    assert {"/api/v1/figures/", "/api/v1/figures/{slug}/", "/api/v1/figures/{slug}/rows/"} <= set(schema["paths"])


def exported(client, file_format: str, address: str = "/figures/premium-rate/") -> bytes:
    answer = client.get(f"{address}?as_of=2021-12-31&format={file_format}")
    assert "attachment" in answer["Content-Disposition"]
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_an_exported_csv_holds_the_rows_and_says_what_it_is(sample, client):
    stamp, heading, *rows = csv.reader(io.StringIO(exported(client, "csv").decode("utf-8-sig")))
    assert "F08" in stamp[0] and "2021-12-31" in stamp[0]
    assert (heading[0], len(rows)) == ("编号", 156)


def test_an_exported_sheet_holds_the_rows(sample, client):
    sheet = load_workbook(io.BytesIO(exported(client, "xlsx"))).active
    assert sheet.max_row == 156 + 2


def test_exported_json_holds_the_rows(sample, client):
    assert len(json.loads(exported(client, "json"))["rows"]) == 156


def test_exported_geojson_holds_the_rows_with_their_positions_in_wgs84(sample, client):
    point = DemonstrationPoint.objects.public().get(code="FN-0001")
    point_of = DemonstrationPoint.objects.public().filter(pk=point.pk)
    point_of.update(lng="118.229", lat="39.57", coordinate_system="gcj02")
    features = json.loads(exported(client, "geojson"))["features"]
    assert (len(features), features[0]["properties"]["code"]) == (156, "FN-0001")
    assert features[0]["geometry"]["coordinates"] == [
        round(degrees, 6) for degrees in to_wgs84(118.229, 39.57, "gcj02")
    ]
    point_of.update(lng=None, lat=None, coordinate_system="")
    assert json.loads(exported(client, "geojson"))["features"][0]["geometry"] is None


def test_zones_are_exported_with_their_outlines(sample, client):
    outline = {"type": "Polygon", "coordinates": [[[118.0, 39.5], [118.1, 39.5], [118.1, 39.6], [118.0, 39.5]]]}
    Zone.objects.unscoped("test").filter(code="Z-01").update(outline=outline)
    features = json.loads(exported(client, "geojson", "/zones/"))["features"]
    assert [feature["geometry"] for feature in features if feature["properties"]["code"] == "Z-01"] == [outline]


def test_only_what_lies_somewhere_is_exported_as_shapes(sample, client):
    links = {
        kind: "format=geojson" in client.get(f"/{kind}/").content.decode() for kind in ("points", "zones", "belts")
    }
    assert links == {"points": True, "zones": True, "belts": False}
    assert client.get("/belts/?format=geojson")["Content-Type"] == "text/html; charset=utf-8"


def test_an_exported_sheet_is_handed_out_from_disk(sample, client):
    assert client.get("/points/?format=xlsx").streaming


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_text_that_looks_like_a_formula_is_exported_as_text(start, sample, client):
    point = DemonstrationPoint.objects.public().get(code="FN-0001")
    DemonstrationPoint.objects.public().filter(pk=point.pk).update(name=f"{start}1+1")
    rows = list(csv.reader(io.StringIO(exported(client, "csv", "/points/").decode("utf-8-sig"))))
    assert rows[2][1] == f"'{start}1+1"
    sheet = load_workbook(io.BytesIO(exported(client, "xlsx", "/points/"))).active
    assert (sheet["B3"].value, sheet["B3"].data_type) == (f"{start}1+1", "s")


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_the_portal_says_that_it_is_up(address, db, client):
    assert client.get(address).status_code == 200
