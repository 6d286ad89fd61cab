"""The declaration of a figure, and the query that answers many of them at once.

The database computes a figure's value from its rows, so the number and its rows cannot differ.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import CharField, Count, DecimalField, F, Q, QuerySet, Subquery, Sum, Value
from django.db.models.expressions import BaseExpression, Combinable
from django.db.models.functions import Cast, Substr
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from registry.access.scope import NEVER, Scope
from registry.kinds import KINDS, MISSING, Dimension, Kind
from registry.models import Area, Parameter, PointTally
from registry.models.tallies import DEPTHS
from registry.query_cache import Statement, compile_rows, fetch_rows, keep_query
from registry.text.area_codes import is_below_district, unit_length

from .measures import Measure, compile_numbers, fetch_numbers, total
from .yearly import Coverage, all_with_years, coverages_of, with_years, year_by_year

Number = int | float
Text = str | Promise
OVERVIEW, SHOWCASE, BRAND, EFFECT, GUARANTEE = "overview", "showcase", "brand", "effect", "guarantee"
SECTIONS: dict[str, Text] = {  # the article's four dimensions, in its order, after the overview
    OVERVIEW: _("Overview"),
    SHOWCASE: _("Showcase"),
    BRAND: _("Brand"),
    EFFECT: _("Effect"),
    GUARANTEE: _("Guarantee"),
}


@dataclass(frozen=True)
class Figure:
    """A figure of the registry.

    `rows(scope)` are its records, of the record kind `kind`, declared as `records`. Its measure is their number, or the
    sum of their `sums` column. With `out_of`, the slug of another figure, it is a part of a whole; if its `unit` is "%"
    the value is that share. `target` names the parameter it is compared with. `source` is its F-number. A
    `district_only` figure has no answer below a district. A `yearly` figure counts rows of one year, the newest that is
    reported by the scope's day, and names the yearly form that reports them.
    """

    slug: str
    label: Text
    unit: Text
    section: str
    source: str
    kind: str
    records: Callable[[Scope], QuerySet]
    definition: Text
    dated: Text
    yearly: str = ""
    sums: str = ""
    out_of: str = ""
    target: str = ""
    single: bool = False
    decimals: int = 2
    district_only: bool = False
    tallied: Callable[[Scope], Q] | None = None
    moving: Callable[[Any, date, date], QuerySet] | None = None

    @property
    def record_kind(self) -> Kind:
        return KINDS[self.kind]

    @property
    def is_share(self) -> bool:
        return self.unit == "%" and bool(self.out_of)

    @property
    def is_money(self) -> bool:
        """Whether its unit is yuan."""
        return self.sums.endswith("_yuan")

    @property
    def whole(self) -> "Figure | None":
        return FIGURES[self.out_of] if self.out_of else None

    def rows(self, scope: Scope) -> QuerySet:
        return self.records(with_years(scope) if self.yearly else scope)

    def whole_scope(self, scope: Scope) -> Scope:
        """The scope of its whole: a standing whole of a yearly part is counted at the end of the part's year."""
        return scope if self.whole is None or self.whole.yearly == self.yearly else scope.at(self.day(scope))

    def day(self, scope: Scope) -> date:
        """The day of its target and of its standing whole: the scope's own where no year is reported."""
        scope = with_years(scope) if self.yearly else scope
        is_reported = self.yearly and scope.year_of(self.yearly) != NEVER
        return scope.year_end(self.yearly) if is_reported else scope.as_of

    def dimensions(self) -> tuple[Dimension, ...]:
        """The dimensions it can be grouped by: those of its rows and, for a part, also of its whole."""
        own = self.record_kind.dimensions
        return own if not self.whole else tuple(d for d in own if self.whole.record_kind.has_dimension(d.name))

    def measure(self, scope: Scope) -> BaseExpression:
        """Its number of a scope, from the kept counts if there are some, else from its rows."""
        tallies = self.tallies(scope)
        return total(tallies, "change") if tallies else Measure(self.rows(scope), self.sums, self.single)

    def tallies(self, scope: Scope, depth: int = 0) -> list[QuerySet]:
        """The kept counts that add up to its number, by areas of `depth` digits; none where it has none."""
        depth = max(depth, len(scope.area))
        if self.tallied is None or depth not in DEPTHS:
            return []
        condition = self.tallied(scope)
        return [rows.filter(condition) for rows in PointTally.objects.standing(scope.as_of, scope.area, depth)]

    def tallied_count(self, scope: Scope, by: Mapping[str, str]) -> int | None:
        """The number of its rows with these values of dimensions, from the kept counts; None if they do not say."""
        if not all(self.record_kind.has_dimension(name) and value != MISSING for name, value in by.items()):
            return None
        statement = _tallied(self.slug, scope, tuple(by.items()))
        return fetch_numbers(statement)[0] if statement else None

    def answer(self, scope: Scope) -> "Answer":
        return answer_all([self], scope)[self.slug]

    def series(self, scope: Scope, years: int = 10) -> list[tuple[date, "Answer"]]:
        """The answer at the end of each year up to the scope's day, without the empty years before the first; of a
        yearly figure the answer for each reported year."""
        scope = with_years(scope) if self.yearly else scope
        last = scope.year_of(self.yearly) if self.yearly else scope.as_of.year
        if last == NEVER:
            return []
        days = [date(year, 12, 31) for year in range(last - years + 1, last)]
        days.append(min(scope.as_of, date(last, 12, 31)))
        if self.yearly:
            scopes = year_by_year(scope, self.yearly, [day.year for day in days])
        else:
            scopes = [scope.at(day) for day in days]
        answers = list(zip(days, (answers[self.slug] for answers in answer_scopes([self], scopes)), strict=True))
        first = next((i for i, (_day, answer) in enumerate(answers) if answer.part), len(answers) - 1)
        return answers[first:]

    def by(self, dimension: str, scope: Scope) -> "Breakdown":
        return breakdowns([(self, dimension)], scope)[0]


Breakdown = list[tuple[str, str, "Answer"]]  # key, name, answer


def breakdowns(asked: list[tuple[Figure, str]], scope: Scope) -> list[Breakdown]:
    """Each figure by a dimension, in one query: (key, name, answer) for each value that has rows, in the order of the
    choices or the keys."""
    scope = with_years(scope) if any(figure.yearly for figure, _dimension in asked) else scope
    groups = [
        group
        for figure, dimension in asked
        for group in ((figure.slug, dimension, scope), (figure.out_of, dimension, figure.whole_scope(scope)))
        if group[0]
    ]
    found = measure_groups(groups)
    return [
        _breakdown(
            figure, dimension, scope, found[figure.slug, dimension, scope],
            found.get((figure.out_of, dimension, figure.whole_scope(scope)), {}),
        )
        for figure, dimension in asked
    ]  # fmt: skip


def measure_groups(groups: Iterable[tuple[str, str, Scope]]) -> dict[tuple[str, str, Scope], dict[str, Any]]:
    """For each (figure, dimension, scope) the measure of every key, in one query. The scopes know their years."""
    groups = list(dict.fromkeys(groups))
    measures: dict[int, dict[str, Any]] = defaultdict(dict)
    for number, key, measure in fetch_rows(_groupings(tuple(groups))):
        measures[number][key or MISSING] = measures[number].get(key or MISSING, 0) + measure
    return {
        group: _without_zeros(measures[number]) if FIGURES[group[0]].tallied is not None else measures[number]
        for number, group in enumerate(groups)
    }


def _without_zeros(measures: dict[str, Any]) -> dict[str, Any]:
    """Counts that came and went are no rows."""
    return {key: measure for key, measure in measures.items() if measure}


def _breakdown(figure: Figure, dimension: str, scope: Scope, parts: dict, wholes: dict) -> Breakdown:
    names = names_of(figure.record_kind.dimension(dimension), {*parts, *wholes})
    return [
        (key, name, Answer.of(figure, scope, parts.get(key, 0), wholes.get(key, 0) if figure.whole else None))
        for key, name in names.items()
    ]


def names_of(dimension: Dimension, keys: Iterable[str]) -> dict[str, str]:
    """The keys in order, each with its name; rows without a value come last."""
    keys = set(keys)
    if dimension.choices:
        names = {value: str(label) for value, label in dimension.choices.choices if value in keys}
    elif dimension.name == "township":
        areas = Area.objects.unscoped("area names are public").filter(code__in=keys).order_by("code")
        names = dict(areas.values_list("code", "name"))
    else:
        names = {key: key for key in sorted(keys - {MISSING})}
    return names | ({MISSING: str(_("not given"))} if MISSING in keys else {})


@dataclass(frozen=True)
class Answer:
    """The answer of a figure for one scope. `part`, `whole`: the measures; `value`: the share in percent or the part;
    `target` and `gap` in the figure's own unit (for a share, percentage points). `value` is None if the whole is zero,
    if there is no row of a `single` sum, or if no year of a yearly figure is reported.

    `year` is the year that a yearly figure answers for, None if none is reported. `coverage` is how far the scope's
    year is reported, if it is not reported yet."""

    figure: Figure
    scope: Scope
    value: Number | None
    part: Number | None
    whole: Number | None
    target: Number | None = None
    coverage: Coverage | None = None

    @classmethod
    def of(cls, figure: Figure, scope: Scope, part: Any, whole: Any = None, target: Any = None) -> "Answer":
        if figure.district_only and is_below_district(scope.area):
            part = None
        if figure.yearly and scope.year_of(figure.yearly) == NEVER:
            part = whole = None
        part, whole, target = plain(part), plain(whole), plain(target)
        if figure.is_share:
            value = round(part * 100 / whole, 2) if whole and part is not None else None
        else:
            value = part
        return cls(figure, scope, value, part, whole, target)

    @property
    def year(self) -> int | None:
        year = self.scope.year_of(self.figure.yearly) if self.figure.yearly else NEVER
        return None if year == NEVER else year

    @property
    def gap(self) -> Number | None:
        if self.target is None or self.value is None:
            return None
        return plain(round(self.value - self.target, 2))


def plain(value: Any) -> Number | None:
    """A number for JSON: whole numbers without a fraction."""
    if value is None or isinstance(value, int):
        return value
    value = Decimal(str(value))
    return int(value) if value == value.to_integral_value() else float(value)


def answer_all(figures: Iterable[Figure], scope: Scope) -> dict[str, Answer]:
    """Answers of `figures` by slug, in one query; one or two more look up the years of yearly figures."""
    figures = list(figures)
    scope = with_years(scope) if any(figure.yearly for figure in figures) else scope
    coverages = coverages_of(dict.fromkeys(figure.yearly for figure in figures if figure.yearly), scope)
    [answers] = answer_scopes(figures, [scope])
    return {
        slug: replace(answer, coverage=coverages.get(answer.figure.yearly)) if coverages else answer
        for slug, answer in answers.items()
    }


def answer_scopes(figures: Iterable[Figure], scopes: list[Scope]) -> list[dict[str, Answer]]:
    """For each of several scopes the answers of `figures` by slug, in one query; without coverage."""
    figures = list(figures)
    if any(figure.yearly for figure in figures):
        scopes = all_with_years(scopes)
    asked = {(figure.slug, scope): _measures(figure, scope) for scope in scopes for figure in figures}
    measures = dict.fromkeys(measure for own in asked.values() for measure in own if measure[0])
    numbers = dict(zip(measures, _ask(tuple(measures)), strict=True))
    return [
        {
            figure.slug: Answer.of(figure, scope, *(numbers.get(measure) for measure in asked[figure.slug, scope]))
            for figure in figures
        }
        for scope in scopes
    ]


def _measures(figure: Figure, scope: Scope) -> "tuple[Asked, Asked, Asked]":
    """What is asked for a figure: its part, its whole and its target; the last two without a name if it has none."""
    return (figure.slug, scope), (figure.out_of, figure.whole_scope(scope)), (figure.target, figure.day(scope))


def counted_in(kind: str, code: str, scope: Scope) -> list[Figure]:
    """The figures that a record counts in, in one query."""
    figures = [figure for figure in FIGURES.values() if figure.kind == kind]
    if not figures:
        return []
    counts = fetch_numbers(compile_numbers([Measure(figure.rows(scope).filter(code=code)) for figure in figures]))
    return [figure for figure, count in zip(figures, counts, strict=True) if count]


Asked = tuple[str, Scope | date]  # a figure in a scope, or a target on a day


def _ask(measures: tuple[Asked, ...]) -> tuple:
    """The measure of each figure (or the value of each target), in one query."""
    return fetch_numbers(_statement(measures))


# Compiled queries are cached, because compiling costs more than running them. They depend only on the declarations and
# the scopes, never on data: the viewer's permissions are part of a scope's identity.


@keep_query
def _statement(measures: tuple[Asked, ...]) -> Statement:
    return compile_numbers(
        [FIGURES[name].measure(on) if isinstance(on, Scope) else _target(name, on) for name, on in measures]
    )


@keep_query
def _tallied(slug: str, scope: Scope, by: tuple[tuple[str, str], ...]) -> Statement | None:
    """The number of the figure's rows with these values of dimensions, if there are kept counts."""
    figure = FIGURES[slug]
    tallies = figure.tallies(scope, unit_length(scope.area) if "township" in dict(by) else 0)
    if not tallies:
        return None
    keys = {f"by_{name}": _tally_key(name, scope) for name, _value in by}
    wanted = {f"by_{name}": value for name, value in by}
    return compile_numbers([total([part.alias(**keys).filter(**wanted) for part in tallies], "change")])


@keep_query
def _groupings(groups: tuple[tuple[str, str, Scope], ...]) -> Statement:
    """(number of the group, key, measure) of each group: a figure by a dimension."""
    statements = [part for number, group in enumerate(groups) for part in _grouping(number, *group)]
    first, *others = statements
    return compile_rows(first.union(*others, all=True) if others else first)


def _grouping(number: int, slug: str, dimension: str, scope: Scope) -> list[QuerySet]:
    figure = FIGURES[slug]
    tallies = figure.tallies(scope, unit_length(scope.area) if dimension == "township" else 0)
    key = _tally_key(dimension, scope) if tallies else figure.record_kind.dimension(dimension).on(scope)
    measure = Sum("change") if tallies else Sum(figure.sums) if figure.sums else Count("pk")
    return [_cells(rows, number, key, measure) for rows in tallies or [figure.rows(scope)]]


def _tally_key(dimension: str, scope: Scope) -> Combinable:
    """A dimension of points, as the kept counts have it."""
    if dimension == "township":
        return Substr("area", 1, unit_length(scope.area))
    return F("named_in" if dimension == "year" else dimension)


def _cells(rows: QuerySet, number: int, key: Any, measure: Any) -> QuerySet:
    cells = rows.order_by().annotate(by_key=Cast(key, CharField())).values("by_key")
    measure = Cast(measure, DecimalField(max_digits=20, decimal_places=4))
    return cells.annotate(group=Value(number), by_measure=measure).values_list("group", "by_key", "by_measure")


def _target(rule: str, day: date) -> Subquery:
    return Parameter.objects.value_on(rule, day)


FIGURES: dict[str, Figure] = {}


def declare(*figures: Figure) -> None:
    for figure in figures:
        if figure.slug in FIGURES:
            raise ValueError(f"the figure {figure.slug} is declared twice")
        if figure.kind not in KINDS:
            raise ValueError(f"the figure {figure.slug} counts rows of an unknown kind: {figure.kind}")
        FIGURES[figure.slug] = figure


def kinds_of_figures() -> list[str]:
    """The record kinds that figures count, and those that some are computed with."""
    return sorted({figure.kind for figure in FIGURES.values()} | {"incomes", "parameters"})
