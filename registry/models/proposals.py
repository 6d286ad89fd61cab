"""Acts that need two accounts: one proposes, another confirms."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .base import NaturallyKeyed, PartQuerySet, in_choices


class ProposedAct(models.TextChoices):
    CLOSE_YEAR = "close-year", _("Close a year")
    HAND_OVER = "hand-over", _("Hand a post over")


class ProposalOutcome(models.TextChoices):
    OPEN = "open", _("Waits for a second person")
    CONFIRMED = "confirmed", _("Confirmed")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class ProposalQuerySet(PartQuerySet):
    def open(self, act: str) -> Self:
        return self.filter(act=act, outcome=ProposalOutcome.OPEN).select_related("proposed_by")

    def posts_for(self, user: Any) -> Self:
        """The posts that `user` is asked to take over."""
        return self.open(ProposedAct.HAND_OVER).filter(values__successor=user.pk)


class Proposal(NaturallyKeyed):
    """An act on `subject` (a year, or the name of an account) that `proposed_by` proposed. It is done once another
    account confirms it. `values` is what was seen and chosen, by which the act is done or refused."""

    natural_fields = ("act", "subject", "proposed_at")

    act = models.CharField(_("act"), max_length=12, choices=ProposedAct)
    subject = models.CharField(_("subject"), max_length=150)
    values = models.JSONField(_("values"), default=dict)
    reason = models.CharField(_("remark"), max_length=300, blank=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    proposed_at = models.DateTimeField(_("proposed at"), auto_now_add=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=ProposalOutcome, default=ProposalOutcome.OPEN)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("settled by")
    )
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("proposal to a second person")
        verbose_name_plural = _("proposals to a second person")
        ordering = ["-pk"]
        constraints = [
            in_choices("act", ProposedAct, "proposal_act_known"),
            in_choices("outcome", ProposalOutcome, "proposal_outcome_known"),
            models.UniqueConstraint(
                fields=["act", "subject"],
                condition=Q(outcome="open"),
                name="proposal_open_once",
                violation_error_message=_("This is proposed already."),
            ),
            models.CheckConstraint(
                condition=~Q(outcome="confirmed") | Q(settled_by__isnull=False) & ~Q(settled_by=F("proposed_by")),
                name="proposal_confirmed_by_another",
                violation_error_message=_("Somebody else than who proposed it confirms it."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_act_display()} {self.subject}"

    @property
    def code(self) -> str:
        """The code in events."""
        return self.subject[:40]
