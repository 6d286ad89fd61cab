"""Record kinds of 示范: points, belts, zones, whole-area townships, honours."""

from django.db.models import Case, CharField, F, TextChoices, Value, When
from django.db.models.functions import Cast, ExtractYear
from django.utils.translation import gettext_lazy as _

from registry import models as m
from registry.models.points import first_naming

from .base import Column, Dimension, Kind, register
from .shared import (
    BY_FIELD,
    BY_LEVEL,
    BY_TOWNSHIP,
    BY_YEAR_COLUMN,
    CODE,
    FIELD,
    GRADE,
    LEVEL,
    NAME,
    ORGANISATION,
    TOWNSHIP_NAME,
    by_year,
    with_township,
)


class YearlyConfirmation(TextChoices):
    """Where the confirmation of a point for this year stands, if one is asked."""

    OPEN = "open", _("To be confirmed")
    DONE = "done", _("Confirmed")


STATUS = Column("status", _("Status"), choices=m.PointStatus)
BY_STANDING_LEVEL = Dimension("level", _("Level"), F("standing__level"), m.Level)
BY_GRADE = Dimension("grade", _("Grade"), F("standing__grade"), m.Grade)
BY_YEAR_OF_NAMING = Dimension("year", _("Year of naming"), Cast(ExtractYear(first_naming()), CharField()))
BY_NAMING = (BY_TOWNSHIP, BY_FIELD, BY_STANDING_LEVEL, BY_GRADE, BY_YEAR_OF_NAMING)  # of points

# Without a public list: the points of an account's area, whatever their status.
SITES = Kind(
    "sites",
    m.DemonstrationPoint,
    _("My sites"),
    lambda s: s.sees(m.DemonstrationPoint).with_care(s.as_of),
    (
        TOWNSHIP_NAME, CODE, NAME, FIELD, STATUS, LEVEL, GRADE, Column("named_on", _("Named on")),
        Column("confirmed_at", _("Confirmed on")),
    ),
    (
        Dimension("status", _("Status"), F("standing__status"), m.PointStatus),
        Dimension(
            "confirmation",
            _("Yearly confirmation"),
            Case(
                When(confirmation__isnull=False, then=Value(YearlyConfirmation.DONE)),
                When(is_asked=True, standing__status=m.PointStatus.NAMED, then=Value(YearlyConfirmation.OPEN)),
                default=Value(""),
            ),
            YearlyConfirmation,
        ),
        *BY_NAMING,
    ),
    annotate=lambda rows, s: with_township(rows.with_naming(), s),
    order=("area_id", "code"),
    searched=True,
    entries=("points",),
    finds=("name", "code"),
)  # fmt: skip

register(
    Kind(
        "points",
        m.DemonstrationPoint,
        _("Demonstration points"),
        lambda s: m.DemonstrationPoint.objects.in_area(s.area).named(s.as_of),
        (CODE, NAME, TOWNSHIP_NAME, FIELD, LEVEL, GRADE, Column("named_on", _("Named on"), is_exact=False)),
        BY_NAMING,
        annotate=lambda rows, s: with_township(rows.with_naming(), s),
        order=("area_id", "code"),
        searched=True,
        details=(
            ORGANISATION,
            Column("unit_name", _("Unit"), "unit__name"),
            Column("venue_area", _("Venue area (m²)"), numeric=True),
            Column("lng", _("Longitude"), numeric=True),
            Column("lat", _("Latitude"), numeric=True),
            Column("coordinate_system", _("Coordinate system"), choices=m.CoordinateSystem),
        ),
        shape=("lng", "lat", "coordinate_system", "position_illustrative"),
    ),
    Kind(
        "belts",
        m.Belt,
        _("Demonstration belts"),
        lambda s: s.sees(m.Belt).known(s.as_of),
        (
            CODE,
            NAME,
            LEVEL,
            Column("points", _("Points"), numeric=True),
            Column("premium_points", _("Premium points"), numeric=True),
            Column("built_on", _("Built on"), happens=True),
        ),
        (BY_TOWNSHIP, BY_LEVEL, by_year("built_on")),
        annotate=lambda rows, s: rows.with_point_counts(s.as_of),
        searched=True,
        details=(
            ORGANISATION,
            Column("planned_on", _("Planned on"), happens=True),
        ),
    ),
    Kind(
        "zones",
        m.Zone,
        _("Demonstration zones"),
        lambda s: s.sees(m.Zone).known(s.as_of),
        (
            CODE,
            NAME,
            Column("kind", _("Zone type"), choices=m.ZoneKind),
            LEVEL,
            TOWNSHIP_NAME,
            Column("planned_on", _("Planned on"), happens=True),
            Column("built_on", _("Built on"), happens=True),
        ),
        (
            BY_TOWNSHIP,
            BY_LEVEL,
            Dimension("kind", _("Zone type"), F("kind"), m.ZoneKind),
            by_year("built_on"),
        ),
        annotate=with_township,
        searched=True,
        details=(
            Column("theme", _("Theme")),
            ORGANISATION,
        ),
        shape=("outline",),
    ),
    Kind(
        "whole-area-townships",
        m.WholeAreaTownship,
        _("Whole-area townships"),
        lambda s: s.sees(m.WholeAreaTownship).accepted(s.as_of),
        (
            CODE,
            Column("township_name", _("Township"), "area__name"),
            LEVEL,
            Column("batch", _("Batch"), numeric=True),
            Column("accepted_on", _("Creation unit since")),
            Column("named_on", _("Named on"), happens=True),
        ),
        (BY_TOWNSHIP, BY_LEVEL),
    ),
    Kind(
        "honours",
        m.Honour,
        _("Honours"),
        lambda s: s.sees(m.Honour).held(s.as_of),
        (
            CODE,
            Column("title", _("Title")),
            LEVEL,
            Column("recipient", _("Granted to")),
            Column("issuer", _("Granted by")),
            Column("granted_on", _("Granted on")),
        ),
        (BY_LEVEL, BY_TOWNSHIP, by_year("granted_on")),
        annotate=lambda rows, s: rows.with_recipient(),
        order=("-granted_on", "code"),
        searched=True,
        details=(
            Column("batch", _("Batch")),
            Column("document_no", _("Paper number")),
        ),
    ),
    Kind(
        "external-results",
        m.ExternalResult,
        _("External results"),
        lambda s: s.sees(m.ExternalResult).filter(announced_on__lte=s.as_of),
        (
            CODE,
            Column("item", _("Item")),
            Column("issuer", _("Issued by")),
            Column("year", _("Year")),
            Column("rank", _("Rank"), numeric=True),
        ),
        (BY_YEAR_COLUMN,),
        order=("-year", "code"),
    ),
)
