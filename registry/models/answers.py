"""Stored answers to requests with an Idempotency-Key, so that a repeated request does nothing."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class KeptAnswer(models.Model):
    """The first answer to a request with this key. `asked` is the SHA-256 of the request: the same key for another
    request is an error of the client."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("account"))
    key = models.CharField(_("key"), max_length=100)
    asked = models.CharField(_("SHA-256 of the request"), max_length=64)
    status = models.PositiveSmallIntegerField(_("status"), default=0)
    headers = models.JSONField(_("headers"), default=dict)
    body = models.TextField(_("body"), default="null")
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)

    class Meta:
        verbose_name = _("answer kept")
        verbose_name_plural = _("answers kept")
        constraints = [models.UniqueConstraint(fields=["account", "key"], name="kept_answer_once")]
        indexes = [models.Index(fields=["made_at"], name="kept_answer_age")]

    def __str__(self) -> str:
        return self.key
