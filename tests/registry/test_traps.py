"""Where the article's figures are easily got wrong (ARTICLE-FIGURES section 2)."""

from datetime import date
from decimal import Decimal

import pytest

from assessment.models import AccountabilityAction
from registry.figures import FIGURES
from registry.models import (
    Area,
    CollectiveIncome,
    ConsortiumMembership,
    DemonstrationPoint,
    Donation,
    Fund,
    Honour,
    PartyOrganisation,
    StatusPeriod,
    TeachingSite,
    WholeAreaTownship,
    Zone,
)
from tests.conftest import LAST_DAY
from tests.factories import join, make_belt, make_named_point, make_period, make_point


def value(slug: str, scope):
    return FIGURES[slug].answer(scope).value


def test_lead_and_led_villages_overlap_and_each_is_counted_once_in_its_role(scope):
    lead = set(ConsortiumMembership.objects.filter(role="lead").values_list("village", flat=True))
    led = set(ConsortiumMembership.objects.filter(role="led").values_list("village", flat=True))
    assert (len(lead), len(led), len(lead | led)) == (89, 380, 464)
    assert value("consortium-villages", scope) + value("led-villages", scope) > value("villages", scope)


def test_a_village_that_leads_in_two_consortia_counts_once(scope):
    member = ConsortiumMembership.objects.filter(role="lead").first()
    other = member.consortium._meta.model.objects.public().exclude(pk=member.consortium_id).first()
    ConsortiumMembership.objects.create(
        consortium=other, village=member.village, role="lead", valid_from=date(2021, 1, 1)
    )
    assert value("consortium-villages", scope) == 89


@pytest.mark.parametrize(("premium", "rate"), [(154, 34.61), (155, 34.83), (156, 35.06), (157, 35.28)])
def test_reaching_35_percent_takes_156_of_445(premium, rate, scope):
    standing = StatusPeriod.objects.filter(status="named", valid_to=None, valid_from__lte=LAST_DAY)
    for pk in standing.filter(grade="premium").values_list("pk", flat=True)[: max(156 - premium, 0)]:
        StatusPeriod.objects.filter(pk=pk).update(grade="demonstration")
    for pk in standing.exclude(grade="premium").values_list("pk", flat=True)[: max(premium - 156, 0)]:
        StatusPeriod.objects.filter(pk=pk).update(grade="premium")
    answer = FIGURES["premium-rate"].answer(scope)
    assert answer.value == rate
    assert (answer.gap >= 0) == (premium >= 156)


def test_the_gap_of_a_share_is_in_percentage_points(scope):
    share = FIGURES["premium-community-share"].answer(scope)
    assert share.gap == round(share.value - 32.1, 2) == 25.04


def test_person_times_are_not_persons(scope):
    again = AccountabilityAction._base_manager.filter(kind="interview", occurred_on__year=2021).first()
    again.pk, again.code = None, "AA-900"
    again.save()
    assert value("interviews", scope) == 6
    replaced = AccountabilityAction._base_manager.filter(kind="adjustment").first()
    replaced.pk, replaced.code = None, "AA-901"
    replaced.save()
    assert value("adjustments", scope) == 3


@pytest.mark.parametrize("slug", ["interviews", "adjustments"])
def test_talks_and_replacements_are_never_told_of_a_township(slug, scope):
    township = scope.within(AccountabilityAction._base_manager.filter(kind="interview").first().area_id)
    assert value(slug, township) is None
    assert not FIGURES[slug].rows(township).exists()


def test_cash_goods_and_budgets_are_three_figures(scope):
    assert not Donation.objects.public().filter(kind="goods", amount_yuan__isnull=False).exists()
    before = value("donations-cash", scope), value("creation-funds", scope)
    Donation.objects.public().filter(kind="goods").update(quantity=1)
    Fund.objects.public().filter(category="district_budget").update(amount_yuan=1)
    assert (value("donations-cash", scope), value("creation-funds", scope)) == before
    assert (value("donations-goods", scope), value("district-budget", scope)) == (1, 1)


def test_a_day_that_had_not_come_is_not_shown(scope, client):
    """As of 2021-06-30 nobody knew that the belt would be built in September."""
    rows = client.get("/belts/?as_of=2021-06-30").context["table"].rows
    built = {row.cells[0].value: row.cells[-1].value for row in rows}
    assert (built["B-14"], built["B-01"]) == (None, date(2018, 6, 20))
    exported = b"".join(client.get("/belts/?as_of=2021-06-30&format=csv").streaming_content).decode()
    assert "2021-09-30" not in exported and "2018-06-20" in exported


def test_a_planned_zone_is_not_a_built_one(scope):
    assert Zone.objects.public().planned(LAST_DAY).count() == 3
    Zone.objects.public().filter(kind="comprehensive", code="Z-01").update(built_on=None)
    assert value("zones", scope) == 14


def test_a_themed_zone_never_counts_among_the_comprehensive_ones(scope):
    Zone.objects.public().themed().update(built_on=date(2021, 6, 1))
    assert (value("zones", scope), value("themed-zones", scope)) == (15, 0)


def test_a_creation_unit_is_not_a_named_township(scope):
    assert WholeAreaTownship.objects.public().named(LAST_DAY).count() == 0
    WholeAreaTownship.objects.public().update(named_on=date(2021, 12, 1))
    assert value("whole-area-townships", scope) == 0
    assert value("whole-area-townships", scope.at(date(2021, 11, 30))) == 1


def test_a_teaching_site_may_be_a_belt_a_firm_or_a_school(scope):
    sites = TeachingSite.objects.public().provincial()
    kinds = {type(site.place).__name__ if site.belt_id else site.unit.kind for site in sites}
    assert kinds == {"Belt", "enterprise", "school"}


def test_three_titles_are_three_titles_and_an_organisation_with_two_honours_counts_once(scope):
    granted = Honour.objects.public().advanced_grassroots().filter(level__in=["provincial", "municipal"])
    assert (granted.count(), value("honours-provincial-municipal", scope)) == (17, 16)
    committee = PartyOrganisation.objects.public().get(code="O-130207")
    assert Honour.objects.public().filter(organisation=committee, title_kind="advanced_collective").exists()
    rows = FIGURES["honours-provincial-municipal"].rows(scope)
    assert not rows.filter(pk=committee.pk).exists()


def test_at_least_includes_the_number_itself(scope):
    income = CollectiveIncome.objects.public().filter(year=2021).first()
    CollectiveIncome.objects.public().filter(pk=income.pk).update(amount_yuan=Decimal("50000.00"))
    assert value("income-villages", scope) == 100
    CollectiveIncome.objects.public().filter(pk=income.pk).update(amount_yuan=Decimal("49999.99"))
    assert FIGURES["income-villages"].answer(scope).part == 463


def test_the_registry_keeps_its_own_dated_list_of_villages(scope):
    assert value("villages", scope) == 464
    assert value("villages", scope.at(date(2023, 6, 30))) == 444
    merged = Area.objects.public().filter(level="village", valid_to__isnull=False)
    assert all(area.successor_id and area.illustrative for area in merged)


def test_a_named_point_counts_from_its_first_day_until_the_day_it_is_withdrawn(scope):
    point = make_named_point(date(2021, 3, 1), date(2021, 9, 1))
    counts = [FIGURES["points"].rows(scope.at(day)).filter(pk=point.pk).exists() for day in
              (date(2021, 2, 28), date(2021, 3, 1), date(2021, 8, 31), date(2021, 9, 1))]  # fmt: skip
    assert counts == [False, True, True, False]


@pytest.mark.parametrize(
    "status", ["draft", "submitted", "checked", "scored", "notice", "returned", "refused", "withdrawn"]
)
def test_only_named_points_count(status, scope):
    point = make_point()
    make_period(point, date(2021, 1, 1), status=status)
    assert value("points", scope) == 445


def test_a_belt_with_four_premium_points_does_not_qualify_and_says_what_is_missing(scope):
    belt = make_belt()
    premium = [make_named_point(grade="premium") for _ in range(4)]
    plain = make_named_point(grade="standard")
    join(belt, *premium, plain)
    verdict = belt.verdict(LAST_DAY)
    assert (verdict.qualifies, verdict.counting, verdict.missing) == (False, 4, 1)
    assert [stop.point for stop in verdict.stops if not stop.counts] == [plain]
    assert value("qualified-belts", scope) == 15


def test_a_belt_with_five_premium_points_qualifies(scope):
    belt = make_belt()
    join(belt, *[make_named_point(grade="premium") for _ in range(5)])
    assert belt.verdict(LAST_DAY).qualifies
    assert value("qualified-belts", scope) == 16


def test_every_belt_of_the_sample_holds_at_least_five_points(scope):
    belts = FIGURES["belts"].rows(scope).with_point_counts(LAST_DAY)
    assert min(belt.points for belt in belts) >= 5
    assert sum(belt.points for belt in belts) >= 75


def test_the_points_of_the_sample_cover_every_field_level_and_township(scope):
    named = DemonstrationPoint.objects.public().named(LAST_DAY)
    assert set(named.values_list("field", flat=True)) == set(FIGURES_FIELDS)
    assert {level for (level,) in named.values_list("standing__level")} == {
        "national",
        "provincial",
        "municipal",
        "district",
    }
    assert len({code[:9] for code in named.values_list("area_id", flat=True)}) == 16


FIGURES_FIELDS = [
    "rural",
    "community",
    "government",
    "public_institution",
    "nonpublic_enterprise",
    "social_organisation",
]
