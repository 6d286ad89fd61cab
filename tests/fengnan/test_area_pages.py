"""The pages of areas at the desk: the tree, the search, and what happens to an area on a day."""

import pytest

from registry.models import Area, Event
from tests.factories import make_named_point

TANGFANG, DISTRICT = "130207108", "130207"
PAPER = {"on": "2026-03-01", "reason": "村庄合并", "document_no": "示例〔2026〕3号"}


@pytest.fixture
def desk(client, sample, administrator):
    client.force_login(administrator)
    return client


def area(code: str) -> Area:
    return Area.objects.unscoped("test").get(code=code)


def test_the_tree_leads_from_the_district_to_its_villages(desk):
    page = desk.get("/desk/areas/").context["page"]
    townships = Area.objects.public().filter(parent=DISTRICT)
    assert {row.code: row.inside for row in page.current} == {
        row.code: Area.objects.public().filter(parent=row, valid_to=None).count() for row in townships
    }
    inside = desk.get(f"/desk/areas/{TANGFANG}/").context["page"]
    assert [row.code for row in inside.above] == [DISTRICT]
    assert {row.parent_id for row in (*inside.current, *inside.ended)} == {TANGFANG}
    assert desk.get("/desk/areas/130208100/").status_code == 404


@pytest.mark.parametrize("text", ["唐坊桥", "130207108201"])
def test_an_area_is_found_by_its_name_or_its_code(text, desk):
    assert "130207108201" in {row.code for row in desk.get("/desk/areas/", {"q": text}).context["found"]}


def test_an_area_is_added_by_its_code(desk):
    typed = {"code": f"{TANGFANG}298", "name": "新村村委会", "level": "village", "valid_from": "2026-01-01"}
    assert desk.post("/desk/areas/new/", typed).status_code == 302
    assert area(typed["code"]).parent_id == TANGFANG
    again = desk.post("/desk/areas/new/", typed)
    assert (again.status_code, typed["code"] in str(again.context["form"].errors)) == (409, True)
    assert desk.post("/desk/areas/new/", {"code": "13"}).status_code == 400


def test_an_area_is_renamed_and_ended(desk):
    code = f"{TANGFANG}298"
    Area.objects.create(code=code, name="新村村委会", level="village", parent_id=TANGFANG)
    for act, typed in (("rename", {"name": "新名村委会"}), ("end", {})):
        form = PAPER | typed | {"version": area(code).version}
        assert desk.post(f"/desk/areas/{code}/{act}/", form).status_code == 302
    assert (area(code).name, str(area(code).valid_to)) == ("新名村委会", PAPER["on"])
    assert {event.reason for event in Event.objects.filter(kind="area", code=code)} == {PAPER["reason"]}


def test_a_merger_is_shown_before_it_is_done(desk):
    first, second, into = (f"{TANGFANG}{end}" for end in ("201", "202", "203"))
    make_named_point(area=first, code="T-M", name="将移交的示范点")
    page, typed = f"/desk/areas/{TANGFANG}/merge/", PAPER | {"areas": [first, second], "into": into}
    shown = desk.post(page, typed)
    assert (shown.status_code, area(first).valid_to) == (200, None)
    assert "将移交的示范点" in shown.content.decode()
    assert desk.post(page, typed | {"confirm": "1"}).status_code == 302
    assert {area(code).successor_id for code in (first, second)} == {into}
    ended = desk.get(f"/desk/areas/{TANGFANG}/").context["page"].ended
    assert {first, second} <= {row.code for row in ended}


def test_a_merger_without_successor_or_reason_comes_back_with_everything_typed(desk):
    typed = {"areas": [f"{TANGFANG}201"], "into": "", "on": "2026-03-01", "reason": "", "document_no": "一号文"}
    answer = desk.post(f"/desk/areas/{TANGFANG}/merge/", typed)
    assert (answer.status_code, {"code", "name", "reason"} <= set(answer.context["form"].errors)) == (400, True)
    assert "一号文" in answer.content.decode()


def test_only_administrators_find_the_pages(client, sample, clerk_tangfang):
    client.force_login(clerk_tangfang)
    assert client.get("/desk/areas/").status_code == 404
