"""Secretary projects by program: through the three ledgers by two people, under the rules of the pages."""

from datetime import timedelta

import pytest
from django.utils.timezone import localdate

from assessment.actions import projects as acts
from assessment.models import SecretaryProject
from registry.models import PartyOrganisation
from tests.api.sending import faults, program, send_form
from tests.factories import PHOTO

ALL_VERBS = ["freeze", "amend", "checks", "solve", "hand-in", "sign-off", "return"]


@pytest.fixture
def project(clerk):
    organisation = PartyOrganisation.objects.unscoped("test").get(code=f"O-{clerk.account.write_prefix}")
    plan = SecretaryProject(
        name="唐坊镇“支部规范”书记项目", organisation=organisation, measures="逐项整改。",
        expected_results="支部达标。", deadline=localdate() + timedelta(days=30), responsible_person="示例书记",
    )  # fmt: skip
    return acts.open_project(plan, ["活动开展不扎实"], by=clerk.account)


def reasons(answer: tuple) -> tuple[int, str]:
    return answer[0], answer[1]["type"].removeprefix("urn:showcase:problem:")


def handed_in(project, clerk) -> str:
    """The address of a project whose ledger was handed in today."""
    address = f"projects/{project.code}"
    assert clerk.post(f"{address}/freeze/")[0] == 200
    values = {"text": "一个问题未解决", "difference": "尚有一个问题未解决"}
    assert clerk.post(f"{address}/hand-in/", values)[0] == 200
    return address


def test_a_project_passes_through_its_ledgers_and_a_second_person_signs(project, clerk, reviewer):
    address, today = f"projects/{project.code}", localdate().isoformat()
    status, frozen = clerk.post(f"{address}/freeze/")
    assert (status, frozen["frozen"], frozen["opened_on"]) == (200, True, today)
    status, checked = clerk.post(f"{address}/checks/", {"percent": "50", "light": "on_track", "text": "进度过半"})
    assert (status, checked["checks"], checked["handed_in_on"]) == (200, 1, None)
    values = {"text": "一个问题未解决", "difference": "尚有一个问题未解决"}
    status, closed = clerk.post(f"{address}/hand-in/", values)
    assert (status, closed["handed_in_on"], closed["signed_on"]) == (200, today, None)
    status, signed = program(reviewer).post(f"{address}/sign-off/")
    assert (status, signed["signed_on"]) == (200, today)


def test_a_difference_must_be_explained(project, clerk):
    clerk.post(f"projects/{project.code}/freeze/")
    answer = clerk.post(f"projects/{project.code}/hand-in/", {"text": "一个问题未解决"})
    assert reasons(answer) == (409, "difference-missing")


def test_who_wrote_in_the_ledger_does_not_sign_it(project, clerk, reviewer):
    clerk.post(f"projects/{project.code}/freeze/")
    checker = program(reviewer)
    values = {"percent": "50", "light": "on_track", "text": "进度过半"}
    assert checker.post(f"projects/{project.code}/checks/", values)[0] == 200
    clerk.post(f"projects/{project.code}/hand-in/", {"text": "未解决", "difference": "尚有一个问题未解决"})
    assert reasons(checker.post(f"projects/{project.code}/sign-off/")) == (409, "own-work")
    assert reasons(clerk.post(f"projects/{project.code}/sign-off/")) == (403, "not-allowed")


def test_what_was_sent_back_may_be_handed_in_again(project, clerk, reviewer):
    address = handed_in(project, clerk)
    status, content = program(reviewer).post(f"{address}/return/", {"reason": "佐证不足，请补充"})
    assert (status, content["handed_in_on"]) == (200, None)
    assert clerk.get(f"{address}/hand-in/")["refusals"] == []


def test_a_check_says_how_far_it_is_and_shows_a_light(project, clerk):
    clerk.post(f"projects/{project.code}/freeze/")
    answer = clerk.post(f"projects/{project.code}/checks/", {"percent": "101", "text": "进度"})
    assert (answer[0], [field for _, field, _ in faults(answer)]) == (400, ["percent", "light"])


def test_a_project_says_its_acts_and_what_stands_against_them(project, clerk):
    offered = clerk.get(f"projects/{project.code}/actions/")
    assert [action["verb"] for action in offered] == ALL_VERBS
    assert [refusal["code"] for refusal in offered[1]["refusals"]] == ["ledger_not_open", "not_frozen"]
    assert [refusal["code"] for refusal in offered[2]["refusals"]] == ["ledger_not_open"]


def test_a_project_of_another_township_is_not_there(project, clerk_daqi):
    assert program(clerk_daqi).post(f"projects/{project.code}/freeze/")[0] == 404


def test_a_promise_is_amended_in_the_open_and_what_is_not_sent_stays(project, clerk):
    address = f"projects/{project.code}"
    clerk.post(f"{address}/freeze/")
    sent = {"measures": "改为分类整改。", "problems": ["活动开展不扎实", "阵地功能不全"], "reason": "上级部署调整"}
    assert clerk.post(f"{address}/amend/", sent, If_Match='"9"')[0] == 412
    assert clerk.post(f"{address}/amend/", sent)[0] == 200
    amendment = project.amendments.get()
    assert amendment.changes == {
        "measures": ["逐项整改。", "改为分类整改。"],
        "problems": [["活动开展不扎实"], ["活动开展不扎实", "阵地功能不全"]],
    }
    stored = SecretaryProject.objects.unscoped("test").get(pk=project.pk)
    assert (stored.measures, stored.expected_results) == ("改为分类整改。", "支部达标。")
    assert reasons(clerk.post(f"{address}/amend/", sent)) == (409, "nothing-amended")


def test_an_amendment_empties_nothing_and_says_why(project, clerk):
    address = f"projects/{project.code}/amend/"
    clerk.post(f"projects/{project.code}/freeze/")
    sent = {"measures": " ", "problems": [], "deadline": ""}
    assert faults(clerk.post(address, sent)) == [
        (None, "measures", "required"), (None, "deadline", "required"), (None, "reason", "required"),
    ]  # fmt: skip
    assert faults(clerk.post(address, {"problems": [], "reason": "上级部署调整"})) == [(None, "problems", "required")]
    assert reasons(clerk.post(address, {"team": "新组", "reason": "改"})) == (409, "amendment-reason")


def test_a_problem_is_struck_off_once_with_its_proof(project, clerk):
    address = f"projects/{project.code}/solve/"
    clerk.post(f"projects/{project.code}/freeze/")
    [problem] = acts.problems_of(project)
    values = {"problem": problem.code, "result": "已整改到位"}
    assert faults(send_form(clerk, address, values)) == [(None, "proof", "required")]
    assert faults(send_form(clerk, address, values | {"problem": "PP-NONE"}, PHOTO)) == [
        (None, "problem", "not_a_choice")
    ]
    assert send_form(clerk, address, values, PHOTO)[0] == 200
    [problem] = acts.problems_of(project)
    assert (problem.solved_on, problem.result) == (localdate(), "已整改到位")
    assert problem.proof.unscoped("test").count() == 1
    assert reasons(send_form(clerk, address, values, PHOTO)) == (409, "solved-already")


def test_a_check_may_be_proved_and_need_not_be(project, clerk, reviewer):
    address = f"projects/{project.code}"
    clerk.post(f"{address}/freeze/")
    values = {"percent": "50", "light": "on_track", "text": "进度过半"}
    assert send_form(clerk, f"{address}/checks/", values, PHOTO)[0] == 200
    entry = project.entries.get(stage="check")
    assert entry.proof.unscoped("test").count() == 1
    assert faults(program(reviewer).post(f"{address}/checks/", values | {"proof": ["x"]})) == [
        (None, "proof", "not_a_file")
    ]
