"""After naming: the re-check of a named point, and what follows from it."""

from datetime import date

import pytest

from assessment.actions.naming import open_rechecks, settle_recheck
from assessment.actions.scoring import finish_scoring, pass_draft, save_scores
from assessment.models import Outcome
from registry.actions.points import open_period
from registry.models import Event
from registry.text.refusals import Refused
from tests.factories import full_scores, make_named_point, make_submitted

PAPER = "丰组字〔2026〕示1号"


def status_of(point) -> str:
    return open_period(point).status


@pytest.fixture
def recheck(sample, reviewer):
    point = make_named_point(date(2020, 6, 1), grade="premium")
    [review] = open_rechecks([point], by=reviewer)
    save_scores(review, full_scores(review, but="5"), was={}, by=reviewer)
    return finish_scoring(review, seen={}, by=reviewer)


def test_a_named_point_is_checked_again_while_it_stays_named(recheck):
    assert (status_of(recheck.point), recheck.proposed_grade) == ("named", "premium")


def test_a_point_is_in_one_round_at_a_time(sample, reviewer):
    point = make_named_point(date(2020, 6, 1))
    open_rechecks([point], by=reviewer)
    with pytest.raises(Refused) as refusal:
        open_rechecks([point], by=reviewer)
    assert refusal.value.code == "in_review"


def test_what_is_not_named_is_not_checked_again(sample, clerk_tangfang, head_tangfang, reviewer):
    review = pass_draft(make_submitted(clerk_tangfang), by=head_tangfang)
    with pytest.raises(Refused) as refusal:
        open_rechecks([review.point], by=reviewer)
    assert refusal.value.code == "not_named"


def test_a_kept_title_changes_nothing_but_its_history(recheck, administrator):
    settle_recheck(recheck, grade="premium", by=administrator)
    assert recheck.point.periods.count() == 1
    assert Event.objects.filter(code=recheck.point.code, verb="recheck").exists()


def test_a_lower_grade_needs_paper_and_reason_and_begins_a_period(recheck, administrator):
    with pytest.raises(Refused) as refusal:
        settle_recheck(recheck, grade="standard", document_no=PAPER, by=administrator)
    assert refusal.value.code == "reason_missing"
    settle_recheck(recheck, grade="standard", document_no=PAPER, reason="复核得分下降", by=administrator)
    assert [period.grade for period in recheck.point.periods.all()] == ["premium", "standard"]


def test_a_failed_re_check_may_take_the_title(recheck, administrator):
    settle_recheck(recheck, grade="", document_no=PAPER, reason="一票否决", by=administrator)
    recheck.refresh_from_db()
    assert (status_of(recheck.point), recheck.outcome) == ("withdrawn", Outcome.REFUSED)


def test_an_unfinished_re_check_is_not_settled(sample, reviewer, administrator):
    [review] = open_rechecks([make_named_point(date(2020, 6, 1))], by=reviewer)
    with pytest.raises(Refused) as refusal:
        settle_recheck(review, grade="standard", by=administrator)
    assert refusal.value.code == "not_rechecked"


def test_who_comes_second_to_a_re_check_is_told_who_settled_it(recheck, administrator):
    settle_recheck(recheck, grade="", document_no=PAPER, reason="一票否决", by=administrator)
    with pytest.raises(Refused) as refusal:
        settle_recheck(recheck, grade="standard", by=administrator)
    assert (refusal.value.code, refusal.value.details["who"]) == ("decided", administrator)


def test_scores_changed_after_they_were_handed_in_are_handed_in_again_before_the_decision(
    recheck, reviewer, administrator
):
    save_scores(recheck, {f"score-{number}": "0" for number in (1, 2)}, was={}, by=reviewer)
    with pytest.raises(Refused) as refusal:
        settle_recheck(recheck, grade="premium", by=administrator)
    assert refusal.value.code == "scores_changed"
