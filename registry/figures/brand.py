"""Figures of 品牌: brands by field, villages' income, communities (ARTICLE-FIGURES 1.3)."""

from datetime import date

from django.db.models import Exists, F, OuterRef
from django.db.models.functions import ExtractYear
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from registry import models as m
from registry.access.scope import Scope

from .base import BRAND, Figure, declare
from .yearly import YearlyForm, declare_form


def _fields(s: Scope) -> m.ScopedQuerySet:
    return m.Term.objects.public().of(m.TermList.SIX_TYPES, s.as_of)


def _fields_with_brand(s: Scope) -> m.ScopedQuerySet:
    brands = m.Brand.objects.in_use(s.as_of).in_area(s.area).filter(field=OuterRef("field"))
    return _fields(s).filter(Exists(brands))


INCOMES, COMMUNITIES = m.YearlyFormName.INCOMES, m.YearlyFormName.COMMUNITIES
declare_form(
    YearlyForm(
        INCOMES,
        pgettext_lazy("unit", "villages"),
        lambda: m.CollectiveIncome.objects.public().annotate(unit=F("area_id")),
        lambda day: m.Area.objects.public().villages(day),
    ),
    YearlyForm(
        COMMUNITIES,
        pgettext_lazy("unit", "communities"),
        lambda: m.CommunityAttainment.objects.public().annotate(
            unit=F("area_id"), year=ExtractYear("valid_from"), reported_on=F("valid_from")
        ),
        lambda day: m.Area.objects.public().filter(Exists(_in_programme(day))),
    ),
)


def _in_programme(day: date) -> m.ScopedQuerySet:
    return m.CommunityAttainment.objects.public().in_programme(day).filter(area=OuterRef("pk"))


declare(
    Figure(
        "fields",
        _("Fields"),
        pgettext_lazy("unit", "fields"),
        BRAND,
        "F22",
        "terms",
        _fields,
        _("The fields of the six-type creation, one creation type each."),
        _("while it stands in the list"),
    ),
    Figure(
        "brand-fields",
        _("Fields with a brand"),
        pgettext_lazy("unit", "fields"),
        BRAND,
        "F23",
        "terms",
        _fields_with_brand,
        _("Fields in which at least one brand is in use: one field, one brand."),
        _("from the day a brand was created until it ends"),
        out_of="fields",
    ),
    Figure(
        "brands",
        _("Brands"),
        pgettext_lazy("unit", "brands"),
        BRAND,
        "F23",
        "brands",
        lambda s: s.sees(m.Brand).in_use(s.as_of),
        _("Brands in use."),
        _("from the day it was created until it ends"),
    ),
    Figure(
        "villages",
        _("Villages"),
        pgettext_lazy("unit", "villages"),
        BRAND,
        "F26",
        "villages",
        lambda s: s.sees(m.Area).villages(s.as_of),
        _("Villages that exist, by the registry's own dated list."),
        _("from the day it came to exist until it is merged"),
    ),
    Figure(
        "income-villages",
        _("Villages reaching the income line"),
        "%",
        BRAND,
        "F26",
        "villages",
        lambda s: m.villages_reaching_income(s.year_of(INCOMES), s.as_of).visible_to(s.viewer).in_area(s.area),
        _("Villages whose collective income of the year is at least the threshold, as a share of all villages."),
        _("in the year of the income, from the day it was reported"),
        yearly=INCOMES,
        out_of="villages",
    ),
    Figure(
        "communities",
        _("Communities in the creation"),
        pgettext_lazy("unit", "communities"),
        BRAND,
        "F30",
        "communities",
        lambda s: s.sees(m.CommunityAttainment).in_programme(s.year_end(COMMUNITIES)),
        _("Communities that take part in the creation."),
        _("in the year of the verdicts, from the day of a verdict until the next"),
        yearly=COMMUNITIES,
    ),
    Figure(
        "community-attainment",
        _("Communities meeting the standard"),
        "%",
        BRAND,
        "F30",
        "communities",
        lambda s: s.sees(m.CommunityAttainment).attained(s.year_end(COMMUNITIES)),
        _("Communities that meet the standard as a share of those that take part in the creation."),
        _("in the year of the verdicts, from the day of a verdict until the next"),
        yearly=COMMUNITIES,
        out_of="communities",
    ),
    Figure(
        "premium-communities",
        _("Premium communities"),
        pgettext_lazy("unit", "communities"),
        BRAND,
        "F31",
        "communities",
        lambda s: s.sees(m.CommunityAttainment).premium(s.year_end(COMMUNITIES)),
        _("Communities that meet the standard with the grade “premium”."),
        _("in the year of the verdicts, from the day of a verdict until the next"),
        yearly=COMMUNITIES,
    ),
    Figure(
        "premium-community-share",
        _("Share of premium communities"),
        "%",
        BRAND,
        "F32, F33",
        "communities",
        lambda s: s.sees(m.CommunityAttainment).premium(s.year_end(COMMUNITIES)),
        _("Premium communities as a share of the communities that take part in the creation."),
        _("in the year of the verdicts, from the day of a verdict until the next"),
        yearly=COMMUNITIES,
        out_of="communities",
        target="community-premium-target",
        decimals=1,
    ),
    Figure(
        "red-districts",
        _("Red business districts"),
        pgettext_lazy("unit", "districts"),
        BRAND,
        "F37",
        "red-districts",
        lambda s: s.sees(m.RedBusinessDistrict).open(s.as_of),
        _("Business districts with party services."),
        _("from the day it opened until it closes"),
    ),
)
