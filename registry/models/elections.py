"""Elections of the two committees of villages."""

from datetime import date
from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .areas import Area
from .base import IN_FORCE, Record, ScopedManager, ScopedQuerySet, in_choices


class ElectionResult(models.TextChoices):
    COMPLETED = "completed", _("Completed")
    TO_REPEAT = "to_repeat", _("To be repeated")


class ElectionQuerySet(ScopedQuerySet):
    def held_by(self, as_of: date) -> Self:
        """Elections of any year, held by `as_of`."""
        return self.filter(held_on__lte=as_of)


class VillageElection(Record):
    """The election of a village's two committees for a new term (村“两委”换届, F25). The district cannot know whether
    it was the first of the city: that depends on the days of other districts."""

    area = models.ForeignKey(Area, models.PROTECT, related_name="elections", verbose_name=_("village"))
    year = models.PositiveSmallIntegerField(_("year"))
    term = models.CharField(_("term"), max_length=20, blank=True)
    held_on = models.DateField(_("elected on"))
    result = models.CharField(
        pgettext_lazy("election", "result"), max_length=12, choices=ElectionResult, default=ElectionResult.COMPLETED
    )
    is_combined_post = models.BooleanField(_("secretary is also director"), null=True, blank=True)
    document_no = models.CharField(_("paper number"), max_length=60, blank=True)

    objects: ClassVar = ScopedManager.from_queryset(ElectionQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("village election")
        verbose_name_plural = _("village elections")
        constraints = [
            *Record.Meta.constraints,
            in_choices("result", ElectionResult, "election_result_known"),
            models.UniqueConstraint(
                fields=["area", "year"],
                condition=IN_FORCE,
                name="election_once_a_year",
                violation_error_message=_("The election of this village and year is registered already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.area} {self.year}"
