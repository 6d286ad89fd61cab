"""Bookings of next month, and remarks of the public: waiting, passed on, and answered."""

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import uuid4

from registry.actions import bookings, remarks
from registry.kinds import KINDS
from registry.models import DemonstrationPoint, RemarkOutcome, TeachingSite

from .stage import DAQI, TANGFANG, Stage, Story, named_points

SITE = "TS-07"  # the teaching site in the township of the demo accounts
SATURDAY = 5


def stories(stage: Stage) -> Iterator[Story]:
    yield _book(stage, 1, day=8, people=35, is_confirmed=True)
    yield _book(stage, 2, day=17, people=28, is_confirmed=False)
    daqi, tangfang = named_points(DAQI, stage.today), named_points(TANGFANG, stage.today)
    yield _answer(stage, daqi[0])
    yield _pass_on(stage, tangfang[0])
    yield _leave(stage, daqi[1], "地图上的位置似乎偏到了村口，请核对。（示例）", days_ago=5)
    yield _leave(stage, tangfang[1], "简介里的活动场所面积还是改造前的数。（示例）", days_ago=2)
    yield _leave(stage, daqi[2], "希望补充志愿服务的报名方式。（示例）", days_ago=2)


def _book(stage: Stage, number: int, *, day: int, people: int, is_confirmed: bool) -> Story:
    yield stage.ago(4)
    booking = bookings.ask(
        TeachingSite.objects.public().get(code=SITE), booked_for=_next_month(stage.today, day), headcount=people,
        visitor=f"示例预约单位{number}", topic="党建观摩学习（示例）", contact="示例联系人", by=stage["clerk"],
    )  # fmt: skip
    if is_confirmed:
        yield stage.ago(2)
        bookings.confirm(booking, by=stage["clerk"])


def _next_month(today: date, day: int) -> date:
    """The `day`-th of next month, or the Monday after if that is a weekend."""
    first = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    wanted = first.replace(day=day)
    return wanted if wanted.weekday() < SATURDAY else wanted + timedelta(days=7 - wanted.weekday())


def _leave(stage: Stage, point: DemonstrationPoint, text: str, *, days_ago: int) -> Story:
    yield stage.ago(days_ago)
    return remarks.leave_remark(KINDS["points"], point, text=text, sender=f"示例来源{point.code}", key=uuid4())


def _answer(stage: Stage, point: DemonstrationPoint) -> Story:
    remark = yield from _leave(stage, point, "请问示范点周末是否开放参观？（示例）", days_ago=9)
    yield stage.ago(7)
    reply = "周末开放，时间为9时至17时。（示例）"
    remarks.answer_remark(remark, outcome=RemarkOutcome.UNCHANGED, reply=reply, by=stage["head"])


def _pass_on(stage: Stage, point: DemonstrationPoint) -> Story:
    remark = yield from _leave(stage, point, "建议几个示范点之间开通参观专线。（示例）", days_ago=4)
    yield stage.ago(3)
    remarks.pass_on_remark(remark, note="涉及全区线路安排，请区里答复。（示例）", by=stage["clerk2"])
