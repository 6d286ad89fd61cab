"""Money of the three-level guarantee, and the wage rules of village cadres."""

from datetime import date

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .base import Record, ScopedQuerySet, ends_after_start, in_choices, lasting


class FundCategory(models.TextChoices):
    DISTRICT_BUDGET = "district_budget", _("District budget")
    CREATION = "creation", _("Creation fund")
    OTHER = "other", _("Other")


class FundLevel(models.TextChoices):
    DISTRICT = "district", _("District")
    TOWNSHIP = "township", _("Township")
    VILLAGE = "village", _("Village")


class FundQuerySet(ScopedQuerySet):
    def of_year(self, as_of: date):
        """Money of the year of `as_of` that had arrived by then."""
        return self.filter(year=as_of.year, arrived_on__lte=as_of)

    def district_budget(self, as_of: date):
        return self.of_year(as_of).filter(category=FundCategory.DISTRICT_BUDGET)

    def creation(self, as_of: date):
        return self.of_year(as_of).filter(category=FundCategory.CREATION)


class Fund(Record):
    """Money put in, in yuan. The district's yearly budget (F68) and the creation funds of the localities (F72) are
    two figures and are never added."""

    year = models.PositiveSmallIntegerField(_("year"))
    category = models.CharField(_("category"), max_length=16, choices=FundCategory)
    level = models.CharField(_("source"), max_length=10, choices=FundLevel)
    amount_yuan = models.DecimalField(_("amount (yuan)"), max_digits=16, decimal_places=2)
    purpose = models.CharField(_("purpose"), max_length=120, blank=True)
    document_no = models.CharField(_("paper number"), max_length=60, blank=True)
    arrived_on = models.DateField(_("arrived on"))
    area = models.ForeignKey("registry.Area", models.PROTECT, verbose_name=_("area"))

    objects = FundQuerySet.as_manager()

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
        ]

    def __str__(self):
        return f"{self.year} {self.purpose or self.get_category_display()}"


class Post(models.TextChoices):
    COMBINED = "combined", _("Secretary who is also director")
    CROSS = "cross", _("Member of both committees")
    OTHER = "other", _("Other")


class WageRuleQuerySet(ScopedQuerySet):
    def in_force(self, as_of: date):
        return self.filter(lasting(as_of))

    def for_post(self, post: str, as_of: date):
        return self.in_force(as_of).filter(post=post)


class WageRule(Record):
    """How far a wage lies above the provincial standard, in percent of that standard (F70, F71).

    The two uplifts are never added: what holds for somebody with both posts is not given.
    """

    post = models.CharField(_("post"), max_length=10, choices=Post)
    uplift_percent = models.DecimalField(_("above the standard (%)"), max_digits=6, decimal_places=2)
    standard_yuan = models.DecimalField(
        _("provincial standard (yuan)"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    area = models.ForeignKey("registry.Area", models.PROTECT, verbose_name=_("area"))
    valid_from = models.DateField(_("in force since"))
    valid_to = models.DateField(_("in force until"), null=True, blank=True)

    objects = WageRuleQuerySet.as_manager()

    class Meta(Record.Meta):
        verbose_name = _("wage rule")
        verbose_name_plural = _("wage rules")
        constraints = [
            *Record.Meta.constraints,
            in_choices("post", Post, "wage_rule_post_known"),
            ends_after_start("valid_from", "valid_to", "wage_rule_ends_after_start"),
            models.UniqueConstraint(
                fields=["post", "area"],
                condition=Q(valid_to=None),
                name="wage_rule_one_open",
                violation_error_message=_("This post has a rule in force already: end that one first."),
            ),
        ]

    def __str__(self):
        return self.get_post_display()
