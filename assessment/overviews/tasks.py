"""Tasks of assessment: submissions to check, points to score, notices that end, re-checks, projects; and cards, appeals
and rankings of schemes."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from assessment.actions import schemes as acts
from assessment.actions.projects import wrote
from assessment.actions.supervision import INSPECT, RECTIFY, TALK, refusals_to
from assessment.models import (
    Appeal,
    FindingState,
    LedgerStage,
    Notice,
    Review,
    Round,
    Scheme,
    SchemeItem,
    SchemeResult,
    SecretaryProject,
    SupervisionFinding,
)
from assessment.overviews.ledgers import check_days, next_check, reminder_days
from assessment.overviews.supervision import warnings
from registry.access.permissions import may
from registry.models import CalendarDay, Draft, DraftState, Parameter, PointStatus
from registry.overviews.news import follow
from registry.overviews.tasks import Task, to_do

MOST_LINES = 3  # of the same kind on a desk
follow(SupervisionFinding)


def _due(since: date, rule: str, today: date) -> date:
    """The last of the working days after `since` that the parameter `rule` gives."""
    days = Parameter.objects.count_on(rule, today, default=10)
    return CalendarDay.objects.working_day(since + timedelta(days=1), days)


def _in_one_line(alike: Iterable[Task]) -> list[Task]:
    """The tasks, or one for many of them, such as the points of one load: it leads to the queue and names the first
    day."""
    tasks = list(alike)
    if len(tasks) <= MOST_LINES:
        return tasks
    first = min(tasks, key=lambda task: task.due or date.max)
    about = ngettext("%(count)s point", "%(count)s points", len(tasks)) % {"count": len(tasks)}
    return [replace(first, about=about, url=reverse("reviews"))]


@to_do
def submissions_to_check(user: Any, today: date) -> Iterable[Task]:
    """What clerks of the township have submitted."""
    if not may(user, "point.check"):
        return
    drafts = Draft.objects.visible_to(user).in_area(user.write_prefix).filter(state=DraftState.SUBMITTED)
    changes: list[Task] = []
    applications: list[Task] = []
    for draft in drafts.for_lists().exclude(writers=user):
        due = _due(localdate(draft.submitted_at), "review-working-days", today)
        url = reverse("review-draft", args=[draft.key])
        what = _("Check a change of a named point") if draft.is_change else _("Check an application")
        (changes if draft.is_change else applications).append(Task(what, str(draft), url, _("Check"), due))
    yield from _in_one_line(changes)
    yield from _in_one_line(applications)


@to_do
def points_to_score(user: Any, today: date) -> Iterable[Task]:
    """Applications passed by the township, and open re-checks."""
    if not may(user, "point.review"):
        return
    mine = Review.objects.visible_to(user).in_area(user.write_prefix).select_related("point")
    applications = mine.standing(PointStatus.CHECKED)
    rechecks = mine.standing(PointStatus.NAMED).filter(round=Round.RECHECK, scored_on=None)
    for what, reviews in ((_("Score the application"), applications), (_("Score the re-check"), rechecks)):
        yield from _in_one_line(
            Task(
                what,
                review.point.name,
                review.get_absolute_url(),
                _("Score"),
                _due(review.opened_on, "review-working-days", today),
            )
            for review in reviews
        )


@to_do
def points_for_notice(user: Any, today: date) -> Iterable[Task]:
    """One task for all scored points without a notice."""
    if not may(user, "point.notice"):
        return
    waiting = Review.objects.visible_to(user).in_area(user.write_prefix).standing(PointStatus.SCORED)
    count = waiting.filter(notice=None).count()
    if count:
        about = ngettext("%(count)s point", "%(count)s points", count) % {"count": count}
        yield Task(_("Put scored points on public notice"), about, reverse("notice-new"), pgettext("a button", "Post"))


@to_do
def notices_ending(user: Any, today: date) -> Iterable[Task]:
    """Notices with points that may be named after their end."""
    if not may(user, "point.decide"):
        return
    open_rounds = Review.objects.unscoped("counted only").standing(PointStatus.NOTICE).values("notice")
    notices = Notice.objects.visible_to(user).in_area(user.write_prefix).filter(pk__in=open_rounds)
    for notice in notices.order_by("ends_on"):
        ended = notice.has_ended(today)
        what = _("A notice has ended: name its points") if ended else _("A notice is running")
        url = reverse("notice-desk", args=[notice.code])
        yield Task(
            what,
            notice.title,
            url,
            pgettext("a button", "Name") if ended else _("Open"),
            notice.ends_on + timedelta(days=1),
        )


@to_do
def rechecks_to_settle(user: Any, today: date) -> Iterable[Task]:
    """Re-checks with finished scores."""
    if not may(user, "point.decide"):
        return
    mine = Review.objects.visible_to(user).in_area(user.write_prefix).pending()
    for review in mine.filter(round=Round.RECHECK, scored_on__isnull=False).select_related("point"):
        url = reverse("review-settle", args=[review.code])
        due = _due(review.scored_on or today, "review-working-days", today)
        yield Task(_("Decide on a re-check"), review.point.name, url, _("Decide"), due)


@to_do
def projects_on_the_way(user: Any, today: date) -> Iterable[Task]:
    """A clerk's projects: plans to open; ledgers to check or hand in, some days before they are due."""
    if not may(user, "project.write"):
        return
    soon, days = today + timedelta(days=reminder_days(today)), check_days(today)
    for project in _projects_of(user, today).prefetch_related("entries"):
        if project.opened_on is None:
            url = reverse("project-plan", args=[project.code])
            yield Task(_("Open the ledger of a project"), project.name, url, _("Open"))
        elif not _is_closed(project) and (due := next_check(project, days)) <= soon:
            step = "project-hand-in" if due == project.deadline else "project-check"
            what = (
                _("Hand in the ledger of a project") if due == project.deadline else _("Check the ledger of a project")
            )
            yield Task(what, project.name, reverse(step, args=[project.code]), _("Open"), due)


@to_do
def projects_behind(user: Any, today: date) -> Iterable[Task]:
    """For the district: ledgers handed in; and one task for all overdue ones."""
    if not may(user, "project.sign"):
        return
    behind, days = [], check_days(today)
    for project in _projects_of(user, today).filter(opened_on__isnull=False).prefetch_related("entries"):
        closing = next((entry for entry in project.entries.all() if entry.stage == LedgerStage.CLOSE), None)
        if closing is None and next_check(project, days) < today:
            behind.append(project)
        elif closing and closing.by_id and not closing.signed_on and not wrote(user, project):
            due = _due(closing.entered_on, "review-working-days", today)
            url = reverse("project-sign", args=[project.code])
            yield Task(_("Sign off the ledger of a project"), project.name, url, _("Decide"), due)
    if behind:
        about = ngettext("%(count)s project", "%(count)s projects", len(behind)) % {"count": len(behind)}
        due = min(next_check(project, days) for project in behind)
        yield Task(_("Ledgers are behind: see which"), about, reverse("desk-projects"), _("Open"), due)


@to_do
def findings_to_follow(user: Any, today: date) -> Iterable[Task]:
    """Findings: for the township to rectify; for the district to demand and to check."""
    words = {
        FindingState.FOUND: (INSPECT, "demand", _("Say what supervision asks for"), _("Open")),
        FindingState.DEMANDED: (RECTIFY, "rectify", _("Put right what supervision found"), _("Put right")),
        FindingState.RECTIFIED: (INSPECT, "check", _("Check what was put right"), pgettext("a button", "Check")),
    }
    if not may(user, INSPECT) and not may(user, RECTIFY):
        return
    rows = SupervisionFinding.objects.visible_to(user).in_area(user.write_prefix).exclude(done=True)
    for finding in rows.select_related("area").prefetch_related("steps"):
        right, act, what, button = words[finding.stage]
        if may(user, right) and not any(refusals_to(act, finding, by=user)):
            step = finding.last_step
            since = step.on if step and finding.stage == FindingState.RECTIFIED else finding.inspected_on
            due = finding.deadline if right == RECTIFY else _due(since, "review-working-days", today)
            yield Task(what, finding.finding, finding.get_absolute_url(), button, due)


@to_do
def talks_due(user: Any, today: date) -> Iterable[Task]:
    """Townships with so many overdue findings that a talk is required."""
    if not may(user, TALK):
        return
    for warning in warnings(user.write_prefix, today):
        if warning.fired:
            url = reverse("talk-new", args=[warning.township.pk])
            yield Task(_("A talk is due"), warning.township.name, url, _("Record the talk"))


def _projects_of(user: Any, today: date) -> Any:
    """The projects of the account's area of this and last year, whose ledgers may still be open."""
    rows = SecretaryProject.objects.visible_to(user).in_area(user.write_prefix)
    return rows.filter(year__gte=today.year - 1).order_by("deadline", "code")


def _is_closed(project: SecretaryProject) -> bool:
    return any(entry.stage == LedgerStage.CLOSE for entry in project.entries.all())


def _open_cards(user: Any) -> Any:
    rows = SchemeResult.objects.visible_to(user).in_area(user.write_prefix)
    return rows.filter(scheme__opened_on__isnull=False, scheme__announced_on=None).select_related("scheme", "area")


def _lacking(cards: Any, column: str) -> Any:
    """Cards with an item scored by hand that has no `column` yet."""
    by_hand = (
        SchemeItem.objects.filter(figure="").values("scheme").annotate(count=Count("pk")).values_list("scheme", "count")
    )
    needed = dict(by_hand)
    counted = cards.annotate(scored=Count("scores", filter=Q(**{f"scores__{column}__isnull": False})))
    return [card for card in counted.order_by("code") if card.scored < needed.get(card.scheme_id, 0)]


@to_do
def own_scores_to_give(user: Any, today: date) -> Iterable[Task]:
    """The unit's own scores, while its scheme is open."""
    if not may(user, acts.OWN):
        return
    for card in _lacking(_open_cards(user), "self_score"):
        yield Task(_("Give the own scores"), card.scheme.name, reverse("result-own", args=[card.code]), _("Open"))


@to_do
def cards_to_score(user: Any, today: date) -> Iterable[Task]:
    """One task for all cards of a scheme that the district has not scored."""
    if not may(user, acts.SCORE):
        return
    waiting: dict[Scheme, int] = {}
    for card in _lacking(_open_cards(user), "score"):
        waiting[card.scheme] = waiting.get(card.scheme, 0) + 1
    for scheme, count in waiting.items():
        about = ngettext("%(count)s card", "%(count)s cards", count) % {"count": count}
        yield Task(_("Score the cards of a scheme"), f"{scheme} · {about}", scheme.get_absolute_url(), _("Score"))


@to_do
def rankings_to_look_at(user: Any, today: date) -> Iterable[Task]:
    """For a unit: announced rankings, with the last day of an appeal. One task a scheme."""
    if not may(user, acts.APPEAL):
        return
    mine = SchemeResult.objects.visible_to(user).in_area(user.write_prefix)
    announced = mine.filter(scheme__announced_on__isnull=False, scheme__published_on=None)
    of_schemes = {result.scheme_id: result for result in announced.select_related("scheme", "area").order_by("-code")}
    for result in of_schemes.values():
        until = acts.appeal_until(result.scheme)
        if today <= until:
            what = _("A ranking was announced: look at it, and appeal if a score is wrong")
            yield Task(what, result.scheme.name, result.get_absolute_url(), _("Look at it"), until)


@to_do
def appeals_to_answer(user: Any, today: date) -> Iterable[Task]:
    if not may(user, acts.SETTLE):
        return
    mine = SchemeResult.objects.visible_to(user).in_area(user.write_prefix)
    for appeal in Appeal.objects.filter(result__in=mine, settled_on=None).select_related("result__scheme", "item"):
        due = acts.appeal_until(appeal.result.scheme)
        url = reverse("appeal-settle", args=[appeal.pk])
        button = pgettext("a button", "Answer")
        yield Task(_("Answer an appeal"), f"{appeal.result} · {appeal.item}", url, button, due)


@to_do
def schemes_to_move_on(user: Any, today: date) -> Iterable[Task]:
    """Schemes whose ranking may be announced, or published."""
    if not may(user, acts.SETTLE):
        return
    rows = Scheme.objects.visible_to(user).in_area(user.write_prefix).filter(opened_on__isnull=False, published_on=None)
    for scheme in rows.order_by(F("year").desc()):
        if scheme.announced_on:
            due = acts.appeal_until(scheme) + timedelta(days=1)
            yield Task(_("Publish the ranking"), scheme.name, scheme.get_absolute_url(), _("Open"), due)
        elif not list(acts.refusals_to_announce(scheme, by=user)):
            yield Task(_("Announce the ranking"), scheme.name, scheme.get_absolute_url(), _("Open"))
