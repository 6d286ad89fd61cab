"""Scores, projects, findings of supervision, talks and replacements by the sheet."""

from datetime import date
from uuid import uuid4

import pytest

from assessment.models import AccountabilityAction, LedgerEntry, ProjectProblem, Review, SupervisionFinding
from registry.loading.undo import undo_rows
from registry.models import Event
from tests.factories import load_rows
from tests.loading_examples import EXAMPLES, open_review

SCORE = EXAMPLES["review-score"].row
PROJECT = EXAMPLES["project"].row
REFUSED = {
    "more than the weight": ("review-score", {"区级得分": "10.5"}, "district_score too_large"),
    "less than nothing": ("review-score", {"区级得分": "-1"}, "district_score too_small"),
    "a third of a point": ("review-score", {"区级得分": "8.3"}, "district_score not_a_half"),
    "by another standard": ("review-score", {"标准版本": "另一标准"}, "standard standard_differs"),
    "in another round": ("review-score", {"评审环节": "复核"}, "round round_differs"),
    "of an unknown item": ("review-score", {"条目": "另一条目"}, "item item_unknown"),
    "of a point that is not in review": ("review-score", {"示范点": "FN-0001"}, "point no_round"),
    "of an unknown point": ("review-score", {"示范点": "没有的示范点"}, "point place_unknown"),
    "a deadline before the opening": ("project", {"完成时限": "2021-01-01"}, "deadline order_wrong"),
    "progress over 100": ("project", {"查账(进度)": "2021-06-18 101%"}, "ledger_check too_large"),
    "a deadline before the finding": ("supervision", {"整改时限": "2021-05-01"}, "deadline order_wrong"),
    "checked again before the finding": ("supervision", {"复查日期": "2021-05-01"}, "rechecked_on order_wrong"),
    "a talk in days to come": ("accountability", {"日期": "2190-01-01"}, "occurred_on day_to_come"),
}  # fmt: skip


def messages_of(load, level: str) -> list[str]:
    return [
        f"{message['field']} {message['code']}"
        for row in load.rows.all()
        for message in row.messages
        if message["level"] == level
    ]


@pytest.mark.parametrize(("kind", "change", "why"), REFUSED.values(), ids=REFUSED)
def test_a_row_is_refused_at_the_field_that_is_wrong(kind, change, why, sample, administrator):
    EXAMPLES[kind].before()
    assert messages_of(load_rows(kind, EXAMPLES[kind].row | change, by=administrator), "refused") == [why]


def test_scores_are_one_event_of_the_review_and_decide_nothing(sample, administrator):
    review = open_review()
    load = load_rows("review-score", SCORE, {**SCORE, "条目": "2", "区级得分": "10"}, by=administrator)
    event = Event.objects.get(change_set=load.change_set)
    assert (event.kind, event.code, event.changes["score-1"], event.changes["score-2"]) == (
        "review", "RV-T", [None, "8.5"], [None, "10"],
    )  # fmt: skip
    review.refresh_from_db()
    assert (review.outcome, review.proposed_grade, review.version) == ("pending", "", 1)


def test_nobody_loads_scores_of_a_site_they_entered(sample, administrator):
    review = open_review()
    told_of = {"kind": "demonstrationpoint", "code": review.point.code}
    Event.objects.create(change_set=uuid4(), actor=administrator, verb="change", changes={}, **told_of)
    assert messages_of(load_rows("review-score", SCORE, by=administrator), "refused") == [" own_work"]


def test_what_the_township_gave_is_not_changed(sample, administrator):
    review = open_review()
    review.scores.filter(item__number=1).update(township_score=7)
    assert messages_of(load_rows("review-score", SCORE, by=administrator), "refused") == ["township_score score_stands"]


def test_a_review_that_is_decided_takes_no_scores(sample, administrator):
    review = open_review()
    Review.objects.unscoped("test").filter(pk=review.pk).update(outcome="refused")
    assert messages_of(load_rows("review-score", SCORE, by=administrator), "refused") == ["point no_round"]


def test_scores_stay_if_somebody_scored_on_since(sample, administrator):
    review = open_review()
    load = load_rows("review-score", SCORE, by=administrator)
    Review.objects.unscoped("test").filter(pk=review.pk).update(version=2)
    undo_rows(load, list(load.rows.all()))
    assert (load.rows.get().left, review.scores.get(item__number=1).district_score) == (True, 8.5)


def test_scores_of_many_rows_are_asked_for_together(sample, administrator, django_assert_max_num_queries):
    open_review()
    rows = [{**SCORE, "条目": str(number), "标准分": "", "乡镇评分": "", "区级得分": "5"} for number in range(1, 11)]
    with django_assert_max_num_queries(45):
        assert load_rows("review-score", *rows, by=administrator).changed == 10


def test_a_ledger_has_its_three_stages_and_problems(sample, administrator):
    row = {**PROJECT, "查账2(进度)": "2021.9.10:完成70%", "交账(实效)": "2021年12月10日 已完成"}
    load_rows("project", row, by=administrator)
    entries = LedgerEntry.objects.filter(project__name=PROJECT["项目名称"])
    assert [*entries.values_list("stage", "entered_on", "percent", "text")] == [
        ("open", date(2021, 2, 20), 0, "年初建账"),
        ("check", date(2021, 6, 18), 35, "完成35%,分段查账"),
        ("check", date(2021, 9, 10), 70, "完成70%"),
        ("close", date(2021, 12, 10), 100, "已完成"),
    ]
    problems = ProjectProblem.objects.unscoped("test").filter(project__name=PROJECT["项目名称"]).order_by("code")
    assert [(problem.name, problem.area_id) for problem in problems] == [
        ("党员教育不足", "130207108"), ("阵地老旧", "130207108"),
    ]  # fmt: skip


def test_a_problem_that_the_file_leaves_out_stays(sample, administrator):
    load_rows("project", PROJECT, by=administrator)
    load = load_rows("project", {**PROJECT, "拟破解难题": "阵地老旧\n活动太少"}, by=administrator)
    assert (messages_of(load, "warning"), load.changed) == (["problems member_stays"], 1)
    assert ProjectProblem.objects.unscoped("test").filter(project__name=PROJECT["项目名称"]).count() == 3


def test_the_number_of_problems_solved_is_compared_and_not_kept(sample, administrator):
    load = load_rows("project", {**PROJECT, "已解决问题数": "2", "是否销号": "是"}, by=administrator)
    assert messages_of(load, "warning") == ["solved_count differs", "closed differs"]
    problems = ProjectProblem.objects.unscoped("test").filter(project__name=PROJECT["项目名称"])
    assert {problem.solved_on for problem in problems} == {None}


def test_findings_and_talks_are_seen_by_nobody_from_outside(sample, administrator, clerk_daqi, clerk_tangfang):
    for kind in ("supervision", "accountability"):
        load_rows(kind, EXAMPLES[kind].row, by=administrator)
    rows = SupervisionFinding.objects.filter(finding="记录不全")
    counts = [rows.visible_to(viewer).count() for viewer in (None, clerk_daqi, clerk_tangfang)]
    assert counts == [0, 0, 1]
    assert AccountabilityAction.objects.public().count() == 0


def test_the_person_of_a_talk_is_in_no_event(sample, administrator):
    load = load_rows("accountability", EXAMPLES["accountability"].row, by=administrator)
    assert Event.objects.get(change_set=load.change_set).changes["person"] == ["…", "…"]
    assert (load.rows.get().name, load.rows.get().key.count("示例人员甲")) == ("约谈 2021-06-01", 0)
