"""The work home, and a township's own sites."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from registry.access.permissions import may
from registry.access.requests import SignedInRequest
from registry.access.scope import Scope, read_scope
from registry.actions.accounts import mark_news_read, remove_view, save_view
from registry.actions.drafts import confirm_site, unconfirm_site, unsettled_draft
from registry.figures import with_years
from registry.filters import KindFilters, filtered, filters_of
from registry.kinds.showcase import SITES
from registry.models import DemonstrationPoint, Draft, FieldRemark, PointStatus, User
from registry.models.drafts import DraftQuerySet
from registry.models.points import PointQuerySet
from registry.overviews.attention import attention
from registry.overviews.draft_form import stored_facts
from registry.overviews.news import News, in_lines, latest_news, unread_news
from registry.overviews.tasks import tasks_of
from registry.text.area_codes import is_below_district
from registry.text.validators import UNSTORABLE

from .access import asks_for
from .drafts import site_or_404
from .paging import PAGE_SIZE, RowPage, page_within
from .tables import ListTable, headings_of, page_of, part_for, render_table

LONGEST_VALUE = 80  # of a filter in a saved view
NEWS_AT_DESK, MOST_NEWS, NEWS_ON_PAGE = 6, 40, 200  # lines at the desk, the news they come from, and on their page


@asks_for()
def desk(request: SignedInRequest) -> HttpResponse:
    """What is to be done, the most urgent first; one button to start; what changed lately; and for the district what
    waits, is overdue or needs attention, with its oldest row."""
    today = timezone.localdate()
    tasks = page_within(tasks_of(request.user, today), request.GET, "tasks")
    of_district = may(request.user, "attention.view") and not is_below_district(request.user.read_prefix)
    scope = with_years(read_scope({"area": request.user.read_prefix}, request.user))
    unread, news = unread_news(request.user, today), latest_news(request.user, today, MOST_NEWS)
    lines = in_lines(news)
    if unread == sum(item.is_unread for item in news) and not any(line.is_unread for line in lines[NEWS_AT_DESK:]):
        _mark_read(request, unread, news)
    context = {
        "tasks": [(task, task.is_late(today)) for task in tasks],
        "task_page": tasks,
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


def _cared_for(user: User, today: date) -> PointQuerySet:
    return DemonstrationPoint.objects.visible_to(user).in_area(user.write_prefix).with_care(today)


def _care(request: SignedInRequest, today: date) -> dict:
    """What both the page and the answer about one site need: how many are asked to be confirmed, and what is left."""
    asked = _cared_for(request.user, today).filter(is_asked=True, status=PointStatus.NAMED)
    return {
        **asked.aggregate(count=Count("pk"), left=Count("pk", filter=Q(confirmed_at=None))),
        "year": today.year,
        "may_write": may(request.user, "draft.write"),
    }


@asks_for("point.confirm")
def sites(request: SignedInRequest) -> HttpResponse:
    """The account's sites, filtered, ordered and paged, with the draft that changes each; before all of them the
    applications, returned ones first."""
    today, drafts = timezone.localdate(), Draft.objects.visible_to(request.user).in_area(request.user.write_prefix)
    scope = read_scope({"area": request.user.write_prefix}, request.user).at(today)
    rows = _cared_for(request.user, today)
    is_whole = not any(name != "page" for name in request.GET)
    applications = list(_applications(drafts)[: PAGE_SIZE + 1]) if is_whole else []
    rows = rows.exclude(pk__in=[draft.point_id for draft in applications[:PAGE_SIZE] if draft.point_id])
    filters = filtered(SITES, rows, scope, request.GET)
    page, table = site_table(filters, scope, request.GET)
    keys = page.object_list
    records = rows.select_related("area", "organisation", "unit").in_bulk(keys)
    draft_of = {draft.point_id: draft for draft in drafts.unsettled().for_lists().filter(point__in=keys)}
    query = urlencode({name: request.GET[name] for name in (*filters.used, "ordering") if request.GET.get(name)})
    context = _care(request, today) | {
        "drafts": applications[:PAGE_SIZE] if page.number == 1 else [],
        "more_drafts": len(applications) > PAGE_SIZE,
        "table": table,
        "sites": [(records[key], stored_facts(records[key]), draft_of.get(key)) for key in keys if key in records],
        "query": query,
        "views": [(name, saved, saved == query) for name, saved in request.user.saved_views.items()],
    }
    return render_table(request, "registry/sites.html", context)


def _applications(drafts: DraftQuerySet) -> DraftQuerySet:
    """The drafts of new sites: the returned ones first, then those being filled in."""
    open_remarks = FieldRemark.objects.filter(draft=OuterRef("pk"), settled_at=None)
    return (
        drafts.unsettled().for_lists().filter(changes_title=False)
        .annotate(is_returned=Exists(open_remarks)).order_by("-is_returned", "state", "-saved_at", "-pk")
    )  # fmt: skip


def site_table(filters: KindFilters, scope: Scope, parameters: Any) -> tuple[RowPage, ListTable]:
    """A page of keys, and its table without rows: a site is no row of cells."""
    page, ordering, unsorted = page_of(SITES, filters.qs, scope, parameters)
    count, headings = page.paginator.count, headings_of(SITES, ordering, page)
    table = ListTable(SITES, SITES.columns, [], page, filters, count, ordering, unsorted, headings=headings)
    return page, table


@asks_for("point.confirm")
@require_POST
def saved_view(request: SignedInRequest) -> HttpResponse:
    """Saves the present filters under a name, or removes those that were saved."""
    name = UNSTORABLE.sub("", request.POST.get("name", ""))
    sent = QueryDict(UNSTORABLE.sub("", request.POST.get("query", "")))
    filters = {field: sent.get(field, "")[:LONGEST_VALUE] for field in (*filters_of(SITES).base_filters, "ordering")}
    query = urlencode({field: value for field, value in filters.items() if value})
    if "remove" in request.POST:
        remove_view(request.user, name)
    else:
        save_view(request.user, name, query)
    return redirect(f"{reverse('desk-points')}?{query}" if query else "desk-points")


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
    row = _cared_for(request.user, today).select_related("area", "organisation", "unit").get(pk=site.pk)
    context = _care(request, today) | {"site": row, "facts": stored_facts(row), "draft": unsettled_draft(site)}
    return render(request, part_for(request, "registry/sites.html", "answer"), context)
