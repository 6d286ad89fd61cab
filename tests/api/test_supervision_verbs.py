"""Supervision by program: found, asked for, put right with proof, closed by somebody else."""

from datetime import timedelta

import pytest
from django.utils.timezone import localdate

from assessment.models import SupervisionFinding
from registry.models import Event, Evidence
from tests.api.sending import faults, problem, program, send_form
from tests.conftest import TANGFANG
from tests.factories import PHOTO

TODAY = localdate()
ADDRESS = f"organisations/O-{TANGFANG}/visit/"
VISIT = {"issuer": "区委组织部", "findings": ["记录不全", "阵地陈旧"]}
DEMAND = {"text": "补齐记录", "deadline": (TODAY + timedelta(days=10)).isoformat(), "person": "示例人员"}

RECTIFIED = {"text": "已补齐记录"}
OTHER_PHOTO = PHOTO + b" "


@pytest.fixture
def inspector(sample, reviewer):
    return program(reviewer)


@pytest.fixture
def finding(inspector) -> str:
    """The address of what a visit found."""
    status, made = inspector.post(ADDRESS, VISIT)
    assert (status, [result["state"] for result in made["results"]]) == (201, ["found", "found"])
    return f"findings/{made['results'][0]['code']}/"


@pytest.fixture
def demanded(finding, inspector) -> str:
    assert inspector.post(f"{finding}demand/", DEMAND)[1]["state"] == "demanded"
    return finding


@pytest.fixture
def rectified(demanded, clerk) -> str:
    status, content = send_form(clerk, f"{demanded}rectify/", RECTIFIED, PHOTO)
    assert (status, content["state"]) == (200, "rectified")
    return demanded


def test_a_finding_passes_from_the_visit_to_its_closing(rectified, inspector):
    assert inspector.post(f"{rectified}close/", {"text": "复查到位"})[1]["state"] == "closed"
    steps = inspector.get(f"{rectified}?as_of={TODAY}")["steps"]
    assert [(step["act"], step["text"]) for step in steps] == [("rectify", "已补齐记录"), ("close", "复查到位")]
    events = Event.objects.filter(kind="supervisionfinding", code=rectified.split("/")[1])
    assert {"add", "change", "photo", "rectify", "sign-off"} == set(events.values_list("verb", flat=True))


def test_what_is_not_put_right_is_sent_back_and_asked_for_again(rectified, inspector):
    assert inspector.post(f"{rectified}return/", {"text": "照片不清"})[1]["state"] == "demanded"
    assert inspector.post(f"{rectified}demand/", {"text": "重新补齐", "deadline": DEMAND["deadline"]})[0] == 200
    finding = SupervisionFinding.objects.unscoped("test").get(code=rectified.split("/")[1])
    assert (finding.demand, finding.person) == ("重新补齐", "示例人员")


def test_nothing_is_put_right_without_proof_and_proof_comes_as_a_form(demanded, clerk):
    address = f"{demanded}rectify/"
    assert faults(send_form(clerk, address, RECTIFIED)) == [(None, "proof", "required")]
    assert clerk.post(address, {"text": "已补齐记录", "proof": ["x"]})[0] == 415
    assert faults(send_form(clerk, address, RECTIFIED | {"proof": "x"})) == [(None, "proof", "not_a_file")]
    assert problem(send_form(clerk, address, RECTIFIED, b"x")) == (409, "not-a-photo")
    assert problem(send_form(clerk, address, RECTIFIED, b"")) == (400, "file-empty")


def test_several_files_prove_it_and_the_same_key_sends_them_once(demanded, clerk):
    before, address = Evidence.objects.unscoped("test").count(), f"{demanded}rectify/"
    sent = [
        send_form(clerk, address, RECTIFIED, *photos, Idempotency_Key="r")[0]
        for photos in ((PHOTO, OTHER_PHOTO), (PHOTO, OTHER_PHOTO), (PHOTO,))
    ]
    assert sent == [200, 200, 422]
    assert Evidence.objects.unscoped("test").count() == before + 2


def test_each_step_has_its_turn(finding, inspector, clerk):
    assert problem(send_form(clerk, f"{finding}rectify/", RECTIFIED, PHOTO)) == (409, "finding-moved-on")
    acts = {
        action["verb"]: [refusal["code"] for refusal in action["refusals"]]
        for action in inspector.get(f"{finding}actions/")
    }
    assert acts == {
        "demand": [], "rectify": ["not_allowed"], "close": ["finding_moved_on"], "return": ["finding_moved_on"],
    }  # fmt: skip
    past = {"deadline": (TODAY - timedelta(days=1)).isoformat()}
    assert problem(inspector.post(f"{finding}demand/", DEMAND | past)) == (409, "term-passed")


def test_a_visit_says_who_supervised_and_what_was_found(inspector, clerk, client):
    assert faults(inspector.post(ADDRESS, {"findings": [""]})) == [
        (None, "findings", "required"), (None, "issuer", "required"),
    ]  # fmt: skip
    later = {"on": (TODAY + timedelta(days=1)).isoformat()}
    assert problem(inspector.post(ADDRESS, VISIT | later)) == (409, "in-future")
    assert problem(clerk.post(ADDRESS, VISIT)) == (403, "not-allowed")
    assert client.post(f"/api/v1/{ADDRESS}").status_code == 401


def test_what_was_found_in_another_township_is_not_there(demanded, clerk_daqi, client):
    other = program(clerk_daqi)
    assert [other("GET", f"{demanded}{act}")[0] for act in ("", "actions/", "rectify/")] == [404, 404, 404]
    assert send_form(other, f"{demanded}rectify/", RECTIFIED, PHOTO)[0] == 404
    assert client.get(f"/api/v1/{demanded}").status_code == 404


def test_a_step_may_name_the_version_it_read(finding, inspector):
    assert inspector.post(f"{finding}demand/", DEMAND, If_Match='"9"')[0] == 412
    assert inspector.post(f"{finding}demand/", DEMAND, If_Match='"1"')[0] == 200
