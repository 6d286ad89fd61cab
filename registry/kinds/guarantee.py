"""Record kinds of 保障 and of the parameters: funds, wage rules, lists, parameters."""

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from registry import models as m

from .base import Column, Dimension, Kind, register
from .shared import AREA, BY_TOWNSHIP, BY_YEAR_COLUMN, CODE, NAME, by_year

register(
    Kind(
        "funds",
        m.Fund,
        _("Funds"),
        lambda s: s.sees(m.Fund).arrived(s.as_of),
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
            BY_YEAR_COLUMN,
            Dimension("level", _("Source"), F("level"), m.FundLevel),
            Dimension("category", _("Category"), F("category"), m.FundCategory),
        ),
        order=("-year", "code"),
        details=(
            Column("document_no", _("Paper number")),
            Column("arrived_on", _("Arrived on")),
            Column("budgeted_yuan", _("Budgeted"), unit="yuan", numeric=True),
            Column("paid_yuan", _("Paid"), unit="yuan", numeric=True),
            Column("out_of_code", _("Passed down from"), "out_of__code"),
            Column("point_name", _("For the point"), "point__name"),
            Column("project_code", _("For the secretary project")),
        ),
    ),
    Kind(
        "wage-rules",
        m.WageRule,
        _("Wage rules"),
        lambda s: s.sees(m.WageRule).in_force(s.as_of),
        (
            CODE,
            Column("post", _("Post"), choices=m.Post),
            Column("uplift_percent", _("Above the standard"), unit="%", numeric=True),
            Column("valid_from", _("In force since")),
        ),
        details=(
            Column("standard_yuan", _("Provincial standard"), unit="yuan", numeric=True),
            Column("actual_yuan", _("Wage paid"), unit="yuan", numeric=True),
        ),
    ),
    Kind(
        "terms",
        m.Term,
        _("Lists"),
        lambda s: m.Term.objects.public().filter(m.valid_on(s.as_of)),
        (CODE, Column("list", _("List"), choices=m.TermList), NAME),
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
    Kind(
        "calendar-days",
        m.CalendarDay,
        _("Working calendar"),
        lambda s: m.CalendarDay.objects.public(),
        (
            CODE,
            Column("day", _("Date")),
            Column("use", _("Use of the day"), choices=m.DayUse),
            NAME,
        ),
        (by_year("day"),),
        annotate=lambda rows, s: rows.with_use(),
        order=("-day",),
    ),
    Kind(
        "year-declarations",
        m.YearDeclaration,
        _("Years declared complete"),
        lambda s: m.YearDeclaration.objects.public().filter(declared_on__lte=s.as_of),
        (
            CODE,
            Column("form", _("Yearly form"), choices=m.YearlyFormName),
            Column("year", _("Year")),
            Column("declared_on", _("Declared on")),
            Column("declared_by", _("Declared by")),
        ),
        (BY_YEAR_COLUMN,),
        order=("-year", "code"),
        details=(Column("reason", _("Reason")),),
    ),
)
