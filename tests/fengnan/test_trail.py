"""Every edit leaves its trace: from what to what, why, by whom in which role, from where, in which request; readings of
personal data and refused attempts as well."""

import re

import pytest
from django.urls import reverse

from assessment.models import LedgerEntry, SecretaryProject, Standard
from registry.actions import access_log
from registry.models import (
    Belt,
    BeltMembership,
    Booking,
    Brand,
    Consortium,
    Event,
    PartyOrganisation,
    RedBusinessDistrict,
    Term,
)
from registry.models.base import guard_lifted
from registry.overviews.history import history_of
from tests.api.sending import program
from tests.factories import make_draft, make_named_point, make_submitted

from .test_admin import _form_of, address

WHY = {"change_reason": "核对台账后更正"}


def last(**of) -> Event:
    return Event.objects.filter(**of).first()


def sent(client, record, **changes):
    return client.post(address(type(record), "change", record.pk), _form_of(client, record, **changes))


def part_of(client, record, part) -> str:
    """The prefix under which the change page holds a part of the record."""
    page = client.get(address(type(record), "change", record.pk))
    for inline in page.context["inline_admin_formsets"]:
        for form in inline.formset.forms:
            if form.instance == part:
                return form.prefix
    raise AssertionError(part)


@pytest.fixture
def admin(client, administrator):
    client.force_login(administrator)
    return client


def test_an_entry_of_a_ledger_that_was_changed_says_from_what_to_what_and_why(sample, admin, administrator):
    entry = LedgerEntry.objects.filter(project__year=2019, stage="check").first()
    project = SecretaryProject._base_manager.get(pk=entry.project_id)
    prefix, text = part_of(admin, project, entry), entry.text
    assert sent(admin, project, **{f"{prefix}-percent": "7", f"{prefix}-text": "改过的内容"}, **WHY).status_code == 302
    event = last(kind="secretaryproject", code=project.code)
    [changed] = event.changes["ledgerentry"]["changed"]
    assert changed["changes"] == {"percent": [entry.percent, 7], "text": [text, "改过的内容"]}
    assert (event.reason, event.actor, event.role) == (WHY["change_reason"], administrator, "admin")
    texts = str([change.text for entry in history_of(project, administrator) for change in entry.changes])
    assert f"{text} → 改过的内容" in texts
    assert "改过的内容" in admin.get(f"/projects/{project.code}/").content.decode()


def test_a_public_record_is_changed_in_the_administration_for_a_reason_only(sample, admin):
    belt = Belt._base_manager.get(code="B-02")
    answer = sent(admin, belt, name="没有理由的改名")
    assert answer.status_code == 200
    assert "已公开" in answer.content.decode()
    assert Belt._base_manager.get(pk=belt.pk).name == belt.name
    assert not Event.objects.filter(verb="change").exists()
    assert sent(admin, belt, name="有理由的改名", change_paper="测试〔2026〕7号", **WHY).status_code == 302
    assert last(kind="belt", code="B-02").document_no == "测试〔2026〕7号"


def test_a_part_of_a_public_record_is_voided_on_a_paper_and_its_values_stay_in_the_event(sample, admin):
    belt = Belt._base_manager.get(code="B-02")
    member = belt.memberships.first()
    removed = {f"{part_of(admin, belt, member)}-DELETE": "on"}
    assert "文号" in sent(admin, belt, **removed, **WHY).content.decode()
    assert sent(admin, belt, change_paper="测试〔2026〕7号", **removed, **WHY).status_code == 302
    stored = BeltMembership._base_manager.get(pk=member.pk)
    event = last(kind="belt", code="B-02")
    assert stored.voided == event.change_set
    [part] = event.changes["beltmembership"]["removed"]
    assert part["changes"]["point"] == [member.point_id, None]
    assert member not in belt.memberships.all()


def test_a_list_of_terms_that_was_changed_says_which(sample, admin):
    district = RedBusinessDistrict._base_manager.first()
    with guard_lifted("test"):
        before = [str(term) for term in district.functions.all()]
        remaining = list(district.functions.values_list("pk", flat=True))[:-1]
    assert sent(admin, district, functions=remaining, **WHY).status_code == 302
    event = last(kind="redbusinessdistrict", code=district.code)
    assert event.changes["functions"] == [before, before[:-1]]


def test_a_new_record_with_parts_and_lists_is_one_event(sample, admin):
    page = admin.get(address(Consortium, "add"))
    form = page.context["adminform"].form
    data = {name: form[name].value() for name in form.fields}
    for inline in page.context["inline_admin_formsets"]:
        data |= {
            f"{inline.formset.prefix}-{name}": value for name, value in inline.formset.management_form.initial.items()
        }
    linkage = Term.objects.public().filter(list="linkages").first()
    data |= {
        "code": "C-99", "name": "新立联合体", "kind": "strong_leads_weak", "area": "130207108",
        "founded_on": "2026-01-01", "linkages": [linkage.pk], "memberships-TOTAL_FORMS": 1,
        "memberships-0-village": "130207108216",
        "memberships-0-role": "lead", "memberships-0-valid_from": "2026-01-01",
    }  # fmt: skip
    answer = admin.post(address(Consortium, "add"), {name: value for name, value in data.items() if value is not None})
    assert answer.status_code == 302
    [event] = Event.objects.filter(kind="consortium", code="C-99")
    assert event.verb == "add"
    assert event.changes["linkages"] == [[], [str(linkage)]]
    assert event.changes["consortiummembership"]["added"][0]["changes"]["role"] == [None, "lead"]


def test_parts_with_a_code_of_their_own_have_events_of_their_own(sample, admin):
    standard = Standard._base_manager.first()
    item = standard.items.unscoped("test").first()
    before = item.weight
    assert sent(admin, standard, **{f"{part_of(admin, standard, item)}-weight": "9.5"}, **WHY).status_code == 302
    event = last(kind="standarditem", code=item.code)
    assert event.changes == {"weight": [f"{before}", "9.5"]}
    assert (event.reason, event.change_set) == (WHY["change_reason"], last(kind="standard").change_set)


def test_what_an_act_refuses_is_said_on_the_form_with_all_that_was_typed(sample, admin):
    project = SecretaryProject._base_manager.exclude(promise=None).first() or SecretaryProject._base_manager.first()
    problem = project.problems.unscoped("test").first()
    removed = {f"{part_of(admin, project, problem)}-DELETE": "on", "name": "仍在表单里的名称"}
    answer = sent(admin, project, **removed, **WHY)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "曾公开" in page and "仍在表单里的名称" in page
    assert SecretaryProject._base_manager.get(pk=project.pk).name == project.name


def test_an_event_knows_the_address_the_role_and_the_request(sample, admin, settings):
    settings.PROXIES = 1
    headers = {"X-Forwarded-For": "203.0.113.7", "X-Request-ID": "req-2026.1"}
    belt = Belt._base_manager.get(code="B-02")
    answer = admin.post(
        address(Belt, "change", belt.pk), _form_of(admin, belt, name="改名的示范带", **WHY), headers=headers
    )
    assert answer["X-Request-ID"] == "req-2026.1"
    event = last(kind="belt", code="B-02")
    assert (event.address, event.role, event.request_id) == ("203.0.113.7", "admin", "req-2026.1")


@pytest.mark.parametrize("request_id", ["", "x" * 65, "a b", "a\nb", "编号", "<script>"])
def test_a_request_without_a_sound_id_is_given_one(request_id, client, db):
    made = client.get("/healthz", headers={"X-Request-ID": request_id} if request_id else {})["X-Request-ID"]
    assert re.fullmatch(r"[0-9a-f]{32}", made)


def readings() -> list[tuple]:
    rows = Event.objects.filter(kind=access_log.ACCESS, verb="read").order_by("pk")
    return [(event.changes.pop("record")[1], event.code, sorted(event.changes)) for event in rows]


def test_who_reads_a_telephone_in_the_administration_is_told_once_a_day(sample, admin, administrator):
    organisation = PartyOrganisation._base_manager.get(code="O-130207108")
    PartyOrganisation._base_manager.filter(pk=organisation.pk).update(phone="0315-8812345", secretary="")
    for _ in range(2):
        admin.get(address(PartyOrganisation, "change", organisation.pk))
    assert readings() == [("partyorganisation", "O-130207108", ["phone"])]
    event = last(kind=access_log.ACCESS)
    assert (event.actor, event.area, "8812345" in str(event.changes)) == (administrator, "130207108", False)


def test_who_reads_whom_to_call_for_a_booking_is_told(sample, client, clerk_tangfang, administrator):
    booking = Booking._base_manager.filter(state="asked").first()
    Booking._base_manager.filter(pk=booking.pk).update(phone="13911110000", contact="王")
    client.force_login(administrator)
    assert "13911110000" in client.get(booking.get_absolute_url()).content.decode()
    assert readings() == [("booking", booking.code, ["contact", "phone"])]
    Booking._base_manager.filter(pk=booking.pk).update(state="refused", visit=None)
    Event.objects.count()
    assert "13911110000" not in client.get(booking.get_absolute_url()).content.decode()
    assert len(readings()) == 1


def test_who_checks_a_draft_reads_its_telephone_and_who_typed_it_knows_it(
    sample, client, clerk_tangfang, head_tangfang
):
    draft = make_submitted(clerk_tangfang, phone="13911110000")
    client.force_login(clerk_tangfang)
    client.get(draft.get_absolute_url())
    assert readings() == []
    client.force_login(head_tangfang)
    assert "13911110000" in client.get(reverse("review-draft", args=[draft.key])).content.decode()
    assert [names for _kind, _code, names in readings()] == [["phone"]]


def test_a_reading_is_in_no_history_and_changes_nothing_for_those_who_keep_a_copy(sample, admin, administrator):
    organisation = PartyOrganisation._base_manager.get(code="O-130207108")
    admin.get(address(PartyOrganisation, "change", organisation.pk))
    assert history_of(organisation, administrator) == []


def refusals() -> list[dict]:
    rows = Event.objects.filter(kind=access_log.ACCESS, verb="refused").order_by("pk")
    return [{name: both[1] for name, both in event.changes.items()} | {"code": event.code} for event in rows]


def test_an_attempt_that_was_refused_is_an_event(sample, client, clerk_daqi):
    point, api = make_named_point(), program(clerk_daqi)
    assert api.patch(f"points/{point.code}/", {"highlights": "不属于我的"}, 1)[0] == 403
    [refusal] = refusals()
    assert refusal == {"view": "api-points", "method": "PATCH", "status": 403, "code": point.code}
    event = last(kind=access_log.ACCESS)
    assert (event.actor, event.role, event.area) == (clerk_daqi, "clerk", "130207114")
    assert "不属于我的" not in str(event.changes)


def test_so_is_one_at_a_record_the_account_may_not_see(sample, client, clerk_tangfang, clerk_daqi):
    draft = make_draft(clerk_tangfang)
    client.force_login(clerk_daqi)
    assert client.post(reverse("draft-discard", args=[draft.key])).status_code == 404
    [refusal] = refusals()
    assert (refusal["view"], refusal["status"], refusal["code"]) == ("draft-discard", 404, str(draft.key))


def test_so_is_an_act_refused_for_lack_of_right(sample, client, head_tangfang):
    point = make_named_point()
    client.force_login(head_tangfang)
    assert client.post(f"/api/v1/points/{point.code}/withdraw/", {}, content_type="application/json").status_code == 403
    assert refusals()[0]["refusal"] == "not_allowed"


def test_reading_what_is_not_there_is_no_attempt(sample, client, clerk_daqi):
    client.force_login(clerk_daqi)
    client.get("/points/NO-SUCH/")
    client.get("/desk/reviews/")
    client.post("/no/such/address/")
    assert refusals() == []


def test_many_attempts_do_not_flood(sample, client, clerk_daqi, monkeypatch):
    monkeypatch.setattr(access_log, "MOST_OF_ONE", 3)
    monkeypatch.setattr(access_log, "MOST_OF_NOBODY", 4)
    api = program(clerk_daqi)
    for _ in range(6):
        api.patch("points/FN-0001/", {"highlights": "新的亮点"}, 1)
    assert [refusal.get("more", False) for refusal in refusals()] == [False, False, True]
    client.logout()
    for number in range(8):
        address = f"203.0.113.{number // 3}"
        client.post("/api/v1/points/", "{}", content_type="application/json", REMOTE_ADDR=address)
    of_nobody = Event.objects.filter(kind=access_log.ACCESS, actor=None).values_list("address", flat=True)
    assert sorted(of_nobody) == ["203.0.113.0"] * 3 + ["203.0.113.1"]


def test_a_code_that_is_none_is_not_taken_into_an_event(sample, client, clerk_daqi):
    api = program(clerk_daqi)
    api.patch("points/王某 13911110000/", {"highlights": "新的亮点"}, 1)
    assert [refusal["code"] for refusal in refusals()] == [""]


def test_only_those_who_read_events_read_of_readings_and_attempts(sample, client, clerk_daqi, administrator, auditor):
    program(clerk_daqi).patch("points/FN-0001/", {"highlights": "新的亮点"}, 1)
    for account, count in ((None, 0), (clerk_daqi, 0), (administrator, 1), (auditor, 1)):
        client.logout()
        if account:
            client.force_login(account)
        results = client.get("/api/v1/events/?verb=refused").json()["results"]
        assert len(results) == count, account
    brand = Brand.objects.public().first()
    assert "refused" not in client.get(f"/brands/{brand.code}/").content.decode()
