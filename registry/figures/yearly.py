"""The years that yearly figures answer for. A year of a yearly form is reported when every unit that owes a row has
one, or when the form was declared complete for it; until then it has a coverage."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import CharField, Exists, OuterRef, QuerySet, Subquery, Value
from django.utils.functional import Promise

from registry.access.scope import NEVER, Scope
from registry.models import Area, YearDeclaration, YearlyFormName, district_area
from registry.models.base import in_area_q
from registry.query_cache import Statement, compile_rows, fetch_rows, keep_query

from .measures import Measure, compile_numbers, fetch_numbers


@dataclass(frozen=True, eq=False)
class YearlyForm:
    """What is reported once a year. `rows()` are its rows of all years, each with its `year`, the `unit` (area code) it
    is reported for and the day `reported_on`; `owed(day)` are the areas that owe a row, None if nobody does."""

    slug: str
    units: str | Promise
    rows: Callable[[], QuerySet]
    owed: Callable[[date], QuerySet] | None = None

    @property
    def label(self) -> str:
        return str(YearlyFormName(self.slug).label)

    def missing(self, scope: Scope, year: int) -> QuerySet:
        """The areas that owe a row of `year` and have none by the scope's day."""
        return self._owed(scope, year).filter(~self._has_row(scope.as_of, year))

    def reported(self, scope: Scope, year: int) -> QuerySet:
        """The areas that owe a row of `year` and have one by the scope's day."""
        return self._owed(scope, year).filter(self._has_row(scope.as_of, year))

    def owed_in(self, year: int, today: date) -> QuerySet:
        """The areas of the registry that owe a row of `year`: those that exist at its end, or today if it is not
        over."""
        rows = self.owed(min(today, date(year, 12, 31))) if self.owed else Area.objects.public().filter(pk="")
        return rows.filter(in_area_q(district_area(), "code"))

    def _owed(self, scope: Scope, year: int) -> QuerySet:
        return self.owed_in(year, scope.as_of).filter(in_area_q(scope.area, "code")).order_by("code")

    def _has_row(self, as_of: date, year: int) -> Exists:
        return Exists(self.rows().filter(year=year, reported_on__lte=as_of, unit=OuterRef("pk")))


@dataclass(frozen=True)
class Coverage:
    """How far a year of a form is reported in an area: by `reported` of the `expected` units; both None for a form that
    nobody owes, which only a declaration makes complete."""

    form: YearlyForm
    year: int
    reported: int | None
    expected: int | None
    is_declared: bool = False

    @property
    def missing(self) -> int | None:
        return None if self.expected is None or self.reported is None else self.expected - self.reported


YEARLY_FORMS: dict[str, YearlyForm] = {}


def declare_form(*forms: YearlyForm) -> None:
    YEARLY_FORMS.update({form.slug: form for form in forms})


def with_years(scope: Scope) -> Scope:
    """The scope with the year that each yearly form answers for: the newest that is reported by the scope's day, or the
    year asked for. It is the same in each area, so that the parts of a district add up."""
    return scope if scope.years is not None else all_with_years([scope])[0]


def all_with_years(scopes: list[Scope]) -> list[Scope]:
    """`with_years` of scopes of several days, looked up once."""
    if all(scope.years is not None for scope in scopes):
        return scopes
    days = [scope.as_of for scope in scopes]
    reported = _looked_up(scopes[0], min(days), max(days))
    return [
        replace(scope, years=tuple((form, _year(scope, reported[form])) for form in YEARLY_FORMS))
        if scope.years is None
        else scope
        for scope in scopes
    ]


def year_by_year(scope: Scope, form: str, years: Iterable[int]) -> list[Scope]:
    """The scope once for each of the years of a form, as far as they are reported by the scope's day."""
    reported = _looked_up(scope, date.min, scope.as_of)[form]
    others = {slug: year for slug, year in scope.years or () if slug != form}
    of_years = [replace(scope, year=year) for year in years]
    return [replace(one, years=tuple((others | {form: _year(one, reported)}).items())) for one in of_years]


def _year(scope: Scope, reported: dict[int, date]) -> int:
    years = [year for year, day in reported.items() if day <= scope.as_of and year <= scope.as_of.year]
    if scope.year:
        return scope.year if scope.year in years else NEVER
    return max(years, default=NEVER)


ReportDays = dict[str, dict[int, date]]


def _looked_up(scope: Scope, first: date, last: date) -> ReportDays:
    """`report_days`, once a request for a range of days."""
    if scope.lookups is None:
        return report_days(first, last)
    known_first, known_last, days = scope.lookups.get("report_days", (date.max, date.min, {}))
    if known_first > first or known_last < last:
        first, last = min(known_first, first), max(known_last, last)
        days = report_days(first, last)
        scope.lookups["report_days"] = (first, last, days)
    return days


def look_up_all_years(scope: Scope) -> None:
    """Looks up all years at once, for a page that shows several days and the series of years."""
    _looked_up(scope, date.min, scope.as_of)


def report_days(first: date, last: date) -> ReportDays:
    """For each form the day by which each year was reported: the day of the last row that was owed, or of the
    declaration. Years after that of `last`, and those before the newest that was declared by `first`, are left out."""
    days: ReportDays = {form: {} for form in YEARLY_FORMS}
    for form, year, day in YearDeclaration.objects.public().values_list("form", "year", "declared_on"):
        days.setdefault(form, {})[year] = day
    bounds = tuple(
        (form, max((year for year, day in days[form].items() if day <= first), default=NEVER), last.year)
        for form, declared in YEARLY_FORMS.items()
        if declared.owed
    )
    for (form, year), day in _complete(bounds, date.today()).items():
        days[form][year] = min(day, days[form].get(year, day))
    return days


def _complete(bounds: tuple[tuple[str, int, int], ...], today: date) -> dict[tuple[str, int], date]:
    """The years, after the first and up to the second of a form's bounds, in which nothing is missing, with the day
    of the last row that was owed."""
    years = tuple((form, int(year)) for form, year in fetch_rows(_years_with_rows(bounds))) if bounds else ()
    if not years:
        return {}
    numbers = fetch_numbers(_missing_and_last(years, today))
    pairs = zip(years, numbers[::2], numbers[1::2], strict=True)
    return {(form, year): read_date(last) for (form, year), missing, last in pairs if not missing and last}


def read_date(value: Any) -> date:
    """A day from the database, which SQLite gives as a text."""
    return date.fromisoformat(value) if isinstance(value, str) else value


@keep_query
def _years_with_rows(bounds: tuple[tuple[str, int, int], ...]) -> Statement:
    first, *others = [
        YEARLY_FORMS[form]
        .rows()
        .order_by()
        .filter(year__gt=after, year__lte=until)
        .annotate(form=Value(form, CharField()))
        .values_list("form", "year")
        .distinct()
        for form, after, until in bounds
    ]
    return compile_rows(first.union(*others, all=True))


@keep_query
def _missing_and_last(years: tuple[tuple[str, int], ...], today: date) -> Statement:
    measures: list[Subquery] = []
    for form, year in years:
        owed, rows = YEARLY_FORMS[form].owed_in(year, today), YEARLY_FORMS[form].rows().order_by().filter(year=year)
        own = rows.filter(unit=OuterRef("pk"))
        measures.append(Measure(owed.filter(~Exists(own))))
        measures.append(LastDay(owed.annotate(first=Subquery(own.order_by("reported_on").values("reported_on")[:1]))))
    return compile_numbers(measures)


class LastDay(Subquery):
    """The last of the days `first` of its rows."""

    template = "(SELECT MAX(first) FROM (%(subquery)s) days)"

    def __init__(self, rows: QuerySet, **extra: Any) -> None:
        super().__init__(rows.order_by().values("first"), **extra)


def coverages_of(forms: Iterable[str], scope: Scope) -> dict[str, Coverage]:
    """The coverage of each form whose figures do not answer for the scope's year, or the year asked for. One query."""
    year = scope.year or scope.as_of.year
    open_forms = tuple(form for form in forms if scope.year_of(form) != year)
    if not open_forms:
        return {}
    return _coverages(open_forms, scope, year)


def coverages_in(forms: Iterable[str], scope: Scope, year: int) -> dict[str, Coverage]:
    """The coverage of forms for a year, reported or not. Two queries."""
    declared = YearDeclaration.objects.public().filter(year=year, declared_on__lte=scope.as_of)
    return _coverages(tuple(forms), scope, year, frozenset(declared.values_list("form", flat=True)))


def _coverages(
    forms: tuple[str, ...], scope: Scope, year: int, declared: frozenset[str] = frozenset()
) -> dict[str, Coverage]:
    numbers = fetch_numbers(_coverage(forms, year, replace(scope, years=None, year=None)))
    coverages = {}
    for slug, reported, missing in zip(forms, numbers[::2], numbers[1::2], strict=True):
        form = YEARLY_FORMS[slug]
        done, expected = (reported, reported + missing) if form.owed else (None, None)
        coverages[slug] = Coverage(form, year, done, expected, slug in declared)
    return coverages


@keep_query
def _coverage(forms: tuple[str, ...], year: int, scope: Scope) -> Statement:
    declared = [YEARLY_FORMS[form] for form in forms]
    return compile_numbers(
        [Measure(rows) for form in declared for rows in (form.reported(scope, year), form.missing(scope, year))]
    )
