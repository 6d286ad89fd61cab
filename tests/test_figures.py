"""Every figure of the catalogue: its value is what its rows give, for several areas and days."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db.models import Min, Sum

from assessment.models import AccountabilityAction, ProjectProblem, SecretaryProject, Standard
from registry.access.scope import Scope
from registry.figures import FIGURES, Figure, answer_all, answer_scopes
from registry.models import (
    Area,
    Belt,
    Brand,
    CollectiveIncome,
    CommunityAttainment,
    Consortium,
    Donation,
    ExternalResult,
    Fund,
    Honour,
    HostedEvent,
    PartyOrganisation,
    RedBusinessDistrict,
    StatusPeriod,
    StudyRoute,
    TeachingSite,
    Term,
    Visit,
    WageRule,
    WholeAreaTownship,
    Zone,
)
from registry.views.tables import table_of

from .conftest import DAQI, DISTRICT, LAST_DAY, TANGFANG

LATER = LAST_DAY + timedelta(days=1)
CONTRACT = {
    "points": 445,
    "premium-rate": 35.06,
    "belts": 15,
    "zones": 15,
    "whole-area-townships": 1,
    "themed-zones": 3,
    "honours-national": 1,
    "honours-provincial-municipal": 16,
    "city-rank": 1,
    "standard-items": 10,
    "brand-fields": 6,
    "income-villages": 100,
    "community-attainment": 100,
    "premium-communities": 12,
    "premium-community-share": 57.14,
    "consortia": 11,
    "consortium-villages": 89,
    "led-villages": 380,
    "enterprise-zone-points": 8,
    "donating-steel-firms": 4,
    "donations-cash": 45_000_000,
    "donations-goods": 5_900,
    "teaching-sites": 4,
    "projects": 32,
    "problems-solved": 25,
    "interviews": 5,
    "adjustments": 3,
    "district-budget": 110_000_000,
    "wage-uplift-combined": 10,
    "wage-uplift-cross": 20,
}
TODAY = date.today()
DAYS = [
    LAST_DAY, date(2021, 6, 30), date(2019, 12, 31), date(2010, 1, 1), date(2020, 2, 29), date(2021, 1, 1),
    date(2022, 1, 1), date(2024, 2, 29), TODAY, TODAY + timedelta(days=1),
]  # fmt: skip
AREAS = [DISTRICT, DAQI, TANGFANG, "130207001", "1302", "130202"]

every_figure = pytest.mark.parametrize("figure", FIGURES.values(), ids=lambda figure: figure.slug)


def measured(figure: Figure, scope: Scope) -> Decimal | int | None:
    """The measure taken from the rows themselves, the plain way."""
    rows = figure.rows(scope)
    if not figure.sums:
        return len(list(rows))
    total = Min(figure.sums) if figure.single else Sum(figure.sums)
    value = rows.aggregate(value=total)["value"]
    return value if figure.single else value or 0


@pytest.mark.parametrize(("slug", "value"), CONTRACT.items())
def test_the_sample_data_gives_the_figures_of_the_article(slug, value, scope):
    assert FIGURES[slug].answer(scope).value == value


def test_the_sample_data_gives_the_figures_the_article_only_bounds(scope):
    assert FIGURES["visits"].answer(scope).value > 8_000
    assert FIGURES["creation-funds"].answer(scope).value > 12_000_000
    assert FIGURES["township-organisations"].answer(scope.within(DAQI)).value == 19


def test_parts_wholes_targets_and_gaps_of_the_shares(scope):
    answers = answer_all(FIGURES.values(), scope)
    share = answers["premium-community-share"]
    assert (answers["premium-rate"].part, answers["premium-rate"].whole) == (156, 445)
    assert (answers["income-villages"].part, answers["income-villages"].whole) == (464, 464)
    assert (answers["community-attainment"].part, answers["community-attainment"].whole) == (21, 21)
    assert (share.part, share.whole, share.target, round(share.gap, 1)) == (12, 21, 32.1, 25.0)


@every_figure
def test_a_figure_is_what_its_rows_give(figure, scope):
    scopes = [scope.at(day).within(area) for day in DAYS for area in AREAS]
    for there, answers in zip(scopes, answer_scopes([figure], scopes), strict=True):
        day, area, answer = there.as_of, there.area, answers[figure.slug]
        silent = (figure.district_only and len(area) > 6) or (figure.yearly and answer.year is None)
        assert answer.part == (None if silent else measured(figure, there)), (day, area)


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_page_api_report_and_export_say_the_same(day, sample, client):
    pages = client.get(f"/?as_of={day}").context["answers"]
    api = {answer["slug"]: answer for answer in client.get(f"/api/v1/figures/?as_of={day}").json()}
    sections = client.get(f"/report/{day.year}/?as_of={day}").context["report"].sections if day <= TODAY else []
    report = {line.figure.slug: line.answer for section in sections for line in section.lines}
    for slug, answer in pages.items():
        assert (api[slug]["value"], api[slug]["year"]) == (answer.value, answer.year)
        assert slug not in report or report[slug].value == answer.value
    file = client.get(f"/figures/points/?as_of={day}&format=json")
    assert len(json.loads(b"".join(file.streaming_content))["rows"]) == pages["points"].value


@every_figure
def test_a_breakdown_adds_up_to_the_figure(figure, scope):
    total = figure.answer(scope).part or 0
    for dimension in figure.dimensions():
        groups = figure.by(dimension.name, scope)
        for key, _name, answer in groups:
            narrowed = figure.record_kind.narrowed(figure.rows(scope), scope, **{dimension.name: key})
            own = narrowed.aggregate(sum=Sum(figure.sums))["sum"] if figure.sums else narrowed.count()
            assert answer.part == (own or 0), (dimension.name, key)
        assert sum(answer.part for *_rest, answer in groups) == total, dimension.name


@every_figure
def test_a_breakdown_adds_up_in_a_township_too(figure, scope):
    there = scope.within(DAQI)
    for dimension in figure.dimensions():
        parts = [answer.part for _key, _name, answer in figure.by(dimension.name, there)]
        if figure.district_only:
            assert set(parts) <= {None}, dimension.name
        else:
            assert sum(parts) == (figure.answer(there).part or 0), dimension.name


@every_figure
def test_a_series_ends_with_the_figure_and_each_year_is_the_figure_of_that_day(figure, scope):
    for day, answer in figure.series(scope):
        assert answer.part == figure.answer(scope.at(day)).part
        assert answer.year == (day.year if figure.yearly else None)
    assert figure.series(scope)[-1][0] == LAST_DAY


@every_figure
def test_a_figure_says_what_it_is_in_both_languages(figure):
    assert figure.source.startswith("F")
    assert str(figure.label) and str(figure.definition) and str(figure.dated)


def _lift(model, path: str, value=LATER, **which) -> Callable[[Figure, Scope], None]:
    """Moves one row that the figure counts beyond the day by its own date."""

    def move(figure: Figure, scope: Scope) -> None:
        pk = figure.rows(scope).values_list("pk", flat=True)[0]
        model._base_manager.filter(**{name: pk if of is None else of for name, of in which.items()}).update(
            **{path: value}
        )

    return move


def _own(model, path: str, value=LATER):
    return _lift(model, path, value, pk=None)


def _not_before(figure: Figure, scope: Scope) -> None:
    """A point whose present period begins later and whose earlier ones are gone."""
    pk = figure.rows(scope).values_list("pk", flat=True)[0]
    StatusPeriod.objects.filter(point=pk).exclude(valid_to=None).delete()
    StatusPeriod.objects.filter(point=pk).update(valid_from=LATER)


def _village_leaves(role: str):
    def move(figure: Figure, scope: Scope) -> None:
        pk = figure.rows(scope).values_list("pk", flat=True)[0]
        Area.objects.unscoped("test").get(pk=pk).consortium_memberships.filter(role=role).update(valid_from=LATER)

    return move


def _field_loses_its_brand(figure: Figure, scope: Scope) -> None:
    field = figure.rows(scope).values_list("field", flat=True)[0]
    Brand._base_manager.filter(field=field).update(created_on=LATER)


def _belt_loses_a_premium_point(figure: Figure, scope: Scope) -> None:
    pk = figure.rows(scope).values_list("pk", flat=True)[0]
    Belt._base_manager.get(pk=pk).memberships.update(valid_from=LATER)


MOVES: dict[str, Callable[[Figure, Scope], None]] = {
    "honours-national": _lift(Honour, "granted_on", organisation=None),
    "honours-provincial-municipal": _lift(Honour, "granted_on", organisation=None),
    "city-rank": _own(ExternalResult, "announced_on"),
    "points": _not_before,
    "premium-rate": _not_before,
    "belts": _own(Belt, "built_on"),
    "qualified-belts": _belt_loses_a_premium_point,
    "zones": _own(Zone, "built_on"),
    "whole-area-townships": _own(WholeAreaTownship, "accepted_on"),
    "themed-zones": _own(Zone, "planned_on"),
    "township-organisations": _own(PartyOrganisation, "founded_on"),
    "fields": _own(Term, "valid_from"),
    "brand-fields": _field_loses_its_brand,
    "brands": _own(Brand, "created_on"),
    "villages": _own(Area, "valid_from"),
    "income-villages": _lift(CollectiveIncome, "year", 2022, area=None, year=2021),
    "communities": _own(CommunityAttainment, "valid_from"),
    "community-attainment": _own(CommunityAttainment, "valid_from"),
    "premium-communities": _own(CommunityAttainment, "valid_from"),
    "premium-community-share": _own(CommunityAttainment, "valid_from"),
    "red-districts": _own(RedBusinessDistrict, "opened_on"),
    "consortia": _own(Consortium, "founded_on"),
    "consortium-villages": _village_leaves("lead"),
    "led-villages": _village_leaves("led"),
    "enterprise-zone-points": _not_before,
    "donating-steel-firms": _lift(Donation, "donated_on", donor=None),
    "donations-cash": _own(Donation, "donated_on"),
    "donations-goods": _own(Donation, "donated_on"),
    "routes": _own(StudyRoute, "opened_on"),
    "teaching-sites": _own(TeachingSite, "named_on"),
    "hosted-events": _own(HostedEvent, "held_on"),
    "visits": _own(Visit, "visited_on"),
    "district-budget": _own(Fund, "arrived_on"),
    "creation-funds": _own(Fund, "arrived_on"),
    "wage-uplift-combined": _own(WageRule, "valid_from"),
    "wage-uplift-cross": _own(WageRule, "valid_from"),
    "standard-items": lambda figure, scope: Standard._base_manager.update(valid_from=LATER),
    "projects": lambda figure, scope: SecretaryProject._base_manager.filter(
        pk=figure.rows(scope).values_list("pk", flat=True)[0]
    ).update(opened_on=LATER, deadline=LATER),
    "problems-solved": _own(ProjectProblem, "solved_on"),
    "interviews": _own(AccountabilityAction, "occurred_on"),
    "adjustments": _own(AccountabilityAction, "occurred_on"),
}
LOST_TOGETHER = {"standard-items": 10}


@every_figure
def test_moving_one_row_across_its_date_moves_the_figure_by_that_row(figure, scope):
    before = figure.answer(scope).part
    if figure.sums:
        moved = figure.rows(scope).values_list(figure.sums, flat=True)[0]
    else:
        moved = LOST_TOGETHER.get(figure.slug, 1)
    MOVES[figure.slug](figure, scope)
    after = figure.answer(scope).part
    assert (after or 0) == before - moved


@every_figure
def test_the_first_page_of_a_figure_shows_the_rows_that_any_other_way_finds_first(figure, scope):
    on_page = table_of(figure.record_kind, figure.rows(scope), scope, {}, figure=figure)
    found = table_of(figure.record_kind, figure.rows(scope), scope, {})
    assert [[cell.text for cell in row.cells] for row in on_page.rows] == [
        [cell.text for cell in row.cells] for row in found.rows
    ]
    assert on_page.count == found.count
