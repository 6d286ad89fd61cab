"""Honours and external results, donations in cash and in kind."""

from collections.abc import Iterable
from datetime import date
from typing import ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from .base import (
    IN_FORCE,
    Level,
    Record,
    ScopedManager,
    ScopedQuerySet,
    ends_after_start,
    exactly_one_of,
    in_choices,
    valid_on,
)
from .organisations import OrganisationQuerySet, PartyOrganisation, Unit

HONOUR_TARGETS = ("organisation", "place", "point", "belt", "unit")


class HonourTitle(models.TextChoices):
    """Titles that are counted. They are three different ones (F02, F03, F28): never add them up by similarity."""

    ADVANCED_GRASSROOTS = "advanced_grassroots", _("Advanced grass-roots party organisation")
    ADVANCED_COLLECTIVE = "advanced_collective", _("Advanced party organisation for the collective economy")
    OTHER = "other", _("Another title")


class HonourQuerySet(ScopedQuerySet):
    def held(self, as_of: date) -> Self:
        return self.filter(valid_on(as_of, "granted_on", "revoked_on"))

    def with_recipient(self) -> Self:
        """Adds `recipient`, the name of the holder of the honour."""
        names = ("organisation__name", "place__name", "point__name", "belt__name", "unit__name")
        return self.annotate(recipient=Coalesce(*names, Value("")))

    def advanced_grassroots(self) -> Self:
        return self.filter(title_kind=HonourTitle.ADVANCED_GRASSROOTS)


class Honour(Record):
    """A title granted to exactly one organisation, place, point, belt or unit."""

    title = models.CharField(_("title"), max_length=80)
    title_kind = models.CharField(_("counted as"), max_length=24, choices=HonourTitle, default=HonourTitle.OTHER)
    level = models.CharField(_("level"), max_length=12, choices=Level)
    issuer = models.CharField(_("granted by"), max_length=80, blank=True)
    batch = models.PositiveSmallIntegerField(_("batch"), null=True, blank=True)
    document_no = models.CharField(_("paper number"), max_length=60, blank=True)
    granted_on = models.DateField(_("granted on"))
    revoked_on = models.DateField(_("revoked on"), null=True, blank=True)
    area = models.ForeignKey("registry.Area", models.PROTECT, related_name="+", verbose_name=_("area"))
    organisation = models.ForeignKey(
        PartyOrganisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="honours",
        verbose_name=_("to the party organisation"),
    )
    place = models.ForeignKey(
        "registry.Area", models.PROTECT, null=True, blank=True, related_name="honours", verbose_name=_("to the area")
    )
    point = models.ForeignKey(
        "registry.DemonstrationPoint",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="honours",
        verbose_name=_("to the point"),
    )
    belt = models.ForeignKey(
        "registry.Belt", models.PROTECT, null=True, blank=True, related_name="honours", verbose_name=_("to the belt")
    )
    unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="honours", verbose_name=_("to the unit")
    )

    objects: ClassVar = ScopedManager.from_queryset(HonourQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("honour")
        verbose_name_plural = _("honours")
        constraints = [
            *Record.Meta.constraints,
            in_choices("level", Level, "honour_level_known"),
            in_choices("title_kind", HonourTitle, "honour_title_known"),
            exactly_one_of(*HONOUR_TARGETS, name="honour_has_one_target"),
            ends_after_start("granted_on", "revoked_on", "honour_ends_after_start"),
        ]

    @property
    def target(self) -> Record:
        return next(getattr(self, name) for name in HONOUR_TARGETS if getattr(self, f"{name}_id"))


def honoured_organisations(levels: Iterable[str], as_of: date) -> OrganisationQuerySet:
    """Distinct organisations that hold the grass-roots title at one of `levels` (F02, F03): both honours count once."""
    honours = Honour.objects.held(as_of).advanced_grassroots().filter(organisation=OuterRef("pk"), level__in=levels)
    return PartyOrganisation.objects.filter(Exists(honours))


class ExternalResultQuerySet(ScopedQuerySet):
    def announced(self, as_of: date) -> Self:
        """Results of any year, announced by `as_of`."""
        return self.filter(announced_on__lte=as_of)


class ExternalResult(Record):
    """A rank given by an external body (F04). It cannot be computed here: the scores of other districts are unknown."""

    item = models.CharField(_("item"), max_length=80)
    issuer = models.CharField(_("issued by"), max_length=80)
    scope = models.CharField(_("ranked within"), max_length=12, choices=Level)
    year = models.PositiveSmallIntegerField(_("year"))
    rank = models.PositiveSmallIntegerField(_("rank"))
    announced_on = models.DateField(_("announced on"))
    area = models.ForeignKey("registry.Area", models.PROTECT, verbose_name=_("area"))

    objects: ClassVar = ScopedManager.from_queryset(ExternalResultQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("external result")
        verbose_name_plural = _("external results")
        constraints = [
            *Record.Meta.constraints,
            models.CheckConstraint(
                condition=Q(rank__gte=1),
                name="external_result_rank_from_one",
                violation_error_message=_("A rank begins with 1."),
            ),
            models.UniqueConstraint(
                fields=["area", "year", "item", "issuer", "scope"],
                condition=IN_FORCE,
                name="external_result_once",
                violation_error_message=_("This result is registered already."),
            ),
        ]

    def __str__(self) -> str:
        return self.item


class DonationKind(models.TextChoices):
    CASH = "cash", _("Cash")
    GOODS = "goods", _("Goods")


class DonationQuerySet(ScopedQuerySet):
    def given(self, as_of: date) -> Self:
        return self.filter(donated_on__lte=as_of)

    def in_cash(self, as_of: date) -> Self:
        return self.given(as_of).filter(kind=DonationKind.CASH)

    def in_goods(self, as_of: date) -> Self:
        return self.given(as_of).filter(kind=DonationKind.GOODS)


class Donation(Record):
    """Cash in yuan or goods in items, never both: the two are never added (F49, F50)."""

    donor = models.ForeignKey(Unit, models.PROTECT, related_name="donations", verbose_name=_("donor"))
    area = models.ForeignKey("registry.Area", models.PROTECT, verbose_name=_("area"))
    kind = models.CharField(_("kind"), max_length=8, choices=DonationKind)
    donated_on = models.DateField(_("donated on"))
    amount_yuan = models.DecimalField(_("amount (yuan)"), max_digits=16, decimal_places=2, null=True, blank=True)
    goods = models.CharField(_("goods"), max_length=80, blank=True)
    quantity = models.PositiveIntegerField(_("quantity"), null=True, blank=True)
    goods_unit = models.CharField(_("unit of quantity"), max_length=16, blank=True)
    recipient = models.CharField(_("recipient"), max_length=80)
    purpose = models.CharField(_("purpose"), max_length=120, blank=True)

    objects: ClassVar = ScopedManager.from_queryset(DonationQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("donation")
        verbose_name_plural = _("donations")
        constraints = [
            *Record.Meta.constraints,
            models.CheckConstraint(
                condition=Q(kind="cash", amount_yuan__isnull=False, amount_yuan__gt=0, quantity=None, goods="")
                | (Q(kind="goods", quantity__isnull=False, quantity__gt=0, amount_yuan=None) & ~Q(goods="")),
                name="donation_is_cash_or_goods",
                violation_error_message=_(
                    "A donation is either cash with an amount in yuan, or goods with a name and a quantity."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.donor} {self.donated_on}"


def donating_firms(industry: str, as_of: date) -> ScopedQuerySet:
    """Distinct firms of `industry` that gave cash by `as_of` (F48)."""
    gifts = Donation.objects.in_cash(as_of).filter(donor=OuterRef("pk"))
    return Unit.objects.filter(Exists(gifts), industry=industry)
