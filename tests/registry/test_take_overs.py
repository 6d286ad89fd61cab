"""Titles of old ledgers: entered in a term that an administrator opened, and marked; else by the life cycle alone."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from registry.actions.points import change_standing, change_title, wrote
from registry.actions.take_overs import close_take_over, open_take_over
from registry.figures import FIGURES
from registry.models import Area, DemonstrationPoint, Event, Role, StatusPeriod, TakeOver, User
from registry.overviews.history import history_of
from tests.api.sending import faults, program
from tests.conftest import DAQI, DISTRICT, TANGFANG
from tests.factories import load_rows, make_period, make_point, refused

from .test_loading_points import NEW, outcome, points

PAGE = "/desk/take-over/"
SENT = {
    "township": "唐坊镇", "name": "唐坊镇新立党建示范点", "organisation_name": "唐坊镇新立党支部", "field": "rural",
    "level": "district", "grade": "premium", "secretary": "示例书记", "named_on": "2021-07-01",
    "document_no": NEW["命名文号"],
}  # fmt: skip
REFUSED = {2: ("refused", [("named_on", "title_by_life_cycle")])}
TITLE = {"level": "district", "grade": "standard", "document_no": "丰组字〔2021〕示9号", "on": date(2021, 7, 1)}


def area(code: str) -> Area:
    return Area.objects.unscoped("test").get(code=code)


def term(by, code: str = DISTRICT, days: int = 30, **more) -> TakeOver:
    more = {"reason": "历史台账补录", **more}
    return open_take_over(area(code), ends_on=timezone.localdate() + timedelta(days=days), by=by, **more)


def named() -> int:
    return StatusPeriod.objects.filter(status="named").count()


# Outside a term --------------------------------------------------------------------------


def test_no_file_names_a_site(sample, administrator):
    before = named()
    assert outcome(load_rows("point", NEW, by=administrator)) == REFUSED
    assert (named(), points().filter(name=NEW["示范点名称"]).count()) == (before, 0)


def test_no_program_names_a_site(sample, administrator):
    before = named()
    answer = program(administrator).post("points/", SENT)
    assert (answer[0], faults(answer)) == (409, [(0, "named_on", "title_by_life_cycle")])
    assert (named(), points().filter(name=SENT["name"]).count()) == (before, 0)


@pytest.mark.parametrize("status", ["named", "withdrawn"])
def test_no_status_of_a_file_stands_in_for_a_naming(status, sample, administrator):
    load = load_rows("point", NEW | {"状态": status, "命名时间": ""}, by=administrator)
    assert ("status", "title_by_life_cycle") in outcome(load)[2][1]


def test_a_row_without_status_and_naming_becomes_a_draft(sample, administrator):
    load = load_rows("point", NEW | {"命名时间": "", "命名文号": ""}, by=administrator)
    assert outcome(load) == {2: ("new", [])}
    assert StatusPeriod.objects.get(point__name=NEW["示范点名称"]).status == "draft"


def test_no_act_gives_a_title_to_a_site_that_has_none_or_is_on_notice(sample, administrator):
    fresh, on_notice = make_point(), make_point()
    make_period(on_notice, date(2021, 5, 1), status="notice", level="", grade="", document_no="")
    assert refused(change_standing, fresh, status="named", by=administrator, **TITLE) == "wrong_move"
    for point in (fresh, on_notice):
        assert refused(change_title, point, status="named", by=administrator, **TITLE) == "wrong_move"


def test_neither_program_nor_administration_names_a_site_on_notice(sample, client, administrator):
    point = make_point()
    make_period(point, date(2021, 5, 1), status="notice", level="", grade="", document_no="")
    before = named()
    change = {"level": "district", "grade": "standard", "document_no": "丰组字〔2021〕示9号", "reason": "命名"}
    assert program(administrator).post(f"points/{point.code}/regrade/", change)[0] == 409
    client.force_login(administrator)
    typed = {"action": "change_standing", "_selected_action": point.pk, "apply": "1", "status": "named"}
    client.post(reverse("admin:registry_demonstrationpoint_changelist"), typed | change | {"on": "2021-07-01"})
    assert named() == before


# In a term -------------------------------------------------------------------------------


def test_a_title_is_entered_from_an_old_ledger_and_marked_in_event_and_history(scope, administrator, auditor):
    term(administrator)
    before = FIGURES["points"].answer(scope).value
    assert outcome(load_rows("point", NEW, by=administrator)) == {2: ("new", [])}
    point = points().get(name=NEW["示范点名称"])
    event = Event.objects.get(kind="demonstrationpoint", code=point.code)
    assert (event.verb, event.document_no, event.actor) == ("take-over", NEW["命名文号"], administrator)
    assert event.changes["status"] == [None, "named"]
    for viewer in (None, auditor):
        [entry] = history_of(point, viewer)
        assert str(entry.act) == f"据历史台账录入，文号 {NEW['命名文号']}"
    assert FIGURES["points"].answer(scope).value == before + 1
    assert wrote(administrator, point)


def test_a_program_enters_a_title_as_a_file_does(sample, client, administrator):
    term(administrator)
    status, content = program(administrator).post("points/", SENT)
    assert status == 201
    [event] = client.get(f"/api/v1/events/?kind=points&code={content['code']}").json()["results"]
    assert (event["verb"], event["document_no"]) == ("take-over", SENT["document_no"])
    page = client.get(f"/points/{content['code']}/").content.decode()
    assert f"据历史台账录入，文号 {SENT['document_no']}" in page


def test_a_site_without_a_title_is_added_in_a_term_as_ever(sample, administrator):
    term(administrator)
    load_rows("point", NEW | {"命名时间": "", "命名文号": ""}, by=administrator)
    point = points().get(name=NEW["示范点名称"])
    assert Event.objects.get(kind="demonstrationpoint", code=point.code).verb == "add"


def test_a_term_of_one_township_takes_titles_of_that_township_alone(sample, administrator):
    term(administrator, DAQI)
    there = NEW | {
        "所属乡镇(街道)*": "大齐各庄镇",
        "示范点名称": "大齐各庄镇新立党建示范点",
        "党组织名称": "大齐各庄镇新立党支部",
    }
    assert outcome(load_rows("point", NEW, there, by=administrator)) == REFUSED | {3: ("new", [])}


def test_a_clerk_names_nothing_in_a_term_either(sample, administrator, clerk_tangfang):
    term(administrator)
    before = named()
    assert outcome(load_rows("point", NEW, by=clerk_tangfang))[2][0] == "new"
    assert named() == before


@pytest.mark.parametrize("ended", ["closed", "run out"])
def test_after_the_term_the_life_cycle_holds_again(ended, sample, administrator):
    opened = term(administrator)
    if ended == "closed":
        close_take_over(opened, by=administrator)
    else:
        yesterday = timezone.localdate() - timedelta(days=1)
        TakeOver.objects.update(opened_on=yesterday, ends_on=yesterday)
    assert outcome(load_rows("point", NEW, by=administrator)) == REFUSED


# The term itself -------------------------------------------------------------------------


def test_a_term_is_opened_and_closed_by_an_administrator_of_the_district_with_an_event_each(sample, administrator):
    opened = term(administrator, document_no="丰组字〔2026〕5号")
    for _ in range(2):
        close_take_over(opened, by=administrator)
    events = Event.objects.filter(kind="takeover").order_by("pk").values_list("verb", "area", "reason", "document_no")
    assert list(events) == [
        ("open-take-over", DISTRICT, "历史台账补录", "丰组字〔2026〕5号"), ("close-take-over", DISTRICT, "", "")
    ]  # fmt: skip


def test_nobody_else_opens_or_closes_one(sample, administrator, reviewer, head_tangfang):
    below = User.objects.create(username="of Tangfang", role=Role.ADMIN, read_prefix=TANGFANG, write_prefix=TANGFANG)
    opened = term(administrator)
    for by in (reviewer, head_tangfang, below):
        assert refused(term, by, TANGFANG) == "not_allowed"
        assert refused(close_take_over, opened, by=by) == "not_allowed"


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"days": -1}, "term_days"),
        ({"days": 93}, "term_days"),
        ({"reason": " "}, "reason_short"),
        ({"code": "1302"}, "not_allowed"),
    ],
)
def test_a_term_that_may_not_be_is_refused(more, why, sample, administrator):
    assert refused(term, administrator, **more) == why


def test_one_term_of_an_area_is_open_at_a_time(sample, administrator):
    opened = term(administrator)
    for code in (DISTRICT, DAQI):
        assert refused(term, administrator, code) == "term_open"
    close_take_over(opened, by=administrator)
    term(administrator, DAQI)


def test_the_page_opens_and_closes_a_term(sample, client, administrator):
    client.force_login(administrator)
    assert PAGE in client.get("/desk/").content.decode()
    ends = timezone.localdate() + timedelta(days=10)
    typed = {"area": TANGFANG, "ends_on": ends.isoformat(), "document_no": "", "reason": "历史台账补录"}
    assert client.post(PAGE, typed | {"reason": ""}).status_code == 400
    assert client.post(PAGE, typed | {"ends_on": "2020-01-01"}).status_code == 409
    assert client.post(PAGE, typed)["Location"] == PAGE
    opened = TakeOver.objects.get()
    assert (opened.area_id, opened.ends_on, opened.opened_by) == (TANGFANG, ends, administrator)
    close = f"{PAGE}{opened.pk}/close/"
    assert close in client.get(PAGE).content.decode()
    assert client.post(close)["Location"] == PAGE
    assert close not in client.get(PAGE).content.decode()


def test_the_sample_has_no_open_term(sample):
    assert not TakeOver.objects.exists()
    assert DemonstrationPoint.objects.public().count() > 400
