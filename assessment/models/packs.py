"""Inspection packs: a site's proof of each item of the standard, visible through a link, until a day."""

from datetime import date
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from registry.models import DemonstrationPoint
from registry.models.base import Record, ScopedManager, ScopedQuerySet


class PackQuerySet(ScopedQuerySet):
    def public_rows(self) -> Q:
        return Q(pk__in=[])


class InspectionPack(Record):
    """A link to the proof of one site. It is valid until its last day, or until it is revoked."""

    goes_with = ("point",)

    point = models.ForeignKey(DemonstrationPoint, models.PROTECT, related_name="packs", verbose_name=_("point"))
    area = models.ForeignKey("registry.Area", models.PROTECT, verbose_name=_("area"))
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("made by"))
    made_at = models.DateTimeField(_("pack made at"), auto_now_add=True)
    expires_on = models.DateField(_("valid until (included)"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    objects: ClassVar = ScopedManager.from_queryset(PackQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("inspection pack")
        verbose_name_plural = _("inspection packs")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.point} {self.code}"

    def holds_on(self, today: date) -> bool:
        return self.revoked_at is None and today <= self.expires_on
