"""The standard for points: versions, items with weights, pass lines, veto items."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from registry.models import Grade
from registry.models.base import IN_FORCE, Part, Record, ScopedManager, ScopedQuerySet, ends_after_start, valid_on


class VersionQuerySet(ScopedQuerySet):
    """Rows of versions of a standard. `day` is the path to the day from which the version is in force; a draft has
    none, and only pages of the district show it."""

    day = "valid_from"

    def public_rows(self) -> Q:
        return Q(**{f"{self.day}__isnull": False})

    def visible_to(self, viewer: Any) -> Self:
        return self.public()

    def in_area(self, code: str) -> Self:
        """One standard applies to the whole district."""
        return self


class StandardQuerySet(VersionQuerySet):
    def in_force(self, as_of: date) -> Self:
        return self.filter(valid_on(as_of))

    def drafts(self) -> Self:
        return self.filter(valid_from=None).unscoped("drafts, for the district's own pages")


def best_grade(lines: Iterable[tuple[str, Decimal]], total: Decimal | None) -> str:
    """The best grade whose pass line `total` reaches, of (grade, minimum); empty if it reaches none."""
    reached = [(minimum, grade) for grade, minimum in lines if total is not None and total >= minimum]
    return max(reached)[1] if reached else ""


class Standard(Record):
    """A version of the standard. The text is the district's data: none was published (F06). A draft has no
    `valid_from`."""

    name = models.CharField(_("name"), max_length=80)
    series = models.SlugField(_("series"), max_length=40, default="ten-items")
    issuer = models.CharField(_("issued by"), max_length=80, blank=True)
    document_no = models.CharField(_("paper number"), max_length=60, blank=True)
    valid_from = models.DateField(_("in force since"), null=True, blank=True, help_text=_("A draft has no day yet."))
    valid_to = models.DateField(_("in force until"), null=True, blank=True)

    objects: ClassVar = ScopedManager.from_queryset(StandardQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("standard")
        verbose_name_plural = _("standards")
        constraints = [
            *Record.Meta.constraints,
            ends_after_start("valid_from", "valid_to", "standard_ends_after_start"),
            models.UniqueConstraint(
                fields=["series"],
                condition=IN_FORCE & Q(valid_to=None, valid_from__isnull=False),
                name="standard_one_open",
                violation_error_message=_("A version of this standard is in force already: end that one first."),
            ),
            models.UniqueConstraint(
                fields=["series"],
                condition=IN_FORCE & Q(valid_from=None),
                name="standard_one_draft",
                violation_error_message=_("There is a draft of this standard already."),
            ),
        ]

    def grade_for(self, total: Decimal | None) -> str:
        """The best grade whose pass line `total` reaches; empty if it reaches none."""
        return best_grade(self.pass_lines.values_list("grade", "minimum"), total)


class NamedItem(models.Model):
    """A numbered line of a standard, in Chinese and, where translated, English."""

    number = models.PositiveSmallIntegerField(_("number"))
    name = models.CharField(_("item"), max_length=120)
    name_en = models.CharField(_("English name"), max_length=160, blank=True)

    class Meta:
        abstract = True
        ordering = ["standard", "number"]

    def __str__(self) -> str:
        return self.name_en if self.name_en and get_language() == "en" else self.name


class StandardItemQuerySet(VersionQuerySet):
    day = "standard__valid_from"

    def in_force(self, as_of: date) -> Self:
        """Items of the version in force on `as_of` (F06)."""
        return self.filter(valid_on(as_of, "standard__valid_from", "standard__valid_to"))


class StandardItem(Record, NamedItem):
    """One of the items a point is scored on, with its weight; the weights of a version sum to 100."""

    goes_with = ("standard",)

    standard = models.ForeignKey(Standard, models.PROTECT, related_name="items", verbose_name=_("standard"))
    weight = models.DecimalField(_("weight"), max_digits=5, decimal_places=1)
    method = models.CharField(_("how it is checked"), max_length=120, blank=True)

    objects: ClassVar = ScopedManager.from_queryset(StandardItemQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("standard item")
        verbose_name_plural = _("standard items")
        ordering = ["standard", "number"]
        constraints = [
            *Record.Meta.constraints,
            models.UniqueConstraint(
                fields=["standard", "number"],
                condition=IN_FORCE,
                name="standard_item_number_once",
                violation_error_message=_("The standard has an item of this number already."),
            ),
            models.CheckConstraint(
                condition=Q(weight__gt=0, weight__lte=100),
                name="standard_item_weight_in_range",
                violation_error_message=_("A weight lies above 0 and up to 100."),
            ),
        ]


class VetoItem(NamedItem, Part):
    """A case that refuses or withdraws a title whatever the score (STANDARDS section 2)."""

    natural_fields = ("standard__code", "number")
    goes_with = ("standard",)

    standard = models.ForeignKey(Standard, models.PROTECT, related_name="vetoes", verbose_name=_("standard"))

    class Meta(NamedItem.Meta):
        abstract = False
        verbose_name = _("veto item")
        verbose_name_plural = _("veto items")
        constraints = [
            models.UniqueConstraint(fields=["standard", "number"], condition=IN_FORCE, name="veto_number_once")
        ]


class PassLine(Part):
    """The minimum total for a grade in a version."""

    natural_fields = ("standard__code", "grade")
    goes_with = ("standard",)

    standard = models.ForeignKey(Standard, models.PROTECT, related_name="pass_lines", verbose_name=_("standard"))
    grade = models.CharField(_("grade"), max_length=16, choices=Grade)
    minimum = models.DecimalField(_("from a total of"), max_digits=5, decimal_places=1)

    class Meta:
        verbose_name = _("pass line")
        verbose_name_plural = _("pass lines")
        ordering = ["standard", "-minimum"]
        constraints = [models.UniqueConstraint(fields=["standard", "grade"], condition=IN_FORCE, name="pass_line_once")]

    def __str__(self) -> str:
        return f"{self.get_grade_display()} ≥ {self.minimum}"
