"""The resources of the registry app."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, When
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from registry import models as m
from registry.access.scope import Scope
from registry.kinds import KINDS, Column, Dimension, Kind
from registry.kinds.effect import CAPACITIES, SITE_NAME, SITE_TOWNSHIP
from registry.kinds.shared import CODE, NAME, by_year
from registry.models.points import PUBLIC

from .resources import Link, Resource, ResourcePart, register, standing

AREAS = Kind(
    "areas",
    m.Area,
    _("Areas"),
    lambda s: s.sees(m.Area).existing(s.as_of),
    (
        CODE,
        NAME,
        Column("level", _("Kind of area"), choices=m.AreaLevel),
        Column("valid_from", _("Exists since")),
        Column("valid_to", _("Existed until"), happens=True),
    ),
    (Dimension("level", _("Kind of area"), F("level"), m.AreaLevel), by_year("valid_from")),
    searched=True,
    entries=("townships", "villages"),
)
WHO = Case(When(actor__display_name="", then=F("actor__username")), default=F("actor__display_name"))
EVENTS = Kind(
    "events",
    m.Event,
    _("Events"),
    lambda s: m.Event.objects.all(),
    (
        Column("id", _("Number")),
        Column("at", _("At")),
        Column("verb", _("Act")),
        Column("kind", _("Kind of record")),
        Column("code", _("Code")),
        Column("area", _("Area code")),
        Column("document_no", _("Paper number")),
        Column("change_set", _("Change set")),
        Column("changes", _("From and to")),
        Column("reason", _("Reason")),
        Column("who", _("Who")),
    ),
    annotate=lambda rows, s: rows.annotate(who=WHO),
    order=("-id",),
    redacted=True,
)
BOOKINGS = Kind(
    "bookings",
    m.Booking,
    _("Bookings of groups"),
    lambda s: s.sees(m.Booking),
    (
        CODE,
        Column("booked_for", _("Date")),
        SITE_NAME,
        Column("visitor", _("Visitors")),
        Column("headcount", _("People"), numeric=True),
        Column("topic", _("Topic")),
        Column("state", _("State"), choices=m.BookingState),
    ),
    (SITE_TOWNSHIP, Dimension("state", _("State"), F("state"), m.BookingState), by_year("booked_for")),
    order=("booked_for", "code"),
)
AREA = Link("area", AREAS, _("Area code"), "area_id")
ORGANISATION = Link("organisation", KINDS["organisations"], _("Code of the party organisation"))
UNIT = Link("unit", KINDS["units"], _("Code of the unit"))
POINT = Link("point", KINDS["points"], _("Code of the point"))
BELT = Link("belt", KINDS["belts"], _("Code of the belt"))
ZONE = Link("zone", KINDS["zones"], _("Code of the zone"))
PLACED = (POINT, BELT, ZONE, UNIT)
SITE = Link("site", KINDS["teaching-sites"], _("Code of the teaching site"))
SITE_AREA = replace(AREA, path="site__area_id")
ACTION = Link("action", KINDS["special-actions"], _("Code of the special action"), "item__action__code")
VISIT = Link("visit", KINDS["visits"], _("Code of the visit"))
SINCE, UNTIL = Column("valid_from", _("Member since")), Column("valid_to", _("Member until"))


def _named(path: str) -> tuple[Column, Column]:
    return Column("code", _("Code"), f"{path}__code"), Column("name", _("Name"), f"{path}__name")


def _points_on(scope: Scope, status: str) -> QuerySet:
    points = m.DemonstrationPoint
    return standing(scope.sees(points), scope, status) if status else KINDS["points"].on(scope)


def _is_seen(model: Any, path: str, scope: Scope) -> Exists:
    return Exists(model.objects.visible_to(scope.viewer).filter(pk=OuterRef(path)))


def _periods(scope: Scope) -> QuerySet:
    """All periods inside the viewer's area; from the first naming on for everybody else."""
    rows = m.StatusPeriod.objects.filter(valid_from__lte=scope.as_of).order_by("point", "valid_from")
    return scope.readable(rows, "point__area_id", Q(status__in=PUBLIC))


def _of_belt(scope: Scope) -> QuerySet:
    rows = m.BeltMembership.objects.filter(m.valid_on(scope.as_of), _is_seen(m.DemonstrationPoint, "point", scope))
    return rows.order_by("belt", "position")


def _in_zone(model: Any, path: str) -> Callable[[Scope], QuerySet]:
    def rows(scope: Scope) -> QuerySet:
        members = m.ZoneMembership.objects.filter(m.valid_on(scope.as_of), _is_seen(model, path, scope))
        return members.order_by("zone", f"{path}__code")

    return rows


def _covered(through: Any, grouping: str) -> Callable[[Scope], QuerySet]:
    return lambda scope: through.objects.order_by(grouping, "area_id")


PERIODS = ResourcePart(
    "periods",
    _("Periods of status"),
    _periods,
    "point__code",
    (
        Column("status", _("Status"), choices=m.PointStatus),
        Column("level", _("Level"), choices=m.Level),
        Column("grade", _("Grade"), choices=m.Grade),
        Column("valid_from", _("From")),
        Column("precision", _("Exact to the"), choices=m.Precision),
        Column("paper_pending", _("Paper still to be added")),
        Column("valid_to", _("Until"), happens=True),
        Column("document_no", _("Paper number")),
        Column("batch", _("Batch")),
    ),
)
TOWNSHIPS = _named("area")
PASSED = ResourcePart(
    "townships", _("Townships passed"), _covered(m.Belt.townships.through, "belt"), "belt__code", TOWNSHIPS
)
COVERED = ResourcePart(
    "townships", _("Townships covered"), _covered(m.Zone.townships.through, "zone"), "zone__code", TOWNSHIPS
)
register(
    Resource("areas", AREAS, (Link("parent", AREAS, _("Lies in"), "parent_id"),
                              Link("successor", AREAS, _("Merged into"), "successor_id"))),
    Resource(
        "organisations",
        KINDS["organisations"],
        (AREA, Link("parent", KINDS["organisations"], _("Code of the superior organisation")), UNIT),
    ),
    Resource(
        "points",
        KINDS["points"],
        (AREA, ORGANISATION, UNIT),
        (PERIODS,),
        (Column("status", _("Status"), choices=m.PointStatus),),
        statuses=m.PointStatus,
        rows=_points_on,
        order=("area_id", "code"),
        formats=("json", "csv", "xlsx", "geojson"),
    ),
    Resource(
        "belts",
        KINDS["belts"],
        (AREA, ORGANISATION),
        (
            ResourcePart("members", _("Points of the belt"), _of_belt, "belt__code",
                 (Column("position", _("Position")), *_named("point"), SINCE, UNTIL)),
            PASSED,
        ),
        (Column("ended_on", _("Ended on"), happens=True),),
        formats=("json", "csv", "xlsx", "geojson"),
    ),
    Resource(
        "zones",
        KINDS["zones"],
        (AREA, ORGANISATION, Link("within", KINDS["zones"], _("Lies in the zone"))),
        (
            ResourcePart("points", _("Points of the zone"), _in_zone(m.DemonstrationPoint, "point"), "zone__code",
                 (*_named("point"), SINCE, UNTIL)),
            ResourcePart("belts", _("Belts of the zone"), _in_zone(m.Belt, "belt"), "zone__code",
                 (*_named("belt"), SINCE, UNTIL)),
            COVERED,
        ),
        (Column("ended_on", _("Ended on"), happens=True),),
        formats=("json", "csv", "xlsx", "geojson"),
    ),
    Resource("townships", KINDS["whole-area-townships"], (AREA,)),
    Resource(
        "consortia",
        KINDS["consortia"],
        (AREA, ZONE),
        (
            ResourcePart(
                "villages",
                _("Villages"),
                lambda s: m.ConsortiumMembership.objects.filter(m.valid_on(s.as_of)).order_by("village_id"),
                "consortium__code",
                (*_named("village"), Column("role", _("Role"), choices=m.VillageRole), SINCE, UNTIL),
            ),
        ),
    ),
    Resource("units", KINDS["units"], (AREA,)),
    Resource("red-districts", KINDS["red-districts"], (AREA,)),
    Resource("communities", KINDS["communities"], (AREA,)),
    Resource("brands", KINDS["brands"], (AREA, ORGANISATION)),
    Resource(
        "honours",
        KINDS["honours"],
        (AREA, ORGANISATION, Link("place", AREAS, _("Code of the area honoured"), "place_id"), POINT, BELT, UNIT),
    ),
    Resource("donations", KINDS["donations"], (AREA, Link("donor", KINDS["units"], _("Code of the donor")))),
    Resource("external-results", KINDS["external-results"], (AREA,)),
    Resource("funds", KINDS["funds"], (AREA,)),
    Resource("wage-rules", KINDS["wage-rules"], (AREA,)),
    Resource("terms", KINDS["terms"]),
    Resource("parameters", KINDS["parameters"]),
    Resource("calendar-days", KINDS["calendar-days"]),
    Resource(
        "special-actions",
        KINDS["special-actions"],
        (AREA,),
        (
            ResourcePart(
                "items",
                pgettext_lazy("special action", "Items"),
                lambda s: m.SpecialActionItem.objects.order_by("action", "number"),
                "action__code",
                (Column("number", _("Number")), Column("name", pgettext_lazy("special action", "Item"))),
            ),
        ),
    ),
    Resource("attachments", KINDS["attachments"], (ACTION, AREA)),
    Resource("elections", KINDS["elections"], (AREA,)),
    Resource("policy-documents", KINDS["policy-documents"], (AREA,)),
    Resource("hosted-events", KINDS["hosted-events"], (AREA,)),
    Resource("incomes", KINDS["incomes"], (AREA,)),
    Resource(
        "routes",
        KINDS["routes"],
        (AREA,),
        (
            ResourcePart(
                "stops",
                _("Stops"),
                lambda s: m.RouteStop.objects.order_by("route", "position"),
                "route__code",
                (
                    Column("position", _("Position")),
                    *(Column(f"{place}_code", label, f"{place}__code") for place, label in (
                        ("point", _("Code of the point")), ("belt", _("Code of the belt")),
                        ("zone", _("Code of the zone")), ("unit", _("Code of the unit")))),
                    Column("minutes", _("Stay in minutes")),
                    Column("travel_minutes", _("Way to the next stop in minutes")),
                ),
            ),
        ),
    ),
    Resource("teaching-sites", KINDS["teaching-sites"], (AREA, *PLACED)),
    Resource("capacities", CAPACITIES, (SITE, SITE_AREA)),
    Resource("bookings", BOOKINGS, (SITE, SITE_AREA, VISIT), right="booking.manage"),
    Resource("events", EVENTS, formats=("json",)),
    Resource("visits", KINDS["visits"], (AREA, *PLACED)),
)  # fmt: skip
