"""The registry's own record kinds."""

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast, ExtractYear, Substr
from django.db.models import CharField
from django.utils.translation import gettext_lazy as _

from registry import models as m
from registry.models.areas import township_name
from registry.models.brands import Consortium
from registry.models.exchange import EventKind
from registry.models.points import first_naming
from registry.scope import Scope

from .base import Column, Dimension, Kind, register


def visible(model, scope: Scope) -> QuerySet:
    """Rows of `model` that the viewer may see in the area, of any date."""
    return model.objects.visible_to(scope.viewer).in_area(scope.area)


def _with_township(rows: QuerySet, scope: Scope) -> QuerySet:
    return rows.annotate(township_name=township_name())


def _with_income(rows: QuerySet, scope: Scope) -> QuerySet:
    income = m.CollectiveIncome.objects.of_year(scope.as_of).filter(area=OuterRef("pk"))
    return rows.annotate(income=Subquery(income.values("amount_yuan")[:1]))


def _with_attainment(rows: QuerySet, scope: Scope) -> QuerySet:
    verdicts = m.CommunityAttainment.objects.in_programme(scope.as_of).filter(area=OuterRef("pk"))
    return rows.annotate(grade=Subquery(verdicts.values("grade")[:1]))


CODE = Column("code", _("Code"))
NAME = Column("name", _("Name"))
AREA = Column("area_name", _("Area"), "area__name")
TOWNSHIP_NAME = Column("township_name", _("Township"))
LEVEL = Column("level", _("Level"), choices=m.Level)
FIELD = Column("field", _("Field"), choices=m.Field)
GRADE = Column("grade", _("Grade"), choices=m.Grade)
ORGANISATION = Column("organisation_name", _("Party organisation"), "organisation__name")
ILLUSTRATIVE_REMARK = Column("remark", _("Remark"))

BY_TOWNSHIP = Dimension("township", _("Township"), Substr("area_id", 1, 9))
BY_LEVEL = Dimension("level", _("Level"), F("level"), m.Level)
BY_FIELD = Dimension("field", _("Field"), F("field"), m.Field)


def by_year(path: str) -> Dimension:
    return Dimension("year", _("Year"), Cast(ExtractYear(path), CharField()))


BY_YEAR_COLUMN = Dimension("year", _("Year"), Cast("year", CharField()))


def of_code(length: int, name: str = "township") -> Dimension:
    """The township of a row that is itself an area."""
    return Dimension(name, _("Township"), Substr("code", 1, length))


register(
    Kind(
        "points",
        m.DemonstrationPoint,
        _("Demonstration points"),
        lambda s: visible(m.DemonstrationPoint, s).named(s.as_of),
        (CODE, NAME, TOWNSHIP_NAME, FIELD, LEVEL, GRADE, Column("named_on", _("Named on"))),
        (
            BY_TOWNSHIP,
            BY_FIELD,
            Dimension("level", _("Level"), F("standing__level"), m.Level),
            Dimension("grade", _("Grade"), F("standing__grade"), m.Grade),
            Dimension("year", _("Year of naming"), Cast(ExtractYear(first_naming()), CharField())),
        ),
        shown=lambda rows, s: _with_township(rows.with_naming(), s),
        searched=True,
    ),
    Kind(
        "belts",
        m.Belt,
        _("Demonstration belts"),
        lambda s: visible(m.Belt, s).known(s.as_of),
        (
            CODE,
            NAME,
            LEVEL,
            Column("points", _("Points"), numeric=True),
            Column("premium_points", _("Premium points"), numeric=True),
            Column("built_on", _("Built on")),
        ),
        (BY_TOWNSHIP, BY_LEVEL, by_year("built_on")),
        shown=lambda rows, s: rows.with_point_counts(s.as_of),
        searched=True,
    ),
    Kind(
        "zones",
        m.Zone,
        _("Demonstration zones"),
        lambda s: visible(m.Zone, s).known(s.as_of),
        (
            CODE,
            NAME,
            Column("kind", _("Zone type"), choices=m.ZoneKind),
            LEVEL,
            TOWNSHIP_NAME,
            Column("planned_on", _("Planned on")),
            Column("built_on", _("Built on")),
        ),
        (
            BY_TOWNSHIP,
            BY_LEVEL,
            Dimension("kind", _("Zone type"), F("kind"), m.ZoneKind),
            by_year("built_on"),
        ),
        shown=_with_township,
        searched=True,
    ),
    Kind(
        "townships",
        m.Area,
        _("Townships"),
        lambda s: visible(m.Area, s).townships(s.as_of),
        (CODE, NAME, Column("valid_from", _("Exists since"))),
        (of_code(9),),
        searched=True,
    ),
    Kind(
        "villages",
        m.Area,
        _("Villages"),
        lambda s: visible(m.Area, s).villages(s.as_of),
        (
            CODE,
            NAME,
            Column("township_name", _("Township"), "parent__name"),
            Column("income", _("Collective income of the year"), unit="yuan", numeric=True),
        ),
        (of_code(9),),
        shown=_with_income,
        searched=True,
    ),
    Kind(
        "communities",
        m.CommunityAttainment,
        _("Communities in the creation"),
        lambda s: visible(m.CommunityAttainment, s).in_programme(s.as_of),
        (
            CODE,
            Column("community", _("Community"), "area__name"),
            TOWNSHIP_NAME,
            GRADE,
            Column("valid_from", _("Verdict of")),
        ),
        (BY_TOWNSHIP, Dimension("grade", _("Grade"), F("grade"), m.Grade)),
        shown=_with_township,
    ),
    Kind(
        "whole-area-townships",
        m.WholeAreaTownship,
        _("Whole-area townships"),
        lambda s: visible(m.WholeAreaTownship, s).accepted(s.as_of),
        (
            CODE,
            Column("township_name", _("Township"), "area__name"),
            LEVEL,
            Column("batch", _("Batch"), numeric=True),
            Column("accepted_on", _("Creation unit since")),
            Column("named_on", _("Named on")),
        ),
        (BY_TOWNSHIP, BY_LEVEL),
    ),
    Kind(
        "organisations",
        m.PartyOrganisation,
        _("Party organisations"),
        lambda s: visible(m.PartyOrganisation, s).existing(s.as_of),
        (
            CODE,
            NAME,
            Column("form", _("Form"), choices=m.OrganisationForm),
            Column("kind", _("Kind"), choices=m.OrganisationKind),
            AREA,
        ),
        (BY_TOWNSHIP, Dimension("kind", _("Kind"), F("kind"), m.OrganisationKind)),
        searched=True,
    ),
    Kind(
        "units",
        m.Unit,
        _("Units"),
        lambda s: visible(m.Unit, s),
        (
            CODE,
            NAME,
            Column("kind", _("Kind"), choices=m.UnitKind),
            Column("industry", _("Industry"), choices=m.Industry),
            TOWNSHIP_NAME,
        ),
        (BY_TOWNSHIP, Dimension("kind", _("Kind"), F("kind"), m.UnitKind)),
        shown=_with_township,
        searched=True,
    ),
    Kind(
        "consortia",
        m.Consortium,
        _("Regional consortia"),
        lambda s: visible(m.Consortium, s).active(s.as_of),
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
        shown=lambda rows, s: _with_township(rows.with_village_counts(s.as_of), s),
        searched=True,
    ),
    Kind(
        "brands",
        m.Brand,
        _("Brands"),
        lambda s: visible(m.Brand, s).in_use(s.as_of),
        (CODE, NAME, FIELD, Column("slogan", _("Slogan")), ORGANISATION, Column("created_on", _("Created on"))),
        (BY_FIELD, BY_TOWNSHIP, by_year("created_on")),
        searched=True,
    ),
    Kind(
        "red-districts",
        m.RedBusinessDistrict,
        _("Red business districts"),
        lambda s: visible(m.RedBusinessDistrict, s).open(s.as_of),
        (CODE, NAME, TOWNSHIP_NAME, Column("opened_on", _("Opened on"))),
        (BY_TOWNSHIP, by_year("opened_on")),
        shown=_with_township,
        searched=True,
    ),
    Kind(
        "honours",
        m.Honour,
        _("Honours"),
        lambda s: visible(m.Honour, s).held(s.as_of),
        (
            CODE,
            Column("title", _("Title")),
            LEVEL,
            Column("recipient", _("Granted to")),
            Column("issuer", _("Granted by")),
            Column("granted_on", _("Granted on")),
        ),
        (BY_LEVEL, BY_TOWNSHIP, by_year("granted_on")),
        shown=lambda rows, s: rows.with_recipient(),
        order=("-granted_on", "code"),
        searched=True,
    ),
    Kind(
        "external-results",
        m.ExternalResult,
        _("External results"),
        lambda s: visible(m.ExternalResult, s).filter(announced_on__lte=s.as_of),
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
    Kind(
        "donations",
        m.Donation,
        _("Donations"),
        lambda s: visible(m.Donation, s).given(s.as_of),
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
    ),
    Kind(
        "incomes",
        m.CollectiveIncome,
        _("Collective incomes"),
        lambda s: visible(m.CollectiveIncome, s).of_year(s.as_of),
        (
            CODE,
            Column("village", _("Village"), "area__name"),
            TOWNSHIP_NAME,
            Column("year", _("Year")),
            Column("amount_yuan", _("Income"), unit="yuan", numeric=True),
        ),
        (BY_TOWNSHIP,),
        shown=_with_township,
    ),
    Kind(
        "routes",
        m.StudyRoute,
        _("Study routes"),
        lambda s: visible(m.StudyRoute, s).open(s.as_of),
        (
            CODE,
            NAME,
            Column("theme", _("Theme")),
            Column("hours", _("Hours"), numeric=True),
            Column("opened_on", _("Opened on")),
        ),
        (by_year("opened_on"),),
        searched=True,
    ),
    Kind(
        "teaching-sites",
        m.TeachingSite,
        _("Teaching sites"),
        lambda s: visible(m.TeachingSite, s).named(s.as_of),
        (CODE, NAME, LEVEL, AREA, Column("named_on", _("Named on"))),
        (BY_LEVEL, BY_TOWNSHIP, by_year("named_on")),
        searched=True,
    ),
    Kind(
        "visits",
        m.Visit,
        _("Visits"),
        lambda s: visible(m.Visit, s).received(s.as_of),
        (
            CODE,
            Column("visited_on", _("Date")),
            Column("place_name", _("Place")),
            Column("visitor", _("Visitors")),
            Column("headcount", _("Person-visits"), numeric=True),
        ),
        (BY_TOWNSHIP, by_year("visited_on")),
        shown=lambda rows, s: rows.with_place_name(),
        order=("-visited_on", "code"),
    ),
    Kind(
        "hosted-events",
        m.HostedEvent,
        _("Hosted events"),
        lambda s: visible(m.HostedEvent, s).held(s.as_of),
        (CODE, NAME, Column("kind", _("Kind"), choices=EventKind), LEVEL, Column("held_on", _("Held on"))),
        (BY_LEVEL, Dimension("kind", _("Kind"), F("kind"), EventKind), by_year("held_on")),
        order=("-held_on", "code"),
        searched=True,
    ),
    Kind(
        "funds",
        m.Fund,
        _("Funds"),
        lambda s: visible(m.Fund, s).of_year(s.as_of),
        (
            CODE,
            Column("year", _("Year")),
            Column("category", _("Category"), choices=m.FundCategory),
            Column("level", _("Source"), choices=m.FundLevel),
            AREA,
            Column("amount_yuan", _("Amount"), unit="yuan", numeric=True),
            Column("purpose", _("Purpose")),
        ),
        (
            BY_TOWNSHIP,
            Dimension("level", _("Source"), F("level"), m.FundLevel),
            Dimension("category", _("Category"), F("category"), m.FundCategory),
        ),
    ),
    Kind(
        "wage-rules",
        m.WageRule,
        _("Wage rules"),
        lambda s: visible(m.WageRule, s).in_force(s.as_of),
        (
            CODE,
            Column("post", _("Post"), choices=m.Post),
            Column("uplift_percent", _("Above the standard"), unit="%", numeric=True),
            Column("valid_from", _("In force since")),
        ),
    ),
    Kind(
        "terms",
        m.Term,
        _("Lists"),
        lambda s: m.Term.objects.public().filter(m.lasting(s.as_of)),
        (CODE, Column("list", _("List"), choices=m.TermList), NAME, Column("name_en", _("English name"))),
        (Dimension("list", _("List"), F("list"), m.TermList),),
        order=("list", "position"),
    ),
    Kind(
        "parameters",
        m.Parameter,
        _("Parameters"),
        lambda s: m.Parameter.objects.public().in_force(s.as_of),
        (
            CODE,
            NAME,
            Column("value", _("Value"), numeric=True),
            Column("unit", _("Unit"), choices=m.Parameter.Unit),
            Column("issuer", _("Issued by")),
            Column("valid_from", _("In force since")),
        ),
    ),
)
