"""The frozen figures of a closed year compared with today: the differences, and the rows that caused them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from registry.access.scope import Scope
from registry.models import Area, FrozenFigure, FrozenYear

from .base import FIGURES, Answer, Figure, Number, answer_all
from .changes import ChangedRows, CodeChange, codes_changed, rows_of, rows_with

COUNTED_TO = Decimal("0.0001")


def take_year(year: int, district: str) -> Iterator[FrozenFigure]:
    """Every figure at the end of `year`, for the district and each township it has an answer for, as the public sees
    it."""
    scope = Scope(as_of=date(year, 12, 31), area=district)
    townships = Area.objects.public().units(scope.as_of, district)
    for area in (district, *townships.order_by("code").values_list("code", flat=True)):
        for answer in answer_all(FIGURES.values(), scope.within(area)).values():
            if answer.part is not None:
                yield _freeze(answer)


def _freeze(answer: Answer) -> FrozenFigure:
    figure, scope = answer.figure, answer.scope
    numbers = {name: _exact(getattr(answer, name)) for name in ("value", "part", "whole")}
    frozen = FrozenFigure(
        area_id=scope.area, slug=figure.slug, kind=figure.kind, rows=rows_of(figure, scope), **numbers
    )
    frozen.hash = frozen.computed_hash()
    return frozen


def _exact(number: Number | None) -> Decimal | None:
    return None if number is None else Decimal(str(number)).quantize(COUNTED_TO)


def rows_of_townships(figure: Figure, scope: Scope) -> dict[str, list[list]] | None:
    """`rows_of` each township below the scope's area, in one query; None for a figure whose rows have no township."""
    if not figure.record_kind.has_dimension("township"):
        return None
    rows_by_township: dict[str, list[list]] = defaultdict(list)
    township = figure.record_kind.dimension("township").on(scope)
    for code, row in rows_with(figure, figure.rows(scope.as_public()).order_by("code"), township):
        rows_by_township[code].append(row)
    return rows_by_township


@dataclass(frozen=True)
class Amendment:
    """A figure whose value differs from the frozen one: `answer` today, `was` then."""

    answer: Answer
    was: Answer
    frozen: FrozenFigure

    @property
    def closing(self) -> FrozenYear:
        return self.frozen.frozen

    def rows(self, viewer: Any) -> ChangedRows:
        """The rows that cause the difference, as far as `viewer` may see them; for a share also the rows of its
        whole."""
        changes = _codes_changed(self.frozen, self.answer.scope)
        whole = self.answer.figure.whole
        if whole is not None:
            of_whole = self.closing.figures.filter(area_id=self.frozen.area_id, slug=whole.slug).first()
            keys = {(change.kind.slug, change.code) for change in changes}
            for change in _codes_changed(of_whole, self.answer.scope) if of_whole else ():
                if (change.kind.slug, change.code) not in keys:
                    changes.append(change)
        return ChangedRows(changes, self.closing.closed_at, viewer)


def is_year_end(day: date) -> bool:
    return (day.month, day.day) == (12, 31)


def closing_of(scope: Scope) -> FrozenYear | None:
    """The current edition for the scope's day, if that is the end of a closed year."""
    return FrozenYear.objects.public().last_of(scope.as_of.year).first() if is_year_end(scope.as_of) else None


def frozen_figures(scope: Scope) -> dict[str, FrozenFigure]:
    """The frozen figures of the scope's area at the end of its year, by slug; empty for another day. One query."""
    if not is_year_end(scope.as_of):
        return {}
    holds = FrozenYear.objects.public().last_of(scope.as_of.year).values("pk")
    rows = FrozenFigure.objects.filter(frozen__in=holds, area_id=scope.area).defer("rows")
    return {row.slug: row for row in rows.select_related("frozen")}


def amendments_of(answers: Iterable[Answer], frozen: dict[str, FrozenFigure]) -> dict[str, Amendment]:
    """By slug, the figures among `answers` that differ from the frozen ones."""
    amendments = {}
    for answer in answers:
        stored = frozen.get(answer.figure.slug)
        if stored is None or _numbers(answer) == [stored.value, stored.part, stored.whole]:
            continue
        was = Answer.of(answer.figure, answer.scope, stored.part, stored.whole)
        amendments[answer.figure.slug] = Amendment(answer, was, stored)
    return amendments


def amendment_of(answer: Answer) -> tuple[FrozenFigure | None, Amendment | None]:
    """The frozen figure of the answer, and its amendment, also if other rows give the same number."""
    stored = frozen_figures(answer.scope).get(answer.figure.slug)
    if stored is None:
        return None, None
    amendment = amendments_of([answer], {stored.slug: stored}).get(stored.slug)
    return stored, amendment or _of_other_rows(answer, stored, rows_of(answer.figure, answer.scope))


def _of_other_rows(answer: Answer, stored: FrozenFigure, rows: list[list]) -> Amendment | None:
    if stored.rows == rows:
        return None
    return Amendment(answer, Answer.of(answer.figure, answer.scope, stored.part, stored.whole), stored)


def _numbers(answer: Answer) -> list[Decimal | None]:
    return [_exact(number) for number in (answer.value, answer.part, answer.whole)]


def _codes_changed(stored: FrozenFigure, scope: Scope) -> list[CodeChange]:
    figure = FIGURES[stored.slug]
    return codes_changed(figure, dict(stored.rows), dict(rows_of(figure, scope)))


def broken_hashes(closing: FrozenYear) -> list[str]:
    """What is inconsistent in a closed year: figures with a wrong hash, and the edition's own hash."""
    figures = list(closing.figures.order_by("area_id", "slug"))
    broken = [f"{figure.slug} {figure.area_id}" for figure in figures if figure.hash != figure.computed_hash()]
    before = FrozenYear.objects.public().filter(year=closing.year, edition=closing.edition - 1).first()
    if closing.hash != closing.hash_over([figure.hash for figure in figures], before.hash if before else ""):
        broken.append(closing.code)
    return broken


def amendments_of_year(closing: FrozenYear) -> Iterator[Amendment]:
    """Every figure of the closed year that differs today, area by area; also if only the rows differ."""
    areas: dict[str, dict[str, FrozenFigure]] = {}
    for figure in closing.figures.select_related("frozen").order_by("area_id", "slug"):
        areas.setdefault(figure.area_id, {})[figure.slug] = figure
    district = Scope(as_of=closing.as_of, area=min(areas, default=""))
    in_townships = {figure.slug: rows_of_townships(figure, district) for figure in FIGURES.values()} if areas else {}
    for area, frozen in areas.items():
        scope = district.within(area)
        answers = answer_all([FIGURES[slug] for slug in frozen if slug in FIGURES], scope)
        of_numbers = amendments_of(answers.values(), frozen)
        for slug, answer in answers.items():
            by_township = in_townships[slug] if area != district.area else None
            rows = rows_of(answer.figure, scope) if by_township is None else by_township.get(area, [])
            amendment = of_numbers.get(slug) or _of_other_rows(answer, frozen[slug], rows)
            if amendment:
                yield amendment
