"""The forms of secretary projects: saved while typing, sealed after one more question, absent where nothing can be
done."""

import re
from datetime import date

import pytest
from django.utils import timezone

from assessment.actions import projects as acts
from assessment.models import SecretaryProject
from registry.models import PartyOrganisation, UnsentForm
from tests.assessment.test_projects import DEADLINE, HANDED_IN, OPENED, PROBLEMS, SOLVED, plan
from tests.factories import PROOF

NEW = "/desk/projects/new/"
SCRIPTED = {"HTTP_X_AUTOSAVE": "1"}


@pytest.fixture
def clerk(sample, client, clerk_tangfang):
    client.force_login(clerk_tangfang)
    return client


@pytest.fixture
def planned(clerk, clerk_tangfang) -> SecretaryProject:
    return acts.open_project(plan(clerk_tangfang), PROBLEMS, by=clerk_tangfang)


@pytest.fixture
def opened(planned, clerk_tangfang) -> SecretaryProject:
    acts.freeze_promise(planned, on=OPENED, by=clerk_tangfang)
    return planned


def page_of(client, address: str) -> str:
    return client.get(address).content.decode()


def test_what_is_typed_is_saved_and_found_again_on_another_device(clerk, opened):
    address = f"/desk/projects/{opened.code}/check/"
    answer = clerk.post(address, {"text": "已完成一半"}, **SCRIPTED).json()
    assert (answer["problems"], answer["conflicts"]) == ({}, [])
    clerk.post(address, {"percent": "60"}, **SCRIPTED)
    page = page_of(clerk, address)
    assert "已完成一半" in page
    assert 'value="60"' in page
    assert opened.entries.filter(stage="check").count() == 0


def test_a_wrong_value_is_named_while_typing_and_an_empty_one_is_not(clerk, opened):
    answer = clerk.post(f"/desk/projects/{opened.code}/check/", {"percent": "一半", "text": ""}, **SCRIPTED)
    assert list(answer.json()["problems"]) == ["percent"]


def test_what_was_typed_is_the_accounts_own(clerk, opened, head_tangfang):
    address = f"/desk/projects/{opened.code}/check/"
    clerk.post(address, {"text": "已完成一半"}, **SCRIPTED)
    clerk.force_login(head_tangfang)
    assert "已完成一半" not in page_of(clerk, address)


def test_a_form_that_was_sent_begins_anew_on_every_phone(clerk, opened, clerk_tangfang):
    address = f"/desk/projects/{opened.code}/check/"
    clerk.post(address, {"text": "已完成一半"}, **SCRIPTED)
    before = page_of(clerk, address)
    form = {"on": timezone.localdate().isoformat(), "percent": "60", "light": "on_track", "text": "已完成一半"}
    assert clerk.post(address, form).status_code == 302
    unsent = UnsentForm.objects.get(by=clerk_tangfang, path=address)
    assert unsent.values == {}
    keep = f'data-keep="{clerk_tangfang.pk}:{address}:"'
    assert keep in before
    assert keep not in page_of(clerk, address)


def test_the_reason_for_sending_a_ledger_back_is_saved_while_it_is_typed(clerk, opened, reviewer):
    clerk.force_login(reviewer)
    address = f"/desk/projects/{opened.code}/sign/"
    assert clerk.post(address, {"reason": "佐证不全"}, **SCRIPTED).json()["problems"] == {}
    assert UnsentForm.objects.get(by=reviewer, path=address).values == {"reason": "佐证不全"}
    assert opened.amendments.count() == 0


def test_a_promise_is_amended_in_a_form_of_what_a_person_fills_in(clerk, opened):
    labels = re.findall(r"<label[^>]*>([^<]*)", page_of(clerk, f"/desk/projects/{opened.code}/amend/"))
    assert {"Key", "Version"} & {label.strip() for label in labels} == set()


def test_a_new_plan_is_kept_before_there_is_a_project(clerk):
    count = SecretaryProject.objects.unscoped("test").count()
    clerk.post(NEW, {"name": "唐坊镇新项目", "measures": "先查后改\x00"}, **SCRIPTED)
    page = page_of(clerk, NEW)
    assert "唐坊镇新项目" in page
    assert "先查后改" in page
    assert SecretaryProject.objects.unscoped("test").count() == count


def test_sealing_a_promise_asks_once_more_and_says_what_it_seals(clerk, planned):
    address = f"/desk/projects/{planned.code}/open/"
    page = clerk.post(address, {"on": OPENED.isoformat()})
    assert page.status_code == 200
    for words in (*PROBLEMS, planned.measures, planned.expected_results, str(DEADLINE), str(OPENED)):
        assert words in page.content.decode()
    assert not acts.has_promise(planned)
    assert clerk.post(address, {"on": OPENED.isoformat(), "sure": "1"}).status_code == 302
    assert acts.has_promise(planned)


def test_before_the_sealing_it_says_that_something_typed_is_not_saved(clerk, planned):
    clerk.post(f"/desk/projects/{planned.code}/", {"measures": "改为分类整改。"}, **SCRIPTED)
    page = clerk.post(f"/desk/projects/{planned.code}/open/", {"on": OPENED.isoformat()}).content.decode()
    assert "已输入但未保存" in page


def test_a_promise_that_cannot_be_sealed_is_not_asked_about(clerk, planned):
    late = {"on": date(2021, 12, 31).isoformat(), "sure": "1"}
    assert clerk.post(f"/desk/projects/{planned.code}/open/", late).status_code == 409
    assert not acts.has_promise(planned)


def test_a_plan_that_cannot_be_sealed_says_why_without_a_form(clerk, clerk_tangfang):
    organisation = PartyOrganisation.objects.unscoped("test").get(code="O-130207108")
    project = acts.open_project(plan(clerk_tangfang, organisation=organisation, measures=""), [], by=clerk_tangfang)
    page = page_of(clerk, f"/desk/projects/{project.code}/")
    assert 'id="why-not"' in page
    assert 'name="on"' not in page


@pytest.mark.parametrize("step", ["check", "solve", "amend", "hand-in"])
def test_a_ledger_that_was_handed_in_shows_no_form(step, clerk, opened, clerk_tangfang):
    for problem in acts.problems_of(opened):
        acts.solve_problem(problem, on=SOLVED, result="已整改到位", proof=PROOF, by=clerk_tangfang)
    acts.hand_in(opened, on=HANDED_IN, text="支部全部达标", by=clerk_tangfang)
    page = page_of(clerk, f"/desk/projects/{opened.code}/{step}/")
    assert 'id="why-not"' in page
    assert "draft-form" not in page
    assert "<textarea" not in page


def test_a_project_without_open_problems_offers_none_to_strike_off(clerk, opened, clerk_tangfang):
    for problem in acts.problems_of(opened):
        acts.solve_problem(problem, on=SOLVED, result="已整改到位", proof=PROOF, by=clerk_tangfang)
    page = page_of(clerk, f"/desk/projects/{opened.code}/solve/")
    assert "问题已全部解决" in page
    assert "<textarea" not in page
