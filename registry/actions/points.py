"""What happens to a demonstration point: named, raised, lowered, withdrawn. Nothing else writes its periods."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db import transaction

from registry.models import DemonstrationPoint, PointStatus, StatusPeriod
from registry.models.points import MOVES
from registry.permissions import may
from registry.refusals import Refused

from .records import ChangeSet, index


def open_period(point: DemonstrationPoint) -> StatusPeriod | None:
    return point.periods.filter(valid_to=None).first()


def refusals_to_change_standing(
    point: DemonstrationPoint,
    *,
    status: str,
    level: str = "",
    grade: str = "",
    on: date,
    document_no: str = "",
    reason: str = "",
    by: Any,
) -> Iterator[Refused]:
    """Everything that stands against the change; empty if it may be done."""
    now = open_period(point)
    before = now.status if now else ""
    if not may(by, "point.decide", point):
        yield Refused("not_allowed")
    if status != before and status not in MOVES[before]:
        yield Refused(
            "wrong_move", before=PointStatus(before).label if before else "—", after=PointStatus(status).label
        )
    if now and (now.status, now.level, now.grade) == (status, level, grade):
        yield Refused("nothing_changes")
    if now and on <= now.valid_from:
        yield Refused("too_early", since=now.valid_from.isoformat())
    if status in (PointStatus.NAMED, PointStatus.WITHDRAWN) and not (level and grade):
        yield Refused("grade_missing")
    if status in (PointStatus.NAMED, PointStatus.WITHDRAWN) and not document_no:
        yield Refused("paper_missing")
    if status == PointStatus.WITHDRAWN and not reason:
        yield Refused("reason_missing")


@transaction.atomic
def change_standing(point: DemonstrationPoint, *, by: Any, on: date, **change: str) -> DemonstrationPoint:
    """Ends the open period on the day `on` and begins the next, with one event. Raises the first refusal."""
    DemonstrationPoint.objects.unscoped("a lock against two deciders").select_for_update().get(pk=point.pk)
    for refusal in refusals_to_change_standing(point, by=by, on=on, **change):
        raise refusal
    now = open_period(point)
    if now:
        now.valid_to = on
        now.save()
    period = StatusPeriod(point=point, valid_from=on, **change)
    period.full_clean()
    period.save()
    before = {"status": now.status, "level": now.level, "grade": now.grade} if now else {}
    changes = {name: [before.get(name), change.get(name, "")] for name in ("status", "level", "grade")}
    ChangeSet(by, change.get("reason", ""), change.get("document_no", "")).tell("standing", point, changes)
    index(point)
    return point


def name_point(
    point: DemonstrationPoint, *, level: str, grade: str, document_no: str, on: date, by: Any
) -> DemonstrationPoint:
    """Names a point that was on public notice (GLOSSARY section 8)."""
    return change_standing(
        point, status=PointStatus.NAMED, level=level, grade=grade, document_no=document_no, on=on, by=by
    )


def withdraw_point(
    point: DemonstrationPoint, *, reason: str, document_no: str, on: date, by: Any
) -> DemonstrationPoint:
    """Takes the title back; from `on` the point counts no more, and keeps its number."""
    now = open_period(point)
    standing = {"level": now.level, "grade": now.grade} if now else {}
    return change_standing(
        point, status=PointStatus.WITHDRAWN, reason=reason, document_no=document_no, on=on, by=by, **standing
    )
