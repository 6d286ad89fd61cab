"""The public dashboard, the page of a figure and that of its changes: loops over the catalogue of figures."""

from collections import Counter

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from fengnan.map.schematic import drawing_of
from fengnan.templatetags.showcase import by_value
from registry.access.requests import PageRequest
from registry.access.scope import Scope, read_day, read_scope
from registry.figures import FIGURES, SECTIONS, Answer, Figure, answer_all, breakdowns, kinds_of_figures
from registry.figures.changes import CAME, CHANGED, WENT, days_compared, differences
from registry.figures.frozen import amendment_of, amendments_of, frozen_figures
from registry.figures.yearly import all_with_years, look_up_all_years, with_years
from registry.loading.export import TABLE_FORMATS, export, export_changes, formats_of
from registry.models import Area, district_area
from registry.overviews.attention import attention
from registry.overviews.recent import recent_changes
from registry.text.area_codes import district_of, unit_length
from registry.views.tables import render_table, table_of

KEY_FIGURES = ("points", "premium-rate", "belts", "zones", "projects", "income-villages")
CHANGES_SHOWN = 100
ORDERED_DIMENSIONS = {"level", "grade", "year", "stage", "round"}  # their values have an order of their own


def dashboard(request: HttpRequest) -> HttpResponse:
    scope = read_scope(request.GET, request.user)
    scope, *_earlier = all_with_years([scope, *(scope.at(day) for day in days_compared(scope))])
    answers = answer_all(FIGURES.values(), scope)
    key = [FIGURES[slug] for slug in KEY_FIGURES]
    context = {
        "scope": scope,
        "answers": answers,
        "amendments": amendments_of(answers.values(), frozen_figures(scope)),
        "key": [answers[slug] for slug in KEY_FIGURES],
        "differences": differences(key, scope, days_compared(scope)),
        "sections": {section: _of_section(answers, section) for section in SECTIONS},
        "charts": charts(scope),
        "schematic": drawing_of(scope),
        "findings": attention(scope, public=True),
        "recent": recent_changes(kinds_of_figures(), scope),
        "townships": areas_to_choose(scope),
        "years": years(scope),
    }
    return render(request, "dashboard/dashboard.html", context)


def _of_section(answers: dict[str, Answer], section: str) -> list[Answer]:
    return [answer for answer in answers.values() if answer.figure.section == section]


def charts(scope: Scope) -> dict:
    """What the dashboard's charts draw: breakdowns and series, each as (key, name, answer) rows of a figure."""
    points, rate, projects, visits = (FIGURES[slug] for slug in ("points", "premium-rate", "projects", "visits"))
    drawn = {
        "levels": (points, "level"),
        "fields": (points, "field"),
        "premium": (rate, "township"),
        "stages": (projects, "stage"),
        "visits": (visits, "year"),
    }
    return dict(zip(drawn, breakdowns(list(drawn.values()), scope), strict=True)) | {"series": rate.series(scope)}


def areas_to_choose(scope: Scope) -> list[Area]:
    """The areas to choose from: the townships of a district; the districts of a city, and the townships of the one that
    is shown."""
    areas = Area.objects.public().units(scope.as_of, district_area())
    if unit_length(district_area()) < unit_length(scope.area):
        areas = areas | Area.objects.public().units(scope.as_of, district_of(scope.area))
    return list(areas.order_by("code"))


def years(scope: Scope) -> list[int]:
    newest = (scope.default_as_of or scope.as_of).year
    return list(range(newest, newest - 8, -1))


def figure_list(request: HttpRequest) -> HttpResponse:
    """Every figure with its definition and value: the dictionary of the numbers."""
    scope = read_scope(request.GET, request.user)
    answers = answer_all(FIGURES.values(), scope)
    sections = [(title, _of_section(answers, section)) for section, title in SECTIONS.items()]
    context = {"scope": scope, "sections": sections, "townships": areas_to_choose(scope), "years": years(scope)}
    return render(request, "dashboard/figures.html", context)


def figure_page(request: PageRequest, slug: str) -> HttpResponseBase:
    """A figure: value, definition, part and whole, target, series, breakdowns and the rows it is computed from.

    Dimensions in the address (`?township=130207114`) narrow the rows; `?format=csv|xlsx|json|geojson` exports them.
    """
    figure = FIGURES.get(slug)
    if figure is None:
        raise Http404
    scope = read_scope(request.GET, request.user)
    rows = figure.rows(scope)
    if request.GET.get("format") in formats_of(figure.record_kind):
        return export(figure.record_kind, rows, scope, request.GET, figure=figure)
    context = {
        "scope": scope,
        "figure": figure,
        "table": table_of(figure.record_kind, rows, scope, request.GET, figure=figure),
    }
    if not request.htmx or request.htmx.history_restore_request:
        context |= figure_story(figure, scope)
    return render_table(request, "dashboard/figure.html", context)


def figure_story(figure: Figure, scope: Scope) -> dict:
    """What the page of a figure tells above its rows; `latest` only when an earlier day than today is shown."""
    if figure.yearly:
        look_up_all_years(scope)
    answer = figure.answer(scope)
    frozen, amendment = amendment_of(answer)
    return {
        "answer": answer,
        "frozen": frozen,
        "amendment": amendment,
        "changes": amendment.rows(scope.viewer) if amendment else [],
        "whole": figure.whole.answer(figure.whole_scope(scope)) if figure.whole else None,
        "differences": differences([figure], scope, days_compared(scope))[figure.slug],
        "latest": figure.answer(scope.at(scope.default_as_of)) if scope.default_as_of and scope.is_past else None,
        "series": figure.series(scope),
        "breakdowns": telling_breakdowns(figure, scope),
        "townships": areas_to_choose(scope),
        "years": years(scope),
    }


def telling_breakdowns(figure: Figure, scope: Scope) -> list[tuple]:
    """(dimension, rows) for each dimension that tells the figure's rows apart. Rows without an order of their own begin
    with the largest value."""
    dimensions = figure.dimensions()
    if not dimensions:
        return []
    groups = zip(dimensions, breakdowns([(figure, dimension.name) for dimension in dimensions], scope), strict=True)
    return [
        (dimension, rows if dimension.name in ORDERED_DIMENSIONS else by_value(rows))
        for dimension, rows in groups
        if sum(bool(answer.part) for *_, answer in rows) > 1
    ]


def figure_changes(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The rows that came, went or changed between `?since=` and the scope's day; `?format=csv|xlsx|json` exports
    them."""
    figure = FIGURES.get(slug)
    if figure is None:
        raise Http404
    scope = with_years(read_scope(request.GET, request.user))
    since = request.GET.get("since", "").strip()
    day = read_day("since", since) if since else days_compared(scope)[0]
    difference = differences([figure], scope, [day])[slug][0]
    rows = difference.rows()
    if request.GET.get("format") in TABLE_FORMATS:
        return export_changes(difference, rows, request.GET["format"])
    page = Paginator(rows, CHANGES_SHOWN).get_page(request.GET.get("page"))
    counts = Counter(change.how for change in rows.changes)
    context = {
        "scope": scope,
        "figure": figure,
        "difference": difference,
        "since": day,
        "page": page,
        "counts": [(how, counts[how]) for how in (CAME, WENT, CHANGED)],
        "compared": days_compared(scope),
    }
    return render(request, "dashboard/changes.html", context)
