"""A request with a key is done once, however often and by however many it is sent."""

import json
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from registry.models import DemonstrationPoint, KeptAnswer
from tests.api.conftest import live
from tests.api.sending import faults, program
from tests.api.test_writing import INCOME, POINT
from tests.conftest import DISTRICT
from tests.factories import make_named_point
from tests.processes import sql, token_of


@pytest.fixture
def admin(sample, administrator):
    return program(administrator)


def points() -> int:
    return DemonstrationPoint.objects.unscoped("test").count()


def test_the_same_request_again_gets_the_first_answer_again(admin):
    first = admin.post("points/", POINT, Idempotency_Key="a-1")
    location, before = admin.last["Location"], points()
    assert admin.post("points/", dict(reversed(POINT.items())), Idempotency_Key="a-1") == first
    assert (admin.last["Idempotency-Replayed"], admin.last["Location"], points()) == ("true", location, before)


def test_another_request_under_the_same_key_is_refused(admin):
    admin.post("points/", POINT, Idempotency_Key="a-1")
    for address, body in (("points/", POINT | {"name": "另一个示范点"}), ("incomes/", INCOME)):
        status, problem = admin.post(address, body, Idempotency_Key="a-1")
        assert (status, problem["type"]) == (422, "urn:showcase:problem:key-reused")


def test_without_a_key_or_under_another_one_it_is_another_request(admin):
    admin.post("points/", POINT, Idempotency_Key="a-1")
    for more in ({}, {"Idempotency_Key": "a-2"}):
        assert faults(admin.post("points/", POINT, **more)) == [(0, "", "exists")]


def test_a_key_belongs_to_its_account(admin, clerk_tangfang):
    admin.post("points/", POINT, Idempotency_Key="a-1")
    assert program(clerk_tangfang).post("incomes/", INCOME, Idempotency_Key="a-1")[0] == 201


def test_a_request_that_was_refused_may_be_put_right_under_its_key(admin):
    assert admin.post("points/", POINT | {"secretary": "李"}, Idempotency_Key="a-1")[0] == 400
    assert KeptAnswer.objects.count() == 0
    assert admin.post("points/", POINT, Idempotency_Key="a-1")[0] == 201


def test_a_change_sent_twice_is_made_once(admin):
    point = make_named_point()
    address = f"points/{point.code}/"
    answers = [admin.patch(address, {"highlights": "新的亮点"}, 1, Idempotency_Key="b") for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0][1]["version"] == 2


def test_a_deletion_sent_twice_is_told_twice(admin):
    code = admin.post("points/", POINT | {"name": "将被删除的示范点"})[1]["code"]
    sent = {"If_Match": '"1"', "Idempotency_Key": "c"}
    for _ in range(2):
        assert admin("DELETE", f"points/{code}/?reason=重复录入", **sent) == (204, None)


@pytest.mark.parametrize("key", ["", "x" * 101, "钥匙", "a\tb"])
def test_a_key_that_is_none_is_refused(admin, key):
    assert admin.post("points/", POINT, Idempotency_Key=key)[0] == 400


@pytest.fixture(scope="module")
def racing(postgres_database, tmp_path_factory):
    """A real server on PostgreSQL: its environment, its address, and a token of an administrator."""
    with live(tmp_path_factory.mktemp("racing"), postgres_database) as (env, address):
        yield env, address, token_of(env, "admin", DISTRICT)


@pytest.mark.processes
def test_of_fifty_equal_requests_at_once_one_is_done(racing):
    """One row, and fifty times the same answer."""
    env, address, token = racing
    with ThreadPoolExecutor(50) as crowd:
        answers = set(crowd.map(lambda _: sent(f"{address}/api/v1/incomes/", token, INCOME, "race"), range(50)))
    assert [status for status, _body in answers] == [201]
    assert sql(env, "SELECT count(*) FROM registry_collectiveincome WHERE year = 2025") == [(1,)]


@pytest.mark.processes
def test_of_thirty_different_requests_at_once_each_adds_a_record_of_its_own(racing):
    _env, address, token = racing
    points = [POINT | {"name": f"唐坊镇新立党建示范点{number}"} for number in range(30)]
    with ThreadPoolExecutor(30) as crowd:
        answers = list(crowd.map(lambda point: sent(f"{address}/api/v1/points/", token, point, point["name"]), points))
    assert len({json.loads(body)["code"] for status, body in answers if status == 201}) == 30


def sent(address: str, token: str, body: dict, key: str) -> tuple[int, bytes]:
    headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
    headers["Idempotency-Key"] = quote(key)[-100:]
    request = urllib.request.Request(address, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.status, answer.read()
