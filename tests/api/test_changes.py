"""Keeping a copy: what changed since, what is gone; and the events themselves."""

from datetime import date, timedelta

import pytest
from django.utils import timezone
from django.utils.http import urlencode

from assessment.actions.scoring import pass_draft
from registry.actions.accounts import end_sessions
from registry.actions.deletion import delete_record
from registry.actions.points import change_standing, withdraw_point
from registry.actions.records import save_record
from registry.actions.voiding import restore_record
from registry.models import Brand, DemonstrationPoint, Event, PartyOrganisation, User, Visit
from tests.conftest import DAQI, TANGFANG
from tests.factories import entered_in_error, make_named_point, make_period, make_point, make_submitted

TODAY = timezone.localdate()


def since(moment=None, **more) -> str:
    return urlencode({"updated_since": (moment or timezone.now() - timedelta(minutes=1)).isoformat(), **more})


def renamed(point: DemonstrationPoint, by, name: str = "改了名的示范点") -> DemonstrationPoint:
    point.name = name
    return save_record(point, by=by)


def point_of(code: str) -> DemonstrationPoint:
    return DemonstrationPoint.objects.unscoped("test").get(code=code)


def test_only_what_changed_since_then_is_given(api, administrator):
    assert api(f"points/?{since()}")["results"] == []
    renamed(point_of("FN-0023"), administrator)
    assert [row["code"] for row in api(f"points/?{since()}")["results"]] == ["FN-0023"]
    assert api(f"points/?{since(timezone.now())}")["results"] == []


def test_the_answer_says_since_when_to_ask_next_time(api, administrator):
    asked_at = api(f"points/?{since()}")["asked_at"]
    renamed(point_of("FN-0023"), administrator)
    again = api("points/?" + urlencode({"updated_since": asked_at}))
    assert [row["code"] for row in again["results"]] == ["FN-0023"]


@pytest.mark.parametrize(
    "text", ["2026-01-01", "2026-01-01T08:00:00+08:00", "2026-01-01T00:00:00Z", "2026-01-01T08:00"]
)
def test_a_moment_is_a_day_or_a_time(text, api):
    assert api("points/?" + urlencode({"updated_since": text}))["results"] == []


EDGES = [
    "0001-01-01",
    "9999-12-31",
    "0001-01-01T00:00:00+23:00",
    "9999-12-31T23:59:59-23:59",
    "1899-12-31",
    "2201-01-01",
]


@pytest.mark.parametrize("text", ["2026-02-30", "2026-01-01T25:00", "now", "12345", *EDGES])
def test_what_is_no_moment_is_refused(text, api):
    assert api("points/?" + urlencode({"updated_since": text}), 400)["errors"][0]["field"] == "updated_since"


def test_a_record_that_no_longer_counts_is_gone_but_not_deleted(api, administrator):
    point = make_named_point()
    withdraw_point(point, reason="撤销", document_no="测试〔2021〕9号", on=TODAY, by=administrator)
    removed = api(f"points/?{since(as_of=TODAY)}")["gone"]
    assert [(entry["code"], entry["deleted"]) for entry in removed] == [(point.code, False)]


def test_a_record_entered_in_error_leaves_a_tombstone(api, administrator):
    code = Visit.objects.public().filter(booking=None).first().code
    entered_in_error(Visit.objects.public().get(code=code), administrator)
    assert [(entry["code"], entry["deleted"]) for entry in api(f"visits/?{since()}")["gone"]] == [(code, True)]
    assert api(f"visits/?{since(area=DAQI)}")["gone"] == []


def test_a_record_that_was_never_public_leaves_its_tombstone_in_its_own_area_only(
    api, client, administrator, clerk_tangfang
):
    point = make_point(area=TANGFANG)
    make_period(point, date(2021, 1, 1), status="draft", document_no="")
    delete_record(point, by=administrator)
    assert api(f"points/?{since()}")["gone"] == []
    client.force_login(clerk_tangfang)
    assert [entry["code"] for entry in api(f"points/?{since()}")["gone"]] == [point.code]


def test_a_point_entered_in_error_is_told_to_everybody_until_the_mark_is_taken_off(api, administrator):
    point = make_named_point()
    restore_record(entered_in_error(point, administrator), reason="标记有误", by=administrator)
    assert api(f"points/?{since(as_of=TODAY)}")["gone"] == []
    entered_in_error(point, administrator)
    assert [entry["code"] for entry in api(f"points/?{since()}")["gone"]] == [point.code]


def test_what_is_gone_stands_on_the_last_page(api, administrator):
    for code in ("FN-0001", "FN-0002", "FN-0003"):
        renamed(point_of(code), administrator, f"改了名的{code}")
    withdrawn = make_named_point()
    entered_in_error(withdrawn, administrator)
    first = api(f"points/?{since(page_size=2)}")
    assert (len(first["results"]), first["gone"]) == (2, [])
    last = api(first["next"])
    assert ([row["code"] for row in last["results"]], [entry["code"] for entry in last["gone"]]) == (
        ["FN-0003"], [withdrawn.code],
    )  # fmt: skip


def events(api, **query) -> list[dict]:
    return api("events/?" + urlencode(query))["results"]


def test_an_event_says_what_changed(api, client, administrator):
    renamed(point_of("FN-0023"), administrator)
    [event] = events(api)
    assert event == api(f"events/{event['id']}/")
    assert {name: event[name] for name in ("verb", "kind", "code", "changes", "who", "reason")} == {
        "verb": "change",
        "kind": "points",
        "code": "FN-0023",
        "changes": {"name": ["孔家庄村党建示范点", "改了名的示范点"]},
        "who": None,
        "reason": "",
    }
    client.force_login(administrator)
    assert [event["who"] for event in events(api)] == ["administrator"]


def test_events_are_narrowed_by_record_and_act(api, administrator):
    renamed(point_of("FN-0023"), administrator)
    brand = Brand.objects.public().first()
    brand.slogan = "新口号"
    save_record(brand, by=administrator)
    assert [event["code"] for event in events(api, kind="brands")] == [brand.code]
    assert [event["code"] for event in events(api, code="FN-0023")] == ["FN-0023"]
    assert events(api, verb="delete") == []
    assert [event["code"] for event in events(api, updated_since="2021-01-01")] == [brand.code, "FN-0023"]


def test_nobody_outside_learns_of_a_point_before_its_title(api, client, clerk_tangfang, clerk_daqi, head_tangfang):
    draft = make_submitted(clerk_tangfang)
    pass_draft(draft, opinion="同意", by=head_tangfang)
    for viewer, may_see in ((None, False), (clerk_daqi, False), (clerk_tangfang, True)):
        client.logout() if viewer is None else client.force_login(viewer)
        rows = events(api, kind="points")
        assert bool(rows) == may_see
        for event in rows:
            assert api(f"events/{event['id']}/")["code"] == draft.point.code
    for event in Event.objects.filter(kind="demonstrationpoint"):
        client.force_login(clerk_daqi)
        assert api(f"events/{event.pk}/", 404)["status"] == 404


def test_from_its_title_on_everybody_learns_of_a_point(api, administrator):
    point = make_point()
    make_period(point, date(2021, 1, 1), status="notice", document_no="")
    renamed(point, administrator)
    assert events(api, code=point.code) == []
    change_standing(
        point_of(point.code), status="named", level="district", grade="standard", document_no="测试〔2021〕9号",
        on=TODAY, by=_another(administrator),
    )  # fmt: skip
    renamed(point_of(point.code), administrator, "又改了名")
    rows = [(event["verb"], event["changes"]) for event in events(api, code=point.code)]
    assert rows == [
        ("change", {"name": ["改了名的示范点", "又改了名"]}),
        (
            "standing",
            {
                "status": ["notice", "named"],
                "level": ["district", "district"],
                "grade": ["standard", "standard"],
                "valid_from": [None, TODAY.isoformat()],
            },
        ),
    ]


def _another(administrator):
    return User.objects.create(
        username="another", role="admin", read_prefix=administrator.read_prefix, write_prefix="130207"
    )


def test_a_change_that_is_all_internal_is_no_event_to_the_public(api, client, administrator):
    organisation = PartyOrganisation.objects.public().first()
    organisation.phone = "13911110000"
    save_record(organisation, by=administrator)
    assert events(api) == []
    client.force_login(administrator)
    assert [event["changes"] for event in events(api)] == [{"phone": ["…", "…"]}]


def test_events_of_accounts_are_for_those_who_read_events(api, client, administrator, reviewer):
    end_sessions(reviewer, by=administrator)
    counts = []
    for viewer in (reviewer, administrator):
        client.force_login(viewer)
        counts.append([event["kind"] for event in events(api)])
    assert counts == [[], ["user"]]
