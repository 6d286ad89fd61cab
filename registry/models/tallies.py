"""Counts of named points that the database keeps, so that a figure does not read every point."""

from datetime import date, timedelta
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models.functions import Substr
from django.utils.translation import gettext_lazy as _

from .base import Field, Level, in_area_q
from .points import Grade

DEPTHS = (2, 4, 6, 9)  # lengths of the area codes that counts are kept for; in a village the points are few

SUMMED = ("field", "level", "grade", "zone", "named_in", "change")


class Span(models.TextChoices):
    """What a count of changes is about."""

    DAY = "day", _("Day")
    YEAR = "year", _("Year")


class PointTallyQuerySet(models.QuerySet):
    def standing(self, as_of: date, area: Any, depth: int) -> list[Self]:
        """The rows whose changes add up to the points that count on `as_of` in `area`, kept for areas of `depth`
        digits: the years before, and the days of the year. Each of the two querysets is a range of the index."""
        end = as_of + timedelta(days=1)
        new_year = date(end.year, 1, 1)
        rows = self.filter(depth=depth)
        years, days = rows.filter(span=Span.YEAR, day__lt=new_year), rows.filter(span=Span.DAY, day__gte=new_year)
        if isinstance(area, str) and len(area) < depth:
            years = years.filter(in_area_q(area, "area"))
            days = days.alias(within=Substr("area", 1, len(area))).filter(within=area)  # sought by day, not by area
        else:
            years, days = years.filter(area=area), days.filter(area=area)
        return [years, days.filter(day__lt=end)] if new_year < end else [years]


class PointTally(models.Model):
    """By how many the named points of one kind changed in an area on a day, or in the year that begins on the day. The
    number on any day is the sum of the years before and of the days of its own year, also for past days.

    `area` is the first `depth` digits of the points' area codes; `zone` is the key of the zone that their unit lies in,
    0 for none; `named_in` is the year in which they were first named.
    Only the triggers of `tally_triggers` write these rows. A key may have several rows until they are folded.
    """

    depth = models.PositiveSmallIntegerField(_("digits of the area code"))
    area = models.CharField(_("area code"), max_length=9)
    span = models.CharField(_("span"), max_length=4, choices=Span)  # no boolean, which SQLite seeks in no index
    day = models.DateField(_("day"))
    field = models.CharField(_("field"), max_length=24, choices=Field)
    level = models.CharField(_("level"), max_length=12, choices=Level)
    grade = models.CharField(_("grade"), max_length=16, choices=Grade)
    zone = models.BigIntegerField(_("development zone"))
    named_in = models.PositiveSmallIntegerField(_("year of naming"))
    change = models.IntegerField(_("change"))

    objects: ClassVar = PointTallyQuerySet.as_manager()

    class Meta:
        verbose_name = _("count of points")
        verbose_name_plural = _("counts of points")
        indexes = [  # both contain all columns of a sum, so that it never reads the rows
            models.Index(fields=["depth", "span", "area", "day", *SUMMED], name="point_tally_of_area"),
            models.Index(fields=["depth", "span", "day", "area", *SUMMED], name="point_tally_of_day"),  # of many areas
        ]

    def __str__(self) -> str:
        return f"{self.area} {self.day} {self.change:+}"
