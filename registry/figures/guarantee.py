"""Figures of 保障 that the registry holds: funds and wage rules (ARTICLE-FIGURES 1.5)."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from registry import models as m

from .base import GUARANTEE, Figure, declare

declare(
    Figure(
        "district-budget",
        _("District budget of the year"),
        pgettext_lazy("unit", "yuan"),
        GUARANTEE,
        "F68",
        "funds",
        lambda s: s.sees(m.Fund).district_budget(s.as_of),
        _("Money from the district budget in the year. Creation funds are another figure."),
        _("in its year, from the day it arrived"),
        sums="amount_yuan",
    ),
    Figure(
        "creation-funds",
        _("Creation funds of the year"),
        pgettext_lazy("unit", "yuan"),
        GUARANTEE,
        "F72",
        "funds",
        lambda s: s.sees(m.Fund).creation(s.as_of),
        _("Money the localities put into creation in the year. The district budget is another figure."),
        _("in its year, from the day it arrived"),
        sums="amount_yuan",
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
