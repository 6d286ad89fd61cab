"""Secretary projects of this year, in two townships only, so that the year is not reported: one is planned, two have
checks, one is handed in and waits for its signature."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from assessment.actions.projects import (
    add_check,
    freeze_promise,
    hand_in,
    open_project,
    problems_of,
    solve_problem,
)
from assessment.models import Light, SecretaryProject

from .stage import DAQI, TANGFANG, Stage, Story, picture, township_organisation

LAST_DAY = (12, 15)  # the usual last day of a year's projects


@dataclass(frozen=True)
class Plan:
    """A project: planned so many days ago, with its checks (days ago, percent, light)."""

    township: str
    topic: str
    problems: tuple[str, ...]
    days_ago: int
    checks: tuple[tuple[int, int, Light], ...] = ()
    is_handed_in: bool = False


PLANS = (
    Plan(DAQI, "红色物业攻坚", ("小区物业服务缺位（示例）",), 200, ((120, 60, Light.ON_TRACK),), is_handed_in=True),
    Plan(
        DAQI, "网格治理提效", ("网格员力量不足（示例）", "诉求响应不及时（示例）"), 190,
        ((140, 45, Light.ON_TRACK), (80, 70, Light.ON_TRACK)),
    ),
    Plan(
        TANGFANG, "阵地改造升级", ("活动阵地功能不全（示例）",), 120,
        ((75, 25, Light.ON_TRACK), (30, 40, Light.SLOW)),
    ),
    Plan(DAQI, "党员教育提质", ("学习形式单一（示例）",), 2),
)  # fmt: skip


def stories(stage: Stage) -> Iterator[Story]:
    for plan in PLANS:
        yield _carry_out(stage, plan) if plan.checks else _write_plan(stage, plan)


def _write_plan(stage: Stage, plan: Plan) -> Story:
    yield stage.this_year(plan.days_ago)
    organisation = township_organisation(plan.township)
    project = SecretaryProject(
        name=f"{organisation.area.short_name}“{plan.topic}”书记项目（示例）", organisation=organisation,
        deadline=_deadline(stage.today), responsible_person="示例书记", team="示例专班",
        measures="建立问题清单，逐项明确措施与时限。（示例）", expected_results=f"{plan.topic}取得明显成效。（示例）",
    )  # fmt: skip
    return open_project(project, plan.problems, by=stage.clerk_of(plan.township))


def _deadline(today: date) -> date:
    """The usual last day of the year's projects, or a later one of the year where that is near or over."""
    return min(max(date(today.year, *LAST_DAY), today + timedelta(days=7)), date(today.year, 12, 31))


def _carry_out(stage: Stage, plan: Plan) -> Story:
    project, clerk = (yield from _write_plan(stage, plan)), stage.clerk_of(plan.township)
    freeze_promise(project, by=clerk)
    # early in a year checks fall on one day, which has the last of them
    checks = {stage.this_year(days_ago): (percent, light) for days_ago, percent, light in plan.checks}
    for day, (percent, light) in checks.items():
        yield day
        text, proof = "分段查账，督进度。（示例）", [picture(percent)]
        add_check(project, percent=percent, light=light, text=text, proof=proof, by=clerk)
    if plan.is_handed_in:
        yield stage.this_year(40)
        for problem in problems_of(project):
            solve_problem(problem, result="红色物业已进驻（示例）", proof=[picture(4)], by=clerk)
        yield stage.this_year(3)
        hand_in(project, text="年度交账，看实效。（示例）", proof=[picture(5)], by=clerk)
