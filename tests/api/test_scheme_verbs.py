"""Schemes of assessment by program: opened, scored by both sides, announced, appealed against, published, copied."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils.timezone import localdate

from assessment.actions import schemes as acts
from assessment.models import Scheme, SchemeItem, SchemeResult
from registry.models import Event, User
from tests.api.sending import PASSWORD, faults, problem, program
from tests.conftest import DAQI, DISTRICT, TANGFANG


@pytest.fixture
def cast(sample, clerk_tangfang, reviewer, administrator):
    second = User.objects.create_user(
        "second", password=PASSWORD, role="admin", read_prefix=DISTRICT, write_prefix=DISTRICT
    )
    people = {"clerk": clerk_tangfang, "reviewer": reviewer, "admin": administrator, "second": second}
    return {name: program(account) for name, account in people.items()}


@pytest.fixture
def draft(cast) -> Scheme:
    rows = [("重点一", "精品率", "60", "premium-rate", Decimal(35)), ("X", "特色工作", "40", "", None)]
    items = [
        SchemeItem(part=part, name=name, weight=Decimal(weight), figure=figure, full_at=full_at)
        for part, name, weight, figure, full_at in rows
    ]
    scheme = Scheme(name="2026年考评", year=2026, kind="township", area_id=DISTRICT)
    return acts.write_scheme(scheme, items, by=cast["admin"].account)


@pytest.fixture
def opened(draft, cast) -> Scheme:
    assert cast["admin"].post(f"schemes/{draft.code}/open/")[1]["state"] == "open"
    return draft


@pytest.fixture
def announced(opened, cast) -> Scheme:
    for card in SchemeResult.objects.unscoped("test").filter(scheme=opened):
        assert cast["reviewer"].post(f"results/{card.code}/score/", {"scores": {"2": 30}})[0] == 200
    assert cast["admin"].post(f"schemes/{opened.code}/announce/")[1]["state"] == "announced"
    return opened


def card(scheme: Scheme, area: str = TANGFANG) -> str:
    """The address of a township's card."""
    code = SchemeResult.objects.unscoped("test").get(scheme=scheme, area=area).code
    return f"results/{code}/"


def refusals(who, address: str) -> list[str]:
    return [refusal["code"] for refusal in who.get(address)["refusals"]]


def test_a_scheme_passes_from_its_opening_to_its_publication(announced, cast):
    address = f"schemes/{announced.code}/publish/"
    assert refusals(cast["admin"], address) == ["appeals_running"]
    assert problem(cast["admin"].post(address)) == (409, "appeals-running")
    rows = Scheme.objects.unscoped("test").filter(pk=announced.pk)
    rows.update(announced_on=localdate() - timedelta(days=30))
    assert cast["admin"].post(address)[1]["state"] == "published"
    assert len(cast["clerk"].get(card(announced))["scores"]) == 1


def test_a_scheme_that_does_not_weigh_100_is_not_opened(draft, cast):
    SchemeItem.objects.filter(scheme=draft, number=2).update(weight=30)
    assert refusals(cast["admin"], f"schemes/{draft.code}/open/") == ["weights_not_100"]
    assert problem(cast["admin"].post(f"schemes/{draft.code}/open/")) == (409, "weights-not-100")


def test_a_ranking_is_not_announced_while_scores_are_missing(opened, cast):
    assert problem(cast["admin"].post(f"schemes/{opened.code}/announce/")) == (409, "scores-missing")


def test_a_unit_gives_its_own_scores_and_the_district_others(opened, cast):
    address = card(opened)
    assert cast["clerk"].post(f"{address}own-score/", {"scores": {"2": "38"}})[1]["own_scores"] == {"2": "38"}
    body = {"scores": {"2": "35.5"}, "notes": {"2": "亮点突出"}}
    assert cast["reviewer"].post(f"{address}score/", body)[1]["scores"] == {"2": "35.5"}
    [line] = cast["clerk"].get(address)["scores"]
    assert line == {"number": 2, "item": "特色工作", "self_score": 38, "score": 35.5, "note": "亮点突出"}
    events = Event.objects.filter(kind="schemeresult", code=address.split("/")[1], verb="score")
    assert [event.changes for event in events.order_by("pk")] == [
        {"特色工作": [None, "38"]},
        {"特色工作": [None, "35.5"], "特色工作 (说明)": ["", "亮点突出"]},
    ]


def test_lines_that_are_not_sent_stay_as_they_are(draft, cast):
    SchemeItem.objects.filter(scheme=draft, number=2).update(weight=30)
    SchemeItem.objects.create(scheme=draft, part="X", number=3, name="另一项", weight=Decimal(10))
    cast["admin"].post(f"schemes/{draft.code}/open/")
    address = f"{card(draft)}score/"
    cast["reviewer"].post(address, {"scores": {"2": "20", "3": "8"}, "notes": {"3": "好"}})
    assert cast["reviewer"].post(address, {"scores": {"2": "25"}})[1]["scores"] == {"2": "25", "3": "8"}
    assert cast["reviewer"].post(address, {"scores": {"3": ""}})[1]["scores"] == {"2": "25", "3": None}


def test_scores_of_a_card_are_all_taken_or_none(opened, cast):
    sent = {"scores": {"1": "60", "2": "41", "9": "1"}, "notes": {"2": "x" * 201}}
    answer = cast["reviewer"].post(f"{card(opened)}score/", sent)
    assert faults(answer) == [
        (None, "scores.1", "computed_item"), (None, "scores.2", "too_large"), (None, "scores.9", "not_a_choice"),
    ]  # fmt: skip
    scores = cast["reviewer"].get(f"{card(opened)}?as_of={localdate()}")["scores"]
    assert [line for line in scores if line["score"] is not None] == []
    assert faults(cast["reviewer"].post(f"{card(opened)}score/", sent | {"scores": {"2": "1"}})) == [
        (None, "notes.2", "too_long")
    ]


def test_who_may_not_score_learns_nothing_more(opened, cast, clerk_daqi):
    address = card(opened)
    assert problem(cast["clerk"].post(f"{address}score/", {"nonsense": 1})) == (403, "not-allowed")
    assert problem(cast["reviewer"].post(f"{address}own-score/", {"scores": {"2": "1"}})) == (403, "not-allowed")
    assert problem(cast["clerk"].post(f"schemes/{opened.code}/announce/")) == (403, "not-allowed")
    assert program(clerk_daqi).post(f"{address}own-score/", {"scores": {"2": "1"}})[0] == 404


def test_a_draft_is_there_for_the_district_alone(draft, cast, client):
    assert cast["clerk"].post(f"schemes/{draft.code}/open/")[0] == 404
    assert client.post(f"/api/v1/schemes/{draft.code}/open/").status_code == 401


def test_an_appeal_is_made_by_the_unit_and_answered_by_who_did_neither(announced, cast):
    address = card(announced)
    assert refusals(cast["admin"], f"{address}settle/") == ["nothing_appealed"]
    body = {"item": "2", "text": "漏计省级荣誉"}
    status, made = cast["clerk"].post(f"{address}appeal/", body)
    assert (status, made["item"], made["answer"]) == (201, 2, None)
    assert problem(cast["clerk"].post(f"{address}appeal/", body)) == (409, "appealed-already")
    assert faults(cast["clerk"].post(f"{address}appeal/", body | {"item": "7"})) == [(None, "item", "not_a_choice")]
    answer = {"item": 2, "answer": "属实，已补计", "score": 38}
    assert problem(cast["clerk"].post(f"{address}settle/", answer)) == (403, "not-allowed")
    assert problem(cast["admin"].post(f"{address}settle/", answer | {"item": "1"})) == (409, "nothing-appealed")
    assert cast["admin"].post(f"{address}settle/", answer)[1]["scores"] == {"2": "38"}
    detail = cast["clerk"].get(f"{address}?as_of={localdate()}")
    assert [(appeal["text"], appeal["answer"]) for appeal in detail["appeals"]] == [("漏计省级荣誉", "属实，已补计")]
    assert detail["points"] >= 38


def test_a_unit_takes_its_appeal_back(announced, cast):
    address = card(announced)
    assert refusals(cast["clerk"], f"{address}withdraw-appeal/") == ["nothing_appealed"]
    cast["clerk"].post(f"{address}appeal/", {"item": "2", "text": "漏计省级荣誉"})
    assert problem(cast["admin"].post(f"{address}withdraw-appeal/", {"item": "2"})) == (403, "not-allowed")
    assert cast["clerk"].post(f"{address}withdraw-appeal/", {"item": "2"})[0] == 200
    assert cast["clerk"].get(f"{address}?as_of={localdate()}")["appeals"] == []


def test_who_gave_the_score_does_not_answer_the_appeal(announced, cast):
    address = card(announced)
    cast["clerk"].post(f"{address}appeal/", {"item": "2", "text": "漏计省级荣誉"})
    result = SchemeResult.objects.unscoped("test").get(code=address.split("/")[1])
    result.scores.update(scored_by=cast["admin"].account)
    assert refusals(cast["admin"], f"{address}settle/") == ["own_work"]
    answer = {"item": "2", "answer": "不予调整"}
    assert problem(cast["admin"].post(f"{address}settle/", answer)) == (409, "own-work")
    assert cast["second"].post(f"{address}settle/", answer)[0] == 200


def test_lines_and_appeals_of_a_card_are_told_to_the_own_unit_and_the_district_alone(
    announced, cast, clerk_daqi, client
):
    address = card(announced)
    cast["clerk"].post(f"{address}appeal/", {"item": "2", "text": "漏计省级荣誉"})
    today = f"{address}?as_of={localdate()}"
    counts = {name: len(cast[name].get(today)["appeals"]) for name in ("clerk", "admin", "reviewer")}
    assert counts == {"clerk": 1, "admin": 1, "reviewer": 1}
    other = program(clerk_daqi).get(today)
    assert (other["scores"], other["appeals"]) == ([], [])
    assert client.get(f"/api/v1/{today}").status_code == 404
    assert card(announced, DAQI) != address


def test_a_scheme_is_copied_for_another_year_once(opened, cast):
    address = f"schemes/{opened.code}/copy/"
    status, made = cast["admin"].post(address)
    assert (status, made["name"], made["year"], made["state"]) == (201, "2027年考评", 2027, "draft")
    assert refusals(cast["admin"], address) == ["scheme_there"]
    assert problem(cast["admin"].post(address)) == (409, "scheme-there")
    assert cast["admin"].post(address, {"year": "2028"})[1]["year"] == 2028
    assert problem(cast["clerk"].post(address)) == (403, "not-allowed")


def test_an_act_on_a_scheme_may_name_the_version_it_read(draft, cast):
    address = f"schemes/{draft.code}/open/"
    assert cast["admin"].post(address, If_Match='"9"')[0] == 412
    assert cast["admin"].post(address, If_Match='"1"', Idempotency_Key="o")[0] == 200
    assert cast["admin"].post(address, If_Match='"1"', Idempotency_Key="o")[0] == 200
    assert problem(cast["admin"].post(address)) == (409, "scheme-is-open")


ITEMS = [
    {"part": "重点一", "name": "精品率", "weight": "60", "figure": "premium-rate", "full_at": "35"},
    {"part": "X", "name": "特色工作", "weight": 40},
    {"part": "加分", "name": "上级表彰", "weight": 5, "bonus": True},
]


def test_a_scheme_is_written_changed_and_opened(cast):
    status, made = cast["admin"].post("schemes/", {"name": "2026年考评", "year": 2026, "items": ITEMS})
    assert (status, made["state"]) == (201, "draft")
    detail = cast["admin"].get(cast["admin"].last["Location"])
    assert [(item["number"], item["name"], item["bonus"]) for item in detail["items"]] == [
        (1, "精品率", False), (2, "特色工作", False), (3, "上级表彰", True),
    ]  # fmt: skip
    address = f"schemes/{made['code']}/"
    assert cast["admin"].post(f"{address}write/", {"items": ITEMS[:2], "name": "2026年度考评"})[0] == 200
    detail = cast["admin"].get(address)
    assert (detail["name"], detail["year"], len(detail["items"])) == ("2026年度考评", 2026, 2)
    assert cast["admin"].post(f"{address}write/", {"year": 2027})[1]["year"] == 2027
    assert len(cast["admin"].get(address)["items"]) == 2
    assert cast["admin"].post(f"{address}open/")[0] == 200
    assert problem(cast["admin"].post(f"{address}write/", {"name": "改名的考评"})) == (409, "scheme-is-open")


def test_what_cannot_be_an_item_is_told_with_its_number(cast):
    wrong = [ITEMS[0] | {"figure": "logins"}, {"part": "X", "name": "特色", "weight": "0"}, {"name": ""}, "x"]
    answer = cast["admin"].post("schemes/", {"name": "2026年考评", "year": "26", "items": wrong})
    assert faults(answer) == [
        (None, "year", "too_small"), (None, "items[0].figure", "not_a_choice"), (None, "items[1].weight", "too_small"),
        (None, "items[2].name", "required"), (None, "items[2].part", "required"),
        (None, "items[2].name", "required"), (None, "items[2].weight", "required"),
        (None, "items[3].", "not_an_object"),
    ]  # fmt: skip
    half = [ITEMS[0] | {"full_at": ""}, ITEMS[1] | {"full_at": "1"}]
    answer = cast["admin"].post("schemes/", {"name": "2026年考评", "year": "2026", "items": half})
    assert faults(answer) == [(None, "items[0].full_at", "full_at"), (None, "items[1].full_at", "full_at")]
    assert not Scheme.objects.unscoped("test").filter(year=2026).exists()


def test_there_is_one_scheme_of_a_kind_a_year_by_program_too(cast):
    sent = {"name": "2026年考评", "year": "2026"}
    answers = [cast["admin"].post("schemes/", sent, Idempotency_Key=key) for key in ("a", "a", "b")]
    assert [status for status, _content in answers] == [201, 201, 400]
    assert cast["admin"].post("schemes/", sent | {"kind": "department"})[0] == 201


def test_others_write_no_scheme(draft, cast, client):
    assert problem(cast["reviewer"].post("schemes/", {})) == (403, "not-allowed")
    assert problem(cast["reviewer"].post(f"schemes/{draft.code}/write/", {})) == (403, "not-allowed")
    assert client.post("/api/v1/schemes/").status_code == 401
