"""A rule gets a new value from a day on; what held before stays."""

from datetime import date
from decimal import Decimal

import pytest

from registry.actions.rules import change_rule, confirm_rules, correct_rule, effects_of, effects_of_correction
from registry.figures import FIGURES
from registry.models import Event, Parameter
from registry.text.refusals import Refused
from tests.conftest import LAST_DAY

TARGET = "premium-rate-target"
SINCE = date(2027, 1, 1)


@pytest.fixture
def rule(sample) -> Parameter:
    return Parameter.objects.public().get(rule=TARGET)


def test_a_new_value_holds_from_its_day_and_the_old_one_until_then(rule, administrator, scope):
    change_rule(
        rule, value=Decimal(40), valid_from=SINCE, reason="示例", document_no="示例〔2026〕1号", by=administrator
    )
    rate = FIGURES["premium-rate"]
    days = (LAST_DAY, date(2026, 12, 31), SINCE)
    assert [rate.answer(scope.at(day)).target for day in days] == [35, 35, 40]
    changes = Event.objects.filter(document_no="示例〔2026〕1号")
    assert {(event.verb, event.reason) for event in changes} == {("change", "示例"), ("add", "示例")}


def test_a_look_at_what_it_would_change_changes_nothing(rule, scope):
    effects = effects_of(rule, Decimal(40), SINCE)
    assert [(effect.before.target, effect.after.target) for effect in effects] == [(35, 40)]
    rule.refresh_from_db()
    assert rule.value == 35


@pytest.mark.parametrize("day", [date(2017, 1, 1), date(2016, 1, 1)])
def test_a_value_does_not_begin_before_the_one_in_force(day, rule, administrator):
    with pytest.raises(Refused) as refusal:
        change_rule(rule, value=Decimal(40), valid_from=day, reason="示例", by=administrator)
    assert refusal.value.code == "rule_day_before"


def test_a_value_that_ended_is_not_changed(rule, administrator):
    change_rule(rule, value=Decimal(40), valid_from=SINCE, reason="示例", by=administrator)
    with pytest.raises(Refused) as refusal:
        change_rule(rule, value=Decimal(50), valid_from=date(2028, 1, 1), reason="示例", by=administrator)
    assert refusal.value.code == "rule_ended"


def test_only_an_administrator_changes_a_rule(rule, reviewer, clerk_daqi):
    for account in (reviewer, clerk_daqi):
        with pytest.raises(Refused):
            change_rule(rule, value=Decimal(40), valid_from=SINCE, reason="示例", by=account)


def test_the_page_shows_first_and_sets_then(rule, administrator, client):
    client.force_login(administrator)
    typed = {"value": "40", "valid_from": SINCE.isoformat(), "reason": "示例", "document_no": ""}
    page = f"/desk/rules/{rule.code}/"
    assert len(client.post(page, typed).context["effects"]) == 1
    assert Parameter.objects.public().filter(rule=TARGET).count() == 1
    assert client.post(page, typed | {"confirm": "1"}).status_code == 302
    assert [values[0].value for values in client.get("/desk/rules/").context["rules"] if values[0].rule == TARGET] == [
        40
    ]
    assert client.post(page, typed | {"value": "many"}).status_code == 400


def test_the_values_a_registry_was_started_with_are_confirmed_once(sample, administrator):
    Parameter.objects.filter(rule=TARGET).update(remark=f"默认值,{Parameter.TO_CONFIRM}")
    assert (confirm_rules(by=administrator), confirm_rules(by=administrator)) == (1, 0)
    assert not Parameter.objects.unconfirmed().exists()


def test_a_past_value_is_corrected_by_an_act_of_its_own(rule, administrator, scope):
    change_rule(rule, value=Decimal(40), valid_from=date(2026, 1, 1), reason="示例", by=administrator)
    rule.refresh_from_db()
    effects = effects_of_correction(rule, Decimal(30))
    assert {effect.after.target for effect in effects if effect.before.target == 35} == {30}
    assert LAST_DAY in {effect.day for effect in effects}
    assert FIGURES["premium-rate"].answer(scope.at(LAST_DAY)).target == 35
    correct_rule(rule, value=Decimal(30), reason="录入有误", document_no="示例〔2026〕2号", by=administrator)
    rate = FIGURES["premium-rate"]
    assert [rate.answer(scope.at(day)).target for day in (LAST_DAY, date(2026, 6, 1))] == [30, 40]
    event = Event.objects.get(verb="correct-value", code=rule.code)
    assert (event.reason, event.document_no) == ("录入有误", "示例〔2026〕2号")
    assert [Decimal(value) for value in event.changes["value"]] == [35, 30]


def test_a_chart_draws_the_target_of_its_time(rule, administrator, scope):
    change_rule(rule, value=Decimal(40), valid_from=date(2020, 1, 1), reason="示例", by=administrator)
    series = FIGURES["premium-rate"].series(scope.at(LAST_DAY))
    assert {day.year: answer.target for day, answer in series if day.year >= 2019} == {
        2019: 35, 2020: 40, 2021: 40,
    }  # fmt: skip


def test_a_correction_names_what_it_changes_and_who_may(rule, administrator, reviewer):
    paper = {"reason": "录入有误", "document_no": "示例〔2026〕2号"}

    def code(by, value: int) -> str:
        with pytest.raises(Refused) as refusal:
            correct_rule(rule, value=Decimal(value), by=by, **paper)
        return refusal.value.code

    assert code(reviewer, 30) == "not_allowed"
    assert code(administrator, 35) == "rule_value_same"
    correct_rule(rule, value=Decimal(30), by=administrator, **paper)
    assert code(administrator, 31) == "stale"


def test_the_page_of_a_correction_shows_first_and_corrects_then(rule, administrator, client):
    client.force_login(administrator)
    page = f"/desk/rules/{rule.code}/correct/"
    typed = {"value": "30", "reason": "录入有误", "document_no": "示例〔2026〕2号", "version": rule.version}
    assert client.post(page, typed).context["effects"]
    rule.refresh_from_db()
    assert rule.value == 35
    assert client.post(page, typed | {"confirm": "1"}).status_code == 302
    rule.refresh_from_db()
    assert rule.value == 30
    assert client.post(page, typed | {"document_no": ""}).status_code == 400
