"""A few incomes and creation funds of this year: the year stays incompletely reported, so its coverage shows."""

from collections.abc import Iterator
from decimal import Decimal

from registry.actions.records import save_record
from registry.actions.sites import add_with_code
from registry.models import Area, CollectiveIncome, Fund, FundCategory, FundLevel

from .stage import DAQI, TANGFANG, Stage, Story

VILLAGES = 6  # of each township
FUNDS = {DAQI: 800_000, TANGFANG: 650_000}


def stories(stage: Stage) -> Iterator[Story]:
    villages = Area.objects.public().villages(stage.today).order_by("code")
    reporting = [village for township in FUNDS for village in villages.in_area(township)[:VILLAGES]]
    for number, village in enumerate(reporting):
        yield _report_income(stage, village, number)
    for township, amount in FUNDS.items():
        yield _arrange_fund(stage, township, Decimal(amount))


def _report_income(stage: Stage, village: Area, number: int) -> Story:
    yield stage.this_year(35 - number)
    year, amount = stage.today.year, Decimal(68_000 + number * 3_100)
    income = CollectiveIncome(
        code=f"CI-{village.code}-{year}", area=village, year=year, amount_yuan=amount, operating_yuan=amount * 3 / 5,
        source="土地流转（示例）",
    )  # fmt: skip
    save_record(income, by=stage["admin"])


def _arrange_fund(stage: Stage, township: str, amount: Decimal) -> Story:
    arrived_on = stage.this_year(15)
    yield arrived_on
    fund = Fund(
        year=stage.today.year, category=FundCategory.CREATION, level=FundLevel.TOWNSHIP, amount_yuan=amount,
        purpose="示范点创建（示例）", arrived_on=arrived_on, area_id=township,
    )  # fmt: skip
    add_with_code(fund, f"F-{fund.year}-", 3, by=stage["admin"])
