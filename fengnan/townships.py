"""The townships compared: their figures side by side, as of any day, each opening its rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from fengnan.templatetags.showcase import year_words
from registry.access.permissions import may
from registry.access.scope import BadInput, Scope, read_scope
from registry.figures import FIGURES, Answer, answer_scopes, measure_groups
from registry.figures.changes import Difference, days_compared
from registry.figures.yearly import all_with_years
from registry.kinds import Column, Kind
from registry.loading.export import TABLE_FORMATS, export_table
from registry.models import Area
from registry.overviews.attention import Concern, Finding, attention

COMPARED = ("points", "premium-rate", "belts", "income-villages", "community-attainment", "projects")
SPARK_YEARS = 6
AREAS_AT_ONCE = 20  # in one query: a database gives no more than so many columns
NAME, CHANGE, MISSING, OVERDUE = "name", "change", "missing", "overdue"


@dataclass(frozen=True)
class ComparedTownship:
    """A township with its answers, its points since the end of last year, their number at the end of each of the last
    years, and the number of rows that are not reported and that are overdue (None for the public)."""

    area: Area
    answers: list[Answer]
    change: Difference
    spark: list[int]
    missing: int
    overdue: int | None

    @property
    def spark_line(self) -> str:
        """The points of a polyline in a box of 100 by 24."""
        top, step = max(self.spark) or 1, 100 / max(len(self.spark) - 1, 1)
        return " ".join(f"{number * step:.0f},{22 - 20 * count / top:.0f}" for number, count in enumerate(self.spark))


def compared_townships(scope: Scope) -> list[ComparedTownship]:
    """The townships of the scope's area, in the order of their codes."""
    last_year = days_compared(scope)[0]
    scope, before = all_with_years([scope, scope.at(last_year)])
    areas = list(Area.objects.public().units(scope.as_of, scope.area).order_by("code"))
    figures = [FIGURES[slug] for slug in COMPARED]
    now, then = [], []
    for first in range(0, len(areas), AREAS_AT_ONCE):
        some = areas[first : first + AREAS_AT_ONCE]
        now += answer_scopes(figures, [scope.within(area.code) for area in some])
        then += answer_scopes(figures[:1], [before.within(area.code) for area in some])
    sparks = _sparks(scope)
    staff = may(scope.viewer, "attention.view")
    missing = _by_township(attention(scope, public=True, concerns=[Concern.COVERAGE]))
    overdue = _by_township(attention(scope, concerns=[Concern.OVERDUE])) if staff else {}
    return [
        ComparedTownship(
            area, list(answers.values()), Difference(answers["points"], earlier["points"]),
            [int(spark.get(area.code, 0)) for spark in sparks], missing.get(area.code, 0),
            overdue.get(area.code, 0) if staff else None,
        )
        for area, answers, earlier in zip(areas, now, then, strict=True)
    ]  # fmt: skip


def _sparks(scope: Scope) -> list[dict[str, Any]]:
    """The points by township at the end of each of the last years, and on the scope's day."""
    years = range(scope.as_of.year - SPARK_YEARS + 1, scope.as_of.year)
    days = [*(date(year, 12, 31) for year in years), scope.as_of]
    return list(measure_groups(("points", "township", scope.at(day)) for day in days).values())


def _by_township(findings: Iterable[Finding]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for finding in findings:
        for code, count in finding.by_township.items():
            counts[code] = counts.get(code, 0) + count
    return counts


def township_list(request: HttpRequest) -> HttpResponseBase:
    """`?ordering=` sorts by a column, with a minus sign largest first; `?format=csv|xlsx|json` exports the table."""
    scope = read_scope(request.GET, request.user)
    rows = compared_townships(scope)
    ordering = request.GET.get("ordering", "").strip()
    columns = _columns(bool(rows) and rows[0].overdue is not None)
    names = [column.name for column in columns]
    if ordering and ordering.removeprefix("-") not in names:
        raise BadInput("ordering", ordering, str(_("The list cannot be ordered by this column.")))
    values = [dict(zip(names, _values(row), strict=False)) for row in rows]
    if request.GET.get("format") in TABLE_FORMATS:
        kind = Kind("townships", Area, _("Townships"), lambda scope: None, columns, redacted=True)
        return export_table(kind, values, scope, request.GET["format"])
    if ordering:
        order = _order(values, ordering)
        rows = [rows[number] for number in order]
    headings = [(column, f"-{column.name}" if ordering == column.name else column.name) for column in columns]
    years = dict.fromkeys(names, "")
    years |= {answer.figure.slug: year_words(answer) for row in rows[:1] for answer in row.answers}
    context = {"scope": scope, "rows": rows, "headings": headings, "column_years": years, "ordering": ordering}
    return render(request, "dashboard/townships.html", context)


def _order(values: list[dict], ordering: str) -> list[int]:
    name, backwards = ordering.removeprefix("-"), ordering.startswith("-")
    known = [number for number, row in enumerate(values) if row[name] is not None]
    known.sort(key=lambda number: values[number][name], reverse=backwards)
    return [*known, *(number for number, row in enumerate(values) if row[name] is None)]


def _columns(staff: bool) -> tuple[Column, ...]:
    figures = (
        Column(slug, FIGURES[slug].label, unit="%" if FIGURES[slug].is_share else "", numeric=True) for slug in COMPARED
    )
    return (
        Column("code", _("Code")),
        Column(NAME, _("Name")),
        *figures,
        Column(CHANGE, _("Points since the end of last year"), numeric=True),
        Column(MISSING, _("Not reported"), numeric=True),
        *([Column(OVERDUE, _("Overdue"), numeric=True)] if staff else []),
    )


def _values(row: ComparedTownship) -> list[Any]:
    answers = [answer.value for answer in row.answers]
    return [row.area.code, row.area.name, *answers, row.change.value, row.missing, row.overdue]
