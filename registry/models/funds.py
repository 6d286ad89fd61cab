"""Funds of the three-level guarantee, and the wage rules of village cadres."""

from datetime import date
from decimal import Decimal
from typing import ClassVar, Self

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .base import (
    IN_FORCE,
    Record,
    ScopedManager,
    ScopedQuerySet,
    ends_after_start,
    in_choices,
    not_negative,
    valid_on,
)
from .points import DemonstrationPoint


class FundCategory(models.TextChoices):
    DISTRICT_BUDGET = "district_budget", _("District budget")
    CREATION = "creation", _("Creation fund")
    OTHER = "other", _("Other")


class FundLevel(models.TextChoices):
    DISTRICT = "district", _("District")
    TOWNSHIP = "township", _("Township")
    VILLAGE = "village", _("Village")


class FundQuerySet(ScopedQuerySet):
    def arrived(self, as_of: date) -> Self:
        """Funds of any year that had arrived by `as_of`."""
        return self.filter(arrived_on__lte=as_of)

    def district_budget(self) -> Self:
        return self.filter(category=FundCategory.DISTRICT_BUDGET)

    def creation(self) -> Self:
        return self.filter(category=FundCategory.CREATION)


def project_named(code: str) -> models.Model | None:
    """The secretary project with this code. The assessment app builds on the registry, which therefore uses its
    name."""
    rows = apps.get_model("assessment", "SecretaryProject")._base_manager.filter(code=code)
    return rows.first()


class Fund(Record):
    """An amount of funds, in yuan: budgeted, arranged (`amount_yuan`, what had arrived), paid. The district's yearly
    budget (F68) and the creation funds of the localities (F72) are two figures and are never added. Funds passed down
    come `out_of` other funds, and are counted there."""

    year = models.PositiveSmallIntegerField(_("year"))
    category = models.CharField(_("category"), max_length=16, choices=FundCategory)
    level = models.CharField(_("source"), max_length=10, choices=FundLevel)
    amount_yuan = models.DecimalField(_("amount (yuan)"), max_digits=16, decimal_places=2)
    budgeted_yuan = models.DecimalField(_("budgeted (yuan)"), max_digits=16, decimal_places=2, null=True, blank=True)
    paid_yuan = models.DecimalField(_("paid (yuan)"), max_digits=16, decimal_places=2, null=True, blank=True)
    purpose = models.CharField(_("purpose"), max_length=120, blank=True)
    document_no = models.CharField(_("paper number"), max_length=60, blank=True)
    arrived_on = models.DateField(_("arrived on"))
    area = models.ForeignKey("registry.Area", models.PROTECT, verbose_name=_("area"))
    out_of = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="passed_down", verbose_name=_("passed down from")
    )
    point = models.ForeignKey(
        DemonstrationPoint, models.PROTECT, null=True, blank=True, related_name="funds", verbose_name=_("for the point")
    )
    project_code = models.CharField(_("for the secretary project (code)"), max_length=40, blank=True)

    objects: ClassVar = ScopedManager.from_queryset(FundQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("fund")
        verbose_name_plural = _("funds")
        constraints = [
            *Record.Meta.constraints,
            in_choices("category", FundCategory, "fund_category_known"),
            in_choices("level", FundLevel, "fund_level_known"),
            models.CheckConstraint(
                condition=Q(amount_yuan__gt=0),
                name="fund_is_positive",
                violation_error_message=_("An amount must be more than 0 yuan."),
            ),
            not_negative("budgeted_yuan", "paid_yuan", name="fund_amounts_not_negative"),
            models.CheckConstraint(
                condition=Q(out_of=None) | Q(category=FundCategory.OTHER),
                name="fund_passed_down_is_other",
                violation_error_message=_("Money passed down is counted where it came from: its category is “Other”."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year} {self.purpose or self.get_category_display()}"

    @property
    def out_of_code(self) -> str:
        return self.out_of.code if self.out_of else ""

    def clean(self) -> None:
        if self.project_code and project_named(self.project_code) is None:
            raise ValidationError({"project_code": _("There is no secretary project with this code.")})
        if self.point and not DemonstrationPoint.objects.public().filter(pk=self.point.pk).exists():
            raise ValidationError({"point": _("Only of a point that was named may anybody know what it got.")})
        if self.out_of and (self.out_of.year != self.year or self.out_of == self):
            raise ValidationError({"out_of": _("Money is passed down within its year, out of other money.")})


class Post(models.TextChoices):
    COMBINED = "combined", _("Secretary who is also director")
    CROSS = "cross", _("Member of both committees")
    OTHER = "other", _("Other")


class WageRuleQuerySet(ScopedQuerySet):
    def in_force(self, as_of: date) -> Self:
        return self.filter(valid_on(as_of))

    def for_post(self, post: str, as_of: date) -> Self:
        return self.in_force(as_of).filter(post=post)


class WageRule(Record):
    """The uplift of a wage above the provincial standard, in percent of that standard (F70, F71).

    The two uplifts are never added: there is no rule for somebody with both posts.
    """

    post = models.CharField(_("post"), max_length=10, choices=Post)
    uplift_percent = models.DecimalField(_("above the standard (%)"), max_digits=6, decimal_places=2)
    standard_yuan = models.DecimalField(
        _("provincial standard (yuan)"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    actual_yuan = models.DecimalField(_("wage paid (yuan)"), max_digits=12, decimal_places=2, null=True, blank=True)
    area = models.ForeignKey("registry.Area", models.PROTECT, verbose_name=_("area"))
    valid_from = models.DateField(_("in force since"))
    valid_to = models.DateField(_("in force until"), null=True, blank=True)

    objects: ClassVar = ScopedManager.from_queryset(WageRuleQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("wage rule")
        verbose_name_plural = _("wage rules")
        constraints = [
            *Record.Meta.constraints,
            in_choices("post", Post, "wage_rule_post_known"),
            ends_after_start("valid_from", "valid_to", "wage_rule_ends_after_start"),
            models.UniqueConstraint(
                fields=["post", "area"],
                condition=IN_FORCE & Q(valid_to=None),
                name="wage_rule_one_open",
                violation_error_message=_("This post has a rule in force already: end that one first."),
            ),
        ]

    def __str__(self) -> str:
        return self.get_post_display()

    @property
    def due_yuan(self) -> Decimal | None:
        """The wage according to standard and uplift."""
        return None if self.standard_yuan is None else self.standard_yuan * (100 + self.uplift_percent) / 100

    @property
    def is_met(self) -> bool | None:
        """Whether the paid wage reaches it; None if the standard or the wage is unknown."""
        due = self.due_yuan
        return None if due is None or self.actual_yuan is None else self.actual_yuan >= due
