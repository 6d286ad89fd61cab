"""Brands by field, red business districts with their functions, regional consortia with their villages."""

from datetime import date
from typing import ClassVar, Self

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from .areas import Area, AreaQuerySet
from .base import IN_FORCE, Field, Part, Record, ScopedManager, ScopedQuerySet, ends_after_start, in_choices, valid_on
from .parameters import TermList


class BrandQuerySet(ScopedQuerySet):
    def in_use(self, as_of: date) -> Self:
        return self.filter(valid_on(as_of, "created_on", "ended_on"))


class Brand(Record):
    """A named way of working with a slogan; every field should have one (F23)."""

    name = models.CharField(_("name"), max_length=60)
    field = models.CharField(_("field"), max_length=24, choices=Field)
    slogan = models.CharField(_("slogan"), max_length=120, blank=True)
    meaning = models.TextField(_("meaning"), blank=True)
    organisation = models.ForeignKey(
        "registry.PartyOrganisation", models.PROTECT, related_name="brands", verbose_name=_("party organisation")
    )
    area = models.ForeignKey("registry.Area", models.PROTECT, verbose_name=_("area"))
    created_on = models.DateField(_("created on"))
    ended_on = models.DateField(_("ended on"), null=True, blank=True)

    objects: ClassVar = ScopedManager.from_queryset(BrandQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("brand")
        verbose_name_plural = _("brands")
        constraints = [
            *Record.Meta.constraints,
            in_choices("field", Field, "brand_field_known"),
            ends_after_start("created_on", "ended_on", "brand_ends_after_start"),
        ]


class RedDistrictQuerySet(ScopedQuerySet):
    def open(self, as_of: date) -> Self:
        return self.filter(valid_on(as_of, "opened_on", "closed_on"))


class RedBusinessDistrict(Record):
    """A business district with party services (F37); each should offer all five functions (F38)."""

    name = models.CharField(_("name"), max_length=60)
    area = models.ForeignKey("registry.Area", models.PROTECT, verbose_name=_("area"))
    organisation = models.ForeignKey(
        "registry.PartyOrganisation", models.PROTECT, null=True, blank=True, verbose_name=_("party organisation")
    )
    functions = models.ManyToManyField(
        "registry.Term", blank=True, limit_choices_to={"list": TermList.FUNCTIONS}, verbose_name=_("functions")
    )
    opened_on = models.DateField(_("opened on"))
    closed_on = models.DateField(_("closed on"), null=True, blank=True)

    objects: ClassVar = ScopedManager.from_queryset(RedDistrictQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("red business district")
        verbose_name_plural = _("red business districts")
        constraints = [
            *Record.Meta.constraints,
            ends_after_start("opened_on", "closed_on", "red_district_ends_after_start"),
        ]


class VillageRole(models.TextChoices):
    LEAD = "lead", _("Lead village")
    LED = "led", _("Led village")


class ConsortiumQuerySet(ScopedQuerySet):
    def active(self, as_of: date) -> Self:
        return self.filter(valid_on(as_of, "founded_on", "ended_on"))

    def with_village_counts(self, as_of: date) -> Self:
        """Adds `lead_villages` and `led_villages`, members on `as_of` that exist then."""
        member = valid_on(as_of, "memberships__valid_from", "memberships__valid_to")
        member &= valid_on(as_of, "memberships__village__valid_from", "memberships__village__valid_to")
        return self.annotate(
            lead_villages=Count("memberships", filter=member & Q(memberships__role=VillageRole.LEAD), distinct=True),
            led_villages=Count("memberships", filter=member & Q(memberships__role=VillageRole.LED), distinct=True),
        )


class Consortium(Record):
    """A group of villages led by showcase villages (F42). One of them is also a zone (F45)."""

    class Kind(models.TextChoices):
        STRONG_LEADS_WEAK = "strong_leads_weak", _("The strong lead the weak")
        TOWN_LEADS_COUNTRY = "town_leads_country", _("The town leads the country")

    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    area = models.ForeignKey("registry.Area", models.PROTECT, verbose_name=_("area"))
    lead_organisation = models.ForeignKey(
        "registry.PartyOrganisation", models.PROTECT, null=True, blank=True, verbose_name=_("leading organisation")
    )
    zone = models.ForeignKey(
        "registry.Zone",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="consortia",
        verbose_name=_("is also the zone"),
    )
    linkages = models.ManyToManyField(
        "registry.Term", blank=True, limit_choices_to={"list": TermList.LINKAGES}, verbose_name=_("linkages")
    )
    founded_on = models.DateField(_("founded on"))
    ended_on = models.DateField(_("ended on"), null=True, blank=True)

    objects: ClassVar = ScopedManager.from_queryset(ConsortiumQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("consortium")
        verbose_name_plural = _("consortia")
        constraints = [
            *Record.Meta.constraints,
            models.CheckConstraint(
                condition=Q(kind__in=["strong_leads_weak", "town_leads_country"]), name="consortium_kind_known"
            ),
            ends_after_start("founded_on", "ended_on", "consortium_ends_after_start"),
        ]


class ConsortiumMembership(Part):
    """A village of a consortium and its part in it. A village may be led in one consortium and lead in another:
    the two counts overlap (F43 + F44 exceed F26), so each is counted as distinct villages of its own role."""

    natural_fields = ("consortium__code", "village_id")
    goes_with = ("consortium",)

    consortium = models.ForeignKey(Consortium, models.PROTECT, related_name="memberships", verbose_name=_("consortium"))
    village = models.ForeignKey(Area, models.PROTECT, related_name="consortium_memberships", verbose_name=_("village"))
    role = models.CharField(_("role"), max_length=4, choices=VillageRole)
    valid_from = models.DateField(_("member since"))
    valid_to = models.DateField(_("member until"), null=True, blank=True)

    class Meta:
        verbose_name = _("village of the consortium")
        verbose_name_plural = _("villages of the consortium")
        ordering = ["consortium", "-role", "village"]
        constraints = [
            in_choices("role", VillageRole, "consortium_role_known"),
            models.UniqueConstraint(
                fields=["consortium", "village"],
                condition=IN_FORCE,
                name="consortium_holds_a_village_once",
                violation_error_message=_("The consortium holds this village already."),
            ),
            ends_after_start("valid_from", "valid_to", "consortium_membership_ends_after_start"),
        ]

    def __str__(self) -> str:
        return f"{self.village} · {self.get_role_display()}"


def villages_in_consortia(role: str, as_of: date) -> AreaQuerySet:
    """Distinct villages, existing on `as_of`, that have `role` in a consortium active then (F43, F44)."""
    memberships = ConsortiumMembership.objects.filter(
        valid_on(as_of),
        valid_on(as_of, "consortium__founded_on", "consortium__ended_on"),
        village=OuterRef("pk"),
        role=role,
    )
    return Area.objects.existing(as_of).filter(Exists(memberships))
