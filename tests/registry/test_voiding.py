"""What was ever public is never deleted, by any channel: it ends by its dates, or is marked as entered in error, by an
act with reason and paper. What nobody outside saw may go, with its parts in the event."""

from datetime import date, timedelta

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import ProtectedError
from django.urls import reverse
from django.utils import timezone

from assessment.models import LedgerEntry, ProjectProblem, SecretaryProject
from registry.access.scope import Scope
from registry.actions.deletion import delete_record, refusals_to_delete
from registry.actions.dependents import was_ever_public
from registry.actions.points import change_standing, withdraw_point
from registry.actions.records import ChangeSet, save_record
from registry.actions.search import rebuild
from registry.actions.voiding import mark_entered_in_error, restore_record, void, voided_because
from registry.figures import FIGURES
from registry.kinds import KINDS
from registry.loading.undo import undo_rows
from registry.models import (
    BeltMembership,
    Brand,
    DemonstrationPoint,
    Draft,
    Event,
    Evidence,
    Honour,
    PartyOrganisation,
    SearchEntry,
    StatusPeriod,
    Visit,
)
from registry.models.base import Part, Record, ScopedQuerySet, Voidable, VoidableManager
from tests.conftest import DISTRICT, LAST_DAY
from tests.factories import (
    entered_in_error,
    join,
    load_rows,
    make_belt,
    make_named_point,
    make_period,
    make_point,
    make_submitted,
    refused,
)
from tests.registry.test_loading_points import NEW

OWN = [model for label in ("registry", "assessment") for model in apps.get_app_config(label).get_models()]
HISTORY = [model for model in OWN if issubclass(model, Voidable)]
PASSING = {  # rows made anew or on their way, which hold nothing that cannot be had again
    "searchentry", "searchpair", "unsentform", "upload", "knownheading", "delivery", "loadrow",
}  # fmt: skip
PAPER = {"reason": "重复录入,查无此事", "document_no": "测试〔2026〕8号"}


def stored(record):
    return type(record)._base_manager.get(pk=record.pk)


def value(slug: str, as_of: date = LAST_DAY) -> float:
    return FIGURES[slug].answer(Scope(as_of=as_of, area=DISTRICT)).value


@pytest.mark.parametrize("model", OWN, ids=lambda model: model._meta.model_name)
def test_no_key_takes_history_away_with_what_it_points_at(model):
    if model._meta.model_name in PASSING:
        return
    keys = [field for field in model._meta.concrete_fields if field.is_relation and field.remote_field]
    taking = {field.name for field in keys if field.remote_field.on_delete is models.CASCADE}
    forgetting = {field.name for field in keys if field.remote_field.on_delete is models.SET_NULL}
    assert taking == set()
    assert not issubclass(model, Voidable) or forgetting == set()


@pytest.mark.parametrize("model", [m for m in HISTORY if issubclass(m, Part)], ids=lambda m: m._meta.model_name)
def test_every_part_says_what_it_goes_with(model):
    assert model.goes_with
    assert all(model._meta.get_field(name).is_relation for name in model.goes_with)


@pytest.mark.parametrize("model", HISTORY, ids=lambda model: model._meta.model_name)
def test_the_managers_of_history_leave_out_voided_rows(model):
    for manager in model._meta.managers:
        assert isinstance(manager, VoidableManager), "declare it by ScopedManager.from_queryset(…)()"
        assert not issubclass(model, Record) or isinstance(manager.none(), ScopedQuerySet)


@pytest.mark.parametrize("model", HISTORY, ids=lambda model: model._meta.model_name)
def test_only_rows_in_force_take_a_place(model):
    """Codes and editions are given once; anything else that must be unique must be so among rows in force alone."""
    whole = [constraint for constraint in model._meta.constraints if isinstance(constraint, models.UniqueConstraint)]
    for constraint in whole:
        if constraint.name.endswith("_code_once") or constraint.name == "frozen_edition_once":
            continue
        assert "voided" in str(constraint.condition), constraint.name


def published(model) -> Record | None:
    rows = model._default_manager.unscoped("test").ever_public().order_by("pk")
    return rows.first()


RECORDS = [model for model in HISTORY if issubclass(model, Record)]


@pytest.mark.parametrize("model", RECORDS, ids=lambda model: model._meta.model_name)
def test_no_record_that_was_public_can_be_deleted(model, sample, administrator):
    record = published(model)
    if record is None:
        assert model._meta.model_name in {
            "booking", "calendarday", "evidence", "frozenyear", "inspectionpack", "notice", "remark", "reporttext",
            "supervisionfinding", "scheme", "schemeresult", "review",
        }  # fmt: skip
        return
    assert refused(delete_record, record, by=administrator) == "was_public"
    assert stored(record).voided is None


def test_a_named_point_is_not_deleted_by_the_api_and_the_figure_of_the_past_stays(sample, client, administrator):
    client.force_login(administrator)
    point = DemonstrationPoint.objects.public().order_by("code").first()
    before = value("points")
    answer = client.delete(f"/api/v1/points/{point.code}/?reason=重复录入", headers={"If-Match": "*"})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:showcase:problem:was-public")
    assert (before, value("points")) == (445, 445)
    assert client.get(f"/points/{point.code}/").status_code == 200


def test_the_administration_deletes_no_public_record_one_by_one_or_in_bulk(sample, client, administrator):
    client.force_login(administrator)
    points = list(DemonstrationPoint.objects.public().order_by("code")[:4])
    one = client.post(reverse("admin:registry_demonstrationpoint_delete", args=[points[0].pk]), {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [point.pk for point in points], "post": "yes"}
    address = reverse("admin:registry_demonstrationpoint_changelist")
    many = client.post(address, {**chosen, "apply": "1", "reason": "清理"}, follow=True)
    assert one.status_code == 403
    assert many.content.decode().count("曾公开") == 4
    assert value("points") == 445


def test_no_admin_screen_has_a_way_of_deleting_past_the_acts():
    for model, screen in admin.site._registry.items():
        if issubclass(model, Record):
            functions = {name: function for function, name, _words in screen._get_base_actions()}
            assert (
                "delete_selected" not in functions or functions["delete_selected"].__module__ == "registry.admin.base"
            )


def test_the_database_layer_protects_what_belongs_to_a_point(sample):
    point = DemonstrationPoint.objects.public().order_by("code").first()
    with pytest.raises(ProtectedError), transaction.atomic():
        point.delete()


def test_a_draft_that_was_never_public_goes_with_its_parts_in_the_event(sample, administrator, clerk_tangfang):
    point = make_submitted(clerk_tangfang).point
    point.refresh_from_db()
    delete_record(point, by=administrator, reason="重复录入")
    event = Event.objects.get(kind="demonstrationpoint", code=point.code, verb="delete")
    assert event.reason == "重复录入"
    assert event.changes["name"] == [point.name, None]
    [period] = event.changes["statusperiod"]["removed"]
    assert period["changes"]["status"] == ["submitted", None]
    assert "draft" in event.changes
    for model in (DemonstrationPoint, StatusPeriod, Draft):
        assert not model._base_manager.filter(**{"pk" if model is DemonstrationPoint else "point": point.pk}).exists()


def test_a_point_that_was_on_a_public_notice_for_a_day_stays(sample, administrator):
    point = make_point()
    make_period(point, timezone.localdate(), status="notice", level="", grade="", document_no="")
    change_standing(point, status="refused", on=timezone.localdate(), by=_superuser(administrator), reason="异议成立")
    assert was_ever_public(point)


def _superuser(user):
    user.is_superuser = True
    return user


def test_what_others_refer_to_is_named_in_the_refusal(sample, administrator):
    belt, point = make_belt(), make_point()
    join(belt, point)
    [refusal] = refusals_to_delete(point, by=administrator)
    assert (refusal.code, refusal.details["names"]) == ("referred_to", str(belt))


def test_a_record_entered_in_error_is_in_no_figure_on_any_day(sample, administrator):
    days = [date(2019, 12, 31), LAST_DAY, timezone.localdate()]
    point = make_named_point(date(2018, 1, 1), grade="premium")
    before = [(value("points", day), value("premium-rate", day)) for day in days]
    entered_in_error(point, administrator)
    after = [value("points", day) for day in days]
    assert after == [points - 1 for points, _rate in before]
    assert all(value("premium-rate", day) < rate for day, (_points, rate) in zip(days, before, strict=True))


COUNTED = sorted({figure.kind for figure in FIGURES.values()} - {"townships", "villages", "communities"})


def counting(kind: str):
    """A figure over records of this kind, and a record it counts that nothing else refers to."""
    for figure in FIGURES.values():
        if figure.kind != kind or figure.single:
            continue
        scope = Scope(as_of=LAST_DAY, area=DISTRICT)
        for record in figure.rows(scope).order_by("pk")[:40]:
            record = stored(record)
            if isinstance(record, Record):
                return figure, record
    return None


@pytest.mark.parametrize("kind", COUNTED)
def test_every_kind_of_record_leaves_its_figures_at_once(kind, sample, administrator):
    counted = counting(kind)
    if counted is None:
        return
    figure, record = counted
    scope = Scope(as_of=LAST_DAY, area=DISTRICT)
    assert figure.rows(scope).filter(pk=record.pk).exists()
    void(record, ChangeSet(administrator, "测试"))
    assert not figure.rows(scope).filter(pk=record.pk).exists()
    assert not KINDS[kind].on(scope).filter(pk=record.pk).exists()


def test_a_belt_counts_a_point_entered_in_error_no_more(sample, administrator):
    belt, points = make_belt(), [make_named_point(grade="premium") for _ in range(5)]
    join(belt, *points)
    assert belt.verdict(LAST_DAY).qualifies
    entered_in_error(points[0], administrator)
    assert (belt.verdict(LAST_DAY).counting, belt.verdict(LAST_DAY).missing) == (4, 1)
    assert type(belt).objects.public().with_point_counts(LAST_DAY).get(pk=belt.pk).points == 4
    [event] = Event.objects.filter(kind="belt", code=belt.code, verb="parts")
    assert event.changes["beltmembership"]["removed"][0]["changes"]["valid_from"] == ["2021-06-01", None]
    restore_record(stored(points[0]), reason="标记有误", by=administrator)
    assert belt.verdict(LAST_DAY).qualifies


def test_its_page_stays_and_says_why_and_on_which_paper(sample, client, administrator):
    point = entered_in_error(make_named_point(), administrator)
    for address in (f"/points/{point.code}/", f"/history/points/{point.code}/"):
        page = client.get(address).content.decode()
        assert PAPER["document_no"] in page
        assert PAPER["reason"] in page
    assert client.get("/points/").content.decode().count(f"/points/{point.code}/") == 0
    answer = client.get(f"/api/v1/points/{point.code}/")
    assert answer.status_code == 410
    assert PAPER["reason"] in answer.json()["detail"]


@pytest.mark.parametrize("slug", [slug for slug, kind in KINDS.items() if not kind.redacted])
def test_every_kind_of_page_shows_a_record_entered_in_error(slug, sample, client, administrator):
    kind = KINDS[slug]
    record = kind.model.objects.public().order_by("pk").last() if issubclass(kind.model, Record) else None
    if record is None:
        return
    void(record, ChangeSet(administrator, "查无此事", "测试〔2026〕8号"))
    answer = client.get(reverse("record", args=[slug, record.code]))
    assert answer.status_code == 200
    assert "查无此事" in answer.content.decode()


def test_search_finds_it_no_more_until_the_mark_is_taken_off(sample, administrator):
    brand = Brand.objects.public().first()
    entered_in_error(brand, administrator)
    assert not SearchEntry.objects.filter(kind="brands", code=brand.code).exists()
    rebuild()
    assert not SearchEntry.objects.filter(kind="brands", code=brand.code).exists()
    restore_record(stored(brand), reason="标记有误", by=administrator)
    assert SearchEntry.objects.filter(kind="brands", code=brand.code).exists()
    verbs = Event.objects.filter(code=brand.code).order_by("pk").values_list("verb", "reason")
    assert list(verbs) == [("void", PAPER["reason"]), ("restore", "标记有误")]


@pytest.mark.parametrize(
    ("values", "code"),
    [({"reason": ""}, "void_reason"), ({"reason": " 错 "}, "void_reason"), ({"document_no": " "}, "void_paper")],
)
def test_the_mark_needs_a_reason_and_a_paper(values, code, sample, administrator):
    assert refused(mark_entered_in_error, make_named_point(), by=administrator, **PAPER | values) == code


@pytest.mark.parametrize("name", ["clerk_tangfang", "head_tangfang", "reviewer", "leader", "auditor"])
def test_only_an_administrator_of_the_area_marks(name, sample, request):
    account = request.getfixturevalue(name)
    assert refused(mark_entered_in_error, make_named_point(), by=account, **PAPER) == "not_allowed"


def test_a_mark_on_a_version_that_somebody_changed_is_refused(sample, administrator):
    mine, theirs = make_named_point(), None
    theirs = stored(mine)
    save_record(theirs, by=administrator)
    assert refused(mark_entered_in_error, mine, by=administrator, **PAPER) == "stale"
    marked = entered_in_error(stored(mine), administrator)
    assert refused(mark_entered_in_error, stored(marked), by=administrator, **PAPER) == "voided_stays"


def test_what_other_records_stand_on_is_not_marked_before_them(sample, administrator):
    honour = Honour.objects.public().exclude(organisation=None).first()
    organisation = stored(honour.organisation)
    assert refused(mark_entered_in_error, organisation, by=administrator, **PAPER) == "referred_to"


def test_a_record_entered_in_error_is_changed_by_nobody(sample, client, administrator):
    brand = entered_in_error(Brand.objects.public().first(), administrator)
    brand.name = "改名"
    assert refused(save_record, brand, by=administrator) == "voided_stays"
    client.force_login(administrator)
    address = reverse("admin:registry_brand_change", args=[brand.pk])
    assert client.post(address, {"name": "改名"}).status_code == 403
    assert stored(brand).name != "改名"


def test_the_right_record_takes_the_place_of_one_entered_in_error(sample, administrator):
    wrong = make_named_point(name="同名示范点")
    entered_in_error(wrong, administrator)
    right = make_named_point(name="同名示范点")
    assert right.pk != wrong.pk
    with pytest.raises(ValidationError):
        restore_record(stored(wrong), reason="标记有误", by=administrator)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_point(name="同名示范点")


def test_its_code_is_never_given_again(sample, administrator):
    wrong = entered_in_error(make_named_point(code="FN-9999"), administrator)
    with pytest.raises(ValidationError):
        DemonstrationPoint(code=wrong.code, name="另一个", area_id=wrong.area_id).full_clean()


def test_a_project_entered_in_error_takes_its_problems_along_and_back(sample, administrator):
    project = SecretaryProject.objects.public().filter(problems__solved_on__lte=LAST_DAY, year=LAST_DAY.year).first()
    problems = ProjectProblem.objects.public().filter(project=project).count()
    before = value("problems-solved")
    entered_in_error(project, administrator)
    assert value("problems-solved") < before
    assert ProjectProblem.objects.public().filter(project=project).count() == 0
    restore_record(stored(project), reason="标记有误", by=administrator)
    assert (value("problems-solved"), ProjectProblem.objects.public().filter(project=project).count()) == (
        before, problems,
    )  # fmt: skip


def test_what_is_over_ends_by_its_day_and_counts_before_it(sample, administrator):
    point, today = make_named_point(), timezone.localdate()
    before = value("points", today - timedelta(days=1))
    withdraw_point(point, reason="不再具备条件", document_no="测试〔2026〕9号", on=today, by=administrator)
    assert value("points", today - timedelta(days=1)) == before
    assert value("points", today) == before - 1


def test_an_undone_load_of_named_points_leaves_them_marked_and_counted_nowhere(old_ledgers, client, administrator):
    before = value("points")
    load = load_rows("point", NEW, by=administrator)
    point = DemonstrationPoint.objects.public().get(name=NEW["示范点名称"])
    undo_rows(load, list(load.rows.all()))
    assert value("points") == before
    assert stored(point).voided == load.change_set
    assert "台账.xlsx" in voided_because(stored(point)).reason
    assert client.get(f"/points/{point.code}/").status_code == 200
    assert StatusPeriod._base_manager.filter(point=point).exists()
    again = load_rows("point", NEW, by=administrator)
    assert (again.new, DemonstrationPoint.objects.public().get(name=NEW["示范点名称"]).code != point.code) == (1, True)


def test_an_undone_load_of_drafts_takes_them_away_and_says_so(sample, clerk_tangfang):
    row = {**NEW, "所属乡镇": "唐坊镇"}
    load = load_rows("point", row, by=clerk_tangfang)
    assert Draft.objects.unscoped("test").count() == 1
    undo_rows(load, list(load.rows.all()))
    assert Draft.objects.unscoped("test").count() == 0
    assert Event.objects.filter(kind="draft", verb="delete", change_set=load.change_set).count() == 1


def test_members_that_a_load_added_to_a_belt_are_voided_with_an_event_of_the_belt(sample, administrator):
    belt, point = make_belt(), make_named_point(area="130207108")
    row = {
        "编号": belt.code, "示范带名称": belt.name, "级别": "区级", "途经乡镇": "唐坊镇", "包含示范点": point.name,
        "状态": "建成",
    }  # fmt: skip
    load = load_rows("belt", row, by=administrator)
    assert belt.memberships.count() == 1
    undo_rows(load, list(load.rows.all()))
    assert belt.memberships.count() == 0
    [membership] = BeltMembership._base_manager.filter(belt=belt)
    assert membership.voided == load.change_set
    event = Event.objects.filter(kind="belt", code=belt.code, change_set=load.change_set).order_by("pk").last()
    assert event.changes["beltmembership"]["removed"][0]["changes"]["point"] == [point.pk, None]


def test_the_api_marks_and_takes_the_mark_off(sample, client, administrator):
    client.force_login(administrator)
    point = make_named_point()
    address = f"/api/v1/points/{point.code}/entered-in-error/"
    sent = {"content_type": "application/json", "headers": {"If-Match": '"1"'}}
    assert client.post(address, {"reason": "查无此事"}, **sent).status_code == 400
    answer = client.post(address, PAPER, **sent)
    assert (answer.status_code, answer.json()["entered_in_error"], answer["ETag"]) == (200, True, '"2"')
    assert client.post(address, PAPER, **sent).status_code == 412
    assert client.get(address).json()["reason"] == PAPER["reason"]
    assert client.delete(f"{address}?reason=标记有误").json()["entered_in_error"] is False
    assert client.get(f"/api/v1/points/{point.code}/").status_code == 200


def test_the_desk_marks_and_takes_the_mark_off(sample, client, administrator):
    client.force_login(administrator)
    visit = Visit.objects.public().filter(booking=None).first()
    address = reverse("record-void", args=["visits", visit.code])
    assert client.get(reverse("record", args=["visits", visit.code])).content.decode().count(address) == 1
    page = client.get(address)
    typed = {"version": page.context["form"]["version"].value()}
    assert client.post(address, {**typed, "reason": "查无此事"}).status_code == 400
    assert client.post(address, {**typed, **PAPER}).status_code == 302
    assert voided_because(stored(visit)).document_no == PAPER["document_no"]
    assert client.post(address, {"version": visit.version + 1, "reason": "标记有误"}).status_code == 302
    assert stored(visit).voided is None


def test_the_administration_marks_several_and_finds_them_again(sample, client, administrator):
    client.force_login(administrator)
    brands = list(Brand.objects.public().order_by("code")[:2])
    address = reverse("admin:registry_brand_changelist")
    chosen = {"_selected_action": [brand.pk for brand in brands], "action": "mark_entered_in_error"}
    assert client.post(address, chosen).context["form"].fields.keys() == {"reason", "document_no"}
    client.post(address, {**chosen, "apply": "1", **PAPER})
    assert [stored(brand).voided is None for brand in brands] == [False, False]
    client.get(address)  # where the messages are read
    assert brands[0].name not in client.get(address).content.decode()
    assert brands[0].name in client.get(f"{address}?voided=yes").content.decode()
    client.post(f"{address}?voided=yes", {**chosen, "action": "restore", "apply": "1", "reason": "标记有误"})
    assert [stored(brand).voided for brand in brands] == [None, None]


def test_a_ledger_that_was_sent_back_keeps_what_was_handed_in(sample):
    entry = LedgerEntry.objects.filter(stage="close").first()
    entry.voided = Event.objects.create(change_set="5b7c2f6e-7f4b-4c26-9a55-3f5f2f0b8f11", verb="return").change_set
    entry.save()
    assert entry.project.closing() is None
    assert LedgerEntry._base_manager.filter(pk=entry.pk).exists()


def test_evidence_of_a_named_site_stays_off_its_page(sample, administrator):
    point = make_named_point()
    photo = Evidence.objects.create(
        code="E-1", kind="photo", area=point.area, point=point, sha256="0" * 64, size=1, on_page=False
    )
    assert refused(delete_record, photo, by=administrator) == "was_public"


def test_an_organisation_is_dissolved_and_not_deleted(sample, administrator):
    organisation = PartyOrganisation.objects.public().filter(points=None, projects=None).first()
    assert refused(delete_record, organisation, by=administrator) == "was_public"
    before = PartyOrganisation.objects.public().existing(LAST_DAY).count()
    organisation.dissolved_on = LAST_DAY
    save_record(organisation, by=administrator)
    assert PartyOrganisation.objects.public().existing(LAST_DAY).count() == before - 1
