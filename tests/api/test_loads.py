"""Files by program: sent, looked at, applied, taken back."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from registry.actions.jobs import run_one
from registry.models import Load
from tests.api.sending import Program, program
from tests.conftest import TANGFANG

GOOD = "乡镇,村名,年度,集体经济年收入(万元)\n唐坊镇,孔家庄,2025,8.6\n"
HALF = GOOD + "唐坊镇,无此村,2025,8.6\n"


@pytest.fixture
def clerk(sample, clerk_tangfang, settings, tmp_path) -> Program:
    settings.PRIVATE_ROOT = tmp_path
    return program(clerk_tangfang)


def send(sender: Program, text: str = GOOD, name: str = "收入.csv", **fields: str) -> tuple[int, dict]:
    key = {"Idempotency-Key": fields.pop("key")} if "key" in fields else {}
    file = {"file": SimpleUploadedFile(name, text.encode())} if text is not None else {}
    sender.last = Client().post(
        "/api/v1/loads/", {**fields, **file}, headers={"Authorization": f"Token {sender.text}", **key}
    )
    return sender.last.status_code, sender.last.json()


def work() -> None:
    while run_one():
        pass


def test_a_dry_run_says_what_would_become_of_the_rows_and_writes_nothing(clerk):
    status, sent = send(clerk, HALF, kind="income", dry_run="true")
    assert (status, clerk.last["Location"], sent["state"]) == (202, sent["url"], "reading")
    work()
    load = clerk.get(sent["url"])
    assert (load["state"], load["kind"], load["new"], load["refused"]) == ("ready", "income", 1, 1)
    [row] = load["rows"]
    assert (row["row"], row["verdict"], [message["code"] for message in row["messages"]]) == (
        3,
        "refused",
        ["village_unknown"],
    )


def test_it_is_applied_and_taken_back(clerk):
    url = send(clerk, dry_run="1")[1]["url"]
    work()
    states = []
    for act in ("apply", "apply", "undo", "undo"):
        assert clerk.post(f"{url}{act}/")[0] == 202
        work()
        states.append(clerk.get(url)["state"])
    assert states == ["applied", "applied", "undone", "undone"]


def test_without_a_dry_run_the_good_rows_are_written_at_once(clerk):
    url = send(clerk, HALF, kind="incomes")[1]["url"]
    work()
    load = clerk.get(url)
    assert (load["state"], load["new"], load["refused"]) == ("applied", 1, 1)


def test_the_same_file_under_the_same_key_is_one_load(clerk):
    first = send(clerk, key="k")
    assert send(clerk, key="k") == first
    assert send(clerk, HALF, key="k")[0] == 422
    assert Load.objects.unscoped("test").count() == 1


@pytest.mark.parametrize(
    ("text", "fields", "status", "code"),
    [
        (None, {}, 400, "file-missing"),
        ("", {}, 400, "file-empty"),
        (GOOD, {"kind": "belt"}, 400, "kind-unknown"),
        (GOOD, {"kind": "nonsense"}, 400, "kind-unknown"),
        (GOOD, {"dry_run": "perhaps"}, 400, "bad-request"),
    ],
)
def test_what_cannot_be_loaded_is_said_at_once(clerk, text, fields, status, code):
    answer = send(clerk, text, **fields)
    assert (answer[0], answer[1]["type"]) == (status, f"urn:showcase:problem:{code}")


def test_a_file_that_is_too_large_is_refused(clerk, monkeypatch):
    monkeypatch.setattr("registry.loading.lifecycle.MOST_BYTES", 10)
    status, problem = send(clerk)
    assert (status, problem["type"]) == (413, "urn:showcase:problem:file-size")  # split it, not: take another photo


def test_an_act_that_comes_too_early_is_refused(clerk):
    url = send(clerk, dry_run="1")[1]["url"]
    assert clerk.post(f"{url}undo/")[1]["type"] == "urn:showcase:problem:load-moved-on"
    assert clerk.post(f"{url}cancel/")[1]["state"] == "cancelled"


def test_all_rows_are_listed_page_by_page_and_by_their_verdict(clerk):
    url = send(clerk, HALF, dry_run="1")[1]["url"]
    work()
    first = clerk.get(f"{url}rows/?page_size=1")
    second = clerk.get(first["next"])
    assert [row["row"] for page in (first, second) for row in page["results"]] == [2, 3]
    assert [row["row"] for row in clerk.get(f"{url}rows/?verdict=refused")["results"]] == [3]
    assert clerk("GET", f"{url}rows/?verdict=none")[0] == 400


def test_a_load_is_its_senders_own(clerk, clerk_daqi, administrator):
    sent = send(clerk)[1]
    assert program(clerk_daqi)("GET", sent["url"])[0] == 404
    assert [result["key"] for result in program(clerk_daqi).get("loads/")["results"]] == []
    assert [result["key"] for result in program(administrator).get("loads/")["results"]] == [sent["key"]]
    assert Client().get(sent["url"]).status_code == 401


def test_loads_need_a_token_made_for_them(sample, clerk_tangfang, settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path
    assert send(program(clerk_tangfang, "read", "write"))[0] == 403
    assert send(program(clerk_tangfang, "load"))[0] == 202


def test_a_file_sent_with_a_token_bound_to_a_township_is_judged_for_that_township(
    sample, administrator, settings, tmp_path
):
    settings.PRIVATE_ROOT = tmp_path
    bound = program(administrator, area=TANGFANG)
    url = send(bound, GOOD + "大齐各庄镇,崔庄子,2025,8.6\n", dry_run="1")[1]["url"]
    work()
    load = bound.get(url)
    assert (load["new"], load["refused"]) == (1, 1)


def test_what_was_typed_as_a_telephone_is_masked(clerk):
    head = "乡镇,党组织名称,党组织类型,所属领域,书记,联系电话\n"
    url = send(clerk, head + "唐坊镇,唐坊镇新党支部,党支部,农村,示例书记,139111100001\n", dry_run="1")[1]["url"]
    work()
    assert "139111100001" not in str(clerk.get(f"{url}rows/"))


def test_many_loads_cost_as_many_queries_as_one(clerk):
    counts = []
    for more in (1, 4):
        for _ in range(more):
            send(clerk)
        with CaptureQueriesContext(connection) as queries:
            clerk.get("loads/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
