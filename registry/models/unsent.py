"""What people typed in forms that they have not sent yet."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class UnsentForm(models.Model):
    """The texts an account typed in the form at `path`, saved while typing. Once the form is sent, `values` is empty
    and `sent_at` is set, so that a phone knows that what it kept was sent."""

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("by"))
    path = models.CharField(_("address of the form"), max_length=200)
    values = models.JSONField(_("typed texts"), default=dict)
    saved_at = models.DateTimeField(_("saved at"), auto_now=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)

    class Meta:
        verbose_name = _("form not sent yet")
        verbose_name_plural = _("forms not sent yet")
        constraints = [models.UniqueConstraint(fields=["by", "path"], name="unsent_form_once")]

    def __str__(self) -> str:
        return self.path
