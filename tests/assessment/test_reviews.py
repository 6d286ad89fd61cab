"""From submission to title and after: who passes, scores, posts, names, checks again; what is refused and why."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from assessment.actions.naming import (
    let_notice_run_out,
    name_from_notice,
    notice_end,
    on_notice,
    post_notice,
    refusals_to_name,
    take_off_notice,
)
from assessment.actions.scoring import (
    finish_scoring,
    pass_draft,
    pass_unopened,
    refusals_to_finish,
    refuse_application,
    return_draft,
    return_review,
    save_scores,
)
from assessment.models import Notice, Outcome, Standard
from assessment.overviews.review_sheet import Judging
from assessment.overviews.usual_reasons import usual_deductions
from registry.access.scope import Scope
from registry.actions.drafts import save_fields, submit_draft, take_back
from registry.actions.points import open_period
from registry.figures import FIGURES
from registry.models import CalendarDay, Draft, DraftState, Event, Evidence, Parameter, Remark
from registry.overviews.draft_form import DraftForm
from registry.text.refusals import Refused
from registry.text.validators import Invalid
from tests.conftest import DAQI
from tests.factories import full_scores, make_submitted

PAPER = "丰组字〔2026〕示1号"


def status_of(point) -> str:
    return open_period(point).status


def codes(refusals) -> list[str]:
    return [refusal.code for refusal in refusals]


@pytest.fixture
def submitted(sample, clerk_tangfang):
    return make_submitted(clerk_tangfang)


@pytest.fixture
def review(submitted, head_tangfang):
    return pass_draft(submitted, by=head_tangfang)


@pytest.fixture
def scored(review, reviewer):
    save_scores(review, full_scores(review), was={}, by=reviewer)
    return finish_scoring(review, seen={}, by=reviewer)


@pytest.fixture
def notice(scored, reviewer):
    return post_notice([scored], title="公示", starts_on=timezone.localdate(), by=reviewer)


@pytest.fixture
def ended(notice, reviewer, settings):
    settings.DEMO = True
    return let_notice_run_out(notice, by=reviewer)


# The township's check


def test_a_passed_application_is_checked_and_opens_a_round_by_the_standard_in_force(review):
    assert status_of(review.point) == "checked"
    assert review.standard == Standard.objects.public().in_force(timezone.localdate()).get()
    assert [score.item.number for score in review.scores.all()] == list(range(1, 11))


def test_the_round_takes_level_and_own_score_from_the_application(sample, clerk_tangfang, head_tangfang):
    draft = make_submitted(clerk_tangfang, applied_level="municipal", self_score="92.5")
    review = pass_draft(draft, by=head_tangfang)
    assert (review.applied_level, float(review.self_score)) == ("municipal", 92.5)


def test_the_township_may_score_too_and_its_column_is_kept_apart(submitted, head_tangfang):
    review = pass_draft(submitted, scores={"score-1": "9.5", "score-3": ""}, by=head_tangfang)
    lines = Judging(review).lines
    assert (lines[0].township, lines[0].text, lines[2].township) == ("9.5", "", "—")


def test_a_township_score_above_the_weight_is_refused_and_nothing_is_passed(submitted, head_tangfang):
    with pytest.raises(Invalid) as invalid:
        pass_draft(submitted, scores={"score-1": "10.5"}, by=head_tangfang)
    assert invalid.value.code == "too_large"


def test_whoever_wrote_a_submission_cannot_pass_it(submitted, head_tangfang):
    submitted.writers.add(head_tangfang)
    with pytest.raises(Refused) as refusal:
        pass_draft(submitted, by=head_tangfang)
    assert refusal.value.code == "own_work"


def test_the_head_of_another_township_passes_nothing(submitted, clerk_daqi):
    clerk_daqi.role = "head"
    with pytest.raises(Refused) as refusal:
        pass_draft(submitted, by=clerk_daqi)
    assert refusal.value.code == "not_allowed"


def test_a_submission_is_passed_once(review, submitted, head_tangfang):
    with pytest.raises(Refused) as refusal:
        pass_draft(Draft.objects.unscoped("test").get(pk=submitted.pk), by=head_tangfang)
    assert refusal.value.code == "not_open"


def test_without_a_standard_in_force_nothing_goes_to_the_district(submitted, head_tangfang):
    Standard.objects.unscoped("test").update(valid_to=date(2020, 1, 1))
    with pytest.raises(Refused) as refusal:
        pass_draft(submitted, by=head_tangfang)
    assert refusal.value.code == "no_standard"


def test_what_has_warnings_is_not_passed_unopened_and_neither_is_its_neighbour(submitted, head_tangfang):
    assert submitted.overruled
    with pytest.raises(Refused) as refusal:
        pass_unopened([submitted], by=head_tangfang)
    assert refusal.value.code == "has_warnings"
    assert status_of(submitted.point) == "submitted"


def test_what_has_no_warnings_is_passed_from_the_list(submitted, head_tangfang):
    Draft.objects.unscoped("test").filter(pk=submitted.pk).update(overruled={})
    assert pass_unopened([Draft.objects.unscoped("test").get(pk=submitted.pk)], by=head_tangfang) == 1
    assert status_of(submitted.point) == "checked"


def test_a_remark_stands_at_its_field_until_the_field_says_otherwise(submitted, head_tangfang, clerk_tangfang):
    draft = return_draft(submitted, remarks={"highlights": "请写明数据"}, by=head_tangfang)
    assert (status_of(draft.point), draft.state) == ("returned", DraftState.OPEN)
    assert [problem.name for problem in DraftForm(draft).hard if problem.code == "remark_open"] == ["highlights"]
    draft.values["highlights"] = "带动120户增收。"
    assert [problem.name for problem in DraftForm(draft).hard if problem.code == "remark_open"] == []


def test_a_return_keeps_the_whole_opinion_until_it_is_answered(submitted, head_tangfang, clerk_tangfang):
    draft = return_draft(submitted, opinion="材料不全,\n请补充后重新提交。", by=head_tangfang)
    assert [remark.text for remark in draft.open_remarks] == ["材料不全,\n请补充后重新提交。"]
    assert draft.state_words == "已退回"
    assert not DraftForm(draft).hard
    assert open_period(draft.point).reason.startswith("材料不全")
    submit_draft(draft, by=clerk_tangfang)
    answered = Draft.objects.unscoped("test").get(pk=draft.pk)
    assert (answered.open_remarks, len(answered.answered_remarks)) == ([], 1)


def test_the_head_reads_what_was_asked_with_the_value_before_and_after(submitted, head_tangfang, clerk_tangfang):
    draft = return_draft(submitted, remarks={"highlights": "请写明数据"}, opinion="请修改。", by=head_tangfang)
    before = DraftForm(draft).text_of("highlights")
    save_fields(draft, {"highlights": "带动120户增收。"}, was={}, by=clerk_tangfang)
    resubmitted = submit_draft(Draft.objects.unscoped("test").get(pk=draft.pk), by=clerk_tangfang)
    whole, field = DraftForm(resubmitted).answered_requests
    assert whole.remark.text == "请修改。"
    assert (field.before, field.after) == (before, "带动120户增收。")


def test_an_answered_remark_asks_for_nothing_any_more(submitted, head_tangfang, clerk_tangfang):
    draft = return_draft(submitted, remarks={"highlights": "请写明数据"}, by=head_tangfang)
    before = DraftForm(draft).text_of("highlights")
    save_fields(draft, {"highlights": "带动120户增收。"}, was={}, by=clerk_tangfang)
    submit_draft(draft, by=clerk_tangfang)
    again = return_draft(draft, opinion="请再核对。", by=head_tangfang)
    save_fields(again, {"highlights": before}, was={}, by=clerk_tangfang)
    assert "remark_open" not in {
        issue.code for issue in DraftForm(Draft.objects.unscoped("test").get(pk=again.pk)).hard
    }


def test_what_was_asked_is_asked_again_when_its_answer_is_taken_back(submitted, head_tangfang, clerk_tangfang):
    returned = return_draft(submitted, opinion="请修改", by=head_tangfang)
    answered = submit_draft(returned, by=clerk_tangfang)
    assert [remark.text for remark in take_back(answered, by=clerk_tangfang).open_remarks] == ["请修改"]


def test_nothing_is_sent_back_without_a_remark(submitted, head_tangfang):
    with pytest.raises(Refused) as refusal:
        return_draft(submitted, remarks={"highlights": "  "}, by=head_tangfang)
    assert refusal.value.code == "remark_missing"
    assert Draft.objects.unscoped("test").get(pk=submitted.pk).state == DraftState.SUBMITTED


# Scoring


@pytest.mark.parametrize(
    ("text", "code"), [("10.5", "too_large"), ("-1", "too_small"), ("9.7", "not_a_half"), ("九", "not_a_number")]
)
def test_a_score_lies_between_nothing_and_its_weight_in_half_points(text, code, review):
    with pytest.raises(Invalid) as invalid:
        Judging(review).fields["score-1"].read(text)
    assert invalid.value.code == code


def test_what_cannot_be_read_is_not_kept_and_the_rest_is(review, reviewer):
    saved = save_scores(review, {"score-1": "11", "score-2": "8.5"}, was={}, by=reviewer)
    assert (list(saved.problems), saved.written) == (["score-1"], ["score-2"])
    assert [line.text for line in Judging(review).lines[:2]] == ["", "8.5"]


def test_the_grade_follows_from_the_total(review, reviewer):
    save_scores(review, {**full_scores(review, but="10"), "score-2": "9.5"}, was={}, by=reviewer)
    assert (float(Judging(review).total), Judging(review).grade) == (89.5, "demonstration")


@pytest.mark.parametrize(
    ("total", "grade"),
    [("90", "premium"), ("89.5", "demonstration"), ("80", "demonstration"), ("70", "standard"), ("69.5", "")],
)
def test_a_total_gets_the_best_grade_whose_line_it_reaches(total, grade, review):
    assert review.standard.grade_for(float(total)) == grade


def test_scores_are_handed_in_only_when_all_are_there(review, reviewer):
    save_scores(review, {"score-1": "9"}, was={}, by=reviewer)
    refusal = next(iter(refusals_to_finish(review, by=reviewer)))
    assert (refusal.code, refusal.details["count"]) == ("scores_missing", 9)


def test_a_veto_refuses_whatever_the_score(review, reviewer):
    save_scores(review, {**full_scores(review), "veto-4": "申报表与台账不符"}, was={}, by=reviewer)
    assert codes(refusals_to_finish(review, by=reviewer)) == ["vetoed"]
    save_scores(review, {"veto-4": ""}, was={"veto-4": "申报表与台账不符"}, by=reviewer)
    assert codes(refusals_to_finish(review, by=reviewer)) == []


def test_a_total_below_the_lowest_line_is_not_handed_in(review, reviewer):
    reasons = {f"reason-{number}": "未达标" for number in range(1, 11)}
    save_scores(review, dict.fromkeys(full_scores(review), "0") | reasons, was={}, by=reviewer)
    assert codes(refusals_to_finish(review, by=reviewer)) == ["below_line"]


def test_points_are_not_deducted_without_a_reason(review, reviewer):
    save_scores(review, full_scores(review) | {"score-3": "11.5"}, was={}, by=reviewer)
    [refusal] = refusals_to_finish(review, by=reviewer)
    assert (refusal.code, refusal.details["items"]) == ("deduction_unexplained", "班子队伍过硬")
    save_scores(review, {"reason-3": "班子分工未上墙"}, was={}, by=reviewer)
    assert codes(refusals_to_finish(review, by=reviewer)) == []


def test_reasons_used_before_in_the_own_area_are_offered_for_their_item(review, reviewer, head_tangfang):
    save_scores(review, {"score-3": "11", "reason-3": "班子分工未上墙"}, was={}, by=reviewer)
    assert usual_deductions(reviewer, review) == {3: ["班子分工未上墙"]}
    head_tangfang.write_prefix = DAQI
    assert usual_deductions(head_tangfang, review) == {}


def test_the_one_who_checked_cannot_score(review, head_tangfang):
    head_tangfang.role, head_tangfang.read_prefix, head_tangfang.write_prefix = "reviewer", "130207", "130207"
    with pytest.raises(Refused) as refusal:
        save_scores(review, {"score-1": "9"}, was={}, by=head_tangfang)
    assert refusal.value.code == "own_work"


def test_the_one_who_wrote_it_cannot_score(review, clerk_tangfang):
    clerk_tangfang.role, clerk_tangfang.read_prefix, clerk_tangfang.write_prefix = "reviewer", "130207", "130207"
    with pytest.raises(Refused) as refusal:
        save_scores(review, {"score-1": "9"}, was={}, by=clerk_tangfang)
    assert refusal.value.code == "own_work"


def test_a_second_reviewer_sees_both_values_and_overwrites_nothing(review, reviewer, administrator):
    other = reviewer.__class__.objects.create_user(
        "second", role="reviewer", read_prefix="130207", write_prefix="130207"
    )
    save_scores(review, {"score-1": "9"}, was={"score-1": ""}, by=reviewer)
    saved = save_scores(review, {"score-1": "7"}, was={"score-1": ""}, by=other)
    assert [(conflict.mine, conflict.theirs, conflict.who) for conflict in saved.conflicts] == [("7", "9", "reviewer")]
    assert Judging(review).lines[0].text == "9"


def test_nothing_is_decided_on_scores_the_reviewer_has_not_seen(review, reviewer):
    save_scores(review, full_scores(review), was={}, by=reviewer)
    with pytest.raises(Refused) as refusal:
        finish_scoring(review, seen={"score-1": "9.5"}, by=reviewer)
    assert refusal.value.code == "seen_otherwise"


def test_a_photo_held_once_proves_many_items(review, reviewer):
    photo = Evidence.objects.create(
        code="E-1", kind="photo", area=review.point.area, point=review.point, sha256="0", size=1
    )
    save_scores(review, {}, was={}, proof={"1": ["E-1"], "6": ["E-1", "E-unknown"]}, by=reviewer)
    assert [line.item.number for line in Judging(review).lines if line.proof] == [1, 6]
    assert photo.proves.count() == 2


def test_an_application_sent_back_by_the_district_ends_its_round(review, reviewer):
    return_review(review, remarks={"photos": "请补拍活动室"}, by=reviewer)
    review.refresh_from_db()
    assert (review.outcome, status_of(review.point)) == (Outcome.RETURNED, "returned")
    draft = review.point.drafts.unscoped("test").get()
    assert (draft.state, draft.remarks.get().field) == (DraftState.OPEN, "photos")


def test_an_application_is_refused_with_a_reason(review, reviewer):
    with pytest.raises(Refused) as refusal:
        refuse_application(review, reason=" ", by=reviewer)
    assert refusal.value.code == "opinion_missing"
    refuse_application(review, reason="阵地已出租", by=reviewer)
    assert (status_of(review.point), open_period(review.point).reason) == ("refused", "阵地已出租")


def test_a_round_is_decided_once(review, reviewer):
    refuse_application(review, reason="阵地已出租", by=reviewer)
    with pytest.raises(Refused) as refusal:
        refuse_application(review, reason="再次", by=reviewer)
    assert refusal.value.code == "decided"


def test_the_last_verdict_stands_beside_the_new_one(review, reviewer, clerk_tangfang, head_tangfang):

    save_scores(review, {"score-1": "6", "reason-1": "台账不全"}, was={}, by=reviewer)
    return_review(review, remarks={"highlights": "请写明数据"}, by=reviewer)
    draft = review.point.drafts.unscoped("test").get()
    save_fields(draft, {"highlights": "带动120户增收。"}, was={}, by=clerk_tangfang)
    again = pass_draft(submit_draft(draft, by=clerk_tangfang), by=head_tangfang)
    assert float(Judging(again).lines[0].previous) == 6
    assert Judging(again).lines[0].previous_reason == "台账不全"


# The notice, and naming


def test_a_notice_lasts_the_working_days_of_the_rule(sample):
    assert notice_end(date(2026, 11, 24)) == date(2026, 11, 30)  # a Tuesday: Tue, Wed, Thu, Fri, Mon
    CalendarDay.objects.create(code="CD-T", day=date(2026, 11, 30), working=False, name="测试假日")
    assert notice_end(date(2026, 11, 24)) == date(2026, 12, 1)
    Parameter.objects.unscoped("test").filter(rule="notice-working-days").update(value=2)
    assert notice_end(date(2026, 11, 24)) == date(2026, 11, 25)


def test_only_scored_points_go_on_notice(review, reviewer):
    with pytest.raises(Refused) as refusal:
        post_notice([review], title="公示", starts_on=timezone.localdate(), by=reviewer)
    assert refusal.value.code == "not_scored"


def test_scores_changed_after_they_were_handed_in_are_handed_in_again_before_the_notice(scored, reviewer):
    save_scores(scored, {f"score-{number}": "0" for number in (1, 2)}, was={}, by=reviewer)
    with pytest.raises(Refused) as refusal:
        post_notice([scored], title="公示", starts_on=timezone.localdate(), by=reviewer)
    assert refusal.value.code == "scores_changed"


def test_a_point_stands_on_one_notice(notice, scored, reviewer):
    scored.refresh_from_db()
    with pytest.raises(Refused) as refusal:
        post_notice([scored], title="再公示", starts_on=timezone.localdate(), by=reviewer)
    assert refusal.value.code == "not_scored"


def test_a_notice_is_public_from_its_first_day(notice, client):
    assert Notice.objects.public().filter(pk=notice.pk).exists()
    assert notice.reviews.unscoped("test").get().point.name in client.get(f"/notices/{notice.code}/").content.decode()
    Notice.objects.unscoped("test").update(starts_on=timezone.localdate() + timedelta(days=1), ends_on=date(2099, 1, 1))
    assert client.get(f"/notices/{notice.code}/").status_code == 404


def test_nobody_is_named_while_the_notice_runs(notice, administrator):
    refusals = refusals_to_name(notice, on_notice(notice), on=timezone.localdate(), document_no=PAPER, by=administrator)
    assert codes(refusals) == ["notice_running"]


def test_nobody_is_named_before_the_public_got_its_answers(ended, administrator):
    Remark.objects.create(
        code="RM-1", kind="notices", record_code=ended.code, record_name=ended.title, area=ended.area, text="有异议",
        due_on=timezone.localdate(),
    )  # fmt: skip
    refusals = refusals_to_name(ended, on_notice(ended), on=timezone.localdate(), document_no=PAPER, by=administrator)
    assert codes(refusals) == ["remarks_open"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"document_no": " "}, "paper_missing"),
        ({"on": date(2099, 1, 1)}, "in_future"),
    ],
)
def test_a_naming_without_its_basis_is_refused(change, code, ended, administrator):
    named = {"on": timezone.localdate(), "document_no": PAPER, **change}
    with pytest.raises(Refused) as refusal:
        name_from_notice(ended, on_notice(ended), by=administrator, **named)
    assert refusal.value.code == code


def test_the_reviewer_does_not_name(ended, reviewer):
    with pytest.raises(Refused) as refusal:
        name_from_notice(ended, on_notice(ended), document_no=PAPER, on=timezone.localdate(), by=reviewer)
    assert refusal.value.code == "not_allowed"


def test_a_named_point_counts_from_its_day_with_the_grade_of_its_scores(ended, administrator):
    today = timezone.localdate()
    before = Scope(as_of=today, area="130207")
    count = FIGURES["points"].rows(before).count()
    [point] = name_from_notice(ended, on_notice(ended), document_no=PAPER, on=today, batch="第一批", by=administrator)
    now = open_period(point)
    assert FIGURES["points"].rows(before).count() == count + 1
    assert (now.status, now.level, now.grade, now.document_no) == ("named", "district", "premium", PAPER)
    assert Event.objects.filter(code=point.code, verb="standing", document_no=PAPER).exists()


def test_an_objection_takes_a_point_off_the_notice_and_back_to_scoring(notice, scored, reviewer):
    scored.refresh_from_db()
    take_off_notice(scored, reason="群众反映活动室长期关闭", by=reviewer)
    scored.refresh_from_db()
    assert (status_of(scored.point), scored.notice) == ("scored", None)
    assert save_scores(scored, {"score-6": "8"}, was={"score-6": "12"}, by=reviewer).written == ["score-6"]


def test_time_is_moved_only_in_a_demonstration(notice, reviewer, settings):
    settings.DEMO = False
    with pytest.raises(Refused) as refusal:
        let_notice_run_out(notice, by=reviewer)
    assert refusal.value.code == "not_allowed"
