"""Yearly figures: which year they answer for, what is not reported yet, and that nobody reads a zero for it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from assessment.models import SecretaryProject
from registry.access.scope import Scope, read_scope
from registry.actions.years import declare_year
from registry.figures import FIGURES, YEARLY_FORMS, answer_all
from registry.figures.yearly import report_days
from registry.models import (
    Area,
    CollectiveIncome,
    CommunityAttainment,
    ExternalResult,
    Fund,
    PartyOrganisation,
    YearDeclaration,
)
from registry.text.refusals import Refused
from tests.conftest import DAQI, DISTRICT, LAST_DAY, TANGFANG
from tests.factories import entered_in_error, make_named_point

YEAR = 2026
DAY = date(YEAR, 11, 30)
YEARLY = [figure for figure in FIGURES.values() if figure.yearly]
every_yearly_figure = pytest.mark.parametrize("figure", YEARLY, ids=lambda figure: figure.slug)


@pytest.fixture
def today(sample) -> Scope:
    return Scope(as_of=DAY, area=DISTRICT)


def report_income(area: Area, year: int = YEAR, amount: int = 60_000, reported_on: date = DAY) -> CollectiveIncome:
    return CollectiveIncome.objects.create(
        code=f"T-{area.pk}-{year}", area=area, year=year, amount_yuan=Decimal(amount), reported_on=reported_on
    )


def villages(day: date = DAY, area: str = DISTRICT) -> list[Area]:
    return list(Area.objects.public().villages(day).in_area(area).order_by("code"))


def declare(form: str, year: int = YEAR, declared_on: date = DAY) -> YearDeclaration:
    return YearDeclaration.objects.create(
        code=f"T-{form}-{year}", area_id=DISTRICT, form=form, year=year, declared_on=declared_on, declared_by="示例"
    )


@every_yearly_figure
def test_an_empty_new_year_answers_for_the_newest_reported_one(figure, today):
    answer = figure.answer(today)
    assert (answer.year, answer.value) == (2021, figure.answer(today.at(LAST_DAY)).value)
    assert answer.coverage.year == YEAR
    assert answer.coverage.reported in (0, None)


@every_yearly_figure
def test_an_unreported_year_that_is_asked_for_has_no_value_and_its_coverage(figure, sample):
    answer = figure.answer(read_scope({"year": str(YEAR), "as_of": DAY.isoformat()}, None))
    assert (answer.value, answer.part, answer.year, answer.coverage.year) == (None, None, None, YEAR)


def test_a_half_reported_year_says_how_far_it_is_and_counts_for_nothing(today):
    for village in villages(area=TANGFANG):
        report_income(village, amount=1)
    answer = FIGURES["income-villages"].answer(today)
    assert (answer.year, answer.value) == (2021, 100)
    assert (answer.coverage.reported, answer.coverage.expected) == (18, 444)
    assert FIGURES["income-villages"].answer(today.within(TANGFANG)).coverage.missing == 0


def test_a_year_counts_from_the_day_the_last_village_reported(today):
    *others, last = villages()
    for village in others:
        report_income(village, reported_on=date(YEAR, 3, 1))
    report_income(last, reported_on=date(YEAR, 6, 1))
    figure = FIGURES["income-villages"]
    assert [figure.answer(today.at(date(YEAR, month, 1))).year for month in (3, 5, 6)] == [2021, 2021, YEAR]
    assert figure.answer(today).coverage is None


def test_in_a_declared_year_a_missing_row_is_a_true_zero(today):
    report_income(villages()[0])
    declare("incomes")
    answer = FIGURES["income-villages"].answer(today)
    assert (answer.year, answer.part, answer.whole, answer.coverage) == (YEAR, 1, 444, None)
    before = FIGURES["income-villages"].answer(today.at(DAY - timedelta(days=1)))
    assert (before.year, before.part) == (2021, 464)


def test_a_declaration_entered_in_error_declares_nothing(today, administrator):
    entered_in_error(declare("incomes"), administrator)
    assert FIGURES["income-villages"].answer(today).year == 2021


def test_one_naming_in_a_new_year_moves_no_yearly_figure(today):
    before = {figure.slug: figure.answer(today).value for figure in YEARLY}
    make_named_point(since=date(YEAR, 6, 1))
    assert {figure.slug: figure.answer(today).value for figure in YEARLY} == before
    assert FIGURES["points"].answer(today).value == 446


def test_a_village_merged_in_the_year_owes_nothing(today):
    gone, *others = villages()
    for village in others:
        report_income(village)
    assert FIGURES["income-villages"].answer(today).year == 2021
    Area.objects.filter(pk=gone.pk).update(valid_to=date(YEAR, 6, 1))
    answer = FIGURES["income-villages"].answer(today)
    assert (answer.year, answer.part, answer.whole) == (YEAR, 443, 443)


def reported_rows(form: str) -> None:
    """Every unit that owes a row of this form reports it for the new year."""
    townships = list(Area.objects.public().townships(DAY))
    day = date(YEAR, 2, 1)
    if form == "incomes":
        for village in villages():
            report_income(village, reported_on=day)
    elif form == "communities":
        CommunityAttainment._base_manager.filter(valid_to=None).update(valid_from=day)
    elif form == "city-rank":
        ExternalResult.objects.create(
            code="T-rank", item="示例", issuer="示例", scope="municipal", year=YEAR, rank=2, announced_on=day,
            area_id=DISTRICT,
        )  # fmt: skip
    elif form == "projects":
        organisation = PartyOrganisation.objects.unscoped("test").first()
        for area in townships:
            SecretaryProject.objects.create(
                code=f"T-{area.pk}", name="示例", year=YEAR, organisation=organisation, area=area, opened_on=day,
                deadline=DAY,
            )  # fmt: skip
    else:
        is_budget = form == "district-budget"
        for code in [DISTRICT] if is_budget else [area.pk for area in townships]:
            Fund.objects.create(
                code=f"T-{form}-{code}", year=YEAR, category="district_budget" if is_budget else "creation",
                level="district" if is_budget else "township", amount_yuan=5, arrived_on=day, area_id=code,
            )  # fmt: skip


@pytest.mark.parametrize("form", [form.slug for form in YEARLY_FORMS.values() if form.owed])
def test_a_form_is_reported_when_everybody_who_owes_a_row_has_one(form, sample):
    assert YEAR not in report_days(DAY, DAY)[form]
    reported_rows(form)
    assert report_days(DAY, DAY)[form][YEAR] == date(YEAR, 2, 1)


def test_talks_are_complete_by_declaration_only(today):
    assert YEARLY_FORMS["accountability"].owed is None
    declare("accountability")
    assert FIGURES["interviews"].answer(today).value == 0


@pytest.mark.parametrize("address", ["/", "/wall/", "/figures/", f"/report/{YEAR}/", f"/townships/{DAQI}/"])
def test_no_page_shows_a_zero_for_what_nobody_entered(address, today, client):
    context = client.get(address, {"as_of": DAY.isoformat()}).context
    yearly = [answer for answer in answers_on(context) if answer.figure.yearly and answer.value is not None]
    assert yearly and {answer.year for answer in yearly} == {2021}


def answers_on(context) -> list:
    """The answers that a page shows, whatever it keeps them in."""
    if "report" in context:
        return [line.answer for section in context["report"].sections for line in section.lines]
    answers = context.get("answers", [])
    if isinstance(answers, dict):
        return list(answers.values())
    return [answer for _title, answers in context["sections"] for answer in answers]


def test_the_pages_say_the_year_of_a_yearly_figure(today, client):
    page = client.get("/").content.decode().replace("\u00a0", " ")
    assert "2021年" in page
    assert "已填报 0 / 444" in page
    assert "尚未填报" in client.get(f"/figures/income-villages/?year={YEAR}").content.decode()


def test_the_api_says_year_and_coverage_and_where_to_read_what_is_missing(today, client):
    answers = client.get(f"/api/v1/figures/?as_of={DAY}").json()
    figures = {answer["slug"]: answer for answer in answers}
    income = figures["income-villages"]
    assert (income["year"], income["coverage"]["reported"], income["coverage"]["expected"]) == (2021, 0, 444)
    assert len(client.get(income["coverage"]["missing"]).json()) == 444
    assert (figures["points"]["year"], figures["points"]["coverage"]) == (None, None)
    asked = client.get(f"/api/v1/figures/district-budget/?year={YEAR}").json()
    assert (asked["value"], asked["year"], asked["coverage"]["year"]) == (None, None, YEAR)


def test_values_equal_their_breakdowns_in_the_year_they_answer_for(today):
    report_income(villages()[0])
    for figure in YEARLY:
        answer = figure.answer(today)
        for dimension in figure.dimensions():
            assert sum(part.part for *_key, part in figure.by(dimension.name, today)) == answer.part, figure.slug


def test_an_administrator_declares_a_year_complete(today, administrator, client):
    client.force_login(administrator)
    page = f"/coverage/incomes/?year={YEAR}"
    assert "声明" in client.get(page).content.decode()
    client.post(page, {"reason": "全部填报完毕"})
    declaration = YearDeclaration.objects.public().get(form="incomes", year=YEAR)
    assert (declaration.declared_on, declaration.reason) == (timezone.localdate(), "全部填报完毕")
    assert answer_all([FIGURES["income-villages"]], today.at(timezone.localdate()))["income-villages"].year == YEAR
    assert client.post(page).status_code == 409


@pytest.mark.parametrize(("year", "code"), [(2021, "year_declared"), (2200, "year_not_begun")])
def test_a_year_is_not_declared_twice_nor_before_it_begins(year, code, administrator, sample):
    with pytest.raises(Refused) as refusal:
        declare_year("incomes", year, by=administrator)
    assert refusal.value.code == code


def test_only_an_administrator_declares(reviewer, clerk_daqi, sample):
    for account in (reviewer, clerk_daqi):
        with pytest.raises(Refused):
            declare_year("incomes", YEAR, by=account)


def test_the_coverage_page_lists_who_reported_and_who_did_not(today, client):
    report_income(villages(area=TANGFANG)[0])
    context = client.get(f"/coverage/incomes/?year={YEAR}").context
    reported = [area.pk for _township, areas in context["reported"] for area, _address in areas]
    assert reported == [villages(area=TANGFANG)[0].pk]
    assert sum(len(areas) for _township, areas in context["missing"]) == 443
