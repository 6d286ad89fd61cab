"""Secretary projects through their three ledgers: opened, checked, handed in, signed off by a second person."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError
from django.utils import timezone

from assessment.actions import projects as acts
from assessment.models import Amendment, Light, ProjectProblem, Promise, SecretaryProject
from assessment.overviews.ledgers import check_days, describe_promise, next_check, proposed_check, settlement
from registry.actions.records import save_record
from registry.figures import FIGURES
from registry.models import PartyOrganisation, SearchEntry
from registry.overviews.history import history_of
from registry.overviews.tasks import tasks_of
from tests.factories import PROOF, load_rows, refused

OPENED, CHECKED, SOLVED = date(2021, 3, 1), date(2021, 6, 1), date(2021, 9, 1)
DEADLINE, HANDED_IN = date(2021, 12, 15), date(2021, 12, 10)
PROBLEMS = ["支部规范化程度不高", "活动开展不扎实"]


def plan(clerk, **more) -> SecretaryProject:
    organisation = PartyOrganisation.objects.unscoped("test").get(code=f"O-{clerk.write_prefix}")
    values = {
        "name": "唐坊镇“支部规范”书记项目", "organisation": organisation, "measures": "逐项整改。",
        "expected_results": "支部全部达标。", "deadline": DEADLINE, "responsible_person": "示例书记",
    }  # fmt: skip
    return SecretaryProject(**values | more)


@pytest.fixture
def planned(sample, clerk_tangfang):
    return acts.open_project(plan(clerk_tangfang), PROBLEMS, by=clerk_tangfang)


@pytest.fixture
def opened(planned, clerk_tangfang):
    acts.freeze_promise(planned, on=OPENED, by=clerk_tangfang)
    return again(planned)


@pytest.fixture
def handed_in(opened, clerk_tangfang):
    for problem in acts.problems_of(opened):
        acts.solve_problem(problem, on=SOLVED, result="已整改到位", proof=PROOF, by=clerk_tangfang)
    acts.hand_in(opened, on=HANDED_IN, text="支部全部达标", by=clerk_tangfang)
    return again(opened)


def again(project) -> SecretaryProject:
    return SecretaryProject.objects.unscoped("test").get(pk=project.pk)


def amend(project, problems=PROBLEMS, reason="上级部署调整", *, by, **changes):
    changed = again(project)
    for name, value in changes.items():
        setattr(changed, name, value)
    return acts.amend_promise(changed, problems, reason=reason, by=by)


def values(scope) -> list:
    return [FIGURES[slug].answer(scope).value for slug in ("projects", "problems-solved")]


def test_a_project_counts_from_its_opening_and_a_solved_problem_once(sample, scope, clerk_tangfang):
    projects, solved = values(scope)
    project = acts.open_project(plan(clerk_tangfang), PROBLEMS, by=clerk_tangfang)
    assert values(scope) == [projects, solved]
    acts.freeze_promise(project, on=OPENED, by=clerk_tangfang)
    assert values(scope) == [projects + 1, solved]
    assert values(scope.at(OPENED - timedelta(days=1)))[0] == projects
    first = acts.problems_of(project)[0]
    acts.solve_problem(first, on=SOLVED, result="已整改到位", proof=PROOF, by=clerk_tangfang)
    assert values(scope) == [projects + 1, solved + 1]
    again_solved = {"on": SOLVED, "result": "再次销号", "proof": PROOF, "by": clerk_tangfang}
    assert refused(acts.solve_problem, first, **again_solved) == "solved_already"
    assert values(scope) == [projects + 1, solved + 1]


def test_a_plan_is_seen_by_its_township_alone_until_its_ledger_is_open(planned, client, clerk_tangfang, clerk_daqi):
    pages = [f"/projects/{planned.code}/", f"/problems/{acts.problems_of(planned)[0].code}/"]
    assert [client.get(page).status_code for page in pages] == [404, 404]
    client.force_login(clerk_daqi)
    assert [client.get(page).status_code for page in pages] == [404, 404]
    client.force_login(clerk_tangfang)
    assert [client.get(page).status_code for page in pages] == [200, 200]
    client.logout()
    assert not SearchEntry.objects.filter(code=planned.code).exists()
    acts.freeze_promise(planned, on=OPENED, by=clerk_tangfang)
    assert [client.get(page).status_code for page in pages] == [200, 200]
    assert SearchEntry.objects.filter(code=planned.code).exists()


def test_the_public_history_of_a_project_begins_with_its_opening(planned, clerk_tangfang):
    assert history_of(planned, None) == []
    acts.freeze_promise(planned, on=OPENED, by=clerk_tangfang)
    entries = history_of(again(planned), None)
    assert [str(entry.changes[0].label) for entry in entries] == ["台账记录", "开设日期"]


def test_a_form_sent_twice_makes_one_project(sample, clerk_tangfang):
    key = uuid4()
    first = acts.open_project(plan(clerk_tangfang), PROBLEMS, key=key, by=clerk_tangfang)
    assert acts.open_project(plan(clerk_tangfang), PROBLEMS, key=key, by=clerk_tangfang) == first
    other = plan(clerk_tangfang, measures="另一种做法。")
    assert refused(acts.open_project, other, PROBLEMS, key=key, by=clerk_tangfang) == "stale"


@pytest.mark.parametrize("missing", ["problems", "measures", "expected_results"])
def test_an_incomplete_promise_is_not_frozen(missing, sample, clerk_tangfang):
    values = {} if missing == "problems" else {missing: ""}
    problems = [] if missing == "problems" else PROBLEMS
    project = acts.open_project(plan(clerk_tangfang, **values), problems, by=clerk_tangfang)
    assert refused(acts.freeze_promise, project, on=OPENED, by=clerk_tangfang) == "promise_incomplete"


def test_a_ledger_is_opened_once_not_in_days_to_come_and_not_after_the_deadline(planned, clerk_tangfang):
    tomorrow = timezone.localdate() + timedelta(days=1)
    late = DEADLINE + timedelta(days=1)
    assert refused(acts.freeze_promise, planned, on=tomorrow, by=clerk_tangfang) == "in_future"
    assert refused(acts.freeze_promise, planned, on=late, by=clerk_tangfang) == "opened_after_deadline"
    acts.freeze_promise(planned, on=OPENED, by=clerk_tangfang)
    assert refused(acts.freeze_promise, planned, on=OPENED, by=clerk_tangfang) == "ledger_is_open"
    assert refused(acts.open_project, again(planned), PROBLEMS, by=clerk_tangfang) == "ledger_is_open"


def test_another_township_and_another_role_write_nothing(planned, clerk_daqi, reviewer):
    for other in (clerk_daqi, reviewer):
        assert refused(acts.freeze_promise, planned, on=OPENED, by=other) == "not_allowed"


def test_an_amendment_stands_beside_the_promise_for_ever(opened, clerk_tangfang):
    amend(opened, ["活动开展不扎实", "阵地功能不全"], measures="改为分类整改。", by=clerk_tangfang)
    amend(opened, ["活动开展不扎实", "阵地功能不全"], deadline=date(2021, 12, 20), by=clerk_tangfang)
    promise = Promise.objects.get(project=opened)
    assert (promise.body["problems"], promise.body["measures"], promise.is_intact) == (PROBLEMS, "逐项整改。", True)
    assert [amendment.changes for amendment in opened.amendments.all()] == [
        {"problems": [PROBLEMS, ["活动开展不扎实", "阵地功能不全"]], "measures": ["逐项整改。", "改为分类整改。"]},
        {"deadline": ["2021-12-15", "2021-12-20"]},
    ]
    assert again(opened).measures == "改为分类整改。"
    assert [problem.name for problem in acts.problems_of(opened)] == ["活动开展不扎实", "阵地功能不全"]
    lines = [(str(line.what), line.promised, line.difference) for line in settlement(again(opened), SOLVED)[:3]]
    assert lines == [
        ("问题", "支部规范化程度不高", "经变更不再承诺"),
        ("问题", "活动开展不扎实", "未解决"),
        ("问题", "阵地功能不全", "经变更新增；未解决"),
    ]


def test_an_amendment_says_why_and_changes_something(opened, clerk_tangfang):
    assert refused(amend, opened, reason="改", measures="别的", by=clerk_tangfang) == "amendment_reason"
    assert refused(amend, opened, by=clerk_tangfang) == "nothing_amended"


def test_who_amends_what_somebody_else_amended_meanwhile_is_told(opened, clerk_tangfang):
    old = again(opened)
    amend(opened, measures="改为分类整改。", by=clerk_tangfang)
    old.expected_results = "另一种成效。"
    assert refused(acts.amend_promise, old, PROBLEMS, reason="上级部署调整", by=clerk_tangfang) == "stale"


def test_a_solved_problem_stays_in_the_promise(opened, clerk_tangfang):
    acts.solve_problem(acts.problems_of(opened)[0], on=SOLVED, result="已整改", proof=PROOF, by=clerk_tangfang)
    assert refused(amend, opened, PROBLEMS[1:], by=clerk_tangfang) == "solved_stays"


def test_a_frozen_promise_is_changed_by_no_other_way(opened, administrator):
    opened.measures = "悄悄改掉。"
    with pytest.raises(ValidationError) as error:
        save_record(opened, by=administrator)
    assert error.value.error_dict["__all__"][0].code == "promise_frozen"
    problem = acts.problems_of(opened)[0]
    problem.name = "换一个难题"
    with pytest.raises(ValidationError) as error:
        save_record(problem, by=administrator)
    assert error.value.error_dict["__all__"][0].code == "promise_frozen"
    with pytest.raises(ProtectedError):
        again(opened).delete()


def test_a_sheet_does_not_change_a_frozen_promise(opened, administrator):
    row = {
        "编号": opened.code, "项目名称": opened.name, "党组织名称": opened.organisation.name, "年度": "2021",
        "立项时间": "2021-03-01", "完成时限": "2021-12-15", "主要举措": "悄悄改掉。", "拟破解难题": "阵地功能不全",
    }  # fmt: skip
    [loaded] = load_rows("project", row, by=administrator).rows.all()
    refusals = [(message["field"], message["code"]) for message in loaded.messages if message["level"] == "refused"]
    assert refusals == [("measures", "promise_frozen"), ("problems", "promise_frozen")]


def test_a_changed_promise_is_found_by_its_fingerprint(opened, client):
    promise = Promise.objects.get(project=opened)
    Promise.objects.filter(pk=promise.pk).update(body=promise.body | {"measures": "悄悄改掉。"})
    assert "内容校验不一致" in client.get(f"/projects/{opened.code}/").content.decode()


def test_the_people_of_a_promise_are_for_the_staff_of_its_area(opened, clerk_tangfang, clerk_daqi):
    amend(opened, responsible_person="另一书记", by=clerk_tangfang)
    texts = {}
    for viewer in (None, clerk_daqi, clerk_tangfang):
        promise = describe_promise(again(opened), viewer)
        texts[viewer and viewer.username] = (
            [text for _label, text in promise["people"]],
            promise["amendments"][0][1][0][2],
        )
    assert texts == {
        None: ([], "…"),
        "clerk of Daqi": ([], "…"),
        "clerk of Tangfang": (["示例书记"], "另一书记"),
    }


def test_a_check_is_proposed_by_the_registry_and_kept_once_a_day(opened, clerk_tangfang):
    assert proposed_check(opened, CHECKED) == {
        "on": CHECKED, "percent": 0, "light": Light.SLOW, "text": "已解决问题 0 个，共 2 个。",
    }  # fmt: skip
    acts.solve_problem(acts.problems_of(opened)[0], on=CHECKED, result="已整改", proof=PROOF, by=clerk_tangfang)
    proposed = proposed_check(opened, CHECKED)
    assert (proposed["percent"], proposed["light"]) == (50, Light.ON_TRACK)
    assert proposed_check(opened, DEADLINE + timedelta(days=1))["light"] == Light.STUCK
    entry = acts.add_check(opened, by=clerk_tangfang, proof=PROOF, **proposed)
    assert (entry.light, entry.proof.unscoped("test").count()) == (Light.ON_TRACK, 1)
    assert refused(acts.add_check, opened, by=clerk_tangfang, **proposed) == "checked_that_day"


@pytest.mark.parametrize(
    ("on", "code"), [(OPENED - timedelta(days=1), "before_opening"), (date(2190, 1, 1), "in_future")]
)
def test_a_line_of_the_ledger_lies_between_the_opening_and_today(on, code, opened, clerk_tangfang):
    values = {"percent": 10, "light": Light.SLOW, "text": "推进中"}
    assert refused(acts.add_check, opened, on=on, by=clerk_tangfang, **values) == code
    problem = acts.problems_of(opened)[0]
    assert refused(acts.solve_problem, problem, on=on, result="好", proof=PROOF, by=clerk_tangfang) == code
    assert refused(acts.hand_in, opened, on=on, text="完成", difference="有", by=clerk_tangfang) == code


def test_a_problem_is_solved_with_proof(opened, clerk_tangfang):
    problem = acts.problems_of(opened)[0]
    assert refused(acts.solve_problem, problem, on=SOLVED, result="好", proof=[], by=clerk_tangfang) == "proof_missing"
    solved = acts.solve_problem(problem, on=SOLVED, result="已整改", proof=PROOF, by=clerk_tangfang)
    assert [str(evidence) for evidence in solved.proof.unscoped("test")] == ["佐证.jpg"]


def test_what_is_open_or_late_is_handed_in_with_the_difference(opened, clerk_tangfang):
    assert refused(acts.hand_in, opened, on=HANDED_IN, text="完成", by=clerk_tangfang) == "difference_missing"
    entry = acts.hand_in(opened, on=HANDED_IN, text="完成", difference="两个难题未解决", by=clerk_tangfang)
    assert entry.percent == 0


def test_a_ledger_that_was_handed_in_takes_no_further_line(handed_in, clerk_tangfang):
    values = {"on": HANDED_IN, "by": clerk_tangfang}
    assert [
        refused(acts.add_check, handed_in, percent=100, light=Light.ON_TRACK, text="完成", **values),
        refused(acts.hand_in, handed_in, text="完成", **values),
        refused(amend, handed_in, measures="别的", by=clerk_tangfang),
    ] == ["ledger_closed"] * 3


def test_the_settlement_sets_what_was_delivered_against_the_promise(handed_in):
    lines = [(line.promised, line.delivered, line.difference, line.met, len(line.proof)) for line in settlement(
        handed_in, HANDED_IN
    )]  # fmt: skip
    assert lines == [
        ("支部规范化程度不高", "2021-09-01 已整改到位", "", True, 1),
        ("活动开展不扎实", "2021-09-01 已整改到位", "", True, 1),
        ("支部全部达标。", "支部全部达标", "", True, 0),
        ("2021-12-15", "2021-12-10", "", True, 0),
    ]


def test_a_late_delivery_is_measured_against_the_first_promise(opened, clerk_tangfang):
    amend(opened, deadline=date(2021, 12, 25), by=clerk_tangfang)
    acts.hand_in(opened, on=date(2021, 12, 20), text="完成", difference="两个难题未解决", by=clerk_tangfang)
    line = settlement(again(opened), date(2021, 12, 31))[-1]
    assert (line.promised, line.difference, line.met) == ("2021-12-15", "逾期 5 天", False)


def test_a_second_person_signs_off_once(handed_in, clerk_tangfang, reviewer, administrator):
    assert refused(acts.sign_off, handed_in, by=clerk_tangfang) == "not_allowed"
    entry = acts.sign_off(handed_in, by=reviewer)
    assert (entry.signed_by, entry.signed_on) == (reviewer, timezone.localdate())
    assert refused(acts.sign_off, handed_in, by=administrator) == "signed_already"


def test_who_wrote_a_line_of_the_ledger_does_not_sign_it_off(opened, clerk_tangfang, reviewer, administrator):
    acts.add_check(opened, on=CHECKED, percent=40, light=Light.SLOW, text="推进中", by=reviewer)
    acts.hand_in(opened, on=HANDED_IN, text="完成", difference="两个难题未解决", by=clerk_tangfang)
    assert refused(acts.sign_off, opened, by=reviewer) == "own_work"
    assert refused(acts.send_back, opened, reason="佐证不足", by=reviewer) == "own_work"
    assert acts.sign_off(opened, by=administrator).signed_by == administrator


def test_what_was_sent_back_is_handed_in_again(handed_in, clerk_tangfang, reviewer):
    assert refused(acts.send_back, handed_in, reason="", by=reviewer) == "opinion_missing"
    acts.send_back(handed_in, reason="佐证不足", by=reviewer)
    assert refused(acts.sign_off, handed_in, by=reviewer) == "not_handed_in"
    acts.hand_in(handed_in, on=HANDED_IN, text="补充佐证", proof=PROOF, by=clerk_tangfang)
    assert acts.sign_off(handed_in, by=reviewer).text == "补充佐证"


def test_a_reminder_comes_some_days_before_and_never_first_on_the_day(opened, clerk_tangfang):
    due = next_check(opened, check_days(OPENED))

    def reminders(days: int) -> list:
        tasks = tasks_of(clerk_tangfang, due - timedelta(days=days))
        return [(task.what, task.due) for task in tasks if task.about == opened.name]

    assert [reminders(days) for days in (15, 14, 1)] == [[], [("查账：书记项目", due)], [("查账：书记项目", due)]]


def test_the_last_reminder_is_to_hand_in(opened, clerk_tangfang, reviewer):
    acts.add_check(opened, on=date(2021, 11, 1), percent=60, light=Light.SLOW, text="推进中", by=clerk_tangfang)
    assert next_check(opened, check_days(date(2021, 12, 1))) == DEADLINE
    urls = [task.url for task in tasks_of(clerk_tangfang, date(2021, 12, 1)) if task.about == opened.name]
    assert urls == [f"/desk/projects/{opened.code}/hand-in/"]


def test_what_was_handed_in_waits_for_somebody_else(handed_in, clerk_tangfang, reviewer):
    def waiting(user) -> list[str]:
        return [task.url for task in tasks_of(user, date(2021, 12, 20)) if task.about == handed_in.name]

    assert (waiting(reviewer), waiting(clerk_tangfang)) == ([f"/desk/projects/{handed_in.code}/sign/"], [])
    acts.sign_off(handed_in, by=reviewer)
    assert waiting(reviewer) == []


def test_the_board_lists_what_is_overdue_with_its_days(opened, client, leader):
    client.force_login(leader)
    answer = client.get("/desk/projects/?year=2021")
    days = (timezone.localdate() - DEADLINE).days
    assert (opened, days) in answer.context["overdue"]
    columns = {str(label): opened in projects for label, projects in answer.context["columns"]}
    assert [label for label, holds in columns.items() if holds] == ["建账"]


def test_the_problems_of_an_amendment_count_from_its_day(opened, scope, clerk_tangfang):
    amend(opened, [*PROBLEMS, "阵地功能不全"], by=clerk_tangfang)
    added = ProjectProblem.objects.unscoped("test").get(project=opened, name="阵地功能不全")
    assert added.found_on == Amendment.objects.get(project=opened).amended_on == timezone.localdate()


def test_a_longer_list_of_projects_asks_the_database_no_more_often(
    opened, clerk_tangfang, django_assert_max_num_queries
):
    def count_queries() -> int:
        with django_assert_max_num_queries(60) as queries:
            tasks_of(clerk_tangfang, CHECKED)
        return len(queries)

    one = count_queries()
    for number in range(3):
        project = acts.open_project(plan(clerk_tangfang, name=f"另一书记项目{number}"), PROBLEMS, by=clerk_tangfang)
        acts.freeze_promise(project, on=OPENED, by=clerk_tangfang)
    assert count_queries() == one
