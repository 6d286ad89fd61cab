"""Figures of 效应: consortia, firms, donations, exchange (ARTICLE-FIGURES 1.4)."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from registry import models as m
from registry.access.scope import Scope

from .base import EFFECT, Figure, declare


def _villages(role: str, s: Scope) -> m.ScopedQuerySet:
    return m.villages_in_consortia(role, s.as_of).visible_to(s.viewer).in_area(s.area)


declare(
    Figure(
        "consortia",
        _("Regional consortia"),
        pgettext_lazy("unit", "consortia"),
        EFFECT,
        "F42",
        "consortia",
        lambda s: s.sees(m.Consortium).active(s.as_of),
        _("Groups of villages led by showcase villages."),
        _("from the day it was founded until it ends"),
    ),
    Figure(
        "consortium-villages",
        _("Lead villages"),
        pgettext_lazy("unit", "villages"),
        EFFECT,
        "F43",
        "villages",
        lambda s: _villages(m.VillageRole.LEAD, s),
        _("Distinct villages that lead in a consortium."),
        _("while the village is a member of an active consortium"),
    ),
    Figure(
        "led-villages",
        _("Led villages"),
        pgettext_lazy("unit", "villages"),
        EFFECT,
        "F44",
        "villages",
        lambda s: _villages(m.VillageRole.LED, s),
        _("Distinct villages that are led in a consortium. A village may lead in one and be led in another."),
        _("while the village is a member of an active consortium"),
    ),
    Figure(
        "enterprise-zone-points",
        _("Points in the development zone"),
        pgettext_lazy("unit", "points"),
        EFFECT,
        "F46",
        "points",
        lambda s: (
            m.DemonstrationPoint.objects.in_area(s.area)
            .named(s.as_of)
            .in_development_zone(s.as_of)
            .filter(field=m.Field.NONPUBLIC_ENTERPRISE)
        ),
        _("Named points of non-public firms that lie in a development zone."),
        _("from the day it was named until it is withdrawn"),
        tallied=lambda s: Q(
            field=m.Field.NONPUBLIC_ENTERPRISE, zone__in=m.Zone.objects.public().development(s.as_of).values("pk")
        ),
    ),
    Figure(
        "donating-steel-firms",
        _("Steel firms that donated"),
        pgettext_lazy("unit", "firms"),
        EFFECT,
        "F48",
        "units",
        lambda s: m.donating_firms(m.Industry.STEEL, s.as_of).visible_to(s.viewer).in_area(s.area),
        _("Distinct steel firms that gave cash."),
        _("from the day of the first donation"),
    ),
    Figure(
        "donations-cash",
        _("Cash donated by steel firms"),
        pgettext_lazy("unit", "yuan"),
        EFFECT,
        "F49",
        "donations",
        lambda s: s.sees(m.Donation).in_cash(s.as_of).filter(donor__industry=m.Industry.STEEL),
        _("Cash given by steel firms, all donations together. Goods are another figure."),
        _("from the day of the donation"),
        sums="amount_yuan",
    ),
    Figure(
        "donations-goods",
        _("Goods donated"),
        pgettext_lazy("unit", "items"),
        EFFECT,
        "F50",
        "donations",
        lambda s: s.sees(m.Donation).in_goods(s.as_of),
        _("Items given in kind. They have no value in money here and are never added to cash."),
        _("from the day of the donation"),
        sums="quantity",
    ),
    Figure(
        "routes",
        _("Study routes"),
        pgettext_lazy("unit", "routes"),
        EFFECT,
        "F51",
        "routes",
        lambda s: s.sees(m.StudyRoute).open(s.as_of),
        _("Themed routes for study visits."),
        _("from the day it opened until it closes"),
    ),
    Figure(
        "teaching-sites",
        _("Provincial teaching sites"),
        pgettext_lazy("unit", "sites"),
        EFFECT,
        "F52",
        "teaching-sites",
        lambda s: s.sees(m.TeachingSite).named(s.as_of).provincial(),
        _("Places for on-site teaching of party members that the province named: a belt, firms, a school."),
        _("from the day it was named until it ends"),
    ),
    Figure(
        "hosted-events",
        _("Observation meetings hosted"),
        pgettext_lazy("unit", "meetings"),
        EFFECT,
        "F34, F53",
        "hosted-events",
        lambda s: s.sees(m.HostedEvent).held(s.as_of).filter(kind="observation"),
        _("Provincial and municipal meetings whose observation the district hosted."),
        _("from the day it was held"),
    ),
    Figure(
        "visits",
        _("Visits received"),
        pgettext_lazy("unit", "person-visits"),
        EFFECT,
        "F54",
        "visits",
        lambda s: s.sees(m.Visit).received(s.as_of),
        _("Person-visits received so far; a person who came twice counts twice."),
        _("from the day of the visit"),
        sums="headcount",
    ),
)
