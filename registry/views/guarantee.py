"""The page of the three-level guarantee: money by year and level, what was passed down, the wages."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from registry.access.scope import read_scope
from registry.models import FundLevel
from registry.overviews import funding


def guarantee(request: HttpRequest) -> HttpResponse:
    scope = read_scope(request.GET, request.user)
    year = funding.year_shown(scope)
    context = {
        "scope": scope,
        "year": year,
        "levels": funding.levels(scope, year),
        "level_names": FundLevel.labels,
        "by_year": funding.years(scope),
        "splits": funding.splits(scope, year),
        "wages": funding.wages(scope),
    }
    return render(request, "registry/guarantee.html", context)
