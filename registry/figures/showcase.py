"""Figures of the overview and of 示范: honours, points, belts, zones (ARTICLE-FIGURES 1.1, 1.2)."""

from django.db.models import F, Q
from django.db.models.functions import Substr
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from registry import models as m
from registry.access.scope import Scope
from registry.text import area_codes

from .base import OVERVIEW, SHOWCASE, Figure, declare
from .yearly import YearlyForm, declare_form


def _advanced(s: Scope, *levels: str) -> m.ScopedQuerySet:
    return m.honoured_organisations(levels, s.as_of).visible_to(s.viewer).in_area(s.area)


RANK = m.YearlyFormName.CITY_RANK
declare_form(
    YearlyForm(
        RANK,
        pgettext_lazy("unit", "districts or counties"),
        lambda: (
            m.ExternalResult.objects.public()
            .filter(scope=m.Level.MUNICIPAL)
            .annotate(unit=Substr("area_id", 1, area_codes.DISTRICT), reported_on=F("announced_on"))
        ),
        lambda day: m.Area.objects.public().existing(day).filter(level=m.AreaLevel.DISTRICT),
    )
)
declare(
    Figure(
        "honours-national",
        _("National advanced organisations"),
        pgettext_lazy("unit", "organisations"),
        OVERVIEW,
        "F02",
        "organisations",
        lambda s: _advanced(s, m.Level.NATIONAL),
        _("Party organisations that hold the national title “Advanced grass-roots party organisation”."),
        _("from the day it was granted until it is revoked"),
    ),
    Figure(
        "honours-provincial-municipal",
        _("Provincial and municipal advanced organisations"),
        pgettext_lazy("unit", "organisations"),
        OVERVIEW,
        "F03",
        "organisations",
        lambda s: _advanced(s, m.Level.PROVINCIAL, m.Level.MUNICIPAL),
        _("Party organisations that hold the provincial or the municipal title; one that holds both counts once."),
        _("from the day it was granted until it is revoked"),
    ),
    Figure(
        "city-rank",
        _("Rank in the city"),
        pgettext_lazy("unit", "rank"),
        OVERVIEW,
        "F04",
        "external-results",
        lambda s: s.sees(m.ExternalResult).announced(s.as_of).filter(scope=m.Level.MUNICIPAL, year=s.year_of(RANK)),
        _("Place among the districts of the city for grass-roots organisation building, as announced from outside."),
        _("in the year of the result, from the day it was announced"),
        sums="rank",
        single=True,
        yearly=RANK,
    ),
    Figure(
        "points",
        _("Demonstration points"),
        pgettext_lazy("unit", "points"),
        SHOWCASE,
        "F07",
        "points",
        lambda s: m.DemonstrationPoint.objects.in_area(s.area).named(s.as_of),
        _("Sites that were named and not withdrawn. Applications and drafts do not count."),
        _("from the day it was named until it is withdrawn"),
        tallied=lambda s: Q(),
        moving=lambda rows, first, last: rows.changed_between(first, last),
    ),
    Figure(
        "premium-rate",
        _("Premium rate"),
        "%",
        SHOWCASE,
        "F08",
        "points",
        lambda s: m.DemonstrationPoint.objects.in_area(s.area).premium(s.as_of),
        _("Named points of the grade “premium” as a share of all named points."),
        _("from the day the grade was given until it ends"),
        out_of="points",
        target="premium-rate-target",
        tallied=lambda s: Q(grade=m.Grade.PREMIUM),
        moving=lambda rows, first, last: rows.changed_between(first, last),
    ),
    Figure(
        "belts",
        _("Demonstration belts"),
        pgettext_lazy("unit", "belts"),
        SHOWCASE,
        "F10",
        "belts",
        lambda s: s.sees(m.Belt).built(s.as_of),
        _("Belts that are built. A belt that is planned or under construction does not count."),
        _("from the day it was built until it ends"),
    ),
    Figure(
        "qualified-belts",
        _("Belts that qualify"),
        pgettext_lazy("unit", "belts"),
        SHOWCASE,
        "F11",
        "belts",
        lambda s: s.sees(m.Belt).built(s.as_of).qualified(s.as_of),
        _("Built belts with at least as many premium points as the rule of the day asks."),
        _("while enough of its points are premium"),
        out_of="belts",
    ),
    Figure(
        "zones",
        _("Comprehensive zones"),
        pgettext_lazy("unit", "zones"),
        SHOWCASE,
        "F14",
        "zones",
        lambda s: s.sees(m.Zone).built(s.as_of).comprehensive(),
        _("Comprehensive demonstration zones that are built. Planned zones and other kinds do not count."),
        _("from the day it was built until it ends"),
    ),
    Figure(
        "whole-area-townships",
        _("Whole-area townships in creation"),
        pgettext_lazy("unit", "townships"),
        SHOWCASE,
        "F15",
        "whole-area-townships",
        lambda s: s.sees(m.WholeAreaTownship).creating(s.as_of),
        _("Townships accepted for creation as a whole-area showcase and not yet named."),
        _("from the day it was accepted until it is named"),
    ),
    Figure(
        "themed-zones",
        _("Themed zones planned"),
        pgettext_lazy("unit", "zones"),
        SHOWCASE,
        "F16",
        "zones",
        lambda s: s.sees(m.Zone).planned(s.as_of).themed(),
        _("Themed zones that are planned and not yet built; they are never added to the built zones."),
        _("from the day it was planned until it is built"),
    ),
    Figure(
        "township-organisations",
        _("Village party organisations"),
        pgettext_lazy("unit", "organisations"),
        SHOWCASE,
        "F17",
        "organisations",
        lambda s: s.sees(m.PartyOrganisation).existing(s.as_of).of_villages(),
        _("Party organisations of villages in the area."),
        _("from the day it was founded until it is dissolved"),
    ),
)
