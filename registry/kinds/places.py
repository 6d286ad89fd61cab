"""Record kinds of places and organisations: townships, villages, communities, organisations, units, incomes."""

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from registry import models as m
from registry.access.scope import Scope

from .base import Column, Dimension, Kind, register
from .shared import AREA, BY_TOWNSHIP, BY_YEAR_COLUMN, CODE, FIELD, GRADE, NAME, TOWNSHIP_NAME, by_unit, with_township


def _with_income(rows: QuerySet, scope: Scope) -> QuerySet:
    incomes = m.CollectiveIncome.objects.reported(scope.as_of).filter(area=OuterRef("pk")).order_by("-year")
    return rows.annotate(
        income_year=Subquery(incomes.values("year")[:1]), income=Subquery(incomes.values("amount_yuan")[:1])
    )


register(
    Kind(
        "townships",
        m.Area,
        _("Townships"),
        lambda s: s.sees(m.Area).townships(s.as_of),
        (CODE, NAME, Column("valid_from", _("Exists since"))),
        (by_unit("code"),),
        searched=True,
    ),
    Kind(
        "villages",
        m.Area,
        _("Villages"),
        lambda s: s.sees(m.Area).villages(s.as_of),
        (
            CODE,
            NAME,
            Column("township_name", _("Township"), "parent__name"),
            Column("income_year", _("Year of the income")),
            Column("income", _("Collective income"), unit="yuan", numeric=True),
        ),
        (by_unit("code"),),
        annotate=_with_income,
        searched=True,
    ),
    Kind(
        "communities",
        m.CommunityAttainment,
        _("Communities in the creation"),
        lambda s: s.sees(m.CommunityAttainment).in_programme(s.as_of),
        (
            CODE,
            Column("community", _("Community"), "area__name"),
            TOWNSHIP_NAME,
            GRADE,
            Column("valid_from", _("Verdict of")),
        ),
        (BY_TOWNSHIP, Dimension("grade", _("Grade"), F("grade"), m.Grade)),
        annotate=with_township,
    ),
    Kind(
        "organisations",
        m.PartyOrganisation,
        _("Party organisations"),
        lambda s: s.sees(m.PartyOrganisation).existing(s.as_of),
        (
            CODE,
            NAME,
            Column("form", _("Form"), choices=m.OrganisationForm),
            Column("kind", _("Kind"), choices=m.OrganisationKind),
            AREA,
        ),
        (BY_TOWNSHIP, Dimension("kind", _("Kind"), F("kind"), m.OrganisationKind)),
        searched=True,
        details=(
            Column("parent_name", _("Superior organisation"), "parent__name"),
            FIELD,
            Column("member_count", _("Members"), numeric=True),
            Column("founded_on", _("Founded on")),
        ),
    ),
    Kind(
        "units",
        m.Unit,
        _("Units"),
        lambda s: s.sees(m.Unit),
        (
            CODE,
            NAME,
            Column("kind", _("Kind"), choices=m.UnitKind),
            Column("industry", _("Industry"), choices=m.Industry),
            TOWNSHIP_NAME,
        ),
        (BY_TOWNSHIP, Dimension("kind", _("Kind"), F("kind"), m.UnitKind)),
        annotate=with_township,
        searched=True,
    ),
    Kind(
        "incomes",
        m.CollectiveIncome,
        _("Collective incomes"),
        lambda s: s.sees(m.CollectiveIncome).reported(s.as_of),
        (
            CODE,
            Column("village", _("Village"), "area__name"),
            TOWNSHIP_NAME,
            Column("year", _("Year")),
            Column("amount_yuan", _("Income"), unit="yuan", numeric=True),
        ),
        (BY_TOWNSHIP, BY_YEAR_COLUMN),
        annotate=with_township,
        order=("-year", "code"),
        details=(
            Column("reported_on", _("Reported on")),
            Column("operating_yuan", _("of which from operations"), unit="yuan"),
            Column("source", _("Main source")),
        ),
    ),
)
