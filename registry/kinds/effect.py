"""Record kinds of 效应: consortia, donations, routes, teaching sites, visits, events."""

from django.db.models import F
from django.db.models.functions import Substr
from django.utils.translation import gettext_lazy as _

from registry import models as m
from registry.models.brands import Consortium
from registry.models.exchange import EventKind

from .base import Column, Dimension, Kind, register
from .shared import AREA, BY_LEVEL, BY_TOWNSHIP, CODE, LEVEL, NAME, TOWNSHIP_NAME, by_year, with_township

SITE_NAME = Column("site_name", _("Teaching site"), "site__name")
SITE_TOWNSHIP = Dimension("township", _("Township"), Substr("site__area_id", 1, 9))
# Without a public list: the page of a site shows how many places it has.
CAPACITIES = Kind(
    "capacities",
    m.SiteCapacity,
    _("Capacities of teaching sites"),
    lambda s: s.sees(m.SiteCapacity).filter(m.valid_on(s.as_of)),
    (
        CODE,
        SITE_NAME,
        Column("people", _("People a month"), numeric=True),
        Column("valid_from", _("From")),
        Column("valid_to", _("Until"), happens=True),
    ),
    (SITE_TOWNSHIP,),
)

register(
    Kind(
        "consortia",
        m.Consortium,
        _("Regional consortia"),
        lambda s: s.sees(m.Consortium).active(s.as_of),
        (
            CODE,
            NAME,
            Column("kind", _("Kind"), choices=Consortium.Kind),
            TOWNSHIP_NAME,
            Column("lead_villages", _("Lead villages"), numeric=True),
            Column("led_villages", _("Led villages"), numeric=True),
            Column("founded_on", _("Founded on")),
        ),
        (BY_TOWNSHIP, Dimension("kind", _("Kind"), F("kind"), Consortium.Kind), by_year("founded_on")),
        annotate=lambda rows, s: with_township(rows.with_village_counts(s.as_of), s),
        searched=True,
    ),
    Kind(
        "donations",
        m.Donation,
        _("Donations"),
        lambda s: s.sees(m.Donation).given(s.as_of),
        (
            CODE,
            Column("donor_name", _("Donor"), "donor__name"),
            Column("donated_on", _("Date")),
            Column("amount_yuan", _("Amount"), unit="yuan", numeric=True),
            Column("goods", _("Goods")),
            Column("quantity", _("Quantity"), numeric=True),
            Column("recipient", _("Recipient")),
        ),
        (BY_TOWNSHIP, by_year("donated_on")),
        order=("donated_on", "code"),
        details=(
            Column("goods_unit", _("Unit of quantity")),
            Column("purpose", _("Purpose")),
        ),
    ),
    Kind(
        "routes",
        m.StudyRoute,
        _("Study routes"),
        lambda s: s.sees(m.StudyRoute).open(s.as_of),
        (
            CODE,
            NAME,
            Column("theme", _("Theme")),
            Column("hours", _("Hours"), numeric=True),
            Column("opened_on", _("Opened on")),
        ),
        (by_year("opened_on"),),
        searched=True,
        details=(Column("capacity", _("Suits groups of"), numeric=True),),
    ),
    Kind(
        "teaching-sites",
        m.TeachingSite,
        _("Teaching sites"),
        lambda s: s.sees(m.TeachingSite).named(s.as_of),
        (CODE, NAME, LEVEL, AREA, Column("named_on", _("Named on"))),
        (BY_LEVEL, BY_TOWNSHIP, by_year("named_on")),
        searched=True,
        details=(
            Column("theme", _("Theme")),
            Column("capacity", _("Capacity"), numeric=True),
        ),
    ),
    Kind(
        "visits",
        m.Visit,
        _("Visits"),
        lambda s: s.sees(m.Visit).received(s.as_of),
        (
            CODE,
            Column("visited_on", _("Date")),
            Column("place_name", _("Place")),
            Column("visitor", _("Visitors")),
            Column("headcount", _("Person-visits"), numeric=True),
        ),
        (BY_TOWNSHIP, by_year("visited_on")),
        annotate=lambda rows, s: rows.with_place_name(),
        order=("-visited_on", "code"),
        details=(Column("topic", _("Topic")),),
    ),
    Kind(
        "hosted-events",
        m.HostedEvent,
        _("Hosted events"),
        lambda s: s.sees(m.HostedEvent).held(s.as_of),
        (CODE, NAME, Column("kind", _("Kind"), choices=EventKind), LEVEL, Column("held_on", _("Held on"))),
        (BY_LEVEL, Dimension("kind", _("Kind"), F("kind"), EventKind), by_year("held_on")),
        order=("-held_on", "code"),
        searched=True,
        details=(
            Column("topic", _("Topic")),
            Column("headcount", _("Participants"), numeric=True),
        ),
    ),
)
