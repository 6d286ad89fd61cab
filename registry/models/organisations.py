"""Party organisations, and the units (firms, schools, offices) they work in."""

from datetime import date
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .base import (
    IN_FORCE,
    Field,
    Record,
    ScopedManager,
    ScopedQuerySet,
    ends_after_start,
    in_choices,
    not_negative,
    valid_on,
)


class OrganisationForm(models.TextChoices):
    """Form of a party organisation; by common rule 100 and more members, 50 to under 100, under 50 (S7)."""

    COMMITTEE = "party_committee", _("Party committee")
    WORKING_COMMITTEE = "party_working_committee", _("Party working committee")
    GENERAL_BRANCH = "general_branch", _("General branch")
    BRANCH = "party_branch", _("Party branch")


class OrganisationKind(models.TextChoices):
    """Where a party organisation stands."""

    DISTRICT = "district", _("District committee")
    TOWNSHIP = "township", _("Township or street")
    VILLAGE = "village", _("Village")
    COMMUNITY = "community", _("Community")
    UNIT = "unit", _("Office, institution, firm or association")


class OrganisationQuerySet(ScopedQuerySet):
    def existing(self, as_of: date) -> Self:
        return self.filter(valid_on(as_of, "founded_on", "dissolved_on"))

    def of_villages(self) -> Self:
        return self.filter(kind=OrganisationKind.VILLAGE)


class UnitKind(models.TextChoices):
    ENTERPRISE = "enterprise", _("Firm")
    SCHOOL = "school", _("School")
    HOSPITAL = "hospital", _("Hospital")
    OFFICE = "office", _("Office")
    ASSOCIATION = "association", _("Association")


class Industry(models.TextChoices):
    STEEL = "steel", _("Steel")
    SANITARY_WARE = "sanitary_ware", _("Sanitary ware")
    ENERGY = "energy", _("Energy")
    PIPES = "pipes", _("Pipes")
    OTHER = "other", _("Other")


class Unit(Record):
    """A firm, school, hospital, office or association. It has no area code of its own: it carries its township and,
    if it lies in one, its development zone."""

    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=12, choices=UnitKind)
    industry = models.CharField(_("industry"), max_length=16, choices=Industry, blank=True)
    area = models.ForeignKey("registry.Area", models.PROTECT, null=True, blank=True, verbose_name=_("lies in"))
    zone = models.ForeignKey(
        "registry.Zone", models.PROTECT, null=True, blank=True, related_name="units", verbose_name=_("development zone")
    )

    class Meta(Record.Meta):
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        indexes = [models.Index(fields=["name"], name="unit_name")]  # rows name it
        constraints = [*Record.Meta.constraints, in_choices("kind", UnitKind, "unit_kind_known")]


class PartyOrganisation(Record):
    """A party body of any form: the owner of most records. The registry keeps counts of members, never lists."""

    name = models.CharField(_("full name"), max_length=80)
    form = models.CharField(_("form"), max_length=24, choices=OrganisationForm)
    kind = models.CharField(_("kind"), max_length=12, choices=OrganisationKind)
    field = models.CharField(_("field"), max_length=24, choices=Field, blank=True)
    area = models.ForeignKey("registry.Area", models.PROTECT, db_index=False, verbose_name=_("area"))
    unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="organisations", verbose_name=_("unit")
    )
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("superior organisation")
    )
    secretary = models.CharField(_("secretary"), max_length=40, blank=True)
    phone = models.CharField(_("telephone"), max_length=20, blank=True)
    is_combined_post = models.BooleanField(_("secretary is also director"), null=True, blank=True)
    member_count = models.PositiveIntegerField(_("members"), null=True, blank=True)
    founded_on = models.DateField(_("founded on"), default=date(1949, 10, 1))
    dissolved_on = models.DateField(_("dissolved on"), null=True, blank=True)

    objects: ClassVar = ScopedManager.from_queryset(OrganisationQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("party organisation")
        verbose_name_plural = _("party organisations")
        indexes = [
            models.Index(fields=["area"], name="organisation_area"),
            models.Index(fields=["name"], name="organisation_name"),  # rows name it
        ]
        constraints = [
            *Record.Meta.constraints,
            in_choices("form", OrganisationForm, "organisation_form_known"),
            in_choices("kind", OrganisationKind, "organisation_kind_known"),
            ends_after_start("founded_on", "dissolved_on", "organisation_ends_after_start"),
            not_negative("member_count", name="organisation_members_not_negative"),
            models.UniqueConstraint(
                fields=["area", "name"],
                condition=IN_FORCE & Q(dissolved_on=None),
                name="organisation_name_once_in_area",
                violation_error_message=_("The area has a party organisation of this name already."),
            ),
        ]
