"""Groupings of points: belts, zones, whole-area townships."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Self

from django.db import models
from django.db.models import Count, IntegerField, OuterRef, Q, Subquery, Value
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
from .parameters import Parameter
from .points import COUNTED, DemonstrationPoint, Grade, StatusPeriod


class Stage(models.TextChoices):
    """The stage of a belt or zone on a date; never stored, always computed from its dates."""

    PLANNED = "planned", _("Planned")
    BUILDING = "building", _("Being built")
    BUILT = "built", _("Built")
    ENDED = "ended", _("Ended")


class GroupingQuerySet(ScopedQuerySet):
    def built(self, as_of: date) -> Self:
        """Built and not ended on `as_of`. A planned one does not count (F14, F16)."""
        return self.filter(valid_on(as_of, "built_on", "ended_on"))

    def planned(self, as_of: date) -> Self:
        """Planned or under construction on `as_of`, not yet built (F16)."""
        return self.filter(
            Q(built_on=None) | Q(built_on__gt=as_of), Q(ended_on=None) | Q(ended_on__gt=as_of), planned_on__lte=as_of
        )

    def current(self, as_of: date) -> Self:
        """Planned or built by `as_of`, and not ended then."""
        return self.known(as_of).filter(Q(ended_on=None) | Q(ended_on__gt=as_of))

    def known(self, as_of: date) -> Self:
        return self.filter(Q(planned_on__lte=as_of) | Q(built_on__lte=as_of))


class Grouping(Record):
    """A belt or a zone: planned, then built, with dates for each."""

    name = models.CharField(_("name"), max_length=80)
    level = models.CharField(_("level"), max_length=12, choices=Level)
    area = models.ForeignKey("registry.Area", models.PROTECT, verbose_name=_("area"))
    organisation = models.ForeignKey(
        "registry.PartyOrganisation", models.PROTECT, null=True, blank=True, verbose_name=_("responsible organisation")
    )
    planned_on = models.DateField(_("planned on"), null=True, blank=True)
    started_on = models.DateField(_("begun on"), null=True, blank=True)
    built_on = models.DateField(_("built on"), null=True, blank=True)
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    highlights = models.TextField(_("highlights"), blank=True)

    class Meta(Record.Meta):
        abstract = True
        constraints = [
            *Record.Meta.constraints,
            in_choices("level", Level, "%(class)s_level_known"),
            models.CheckConstraint(
                condition=Q(planned_on__isnull=False) | Q(built_on__isnull=False),
                name="%(class)s_has_a_date",
                violation_error_message=_("Say when it was planned or when it was built."),
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(built_on=None) | Q(ended_on__gt=models.F("built_on")),
                name="%(class)s_ends_after_built",
                violation_error_message=_("The end must be later than the completion."),
            ),
        ]

    def stage(self, as_of: date) -> Stage:
        if self.ended_on and self.ended_on <= as_of:
            return Stage.ENDED
        if self.built_on and self.built_on <= as_of:
            return Stage.BUILT
        if self.started_on and self.started_on <= as_of:
            return Stage.BUILDING
        return Stage.PLANNED


class BeltQuerySet(GroupingQuerySet):
    def with_point_counts(self, as_of: date) -> Self:
        """Adds `points` (named members on `as_of`) and `premium_points` (those of the top grade)."""
        members = BeltMembership.objects.filter(valid_on(as_of), belt=OuterRef("pk")).order_by()
        standing = Q(point__periods__status__in=COUNTED) & valid_on(
            as_of, "point__periods__valid_from", "point__periods__valid_to"
        )

        def counted(condition: Q) -> Coalesce:
            counts = members.filter(condition).annotate(one=Value(1)).values("one").annotate(n=Count("pk"))
            return Coalesce(Subquery(counts.values("n")), 0, output_field=IntegerField())

        return self.annotate(
            points=counted(standing), premium_points=counted(standing & Q(point__periods__grade=Grade.PREMIUM))
        )

    def qualified(self, as_of: date) -> Self:
        """Belts with as many premium points as the parameter of that day requires (F11)."""
        minimum = Parameter.objects.value_on("belt-minimum", as_of)
        return self.with_point_counts(as_of).filter(premium_points__gte=minimum)


class Belt(Grouping):
    """A line that joins points (F10). It qualifies with at least five premium points (F11; the five is a parameter)."""

    kind = models.CharField(_("belt type"), max_length=40, blank=True)
    start = models.CharField(_("starting point"), max_length=60, blank=True)
    end = models.CharField(_("to"), max_length=60, blank=True)
    townships = models.ManyToManyField(
        "registry.Area", related_name="belts_passing", blank=True, verbose_name=_("townships passed")
    )

    objects: ClassVar = ScopedManager.from_queryset(BeltQuerySet)()

    class Meta(Grouping.Meta):
        verbose_name = _("demonstration belt")
        verbose_name_plural = _("demonstration belts")

    def get_absolute_url(self) -> str:
        return reverse("record", args=["belts", self.code])

    def verdict(self, as_of: date) -> "Verdict":
        members = self.memberships.filter(valid_on(as_of)).select_related("point__area").order_by("position")
        return verdict_over([member.point for member in members], as_of)


@dataclass(frozen=True)
class Stop:
    """A point of a belt on a day: its status period (None before its first), and whether it counts."""

    point: DemonstrationPoint
    standing: StatusPeriod | None

    @property
    def counts(self) -> bool:
        return self.standing is not None and self.is_named and self.standing.grade == Grade.PREMIUM

    @property
    def is_named(self) -> bool:
        return self.standing is not None and self.standing.status in COUNTED


@dataclass(frozen=True)
class Verdict:
    """Whether a belt qualifies on a day, which stops count, and how many are missing (F11)."""

    stops: list[Stop]
    minimum: int

    @property
    def counting(self) -> int:
        return sum(stop.counts for stop in self.stops)

    @property
    def missing(self) -> int:
        return max(self.minimum - self.counting, 0)

    @property
    def qualifies(self) -> bool:
        return not self.missing


def verdict_over(points: list[DemonstrationPoint], as_of: date) -> Verdict:
    """The verdict for a belt through `points` in this order on a day, saved or not (F11)."""
    minimum = Parameter.objects.public().in_force(as_of).filter(rule="belt-minimum").values_list("value", flat=True)
    standing = {period.point_id: period for period in StatusPeriod.objects.filter(valid_on(as_of), point__in=points)}
    return Verdict([Stop(point, standing.get(point.pk)) for point in points], int(next(iter(minimum), 0)))


class BeltMembership(Part):
    """A point's membership in a belt. A point that left and came back has a row for each time."""

    natural_fields = ("belt__code", "point__code", "valid_from")
    goes_with = (
        "belt",
        "point",
    )

    belt = models.ForeignKey(Belt, models.PROTECT, related_name="memberships", verbose_name=_("belt"))
    point = models.ForeignKey(
        "registry.DemonstrationPoint", models.PROTECT, related_name="belt_memberships", verbose_name=_("point")
    )
    position = models.PositiveSmallIntegerField(_("position"))
    valid_from = models.DateField(_("member since"))
    valid_to = models.DateField(_("member until"), null=True, blank=True)

    class Meta:
        verbose_name = _("point of the belt")
        verbose_name_plural = _("points of the belt")
        ordering = ["belt", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["belt", "point"],
                condition=IN_FORCE & Q(valid_to=None),
                name="belt_holds_a_point_once",
                violation_error_message=_("The belt holds this point already."),
            ),
            ends_after_start("valid_from", "valid_to", "belt_membership_ends_after_start"),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.point}"


class ZoneKind(models.TextChoices):
    COMPREHENSIVE = "comprehensive", _("Comprehensive")
    RURAL_REVITALISATION = "rural_revitalisation", _("Rural revitalisation")
    THEMED = "themed", _("Themed")
    MODEL = "model", _("Model zone")
    DEVELOPMENT = "development", _("Development zone")


class ZoneQuerySet(GroupingQuerySet):
    def comprehensive(self) -> Self:
        return self.filter(kind=ZoneKind.COMPREHENSIVE)

    def themed(self) -> Self:
        return self.filter(kind=ZoneKind.THEMED)

    def development(self, as_of: date) -> Self:
        return self.built(as_of).filter(kind=ZoneKind.DEVELOPMENT)


class Zone(Grouping):
    """An area formed of points and belts (F14). Kind and stage are independent: a planned themed zone (F16) is not
    built.

    `outline` is in WGS 84; `outline_measured` keeps {"system", "geometry"} if it was given in another system.
    """

    kind = models.CharField(_("zone type"), max_length=24, choices=ZoneKind)
    theme = models.CharField(_("theme"), max_length=40, blank=True)
    within = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="inner_zones", verbose_name=_("lies in the zone")
    )
    townships = models.ManyToManyField(
        "registry.Area", related_name="zones_covering", blank=True, verbose_name=_("townships covered")
    )
    outline = models.JSONField(_("outline (GeoJSON)"), null=True, blank=True)
    outline_measured = models.JSONField(_("outline as it was measured"), null=True, blank=True, editable=False)

    objects: ClassVar = ScopedManager.from_queryset(ZoneQuerySet)()

    class Meta(Grouping.Meta):
        verbose_name = _("demonstration zone")
        verbose_name_plural = _("demonstration zones")
        constraints = [*Grouping.Meta.constraints, in_choices("kind", ZoneKind, "zone_kind_known")]

    def get_absolute_url(self) -> str:
        return reverse("record", args=["zones", self.code])


class ZoneMembership(Part):
    """The membership of a point or belt in a zone. A member that left and came back has a row for each time."""

    natural_fields = ("zone__code", "point__code", "belt__code", "valid_from")
    goes_with = (
        "zone",
        "point",
        "belt",
    )

    zone = models.ForeignKey(Zone, models.PROTECT, related_name="memberships", verbose_name=_("zone"))
    point = models.ForeignKey(
        "registry.DemonstrationPoint",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="zone_memberships",
        verbose_name=_("point"),
    )
    belt = models.ForeignKey(
        Belt, models.PROTECT, null=True, blank=True, related_name="zone_memberships", verbose_name=_("belt")
    )
    valid_from = models.DateField(_("member since"))
    valid_to = models.DateField(_("member until"), null=True, blank=True)

    class Meta:
        verbose_name = _("part of the zone")
        verbose_name_plural = _("parts of the zone")
        ordering = ["zone", "pk"]
        constraints = [
            exactly_one_of("point", "belt", name="zone_part_is_a_point_or_a_belt"),
            models.UniqueConstraint(
                fields=["zone", "point"],
                condition=IN_FORCE & Q(point__isnull=False, valid_to=None),
                name="zone_holds_a_point_once",
                violation_error_message=_("The zone holds this point already."),
            ),
            models.UniqueConstraint(
                fields=["zone", "belt"],
                condition=IN_FORCE & Q(belt__isnull=False, valid_to=None),
                name="zone_holds_a_belt_once",
                violation_error_message=_("The zone holds this belt already."),
            ),
            ends_after_start("valid_from", "valid_to", "zone_membership_ends_after_start"),
        ]

    def __str__(self) -> str:
        return str(self.point or self.belt)


class WholeAreaQuerySet(ScopedQuerySet):
    def accepted(self, as_of: date) -> Self:
        """Townships in the programme on `as_of`, creating or named (F15)."""
        return self.filter(valid_on(as_of, "accepted_on", "ended_on"))

    def creating(self, as_of: date) -> Self:
        return self.accepted(as_of).filter(Q(named_on=None) | Q(named_on__gt=as_of))

    def named(self, as_of: date) -> Self:
        return self.accepted(as_of).filter(named_on__lte=as_of)


class WholeAreaTownship(Record):
    """A whole township as a showcase (F15): first a creation unit, named only from `named_on`."""

    area = models.ForeignKey(
        "registry.Area", models.PROTECT, related_name="whole_area_entries", verbose_name=_("township or street")
    )
    level = models.CharField(_("level"), max_length=12, choices=Level)
    batch = models.PositiveSmallIntegerField(_("batch"), null=True, blank=True)
    accepted_on = models.DateField(_("creation unit since"))
    named_on = models.DateField(_("named on"), null=True, blank=True)
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    themed_zones = models.ManyToManyField(
        Zone, related_name="whole_area_townships", blank=True, verbose_name=_("themed zones")
    )

    objects: ClassVar = ScopedManager.from_queryset(WholeAreaQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("whole-area township")
        verbose_name_plural = _("whole-area townships")
        constraints = [
            *Record.Meta.constraints,
            in_choices("level", Level, "whole_area_level_known"),
            ends_after_start("accepted_on", "ended_on", "whole_area_ends_after_start"),
            models.CheckConstraint(
                condition=Q(named_on=None) | Q(named_on__gte=models.F("accepted_on")),
                name="whole_area_named_after_accepted",
                violation_error_message=_("A township is named after it was accepted for creation, not before."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.area)
