"""What judging asks of people: submissions to check, points to score, notices that end, re-checks to settle, projects
to look at."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessment.models import LedgerStage, Notice, Review, Round, SecretaryProject
from registry.models import CalendarDay, Draft, DraftState, Parameter, PointStatus
from registry.permissions import may
from registry.todo import Task, to_do

UNCHECKED = timedelta(days=90)


def _due(since: date, rule: str, today: date) -> date:
    """The last of as many working days after `since` as the rule of the district gives."""
    days = Parameter.objects.count_on(rule, today, default=10)
    return CalendarDay.objects.working_day(since + timedelta(days=1), days)


@to_do
def submissions_to_check(user: Any, today: date) -> Iterable[Task]:
    """What clerks of the township have submitted."""
    if not may(user, "point.check"):
        return
    drafts = Draft.objects.visible_to(user).in_area(user.write_prefix).filter(state=DraftState.SUBMITTED)
    for draft in drafts.select_related("point").exclude(writers=user):
        due = _due(localdate(draft.submitted_at), "review-working-days", today)
        url = reverse("review-draft", args=[draft.key])
        yield Task(_("Check what was submitted"), str(draft), url, _("Check"), due)


@to_do
def points_to_score(user: Any, today: date) -> Iterable[Task]:
    """Applications that passed the township, and re-checks that were opened."""
    if not may(user, "point.review"):
        return
    mine = Review.objects.visible_to(user).in_area(user.write_prefix).select_related("point")
    applications = mine.standing(PointStatus.CHECKED)
    rechecks = mine.standing(PointStatus.NAMED).filter(round=Round.RECHECK, scored_on=None)
    for review in [*applications, *rechecks]:
        what = _("Score the application") if review.round == Round.APPLICATION else _("Score the re-check")
        due = _due(review.opened_on, "review-working-days", today)
        yield Task(what, review.point.name, review.get_absolute_url(), _("Score"), due)


@to_do
def points_for_notice(user: Any, today: date) -> Iterable[Task]:
    """One task for all scored points that stand on no notice yet."""
    if not may(user, "point.notice"):
        return
    waiting = Review.objects.visible_to(user).in_area(user.write_prefix).standing(PointStatus.SCORED)
    count = waiting.filter(notice=None).count()
    if count:
        about = ngettext("%(count)s point", "%(count)s points", count) % {"count": count}
        yield Task(_("Put scored points on public notice"), about, reverse("notice-new"), _("Post"))


@to_do
def notices_ending(user: Any, today: date) -> Iterable[Task]:
    """Notices with points that may be named from the day after their end."""
    if not may(user, "point.decide"):
        return
    open_rounds = Review.objects.unscoped("counted only").standing(PointStatus.NOTICE).values("notice")
    notices = Notice.objects.visible_to(user).in_area(user.write_prefix).filter(pk__in=open_rounds)
    for notice in notices.order_by("ends_on"):
        ended = notice.has_ended(today)
        what = _("A notice has ended: name its points") if ended else _("A notice is running")
        url = reverse("notice-desk", args=[notice.code])
        yield Task(what, notice.title, url, _("Name") if ended else _("Open"), notice.ends_on + timedelta(days=1))


@to_do
def rechecks_to_settle(user: Any, today: date) -> Iterable[Task]:
    """Re-checks whose scores were handed in."""
    if not may(user, "point.decide"):
        return
    mine = Review.objects.visible_to(user).in_area(user.write_prefix).pending()
    for review in mine.filter(round=Round.RECHECK, scored_on__isnull=False).select_related("point"):
        url = reverse("review-settle", args=[review.code])
        due = _due(review.scored_on, "review-working-days", today)
        yield Task(_("Decide on a re-check"), review.point.name, url, _("Decide"), due)


@to_do
def projects_to_check(user: Any, today: date) -> Iterable[Task]:
    """Secretary projects of this year whose ledger was not checked for a quarter and is not closed yet."""
    if not may(user, "point.notice"):
        return
    projects = SecretaryProject.objects.visible_to(user).in_area(user.write_prefix).filter(year=today.year)
    for project in projects.prefetch_related("entries"):
        entries = [entry for entry in project.entries.all() if entry.entered_on <= today]
        last = max((entry.entered_on for entry in entries), default=project.opened_on)
        if any(entry.stage == LedgerStage.CLOSE for entry in entries) or today - last < UNCHECKED:
            continue
        yield Task(
            _("Check the ledger of a project"), project.name, project.get_absolute_url(), _("Open"), last + UNCHECKED
        )
