"""Pages with a story: a point, a belt, a zone, a township, a consortium, a study route, a special action, a policy
document."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localdate

from registry.access.scope import Scope
from registry.figures import FIGURES, answer_all
from registry.kinds import KINDS
from registry.models import (
    Belt,
    Consortium,
    Evidence,
    Honour,
    StudyRoute,
    TeachingSite,
    Visit,
    WholeAreaTownship,
    Zone,
    timetable,
    valid_on,
)
from registry.models.points import PointQuerySet
from registry.overviews.capacity import free_places
from registry.overviews.citations import citing
from registry.overviews.funding import received
from registry.overviews.special_actions import items_with_records

from .paging import PAGE_SIZE
from .records import opened
from .tables import ListTable, table_within


def _table(kind: str, rows: QuerySet, scope: Scope, request: HttpRequest) -> ListTable:
    """A page of `rows`, for a part of a record."""
    return table_within(KINDS[kind], rows, scope, request.GET, kind)


def _honours(scope: Scope, request: HttpRequest, **target: Any) -> ListTable:
    return _table("honours", Honour.objects.visible_to(scope.viewer).held(scope.as_of).filter(**target), scope, request)


def _visible(model: Any, scope: Scope) -> Any:
    return model.objects.visible_to(scope.viewer)


def _current(model: Any, scope: Scope) -> Any:
    """Belts or zones that are planned or stand on the scope's day."""
    return _visible(model, scope).current(scope.as_of)


def _points(scope: Scope) -> PointQuerySet:
    return KINDS["points"].model.objects.visible_to(scope.viewer).named(scope.as_of)


def point_page(request: HttpRequest, code: str) -> HttpResponse:
    """A point with every grouping it serves, its life, its honours and the figures it counts in."""
    context = opened(request, "points", code)
    scope, point = context["scope"], context["record"]
    member = valid_on(scope.as_of)
    periods = list(point.periods.all())
    context |= {
        "point": point,
        "periods": periods,
        "standing": next((period for period in periods if period.holds_on(scope.as_of)), None),
        "belts": _visible(Belt, scope)
        .current(scope.as_of)
        .filter(pk__in=point.belt_memberships.filter(member).values("belt")),
        "zones": _visible(Zone, scope)
        .current(scope.as_of)
        .filter(pk__in=point.zone_memberships.filter(member).values("zone")),
        "routes": _visible(StudyRoute, scope).open(scope.as_of).filter(stops__point=point, stops__voided=None),
        "teaching_sites": _visible(TeachingSite, scope).named(scope.as_of).filter(point=point),
        "visits": _visible(Visit, scope).received(scope.as_of).filter(point=point).order_by("-visited_on")[:10],
        "honours": _honours(scope, request, point=point),
        "funds": received(scope, point=point),
        "photos": list(_visible(Evidence, scope).filter(point=point, on_page=True, kind="photo").order_by("pk")),
    }
    return render(request, "registry/point.html", context)


def belt_page(request: HttpRequest, code: str) -> HttpResponse:
    """A belt as a line of stops, with its verdict: does it qualify, which stops count, how many are missing."""
    context = opened(request, "belts", code)
    scope, belt = context["scope"], context["record"]
    verdict = belt.verdict(scope.as_of)
    page = Paginator(verdict.stops, PAGE_SIZE).get_page(request.GET.get("page"))
    context |= {
        "belt": belt,
        "stage": belt.stage(scope.as_of),
        "verdict": verdict,
        "stops": page,
        "townships": belt.townships.public(),
        "zones": _visible(Zone, scope)
        .current(scope.as_of)
        .filter(pk__in=belt.zone_memberships.filter(valid_on(scope.as_of)).values("zone")),
        "routes": _visible(StudyRoute, scope).open(scope.as_of).filter(stops__belt=belt, stops__voided=None),
        "honours": _honours(scope, request, belt=belt),
    }
    return render(request, "registry/belt.html", context)


def zone_page(request: HttpRequest, code: str) -> HttpResponse:
    context = opened(request, "zones", code)
    scope, zone = context["scope"], context["record"]
    members = zone.memberships.filter(valid_on(scope.as_of))
    context |= {
        "zone": zone,
        "stage": zone.stage(scope.as_of),
        "townships": zone.townships.public(),
        "points": _table("points", _points(scope).filter(pk__in=members.values("point")), scope, request),
        "belts": _table("belts", _current(Belt, scope).filter(pk__in=members.values("belt")), scope, request),
        "inner_zones": zone.inner_zones.visible_to(scope.viewer).current(scope.as_of),
        "consortia": zone.consortia.visible_to(scope.viewer).active(scope.as_of),
    }
    return render(request, "registry/zone.html", context)


def township_page(request: HttpRequest, code: str) -> HttpResponse:
    """Everything of one township: its figures, points, belts, zones, consortia and honours."""
    context = opened(request, "townships", code)
    scope, township = context["scope"], context["record"]
    inside = scope.within(code)
    context |= {
        "township": township,
        "inside": inside,
        "answers": answer_all(FIGURES.values(), inside),
        "whole_area": _visible(WholeAreaTownship, scope).accepted(scope.as_of).filter(area=township).first(),
        "points": _table("points", _points(scope).in_area(code), inside, request),
        "belts": _table("belts", _visible(Belt, scope).built(scope.as_of).filter(townships=township), scope, request),
        "zones": _table("zones", _current(Zone, scope).filter(townships=township), scope, request),
        "consortia": _table("consortia", _visible(Consortium, scope).active(scope.as_of).in_area(code), scope, request),
        "honours": _table("honours", _visible(Honour, scope).held(scope.as_of).in_area(code), scope, request),
    }
    return render(request, "registry/township.html", context)


def consortium_page(request: HttpRequest, code: str) -> HttpResponse:
    context = opened(request, "consortia", code)
    scope, consortium = context["scope"], context["record"]
    existing = valid_on(scope.as_of, "village__valid_from", "village__valid_to")
    members = consortium.memberships.filter(valid_on(scope.as_of), existing).select_related("village__parent")
    context |= {
        "consortium": consortium,
        "lead": [member for member in members if member.role == "lead"],
        "led": [member for member in members if member.role == "led"],
        "linkages": consortium.linkages.public(),
    }
    return render(request, "registry/consortium.html", context)


def route_page(request: HttpRequest, code: str) -> HttpResponse:
    context = opened(request, "routes", code)
    stops = context["record"].stops.select_related("point", "belt", "zone", "unit")
    context |= {"route": context["record"], "times": timetable(context["record"].start_time, stops)}
    return render(request, "registry/route.html", context)


def teaching_site_page(request: HttpRequest, code: str) -> HttpResponse:
    """A teaching site, with the places that are free in the months to come."""
    context = opened(request, "teaching-sites", code)
    context["free"] = free_places(context["record"], localdate())
    return render(request, "registry/teaching_site.html", context)


def special_action_page(request: HttpRequest, code: str) -> HttpResponse:
    """A special action: its items, each with the records attached to it."""
    context = opened(request, "special-actions", code)
    context["items"] = items_with_records(context["record"], context["scope"])
    return render(request, "registry/special_action.html", context)


def policy_document_page(request: HttpRequest, code: str) -> HttpResponse:
    """A policy document, with the records that cite its number."""
    context = opened(request, "policy-documents", code)
    context["citing"] = citing(context["record"], context["scope"])
    return render(request, "registry/policy_document.html", context)
