"""Tasks of an account: each module declares those of its own records; the work home lists all by due date."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from registry.access.permissions import may
from registry.models import (
    Booking,
    BookingState,
    CalendarDay,
    DemonstrationPoint,
    Draft,
    DraftState,
    Load,
    LoadState,
    Parameter,
    Proposal,
    ProposedAct,
    Remark,
    RemarkOutcome,
)
from registry.models.remarks import NOTICES, RemarkQuerySet
from registry.text.area_codes import is_below_district


@dataclass(frozen=True)
class Task:
    """A task: what to do, for which record, its URL, the button's text, the due date (or None), and whether it stands
    above all others."""

    what: str | Promise
    about: str
    url: str
    button: str | Promise
    due: date | None = None
    is_first: bool = False

    def is_late(self, today: date) -> bool:
        return self.due is not None and self.due < today


SOURCES: list[Callable[[Any, date], Iterable[Task]]] = []


def to_do(source: Callable[[Any, date], Iterable[Task]]) -> Callable[[Any, date], Iterable[Task]]:
    """Registers a function of (user, today) as a source of tasks."""
    SOURCES.append(source)
    return source


def tasks_of(user: Any, today: date) -> list[Task]:
    """All tasks of `user`: what comes first, then the most urgent; those without a date come last."""
    tasks = [task for source in SOURCES for task in source(user, today)]
    return sorted(tasks, key=lambda task: (not task.is_first, task.due is None, task.due or today, task.about))


@to_do
def drafts_to_finish(user: Any, today: date) -> Iterable[Task]:
    """A clerk's drafts: returned ones first and with their due date; of the others one task for all."""
    if not may(user, "draft.write"):
        return
    drafts = Draft.objects.visible_to(user).in_area(user.write_prefix).filter(state=DraftState.OPEN)
    days = Parameter.objects.count_on("return-working-days", today, default=10)
    begun = []
    for draft in drafts.for_lists():
        remarks = draft.open_remarks
        if not remarks:
            begun.append(draft)
            continue
        due = CalendarDay.objects.working_day(localdate(remarks[-1].at) + timedelta(days=1), days)
        what = _("Returned by %(who)s: put right what was asked") % {"who": remarks[-1].by}
        yield Task(what, str(draft), draft.get_absolute_url(), _("Mend"), due, is_first=True)
    if len(begun) == 1:
        [draft] = begun
        what = _("A change of a named point to be finished") if draft.is_change else _("An application to be finished")
        yield Task(what, str(draft), draft.get_absolute_url(), _("Go on"))
    elif begun:
        about = ngettext("%(count)s draft", "%(count)s drafts", len(begun)) % {"count": len(begun)}
        yield Task(_("Drafts to be finished"), about, reverse("drafts"), _("Go on"))


@to_do
def sites_to_confirm(user: Any, today: date) -> Iterable[Task]:
    """One task for all sites to be confirmed this year."""
    if not may(user, "point.confirm"):
        return
    count = DemonstrationPoint.objects.in_area(user.write_prefix).to_confirm(today).count()
    if count:
        about = ngettext("%(count)s site", "%(count)s sites", count) % {"count": count}
        what = _("Confirm what the registry holds of your sites this year")
        address = f"{reverse('desk-points')}?confirmation=open"
        yield Task(what, about, address, _("Confirm"), date(today.year, 12, 31))


def remarks_for(user: Any) -> RemarkQuerySet:
    """The remarks in the area `user` writes in that the account answers, or passed on."""
    kinds = Q(pk__in=[])
    if may(user, "remark.answer"):
        kinds |= ~Q(kind=NOTICES)
    if may(user, "point.notice"):
        kinds |= Q(kind=NOTICES)
    return Remark.objects.visible_to(user).in_area(user.write_prefix).filter(kinds)


@to_do
def remarks_to_answer(user: Any, today: date) -> Iterable[Task]:
    """Open remarks: for a township those of its area, for the district its own and overdue ones."""
    remarks = remarks_for(user).open()
    if not is_below_district(user.write_prefix):
        own = Q(area_id=user.write_prefix) | Q(outcome=RemarkOutcome.PASSED_ON)
        remarks = remarks.filter(own | Q(due_on__lt=today))
    else:
        remarks = remarks.exclude(outcome=RemarkOutcome.PASSED_ON)
    for remark in remarks:
        what = _("Examine an objection to the notice") if remark.is_objection else _("Answer a remark from the public")
        button = pgettext("to a remark", "Answer")
        yield Task(what, remark.record_name, remark.get_absolute_url(), button, remark.due_on)


@to_do
def loads_to_look_at(user: Any, today: date) -> Iterable[Task]:
    """The account's loads that wait to be applied, or that failed."""
    if not may(user, "load.send"):
        return
    for load in Load.objects.visible_to(user).waiting_for(user):
        if load.state == LoadState.FAILED:
            what, button = _("The work at this file broke off"), _("Look at it")
        else:
            what, button = _("A file was read: see what it would change"), _("Look at it")
        yield Task(what, str(load), load.get_absolute_url(), button)


@to_do
def bookings_to_settle(user: Any, today: date) -> Iterable[Task]:
    """Bookings that wait for an answer, and confirmed ones whose day has come."""
    if not may(user, "booking.manage"):
        return
    for booking in Booking.objects.visible_to(user).in_area(user.write_prefix).open():
        if booking.state == BookingState.ASKED:
            what = _("A group asks to come")
        elif booking.booked_for <= today:
            what = _("Say who came of a group that booked")
        else:
            continue
        button = pgettext("a button", "Open")
        yield Task(what, str(booking), booking.get_absolute_url(), button, booking.booked_for)


@to_do
def proposals_to_confirm(user: Any, today: date) -> Iterable[Task]:
    """What somebody else proposed and this account confirms: the closing of a year, the post of another account."""
    for proposal in Proposal.objects.posts_for(user):
        url = reverse("account-hand-over", args=[proposal.values["account"]])
        yield Task(_("Take over a post"), str(proposal.proposed_by), url, pgettext("a button", "Open"))
    if may(user, "year.confirm"):
        for proposal in Proposal.objects.open(ProposedAct.CLOSE_YEAR).exclude(proposed_by=user):
            url = reverse("year-close", args=[proposal.subject])
            yield Task(_("Confirm the closing of a year"), proposal.subject, url, pgettext("a button", "Open"))
