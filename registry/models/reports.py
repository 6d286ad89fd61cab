"""Texts that the district adds to its year report. The figures there are computed and cannot be edited."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .base import IN_FORCE, Record


class ReportText(Record):
    """The district's text on one section of the report of one year, above the figures. `section` is one of
    figures.SECTIONS, the next steps, the addressee or the signature."""

    year = models.PositiveSmallIntegerField(_("year"))
    section = models.SlugField(_("section"), max_length=20)
    text = models.TextField(_("text"), max_length=4000, blank=True)

    class Meta(Record.Meta):
        verbose_name = _("text of a year report")
        verbose_name_plural = _("texts of year reports")
        constraints = [
            *Record.Meta.constraints,
            models.UniqueConstraint(
                fields=["year", "section"],
                condition=IN_FORCE,
                name="report_text_once",
                violation_error_message=_("This section of the year has a text already."),
            ),
        ]
