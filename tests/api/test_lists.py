"""Lists and records of the API: the same rows as the pages, filtered, ordered, paged."""

import csv
import io
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from registry.access.scope import Scope
from registry.api.paging import keys_of
from registry.api.resources import RESOURCES
from registry.figures import FIGURES
from registry.kinds import KINDS
from registry.models import Belt, DemonstrationPoint, StatusPeriod, Visit
from tests.conftest import DAQI, LAST_DAY, TANGFANG
from tests.factories import make_named_point, make_period, make_point

KEYED = [slug for slug in RESOURCES if slug != "events"]
INTERNAL = {"findings", "bookings"}
UNSEEN = {"reviews", "calendar-days", *INTERNAL}  # the sample holds no round of review and no exception of a year
FILLED = [slug for slug in KEYED if slug not in UNSEEN]


def test_the_resources_are_those_of_the_contract():
    expected = """
        areas organisations points belts zones townships consortia brands honours donations funds incomes routes
        teaching-sites capacities bookings visits projects schemes results findings standards reviews events
        units red-districts communities external-results wage-rules terms parameters hosted-events
        special-actions attachments elections policy-documents calendar-days"""
    assert set(RESOURCES) == set(expected.split())


def test_every_public_kind_of_record_is_read_by_programs():
    """Notices have an address of their own; problems and items come with their project and standard."""
    public = {kind.model for kind in KINDS.values() if not kind.redacted}
    elsewhere = {"notice", "projectproblem", "standarditem", "yeardeclaration"}
    assert {m._meta.model_name for m in public - {resource.model for resource in RESOURCES.values()}} == elsewhere


def test_the_api_begins_with_the_list_of_its_resources(api, client):
    assert api("?format=json") == api("")
    listed = {entry["slug"]: entry["url"] for entry in api("")}
    assert RESOURCES.keys() | {"figures", "notices", "docs"} == listed.keys()
    assert {client.get(url).status_code for url in listed.values()} == {200}


@pytest.mark.parametrize("slug", FILLED)
def test_a_list_holds_the_rows_of_its_page(slug, walk, scope):
    rows = walk(f"{slug}/?page_size=500&as_of={scope.as_of}")
    assert len(rows) == RESOURCES[slug].kind.on(scope).count() > 0


@pytest.mark.parametrize("slug", FILLED)
def test_a_row_leads_to_its_record_and_says_the_same_there(slug, api):
    row = api(f"{slug}/?page_size=1")["results"][0]
    record = api(row["url"])
    assert {name: record[name] for name in row} == row


@pytest.mark.parametrize("slug", KEYED)
def test_a_row_has_the_declared_columns_and_no_others(slug, api):
    resource = RESOURCES[slug]
    columns = {column.name for column in resource.listed.columns} | {"url", "illustrative"}
    assert {name for row in api(f"{slug}/")["results"] for name in row} in (columns, set())


def test_the_whole_list_is_what_the_figure_counts(walk):
    assert len(walk("points/?page_size=500")) == len(walk("figures/points/rows/?page_size=500")) == 445


@pytest.mark.parametrize("slug", FILLED)
def test_no_row_is_missed_or_comes_twice_whatever_the_order(slug, walk, scope):
    for ordering in [column.name for column in RESOURCES[slug].listed.columns][:6]:
        rows = walk(f"{slug}/?ordering=-{ordering}&page_size=150&as_of={scope.as_of}")
        codes = [row["code"] for row in rows]
        assert len(codes) == len(set(codes)) == RESOURCES[slug].kind.on(scope).count(), ordering


@pytest.mark.parametrize("ordering", ["named_on", "-named_on", "code", "-township_name", "grade"])
def test_going_back_gives_the_pages_just_read(ordering, api):
    first = api(f"points/?ordering={ordering}&page_size=40")
    second = api(first["next"])
    third = api(second["next"])
    assert api(third["previous"])["results"] == second["results"]
    assert api(second["previous"])["results"] == first["results"]
    assert api(second["previous"])["previous"] is None


def test_rows_without_a_value_come_last_both_ways(walk):
    DemonstrationPoint.objects.public().filter(code__in=["FN-0001", "FN-0445"]).update(unit=None)
    for ordering in ("unit_code", "-unit_code"):
        has_value = [row["unit_code"] is not None for row in walk(f"points/?ordering={ordering}&page_size=60")]
        assert has_value == sorted(has_value, reverse=True)
        assert has_value.count(True) > 0 < has_value.count(False)


def test_a_row_added_meanwhile_moves_none_to_the_next_page(api):
    first = api("points/?page_size=10")
    make_named_point(code="AA-0001")
    assert api(first["next"])["results"][0]["code"] > first["results"][-1]["code"]


def test_the_last_page_costs_what_the_first_does(api, django_assert_num_queries):
    address = "points/?page_size=100"
    while address:
        with CaptureQueriesContext(connection) as queries:
            address = api(address)["next"]
        assert [query["sql"].count("OFFSET") for query in queries if "LIMIT 101" in query["sql"]] == [0]


@pytest.mark.parametrize("cursor", ["nonsense", "W10:nonsense", "W2ZhbHNlLFsiRk4tMDAwMiJdXQ:x"])
def test_a_cursor_of_another_list_is_refused(cursor, api):
    other = api("points/?ordering=name&page_size=2")["next"].partition("cursor=")[2]
    assert api(f"points/?cursor={other}", 400)["errors"][0]["field"] == "cursor"
    assert api(f"points/?cursor={cursor}", 400)["errors"][0]["field"] == "cursor"


@pytest.mark.parametrize("size", ["0", "501", "-1", "ten", "1e3", "５", "9" * 30])
def test_a_page_holds_one_to_five_hundred_rows(size, api):
    assert api(f"points/?page_size={size}", 400)["errors"][0]["field"] == "page_size"


def queries_of(api, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        api(address)
    return len(queries)


@pytest.mark.parametrize("slug", RESOURCES)
def test_fifty_rows_take_as_many_queries_as_one(slug, api):
    """One for the rows, none for rows that are nobody's to see: the area of the scope is known."""
    expected = 0 if slug in INTERNAL else 1
    assert [queries_of(api, f"{slug}/?page_size={size}") for size in (1, 50)] == [expected, expected]


@pytest.mark.parametrize("slug", sorted(INTERNAL))
def test_fifty_internal_rows_take_as_many_queries_as_one(slug, api, client, administrator):
    client.force_login(administrator)
    api(f"{slug}/")
    assert [queries_of(api, f"{slug}/?page_size={size}") for size in (1, 50)] == [3, 3]


@pytest.mark.parametrize("slug", [slug for slug in RESOURCES if RESOURCES[slug].expandable])
def test_what_is_expanded_takes_one_query_for_all_rows(slug, api):
    names = RESOURCES[slug].expandable
    assert queries_of(api, f"{slug}/?page_size=500&expand={','.join(names)}") <= 2 + len(names)


def test_what_supervision_found_is_read_by_its_township_and_the_district(api, client, clerk_tangfang, administrator):
    assert api("findings/")["results"] == []
    client.force_login(clerk_tangfang)
    own = api("findings/?page_size=500")["results"]
    assert {row["area_code"][:9] for row in own} <= {TANGFANG}
    client.force_login(administrator)
    findings = api("findings/?page_size=500")["results"]
    assert len(findings) > len(own)
    assert "person" not in findings[0]


def test_rows_are_narrowed_by_area_field_level_grade_and_day(walk):
    rows = walk("points/?area=130207&field=rural&level=district&grade=standard&as_of=2019-12-31")
    assert len(rows) > 10
    for row in rows:
        assert (row["field"], row["level"], row["grade"]) == ("rural", "district", "standard")
        assert row["named_on"] <= "2019-12-31"
    assert {row["area_code"][:9] for row in walk(f"points/?area={TANGFANG}")} == {TANGFANG}


def test_a_row_of_a_past_day_leads_to_the_record_of_that_day(api):
    row = api("points/?as_of=2019-12-31&page_size=1")["results"][0]
    assert row["url"].endswith("?as_of=2019-12-31")
    assert api("points/?page_size=1")["results"][0]["url"].endswith("/points/FN-0001/")


@pytest.mark.parametrize(
    ("text", "expected"), [("孔家庄", True), ("kjz", True), ("kongjiazhuang", True), ("xyzxyz", False)]
)
def test_a_name_is_found_by_its_characters_pinyin_or_initials(text, expected, walk):
    codes = [row["code"] for row in walk(f"points/?search={text}")]
    assert ("FN-0023" in codes) == expected


def test_kinds_that_search_does_not_index_are_searched_in_their_words(walk):
    everything = walk("donations/")
    assert [row["donor_name"] for row in walk("donations/?search=纵横")] == [
        row["donor_name"] for row in everything if "纵横" in row["donor_name"]
    ]
    assert [row["code"] for row in walk("areas/?search=大齐各庄")] != []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("levl=district", "levl"),
        ("level=galactic", "level"),
        ("status=gone", "status"),
        ("ordering=phone", "ordering"),
        ("ordering=organisation__phone", "ordering"),
        ("fields=phone", "fields"),
        ("fields=organisation__phone", "fields"),
        ("expand=secretary", "expand"),
        ("expand=,", "expand"),
        ("fields=code,", "fields"),
        ("fields=code, name", "fields"),
        ("organisation__phone=1", "organisation__phone"),
        ("search=%00", "search"),
        ("format=xml", "format"),
        ("updated_since=yesterday", "updated_since"),
        ("page_size=" + "0" * 9 + "19999", "page_size"),
        ("page_size=" + "0" * 9 + "1" * 5000, "page_size"),
        ("year=" + "1" * 5000, "year"),
    ],
)
def test_what_is_not_declared_can_be_neither_asked_for_nor_ordered_by(query, field, api):
    assert [error["field"] for error in api(f"points/?{query}", 400)["errors"]] == [field]


def test_only_the_fields_asked_for_are_given(api):
    assert api("points/?fields=name,level&page_size=1")["results"] == [
        {"name": "区法院党建示范点", "level": "district"}
    ]
    assert api("points/FN-0023/?fields=code,url") == {
        "code": "FN-0023", "url": "http://testserver/api/v1/points/FN-0023/",
    }  # fmt: skip


def test_an_expanded_record_stands_beside_its_code(api):
    row = api("points/?fields=code&expand=organisation,periods&page_size=1")["results"][0]
    assert row["organisation"] == {
        name: value for name, value in api(f"organisations/{row['organisation_code']}/").items()
        if name in row["organisation"]
    }  # fmt: skip
    assert [period["status"] for period in row["periods"]] == ["named"]


def test_a_record_shows_its_parts(api):
    belt = api("belts/B-01/?as_of=2021-12-31")
    members = Belt.objects.public().get(code="B-01").memberships.order_by("position")
    assert [member["code"] for member in belt["members"]] == [member.point.code for member in members]
    assert len(api("consortia/C-01/")["villages"]) == 44


def test_a_day_that_had_not_come_is_not_told(api):
    assert api("belts/B-01/?as_of=2018-01-01")["built_on"] is None
    assert api("belts/B-01/?as_of=2018-06-20")["built_on"] == "2018-06-20"


@pytest.mark.parametrize("address", ["points/NO-SUCH/", "points/fn-0001/", "events/9999999999/", "events/x/"])
def test_a_record_that_is_not_there(address, api):
    assert api(address, 404)["status"] == 404


def test_an_unchanged_record_is_not_sent_again(api, client):
    answer = client.get("/api/v1/points/FN-0023/")
    tag = answer["ETag"]
    assert tag.startswith(f'"{answer.json()["version"]}.')
    again = client.get("/api/v1/points/FN-0023/", headers={"if-none-match": tag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    DemonstrationPoint.objects.public().filter(code="FN-0023").update(name="改了名")
    assert client.get("/api/v1/points/FN-0023/", headers={"if-none-match": tag}).status_code == 200


def test_an_unchanged_list_is_not_sent_again(api, client):
    tag = client.get("/api/v1/points/?page_size=500")["ETag"]
    assert client.get("/api/v1/points/?page_size=500", headers={"if-none-match": tag}).status_code == 304
    make_named_point(code="AA-0001")
    assert client.get("/api/v1/points/?page_size=500", headers={"if-none-match": tag}).status_code == 200


def test_caches_ask_again_and_keep_nothing_of_an_account(sample, client, clerk_daqi):
    assert client.get("/api/v1/points/")["Cache-Control"] == "no-cache"
    client.force_login(clerk_daqi)
    assert client.get("/api/v1/points/")["Cache-Control"] == "private, no-store"


def test_a_point_is_told_of_from_its_title_on_and_before_it_in_its_own_area_only(
    api, client, clerk_daqi, clerk_tangfang
):
    point = make_point(area=TANGFANG)
    make_period(point, date(2021, 1, 1), date(2021, 6, 1), status="submitted", document_no="")
    for viewer, statuses in ((None, []), (clerk_daqi, []), (clerk_tangfang, ["submitted"])):
        client.logout() if viewer is None else client.force_login(viewer)
        rows = api("points/?status=submitted&as_of=2021-03-01")["results"]
        assert [row["status"] for row in rows] == statuses
        assert "code" in api(f"points/{point.code}/?as_of=2021-03-01", 200 if statuses else 404) or not statuses
    make_period(point, date(2021, 6, 1))
    client.logout()
    assert api("points/?status=submitted&as_of=2021-03-01")["results"] == []
    assert api(f"points/{point.code}/?as_of=2021-03-01", 404)["status"] == 404
    assert [period["status"] for period in api(f"points/{point.code}/?as_of=2021-12-31")["periods"]] == ["named"]
    client.force_login(clerk_tangfang)
    periods = api(f"points/{point.code}/?as_of=2021-12-31")["periods"]
    assert [period["status"] for period in periods] == ["submitted", "named"]


def test_what_is_on_its_way_to_a_title_is_shown_as_it_stands_today(api, client, clerk_tangfang):
    point = make_point(area=TANGFANG)
    make_period(point, timezone.localdate(), status="submitted", document_no="")
    client.force_login(clerk_tangfang)
    assert [row["code"] for row in api("points/?status=submitted")["results"]] == [point.code]
    assert api(f"points/{point.code}/")["status"] == "submitted"
    assert api(f"points/{point.code}/?as_of=2021-12-31", 404)["status"] == 404
    client.logout()
    assert api("points/?status=submitted")["results"] == []
    assert api(f"points/{point.code}/", 404)["status"] == 404


def test_withdrawn_points_are_listed_when_asked_for(api):
    make_period(make_point(code="AA-0001"), date(2021, 6, 1), status="withdrawn")
    rows = api("points/?status=withdrawn&as_of=2021-12-31")["results"]
    assert {row["status"] for row in rows} == {"withdrawn"}
    assert "AA-0001" in {row["code"] for row in rows}
    assert "AA-0001" not in [row["code"] for row in api("points/")["results"]]


def text_of(answer) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_a_list_as_csv_holds_all_rows_with_the_filters_it_was_narrowed_by(sample, client):
    answer = client.get(f"/api/v1/points/?format=csv&area={DAQI}&grade=premium&fields=code,name")
    stamp, heading, *rows = csv.reader(io.StringIO(text_of(answer).decode("utf-8-sig")))
    assert "grade=premium" in stamp[0]
    assert heading == ["编号", "名称", "标记"]
    on = Scope(as_of=LAST_DAY, area=DAQI)
    expected = FIGURES["premium-rate"].rows(on).order_by("code").values_list("code", flat=True)
    assert [row[0] for row in rows] == list(expected)


@pytest.mark.parametrize("query", ["page_size=10", "expand=area", "cursor=x"])
def test_a_file_holds_all_rows_and_cannot_be_cut_short(query, api):
    assert api(f"points/?format=csv&{query}", 400)["errors"][0]["code"] == "not_in_files"


def test_a_list_as_a_spreadsheet(sample, client):
    sheet = load_workbook(io.BytesIO(text_of(client.get("/api/v1/belts/?format=xlsx")))).active
    assert sheet.max_row == len(Belt.objects.public().known(LAST_DAY)) + 2


def test_points_belts_and_zones_as_geojson(api):
    for slug, kind in (("points", "Point"), ("belts", "LineString")):
        collection = api(f"{slug}/?format=geojson&page_size=5")
        assert collection["type"] == "FeatureCollection"
        assert [feature["geometry"]["type"] for feature in collection["features"]] == [kind] * 5
        assert [link["rel"] for link in collection["links"]] == ["next"]
        assert collection["features"][0]["properties"]["code"] == collection["features"][0]["id"]
    zones = api("zones/?format=geojson")["features"]
    outlines = [zone["geometry"] and zone["geometry"]["type"] for zone in zones]
    assert set(outlines) == {"Polygon", None}
    assert api("brands/?format=geojson", 400)["errors"][0]["field"] == "format"


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_an_order_is_closed_by_what_tells_any_two_rows_apart(kind):
    assert keys_of(kind)[-1].path == ("id" if kind.redacted else "code")


def test_a_place_of_several_kinds_is_named_by_its_code(api):
    visit = Visit.objects.public().filter(point__isnull=False).order_by("code").first()
    assert api(f"visits/{visit.code}/")["point_code"] == visit.point.code


@pytest.mark.skipif(connection.vendor != "sqlite", reason="counts the steps of SQLite")
@pytest.mark.parametrize("place", ["district", "village"])
def test_a_page_far_down_begins_where_its_cursor_says(place, api, sample):
    """Counted in steps of the database, not in time; among all villages and in a single one."""

    def steps(address: str) -> tuple[int, dict]:
        steps_taken = []
        connection.connection.set_progress_handler(lambda: steps_taken.append(1), 10)
        answer = api(address)
        connection.connection.set_progress_handler(None, 0)
        return len(steps_taken), answer

    like = DemonstrationPoint.objects.public().order_by("area").last()
    new = [
        DemonstrationPoint(
            code=f"ZZ-{n:04d}", name=f"点{n}", field=like.field, area=like.area, organisation=like.organisation
        )
        for n in range(400)
    ]
    named = {"status": "named", "level": "district", "grade": "premium", "document_no": "1", "valid_from": LAST_DAY}
    DemonstrationPoint.objects.bulk_create(new)
    StatusPeriod.objects.bulk_create([StatusPeriod(point=point, **named) for point in new])
    area = like.area_id if place == "village" else "130207"
    address, pages = f"points/?page_size=20&area={area}", []
    while address:
        cost, answer = steps(address)
        pages.append(cost)
        address = answer["next"]
    assert len(pages) >= 20
    assert max(pages[2:-1]) < 1.5 * pages[1]
