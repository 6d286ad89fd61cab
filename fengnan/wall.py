"""The wall screen: key figures with their trends, the schematic, the townships in turn, ranking and attention."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import dropwhile

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from fengnan.dashboard import KEY_FIGURES
from fengnan.map.schematic import drawing_of
from registry.access.scope import Scope, read_scope
from registry.figures import FIGURES, Answer, answer_all
from registry.figures.base import Number, answer_scopes
from registry.figures.changes import days_compared, differences
from registry.figures.frozen import amendments_of, frozen_figures
from registry.figures.yearly import Coverage, look_up_all_years, with_years, year_by_year
from registry.models import Area, district_area

TOWNSHIP_FIGURES = ("points", "premium-rate", "belts", "income-villages")
OTHER_FIGURES = ("brands", "consortia", "visits", "donations-cash", "district-budget", "creation-funds")
TREND_YEARS = 10


@dataclass(frozen=True)
class Township:
    """A township with its figures, in the order of `TOWNSHIP_FIGURES`."""

    area: Area
    answers: list[Answer]

    @property
    def rate(self) -> Answer:
        return self.answers[1]

    def lies_in(self, scope: Scope) -> bool:
        return self.area.code.startswith(scope.area)

    @property
    def is_below_target(self) -> bool:
        return self.rate.gap is not None and self.rate.gap < 0


@dataclass(frozen=True)
class Trend:
    """The last years of a figure as an SVG line in a square of one unit; `target` is the line of the targets of these
    years, empty if it has none."""

    first: int
    last: int
    line: str
    target: str

    @classmethod
    def of(cls, answers: Iterable[tuple[int, Answer]]) -> "Trend | None":
        valued = [(year, answer) for year, answer in answers if answer.value is not None]
        valued = list(dropwhile(lambda pair: not pair[1].value, valued))
        if len(valued) < 2:
            return None
        first, last = valued[0][0], valued[-1][0]
        highest = max(number for _year, answer in valued for number in (answer.value or 0, answer.target or 0))

        def points(values: Iterable[tuple[int, Number | None]]) -> str:
            """The `points` of an SVG polyline: y grows downwards."""
            known = [(year, value) for year, value in values if value is not None]
            return " ".join(f"{(year - first) / (last - first):.3f},{1 - value / highest:.3f}" for year, value in known)

        line = points((year, answer.value) for year, answer in valued)
        return cls(first, last, line, points((year, answer.target) for year, answer in valued))


def wall(request: HttpRequest) -> HttpResponse:
    scope = read_scope(request.GET, request.user)
    look_up_all_years(scope)
    scope = with_years(scope)
    answers = answer_all(FIGURES.values(), scope)
    key = [FIGURES[slug] for slug in KEY_FIGURES]
    of_district = figures_of_townships(scope)
    ranking = ranked(of_district)
    context = {
        "scope": scope,
        "answers": answers,
        "amendments": amendments_of(answers.values(), frozen_figures(scope)),
        "key": [answers[slug] for slug in KEY_FIGURES],
        "differences": differences(key, scope, days_compared(scope)),
        "trends": trends(scope),
        "others": [answers[slug] for slug in OTHER_FIGURES],
        "schematic": drawing_of(scope),
        "townships": [township for township in of_district if township.lies_in(scope)],
        "ranking": ranking,
        "highest": max(
            (number for one in ranking for number in (one.rate.value or 0, one.rate.target or 0)), default=100
        ),
        "below_target": [one for one in reversed(ranking) if one.is_below_target and one.lies_in(scope)],
        "coverages": coverages(answers.values()),
    }
    return render(request, "dashboard/wall.html", context)


def figures_of_townships(scope: Scope) -> list[Township]:
    """The townships of the district, each with its figures, in one query."""
    areas = list(Area.objects.public().units(scope.as_of, district_area()))
    figures = [FIGURES[slug] for slug in TOWNSHIP_FIGURES]
    answers = answer_scopes(figures, [scope.within(area.code) for area in areas]) if areas else []
    return [
        Township(area, [of_area[slug] for slug in TOWNSHIP_FIGURES])
        for area, of_area in zip(areas, answers, strict=True)
    ]


def ranked(of_district: list[Township]) -> list[Township]:
    """The townships with a premium rate, the highest first."""
    valued = [township for township in of_district if township.rate.value is not None]
    return sorted(valued, key=lambda township: township.rate.value or 0, reverse=True)


def coverages(answers: Iterable[Answer]) -> list[Coverage]:
    """Of the yearly forms that are not reported yet and that somebody in the area owes, each once."""
    of_answers = [answer.coverage for answer in answers if answer.coverage and answer.coverage.expected != 0]
    return list({coverage.form.slug: coverage for coverage in of_answers}.values())


def trends(scope: Scope) -> dict[str, Trend | None]:
    """By slug, the trend of each key figure: two queries, one for standing and one for yearly figures."""
    years = range(scope.as_of.year - TREND_YEARS + 1, scope.as_of.year + 1)
    standing = [scope.at(min(scope.as_of, date(year, 12, 31))) for year in years]
    yearly = [reported_in(scope, year) for year in years]
    key = [FIGURES[slug] for slug in KEY_FIGURES]
    found = {}
    for figures, scopes in (
        ([figure for figure in key if not figure.yearly], standing),
        ([figure for figure in key if figure.yearly], yearly),
    ):
        answers = answer_scopes(figures, scopes)
        for figure in figures:
            of_years = (of_year[figure.slug] for of_year in answers)
            found[figure.slug] = Trend.of(zip(years, of_years, strict=True))
    return found


def reported_in(scope: Scope, year: int) -> Scope:
    """The scope in which every yearly key figure answers for `year`, as far as it is reported."""
    for form in dict.fromkeys(FIGURES[slug].yearly for slug in KEY_FIGURES if FIGURES[slug].yearly):
        [scope] = year_by_year(scope, form, [year])
    return scope
