"""The life of a point: who may move it, from what to what, on which paper; nothing is overwritten."""

from datetime import date, timedelta

import pytest
from django.utils.timezone import localdate

from registry.actions.points import (
    change_standing,
    correct_standing,
    name_point,
    open_period,
    refusals_to_change_standing,
    withdraw_point,
)
from registry.actions.records import save_record
from registry.figures import FIGURES
from registry.models import Event, StatusPeriod
from registry.overviews.history import history_of
from registry.text.refusals import Refused
from tests.factories import make_named_point, make_period, make_point, refused

PAPER = {"document_no": "丰组字〔2021〕示9号"}


@pytest.fixture
def on_notice(sample):
    point = make_point()
    make_period(point, date(2021, 5, 1), status="notice", level="", grade="", document_no="")
    return point


def test_a_point_on_notice_is_named_and_counts_from_that_day(on_notice, scope, administrator):
    name_point(on_notice, level="district", grade="premium", on=date(2021, 7, 1), by=administrator, **PAPER)
    rows = FIGURES["points"].rows
    assert rows(scope.at(date(2021, 7, 1))).filter(pk=on_notice.pk).exists()
    assert not rows(scope.at(date(2021, 6, 30))).filter(pk=on_notice.pk).exists()


def test_a_withdrawn_point_leaves_the_count_on_its_date_and_keeps_its_history(sample, scope, administrator):
    point = make_named_point(date(2020, 6, 1))
    withdraw_point(point, reason="复核不达标", on=date(2021, 9, 1), by=administrator, **PAPER)
    assert [period.status for period in point.periods.all()] == ["named", "withdrawn"]
    assert FIGURES["points"].rows(scope.at(date(2021, 8, 31))).filter(pk=point.pk).exists()
    assert not FIGURES["points"].rows(scope.at(date(2021, 9, 1))).filter(pk=point.pk).exists()


def test_every_change_is_an_event_with_its_paper(on_notice, administrator):
    name_point(on_notice, level="district", grade="standard", on=date(2021, 7, 1), by=administrator, **PAPER)
    event = Event.objects.get(code=on_notice.code)
    assert event.changes["status"] == ["notice", "named"]
    assert (event.actor, event.document_no) == (administrator, PAPER["document_no"])


REFUSALS = [
    ("wrong_move", {"status": "withdrawn", "level": "district", "grade": "standard", "reason": "r", **PAPER}),
    ("paper_missing", {"status": "named", "level": "district", "grade": "standard"}),
    ("grade_missing", {"status": "named", **PAPER}),
    ("too_early", {"status": "named", "level": "district", "grade": "standard", "on": date(2021, 4, 30), **PAPER}),
    ("nothing_changes", {"status": "notice"}),
]


@pytest.mark.parametrize(("code", "change"), REFUSALS, ids=[code for code, _change in REFUSALS])
def test_a_change_that_may_not_be_is_refused_and_changes_nothing(code, change, on_notice, administrator):
    change = {"on": date(2021, 7, 1), **change}
    assert code in [refusal.code for refusal in refusals_to_change_standing(on_notice, by=administrator, **change)]
    with pytest.raises(Refused):
        change_standing(on_notice, by=administrator, **change)
    assert open_period(on_notice).status == "notice"


def test_a_working_step_gives_way_to_the_next_of_the_same_day_and_the_events_keep_both(on_notice, administrator):
    name_point(on_notice, level="district", grade="standard", on=date(2021, 5, 1), by=administrator, **PAPER)
    assert [period.status for period in on_notice.periods.all()] == ["named"]
    assert Event.objects.get(code=on_notice.code).changes["status"] == ["notice", "named"]


def test_a_title_does_not_give_way_on_its_own_day(sample, administrator):
    point = make_named_point(date(2020, 6, 1))
    with pytest.raises(Refused) as refusal:
        withdraw_point(point, reason="复核不达标", on=date(2020, 6, 1), by=administrator, **PAPER)
    assert refusal.value.code == "too_early"


def test_a_title_is_not_given_on_a_day_that_has_not_come(on_notice, administrator):
    with pytest.raises(Refused) as refusal:
        name_point(on_notice, level="district", grade="standard", on=date(2099, 1, 1), by=administrator, **PAPER)
    assert refusal.value.code == "in_future"


def test_another_grade_needs_a_reason(sample, administrator):
    point = make_named_point(date(2020, 6, 1))
    change = {"status": "named", "level": "district", "grade": "premium", "on": date(2021, 6, 1), **PAPER}
    with pytest.raises(Refused) as refusal:
        change_standing(point, by=administrator, **change)
    assert refusal.value.code == "reason_missing"


def test_nobody_decides_on_a_point_they_wrote(on_notice, administrator):
    save_record(on_notice, by=administrator)
    with pytest.raises(Refused) as refusal:
        name_point(on_notice, level="district", grade="standard", on=date(2021, 7, 1), by=administrator, **PAPER)
    assert refusal.value.code == "own_work"


def test_a_withdrawal_needs_a_reason(sample, administrator):
    point = make_named_point(date(2020, 6, 1))
    with pytest.raises(Refused) as refusal:
        withdraw_point(point, reason="", on=date(2021, 9, 1), by=administrator, **PAPER)
    assert refusal.value.code == "reason_missing"


def test_a_clerk_names_nothing(on_notice, clerk_tangfang):
    with pytest.raises(Refused) as refusal:
        name_point(on_notice, level="district", grade="standard", on=date(2021, 7, 1), by=clerk_tangfang, **PAPER)
    assert refusal.value.code == "not_allowed"


# What was typed wrongly of a title

RIGHT = {"level": "district", "grade": "standard", "document_no": "丰组字〔2021〕示10号", "reason": "文号录错"}


@pytest.fixture
def named_today(on_notice, administrator):
    return name_point(on_notice, level="district", grade="premium", on=localdate(), by=administrator, **PAPER)


def days(point) -> list[tuple]:
    return [
        (period.status, period.grade, period.valid_from, period.valid_to)
        for period in point.periods.order_by("valid_from")
    ]


def test_a_title_is_put_right_on_its_own_day_and_counts_as_it_should_have(named_today, scope, administrator):
    today, premium = scope.at(localdate()), FIGURES["premium-rate"].rows
    assert premium(today).filter(pk=named_today.pk).exists()
    correct_standing(named_today, by=administrator, **RIGHT)
    assert days(named_today) == [
        ("notice", "", date(2021, 5, 1), localdate()), ("named", "standard", localdate(), None),
    ]  # fmt: skip
    assert FIGURES["points"].rows(today).filter(pk=named_today.pk).exists()
    assert not premium(today).filter(pk=named_today.pk).exists()


def test_what_stood_there_is_kept_and_told_with_the_reason(named_today, administrator):
    correct_standing(named_today, by=administrator, **RIGHT)
    event = Event.objects.get(code=named_today.code, verb="correct")
    assert event.changes == {
        "grade": ["premium", "standard"], "document_no": [PAPER["document_no"], RIGHT["document_no"]],
    }  # fmt: skip
    assert (event.actor, event.reason, event.document_no) == (administrator, RIGHT["reason"], RIGHT["document_no"])
    [wrong] = StatusPeriod.objects.with_voided().filter(point=named_today, voided=event.change_set)
    assert (wrong.grade, wrong.document_no, wrong.valid_from) == ("premium", PAPER["document_no"], localdate())


def test_everybody_reads_that_a_title_was_corrected(named_today, administrator):
    correct_standing(named_today, by=administrator, **RIGHT)
    assert any(RIGHT["reason"] in str(line.reason) for line in history_of(named_today, None))


def test_a_wrong_day_is_put_right_too_and_the_period_before_ends_then(named_today, scope, administrator):
    day = date(2021, 7, 1)
    correct_standing(named_today, on=day, by=administrator, **RIGHT)
    assert days(named_today) == [("notice", "", date(2021, 5, 1), day), ("named", "standard", day, None)]
    assert FIGURES["points"].rows(scope.at(day)).filter(pk=named_today.pk).exists()
    assert not FIGURES["points"].rows(scope.at(day - timedelta(days=1))).filter(pk=named_today.pk).exists()


def test_the_paper_of_a_withdrawal_is_put_right(sample, administrator):
    point = make_named_point(date(2020, 6, 1))
    withdraw_point(point, reason="复核不达标", on=localdate(), by=administrator, **PAPER)
    correct_standing(point, by=administrator, **RIGHT)
    now = open_period(point)
    assert (now.status, now.document_no, now.reason) == ("withdrawn", RIGHT["document_no"], "复核不达标")


WRONG = [
    ("nothing_changes", {"grade": "premium", **PAPER}),
    ("correction_reason", {"reason": " "}),
    ("paper_missing", {"document_no": " "}),
    ("grade_missing", {"grade": ""}),
    ("too_early", {"on": date(2021, 5, 1)}),
    ("in_future", {"on": date(2100, 1, 1)}),
    ("stale", {"opened": 0}),
]


@pytest.mark.parametrize("code, values", WRONG)
def test_a_correction_that_may_not_be_is_refused_and_changes_nothing(code, values, named_today, administrator):
    before = days(named_today), Event.objects.count()
    assert refused(correct_standing, named_today, by=administrator, **RIGHT | values) == code
    assert (days(named_today), Event.objects.count()) == before


def test_what_has_no_title_has_nothing_to_correct(on_notice, administrator):
    assert refused(correct_standing, on_notice, by=administrator, **RIGHT) == "no_title"


def test_who_may_not_decide_may_not_correct(named_today, reviewer, clerk_tangfang):
    for somebody in (reviewer, clerk_tangfang):
        assert refused(correct_standing, named_today, by=somebody, **RIGHT) == "not_allowed"


def test_who_wrote_the_site_leaves_the_correction_to_somebody_else(named_today, administrator):
    named_today.remark = "新的备注"
    save_record(named_today, by=administrator)
    assert refused(correct_standing, named_today, by=administrator, **RIGHT) == "own_work"
