"""Figures of 保障 that the registry holds: funds and wage rules (ARTICLE-FIGURES 1.5)."""

from django.db.models import F
from django.db.models.functions import Substr
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from registry import models as m
from registry.text import area_codes

from .base import GUARANTEE, Figure, declare
from .yearly import YearlyForm, declare_form

BUDGET, CREATION = m.YearlyFormName.DISTRICT_BUDGET, m.YearlyFormName.CREATION_FUNDS
declare_form(
    YearlyForm(
        BUDGET,
        pgettext_lazy("unit", "districts or counties"),
        lambda: (
            m.Fund.objects.public()
            .district_budget()
            .annotate(unit=Substr("area_id", 1, area_codes.DISTRICT), reported_on=F("arrived_on"))
        ),
        lambda day: m.Area.objects.public().existing(day).filter(level=m.AreaLevel.DISTRICT),
    ),
    YearlyForm(
        CREATION,
        pgettext_lazy("unit", "townships"),
        lambda: (
            m.Fund.objects.public()
            .creation()
            .annotate(unit=Substr("area_id", 1, area_codes.TOWNSHIP), reported_on=F("arrived_on"))
        ),
        lambda day: m.Area.objects.public().townships(day),
    ),
)
declare(
    Figure(
        "district-budget",
        _("District budget of the year"),
        pgettext_lazy("unit", "yuan"),
        GUARANTEE,
        "F68",
        "funds",
        lambda s: s.sees(m.Fund).arrived(s.as_of).district_budget().filter(year=s.year_of(BUDGET)),
        _("Money from the district budget in the year. Creation funds are another figure."),
        _("in its year, from the day it arrived"),
        sums="amount_yuan",
        yearly=BUDGET,
    ),
    Figure(
        "creation-funds",
        _("Creation funds of the year"),
        pgettext_lazy("unit", "yuan"),
        GUARANTEE,
        "F72",
        "funds",
        lambda s: s.sees(m.Fund).arrived(s.as_of).creation().filter(year=s.year_of(CREATION)),
        _("Money the localities put into creation in the year. The district budget is another figure."),
        _("in its year, from the day it arrived"),
        sums="amount_yuan",
        yearly=CREATION,
    ),
    Figure(
        "wage-uplift-combined",
        _("Wage uplift, secretary and director in one"),
        "%",
        GUARANTEE,
        "F70",
        "wage-rules",
        lambda s: s.sees(m.WageRule).for_post(m.Post.COMBINED, s.as_of),
        _("How far the wage lies above the provincial standard, in percent of that standard."),
        _("while the rule is in force"),
        sums="uplift_percent",
        single=True,
    ),
    Figure(
        "wage-uplift-cross",
        _("Wage uplift, posts in both committees"),
        "%",
        GUARANTEE,
        "F71",
        "wage-rules",
        lambda s: s.sees(m.WageRule).for_post(m.Post.CROSS, s.as_of),
        _("How far the wage lies above the provincial standard, in percent of that standard."),
        _("while the rule is in force"),
        sums="uplift_percent",
        single=True,
    ),
)
