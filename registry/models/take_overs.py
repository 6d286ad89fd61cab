"""Terms for entering titles of old ledgers, without the life cycle of new titles."""

from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .base import NaturallyKeyed, PartQuerySet


class TakeOverQuerySet(PartQuerySet):
    def open_on(self, day: date) -> Self:
        """Terms open on `day`: their last day is not over, and they were not closed before."""
        return self.filter(opened_on__lte=day, ends_on__gte=day, closed_on=None)


class TakeOver(NaturallyKeyed):
    """A term in which titles of an area's old ledgers are entered. It ends after `ends_on`, or when it is closed.
    `document_no` is the document that orders it; each entered title has its own."""

    natural_fields = ("area_id", "opened_on", "reason")

    area = models.ForeignKey("registry.Area", models.PROTECT, related_name="+", verbose_name=_("area"))
    opened_on = models.DateField(_("opened on"))
    ends_on = models.DateField(_("last day"))
    reason = models.CharField(_("reason"), max_length=300)
    document_no = models.CharField(_("paper number"), max_length=60, blank=True)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("opened by")
    )
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("closed by")
    )

    objects = TakeOverQuerySet.as_manager()

    class Meta:
        verbose_name = _("term for old ledgers")
        verbose_name_plural = _("terms for old ledgers")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("opened_on")),
                name="take_over_ends_after_start",
                violation_error_message=_("The end must be later than the start."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.area} {self.opened_on:%Y-%m-%d}"
