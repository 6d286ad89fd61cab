"""The work home, and a township's own sites."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from registry.access.permissions import may
from registry.access.requests import SignedInRequest
from registry.access.scope import read_scope
from registry.actions.drafts import confirm_site
from registry.figures import with_years
from registry.models import DemonstrationPoint, PointStatus
from registry.overviews.attention import attention
from registry.overviews.history import latest_news
from registry.overviews.tasks import tasks_of
from registry.text.area_codes import is_below_district

from .access import asks_for
from .drafts import site_or_404
from .tables import part_for


@asks_for()
def desk(request: SignedInRequest) -> HttpResponse:
    """What is to be done, the most urgent first; one button to start; what changed lately; and for the district what
    waits, is overdue or needs attention, with its oldest row."""
    today = timezone.localdate()
    tasks = [(task, task.is_late(today)) for task in tasks_of(request.user, today)]
    of_district = may(request.user, "attention.view") and not is_below_district(request.user.read_prefix)
    scope = with_years(read_scope({"area": request.user.read_prefix}, request.user))
    context = {
        "tasks": tasks,
        "today": today,
        "may_start": may(request.user, "draft.write"),
        "scope": scope,
        "findings": attention(scope) if of_district else [],
        "news": latest_news(request.user, today),
    }
    return render(request, "registry/desk.html", context)


@asks_for("point.confirm")
def sites(request: SignedInRequest) -> HttpResponse:
    """The sites of the account's area: what is to be confirmed this year first."""
    today = timezone.localdate()
    care = DemonstrationPoint.objects.visible_to(request.user).in_area(request.user.write_prefix).with_care(today)
    rows: list[Any] = list(care.select_related("area", "unit"))
    named = [site for site in rows if site.status == PointStatus.NAMED]
    context = {
        "sites": rows,
        "count": len(named),
        "done": sum(site.confirmed_at is not None for site in named),
        "year": today.year,
        "may_write": may(request.user, "draft.write"),
    }
    return render(request, "registry/sites.html", context)


@asks_for("point.confirm")
@require_POST
def confirm(request: SignedInRequest, code: str) -> HttpResponse:
    """One tap for a site that is still as the registry has it."""
    today = timezone.localdate()
    site = site_or_404(request, code)
    confirm_site(site, year=today.year, by=request.user)
    if request.htmx:
        rows = DemonstrationPoint.objects.visible_to(request.user).filter(pk=site.pk).with_care(today)
        context = {
            "site": rows.select_related("area", "unit").get(),
            "year": today.year,
            "may_write": may(request.user, "draft.write"),
        }
        return render(request, part_for(request, "registry/sites.html", "site"), context)
    messages.success(request, _("%(site)s: confirmed for %(year)s.") % {"site": site, "year": today.year})
    return redirect("desk-points")
