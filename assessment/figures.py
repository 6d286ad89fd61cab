"""Figures of assessment: the standard, secretary projects, talks and replacements."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from assessment import models as a
from registry.figures import Figure, declare

declare(
    Figure(
        "standard-items",
        _("Items of the standard"),
        pgettext_lazy("unit", "items of the standard"),
        "showcase",
        "F06",
        "standard-items",
        lambda s: s.sees(a.StandardItem).in_force(s.as_of),
        _("Items of the standard in force that points are judged by."),
        _("while the version is in force"),
    ),
    Figure(
        "projects",
        _("Secretary projects of the year"),
        pgettext_lazy("unit", "projects"),
        "guarantee",
        "F56",
        "projects",
        lambda s: s.sees(a.SecretaryProject).of_year(s.as_of),
        _("Projects of the year that a secretary leads in person."),
        _("in its year, from the day its ledger was opened"),
    ),
    Figure(
        "problems-solved",
        _("Problems solved"),
        pgettext_lazy("unit", "problems"),
        "guarantee",
        "F60",
        "problems",
        lambda s: s.sees(a.ProjectProblem).solved(s.as_of),
        _("Problems of the year's secretary projects that were solved; each counts once."),
        _("in its year, from the day it was solved"),
    ),
    Figure(
        "interviews",
        _("Interviews with secretaries"),
        pgettext_lazy("unit", "person-times"),
        "guarantee",
        "F65",
        "accountability",
        lambda s: a.AccountabilityAction.objects.counted().in_area(s.area).interviews(s.as_of),
        _("Interviews held in the year; a person interviewed twice counts twice. Published as a count only."),
        _("in its year, from the day it was held"),
        district_only=True,
    ),
    Figure(
        "adjustments",
        _("Secretaries replaced"),
        pgettext_lazy("unit", "persons"),
        "guarantee",
        "F66",
        "accountability",
        lambda s: a.AccountabilityAction.objects.counted().in_area(s.area).adjusted_persons(s.as_of),
        _("Persons replaced in the year; each counts once. Published as a count only."),
        _("in its year, from the day of the replacement"),
        district_only=True,
    ),
)
