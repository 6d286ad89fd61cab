"""The page of the three-level guarantee: money by year and level, what was passed down, the wages."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from registry import guaranteed
from registry.models import FundLevel
from registry.scope import read_scope


def guarantee(request: HttpRequest) -> HttpResponse:
    scope = read_scope(request.GET, request.user)
    context = {
        "scope": scope,
        "levels": guaranteed.levels(scope),
        "level_names": FundLevel.labels,
        "by_year": guaranteed.years(scope),
        "splits": guaranteed.splits(scope),
        "wages": guaranteed.wages(scope),
    }
    return render(request, "registry/guarantee.html", context)
