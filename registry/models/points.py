"""Demonstration points: the central record, with its periods of status, level and grade."""

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Exists, F, FilteredRelation, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from registry.text.coordinates import Box, Position, to_wgs84

from .base import (
    IN_FORCE,
    Field,
    Level,
    Part,
    Record,
    ScopedManager,
    ScopedQuerySet,
    ends_after_start,
    in_choices,
    not_negative,
    valid_on,
)


class Grade(models.TextChoices):
    """The grade: 精品 is from the article; the names of the two lower grades are illustrative."""

    PREMIUM = "premium", _("Premium")
    DEMONSTRATION = "demonstration", _("Demonstration")
    STANDARD = "standard", _("Standard")


class PointStatus(models.TextChoices):
    """The status of a point in its life cycle (GLOSSARY section 8)."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    CHECKED = "checked", _("Checked by the township")
    SCORED = "scored", _("Scored by the district")
    NOTICE = "notice", _("On public notice")
    NAMED = "named", _("Named")
    RETURNED = "returned", _("Returned")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")


BOX_MARGIN = Decimal("0.02")  # degrees: more than two systems differ by
COUNTED = (PointStatus.NAMED,)
PUBLIC = (PointStatus.NAMED, PointStatus.WITHDRAWN)
MOVES: dict[str, tuple[str, ...]] = {  # allowed changes of status (GLOSSARY section 8); "" is a new point
    "": (PointStatus.DRAFT, PointStatus.SUBMITTED),
    PointStatus.DRAFT: (PointStatus.SUBMITTED,),
    PointStatus.SUBMITTED: (PointStatus.CHECKED, PointStatus.RETURNED, PointStatus.DRAFT),
    PointStatus.CHECKED: (PointStatus.SCORED, PointStatus.RETURNED, PointStatus.REFUSED),
    PointStatus.SCORED: (PointStatus.NOTICE, PointStatus.RETURNED, PointStatus.REFUSED),
    PointStatus.NOTICE: (PointStatus.NAMED, PointStatus.SCORED, PointStatus.REFUSED),
    PointStatus.RETURNED: (PointStatus.SUBMITTED,),
    PointStatus.REFUSED: (PointStatus.DRAFT,),
    PointStatus.NAMED: (PointStatus.WITHDRAWN,),
    PointStatus.WITHDRAWN: (PointStatus.DRAFT,),
}


class Precision(models.TextChoices):
    """The precision of a date: of some namings only the month or the year is known."""

    DAY = "day", _("Day")
    MONTH = "month", _("Month")
    YEAR = "year", _("Year")

    def text(self, day: date) -> str:
        """`day` with this precision: 2021-07-01, 2021-07 or 2021."""
        return day.isoformat()[: {"day": 10, "month": 7, "year": 4}[self]]


class CoordinateSystem(models.TextChoices):
    CGCS2000 = "cgcs2000", "CGCS2000"
    WGS84 = "wgs84", "WGS 84"
    GCJ02 = "gcj02", "GCJ-02"
    BD09 = "bd09", "BD-09"


class PointQuerySet(ScopedQuerySet):
    def public_rows(self) -> Q:
        """A named point is public for ever, also after its withdrawal; a draft or an application never is."""
        return Q(Exists(StatusPeriod.objects.filter(point=OuterRef("pk"), status__in=PUBLIC)))

    def ever_public_rows(self) -> Q:
        """A point on a public notice was public, even if it was removed on the same day."""
        periods = StatusPeriod.objects.with_voided().filter(status__in=(*PUBLIC, PointStatus.NOTICE))
        return Q(Exists(periods.filter(point=OuterRef("pk"))))

    def with_standing(self, as_of: date, **period: Any) -> Self:
        """Joins the period valid on `as_of` and matching `period` as `standing`; points without one stay."""
        condition = valid_on(as_of, "periods__valid_from", "periods__valid_to")
        condition &= Q(**{f"periods__{name}": value for name, value in period.items()})
        return self.annotate(standing=FilteredRelation("periods", condition=condition))

    def on(self, as_of: date, **period: Any) -> Self:
        """Points with their `status`, `level` and `grade` on `as_of`; points without one are left out."""
        return (
            self.with_standing(as_of, **period)
            .filter(standing__isnull=False)
            .annotate(status=F("standing__status"), level=F("standing__level"), grade=F("standing__grade"))
        )

    def named(self, as_of: date, **period: Any) -> Self:
        """Points that count on `as_of`: named and not withdrawn (F07). They are public for everybody."""
        return self.on(as_of, status__in=COUNTED, **period)._mark()

    def premium(self, as_of: date) -> Self:
        """Named points of the top grade on `as_of` (F08)."""
        return self.named(as_of, grade=Grade.PREMIUM)

    def changed_between(self, first: date, last: date) -> Self:
        """Points with a naming that begins or ends after `first` and until `last`; no other counts differently on the
        two days."""
        namings = StatusPeriod.objects.filter(status__in=COUNTED).order_by()
        begun = namings.filter(valid_from__gt=first, valid_from__lte=last)
        ended = namings.filter(valid_to__gt=first, valid_to__lte=last)
        return self.filter(pk__in=begun.values("point").union(ended.values("point")))  # each is a range of an index

    def in_development_zone(self, as_of: date) -> Self:
        """Points whose firm lies in a development zone (F46)."""
        zone = valid_on(as_of, "unit__zone__built_on", "unit__zone__ended_on")
        return self.filter(zone, unit__zone__kind="development")

    def _with_confirmation(self, today: date) -> Self:
        """Joins this year's confirmation to points with their `standing` today, and adds `is_asked`: whether one is
        asked. What was named this year was written this year, so it is confirmed from the next year on."""
        year = Q(confirmations__year=today.year, confirmations__voided=None)
        last_day = date(today.year - 1, 12, 31)
        periods = StatusPeriod.objects.filter(point=OuterRef("pk"), status__in=COUNTED)
        since_then = Q(standing__status__in=COUNTED, standing__valid_from__lte=last_day)  # of most points, at no cost
        return self.annotate(
            confirmation=FilteredRelation("confirmations", condition=year),
            is_asked=since_then | Exists(periods.filter(valid_on(last_day))),
        )

    def to_confirm(self, today: date) -> Self:
        """Named points whose facts are not confirmed this year, and have to be."""
        return self.named(today)._with_confirmation(today).filter(is_asked=True, confirmation=None)

    def with_care(self, today: date) -> Self:
        """For those who maintain the sites: current `status`, `level`, `grade`, `confirmed_at` of this year's
        confirmation and whether one `is_asked`."""
        rows = self.with_standing(today)._with_confirmation(today)
        return rows.annotate(
            status=F("standing__status"), level=F("standing__level"), grade=F("standing__grade"),
            confirmed_at=F("confirmation__at"),
        )  # fmt: skip

    def with_position(self, box: Box | None = None) -> Self:
        """Points with a position, in a box if one is given. A position measured in another system than WGS 84 lies up
        to a kilometre from there, and is taken in with a margin."""
        rows = self.filter(lng__isnull=False, lat__isnull=False)
        if box is None:
            return rows
        west, south, east, north = (Decimal(str(edge)) for edge in box)
        across, up = (west - BOX_MARGIN, east + BOX_MARGIN), (south - BOX_MARGIN, north + BOX_MARGIN)
        return rows.filter(lng__range=across, lat__range=up)

    def with_naming(self) -> Self:
        """Adds `named_on`, the day of the first naming."""
        return self.annotate(named_on=first_naming())


def first_naming() -> Subquery:
    """The day a point was first named."""
    namings = StatusPeriod.objects.filter(point=OuterRef("pk"), status=PointStatus.NAMED).order_by("valid_from")
    return Subquery(namings.values("valid_from")[:1])


class DemonstrationPoint(Record):
    """A registered showcase site (F07). Its periods hold status, level and grade; the creation type follows from the
    field. It counts on a date if a period says it was named on that date."""

    name = models.CharField(_("name"), max_length=80)
    area = models.ForeignKey("registry.Area", models.PROTECT, db_index=False, verbose_name=_("area"))
    unit = models.ForeignKey(
        "registry.Unit", models.PROTECT, null=True, blank=True, related_name="points", verbose_name=_("unit")
    )
    organisation = models.ForeignKey(
        "registry.PartyOrganisation", models.PROTECT, related_name="points", verbose_name=_("party organisation")
    )
    field = models.CharField(_("field"), max_length=24, choices=Field)
    highlights = models.TextField(_("highlights"), blank=True)
    venue_area = models.DecimalField(_("venue area (m²)"), max_digits=9, decimal_places=2, null=True, blank=True)
    lng = models.DecimalField(_("longitude"), max_digits=9, decimal_places=6, null=True, blank=True)
    lat = models.DecimalField(_("latitude"), max_digits=9, decimal_places=6, null=True, blank=True)
    coordinate_system = models.CharField(_("coordinate system"), max_length=8, choices=CoordinateSystem, blank=True)
    position_illustrative = models.BooleanField(_("position is illustrative"), default=False)

    objects: ClassVar = ScopedManager.from_queryset(PointQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("demonstration point")
        verbose_name_plural = _("demonstration points")
        indexes = [
            models.Index(fields=["area", "field"], condition=IN_FORCE, name="point_area_field"),
            models.Index(fields=["area", "code"], condition=IN_FORCE, name="point_area_code"),  # for long lists
            models.Index(fields=["name"], name="point_name"),  # rows name it
        ]
        constraints = [
            *Record.Meta.constraints,
            in_choices("field", Field, "point_field_known"),
            not_negative("venue_area", name="point_venue_not_negative"),
            models.UniqueConstraint(
                fields=["area", "field", "name"],
                condition=IN_FORCE,
                name="point_name_once_in_area_and_field",
                violation_error_message=_("The area has a point of this name in this field already."),
            ),
            models.CheckConstraint(
                condition=Q(lng=None, lat=None, coordinate_system="")
                | Q(
                    lng__isnull=False,
                    lat__isnull=False,
                    lng__range=(-180, 180),
                    lat__range=(-90, 90),
                    coordinate_system__in=CoordinateSystem.values,
                ),
                name="point_position_whole",
                violation_error_message=_(
                    "A position needs a longitude, a latitude and the coordinate system they were measured in."
                ),
            ),
        ]

    def get_absolute_url(self) -> str:
        return reverse("record", args=["points", self.code])

    @property
    def position(self) -> Position | None:
        """Longitude and latitude in WGS 84, in degrees; None if it was never measured."""
        if self.lng is None or self.lat is None:
            return None
        return to_wgs84(float(self.lng), float(self.lat), self.coordinate_system)


class StatusPeriod(Part):
    """A period of a point, from `valid_from` (included) to `valid_to` (excluded), with one status, level and grade. A
    new status, level or grade closes the open period and opens the next; nothing is overwritten. `paper_pending` marks
    a title of an old ledger that lacks the number of its paper."""

    natural_fields = ("point__code", "valid_from")
    goes_with = ("point",)

    point = models.ForeignKey(
        DemonstrationPoint, models.PROTECT, db_index=False, related_name="periods", verbose_name=_("point")
    )
    status = models.CharField(_("status"), max_length=12, choices=PointStatus)
    level = models.CharField(_("level"), max_length=12, choices=Level, blank=True)
    grade = models.CharField(_("grade"), max_length=16, choices=Grade, blank=True)
    valid_from = models.DateField(_("from"))
    precision = models.CharField(_("exact to the"), max_length=5, choices=Precision, default=Precision.DAY)
    valid_to = models.DateField(_("until"), null=True, blank=True)
    document_no = models.CharField(_("paper number"), max_length=60, blank=True)
    paper_pending = models.BooleanField(_("paper still to be added"), default=False)
    batch = models.CharField(_("batch"), max_length=40, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("period of status")
        verbose_name_plural = _("periods of status")
        ordering = ["point", "valid_from"]
        indexes = [  # both contain all columns of a count, so that it never reads the rows
            models.Index(  # of all periods, because keys are looked up in it
                fields=["point", "valid_from", "valid_to", "status", "grade", "level", "voided"], name="period_of_point"
            ),
            models.Index(
                fields=["status", "valid_from", "valid_to", "grade", "level", "point"],
                condition=IN_FORCE,
                name="period_standing",
            ),
            models.Index(
                fields=["status", "valid_to", "point"],
                condition=IN_FORCE & Q(valid_to__isnull=False),
                name="period_end",
            ),
        ]
        constraints = [
            in_choices("status", PointStatus, "period_status_known"),
            in_choices("precision", Precision, "period_precision_known"),
            ends_after_start("valid_from", "valid_to", "period_ends_after_start"),
            models.UniqueConstraint(
                fields=["point"],
                condition=IN_FORCE & Q(valid_to=None),
                name="period_one_open",
                violation_error_message=_("The point has an open period already: end that one first."),
            ),
            models.UniqueConstraint(
                fields=["point", "valid_from"],
                condition=IN_FORCE,
                name="period_one_start",
                violation_error_message=_("Another period of this point begins on the same day."),
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["named", "withdrawn"]) | Q(level__in=Level.values, grade__in=Grade.values),
                name="period_named_is_graded",
                violation_error_message=_("A named point needs a level and a grade."),
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["named", "withdrawn"]) | ~Q(document_no="") | Q(paper_pending=True),
                name="period_named_has_paper",
                violation_error_message=_("Naming and withdrawal need the number of the paper they stand on."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_status_display()} {self.valid_from}"

    @property
    def since(self) -> str:
        """Its first day, with its precision."""
        return Precision(self.precision).text(self.valid_from)

    @property
    def paper(self) -> str:
        """The number of its paper, or that it is still to be added."""
        return self.document_no or (str(_("Paper still to be added")) if self.paper_pending else "")

    def holds_on(self, as_of: date) -> bool:
        return self.valid_from <= as_of and (self.valid_to is None or self.valid_to > as_of)
