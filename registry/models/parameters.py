"""Parameters with dates, and lists that a district may edit."""

from datetime import date, timedelta
from typing import ClassVar, Self

from django.db import models
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from .base import IN_FORCE, Record, ScopedManager, ScopedQuerySet, ends_after_start, in_choices, valid_on


class ParameterMissing(LookupError):
    """A parameter has no value on the requested date."""


class ParameterQuerySet(ScopedQuerySet):
    def in_force(self, as_of: date) -> Self:
        return self.filter(valid_on(as_of))

    def unconfirmed(self) -> Self:
        """The values that a registry was started with and that nobody confirmed."""
        return self.public().filter(remark__contains=Parameter.TO_CONFIRM)

    def value_on(self, rule: str, as_of: date) -> models.Subquery:
        """The value of `rule` on `as_of` as a subquery: with a missing limit nothing passes."""
        return models.Subquery(self.unscoped("rules are public").in_force(as_of).filter(rule=rule).values("value")[:1])

    def count_on(self, rule: str, as_of: date, default: int) -> int:
        """The whole number of `rule` on `as_of`; `default` if none is set."""
        rows = self.unscoped("rules are public").in_force(as_of).filter(rule=rule)
        return int(next(iter(rows.values_list("value", flat=True)), default))


class Parameter(Record):
    """A limit, target or rate with its validity: belt minimum, premium target, income threshold (1.6)."""

    TO_CONFIRM = "待本区确认"  # part of the remark of the values that a registry is started with

    class Unit(models.TextChoices):
        COUNT = "count", _("count")
        PERCENT = "percent", _("percent")
        YUAN = "yuan", _("yuan")

    rule = models.SlugField(_("rule"), max_length=40)
    name = models.CharField(_("name"), max_length=80)
    value = models.DecimalField(_("value"), max_digits=16, decimal_places=4)
    unit = models.CharField(_("unit"), max_length=8, choices=Unit)
    issuer = models.CharField(_("issued by"), max_length=80, blank=True)
    valid_from = models.DateField(_("in force since"))
    valid_to = models.DateField(_("in force until"), null=True, blank=True)

    objects: ClassVar = ScopedManager.from_queryset(ParameterQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("parameter")
        verbose_name_plural = _("parameters")
        constraints = [
            *Record.Meta.constraints,
            ends_after_start("valid_from", "valid_to", "parameter_ends_after_start"),
            models.UniqueConstraint(
                fields=["rule", "valid_from"],
                condition=IN_FORCE,
                name="parameter_once_from_a_day",
                violation_error_message=_("This rule has another value from the same day."),
            ),
            models.UniqueConstraint(
                fields=["rule"],
                condition=IN_FORCE & models.Q(valid_to=None),
                name="parameter_one_open",
                violation_error_message=_("This rule has an open value already: end that one first."),
            ),
        ]

    @property
    def value_text(self) -> str:
        """The value without needless zeros, with its unit; what a count counts stands in the name of the rule."""
        number = f"{self.value.normalize():f}"
        if self.unit == self.Unit.PERCENT:
            return f"{number}%"
        return f"{number} {self.get_unit_display()}" if self.unit == self.Unit.YUAN else number


class TermList(models.TextChoices):
    """The list of a term. The district may edit the lists. The items of special actions were lists once: see
    `SpecialAction`."""

    DIMENSIONS = "dimensions", _("Four dimensions")
    TRINITY = "trinity", _("Points, belts, areas")
    SIX_TYPES = "six_types", _("Six types")
    THREE_LIFTS = "three_lifts_one_creation", _("Three lifts, one creation")
    ONE_HOLD = "one_hold_three_promotions", _("One hold, three promotions")
    SIX_IN_ONE = "six_in_one_governance", _("Six-in-one governance")
    FUNCTIONS = "district_functions", _("Five functions of a red business district")
    LINKAGES = "linkages", _("Four linkages")
    MEASURES = "measures", _("Three measures")
    MECHANISMS = "mechanisms", _("Three mechanisms")
    GUARANTEE_LEVELS = "guarantee_levels", _("Three levels of guarantee")
    LEDGER_STAGES = "ledger_stages", _("Three ledger stages")


class TermQuerySet(ScopedQuerySet):
    def in_area(self, code: str) -> Self:
        """The lists are the same everywhere."""
        return self

    def of(self, term_list: str, as_of: date) -> Self:
        return self.filter(valid_on(as_of), list=term_list).order_by("position")


class Term(Record):
    """An entry of an editable list, such as one of the six types or the five functions."""

    list = models.CharField(_("list"), max_length=32, choices=TermList)
    position = models.PositiveSmallIntegerField(_("position"))
    name = models.CharField(_("name"), max_length=60)
    name_en = models.CharField(_("English name"), max_length=80, blank=True)
    field = models.CharField(_("field"), max_length=24, blank=True)
    valid_from = models.DateField(_("in the list since"))
    valid_to = models.DateField(_("in the list until"), null=True, blank=True)

    objects: ClassVar = ScopedManager.from_queryset(TermQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("list entry")
        verbose_name_plural = _("list entries")
        ordering = ["list", "position"]
        constraints = [
            *Record.Meta.constraints,
            in_choices("list", TermList, "term_list_known"),
            ends_after_start("valid_from", "valid_to", "term_ends_after_start"),
        ]

    def __str__(self) -> str:
        return self.name_en if self.name_en and get_language() == "en" else self.name


class DayUse(models.TextChoices):
    WORKED = "worked", pgettext_lazy("a day", "worked")
    FREE = "free", pgettext_lazy("a day", "free")


class CalendarDayQuerySet(ScopedQuerySet):
    def with_use(self) -> Self:
        """Adds `use`: whether the day is worked or free, in words."""
        worked = models.When(working=True, then=models.Value(DayUse.WORKED))
        return self.annotate(use=models.Case(worked, default=models.Value(DayUse.FREE)))

    def in_area(self, code: str) -> Self:
        """The calendar is the same everywhere."""
        return self

    def working_day(self, start: date, number: int) -> date:
        """The `number`-th working day from `start`, which counts if it is one. Saturdays and Sundays are free and all
        other days are not, except for the days in this table."""
        rows = self.unscoped("the calendar is public")
        rows = rows.filter(day__gte=start, day__lte=start + timedelta(days=number * 3 + 30))
        exceptions = dict(rows.values_list("day", "working"))
        day, left = start, number
        while True:
            left -= exceptions.get(day, is_weekday(day))
            if left <= 0:
                return day
            day += timedelta(days=1)


def is_weekday(day: date) -> bool:
    return day.weekday() < 5


class CalendarDay(Record):
    """A weekday that is free, or a weekend day that is worked (the State Council's yearly arrangement of holidays,
    maintained by the district)."""

    day = models.DateField(_("day"))
    working = models.BooleanField(_("is worked"))
    name = models.CharField(_("name"), max_length=40, blank=True)

    objects: ClassVar = ScopedManager.from_queryset(CalendarDayQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("exception of the working calendar")
        verbose_name_plural = _("exceptions of the working calendar")
        ordering = ["day"]
        constraints = [
            *Record.Meta.constraints,
            models.UniqueConstraint(
                fields=["day"],
                condition=IN_FORCE,
                name="calendar_day_once",
                violation_error_message=_("The calendar has this day already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.name}".strip()

    @staticmethod
    def code_of(day: date) -> str:
        return f"CD-{day.isoformat()}"
