"""The public dashboard, the wall screen and the page of a figure: loops over the catalogue of figures."""

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from fengnan.map.schematic import drawing_of
from registry.access.scope import Scope, read_scope
from registry.figures import FIGURES, SECTIONS, Answer, Figure, answer_all
from registry.figures.frozen import amendment_of, amendments_of, frozen_figures
from registry.loading.export import export, formats_of
from registry.models import Area
from registry.views.tables import render_table, table_of

KEY_FIGURES = ("points", "premium-rate", "belts", "zones", "projects", "income-villages")


def dashboard(request: HttpRequest, wall: bool = False) -> HttpResponse:
    scope = read_scope(request.GET, request.user)
    answers = answer_all(FIGURES.values(), scope)
    context = {
        "scope": scope,
        "answers": answers,
        "amendments": amendments_of(answers.values(), frozen_figures(scope)),
        "key": [answers[slug] for slug in KEY_FIGURES],
        "sections": {section: _of_section(answers, section) for section in SECTIONS},
        "charts": charts(scope),
        "schematic": "" if wall else drawing_of(scope),
        "townships": townships(scope.as_of),
        "years": years(scope),
        "wall": wall,
    }
    return render(request, "dashboard/wall.html" if wall else "dashboard/dashboard.html", context)


def _of_section(answers: dict[str, Answer], section: str) -> list[Answer]:
    return [answer for answer in answers.values() if answer.figure.section == section]


def charts(scope: Scope) -> dict:
    """What the dashboard's charts draw: breakdowns and series, each as (key, name, answer) rows of a figure."""
    points, rate, projects, visits = (FIGURES[slug] for slug in ("points", "premium-rate", "projects", "visits"))
    return {
        "levels": points.by("level", scope),
        "fields": points.by("field", scope),
        "premium": rate.by("township", scope),
        "series": rate.series(scope),
        "stages": projects.by("stage", scope),
        "visits": visits.by("year", scope),
    }


def townships(as_of: date) -> list[Area]:
    """The townships to choose an area from."""
    return list(Area.objects.public().townships(as_of))


def years(scope: Scope) -> list[int]:
    newest = (scope.default_as_of or scope.as_of).year
    return list(range(newest, newest - 8, -1))


def figure_list(request: HttpRequest) -> HttpResponse:
    """Every figure with its definition and value: the dictionary of the numbers."""
    scope = read_scope(request.GET, request.user)
    answers = answer_all(FIGURES.values(), scope)
    sections = [(title, _of_section(answers, section)) for section, title in SECTIONS.items()]
    context = {"scope": scope, "sections": sections, "townships": townships(scope.as_of), "years": years(scope)}
    return render(request, "dashboard/figures.html", context)


def figure_page(request: HttpRequest, slug: str) -> HttpResponse:
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
        "table": table_of(figure.record_kind, rows, scope, request.GET),
    }
    if not request.htmx or request.htmx.history_restore_request:
        context |= figure_story(figure, scope)
    return render_table(request, "dashboard/figure.html", context)


def figure_story(figure: Figure, scope: Scope) -> dict:
    """What the page of a figure tells above its rows; `latest` only when an earlier day than the newest is shown."""
    answer = figure.answer(scope)
    frozen, amendment = amendment_of(answer)
    return {
        "answer": answer,
        "frozen": frozen,
        "amendment": amendment,
        "changes": amendment.rows(scope.viewer) if amendment else [],
        "whole": FIGURES[figure.out_of].answer(scope) if figure.out_of else None,
        "latest": figure.answer(scope.at(scope.default_as_of)) if scope.is_past else None,
        "series": figure.series(scope),
        "breakdowns": breakdowns(figure, scope),
        "townships": townships(scope.as_of),
        "years": years(scope),
    }


def breakdowns(figure: Figure, scope: Scope) -> list[tuple]:
    """(dimension, rows) for each dimension that tells the figure's rows apart."""
    found = [(dimension, figure.by(dimension.name, scope)) for dimension in figure.dimensions()]
    return [(dimension, rows) for dimension, rows in found if sum(bool(answer.part) for *_, answer in rows) > 1]
