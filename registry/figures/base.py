"""The declaration of a figure, and the query that answers many of them at once.

The database computes a figure's value from its rows, so the number and its rows cannot differ.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count, F, QuerySet, Subquery, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from registry.access.scope import Scope
from registry.kinds import KINDS, MISSING, Dimension, Kind
from registry.models import Area, Parameter
from registry.query_cache import Statement, compile_rows, fetch_rows, keep_query
from registry.text.area_codes import is_below_district

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

    `rows(scope)` are its records, of the record kind `kind`. Its measure is their number, or the sum of their `sums`
    column. With `out_of`, the slug of another figure, it is a part of a whole; if its `unit` is "%" the value is that
    share. `target` names the parameter it is compared with. `source` is its F-number. A `district_only` figure has no
    answer below a district.
    """

    slug: str
    label: Text
    unit: Text
    section: str
    source: str
    kind: str
    rows: Callable[[Scope], QuerySet]
    definition: Text
    dated: Text
    sums: str = ""
    out_of: str = ""
    target: str = ""
    single: bool = False
    decimals: int = 2
    district_only: bool = False

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

    def dimensions(self) -> tuple[Dimension, ...]:
        """The dimensions it can be grouped by: those of its rows and, for a part, also of its whole."""
        own = self.record_kind.dimensions
        return own if not self.whole else tuple(d for d in own if self.whole.record_kind.has_dimension(d.name))

    def measure(self, rows: QuerySet) -> "Measure":
        return Measure(rows, self.sums, self.single)

    def answer(self, scope: Scope) -> "Answer":
        return answer_all([self], scope)[self.slug]

    def series(self, scope: Scope, years: int = 6) -> list[tuple[date, "Answer"]]:
        """The answer at the end of each year up to the scope's day, without the empty years before the first."""
        days = [date(year, 12, 31) for year in range(scope.as_of.year - years + 1, scope.as_of.year)] + [scope.as_of]
        answers = list(zip(days, answer_days(self, [scope.at(day) for day in days]), strict=True))
        first = next((i for i, (_day, answer) in enumerate(answers) if answer.part), len(answers) - 1)
        return answers[first:]

    def by(self, dimension: str, scope: Scope) -> list[tuple[str, str, "Answer"]]:
        """(key, name, answer) for each value of a dimension that has rows, in the order of the choices or the keys."""
        parts = self._grouped(dimension, scope)
        wholes = self.whole._grouped(dimension, scope) if self.whole else {}
        names = names_of(self.record_kind.dimension(dimension), {*parts, *wholes})
        return [
            (key, name, Answer.of(self, scope, parts.get(key, 0), wholes.get(key, 0) if self.whole else None))
            for key, name in names.items()
        ]

    def _grouped(self, dimension: str, scope: Scope) -> dict[str, Any]:
        return {key or MISSING: value for key, value in fetch_rows(_grouping(self.slug, dimension, scope))}


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


class Measure(Subquery):
    """The number of rows, or the sum of their column `sums`, as one value inside a larger query."""

    def __init__(self, rows: QuerySet, sums: str = "", single: bool = False, **extra):
        if sums:
            aggregate = "MIN(measured_value)" if single else "COALESCE(SUM(measured_value), 0)"
            self.template = f"(SELECT {aggregate} FROM (%(subquery)s) measured)"
            rows = rows.order_by().values(measured_value=F(sums))
        else:
            self.template = "(SELECT COUNT(*) FROM (%(subquery)s) measured)"
            rows = rows.order_by().values("pk")
        super().__init__(rows, **extra)


@dataclass(frozen=True)
class Answer:
    """The answer of a figure for one scope. `part`, `whole`: the measures; `value`: the share in percent or the part;
    `target` and `gap` in the figure's own unit (for a share, percentage points). `value` is None if the whole is zero
    or, for a sum, if there are no rows."""

    figure: Figure
    scope: Scope
    value: Number | None
    part: Number | None
    whole: Number | None
    target: Number | None = None

    @classmethod
    def of(cls, figure: Figure, scope: Scope, part: Any, whole: Any = None, target: Any = None) -> "Answer":
        if figure.district_only and is_below_district(scope.area):
            part = None
        part, whole, target = plain(part), plain(whole), plain(target)
        if figure.is_share:
            value = round(part * 100 / whole, 2) if whole else None
        else:
            value = part
        return cls(figure, scope, value, part, whole, target)

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
    """Answers of `figures` by slug, in one query."""
    figures = list(figures)
    slugs = dict.fromkeys(
        [figure.slug for figure in figures]
        + [figure.out_of for figure in figures if figure.out_of]
        + [figure.target for figure in figures if figure.target]
    )
    numbers = dict(zip(slugs, _ask(tuple((slug, scope) for slug in slugs)), strict=True))
    return {
        figure.slug: Answer.of(
            figure, scope, numbers[figure.slug], numbers.get(figure.out_of), numbers.get(figure.target)
        )
        for figure in figures
    }


def answer_days(figure: Figure, scopes: list[Scope]) -> list[Answer]:
    """The figure's answers for several scopes, in one query; without targets."""
    parts = [(figure.slug, scope) for scope in scopes]
    wholes = [(figure.out_of, scope) for scope in scopes] if figure.out_of else []
    numbers = _ask((*parts, *wholes))
    return [
        Answer.of(figure, scope, numbers[number], numbers[len(parts) + number] if wholes else None)
        for number, scope in enumerate(scopes)
    ]


def counted_in(kind: str, code: str, scope: Scope) -> list[Figure]:
    """The figures that a record counts in, in one query."""
    figures = [figure for figure in FIGURES.values() if figure.kind == kind]
    if not figures:
        return []
    counts = _fetch(*_compiled([Measure(figure.rows(scope).filter(code=code)) for figure in figures]))
    return [figure for figure, count in zip(figures, counts, strict=True) if count]


def _ask(measures: tuple[tuple[str, Scope], ...]) -> tuple:
    """The measure of each figure (or the value of each target) in its scope, in one query."""
    return _fetch(*_statement(measures))


# Compiled queries are cached, because compiling costs more than running them. They depend only on the declarations and
# the scopes, never on data: the viewer's permissions are part of a scope's identity.


@keep_query
def _statement(measures: tuple[tuple[str, Scope], ...]) -> Statement:
    return _compiled(
        [
            FIGURES[slug].measure(FIGURES[slug].rows(scope)) if slug in FIGURES else _target(slug, scope)
            for slug, scope in measures
        ]
    )


@keep_query
def _grouping(slug: str, dimension: str, scope: Scope) -> Statement:
    figure = FIGURES[slug]
    key = figure.record_kind.dimension(dimension).on(scope)
    measure = Sum(figure.sums) if figure.sums else Count("pk")
    cells = figure.rows(scope).order_by().annotate(by_key=key).values("by_key").annotate(by_measure=measure)
    return compile_rows(cells.values_list("by_key", "by_measure"))


def _target(rule: str, scope: Scope) -> Subquery:
    return Parameter.objects.value_on(rule, scope.as_of)


def _compiled(measures: list[Subquery]) -> Statement:
    names = [f"m{number}" for number in range(len(measures))]
    one_row = Area.objects.unscoped("any one row to ask from").order_by()
    query = one_row.annotate(**dict(zip(names, measures, strict=True))).values_list(*names)[:1].query
    return query.sql_with_params()


def _fetch(sql: str, parameters: tuple) -> tuple:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        row = cursor.fetchone()
    if row is None:
        raise LookupError("the registry holds no areas: load them first")
    return row


FIGURES: dict[str, Figure] = {}


def declare(*figures: Figure) -> None:
    for figure in figures:
        if figure.slug in FIGURES:
            raise ValueError(f"the figure {figure.slug} is declared twice")
        if figure.kind not in KINDS:
            raise ValueError(f"the figure {figure.slug} counts rows of an unknown kind: {figure.kind}")
        FIGURES[figure.slug] = figure
