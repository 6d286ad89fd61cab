"""Rounds of review with scores and vetoes, and the public notice before naming."""

from datetime import date
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.models import DemonstrationPoint, Evidence, Grade, Level, Record, ScopedQuerySet, StatusPeriod
from registry.models.base import IN_FORCE, Part, ScopedManager, in_choices

from .standards import Standard, StandardItem, VetoItem


class Round(models.TextChoices):
    APPLICATION = "application", _("Application")
    RECHECK = "recheck", _("Re-check")


class Outcome(models.TextChoices):
    PENDING = "pending", _("In review")
    PASSED = "passed", _("Passed")
    RETURNED = "returned", _("Returned")
    REFUSED = "refused", _("Refused")


class NoticeQuerySet(ScopedQuerySet):
    def public_rows(self) -> Q:
        """A notice is public from its first day."""
        return Q(starts_on__lte=timezone.localdate())

    def posted(self, as_of: date) -> Self:
        return self.filter(starts_on__lte=as_of)


class Notice(Record):
    """A public list before naming, from `starts_on` up to and including `ends_on`; the length in working days is a
    parameter (notice-working-days)."""

    title = models.CharField(_("title"), max_length=120)
    area = models.ForeignKey("registry.Area", models.PROTECT, verbose_name=_("area"))
    starts_on = models.DateField(_("posted on"))
    ends_on = models.DateField(_("until (included)"))
    working_days = models.PositiveSmallIntegerField(_("working days"))
    document_no = models.CharField(_("paper number"), max_length=60, blank=True)
    text = models.TextField(_("wording"), blank=True)
    posted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("posted by")
    )

    objects: ClassVar = ScopedManager.from_queryset(NoticeQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("public notice")
        verbose_name_plural = _("public notices")
        ordering = ["-starts_on", "-pk"]
        constraints = [
            *Record.Meta.constraints,
            models.CheckConstraint(
                condition=Q(ends_on__gte=models.F("starts_on")),
                name="notice_ends_after_start",
                violation_error_message=_("A notice ends on the day it is posted or later."),
            ),
        ]

    def get_absolute_url(self) -> str:
        return reverse("record", args=["notices", self.code])

    def has_ended(self, today: date) -> bool:
        """Naming is possible from the day after the last day of the notice."""
        return today > self.ends_on


class ReviewQuerySet(ScopedQuerySet):
    area_path = "point__area_id"

    def public_rows(self) -> Q:
        """A round is public once it led to a title or confirmed one."""
        return Q(outcome=Outcome.PASSED, decided_on__isnull=False)

    def ever_public_rows(self) -> Q:
        return self.public_rows() | Q(notice__isnull=False)

    def pending(self) -> Self:
        return self.filter(outcome=Outcome.PENDING)

    def with_totals(self) -> Self:
        """Adds `total` and `township_total`, the sums of the two score columns (None without scores), and `status`, the
        point's current status."""
        return self.annotate(
            total=Sum("scores__district_score"),
            township_total=Sum("scores__township_score"),
            status=Subquery(StatusPeriod.objects.filter(point=OuterRef("point"), valid_to=None).values("status")[:1]),
        )

    def standing(self, *statuses: str) -> Self:
        """Pending rounds of points with this status, the longest waiting first."""
        return self.pending().with_totals().filter(status__in=statuses).order_by("opened_on", "pk")


class Review(Record):
    """A round that scores a point by the standard in force when it began. Both score columns are kept: the township's
    and the district's. `proposed_grade` follows from the total and the pass lines of that standard."""

    goes_with = ("point",)

    point = models.ForeignKey(DemonstrationPoint, models.PROTECT, related_name="reviews", verbose_name=_("point"))
    round = models.CharField(_("round"), max_length=12, choices=Round, default=Round.APPLICATION)
    standard = models.ForeignKey(Standard, models.PROTECT, related_name="reviews", verbose_name=_("standard"))
    notice = models.ForeignKey(
        Notice, models.PROTECT, null=True, blank=True, related_name="reviews", verbose_name=_("public notice")
    )
    applied_level = models.CharField(_("level applied for"), max_length=12, choices=Level, default=Level.DISTRICT)
    self_score = models.DecimalField(_("own score"), max_digits=5, decimal_places=1, null=True, blank=True)
    township_opinion = models.CharField(_("opinion of the township"), max_length=500, blank=True)
    township_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("checked by")
    )
    opinion = models.CharField(_("opinion of the district"), max_length=500, blank=True)
    scored_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("scored by")
    )
    scored_on = models.DateField(_("scored on"), null=True, blank=True)
    proposed_grade = models.CharField(_("proposed grade"), max_length=16, choices=Grade, blank=True)
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome, default=Outcome.PENDING)
    decided_on = models.DateField(_("decided on"), null=True, blank=True)
    opened_on = models.DateField(_("opened on"))

    objects: ClassVar = ScopedManager.from_queryset(ReviewQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ["-opened_on", "-pk"]
        constraints = [
            *Record.Meta.constraints,
            in_choices("round", Round, "review_round_known"),
            in_choices("outcome", Outcome, "review_outcome_known"),
            models.UniqueConstraint(
                fields=["point"],
                condition=IN_FORCE & Q(outcome="pending"),
                name="review_one_pending",
                violation_error_message=_("The point is in review already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.point} {self.get_round_display()}"

    def get_absolute_url(self) -> str:
        return reverse("review", args=[self.code])


class ReviewScore(Part):
    """The scores of one item in a round, each between 0 and the item's weight in steps of 0.5, with the proof."""

    natural_fields = ("review__code", "item__code")
    goes_with = ("review",)

    review = models.ForeignKey(Review, models.PROTECT, related_name="scores", verbose_name=_("review"))
    item = models.ForeignKey(StandardItem, models.PROTECT, verbose_name=_("item"))
    township_score = models.DecimalField(_("township score"), max_digits=4, decimal_places=1, null=True, blank=True)
    district_score = models.DecimalField(_("district score"), max_digits=4, decimal_places=1, null=True, blank=True)
    reason = models.CharField(_("reason of the deduction"), max_length=300, blank=True)
    proof = models.ManyToManyField(Evidence, blank=True, related_name="proves", verbose_name=_("proof"))

    class Meta:
        verbose_name = _("score of an item")
        verbose_name_plural = _("scores of items")
        ordering = ["review", "item__number"]
        constraints = [
            models.UniqueConstraint(fields=["review", "item"], condition=IN_FORCE, name="score_once_an_item"),
            models.CheckConstraint(
                condition=(Q(township_score=None) | Q(township_score__gte=0))
                & (Q(district_score=None) | Q(district_score__gte=0)),
                name="score_not_negative",
                violation_error_message=_("The value must not be negative."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.district_score}"


class RaisedVeto(Part):
    """A veto item that applies in a round: it refuses the application whatever the score."""

    natural_fields = ("review__code", "veto__number")
    goes_with = ("review",)

    review = models.ForeignKey(Review, models.PROTECT, related_name="vetoes", verbose_name=_("review"))
    veto = models.ForeignKey(VetoItem, models.PROTECT, verbose_name=_("veto item"))
    reason = models.CharField(_("reason"), max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))

    class Meta:
        verbose_name = _("veto raised")
        verbose_name_plural = _("vetoes raised")
        ordering = ["review", "veto__number"]
        constraints = [
            models.UniqueConstraint(fields=["review", "veto"], condition=IN_FORCE, name="veto_once_a_review")
        ]

    def __str__(self) -> str:
        return str(self.veto)


def longest_unchecked(points: models.QuerySet) -> models.QuerySet:
    """`points` without an open round, with `last_review`, the day of the last one; points never reviewed come first."""
    rounds = Review.objects.unscoped("of the points themselves").filter(point=OuterRef("pk")).order_by("-opened_on")
    free = points.exclude(Exists(rounds.filter(outcome=Outcome.PENDING)))
    last = free.annotate(last_review=Subquery(rounds.values("opened_on")[:1]))
    return last.order_by(models.F("last_review").asc(nulls_first=True), "area_id", "code")
