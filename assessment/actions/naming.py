"""From scores to a title and after: public notice, naming, re-check and its outcome."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from assessment.models import Notice, Outcome, Review, Round
from assessment.overviews.review_sheet import Judging
from registry.access.permissions import may
from registry.actions.points import change_standing, name_point, open_period, withdraw_point, wrote
from registry.actions.records import ChangeSet, save_with_event
from registry.actions.sites import add_with_code
from registry.models import CalendarDay, DemonstrationPoint, Level, Parameter, PointStatus, Remark
from registry.text.area_codes import district_of
from registry.text.refusals import Refused, raise_first

from .scoring import decided, open_round

FARTHEST = 30  # a notice begins within this number of days from today


def notice_days(starts_on: date) -> int:
    """The working days of a notice that begins on `starts_on` (parameter notice-working-days)."""
    return Parameter.objects.count_on("notice-working-days", starts_on, default=5)


def notice_end(starts_on: date) -> date:
    """The last day of a notice that begins on `starts_on`."""
    return CalendarDay.objects.working_day(starts_on, notice_days(starts_on))


def refusals_to_post(reviews: Sequence[Review], *, starts_on: date, by: Any) -> Iterator[Refused]:
    """All refusals against a public notice of these rounds; empty if it may be posted."""
    if not reviews:
        yield Refused("nothing_chosen")
    for review in reviews:
        if not may(by, "point.notice", review):
            yield Refused("not_allowed")
        elif wrote(by, review.point):
            yield Refused("own_work")
        now = open_period(review.point)
        if review.outcome != Outcome.PENDING or review.notice_id or not now or now.status != PointStatus.SCORED:
            yield Refused("not_scored", name=review.point.name)
        elif Judging(review).grade != review.proposed_grade:
            yield Refused("scores_changed", name=review.point.name)
    newest = max((review.scored_on for review in reviews if review.scored_on), default=None)
    if newest and starts_on < newest:
        yield Refused("notice_too_early", since=newest.isoformat())
    if starts_on > timezone.localdate() + timedelta(days=FARTHEST):
        yield Refused("notice_too_far", days=FARTHEST)


@transaction.atomic
def post_notice(
    reviews: Iterable[Review], *, title: str, starts_on: date, document_no: str = "", text: str = "", by: Any
) -> Notice:
    """Posts a public notice with the points of these rounds, from `starts_on` for the working days of the parameter."""
    chosen = Review.objects.unscoped("a lock against two notices").filter(pk__in=[review.pk for review in reviews])
    reviews = list(chosen.select_for_update(of=("self",)).select_related("point").order_by("pk"))
    raise_first(refusals_to_post(reviews, starts_on=starts_on, by=by))
    notice = Notice(
        title=title, starts_on=starts_on, ends_on=notice_end(starts_on), working_days=notice_days(starts_on),
        document_no=document_no, text=text, posted_by=by, area_id=district_of(reviews[0].point.area_id),
    )  # fmt: skip
    notice = add_with_code(notice, f"N-{starts_on.year}-", 3, right="point.notice", by=by)
    for review in reviews:
        review.notice = notice
        save_with_event(review, by=by)
        change_standing(review.point, status=PointStatus.NOTICE, on=starts_on, document_no=document_no, by=by)
    return notice


def on_notice(notice: Notice) -> list[Review]:
    """The rounds whose points still stand on the notice."""
    rows = Review.objects.unscoped("of the notice itself").filter(notice=notice).standing(PointStatus.NOTICE)
    return list(rows.select_related("point__area", "point__organisation"))


def refusals_to_take_off(review: Review, *, by: Any) -> Iterator[Refused]:
    if not may(by, "point.review", review):
        yield Refused("not_allowed")
    if review.notice_id is None or review.outcome != Outcome.PENDING:
        yield Refused("not_on_notice", name=review.point.name)


@transaction.atomic
def take_off_notice(review: Review, *, by: Any, reason: str = "") -> Review:
    """Takes a point off its notice because of an objection; it goes back to scoring."""
    review = Review.objects.unscoped("a lock").select_for_update(of=("self",)).select_related("point").get(pk=review.pk)
    if len(reason.strip()) < 2:
        raise Refused("reason_short")
    raise_first(refusals_to_take_off(review, by=by))
    change_standing(
        review.point, status=PointStatus.SCORED, on=timezone.localdate(), reason=reason.strip()[:300], by=by
    )
    review.notice = None
    return save_with_event(review, by=by, reason=reason.strip()[:300])


@transaction.atomic
def let_notice_run_out(notice: Notice, *, by: Any) -> Notice:
    """Moves a notice into the past, so that a demonstration need not wait. Only if DEMO is set."""
    if not settings.DEMO or not may(by, "point.notice", notice) or notice.starts_on > timezone.localdate():
        raise Refused("not_allowed")
    days = notice.ends_on - timezone.localdate() + timedelta(days=1)
    notice.starts_on, notice.ends_on = notice.starts_on - days, notice.ends_on - days
    return save_with_event(notice, by=by, reason="DEMO")


def open_remarks(notice: Notice) -> int:
    """Unanswered remarks of the public on the notice."""
    return Remark.objects.unscoped("counted only").open().filter(kind="notices", record_code=notice.code).count()


def refusals_to_name(
    notice: Notice, reviews: Sequence[Review] | None = None, *, by: Any, on: date | None = None, document_no: str = "…"
) -> Iterator[Refused]:
    """All refusals against naming these points of the notice, or all of them; empty if it is allowed. Without `on` or
    `document_no` those against naming them today by some document."""
    reviews, on = on_notice(notice) if reviews is None else reviews, on or timezone.localdate()
    if not may(by, "point.decide", notice):
        yield Refused("not_allowed")
    if not reviews:
        yield Refused("nothing_chosen")
    if not notice.has_ended(on):
        yield Refused("notice_running", until=notice.ends_on.isoformat())
    if on > timezone.localdate():
        yield Refused("in_future", day=on.isoformat())
    if remarks := open_remarks(notice):
        yield Refused("remarks_open", count=remarks)
    if not document_no.strip():
        yield Refused("paper_missing")
    for review in reviews:
        now = open_period(review.point)
        is_on_notice = now is not None and now.status == PointStatus.NOTICE
        if review.notice_id != notice.pk or review.outcome != Outcome.PENDING or not is_on_notice:
            yield Refused("not_on_notice", name=review.point.name)
        if wrote(by, review.point):
            yield Refused("own_work")


@transaction.atomic
def name_from_notice(
    notice: Notice,
    reviews: Iterable[Review],
    *,
    by: Any,
    document_no: str = "",
    on: date | None = None,
    batch: str = "",
) -> list[DemonstrationPoint]:
    """Names points after their notice, with the level they applied for and the grade that follows from the scores."""
    on = on or timezone.localdate()
    rows = Review.objects.unscoped("a lock against two deciders").filter(pk__in=[review.pk for review in reviews])
    reviews = list(rows.select_for_update(of=("self",)).select_related("point").order_by("pk"))
    raise_first(refusals_to_name(notice, reviews, on=on, document_no=document_no, by=by))
    for review in reviews:
        name_point(
            review.point, level=review.applied_level, grade=review.proposed_grade, document_no=document_no.strip(),
            on=on, batch=batch.strip(), by=by,
        )  # fmt: skip
        _close(review, Outcome.PASSED, on, by)
    return [review.point for review in reviews]


def _close(review: Review, outcome: Outcome, on: date, by: Any) -> None:
    review.outcome, review.decided_on = outcome, on
    save_with_event(review, by=by)


def refusals_to_recheck(point: DemonstrationPoint, *, by: Any) -> Iterator[Refused]:
    """All refusals against a re-check of a named point."""
    if not may(by, "point.review", point):
        yield Refused("not_allowed")
    now = open_period(point)
    if now is None or now.status != PointStatus.NAMED:
        yield Refused("not_named", name=point.name)
    if point.reviews.unscoped("of the point itself").pending().exists():
        yield Refused("in_review", name=point.name)


@transaction.atomic
def open_recheck(point: DemonstrationPoint, *, by: Any) -> Review:
    """Opens a re-check of a point, by the current standard (GLOSSARY 复核)."""
    raise_first(refusals_to_recheck(point, by=by))
    now = open_period(point)
    level = now.level if now and now.level else Level.DISTRICT
    return open_round(point, Round.RECHECK, right="point.review", by=by, applied_level=level)


@transaction.atomic
def open_rechecks(points: Iterable[DemonstrationPoint], *, by: Any) -> list[Review]:
    """Opens a re-check of each point, or of none."""
    reviews = [open_recheck(point, by=by) for point in points]
    if not reviews:
        raise Refused("nothing_chosen")
    return reviews


def refusals_to_settle(review: Review, *, by: Any) -> Iterator[Refused]:
    """All refusals against settling a re-check that do not depend on the decision."""
    if not may(by, "point.decide", review):
        yield Refused("not_allowed")
    if review.outcome != Outcome.PENDING:
        yield decided(review)
    elif review.round != Round.RECHECK or review.scored_on is None:
        yield Refused("not_rechecked")
    elif Judging(review).grade != review.proposed_grade:
        yield Refused("scores_changed", name=review.point.name)


@transaction.atomic
def settle_recheck(
    review: Review, *, grade: str, document_no: str = "", reason: str = "", on: date | None = None, by: Any
) -> Review:
    """Settles a re-check: the grade is kept, raised or lowered; an empty `grade` withdraws the title. A change of the
    title needs a document."""
    rows = Review.objects.unscoped("a lock against two deciders").select_for_update(of=("self",))
    review = rows.select_related("point").get(pk=review.pk)
    raise_first(refusals_to_settle(review, by=by))
    now, on = open_period(review.point), on or timezone.localdate()
    if now is None:
        raise Refused("not_named", name=review.point.name)
    paper = {"document_no": document_no.strip(), "reason": reason.strip(), "on": on, "by": by}
    if not grade:
        withdraw_point(review.point, **paper)
    elif grade != now.grade:
        change_standing(review.point, status=PointStatus.NAMED, level=now.level, grade=grade, **paper)
    else:
        ChangeSet(by, reason.strip()).log("recheck", review.point, {"grade": [now.grade, grade]})
    _close(review, Outcome.PASSED if grade else Outcome.REFUSED, on, by)
    return review
