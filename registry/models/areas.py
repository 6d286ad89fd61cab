"""Areas: the codes and names of the statistics bureau, with their lifetime, other names and successors."""

from datetime import date
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length, Substr
from django.db.models.lookups import In
from django.utils.translation import gettext_lazy as _

from registry.text import area_codes

from .base import (
    IN_FORCE,
    Part,
    ScopedManager,
    ScopedQuerySet,
    Versioned,
    ends_after_start,
    in_choices,
    valid_on,
)


class AreaLevel(models.TextChoices):
    PROVINCE = "province", _("Province")
    CITY = "city", _("City")
    DISTRICT = "district", _("District or county")
    TOWNSHIP = "township", _("Township or street")
    VILLAGE = "village", _("Village")
    COMMUNITY = "community", _("Community")


LEVEL_OF_LENGTH = {
    2: AreaLevel.PROVINCE,
    4: AreaLevel.CITY,
    area_codes.DISTRICT: AreaLevel.DISTRICT,
    area_codes.TOWNSHIP: AreaLevel.TOWNSHIP,
}


class AreaQuerySet(ScopedQuerySet):
    area_path = "code"

    def existing(self, as_of: date) -> Self:
        return self.filter(valid_on(as_of))

    def villages(self, as_of: date) -> Self:
        return self.existing(as_of).filter(level=AreaLevel.VILLAGE)

    def units(self, as_of: date, area: str) -> Self:
        """The areas that pages about `area` compare: the townships of a district, the districts of a city."""
        level = LEVEL_OF_LENGTH[area_codes.unit_length(area)]
        return self.existing(as_of).filter(level=level).in_area(area)

    def townships(self, as_of: date) -> Self:
        return self.existing(as_of).filter(level=AreaLevel.TOWNSHIP)


class Area(Versioned):
    """An administrative area. Its code of 2, 4, 6, 9 or 12 digits begins with the code of the area above it.

    `valid_to` is the first day on which it no longer existed; `successor` is the area it was merged into.
    """

    code = models.CharField(_("area code"), max_length=12, primary_key=True)
    name = models.CharField(_("name"), max_length=60)
    level = models.CharField(_("kind of area"), max_length=12, choices=AreaLevel)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, verbose_name=_("lies in"))
    valid_from = models.DateField(_("exists since"), default=date(1949, 10, 1))
    valid_to = models.DateField(_("existed until"), null=True, blank=True)
    successor = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="predecessors", verbose_name=_("merged into")
    )
    map_column = models.SmallIntegerField(_("column in the schematic map"), null=True, blank=True)
    map_row = models.SmallIntegerField(_("row in the schematic map"), null=True, blank=True)
    illustrative = models.BooleanField(_("illustrative"), default=False)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)

    objects: ClassVar = ScopedManager.from_queryset(AreaQuerySet)()

    class Meta:
        verbose_name = _("area")
        verbose_name_plural = _("areas")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=In(Length("code"), area_codes.LENGTHS),
                name="area_code_length",
                violation_error_message=_("An area code has 2, 4, 6, 9 or 12 digits."),
            ),
            in_choices("level", AreaLevel, "area_level_known"),
            ends_after_start("valid_from", "valid_to", "area_ends_after_start"),
        ]

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str]:
        return (self.code,)

    def exists_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)

    @property
    def has_areas_in_it(self) -> bool:
        """Whether areas may lie in it: not in a village or community."""
        return self.level not in (AreaLevel.VILLAGE, AreaLevel.COMMUNITY)

    @property
    def short_name(self) -> str:
        """The common name: 孔家庄 of 孔家庄村委会, 新华 of 新华居委会."""
        for ending in ("村委会", "居委会"):
            if self.name.endswith(ending):
                stem = self.name.removesuffix(ending)
                return stem + "村" if ending == "村委会" and not stem.endswith("村") else stem
        return self.name


def township_name(path: str = "area_id") -> models.Subquery:
    """The name of the township of the area code in `path`; empty for a district or more."""
    townships = Area.objects.filter(code=Substr(models.OuterRef(path), 1, 9), level=AreaLevel.TOWNSHIP)
    return models.Subquery(townships.values("name")[:1])


class AreaAlias(Part):
    """Another name of an area: short (大齐镇), former, or another spelling. Former names have dates."""

    natural_fields = ("area_id", "name")
    goes_with = ("area",)

    class Kind(models.TextChoices):
        SHORT = "short", _("Short name")
        FORMER = "former", _("Former name")
        VARIANT = "variant", _("Another way of writing")

    area = models.ForeignKey(Area, models.PROTECT, related_name="aliases", verbose_name=_("area"))
    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.SHORT)
    valid_from = models.DateField(_("in use since"), null=True, blank=True)
    valid_to = models.DateField(_("in use until"), null=True, blank=True)

    class Meta:
        verbose_name = _("other name of an area")
        verbose_name_plural = _("other names of areas")
        ordering = ["area", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["area", "name"],
                condition=IN_FORCE,
                name="area_alias_once",
                violation_error_message=_("The area has this other name already."),
            ),
            models.CheckConstraint(condition=Q(kind__in=["short", "former", "variant"]), name="area_alias_kind_known"),
        ]

    def __str__(self) -> str:
        return self.name
