"""Remarks of the public on a record: a correction, a question, an objection during a notice."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from registry.text.validators import without_numbers

from .base import Record, ScopedManager, ScopedQuerySet, in_choices

NOTICES = "notices"  # the kind of public notices: a remark on one is an objection, answered by the district


class RemarkState(models.TextChoices):
    NEW = "new", _("New")
    ANSWERED = "answered", _("Answered")
    REJECTED = "rejected", _("Not for publication")


class RemarkOutcome(models.TextChoices):
    CORRECTED = "corrected", _("Corrected")
    UNCHANGED = "unchanged", _("Checked, nothing to change")
    PASSED_ON = "passed_on", _("Passed on")


class RemarkQuerySet(ScopedQuerySet):
    def public_rows(self) -> Q:
        """Only answered remarks; never the contact."""
        return Q(state=RemarkState.ANSWERED)

    def open(self) -> Self:
        return self.filter(state=RemarkState.NEW)

    def under(self, kind: str, code: str) -> Self:
        return self.filter(kind=kind, record_code=code).order_by("-pk")


class Remark(Record):
    """A remark of the public on the record `record_code` of the kind `kind` (a slug such as points, or notices). `area`
    is the area of that record: its township answers, or the district if the record has none. A remark passed on to the
    district is still open, with that outcome."""

    kind = models.CharField(_("kind of record"), max_length=40)
    record_code = models.CharField(_("code of the record"), max_length=40)
    record_name = models.CharField(_("record"), max_length=120)
    area = models.ForeignKey("registry.Area", models.PROTECT, related_name="+", verbose_name=_("area"))
    text = models.TextField(_("remark"), max_length=1000)
    contact = models.CharField(_("how to reach the writer"), max_length=80, blank=True)
    sender = models.CharField(_("fingerprint of the sender"), max_length=64, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=RemarkState, default=RemarkState.NEW)
    outcome = models.CharField(_("outcome"), max_length=10, choices=RemarkOutcome, blank=True)
    reply = models.TextField(_("reply"), max_length=1000, blank=True)
    due_on = models.DateField(_("reply due on"))
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("answered by")
    )

    objects: ClassVar = ScopedManager.from_queryset(RemarkQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("remark from the public")
        verbose_name_plural = _("remarks from the public")
        indexes = [models.Index(fields=["kind", "record_code"], name="remark_of_record")]
        constraints = [
            *Record.Meta.constraints,
            in_choices("state", RemarkState, "remark_state_known"),
            models.CheckConstraint(
                condition=~Q(state=RemarkState.ANSWERED) | ~Q(reply=""),
                name="remark_answered_has_reply",
                violation_error_message=_("An answer needs words."),
            ),
        ]

    def __str__(self) -> str:
        return self.text[:40]

    def get_absolute_url(self) -> str:
        """The page where it is answered."""
        return reverse("desk-remark", args=[self.code])

    @property
    def record_url(self) -> str:
        return reverse("record", args=[self.kind, self.record_code])

    @property
    def public_text(self) -> str:
        """The text with telephone and identity numbers masked, for the public."""
        return without_numbers(self.text)

    @property
    def public_reply(self) -> str:
        return without_numbers(self.reply)

    @property
    def is_objection(self) -> bool:
        return self.kind == NOTICES
