"""The life cycle of a demonstration point: named, upgraded, downgraded, withdrawn. Only this module writes status
periods."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from registry.access.permissions import may
from registry.models import DemonstrationPoint, Draft, Event, PointStatus, StatusPeriod
from registry.models.points import MOVES, PUBLIC
from registry.text.refusals import Refused, raise_first

from .records import ChangeSet, changes_between, index, stale


def open_period(point: DemonstrationPoint) -> StatusPeriod | None:
    return point.periods.filter(valid_to=None).first()


RIGHTS = {  # the permission for a step to a status
    PointStatus.DRAFT: "draft.write",
    PointStatus.SUBMITTED: "draft.write",
    PointStatus.CHECKED: "point.check",
    PointStatus.SCORED: "point.review",
    PointStatus.REFUSED: "point.review",
    PointStatus.NOTICE: "point.notice",
    PointStatus.NAMED: "point.decide",
    PointStatus.WITHDRAWN: "point.decide",
}
WRITING = ("add", "take-over", "change", "submit", "parts")  # actions that make an account an author of the record


def right_for(before: str, after: str) -> str:
    """The permission for a step. Whoever has to act on the point may also send it back."""
    if after == PointStatus.RETURNED:
        return "point.check" if before == PointStatus.SUBMITTED else "point.review"
    return RIGHTS[PointStatus(after)]


def wrote(user: Any, point: DemonstrationPoint) -> bool:
    """Whether `user` entered or changed the point. Then somebody else must decide on it (GLOSSARY section 8)."""
    return point.pk in written_by(user, [point])


def written_by(user: Any, points: list[DemonstrationPoint]) -> set[int]:
    """The keys of those points that `user` entered or changed."""
    codes = {point.code: point.pk for point in points}
    acts = Event.objects.filter(kind="demonstrationpoint", code__in=codes, actor=user, verb__in=WRITING)
    drafts = Draft.objects.unscoped("who wrote it").filter(point__in=codes.values(), writers=user)
    return {codes[code] for code in acts.values_list("code", flat=True)} | {*drafts.values_list("point_id", flat=True)}


def refusals_to_change_standing(
    point: DemonstrationPoint,
    *,
    status: str,
    level: str = "",
    grade: str = "",
    on: date,
    document_no: str = "",
    reason: str = "",
    batch: str = "",
    by: Any,
) -> Iterator[Refused]:
    """All refusals against the change; empty if it is allowed."""
    now = open_period(point)
    before = now.status if now else ""
    if not may(by, right_for(before, status), point):
        yield Refused("not_allowed")
    elif right_for(before, status) != "draft.write" and wrote(by, point):
        yield Refused("own_work")
    if status != before and status not in MOVES[before]:
        yield Refused(
            "wrong_move", before=PointStatus(before).label if before else "—", after=PointStatus(status).label
        )
    if now and (now.status, now.level, now.grade) == (status, level, grade):
        yield Refused("nothing_changes")
    if now and (on < now.valid_from or (on == now.valid_from and now.status in PUBLIC)):
        yield Refused("too_early", since=now.valid_from.isoformat())
    if status in PUBLIC and not (level and grade):
        yield Refused("grade_missing")
    if status in PUBLIC and not document_no:
        yield Refused("paper_missing")
    regraded = now is not None and now.status == status == PointStatus.NAMED
    if (status == PointStatus.WITHDRAWN or regraded) and not reason:
        yield Refused("reason_missing")
    if status in PUBLIC and on > timezone.localdate():
        yield Refused("in_future", day=on.isoformat())


@transaction.atomic
def change_standing(point: DemonstrationPoint, *, by: Any, on: date, **change: str) -> DemonstrationPoint:
    """Ends the open period on the day `on` and begins the next, with one event. Raises the first refusal.

    A working step (not a title) of the same day is replaced by the next one: a day ends with its last status, and the
    events keep each step.
    """
    DemonstrationPoint.objects.unscoped("a lock against two deciders").select_for_update().get(pk=point.pk)
    raise_first(refusals_to_change_standing(point, by=by, on=on, **change))
    now = open_period(point)
    change_set = ChangeSet(by, change.get("reason", ""), change.get("document_no", ""))
    if now and now.valid_from == on:
        now.voided = change_set.key
        now.save()
    elif now:
        now.valid_to = on
        now.save()
    period = StatusPeriod(point=point, valid_from=on, **change)
    period.full_clean()
    period.save()
    before = {"status": now.status, "level": now.level, "grade": now.grade} if now else {}
    changes = {name: [before.get(name), change.get(name, "")] for name in ("status", "level", "grade")}
    changes["valid_from"] = [None, on.isoformat()]
    change_set.log("standing", point, changes)
    index(point)
    return point


def refusals_to_change_title(point: DemonstrationPoint, *, by: Any, **change: Any) -> Iterator[Refused]:
    """All refusals against another level or grade of a named point, or its withdrawal. The title itself is given by the
    life cycle or a take-over, not here."""
    now = open_period(point)
    before = now.status if now else ""
    if before != PointStatus.NAMED:
        after = PointStatus(change["status"]).label
        yield Refused("wrong_move", before=PointStatus(before).label if before else "—", after=after)
    yield from refusals_to_change_standing(point, by=by, **_completed(point, change))


def change_title(point: DemonstrationPoint, *, by: Any, **change: Any) -> DemonstrationPoint:
    """Changes the level or grade of a named point, or withdraws it, on the day `on` or today. A level or grade that is
    left out stays. Raises the first refusal."""
    raise_first(refusals_to_change_title(point, by=by, **change))
    return change_standing(point, by=by, **_completed(point, change))


def _completed(point: DemonstrationPoint, change: dict[str, Any]) -> dict[str, Any]:
    now = open_period(point)
    return ({"level": now.level, "grade": now.grade} if now else {}) | {"on": timezone.localdate()} | change


def name_point(
    point: DemonstrationPoint, *, level: str, grade: str, document_no: str, on: date, by: Any, batch: str = ""
) -> DemonstrationPoint:
    """Names a point after its public notice (GLOSSARY section 8)."""
    return change_standing(
        point, status=PointStatus.NAMED, level=level, grade=grade, document_no=document_no, on=on, by=by, batch=batch
    )


CORRECTED = ("level", "grade", "document_no", "batch")


def refusals_to_correct(
    point: DemonstrationPoint,
    *,
    level: str,
    grade: str,
    document_no: str,
    batch: str,
    reason: str,
    on: date | None = None,
    by: Any,
) -> Iterator[Refused]:
    """All refusals against correcting typing errors in the current title; empty if it is allowed."""
    if not may(by, RIGHTS[PointStatus.NAMED], point):
        yield Refused("not_allowed")
    elif wrote(by, point):
        yield Refused("own_work")
    now = open_period(point)
    if now is None or now.status not in PUBLIC:
        yield Refused("no_title")
    else:
        yield from _refusals_to_move(now, on or now.valid_from)
        current = (now.level, now.grade, now.document_no, now.batch, now.valid_from)
        if current == (level, grade, document_no, batch, on or now.valid_from):
            yield Refused("nothing_changes")
    if not (level and grade):
        yield Refused("grade_missing")
    if not document_no:
        yield Refused("paper_missing")
    if len(reason) < 2:
        yield Refused("correction_reason")


def _refusals_to_move(now: StatusPeriod, on: date) -> Iterator[Refused]:
    """All refusals against the new first day `on`."""
    before = _period_before(now)
    if before and on <= before.valid_from:
        yield Refused("too_early", since=before.valid_from.isoformat())
    if on > max(timezone.localdate(), now.valid_from):
        yield Refused("in_future", day=on.isoformat())


def _period_before(now: StatusPeriod) -> StatusPeriod | None:
    return now.point.periods.filter(valid_to=now.valid_from).first()


@transaction.atomic
def correct_standing(
    point: DemonstrationPoint,
    *,
    by: Any,
    reason: str,
    on: date | None = None,
    opened: int | None = None,
    **changes: str,
) -> DemonstrationPoint:
    """Corrects typing errors in the current title: its level, grade, document, batch or day; what is left out stays. A
    real change of the title gets its own day: `change_standing`. `opened` is the key of the period that was read; if
    there is a newer one, it is Refused("stale")."""
    DemonstrationPoint.objects.unscoped("a lock against two deciders").select_for_update().get(pk=point.pk)
    wrong: Any = open_period(point)
    current = {name: getattr(wrong, name, "") for name in CORRECTED}
    values = {name: text.strip() for name, text in (current | changes).items()}
    reason = reason.strip()[:300]
    raise_first(refusals_to_correct(point, reason=reason, on=on, by=by, **values))
    if opened not in (None, wrong.pk):
        raise stale(point)
    before = _period_before(wrong)
    change_set = ChangeSet(by, reason, values["document_no"])
    wrong.voided = change_set.key
    wrong.save()
    right = StatusPeriod(
        point=point, status=wrong.status, valid_from=on or wrong.valid_from, precision=wrong.precision,
        reason=wrong.reason, **values,
    )  # fmt: skip
    if before and before.valid_to != right.valid_from:
        before.valid_to = right.valid_from
        before.save()
    right.full_clean()
    right.save()
    change_set.log("correct", point, changes_between(_logged_fields(wrong), _logged_fields(right)))
    return point


def _logged_fields(period: StatusPeriod) -> dict[str, str]:
    return {name: getattr(period, name) for name in CORRECTED} | {"valid_from": period.valid_from.isoformat()}


def withdraw_point(
    point: DemonstrationPoint, *, by: Any, on: date | None = None, reason: str = "", document_no: str = ""
) -> DemonstrationPoint:
    """Withdraws the title. From `on` (or today) the point no longer counts, and keeps its code."""
    paper = {"reason": reason, "document_no": document_no, "on": on or timezone.localdate()}
    return change_standing(point, by=by, **_completed(point, paper | {"status": PointStatus.WITHDRAWN}))
