"""A scheme of this year that is open for own scores, and one of last year, announced, with an appeal."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from assessment.actions import schemes
from assessment.models import Scheme, SchemeItem, SchemeResult

from .stage import DAQI, Stage, Story

SCORED_BY_HAND, COMPUTED = "SC-2020-01", "SC-2021-01"  # schemes of the sample


def stories(stage: Stage) -> Iterator[Story]:
    yield _announce_last(stage, stage.today.year - 1)
    yield _open(stage, COMPUTED, stage.today.year, on=stage.this_year(60))


def _open(stage: Stage, pattern: str, year: int, *, on: date) -> Story:
    yield on
    scheme = Scheme.objects.unscoped("the demonstration").get(code=pattern)
    copied = schemes.copy_scheme(scheme, year=year, by=stage["admin"])
    return schemes.open_scheme(copied, by=stage["admin"])


def _announce_last(stage: Stage, year: int) -> Story:
    scheme = yield from _open(stage, SCORED_BY_HAND, year, on=date(year, 3, 1))
    rows = SchemeResult.objects.unscoped("the demonstration").filter(scheme=scheme)
    cards, items = list(rows.select_related("scheme", "area").order_by("code")), schemes.hand_items(scheme)
    yield stage.ago(3)
    for number, card in enumerate(cards):
        schemes.give_scores(card, {item.number: _score(item, number) for item in items}, {}, by=stage["reviewer"])
    yield stage.ago(2)
    schemes.announce(scheme, by=stage["admin"])
    yield stage.ago(1)
    [card] = [card for card in cards if card.area_id == DAQI]
    schemes.make_appeal(card, items[0], "新增示范点材料未计入，请复核。（示例）", by=stage["clerk"])


def _score(item: SchemeItem, number: int) -> Decimal:
    """A made-up score of the card with this number: up to five less than the weight, and nothing for a bonus."""
    halves = (number * (item.number + 3) + item.number**2) % 11
    return Decimal(0) if item.bonus else item.weight - Decimal(halves) / 2
