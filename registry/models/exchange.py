"""Exchange: study routes, teaching sites, visits, hosted events."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .base import (
    IN_FORCE,
    Level,
    Part,
    Record,
    ScopedManager,
    ScopedQuerySet,
    ends_after_start,
    exactly_one_of,
    in_choices,
    valid_on,
)

PLACES = ("point", "belt", "zone", "unit")


class Placed(models.Model):
    """A record at exactly one point, belt, zone or unit (F52: a belt, firms and a school)."""

    point = models.ForeignKey(
        "registry.DemonstrationPoint", models.PROTECT, null=True, blank=True, verbose_name=_("point")
    )
    belt = models.ForeignKey("registry.Belt", models.PROTECT, null=True, blank=True, verbose_name=_("belt"))
    zone = models.ForeignKey("registry.Zone", models.PROTECT, null=True, blank=True, verbose_name=_("zone"))
    unit = models.ForeignKey("registry.Unit", models.PROTECT, null=True, blank=True, verbose_name=_("unit"))

    class Meta:
        abstract = True

    @property
    def place(self) -> Record | None:
        return next((getattr(self, name) for name in PLACES if getattr(self, f"{name}_id")), None)


class RouteQuerySet(ScopedQuerySet):
    def open(self, as_of: date) -> Self:
        return self.filter(valid_on(as_of, "opened_on", "closed_on"))


class StudyRoute(Record):
    """A themed route for study visits, with its stops in order (F51)."""

    name = models.CharField(_("name"), max_length=80)
    theme = models.CharField(_("theme"), max_length=80, blank=True)
    area = models.ForeignKey("registry.Area", models.PROTECT, verbose_name=_("area"))
    hours = models.DecimalField(_("duration (hours)"), max_digits=4, decimal_places=1, null=True, blank=True)
    capacity = models.PositiveIntegerField(_("suits groups of"), null=True, blank=True)
    start_time = models.TimeField(_("sets out at"), null=True, blank=True)
    opened_on = models.DateField(_("opened on"))
    closed_on = models.DateField(_("closed on"), null=True, blank=True)

    objects: ClassVar = ScopedManager.from_queryset(RouteQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("study route")
        verbose_name_plural = _("study routes")
        constraints = [
            *Record.Meta.constraints,
            ends_after_start("opened_on", "closed_on", "route_ends_after_start"),
        ]

    def get_absolute_url(self) -> str:
        return reverse("record", args=["routes", self.code])


@dataclass(frozen=True)
class Timed:
    """A stop with its arrival and departure times; None if they are unknown."""

    stop: Any
    arrives: time | None
    leaves: time | None


def timetable(start: time | None, stops: Iterable[Any]) -> list[Timed]:
    """Arrival and departure of each stop, from the group's start: `minutes` at a stop, `travel_minutes` to the next
    (none counts as zero). After a stop with an unknown stay no time is known."""
    now = datetime.combine(date.min, start) if start else None
    times = []
    arrives: datetime | None
    for stop in stops:
        arrives, now = now, None if now is None or stop.minutes is None else now + timedelta(minutes=stop.minutes)
        times.append(Timed(stop, arrives.time() if arrives else None, now.time() if now else None))
        now = now and now + timedelta(minutes=stop.travel_minutes or 0)
    return times


class RouteStop(Placed, Part):
    """A stop of a route."""

    natural_fields = ("route__code", "position")
    goes_with = ("route",)

    route = models.ForeignKey(StudyRoute, models.PROTECT, related_name="stops", verbose_name=_("route"))
    position = models.PositiveSmallIntegerField(_("position"))
    minutes = models.PositiveSmallIntegerField(_("stay (minutes)"), null=True, blank=True)
    travel_minutes = models.PositiveSmallIntegerField(_("way to the next stop (minutes)"), null=True, blank=True)

    class Meta:
        verbose_name = _("stop")
        verbose_name_plural = _("stops")
        ordering = ["route", "position"]
        constraints = [
            exactly_one_of(*PLACES, name="stop_is_one_place"),
            models.UniqueConstraint(
                fields=["route", "position"],
                condition=IN_FORCE,
                name="stop_position_once",
                violation_error_message=_("The route has another stop at this position."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.place}"


class TeachingSiteQuerySet(ScopedQuerySet):
    def named(self, as_of: date) -> Self:
        return self.filter(valid_on(as_of, "named_on", "ended_on"))

    def provincial(self) -> Self:
        return self.filter(level=Level.PROVINCIAL)


class TeachingSite(Record, Placed):
    """A place for on-site teaching of party members; the place may be a belt, a firm or a school (F52)."""

    name = models.CharField(_("name"), max_length=80)
    level = models.CharField(_("level"), max_length=12, choices=Level)
    area = models.ForeignKey("registry.Area", models.PROTECT, verbose_name=_("area"))
    theme = models.CharField(_("theme"), max_length=80, blank=True)
    capacity = models.PositiveIntegerField(_("capacity"), null=True, blank=True)
    named_on = models.DateField(_("named on"))
    ended_on = models.DateField(_("ended on"), null=True, blank=True)

    objects: ClassVar = ScopedManager.from_queryset(TeachingSiteQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("teaching site")
        verbose_name_plural = _("teaching sites")
        constraints = [
            *Record.Meta.constraints,
            in_choices("level", Level, "teaching_site_level_known"),
            exactly_one_of(*PLACES, name="teaching_site_is_one_place"),
            ends_after_start("named_on", "ended_on", "teaching_site_ends_after_start"),
        ]

    def is_named(self, as_of: date) -> bool:
        """Like the queryset's `named`, for one site."""
        return self.named_on <= as_of and (self.ended_on is None or as_of < self.ended_on)


class VisitQuerySet(ScopedQuerySet):
    def with_place_name(self) -> Self:
        """Adds `place_name`, the name of the point, belt, zone or unit."""
        return self.annotate(place_name=Coalesce(*(f"{place}__name" for place in PLACES)))

    def received(self, as_of: date) -> Self:
        """All visits up to `as_of`: the article's figure is cumulative (F54)."""
        return self.filter(visited_on__lte=as_of)


class Visit(Record, Placed):
    """A visit of a group. `headcount` counts person-visits (人次), not persons (F54)."""

    visited_on = models.DateField(_("date"))
    area = models.ForeignKey("registry.Area", models.PROTECT, verbose_name=_("area"))
    visitor = models.CharField(_("visitors"), max_length=80, blank=True)
    headcount = models.PositiveIntegerField(_("person-visits"))
    topic = models.CharField(_("topic"), max_length=120, blank=True)

    objects: ClassVar = ScopedManager.from_queryset(VisitQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        constraints = [
            *Record.Meta.constraints,
            exactly_one_of(*PLACES, name="visit_is_at_one_place"),
            models.CheckConstraint(
                condition=Q(headcount__gte=1),
                name="visit_has_visitors",
                violation_error_message=_("A visit has at least one visitor."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.visited_on} {self.visitor}"


class EventKind(models.TextChoices):
    OBSERVATION = "observation", _("Observation meeting")
    MEETING = "meeting", _("Meeting")
    VOLUNTEERING = "volunteering", _("Volunteering")


class HostedEventQuerySet(ScopedQuerySet):
    def held(self, as_of: date) -> Self:
        return self.filter(held_on__lte=as_of)


class HostedEvent(Record):
    """A meeting or observation the district hosted (F34, F53), or an activity on record (F74)."""

    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=16, choices=EventKind)
    level = models.CharField(_("level"), max_length=12, choices=Level)
    topic = models.CharField(_("topic"), max_length=80, blank=True)
    held_on = models.DateField(_("held on"))
    area = models.ForeignKey("registry.Area", models.PROTECT, verbose_name=_("area"))
    headcount = models.PositiveIntegerField(_("participants"), null=True, blank=True)

    objects: ClassVar = ScopedManager.from_queryset(HostedEventQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("hosted event")
        verbose_name_plural = _("hosted events")
        constraints = [
            *Record.Meta.constraints,
            in_choices("level", Level, "hosted_event_level_known"),
            in_choices("kind", EventKind, "hosted_event_kind_known"),
        ]
