"""The promise of a secretary project: frozen with a fingerprint when its ledger is opened, amended visibly."""

import hashlib
import json
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.models.base import Part

PLAIN = ("name", "measures", "expected_results", "deadline", "responsible_person", "team")
PROMISED = ("problems", *PLAIN)
PROMISE_FROZEN = _("The promise of this project is frozen: it is changed by a dated amendment, with the reason.")


def promised_of(project: Any) -> dict[str, str]:
    """The promised values in the project's own columns, as text."""
    return {name: str(getattr(project, name)) for name in PLAIN}


def fingerprint(body: dict[str, Any]) -> str:
    """The SHA-256 of the promise, independent of the order in the database."""
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class Promise(Part):
    """The promise when the ledger was opened. Never changed; it protects its project from deletion."""

    natural_fields = ("project__code",)
    goes_with = ("project",)

    project = models.OneToOneField(
        "assessment.SecretaryProject", models.PROTECT, related_name="promise", verbose_name=_("project")
    )
    body = models.JSONField(_("what was promised"))
    sha256 = models.CharField(_("fingerprint"), max_length=64)
    frozen_at = models.DateTimeField(_("frozen at"), auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))

    class Meta:
        verbose_name = _("frozen promise")
        verbose_name_plural = _("frozen promises")

    def __str__(self) -> str:
        return self.sha256

    @property
    def is_intact(self) -> bool:
        return fingerprint(self.body) == self.sha256

    @property
    def now(self) -> dict[str, Any]:
        """The promise with all its amendments."""
        body = dict(self.body)
        for amendment in Amendment.objects.filter(project=self.project_id):
            body |= {name: after for name, (_before, after) in amendment.changes.items()}
        return body


class Amendment(Part):
    """A change of a frozen promise: from what to what, when and why. Always shown beside the promise."""

    natural_fields = ("project__code", "amended_on", "reason")
    goes_with = ("project",)

    project = models.ForeignKey(
        "assessment.SecretaryProject", models.PROTECT, related_name="amendments", verbose_name=_("project")
    )
    amended_on = models.DateField(_("amended on"))
    changes = models.JSONField(_("from and to"))
    reason = models.CharField(_("reason"), max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))

    class Meta:
        verbose_name = _("amendment")
        verbose_name_plural = _("amendments")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.amended_on} {self.reason}"
