"""Figures of assessment: the standard, secretary projects, talks and replacements."""

from django.db.models import F
from django.db.models.functions import ExtractYear, Substr
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from assessment import models as a
from assessment.models.supervision import AccountabilityQuerySet
from registry.access.scope import Scope
from registry.figures import Figure, YearlyForm, declare, declare_form
from registry.models import Area, YearlyFormName
from registry.text import area_codes

PROJECTS, ACCOUNTABILITY = YearlyFormName.PROJECTS, YearlyFormName.ACCOUNTABILITY
declare_form(
    YearlyForm(
        PROJECTS,
        pgettext_lazy("unit", "townships"),
        lambda: a.SecretaryProject.objects.public().annotate(
            unit=Substr("area_id", 1, area_codes.TOWNSHIP), reported_on=F("opened_on")
        ),
        lambda day: Area.objects.public().townships(day),
    ),
    YearlyForm(
        ACCOUNTABILITY,
        "",
        lambda: a.AccountabilityAction.objects.counted().annotate(
            unit=F("area_id"), year=ExtractYear("occurred_on"), reported_on=F("occurred_on")
        ),
    ),
)


def _actions(s: Scope) -> AccountabilityQuerySet:
    return a.AccountabilityAction.objects.counted().in_area(s.area)


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
        lambda s: s.sees(a.SecretaryProject).opened(s.as_of).filter(year=s.year_of(PROJECTS)),
        _("Projects of the year that a secretary leads in person."),
        _("in its year, from the day its ledger was opened"),
        yearly=PROJECTS,
    ),
    Figure(
        "problems-solved",
        _("Problems solved"),
        pgettext_lazy("unit", "problems"),
        "guarantee",
        "F60",
        "problems",
        lambda s: s.sees(a.ProjectProblem).solved(s.as_of).filter(project__year=s.year_of(PROJECTS)),
        _("Problems of the year's secretary projects that were solved; each counts once."),
        _("in its year, from the day it was solved"),
        yearly=PROJECTS,
    ),
    Figure(
        "interviews",
        _("Interviews with secretaries"),
        pgettext_lazy("unit", "person-times"),
        "guarantee",
        "F65",
        "accountability",
        lambda s: _actions(s).interviews(s.year_of(ACCOUNTABILITY), s.as_of),
        _("Interviews held in the year; a person interviewed twice counts twice. Published as a count only."),
        _("in its year, from the day it was held"),
        yearly=ACCOUNTABILITY,
        district_only=True,
    ),
    Figure(
        "adjustments",
        _("Secretaries replaced"),
        pgettext_lazy("unit", "persons"),
        "guarantee",
        "F66",
        "accountability",
        lambda s: _actions(s).adjusted_persons(s.year_of(ACCOUNTABILITY), s.as_of),
        _("Persons replaced in the year; each counts once. Published as a count only."),
        _("in its year, from the day of the replacement"),
        yearly=ACCOUNTABILITY,
        district_only=True,
    ),
)
