"""The builders' pages: what is chosen stays on the page until it is saved, and nothing typed is lost."""

import json
import re
import uuid
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from registry.actions.groupings import Member, memberships_of, save_grouping
from registry.actions.routes import stops_of
from registry.models import Belt, Event, StudyRoute, Zone
from registry.overviews import member_selection
from tests.factories import join, make_belt, make_named_point

DAY = date(2021, 6, 1)
SQUARE = [[118.10, 39.50], [118.20, 39.50], [118.20, 39.60], [118.10, 39.60], [118.10, 39.50]]
PAGES = [
    reverse(f"desk-{kind}{ending}", args=args)
    for kind, code in (("belts", "B-01"), ("zones", "Z-01"), ("routes", "R-01"))
    for ending, args in (("", []), ("-new", []), ("-edit", [code]))
] + [reverse("desk-places")]


def typed(*places: str, **more) -> dict:
    """A form as a browser sends it, with these places chosen since DAY."""
    form = {"key": str(uuid.uuid4()), "version": "", "do": "save", "row": [str(n) for n in range(1, len(places) + 1)]}
    for number, place in enumerate(places, start=1):
        form |= {f"place-{number}": place, f"since-{number}": DAY.isoformat(), f"until-{number}": ""}
    return form | more


def belt_form(*places: str, **more) -> dict:
    return typed(*places, **{"name": "测试新建示范带", "level": "district", "planned_on": "2021-01-01", **more})


def zone_form(*places: str, **more) -> dict:
    more = {"name": "测试新建片区", "level": "district", "kind": "themed", "planned_on": "2021-01-01", **more}
    return typed(*places, **{"outline_system": "cgcs2000", **more})


def stored(model, **by):
    return model.objects.unscoped("test").get(**by)


@pytest.fixture
def desk(client, sample, administrator):
    client.force_login(administrator)
    return client


@pytest.mark.parametrize("path", PAGES)
def test_those_who_do_not_build_find_nothing_here(client, sample, clerk_tangfang, head_tangfang, reviewer, path):
    assert client.get(path).status_code == 302
    for account in (clerk_tangfang, head_tangfang, reviewer):
        client.force_login(account)
        assert [client.get(path).status_code, client.post(path).status_code] == [404, 404]


@pytest.mark.parametrize("path", PAGES)
def test_those_who_build_find_every_page(desk, path):
    assert desk.get(path).status_code == 200


def test_a_grouping_of_another_area_is_not_found(client, sample, administrator):
    administrator.write_prefix = administrator.read_prefix = "130207108"
    administrator.save()
    client.force_login(administrator)
    paths = [reverse("desk-belts-edit", args=[code]) for code in ("B-01", "B-99")]
    assert [client.get(path).status_code for path in paths] == [404, 404]


def test_the_record_page_leads_those_who_build_to_the_builder(desk, clerk_tangfang):
    assert "/desk/belts/B-01/" in desk.get("/belts/B-01/").content.decode()
    desk.force_login(clerk_tangfang)
    assert "/desk/belts/B-01/" not in desk.get("/belts/B-01/").content.decode()


def test_a_belt_is_built_in_one_form(desk):
    answer = desk.post(reverse("desk-belts-new"), belt_form("point:FN-0006", "point:FN-0007"))
    belt = stored(Belt, name="测试新建示范带")
    assert answer.headers["Location"] == reverse("desk-belts-edit", args=[belt.code])
    assert [membership.point.code for membership in memberships_of(belt)] == ["FN-0006", "FN-0007"]


def test_choosing_saves_nothing_and_shows_the_verdict(desk):
    codes = [make_named_point(grade="premium").code for _number in range(5)]
    form = belt_form(*(f"point:{code}" for code in codes[:4]), do=f"add-point:{codes[4]}")
    context = desk.post(reverse("desk-belts-new"), form).context
    assert (context["verdict"].counting, context["verdict"].qualifies) == (5, True)
    assert [row["row"].place.code for row in context["rows"]] == codes
    assert not Belt.objects.unscoped("test").filter(name="测试新建示范带").exists()


def test_htmx_gets_the_changed_parts_only(desk):
    answer = desk.post(reverse("desk-belts-new"), belt_form("point:FN-0006", do="show"), headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert ('id="chosen"' in page, 'id="found"' in page, "<html" in page) == (True, True, False)


@pytest.mark.parametrize(
    ("command", "order"),
    [("up-2", [2, 1, 3]), ("down-2", [1, 3, 2]), ("up-1", [1, 2, 3]), ("out-2", [1, 3]), ("out-9", [1, 2, 3])],
)
def test_buttons_order_and_take_out(desk, command, order):
    form = belt_form("point:FN-0006", "point:FN-0007", "point:FN-0008", do=command)
    rows = desk.post(reverse("desk-belts-new"), form).context["rows"]
    assert [row["row"].number for row in rows] == order


def test_a_stored_member_that_is_taken_out_gets_an_end_that_can_be_changed(desk):
    belt, point = make_belt(), make_named_point()
    join(belt, point)
    (membership,) = memberships_of(belt)
    form = belt_form(f"point:{point.code}", do="out-1", **{"held-1": membership.pk})
    (row,) = desk.post(reverse("desk-belts-edit", args=[belt.code]), form).context["rows"]
    assert (row["row"].typed["until"], row["is_on"]) == (timezone.localdate().isoformat(), False)
    form |= {"do": "save", "version": "1", "until-1": "2022-03-01"}
    desk.post(reverse("desk-belts-edit", args=[belt.code]), form)
    assert [(membership.valid_from, membership.valid_to) for membership in memberships_of(belt)] == [
        (DAY, date(2022, 3, 1))
    ]
    assert [
        membership.point
        for membership in desk.get(reverse("desk-belts-edit", args=[belt.code])).context["builder"].former
    ] == [point]


def test_an_error_stands_at_its_field_and_nothing_typed_is_lost(desk):
    form = belt_form("point:FN-0006", name="带", highlights="写了很久的亮点", **{"since-1": "昨天"})
    answer = desk.post(reverse("desk-belts-new"), form)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "写了很久的亮点" in page
    assert 'value="昨天"' in page
    assert ('href="#id_name"' in page, 'href="#row-1"' in page) == (True, True)


def test_a_second_writer_sees_both_values_and_loses_nothing(desk, administrator):
    belt, first, second = make_belt(), make_named_point(), make_named_point()
    theirs = stored(Belt, pk=belt.pk)
    theirs.name = "他人改的名称"
    save_grouping(theirs, members=[Member(first, DAY)], by=administrator)
    path = reverse("desk-belts-edit", args=[belt.code])
    form = belt_form(f"point:{second.code}", name="我改的示范带名称", version="1")
    answer = desk.post(path, form)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "我改的示范带名称" in page
    assert "他人改的名称" in page
    assert answer.context["builder"].their_rows == [str(first)]
    assert stored(Belt, pk=belt.pk).name == "他人改的名称"
    again = re.search(r'name="version" value="(\d+)"', page)[1]
    assert desk.post(path, form | {"version": again}).status_code == 302
    assert stored(Belt, pk=belt.pk).name == "我改的示范带名称"
    assert {membership.point for membership in memberships_of(belt)} == {first, second}


def test_a_double_click_makes_one_belt(desk):
    form = belt_form("point:FN-0006")
    for _click in range(2):
        assert desk.post(reverse("desk-belts-new"), form).status_code == 302
    assert Belt.objects.unscoped("test").filter(name="测试新建示范带").count() == 1


def test_going_back_and_changing_a_new_belt_is_asked_about_not_swallowed(desk):
    form = belt_form("point:FN-0006")
    desk.post(reverse("desk-belts-new"), form)
    answer = desk.post(reverse("desk-belts-new"), form | {"name": "另起的示范带名称"})
    belt = stored(Belt, name="测试新建示范带")
    assert (answer.status_code, answer.context["action"]) == (409, reverse("desk-belts-edit", args=[belt.code]))
    assert "另起的示范带名称" in answer.content.decode()


def test_a_place_that_does_not_exist_or_is_of_another_kind_is_left_out(desk):
    form = belt_form("point:FN-9999", "belt:B-01", "user:1", "point:FN-0006", do="show")
    rows = desk.post(reverse("desk-belts-new"), form).context["rows"]
    assert [row["row"].key for row in rows] == ["point:FN-0006"]


def test_sites_are_found_by_pinyin_township_and_grade(desk):
    def matches(**look):
        look = {f"look-{name}" if name != "look" else name: value for name, value in look.items()}
        return desk.post(reverse("desk-belts-new"), belt_form(do="show", **look)).context["matches"]

    assert [point.name for point in matches(look="kjz")] == ["孔家庄村党建示范点"]
    assert {point.area_id[:9] for point in matches(township="130207114")} == {"130207114"}
    assert {point.grade for point in matches(premium="1")} == {"premium"}


def test_the_sites_inside_an_outline_are_taken_in_with_one_tap(desk):
    outline = json.dumps({"type": "Polygon", "coordinates": [SQUARE]})
    inside = make_named_point(lng="118.150000", lat="39.550000", coordinate_system="wgs84")
    before = desk.post(reverse("desk-zones-new"), zone_form(do="show", outline_text=outline)).context
    assert f"point:{inside.code}" in before["inside"]
    after = desk.post(reverse("desk-zones-new"), zone_form(do="take", outline_text=outline)).context
    assert [row["row"].key for row in after["rows"]] == before["inside"]
    assert after["inside"] == []


def test_a_zone_keeps_its_outline_and_the_map_draws_it(desk):
    outline = json.dumps({"type": "Polygon", "coordinates": [SQUARE[:-1]]})
    desk.post(reverse("desk-zones-new"), zone_form("point:FN-0006", "belt:B-01", outline_text=outline))
    zone = stored(Zone, name="测试新建片区")
    assert zone.outline == {"type": "Polygon", "coordinates": [SQUARE]}
    drawn = desk.get("/map/data/").json()["zones"]["features"]
    assert [feature["geometry"] for feature in drawn if feature["properties"]["code"] == zone.code] == [zone.outline]


def test_an_outline_sent_as_a_file_stays_on_the_page_when_it_is_refused(desk):
    crossing = [SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3], SQUARE[0]]
    text = json.dumps({"type": "Polygon", "coordinates": [crossing]})
    file = SimpleUploadedFile("outline.geojson", text.encode(), content_type="application/geo+json")
    answer = desk.post(reverse("desk-zones-new"), zone_form(outline_file=file))
    assert answer.status_code == 400
    assert answer.context["builder"].form["outline_text"].value() == text
    assert answer.context["builder"].map["fault"] == [39.55, 118.15]
    assert not Zone.objects.unscoped("test").filter(name="测试新建片区").exists()


def test_opening_and_saving_a_zone_changes_nothing_of_it(desk):
    before = stored(Zone, code="Z-01")
    page = desk.get(reverse("desk-zones-edit", args=["Z-01"]))
    form = {
        bound.html_name: bound.value() or "" for bound in page.context["builder"].form if bound.name != "outline_file"
    }
    rows = [row["row"] for row in page.context["rows"]]
    form |= {"do": "save", "row": [str(row.number) for row in rows]}
    for row in rows:
        form |= {f"place-{row.number}": row.key, f"held-{row.number}": row.stored_pk, f"until-{row.number}": ""}
        form[f"since-{row.number}"] = row.typed["since"]
    assert desk.post(reverse("desk-zones-edit", args=["Z-01"]), form).status_code == 302
    assert stored(Zone, code="Z-01").outline == before.outline
    assert Event.objects.filter(kind="zone", code="Z-01").first().changes == {}


def test_a_zone_cannot_lie_in_one_that_lies_in_it(desk):
    outer, inner = stored(Zone, code="Z-01"), stored(Zone, code="Z-02")
    Zone.objects.unscoped("test").filter(pk=inner.pk).update(within=outer)
    form = zone_form(version=outer.version, within=inner.pk)
    answer = desk.post(reverse("desk-zones-edit", args=["Z-01"]), form)
    assert list(answer.context["builder"].form.errors) == ["within"]


def test_a_route_shows_its_times_while_built_and_on_its_page(desk):
    form = typed("point:FN-0006", "belt:B-01", name="测试研学线路", opened_on="2021-06-01", start_time="08:30")
    form |= {"minutes-1": "40", "travel-1": "15", "minutes-2": "30"}
    page = desk.post(reverse("desk-routes-new"), form | {"do": "show"}).content.decode()
    assert re.findall(r"(\d\d:\d\d) 至 (\d\d:\d\d)", page) == [("08:30", "09:10"), ("09:25", "09:55")]
    assert desk.post(reverse("desk-routes-new"), form).status_code == 302
    route = stored(StudyRoute, name="测试研学线路")
    assert [(stop.minutes, stop.travel_minutes) for stop in stops_of(route)] == [(40, 15), (30, None)]
    page = desk.get(f"/routes/{route.code}/").content.decode()
    assert re.findall(r"(\d\d:\d\d) 至 (\d\d:\d\d)", page) == [("08:30", "09:10"), ("09:25", "09:55")]


def test_a_route_may_come_by_a_place_twice(desk):
    form = typed("point:FN-0006", "belt:B-01", name="测试研学线路", opened_on="2021-06-01", do="add-point:FN-0006")
    rows = desk.post(reverse("desk-routes-new"), form).context["rows"]
    assert [row["row"].key for row in rows] == ["point:FN-0006", "belt:B-01", "point:FN-0006"]


def test_a_form_sent_after_the_session_ended_comes_back_with_everything_typed(client, sample):
    answer = client.post(reverse("desk-belts-new"), belt_form("point:FN-0006"))
    assert (answer.status_code, "测试新建示范带" in answer.content.decode()) == (401, True)


def test_members_that_the_page_has_no_room_for_stay_as_they_are(desk, monkeypatch):
    monkeypatch.setattr(member_selection, "MOST_ROWS", 2)
    belt = make_belt()
    join(belt, *(make_named_point(area="130207108") for _number in range(3)))
    before = list(belt.memberships.order_by("pk").values("pk", "point_id", "valid_from", "valid_to"))
    rows = desk.get(reverse("desk-belts-edit", args=[belt.code])).context["builder"].chosen.rows
    shown = [(row.stored_pk, row.place.pk) for row in rows]
    assert shown == [(member["pk"], member["point_id"]) for member in before[:2]]
    form = belt_form(*(f"point:{row.place.code}" for row in rows), name=belt.name, version=str(belt.version))
    form |= {f"held-{number}": str(pk) for number, (pk, _place) in enumerate(shown, start=1)}
    assert desk.post(reverse("desk-belts-edit", args=[belt.code]), form).status_code == 302
    assert list(belt.memberships.order_by("pk").values("pk", "point_id", "valid_from", "valid_to")) == before


@pytest.mark.parametrize("kind", ["belts", "zones"])
def test_more_members_need_no_more_queries(desk, kind):
    places = [f"point:{make_named_point().code}" for _number in range(3)]
    form = belt_form if kind == "belts" else zone_form
    counts = []
    desk.get(reverse("desk"))  # the session notes once in a while that it is in use
    for number in (1, 3):
        with CaptureQueriesContext(connection) as queries:
            desk.post(reverse(f"desk-{kind}-new"), form(*places[:number], do="show"))
        counts.append(len(queries))
    assert counts[0] == counts[1]
