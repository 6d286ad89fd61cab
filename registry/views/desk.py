"""The work home, and a township's own sites."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from registry.access.permissions import may
from registry.access.requests import SignedInRequest
from registry.access.scope import read_scope
from registry.actions.accounts import mark_news_read
from registry.actions.drafts import confirm_site, unconfirm_site, unsettled_draft
from registry.figures import with_years
from registry.models import DemonstrationPoint, Draft, DraftState, PointStatus, User
from registry.overviews.attention import attention
from registry.overviews.draft_form import stored_facts
from registry.overviews.news import News, in_lines, latest_news, unread_news
from registry.overviews.tasks import tasks_of
from registry.text.area_codes import is_below_district

from .access import asks_for
from .drafts import site_or_404
from .tables import part_for

NEWS_AT_DESK, MOST_NEWS, NEWS_ON_PAGE = 6, 40, 200  # lines at the desk, the news they come from, and on their page


@asks_for()
def desk(request: SignedInRequest) -> HttpResponse:
    """What is to be done, the most urgent first; one button to start; what changed lately; and for the district what
    waits, is overdue or needs attention, with its oldest row."""
    today = timezone.localdate()
    tasks = [(task, task.is_late(today)) for task in tasks_of(request.user, today)]
    of_district = may(request.user, "attention.view") and not is_below_district(request.user.read_prefix)
    scope = with_years(read_scope({"area": request.user.read_prefix}, request.user))
    unread, news = unread_news(request.user, today), latest_news(request.user, today, MOST_NEWS)
    lines = in_lines(news)
    if unread == sum(item.is_unread for item in news) and not any(line.is_unread for line in lines[NEWS_AT_DESK:]):
        _mark_read(request, unread, news)
    context = {
        "tasks": tasks,
        "today": today,
        "may_start": may(request.user, "draft.write"),
        "scope": scope,
        "findings": attention(scope) if of_district else [],
        "news": lines[:NEWS_AT_DESK],
        "news_unread": unread,
    }
    return render(request, "registry/desk.html", context)


@asks_for("record.view")
def news_page(request: SignedInRequest) -> HttpResponse:
    """What others changed within fourteen days, each change on a line. Who sees it has read it."""
    today = timezone.localdate()
    unread, news = unread_news(request.user, today), latest_news(request.user, today, NEWS_ON_PAGE)
    _mark_read(request, unread, news)
    return render(request, "registry/news.html", {"news": news, "news_unread": unread})


def _mark_read(request: SignedInRequest, unread: int, news: list[News]) -> None:
    """Marks the news as read up to the newest that is shown."""
    if unread and news:
        mark_news_read(request.user, news[0].at)


def _cared_for(user: User, today: date) -> QuerySet[Any]:
    rows = DemonstrationPoint.objects.visible_to(user).in_area(user.write_prefix).with_care(today)
    return rows.select_related("area", "unit", "organisation")


def _care(request: SignedInRequest, today: date) -> dict:
    """What both the page and the answer about one site need: how many are asked to be confirmed, and what is left."""
    asked = _cared_for(request.user, today).filter(is_asked=True, status=PointStatus.NAMED)
    return {
        "count": asked.count(),
        "left": asked.filter(confirmed_at=None).count(),
        "year": today.year,
        "may_write": may(request.user, "draft.write"),
    }


@asks_for("point.confirm")
def sites(request: SignedInRequest) -> HttpResponse:
    """The drafts of the account's area, returned ones first; then its sites, those to be confirmed this year first."""
    today = timezone.localdate()
    drafts = list(Draft.objects.visible_to(request.user).in_area(request.user.write_prefix).unsettled().for_lists())
    drafts.sort(key=lambda draft: (not draft.open_remarks, draft.state == DraftState.SUBMITTED))
    draft_of = {draft.point_id: draft for draft in drafts if draft.is_change}
    applied_for = {draft.point_id for draft in drafts} - draft_of.keys()
    rows = [site for site in _cared_for(request.user, today) if site.pk not in applied_for]
    context = _care(request, today) | {
        "drafts": [draft for draft in drafts if not draft.is_change],
        "sites": [(site, stored_facts(site), draft_of.get(site.pk)) for site in rows],
    }
    return render(request, "registry/sites.html", context)


@asks_for("point.confirm")
@require_POST
def confirm(request: SignedInRequest, code: str) -> HttpResponse:
    """One tap for a site that is still as the registry has it."""
    site = site_or_404(request, code)
    confirm_site(site, by=request.user)
    return _confirmed(request, site, _("%(site)s: confirmed for %(year)s."))


@asks_for("point.confirm")
@require_POST
def unconfirm(request: SignedInRequest, code: str) -> HttpResponse:
    """Takes a confirmation of this year back."""
    site = site_or_404(request, code)
    unconfirm_site(site, by=request.user)
    return _confirmed(request, site, _("%(site)s: the confirmation for %(year)s was taken back."))


def _confirmed(request: SignedInRequest, site: DemonstrationPoint, words: str) -> HttpResponse:
    """The site anew with the count of what is left, or for a browser without scripts the whole page."""
    today = timezone.localdate()
    if not request.htmx:
        messages.success(request, words % {"site": site, "year": today.year})
        return redirect("desk-points")
    row = _cared_for(request.user, today).get(pk=site.pk)
    context = _care(request, today) | {"site": row, "facts": stored_facts(row), "draft": unsettled_draft(site)}
    return render(request, part_for(request, "registry/sites.html", "answer"), context)
