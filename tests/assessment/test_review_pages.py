"""The desk's pages of judging: who gets them, what they say, and that nothing typed is lost."""

import re

import pytest
from django.utils import timezone

from assessment.actions.naming import let_notice_run_out, on_notice, open_rechecks, post_notice
from assessment.actions.scoring import finish_scoring, pass_draft, save_scores
from assessment.overviews.review_sheet import Judging
from registry.actions.drafts import submit_draft
from registry.actions.points import open_period
from registry.models import Draft, DraftState
from tests.factories import full_scores, make_named_point, make_submitted

PAPER = "丰组字〔2026〕示1号"


@pytest.fixture
def submitted(sample, clerk_tangfang):
    return make_submitted(clerk_tangfang, phone="13800000000")


@pytest.fixture
def review(submitted, head_tangfang):
    return pass_draft(submitted, by=head_tangfang)


@pytest.fixture
def notice(review, reviewer, settings):
    settings.DEMO = True
    save_scores(review, full_scores(review), was={}, by=reviewer)
    finish_scoring(review, seen={}, by=reviewer)
    return post_notice([review], title="公示", starts_on=timezone.localdate(), by=reviewer)


def test_the_head_finds_the_submission_among_what_is_to_do_and_passes_it(submitted, head_tangfang, client):
    client.force_login(head_tangfang)
    address = f"/desk/reviews/drafts/{submitted.key}/"
    assert address in client.get("/desk/").content.decode()
    assert client.post(address, {"then": "pass", "opinion": "属实"}).status_code == 302
    review = submitted.point.reviews.unscoped("test").get()
    assert review.township_opinion == "属实"


def test_a_return_without_remarks_comes_back_with_what_was_typed(submitted, head_tangfang, client):
    client.force_login(head_tangfang)
    answer = client.post(f"/desk/reviews/drafts/{submitted.key}/", {"then": "return", "score-1": "写了一半的得分"})
    assert answer.status_code == 409
    assert "写了一半的得分" in answer.content.decode()


def test_a_returned_draft_tells_the_clerk_who_asked_what(submitted, head_tangfang, clerk_tangfang, client):
    client.force_login(head_tangfang)
    typed = {"then": "return", "opinion": "请按意见修改后再报。", "remark-highlights": "请写明数据"}
    client.post(f"/desk/reviews/drafts/{submitted.key}/", typed)
    client.force_login(clerk_tangfang)
    page = client.get(submitted.get_absolute_url()).content.decode()
    assert all(text in page for text in ("已退回", "请按意见修改后再报。", "请写明数据", str(head_tangfang)))
    assert "请写明数据" in client.get(f"{submitted.get_absolute_url()}venue/").content.decode()
    assert client.get("/desk/").context["tasks"][0][0].url == submitted.get_absolute_url()


def test_a_submission_is_taken_back_until_the_head_has_opened_it(submitted, head_tangfang, clerk_tangfang, client):
    address = f"{submitted.get_absolute_url()}take-back/"
    client.force_login(clerk_tangfang)
    assert address in client.get("/desk/points/").content.decode()
    client.post(address)
    assert Draft.objects.unscoped("test").get(pk=submitted.pk).state == "open"
    submit_draft(Draft.objects.unscoped("test").get(pk=submitted.pk), by=clerk_tangfang)
    client.force_login(head_tangfang)
    client.get(f"/desk/reviews/drafts/{submitted.key}/")
    client.force_login(clerk_tangfang)
    assert address not in client.get("/desk/points/").content.decode()
    refusal = client.post(address)
    assert refusal.status_code == 409
    assert str(head_tangfang) in refusal.content.decode()


def test_a_bad_township_score_comes_back_in_words_and_nothing_is_passed(submitted, head_tangfang, client):
    client.force_login(head_tangfang)
    answer = client.post(f"/desk/reviews/drafts/{submitted.key}/", {"then": "pass", "score-2": "99"})
    assert answer.status_code == 409 and "99" in answer.content.decode()
    assert Draft.objects.unscoped("test").get(pk=submitted.pk).state == DraftState.SUBMITTED


def test_another_townships_submission_is_not_there(submitted, clerk_daqi, client):
    clerk_daqi.role = "head"
    clerk_daqi.save()
    client.force_login(clerk_daqi)
    assert client.get(f"/desk/reviews/drafts/{submitted.key}/").status_code == 404


def test_the_reviewer_sees_the_telephone_masked(review, reviewer, client):
    client.force_login(reviewer)
    page = client.get(f"/desk/reviews/{review.code}/").content.decode()
    assert "138****0000" in page and "13800000000" not in page


def test_the_pages_of_judging_are_not_there_for_a_clerk(review, clerk_tangfang, client):
    client.force_login(clerk_tangfang)
    for address in ("/desk/reviews/", f"/desk/reviews/{review.code}/", "/desk/notices/new/", "/desk/rechecks/"):
        assert client.get(address).status_code == 404


def test_all_scores_are_typed_and_handed_in_on_one_page_without_a_script(review, reviewer, client):
    client.force_login(reviewer)
    scores = full_scores(review)
    answer = client.post(f"/desk/reviews/{review.code}/", {**scores, "opinion": "同意", "then": "finish"})
    assert answer.status_code == 302
    assert open_period(review.point).status == "scored"


def test_the_script_is_told_the_total_and_what_cannot_be_read(review, reviewer, client):
    client.force_login(reviewer)
    typed = {"score-1": "9.5", "was-score-1": "", "score-2": "12", "was-score-2": ""}
    answer = client.post(f"/desk/reviews/{review.code}/", typed, headers={"x-autosave": "1"}).json()
    assert answer["unsaved"] == ["score-2"]
    assert "9.5" in answer["bar"]


def test_a_second_reviewer_gets_both_values_on_the_page(review, reviewer, client):
    save_scores(review, {"score-1": "9"}, was={}, by=reviewer)
    other = type(reviewer).objects.create_user("second", role="reviewer", read_prefix="130207", write_prefix="130207")
    client.force_login(other)
    typed = {"score-1": "7", "was-score-1": "", "reason-2": "仍要保留的话", "was-reason-2": "", "then": "finish"}
    answer = client.post(f"/desk/reviews/{review.code}/", typed)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert 'value="7"' in page and "<b>9</b>" in page and "仍要保留的话" in page
    assert Judging(review).lines[0].text == "9"


def test_a_disabled_button_says_why(review, reviewer, client):
    client.force_login(reviewer)
    page = client.get(f"/desk/reviews/{review.code}/")
    assert [refusal.code for refusal in page.context["refusals"]] == ["scores_missing"]
    assert 'aria-describedby="why-not"' in page.content.decode()


def test_a_naming_form_keeps_what_was_typed_when_it_is_refused(notice, administrator, client):
    client.force_login(administrator)
    chosen = [review.code for review in on_notice(notice)]
    typed = {"review": chosen, "document_no": PAPER, "on": timezone.localdate().isoformat(), "batch": "第一批"}
    answer = client.post(f"/desk/notices/{notice.code}/", typed)
    assert answer.status_code == 409
    assert PAPER in answer.content.decode() and "第一批" in answer.content.decode()


def test_a_naming_without_its_paper_is_said_and_the_button_stays_usable(notice, reviewer, administrator, client):
    let_notice_run_out(notice, by=reviewer)
    client.force_login(administrator)
    typed = {"review": [review.code for review in on_notice(notice)], "on": timezone.localdate().isoformat()}
    answer = client.post(f"/desk/notices/{notice.code}/", typed)
    [button] = re.findall(r"<button[^>]*>命名所选", answer.content.decode())
    assert answer.status_code == 409 and "disabled" not in button


def test_a_naming_that_cannot_be_yet_has_its_button_switched_off(notice, administrator, client):
    client.force_login(administrator)
    page = client.get(f"/desk/notices/{notice.code}/").content.decode()
    [button] = re.findall(r"<button[^>]*>命名所选", page)
    assert "disabled" in button


def test_the_administrator_names_from_the_page(notice, reviewer, administrator, client):
    let_notice_run_out(notice, by=reviewer)
    client.force_login(administrator)
    chosen = [review.code for review in on_notice(notice)]
    typed = {"review": chosen, "document_no": PAPER, "on": timezone.localdate().isoformat()}
    assert client.post(f"/desk/notices/{notice.code}/", typed).status_code == 302
    assert open_period(notice.reviews.unscoped("test").get().point).status == "named"


def test_a_date_that_is_none_is_said_beside_its_field(notice, administrator, client):
    client.force_login(administrator)
    answer = client.post(f"/desk/notices/{notice.code}/", {"on": "2月30日", "document_no": PAPER})
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == ["on"]
    assert PAPER in answer.content.decode()


def test_asking_first_changes_nothing(sample, administrator, client):
    point = make_named_point(grade="premium")
    client.force_login(administrator)
    typed = {"status": "named", "level": "district", "grade": "standard", "on": timezone.localdate().isoformat()}
    answer = client.post(f"/desk/points/{point.code}/standing/", {**typed, "then": "ask"})
    assert [refusal.code for refusal in answer.context["refusals"]] == ["paper_missing", "reason_missing"]
    changed = {**typed, "document_no": PAPER, "reason": "复核得分下降", "then": "change"}
    assert client.post(f"/desk/points/{point.code}/standing/", changed).status_code == 302
    assert open_period(point).grade == "standard"


def test_what_was_typed_of_a_title_is_corrected_on_a_page_of_its_own(sample, administrator, client):
    point = make_named_point(timezone.localdate(), grade="premium")
    client.force_login(administrator)
    address = f"/desk/points/{point.code}/correct/"
    assert address in client.get(f"/desk/points/{point.code}/standing/").content.decode()
    opened = client.get(address).context["now"]
    typed = {
        "level": "district", "grade": "standard", "document_no": PAPER, "on": timezone.localdate(), "opened": opened.pk,
    }  # fmt: skip
    answer = client.post(address, typed)
    assert answer.status_code == 400 and PAPER in answer.content.decode()
    assert client.post(address, {**typed, "reason": "录错"}).status_code == 302
    assert (open_period(point).grade, open_period(point).document_no) == ("standard", PAPER)


def test_who_corrects_what_somebody_corrected_meanwhile_is_told_and_sees_it(sample, administrator, client):
    point = make_named_point(timezone.localdate(), grade="premium")
    client.force_login(administrator)
    opened = open_period(point).pk
    right = {"level": "district", "document_no": PAPER, "on": timezone.localdate(), "reason": "录错", "opened": opened}
    address = f"/desk/points/{point.code}/correct/"
    assert client.post(address, {**right, "grade": "standard"}).status_code == 302
    answer = client.post(address, {**right, "grade": "premium"})
    assert answer.status_code == 409 and str(administrator) in answer.content.decode()
    assert answer.context["now"].grade == open_period(point).grade == "standard"


def test_a_site_without_a_title_has_no_page_to_correct_it(review, administrator, client):
    client.force_login(administrator)
    assert client.get(f"/desk/points/{review.point.code}/correct/").status_code == 404


def test_a_re_check_is_settled_from_its_page(sample, reviewer, administrator, client):
    [review] = open_rechecks([make_named_point(grade="premium")], by=reviewer)
    save_scores(review, full_scores(review, but="3"), was={}, by=reviewer)
    finish_scoring(review, seen={}, by=reviewer)
    client.force_login(administrator)
    assert client.get(f"/desk/reviews/{review.code}/settle/").status_code == 200
    typed = {"grade": "premium", "on": timezone.localdate().isoformat()}
    assert client.post(f"/desk/reviews/{review.code}/settle/", typed).status_code == 302


def test_the_last_verdict_stands_on_the_points_page_for_everybody(notice, reviewer, administrator, client):
    from assessment.actions.naming import name_from_notice

    let_notice_run_out(notice, by=reviewer)
    [point] = name_from_notice(notice, on_notice(notice), document_no=PAPER, on=timezone.localdate(), by=administrator)
    verdict = client.get(f"/points/{point.code}/").context["record"]
    assert "政治引领强" in client.get(f"/points/{verdict.code}/").content.decode()


def test_nobody_is_told_of_a_round_that_is_not_decided(sample, reviewer, client):
    point = make_named_point()
    open_rechecks([point], by=reviewer)
    assert "政治引领强" not in client.get(f"/points/{point.code}/").content.decode()
