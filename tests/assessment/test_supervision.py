"""Supervision: found by a visit, asked for, put right, closed by somebody else; and the talk that follows."""

import html
import re
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from assessment.actions import supervision as acts
from assessment.models import AccountabilityAction, FindingState, SupervisionFinding
from assessment.overviews.supervision import findings_of, warning_of, warnings
from registry.actions.jobs import run_one
from registry.figures import FIGURES
from registry.loading.lifecycle import send_load
from registry.models import Area, Event, Load, Parameter, PartyOrganisation
from registry.overviews.news import latest_news
from registry.overviews.tasks import tasks_of
from registry.text.validators import Invalid
from tests.conftest import DAQI, TANGFANG
from tests.factories import PROOF, refused

SCRIPTED = {"HTTP_X_AUTOSAVE": "1"}

VISITED = date(2021, 6, 1)


def visit(reviewer, *findings: str, key=None, area=TANGFANG) -> list[SupervisionFinding]:
    organisation = PartyOrganisation.objects.unscoped("test").get(code=f"O-{area}")
    values = {"on": VISITED, "issuer": "区委组织部", "key": key or uuid4()}
    return acts.record_visit(organisation, findings or ["记录不全"], by=reviewer, **values)


def demanded(finding, reviewer) -> SupervisionFinding:
    acts.demand(finding, text="补齐记录", deadline=timezone.localdate(), person="示例人员", by=reviewer)
    return again(finding)


def make_late(finding, days: int = 1) -> SupervisionFinding:
    """As if its term had passed `days` ago."""
    term = timezone.localdate() - timedelta(days=days)
    SupervisionFinding.objects.unscoped("test").filter(pk=finding.pk).update(deadline=term)
    return again(finding)


def rectify(finding, clerk, **more):
    values = {"on": timezone.localdate(), "text": "已补齐记录", "proof": PROOF}
    return acts.rectify(finding, by=clerk, **values | more)


def again(finding) -> SupervisionFinding:
    return SupervisionFinding.objects.unscoped("test").get(pk=finding.pk)


def township(code: str) -> Area:
    return Area.objects.unscoped("test").get(pk=code)


@pytest.fixture
def finding(sample, reviewer):
    [finding] = visit(reviewer)
    return again(finding)


@pytest.fixture
def demanded_finding(finding, reviewer):
    return demanded(finding, reviewer)


@pytest.fixture
def rectified(demanded_finding, clerk_tangfang):
    rectify(demanded_finding, clerk_tangfang)
    return again(demanded_finding)


def test_a_finding_goes_from_the_visit_to_its_closing(finding, reviewer, clerk_tangfang):
    states = [finding.stage]
    demanded_finding = demanded(finding, reviewer)
    states.append(demanded_finding.stage)
    step = rectify(demanded_finding, clerk_tangfang)
    states.append(again(finding).stage)
    acts.close(finding, text="复查到位", by=reviewer)
    states.append(again(finding).stage)
    assert states == [FindingState.FOUND, FindingState.DEMANDED, FindingState.RECTIFIED, FindingState.CLOSED]
    assert step.proof.unscoped("test").count() == 1
    assert [step.act for step in finding.steps.all()] == ["rectify", "close"]
    assert (again(finding).rechecked_on, again(finding).progress) == (timezone.localdate(), "已补齐记录")
    assert Event.objects.filter(kind="supervisionfinding", code=finding.code).count() == 7


def test_what_was_not_put_right_goes_back_with_the_reason(rectified, reviewer, clerk_tangfang):
    assert refused(acts.send_back, rectified, text="不", by=reviewer) == "opinion_missing"
    acts.send_back(rectified, text="仍缺两次记录", by=reviewer)
    assert again(rectified).stage == FindingState.DEMANDED
    rectify(rectified, clerk_tangfang)
    acts.close(rectified, text="复查到位", by=reviewer)
    assert [step.act for step in rectified.steps.all()] == ["rectify", "return", "rectify", "close"]


def send_proof(client, name: str, content: bytes, parts: int = 2) -> str:
    """Sends a file in parts, like the script. Returns its ticket."""
    key, step = uuid4(), -(-len(content) // parts)
    answer = client.post("/desk/proof/begin/", {"upload": key, "name": name, "size": len(content)}, **SCRIPTED).json()
    while not answer["done"]:
        offset = answer["received"]
        part, address = content[offset : offset + step], f"/desk/proof/{key}/?offset={offset}"
        sent = client.post(address, part, content_type="application/octet-stream", **SCRIPTED)
        assert sent.status_code == 200, sent.json()
        answer = sent.json()
    return answer["ticket"]


def test_proof_that_was_sent_in_parts_goes_with_its_form(demanded_finding, clerk_tangfang, client):
    client.force_login(clerk_tangfang)
    tickets = [send_proof(client, name, PROOF[0].content) for name in ("整改前.jpg", "整改后.jpg")]
    form = {"on": timezone.localdate().isoformat(), "text": "已补齐记录", "proof-sent": tickets}
    assert client.post(f"/desk/supervision/{demanded_finding.code}/rectify/", form).status_code == 302
    [step] = again(demanded_finding).steps.all()
    assert [proof.file_name for proof in step.proof.unscoped("test")] == [
        "整改前.jpg"
    ]  # the same bytes are stored once


def test_sent_proof_is_still_there_when_its_form_comes_back(demanded_finding, clerk_tangfang, client):
    client.force_login(clerk_tangfang)
    ticket = send_proof(client, "整改后.jpg", PROOF[0].content)
    form = {"on": timezone.localdate().isoformat(), "text": "短", "proof-sent": [ticket]}
    page = client.post(f"/desk/supervision/{demanded_finding.code}/rectify/", form)
    assert page.status_code == 400
    assert f'value="{ticket}"' in page.content.decode()
    assert "整改后.jpg" in page.content.decode()


def test_a_file_that_is_no_proof_is_refused_when_it_has_arrived(demanded_finding, clerk_tangfang, client):
    client.force_login(clerk_tangfang)
    key = uuid4()
    client.post("/desk/proof/begin/", {"upload": key, "name": "程序.exe", "size": 4}, **SCRIPTED)
    answer = client.post(f"/desk/proof/{key}/?offset=0", b"MZ00", content_type="application/octet-stream", **SCRIPTED)
    assert (answer.status_code, answer.json()["received"]) == (409, 0)
    assert "程序.exe" in answer.json()["error"]


@pytest.mark.parametrize("ticket", ["made up", f"{uuid4().hex}:signature"], ids=["made up", "unsigned"])
def test_a_ticket_that_was_not_given_proves_nothing(ticket, demanded_finding, clerk_tangfang, client):
    client.force_login(clerk_tangfang)
    form = {"on": timezone.localdate().isoformat(), "text": "已补齐记录", "proof-sent": [ticket]}
    page = client.post(f"/desk/supervision/{demanded_finding.code}/rectify/", form)
    assert page.status_code == 400
    assert "请重新选择" in page.content.decode()


def test_who_began_a_proof_alone_sends_its_parts(demanded_finding, clerk_tangfang, head_tangfang, client):
    key, begin = uuid4(), "/desk/proof/begin/"
    client.force_login(clerk_tangfang)
    client.post(begin, {"upload": key, "name": "a.jpg", "size": 9}, **SCRIPTED)
    client.force_login(head_tangfang)
    assert client.post(begin, {"upload": key, "name": "a.jpg", "size": 9}, **SCRIPTED).status_code == 409
    part = client.post(f"/desk/proof/{key}/?offset=0", b"123", content_type="application/octet-stream", **SCRIPTED)
    assert part.status_code == 404


def test_what_became_of_a_finding_is_news_of_its_township(rectified, reviewer, clerk_tangfang):
    acts.send_back(rectified, text="仍缺两次记录", by=reviewer)
    news = latest_news(clerk_tangfang, timezone.localdate())[0]
    assert (news.url, news.event.verb) == (rectified.get_absolute_url(), "return")


def test_who_put_it_right_never_closes_it(rectified, clerk_tangfang, reviewer):
    assert refused(acts.close, rectified, text="复查到位", by=clerk_tangfang) == "not_allowed"
    clerk_tangfang.role, clerk_tangfang.write_prefix = "reviewer", "130207"
    clerk_tangfang.save()
    assert refused(acts.close, rectified, text="复查到位", by=clerk_tangfang) == "own_work"


def test_each_step_waits_for_the_one_before(finding, reviewer, clerk_tangfang):
    assert refused(rectify, finding, clerk_tangfang) == "finding_moved_on"
    demanded_finding = demanded(finding, reviewer)
    assert refused(acts.close, demanded_finding, text="复查到位", by=reviewer) == "finding_moved_on"
    rectify(demanded_finding, clerk_tangfang)
    assert refused(demanded, demanded_finding, reviewer) == "finding_moved_on"


def test_only_the_township_itself_puts_right_and_only_the_district_asks(
    demanded_finding, clerk_daqi, clerk_tangfang, reviewer
):
    assert (
        refused(rectify, demanded_finding, clerk_daqi) == refused(rectify, demanded_finding, reviewer) == "not_allowed"
    )
    assert refused(visit, clerk_tangfang) == refused(demanded, demanded_finding, clerk_tangfang) == "not_allowed"


def test_putting_right_needs_proof_and_a_day_that_fits(demanded_finding, clerk_tangfang):
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert refused(rectify, demanded_finding, clerk_tangfang, proof=[]) == "proof_missing"
    assert refused(rectify, demanded_finding, clerk_tangfang, on=tomorrow) == "in_future"
    assert refused(rectify, demanded_finding, clerk_tangfang, on=VISITED - timedelta(days=1)) == "before_opening"


def test_a_term_lies_ahead_when_it_is_given(finding, reviewer):
    values = {"text": "补齐记录", "person": "", "by": reviewer}
    assert refused(acts.demand, finding, deadline=timezone.localdate() - timedelta(days=1), **values) == "term_passed"


def test_a_visit_may_find_several_things_and_the_form_sent_twice_makes_them_once(sample, reviewer):
    key = uuid4()
    first = visit(reviewer, "记录不全", "公开栏陈旧", "记录不全", key=key)
    assert visit(reviewer, "记录不全", "公开栏陈旧", key=key) == first
    assert [finding.finding for finding in first] == ["记录不全", "公开栏陈旧"]


def test_a_finding_that_is_too_long_is_said_at_its_field_and_what_was_typed_stays(sample, client, reviewer):
    client.force_login(reviewer)
    typed = "记录不全\n" + "长" * 301
    answer = client.post("/desk/supervision/new/", {"findings": typed, "issuer": "区委组织部", "key": uuid4()})
    form = answer.context["form"]
    assert form.errors["findings"] == [str(Invalid("too_long", length=301, most=300))]
    assert form["findings"].value() == typed


def test_the_township_is_told_how_far_it_is_from_a_talk(sample, reviewer):
    lefts = [warning_of(township(TANGFANG), timezone.localdate()).left]
    for finding in visit(reviewer, "一项", "二项", "三项"):
        make_late(finding)
        lefts.append(warning_of(township(TANGFANG), timezone.localdate()).left)
    assert lefts == [3, 2, 1, 0]
    assert warning_of(township(TANGFANG), timezone.localdate()).fired


def test_a_talk_is_recorded_only_when_the_rule_has_fired_and_the_rule_begins_anew(sample, reviewer, administrator):
    place = township(TANGFANG)
    organisation = PartyOrganisation.objects.unscoped("test").get(code=f"O-{TANGFANG}")
    today = timezone.localdate()
    values = {"organisation": organisation, "person": "示例人员", "occurred_on": today, "reason": "逾期未改"}
    findings = visit(reviewer, "一项", "二项", "三项")
    assert refused(acts.record_talk, place, by=administrator, **values) == "talk_not_due"
    for finding in findings:
        make_late(finding)
    assert refused(acts.record_talk, place, by=reviewer, **values) == "not_allowed"
    talk = acts.record_talk(place, by=administrator, **values)
    assert (talk.kind, talk.area_id) == ("interview", TANGFANG)
    assert refused(acts.record_talk, place, by=administrator, **values) == "talk_not_due"
    assert AccountabilityAction.objects.public().count() == 0


def test_a_talk_counts_in_the_figure_of_its_year(sample, scope, reviewer, administrator):
    before = FIGURES["interviews"].answer(scope).value
    for finding in visit(reviewer, "一项", "二项", "三项"):
        make_late(finding)
    organisation = PartyOrganisation.objects.unscoped("test").get(code=f"O-{TANGFANG}")
    values = {
        "organisation": organisation,
        "person": "示例人员",
        "occurred_on": date(2021, 12, 1),
        "reason": "逾期未改",
    }
    acts.record_talk(township(TANGFANG), by=administrator, **values)
    assert (before, FIGURES["interviews"].answer(scope).value) == (5, 6)


def test_the_rule_is_the_districts(sample, reviewer):
    Parameter.objects.unscoped("test").filter(rule="talk-overdue-findings").update(value=1)
    make_late(visit(reviewer)[0])
    [warning] = warnings(TANGFANG, timezone.localdate())
    assert (warning.township.pk, warning.fired) == (TANGFANG, True)


def test_what_waits_for_the_check_is_not_overdue(demanded_finding, reviewer, clerk_tangfang):
    late = make_late(demanded_finding)
    counts = [warning_of(township(TANGFANG), timezone.localdate()).overdue]
    rectify(late, clerk_tangfang)
    counts.append(warning_of(township(TANGFANG), timezone.localdate()).overdue)
    acts.send_back(late, text="仍缺记录", by=reviewer)
    counts.append(warning_of(township(TANGFANG), timezone.localdate()).overdue)
    assert counts == [1, 0, 1]


def test_open_and_closed_of_a_year_are_counted_for_a_scheme(sample):
    assert findings_of("130207", date(2021, 12, 31)) == (4, 4)
    assert findings_of("130207", date(2021, 7, 17)) == (1, 3)
    assert findings_of("130207", date(2020, 12, 31)) == (0, 0)


def test_the_desk_asks_each_for_the_next_step(finding, reviewer, head_tangfang, clerk_tangfang):
    def asked_of(user):
        return {task.what for task in tasks_of(user, timezone.localdate()) if task.about == finding.finding}

    assert asked_of(reviewer) == {"督导问题待交办"}
    demanded_finding = demanded(finding, reviewer)
    assert (asked_of(reviewer), asked_of(head_tangfang)) == (set(), {"督导问题待整改"})
    rectify(make_late(demanded_finding), clerk_tangfang)
    assert (asked_of(clerk_tangfang), asked_of(reviewer)) == (set(), {"整改情况待复查"})


def test_the_administrator_is_asked_for_the_talk(sample, reviewer, administrator):
    for finding in visit(reviewer, "一项", "二项", "三项"):
        make_late(finding)
    tasks = [task.about for task in tasks_of(administrator, timezone.localdate()) if "talk" in task.url]
    assert tasks == ["唐坊镇"]


def test_a_township_finds_its_own_findings_only(finding, client, clerk_daqi, clerk_tangfang):
    address = f"/desk/supervision/{finding.code}/"
    answers = []
    for account in (clerk_daqi, clerk_tangfang):
        client.force_login(account)
        answers.append(
            (client.get(address).status_code, "记录不全</b>" in client.get("/desk/supervision/").content.decode())
        )
    assert answers == [(404, False), (200, True)]


def test_the_page_shows_how_far_the_talk_is_before_it_is_due(sample, client, clerk_daqi):
    client.force_login(clerk_daqi)
    assert "还差1条即约谈" in client.get("/desk/supervision/").content.decode()
    assert warning_of(township(DAQI), timezone.localdate()).left == 1


def test_the_findings_of_the_own_area_are_taken_away_as_a_file_that_comes_back_the_same(
    finding, client, clerk_daqi, clerk_tangfang, administrator
):
    files = {}
    for account in (clerk_daqi, clerk_tangfang, administrator):
        client.force_login(account)
        address = re.search(r'href="([^"]+format=csv[^"]*)"', client.get("/desk/supervision/").content.decode())[1]
        files[account] = b"".join(client.get(html.unescape(address)).streaming_content)
    assert [finding.code in file.decode() for file in files.values()] == [False, True, True]
    load = send_load("整改.csv", files[administrator], kind="supervision", key=uuid4(), by=administrator)
    run_one(load.job_id)
    assert {*load.rows.values_list("verdict", flat=True)} == {"same"}
    columns = Load.objects.visible_to(administrator).get().sheets[0]["columns"]
    assert [column["heading"] for column in columns if not column["field"]] == ["区划代码", "标记"]
