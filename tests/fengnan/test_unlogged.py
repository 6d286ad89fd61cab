"""Nothing is changed without an event that says from what to what: the whole life of a site, a project, a scheme, a
finding, a booking, a belt and a route, compared row by row with what the events say."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.utils.timezone import localdate

from assessment.actions import naming, projects, schemes, scoring, supervision
from assessment.models import Notice, Scheme, SchemeItem, SecretaryProject
from registry.actions import bookings
from registry.actions.dependents import owner_of, record_of
from registry.actions.evidence import open_file
from registry.actions.groupings import Member, save_grouping
from registry.actions.points import correct_standing, open_period, withdraw_point
from registry.actions.records import UNWRITTEN, values_of
from registry.actions.routes import PlannedStop, save_route
from registry.models import Belt, Event, PartyOrganisation, Role, StatusPeriod, StudyRoute, TeachingSite, User
from registry.models.base import Part, Record
from tests.conftest import DISTRICT, TANGFANG
from tests.factories import PHOTO, entered_in_error, full_scores, make_named_point, make_submitted

MODELS = [
    model
    for label in ("registry", "assessment")
    for model in apps.get_app_config(label).get_models()
    if issubclass(model, Record | Part)
]
# What events say in words of their own: of remarks nothing of what was written in them, of scores by the number of the
# item, of stops, members and standings with their record.
IN_OTHER_WORDS = {
    "remark", "fieldremark", "reviewscore", "raisedveto", "itemscore", "appeal", "routestop", "beltmembership",
    "zonemembership", "statusperiod", "confirmation",
}  # fmt: skip
SILENT = UNWRITTEN | {"id"}
Snapshot = dict[tuple[str, int], dict[str, Any]]


def snapshot() -> Snapshot:
    return {
        (str(model._meta.model_name), row.pk): values_of(row) | {"_row": row}
        for model in MODELS
        for row in model._base_manager.all()
    }


def logged_fields(row: Any, events: list[Event]) -> set[str]:
    """The columns of the row that the events speak of; of a part those its record's event names."""
    if isinstance(row, Record):
        own = [event for event in events if event.kind == row._meta.model_name and event.code == row.code]
        return {name for event in own for name in event.changes}
    record = record_of(row) or owner_of(row)
    own = [event for event in events if event.code == getattr(record, "code", record.pk)]
    parts = [event.changes.get(row._meta.model_name, {}) for event in own]
    return {
        name
        for part in parts
        for listed in part.values()
        for part_change in listed
        for name in (part_change["changes"] if part_change["part"] else ())
    }


def unlogged(before: Snapshot, after: Snapshot, events: list[Event]) -> list[str]:
    """What is stored otherwise than before, and in no event."""
    changes = []
    for key, now in after.items():
        was, row = before.get(key, {}), now["_row"]
        if key[0] in IN_OTHER_WORDS or str(now.get("code", "")).startswith("T-"):  # those are made by the tests
            continue
        changed = {name for name in now if name not in SILENT | {"_row"} and now[name] != was.get(name)}
        changed -= {name for name in changed if not was and now[name] in (None, "", [], {}, False)}
        changed -= {getattr(row, "goes_with", ("",))[0]} if isinstance(row, Part) else set()
        changes += [f"{key[0]} {row}: {name}" for name in sorted(changed - logged_fields(row, events))]
    changes += [f"{key[0]} {was['_row']} is gone" for key, was in before.items() if key not in after]
    return changes


@pytest.fixture
def people(clerk_tangfang, head_tangfang, reviewer, administrator) -> dict[str, User]:
    second = User.objects.create(username="second", role=Role.REVIEWER, read_prefix=DISTRICT, write_prefix=DISTRICT)
    return {
        "clerk": clerk_tangfang, "head": head_tangfang, "reviewer": reviewer, "second": second, "admin": administrator,
    }  # fmt: skip


def life_of_a_site(by: dict[str, User]) -> None:
    returned = make_submitted(by["clerk"])
    scoring.return_draft(returned, remarks={"highlights": "补充"}, by=by["head"])
    review = scoring.pass_draft(make_submitted(by["clerk"]), scores={"score-1": "5"}, by=by["head"])
    scoring.save_scores(review, full_scores(review), was={}, by=by["reviewer"])
    review = scoring.finish_scoring(review, seen={}, by=by["reviewer"])
    notice = naming.post_notice([review], title="公示", starts_on=localdate(), by=by["second"])
    review = naming.take_off_notice(naming.on_notice(notice)[0], reason="有异议", by=by["reviewer"])
    notice = naming.post_notice([review], title="再次公示", starts_on=localdate(), by=by["second"])
    days = timedelta(days=30)
    Notice._base_manager.filter(pk=notice.pk).update(starts_on=notice.starts_on - days, ends_on=notice.ends_on - days)
    StatusPeriod.objects.filter(point=review.point, status="notice").update(valid_from=notice.starts_on - days)
    notice = Notice._base_manager.get(pk=notice.pk)
    paper = {"document_no": "测试〔2026〕1号"}
    [point] = naming.name_from_notice(notice, naming.on_notice(notice), on=localdate(), by=by["admin"], **paper)
    correct_standing(
        point, level="district", grade="standard", document_no="测试〔2026〕2号", reason="录错", by=by["admin"]
    )
    [recheck] = naming.open_rechecks([make_named_point(grade="standard")], by=by["reviewer"])
    scoring.save_scores(recheck, full_scores(recheck), was={}, by=by["reviewer"])
    recheck = scoring.finish_scoring(recheck, seen={}, by=by["reviewer"])
    naming.settle_recheck(recheck, grade="premium", reason="复核优秀", by=by["admin"], **paper)
    refused = scoring.pass_draft(make_submitted(by["clerk"]), by=by["head"])
    scoring.refuse_application(refused, reason="条件不够", by=by["reviewer"])
    withdrawn = make_named_point()
    withdraw_point(withdrawn, reason="不再具备条件", on=localdate(), by=by["admin"], **paper)
    entered_in_error(make_named_point(), by["admin"])


def life_of_a_project(by: dict[str, User]) -> None:
    organisation = PartyOrganisation.objects.unscoped("test").get(code=f"O-{TANGFANG}")
    project = SecretaryProject(
        name="书记项目", organisation=organisation, measures="举措", expected_results="成效", deadline=localdate(),
    )  # fmt: skip
    project = projects.open_project(project, ["难题甲", "难题乙", "难题丙"], by=by["clerk"])
    projects.open_project(project, ["难题甲", "难题乙"], by=by["clerk"])
    projects.freeze_promise(project, on=localdate(), by=by["clerk"])
    project = SecretaryProject.objects.unscoped("test").get(pk=project.pk)
    projects.amend_promise(project, ["难题甲"], reason="情况变化", by=by["clerk"])
    project = SecretaryProject.objects.unscoped("test").get(pk=project.pk)
    proof = [open_file("照片.jpg", PHOTO)]
    projects.add_check(project, on=localdate(), percent=50, light="on_track", text="过半", proof=proof, by=by["head"])
    [problem] = projects.problems_of(project)
    projects.solve_problem(problem, on=localdate(), result="解决", proof=proof, by=by["clerk"])
    projects.hand_in(project, on=localdate(), text="完成", by=by["clerk"])
    projects.send_back(project, reason="材料不全", by=by["reviewer"])
    projects.hand_in(project, on=localdate(), text="补齐", by=by["clerk"])
    projects.sign_off(project, by=by["reviewer"])


def life_of_a_scheme(by: dict[str, User]) -> None:
    scheme = Scheme(name="2031年考评", year=2031, kind="township", area_id=DISTRICT)
    items = [SchemeItem(part="3", name=name, weight=Decimal(50)) for name in ("甲", "乙")]
    scheme = schemes.write_scheme(scheme, items, by=by["admin"])
    schemes.write_scheme(scheme, [SchemeItem(part="3", name="丙", weight=Decimal(100))], by=by["admin"])
    scheme = schemes.open_scheme(scheme, by=by["admin"])
    for card in scheme.results.unscoped("test").select_related("scheme"):
        schemes.give_scores(card, {1: Decimal(50)}, {1: "说明"}, by=by["reviewer"])
    scheme = schemes.announce(scheme, by=by["admin"])
    card = scheme.results.unscoped("test").select_related("scheme").get(area=TANGFANG)
    appeal = schemes.make_appeal(card, schemes.items_in(scheme)[0], "应加分", by=by["head"])
    schemes.settle_appeal(appeal, answer="同意", score=Decimal(60), by=by["admin"])


def life_of_a_finding(by: dict[str, User]) -> None:
    organisation = PartyOrganisation.objects.unscoped("test").get(code=f"O-{TANGFANG}")
    [finding] = supervision.record_visit(
        organisation, ["记录不全"], on=localdate(), issuer="组织部", by=by["reviewer"], key=uuid4()
    )
    supervision.demand(finding, text="补齐", deadline=localdate(), person="某人", by=by["reviewer"])
    proof = [open_file("照片.jpg", PHOTO)]
    supervision.rectify(finding, on=localdate(), text="已补齐记录", proof=proof, by=by["clerk"])
    supervision.send_back(finding, text="仍不完整", by=by["reviewer"])
    supervision.rectify(finding, on=localdate(), text="再次补齐", proof=proof, by=by["clerk"])
    supervision.close(finding, text="已经看过", by=by["reviewer"])


def life_of_bookings_belts_and_routes(by: dict[str, User]) -> None:
    site = TeachingSite.objects.unscoped("test").get(code="TS-07")
    values = {"visitor": "来访团", "headcount": 5, "phone": "0315-8812345"}
    booking = bookings.confirm(
        bookings.ask(site, booked_for=localdate(), by=by["admin"], key=uuid4(), **values), by=by["admin"]
    )
    bookings.hold(booking, headcount=6, by=by["admin"])
    points = [make_named_point() for _ in range(3)]
    belt = Belt(name="新示范带", level="district", planned_on=date(2026, 1, 1))
    belt = save_grouping(belt, members=[Member(point, date(2026, 1, 1)) for point in points], by=by["admin"])
    first = belt.memberships.first()
    save_grouping(belt, members=[Member(points[0], date(2026, 1, 1), date(2026, 2, 1), first.pk)], by=by["admin"])
    route = StudyRoute(name="新线路", opened_on=date(2026, 1, 1))
    route = save_route(route, stops=[PlannedStop("point", point, 30) for point in points], by=by["admin"])
    save_route(route, stops=[PlannedStop("point", point, 20) for point in points[:2]], by=by["admin"])


LIVES: list[Callable[[dict[str, User]], None]] = [
    life_of_a_site, life_of_a_project, life_of_a_scheme, life_of_a_finding, life_of_bookings_belts_and_routes,
]  # fmt: skip


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.__name__)
def test_nothing_is_stored_that_no_event_speaks_of(life, sample, people, settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path
    first = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    before = snapshot()
    life(people)
    events = list(Event.objects.filter(pk__gt=first))
    assert unlogged(before, snapshot(), events) == []
    assert {event.actor is not None and event.role != "" for event in events} == {True}


def test_a_change_without_an_event_would_be_found(sample, people):
    before = snapshot()
    point = make_named_point(code="X-1")
    Belt._base_manager.filter(code="B-02").update(name="偷偷改名")
    open_period(point).delete()
    changes = unlogged(before, snapshot(), [])
    assert "belt 偷偷改名: name" in changes
    assert any(line.startswith("demonstrationpoint") for line in changes)
