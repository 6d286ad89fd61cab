"""Every error under /api/ is a problem document, in the caller's language, that says what to do."""

import pytest
from django.core.exceptions import ValidationError as ModelError
from rest_framework.exceptions import ErrorDetail, Throttled, ValidationError

from registry.api import problems
from registry.text.refusals import Refused

ENGLISH = {"accept-language": "en"}


@pytest.fixture
def refused(sample, client):
    """The problem document that an address is answered with."""

    def ask(address: str, status: int, method: str = "get", **headers):
        answer = getattr(client, method)(f"/api/v1/{address}", headers={**ENGLISH, **headers})
        assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), answer.content
        content = answer.json()
        assert content["status"] == status
        return content

    return ask


@pytest.mark.parametrize("address", ["figures/no-such/", "figures/no-such/rows/", "no-such/", "figures/%00/"])
def test_what_is_not_there(address, refused):
    assert refused(address, 404) == {
        "type": "urn:showcase:problem:not-found",
        "title": "There is nothing at this address.",
        "status": 404,
        "detail": "The list one level up says what there is.",
    }


def test_a_method_that_is_not_taken(refused):
    assert refused("figures/", 405, "delete")["type"] == "urn:showcase:problem:method-not-allowed"
    assert refused("points/?no_such=1", 405, "delete")["type"] == "urn:showcase:problem:method-not-allowed"
    assert refused("figures/", 405, "options")["type"] == "urn:showcase:problem:method-not-allowed"


def test_a_form_of_answer_that_does_not_exist(refused):
    assert refused("figures/", 406, accept="image/png")["type"] == "urn:showcase:problem:not-acceptable"
    assert [error["field"] for error in refused("figures/?format=png", 400)["errors"]] == ["format"]


def test_a_form_asked_for_in_the_address_needs_no_accept(sample, client):
    assert client.get("/api/v1/figures/?format=json", headers={"accept": "image/png"}).status_code == 200


def test_an_error_of_the_server_says_nothing_of_its_inside(sample, client, monkeypatch):
    def broken(*args, **options):
        raise RuntimeError("secret")

    monkeypatch.setattr("fengnan.api.answer_all", broken)
    client.raise_request_exception = False
    answer = client.get("/api/v1/figures/", headers=ENGLISH)
    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
    assert answer.json()["type"] == "urn:showcase:problem:internal-server-error"
    assert b"secret" not in answer.content


def test_a_misspelt_parameter_is_told_its_near_ones(refused):
    assert refused("figures/?as_off=2021-12-31", 400) == {
        "type": "urn:showcase:problem:bad-request",
        "title": "The request cannot be used as it is.",
        "status": 400,
        "detail": "The request cannot be used as it is.",
        "errors": [
            {
                "field": "as_off",
                "code": "unknown",
                "reason": "There is no parameter “as_off” here.",
                "what_to_do": "Did you mean: as_of?",
                "value": "2021-12-31",
            }
        ],
    }


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("as_of=2021-12-31&as_of=2020-12-31", "given_twice"),
        ("area=%00", "no_text"),
        ("as_of=", "empty"),
        ("area=%ED%A0%80", "unusable"),
        ("area=130207%0A", "no_text"),
        ("area=١٣", "unusable"),
    ],
)
def test_a_value_that_is_no_value(query, code, refused):
    assert [error["code"] for error in refused(f"figures/?{query}", 400)["errors"]] == [code]


def test_it_is_told_in_the_language_of_the_caller(refused):
    assert refused("figures/no-such/", 404, **{"accept-language": "zh"})["title"] == "这个地址下没有内容。"
    assert refused("no-such/", 404, **{"accept-language": "zh"})["title"] == "这个地址下没有内容。"


@pytest.mark.parametrize(
    ("error", "status", "name"),
    [
        (Refused("not_allowed"), 403, "not-allowed"),
        (Refused("stale", who="甲", when="2021-12-31"), 412, "stale"),
        (Refused("wrong_move", before="1", after="2"), 409, "wrong-move"),
        (Throttled(wait=3.2), 429, "too-many-requests"),
    ],
)
def test_a_refusal_keeps_its_code_for_programs(error, status, name):
    content = problems.document(error, {})
    assert (content.status_code, content.data["type"]) == (status, f"urn:showcase:problem:{name}")


def test_a_throttled_caller_is_told_how_long_to_wait():
    assert problems.document(Throttled(wait=3.2), {}).data["retry_after"] == 4


def test_a_value_refused_by_the_record_is_told_by_field():
    content = problems.document(ModelError({"name": ModelError("It is long. Shorten it.", code="max_length")}), {}).data
    assert content["errors"] == [
        {"field": "name", "code": "max_length", "reason": "It is long.", "what_to_do": "Shorten it."}
    ]


def test_values_of_many_records_are_told_by_index():
    wrong = ErrorDetail("Not a number.", code="invalid")
    content = problems.document(ValidationError([{}, {"place": {"lng": [wrong]}}]), {}).data
    assert [(error["field"], error["code"]) for error in content["errors"]] == [("[1].place.lng", "invalid")]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("“a. b” is wrong. Write 2.5.", ("“a. b” is wrong.", "Write 2.5.")),
        ("“a。b”不对。请写 2.5。", ("“a。b”不对。", "请写 2.5。")),
        ("It is wrong", ("It is wrong", "")),
    ],
)
def test_what_is_wrong_and_what_to_do_stand_apart(text, parts):
    assert problems.two_parts(text) == parts
