"""A township on one page for those who work there, and for those who work for the district above it."""

from django.http import Http404, HttpResponse
from django.shortcuts import render

from registry.access.permissions import may
from registry.access.requests import SignedInRequest
from registry.access.scope import read_scope
from registry.figures import with_years
from registry.models import Area
from registry.overviews.township import township_overview
from registry.text.area_codes import is_in_township, is_township

from .access import asks_for
from .attention import address_of


@asks_for("attention.view")
def one_page(request: SignedInRequest) -> HttpResponse:
    """The township of the account, or any other in its area (`?area=`); for an area of several townships the choice."""
    user = request.user
    scope = read_scope({"area": user.read_prefix} | request.GET.dict(), user)
    if not (user.reads_all_areas or scope.area.startswith(user.read_prefix)):
        raise Http404
    if not is_in_township(scope.area):
        areas = Area.objects.public().units(scope.as_of, scope.area).order_by("code")
        return render(request, "registry/townships/choose.html", {"scope": scope, "areas": areas})
    if not is_township(scope.area):
        raise Http404
    scope = with_years(scope)
    overview = township_overview(scope)
    context = {
        "scope": scope,
        "overview": overview,
        "due": [(day, check, row, address_of(check, row, scope)) for day, check, row in overview.due],
        "may_choose": not is_in_township(user.read_prefix),
        "may_answer": may(user, "remark.answer"),
    }
    return render(request, "registry/townships/one_page.html", context)
