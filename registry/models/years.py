"""Years: which yearly forms were declared complete; closed years with their figures and a hash of everything."""

import hashlib
import json
from datetime import date
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .base import IN_FORCE, NaturallyKeyed, PartManager, Record, ScopedManager, ScopedQuerySet


class YearlyFormName(models.TextChoices):
    """The yearly forms: what is reported once a year."""

    INCOMES = "incomes", _("Collective incomes")
    COMMUNITIES = "communities", _("Verdicts on communities")
    DISTRICT_BUDGET = "district-budget", _("District budget")
    CREATION_FUNDS = "creation-funds", _("Creation funds")
    CITY_RANK = "city-rank", _("Rank in the city")
    PROJECTS = "projects", _("Secretary projects")
    ACCOUNTABILITY = "accountability", _("Talks and replacements")


class YearDeclarationQuerySet(ScopedQuerySet):
    def in_area(self, code: str) -> Self:
        """A declaration holds for the whole district, and is shown in each of its areas."""
        return self


class YearDeclaration(Record):
    """A yearly form declared complete: what nobody reported for that year is a true zero from `declared_on` on."""

    public_from = "declared_on"

    area = models.ForeignKey("registry.Area", models.PROTECT, verbose_name=_("area"))
    form = models.CharField(_("yearly form"), max_length=40, choices=YearlyFormName)
    year = models.PositiveSmallIntegerField(_("year"))
    declared_on = models.DateField(_("declared on"))
    declared_by = models.CharField(_("declared by"), max_length=80)
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    objects: ClassVar = ScopedManager.from_queryset(YearDeclarationQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("declaration of a complete year")
        verbose_name_plural = _("declarations of complete years")
        ordering = ["-year", "form"]
        constraints = [
            *Record.Meta.constraints,
            models.UniqueConstraint(
                fields=["form", "year"],
                condition=IN_FORCE,
                name="year_declared_once",
                violation_error_message=_("This year is declared complete already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_form_display()} {self.year}"


class FrozenYearQuerySet(ScopedQuerySet):
    def last_of(self, year: int) -> Self:
        """The last edition of `year`, which is the valid one."""
        return self.filter(year=year).order_by("-edition")[:1]


class FrozenYear(Record):
    """One closing of a year. Closing again adds the next edition; none is changed or deleted. `hash` covers the hashes
    of its figures and that of the edition before."""

    area = models.ForeignKey("registry.Area", models.PROTECT, verbose_name=_("area"))
    year = models.PositiveSmallIntegerField(_("year"))
    edition = models.PositiveSmallIntegerField(_("edition"))
    closed_at = models.DateTimeField(_("closed at"))
    closed_on = models.DateField(_("closed on"))
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("closed by")
    )
    hash = models.CharField(_("hash (SHA-256)"), max_length=64)

    objects: ClassVar = ScopedManager.from_queryset(FrozenYearQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("closed year")
        verbose_name_plural = _("closed years")
        ordering = ["-year", "-edition"]
        constraints = [
            *Record.Meta.constraints,
            models.UniqueConstraint(
                fields=["year", "edition"],
                name="frozen_edition_once",
                violation_error_message=_("The year has this edition already."),
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def as_of(self) -> date:
        return date(self.year, 12, 31)

    def hash_over(self, hashes: list[str], before: str = "") -> str:
        """The correct `hash` for figures with these hashes after the edition with the hash `before`."""
        return _sha256([self.year, self.edition, before, *hashes])


class FrozenFigure(NaturallyKeyed):
    """A figure of an area at the closing of a year. `rows` are its rows by code, each with its share of the sum (empty
    if rows are counted)."""

    natural_fields = ("frozen__code", "area_id", "slug")

    frozen = models.ForeignKey(FrozenYear, models.PROTECT, related_name="figures", verbose_name=_("closed year"))
    area = models.ForeignKey("registry.Area", models.PROTECT, verbose_name=_("area"))
    slug = models.SlugField(_("figure"), max_length=60)
    value = models.DecimalField(_("value"), max_digits=20, decimal_places=4, null=True)
    part = models.DecimalField(_("part"), max_digits=20, decimal_places=4, null=True)
    whole = models.DecimalField(_("whole"), max_digits=20, decimal_places=4, null=True)
    kind = models.CharField(_("kind of record"), max_length=40)
    rows = models.JSONField(_("rows"))
    hash = models.CharField(_("hash (SHA-256)"), max_length=64)

    objects = PartManager()

    class Meta:
        verbose_name = _("frozen figure")
        verbose_name_plural = _("frozen figures")
        ordering = ["frozen", "area", "slug"]
        constraints = [models.UniqueConstraint(fields=["frozen", "area", "slug"], name="frozen_figure_once")]

    def __str__(self) -> str:
        return f"{self.slug} {self.area_id}"

    def computed_hash(self) -> str:
        """The correct `hash` of the row."""
        numbers = [None if number is None else f"{number:.4f}" for number in (self.value, self.part, self.whole)]
        return _sha256([self.area_id, self.slug, *numbers, self.kind, self.rows])


def _sha256(content: list) -> str:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
