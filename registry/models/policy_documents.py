"""Policy documents, which records cite by their number."""

from datetime import date
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from registry.text.paper_numbers import spellings

from .base import IN_FORCE, Level, Record, ScopedManager, ScopedQuerySet, ends_after_start, in_choices, valid_on


class PolicyDocumentQuerySet(ScopedQuerySet):
    def in_force(self, as_of: date) -> Self:
        return self.filter(valid_on(as_of))

    def numbered(self, number: str) -> Self:
        """The documents with this number, in any spelling of its brackets."""
        return self.filter(number__in=spellings(number))


class PolicyDocument(Record):
    """A document that the work stands on, such as the deployment of the city committee (F75). A record cites it by
    having its number as paper number."""

    number = models.CharField(_("paper number"), max_length=60, blank=True)
    title = models.CharField(_("title of the document"), max_length=120)
    issuer = models.CharField(_("issued by"), max_length=80)
    level = models.CharField(_("level"), max_length=12, choices=Level)
    summary = models.TextField(_("summary"), blank=True)
    area = models.ForeignKey("registry.Area", models.PROTECT, verbose_name=_("area"))
    issued_on = models.DateField(_("issued on"))
    valid_from = models.DateField(_("in force since"))
    valid_to = models.DateField(_("in force until"), null=True, blank=True)

    objects: ClassVar = ScopedManager.from_queryset(PolicyDocumentQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("policy document")
        verbose_name_plural = _("policy documents")
        constraints = [
            *Record.Meta.constraints,
            in_choices("level", Level, "policy_document_level_known"),
            ends_after_start("valid_from", "valid_to", "policy_document_ends_after_start"),
            models.UniqueConstraint(
                fields=["number"],
                condition=IN_FORCE & ~Q(number=""),
                name="policy_document_number_once",
                violation_error_message=_("A policy document with this number is registered already."),
            ),
        ]
