"""Remarks from the public: left without a session, answered by the owner in time, published only with the answer."""

import re
import uuid
from datetime import date, timedelta

import pytest
from django.utils import timezone

from registry.actions.remarks import (
    answer_remark,
    leave_remark,
    pass_on_remark,
    refusals_to_answer,
    refusals_to_pass_on,
    reject_remark,
    right_to_answer,
)
from registry.kinds import KINDS
from registry.models import CalendarDay, Event, Remark
from registry.overviews.tasks import tasks_of
from registry.text.refusals import Refused
from tests.factories import make_belt, make_named_point, make_period, make_point

CONTACT, PHONE = "联系暗号王女士", "13800001234"
TEXT = f"牌匾上的名称写错了，电话{PHONE}也不通。"
WORDS = "已更正，感谢指正。"


@pytest.fixture
def point(sample):
    return make_named_point(area="130207108")


def left(record, kind="points", **more) -> Remark:
    more = {"text": TEXT, "contact": CONTACT, "sender": uuid.uuid4().hex, "key": uuid.uuid4(), **more}
    return leave_remark(KINDS[kind], record, **more)


def sent(client, record, kind="points", **more):
    typed = {"text": TEXT, "contact": CONTACT, "key": str(uuid.uuid4()), **more}
    return client.post(f"/remarks/new/?kind={kind}&code={record.code}", typed)


def refused(act, *args, **more) -> str:
    with pytest.raises(Refused) as refusal:
        act(*args, **more)
    return refusal.value.code


def test_a_remark_is_left_without_a_session_and_its_writer_can_follow_it(point, client):
    answer = sent(client, point)
    remark = Remark.objects.unscoped("test").get()
    assert (answer.status_code, answer["Location"]) == (302, f"/remarks/{remark.code}/")
    assert (remark.text, remark.contact, remark.area_id) == (TEXT, CONTACT, "130207108")
    assert "sessionid" not in client.cookies
    page = client.get(answer["Location"])
    assert remark.due_on.isoformat() in page.content.decode()
    assert "no-store" in page["Cache-Control"]


def test_the_record_page_leads_to_the_form_and_sets_no_cookie(point, client):
    page = client.get(f"/points/{point.code}/")
    assert f"/remarks/new/?kind=points&amp;code={point.code}" in page.content.decode()
    assert not page.cookies
    form = client.get(f"/remarks/new/?kind=points&code={point.code}")
    assert "csrftoken" in form.cookies
    assert "no-store" in form["Cache-Control"]


@pytest.mark.parametrize("kind", ["points", "drafts", "accountability", ""])
def test_what_is_not_public_takes_no_remark(kind, sample, client):
    draft = make_point()
    make_period(draft, date(2021, 5, 1), status="submitted", level="", grade="", document_no="")
    assert client.get(f"/remarks/new/?kind={kind}&code={draft.code}").status_code == 404
    assert sent(client, draft, kind).status_code == 404
    assert not Remark.objects.unscoped("test").exists()


def test_staff_see_no_way_to_remark_on_a_point_that_is_not_public(sample, client, head_tangfang):
    draft = make_point()
    client.force_login(head_tangfang)
    page = client.get(f"/points/{draft.code}/")
    assert page.status_code == 200
    assert "/remarks/new/" not in page.content.decode()


def test_an_empty_or_overlong_remark_comes_back_with_what_was_typed(point, client):
    for text in ("", "字" * 1001, "\u202e反向"):
        answer = sent(client, point, text=text)
        assert answer.status_code == 400
        assert CONTACT in answer.content.decode()
        assert text in answer.content.decode()
    assert not Remark.objects.unscoped("test").exists()


def test_the_same_form_sent_twice_is_one_remark(point, client):
    key = str(uuid.uuid4())
    assert sent(client, point, key=key)["Location"] == sent(client, point, key=key)["Location"]
    assert Remark.objects.unscoped("test").count() == 1


def test_who_fills_in_the_field_nobody_sees_leaves_nothing(point, client):
    assert sent(client, point, website="https://example.com").status_code == 302
    assert not Remark.objects.unscoped("test").exists()


def test_a_sender_leaves_five_remarks_a_day(point, client):
    for _number in range(5):
        assert sent(client, point).status_code == 302
    answer = sent(client, point)
    assert answer.status_code == 429
    assert TEXT in answer.content.decode()
    assert Remark.objects.unscoped("test").count() == 5
    client.defaults["REMOTE_ADDR"] = "192.0.2.7"
    assert sent(client, point).status_code == 302


def test_a_record_takes_twenty_remarks_an_hour(point):
    for _number in range(20):
        left(point)
    assert refused(left, point) == "remarks_an_hour"
    left(make_named_point())
    Remark.objects.unscoped("test").update(made_at=timezone.now() - timedelta(hours=2))
    left(point)


def test_the_address_of_a_sender_is_not_kept(point, client):
    sent(client, point)
    remark = Remark.objects.unscoped("test").get()
    assert re.fullmatch(r"[0-9a-f]{64}", remark.sender)
    assert "127.0.0.1" not in str(vars(remark))


def test_behind_a_proxy_the_sender_is_whom_the_proxy_names(point, client, settings):
    settings.PROXIES = 1
    for forwarded in ("198.51.100.1", "203.0.113.9, 198.51.100.1", "198.51.100.2"):
        client.defaults["HTTP_X_FORWARDED_FOR"] = forwarded
        sent(client, point)
    assert Remark.objects.unscoped("test").values("sender").distinct().count() == 2


def test_an_answer_is_due_after_the_working_days_of_the_parameter(point):
    today = timezone.localdate()
    assert left(point).due_on == CalendarDay.objects.working_day(today + timedelta(days=1), 5)


def test_the_remark_stands_on_the_list_of_its_township_and_of_nobody_else(point, clerk_tangfang, clerk_daqi, reviewer):
    remark = left(point)
    today = timezone.localdate()

    def due(user):
        return [task.due for task in tasks_of(user, today) if task.url == remark.get_absolute_url()]

    assert due(clerk_tangfang) == [remark.due_on]
    assert due(clerk_daqi) == due(reviewer) == []


def test_the_district_sees_what_is_its_own_passed_on_or_overdue(point, head_tangfang, administrator):
    today = timezone.localdate()

    def urls(user, day=today):
        return {task.url for task in tasks_of(user, day) if "/desk/remarks/" in task.url}

    theirs, own = left(point), left(make_belt_of_district(), "belts")
    assert urls(administrator) == {own.get_absolute_url()}
    assert urls(administrator, theirs.due_on + timedelta(days=1)) == {own.get_absolute_url(), theirs.get_absolute_url()}
    pass_on_remark(theirs, note="须由区级核实", by=head_tangfang)
    assert urls(administrator) == {own.get_absolute_url(), theirs.get_absolute_url()}
    assert urls(head_tangfang) == set()


def make_belt_of_district():
    belt = make_belt()
    belt.area_id = "130207"
    belt.save()
    return belt


def test_an_objection_to_a_notice_is_the_districts(sample, administrator, reviewer, head_tangfang):
    remark = left(make_belt(), "belts")
    Remark.objects.unscoped("test").update(kind="notices", area="130207")
    remark.refresh_from_db()
    assert right_to_answer(remark) == "point.notice"
    assert not list(refusals_to_answer(remark, by=reviewer))
    assert [refusal.code for refusal in refusals_to_answer(remark, by=head_tangfang)] == ["not_allowed"]
    assert "remark_at_district" in [refusal.code for refusal in refusals_to_pass_on(remark, by=reviewer)]
    assert remark.get_absolute_url() in {task.url for task in tasks_of(reviewer, timezone.localdate())}


def test_an_answered_remark_stands_on_the_page_of_its_record_and_an_open_one_does_not(point, client, head_tangfang):
    remark = left(point)
    assert "牌匾上的名称" not in client.get(f"/points/{point.code}/").content.decode()
    answer_remark(remark, outcome="corrected", reply=WORDS, by=head_tangfang)
    page = client.get(f"/points/{point.code}/").content.decode()
    assert "牌匾上的名称" in page
    assert WORDS in page


def test_contact_and_telephone_numbers_of_a_remark_are_in_no_public_answer(point, client, head_tangfang):
    """The canary: before, and after the answer, on every public address that could know of it."""
    remark = left(point)
    addresses = [
        f"/points/{point.code}/", f"/history/points/{point.code}/", f"/remarks/{remark.code}/", "/points/?format=csv",
        f"/remarks/new/?kind=points&code={point.code}", "/api/v1/figures/points/rows/", f"/search/?q={point.name}",
    ]  # fmt: skip

    def public_content() -> str:
        return "".join(client.get(address).getvalue().decode() for address in addresses)

    before = public_content()
    answer_remark(remark, outcome="unchanged", reply=f"请拨{PHONE}。", by=head_tangfang)
    for page in (before, public_content()):
        assert CONTACT not in page
        assert PHONE not in page
        assert remark.sender not in page
    assert CONTACT not in str(list(Event.objects.values_list("changes", "reason")))


def test_a_remark_that_is_not_published_tells_its_writer_why_and_nobody_else(point, client, head_tangfang):
    remark = left(point)
    reject_remark(remark, reason="与本记录无关", by=head_tangfang)
    assert "与本记录无关" in client.get(f"/remarks/{remark.code}/").content.decode()
    for address in (f"/points/{point.code}/", f"/history/points/{point.code}/"):
        page = client.get(address).content.decode()
        assert "与本记录无关" not in page
        assert "牌匾上的名称" not in page


def test_the_township_does_not_answer_what_it_passed_on_but_the_district_does(point, head_tangfang, administrator):
    remark = pass_on_remark(left(point), note="须由区级核实", by=head_tangfang)
    assert refused(answer_remark, remark, outcome="unchanged", reply=WORDS, by=head_tangfang) == "remark_passed_on"
    assert refused(pass_on_remark, remark, note="再转", by=administrator) == "remark_at_district"
    assert answer_remark(remark, outcome="unchanged", reply=WORDS, by=administrator).state == "answered"


def test_only_the_own_area_answers(point, clerk_daqi, leader, reviewer):
    remark = left(point)
    for user in (clerk_daqi, leader, reviewer):
        assert refused(answer_remark, remark, outcome="unchanged", reply=WORDS, by=user) == "not_allowed"


@pytest.mark.parametrize(
    ("outcome", "reply", "code"),
    [
        ("corrected", "", "reply_missing"),
        ("", WORDS, "outcome_missing"),
        ("passed_on", WORDS, "outcome_missing"),
        ("corrected", "\u202e反", "reply_unreadable"),
    ],
)
def test_an_answer_needs_words_and_an_outcome(outcome, reply, code, point, head_tangfang):
    assert refused(answer_remark, left(point), outcome=outcome, reply=reply, by=head_tangfang) == code


def test_the_second_of_two_who_answer_sees_who_was_first_and_keeps_the_own_words(
    point, client, head_tangfang, clerk_tangfang
):
    remark = left(point)
    answer_remark(remark, outcome="corrected", reply=WORDS, by=head_tangfang)
    client.force_login(clerk_tangfang)
    answer = client.post(f"/desk/remarks/{remark.code}/", {"act": "unchanged", "words": "我的答复内容"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert str(head_tangfang) in page
    assert "我的答复内容" in page
    remark.refresh_from_db()
    assert (remark.reply, remark.answered_by) == (WORDS, head_tangfang)


@pytest.mark.parametrize(
    ("act", "state", "outcome"),
    [
        ("corrected", "answered", "corrected"),
        ("unchanged", "answered", "unchanged"),
        ("passed_on", "new", "passed_on"),
        ("rejected", "rejected", ""),
    ],
)
def test_the_page_of_a_remark_settles_it(act, state, outcome, point, client, head_tangfang):
    remark = left(point)
    client.force_login(head_tangfang)
    page = client.get(remark.get_absolute_url()).content.decode()
    assert CONTACT in page
    assert remark.due_on.isoformat() in page
    assert client.post(remark.get_absolute_url(), {"act": act, "words": WORDS}).status_code == 302
    remark.refresh_from_db()
    assert (remark.state, remark.outcome) == (state, outcome)
    assert client.get("/desk/remarks/").status_code == 200


def test_whoever_may_not_answer_any_more_does_not_see_the_contact(point, client, head_tangfang):
    remark = pass_on_remark(left(point), note="须由区级核实", by=head_tangfang)
    client.force_login(head_tangfang)
    assert CONTACT not in client.get(remark.get_absolute_url()).content.decode()


def test_remarks_of_another_township_are_not_there(point, client, clerk_daqi, leader):
    remark = left(point)
    client.force_login(clerk_daqi)
    assert client.get(remark.get_absolute_url()).status_code == 404
    assert client.post(remark.get_absolute_url(), {"act": "unchanged", "words": WORDS}).status_code == 404
    assert "牌匾" not in client.get("/desk/remarks/").content.decode()
    client.force_login(leader)
    assert client.get("/desk/remarks/").status_code == 404


@pytest.mark.parametrize("kind", ["belts", "zones", "consortia", "projects", "routes", "honours"])
def test_records_of_every_kind_take_remarks(kind, sample, client):
    record = KINDS[kind].model.objects.public().order_by("code").first()
    assert f"/remarks/new/?kind={kind}&amp;code={record.code}" in client.get(f"/{kind}/{record.code}/").content.decode()
    assert sent(client, record, kind).status_code == 302
    assert Remark.objects.unscoped("test").get().area_id == record.area_id


def test_a_remark_on_a_township_is_that_townships(sample, client):
    assert sent(client, KINDS["townships"].model.objects.public().get(code="130207108"), "townships").status_code == 302
    assert Remark.objects.unscoped("test").get().area_id == "130207108"
