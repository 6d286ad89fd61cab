"""Yearly data of villages and communities: collective income, attainment of the standard."""

from datetime import date
from typing import ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from .areas import Area, AreaQuerySet
from .base import IN_FORCE, Record, ScopedManager, ScopedQuerySet, ends_after_start, not_negative, valid_on
from .parameters import Parameter
from .points import Grade


class IncomeQuerySet(ScopedQuerySet):
    def reported(self, as_of: date) -> Self:
        """Incomes of any year, reported by `as_of`."""
        return self.filter(reported_on__lte=as_of)

    def reaching_threshold(self, year: int, as_of: date) -> Self:
        """Incomes of `year`, reported by `as_of`, of at least the threshold of the year's end: 以上 includes the number
        itself (F26, F27)."""
        threshold = Parameter.objects.value_on("income-threshold", min(as_of, date(year, 12, 31)))
        return self.reported(as_of).filter(year=year, amount_yuan__gte=threshold)


class CollectiveIncome(Record):
    """Income of a village collective in one year, in yuan (F26)."""

    area = models.ForeignKey(Area, models.PROTECT, related_name="incomes", verbose_name=_("village"))
    year = models.PositiveSmallIntegerField(_("year"))
    amount_yuan = models.DecimalField(_("income (yuan)"), max_digits=16, decimal_places=2)
    operating_yuan = models.DecimalField(
        _("of which from operations (yuan)"), max_digits=16, decimal_places=2, null=True, blank=True
    )
    source = models.CharField(_("main source"), max_length=80, blank=True)
    reported_on = models.DateField(_("reported on"), default=localdate)

    objects: ClassVar = ScopedManager.from_queryset(IncomeQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("collective income")
        verbose_name_plural = _("collective incomes")
        constraints = [
            *Record.Meta.constraints,
            not_negative("amount_yuan", "operating_yuan", name="income_not_negative"),
            models.UniqueConstraint(
                fields=["area", "year"],
                condition=IN_FORCE,
                name="income_once_a_year",
                violation_error_message=_("The income of this village and year is registered already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.area} {self.year}"


def villages_reaching_income(year: int, as_of: date) -> AreaQuerySet:
    """Villages existing at the end of `year` whose income of it, reported by `as_of`, reaches the threshold (F26)."""
    reached = CollectiveIncome.objects.reaching_threshold(year, as_of).filter(area=OuterRef("pk"))
    return Area.objects.villages(min(as_of, date(year, 12, 31))).filter(Exists(reached))


class AttainmentQuerySet(ScopedQuerySet):
    def in_programme(self, as_of: date) -> Self:
        """Communities that take part in the creation on `as_of`, each with its latest verdict (base of F30 and F32)."""
        return self.filter(valid_on(as_of))

    def attained(self, as_of: date) -> Self:
        return self.in_programme(as_of).filter(attained=True)

    def premium(self, as_of: date) -> Self:
        return self.attained(as_of).filter(grade=Grade.PREMIUM)


class CommunityAttainment(Record):
    """A community's standing in the creation of communities, from one verdict to the next (F30, F31)."""

    area = models.ForeignKey(Area, models.PROTECT, related_name="attainments", verbose_name=_("community"))
    attained = models.BooleanField(_("meets the standard"))
    grade = models.CharField(_("grade"), max_length=16, choices=Grade, blank=True)
    valid_from = models.DateField(_("from"))
    valid_to = models.DateField(_("until"), null=True, blank=True)

    objects: ClassVar = ScopedManager.from_queryset(AttainmentQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("community attainment")
        verbose_name_plural = _("community attainments")
        constraints = [
            *Record.Meta.constraints,
            ends_after_start("valid_from", "valid_to", "attainment_ends_after_start"),
            models.UniqueConstraint(
                fields=["area"],
                condition=IN_FORCE & Q(valid_to=None),
                name="attainment_one_open",
                violation_error_message=_("The community has an open verdict already: end that one first."),
            ),
            models.CheckConstraint(
                condition=Q(attained=True, grade__in=Grade.values) | Q(attained=False, grade=""),
                name="attainment_graded_when_met",
                violation_error_message=_("A community has a grade if it meets the standard, and none if it does not."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.area)
