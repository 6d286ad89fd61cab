"""What needs attention: what lies below its target, is not reported, waits, is overdue, or looks odd. Each check is
declared once by its rows; pages count them by township and open them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, partial
from typing import Any

from django.db.models import CharField, Count, F, Min, OuterRef, QuerySet, Subquery, TextChoices, Value
from django.db.models.functions import Cast, ExtractYear, Substr
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from registry import models as m
from registry.access.scope import NEVER, Scope
from registry.figures import YEARLY_FORMS, YearlyForm, with_years
from registry.figures.measures import total
from registry.models.generation import fetch_once
from registry.models.points import COUNTED
from registry.query_cache import Statement, compile_rows, fetch_rows, keep_query
from registry.text.area_codes import unit_length

REMINDED_FROM = (11, 1)  # the day of the year from which a year that is not reported needs attention
LEAP = 3  # an income that is more than three times that of the year before, or less than a third


class Concern(TextChoices):
    """What is the matter with the rows of a check."""

    TARGET = "target", _("Below target")
    COVERAGE = "coverage", _("Not reported")
    WAITING = "waiting", _("Waiting")
    OVERDUE = "overdue", _("Overdue")
    QUALITY = "quality", _("Late, empty or odd values")


@dataclass(frozen=True)
class Check:
    """A kind of concern. `rows(scope)` are the records it concerns, of the record kind `kind` if they have pages of
    their own there; `area` is the path to their area code, `since` that to the day they wait or are overdue since,
    `due` the field with the day they are due, if they have one. The public sees only what is `public`. `begun` is the
    path to the year the matter belongs to: what is still open of an old year is asked at the turn of the year; a check
    `at_year_end` is asked only then. One `of_points` looks at each named point, and at nothing but points: it is
    counted once until the data change."""

    slug: str
    label: str | Promise = field(compare=False)
    concern: Concern
    rows: Callable[[Scope], QuerySet]
    kind: str = ""
    area: str = "area_id"
    since: str = ""
    due: str = ""
    public: bool = False
    begun: str = ""
    at_year_end: bool = False
    of_points: bool = False

    def rows_in(self, scope: Scope) -> QuerySet:
        """The rows in the scope; of a year that was asked for, those that belong to it or to one before."""
        rows = self.rows(scope)
        return rows.filter(**{f"{self.begun}__lte": scope.year}) if self.begun and scope.year else rows


@dataclass(frozen=True)
class Finding:
    """How many rows a check concerns, by township, and the day the oldest waits since."""

    check: Check
    by_township: dict[str, int]
    oldest: date | None

    @property
    def count(self) -> int:
        return sum(self.by_township.values())


CHECKS: dict[str, Check] = {}


def declare_checks(*checks: Check) -> None:
    CHECKS.update({check.slug: check for check in checks})


def checks_of(scope: Scope, public: bool) -> list[Check]:
    """All checks, those of the yearly forms included; for the public only what is public."""
    years = {form: due_year(form, scope) for form in YEARLY_FORMS.values() if form.owed}
    forms = [_check_of(form, year) for form, year in years.items() if year != NEVER]
    return [check for check in (*forms, *CHECKS.values()) if check.public or not public]


def _check_of(form: YearlyForm, year: int) -> Check:
    label = _("%(form)s of %(year)s") % {"form": form.label, "year": year}
    return Check(
        f"missing-{form.slug}", label, Concern.COVERAGE, _missing(form, year), kind="areas", area="code", public=True
    )


@cache
def _missing(form: YearlyForm, year: int) -> Callable[[Scope], QuerySet]:
    """Made once, so that the checks of two requests are equal."""
    return partial(form.missing, year=year)


@dataclass(frozen=True)
class Counting:
    """Stands for an account of the staff where rows are counted and not shown: it reads all of its area."""

    read_prefix: str
    reads_everything: bool
    role: str = "counting"
    is_authenticated: bool = True
    reads_published_only: bool = False
    fills_in_drafts: bool = True  # it counts the open drafts too, and shows them to nobody


def attention(scope: Scope, public: bool = False, concerns: Iterable[Concern] = ()) -> list[Finding]:
    """The checks that concern any row in the scope; `public` leaves out what the staff alone sees."""
    wanted = set(concerns)
    checks = [check for check in checks_of(with_years(scope), public) if not wanted or check.concern in wanted]
    return count_checks([check for check in checks if not check.at_year_end], scope, public)


def open_of_year(scope: Scope) -> list[Finding]:
    """What is still open on the scope's day of the scope's year and of those before."""
    return count_checks([check for check in CHECKS.values() if check.begun], scope)


def count_checks(checks: list[Check], scope: Scope, public: bool = False) -> list[Finding]:
    """Those of `checks` that concern any row. The staff counts all rows of its area, also those that an
    account may not open."""
    if not checks:
        return []
    if not public:
        scope = replace(scope, viewer=Counting(scope.viewer.read_prefix, scope.viewer.reads_all_areas))
    scope = with_years(scope)
    found: dict[int, dict[str, int]] = defaultdict(dict)
    oldest: dict[int, str] = {}
    for number, township, count, since in _counted(checks, scope, public):
        found[number][township] = count
        if since:
            oldest[number] = min(since, oldest.get(number, since))
    order = list(Concern)
    findings = [
        Finding(check, found[number], date.fromisoformat(oldest[number][:10]) if number in oldest else None)
        for number, check in enumerate(checks)
        if number in found
    ]
    return sorted(findings, key=lambda finding: order.index(finding.check.concern))


def _counted(checks: list[Check], scope: Scope, public: bool) -> Iterator[tuple[int, str, int, str]]:
    """(number of the check, township, number of rows, day of the oldest), in one query and one of the points."""
    numbered = list(enumerate(checks))
    of_points = tuple((number, check) for number, check in numbered if check.of_points)
    others = tuple((number, check) for number, check in numbered if not check.of_points)
    if others:
        yield from fetch_rows((_kept_counting if public else _counting)(others, scope))
    if of_points:
        yield from fetch_once(_counting(of_points, scope))


def _counting(checks: tuple[tuple[int, Check], ...], scope: Scope) -> Statement:
    first, *others = [_counts(number, check, scope) for number, check in checks]
    return compile_rows(first.union(*others, all=True) if others else first)


_kept_counting = keep_query(_counting)  # the checks of the public look nothing up for what they ask


def _counts(number: int, check: Check, scope: Scope) -> QuerySet:
    since = Cast(Min(check.since), CharField()) if check.since else Value("")
    concerned = check.rows_in(scope).order_by().values("pk")
    rows = concerned.model._base_manager.filter(pk__in=concerned).order_by()
    rows = rows.annotate(at_township=Substr(check.area, 1, unit_length(scope.area))).values("at_township")
    rows = rows.annotate(check_number=Value(number), rows_found=Count("pk"), oldest_day=since)
    return rows.values_list("check_number", "at_township", "rows_found", "oldest_day")


def due_rows(scope: Scope) -> list[tuple[date, Check, Any]]:
    """(day, check, row) of what the viewer may see in the scope and is due on a day, the earliest first."""
    rows = [
        (getattr(row, check.due), check, row) for check in CHECKS.values() if check.due for row in check.rows_in(scope)
    ]
    return sorted(rows, key=lambda due: (due[0] or date.max, due[1].slug, due[2].pk))


def year_to_report(day: date) -> int:
    """The year that yearly forms should be reported for by `day`: this year towards its end, else the last."""
    return day.year if (day.month, day.day) >= REMINDED_FROM else day.year - 1


def due_year(form: YearlyForm, scope: Scope) -> int:
    """The year of a form that should be reported by the scope's day and is not; NEVER if it is reported."""
    year = year_to_report(scope.as_of)
    return year if with_years(scope).year_of(form.slug) < year else NEVER


def _below_target(scope: Scope) -> QuerySet:
    """Townships with points whose premium rate lies below the target of the day (F08)."""
    target = m.Parameter.objects.value_on("premium-rate-target", scope.as_of)
    rows = m.PointTally.objects.standing(scope.as_of, OuterRef("code"), unit_length(scope.area))
    premium = [part.filter(grade=m.Grade.PREMIUM) for part in rows]
    units = m.Area.objects.public().units(scope.as_of, scope.area)
    units = units.annotate(of_hundred=total(premium, "change") * 100, points=total(rows, "change"), target=target)
    return units.filter(points__gt=0, of_hundred__lt=F("points") * F("target"))


def _belts(scope: Scope) -> QuerySet:
    return scope.sees(m.Belt).built(scope.as_of).with_point_counts(scope.as_of)


def _minimum(scope: Scope) -> Subquery:
    return m.Parameter.objects.value_on("belt-minimum", scope.as_of)


def _named(scope: Scope) -> QuerySet:
    """Named points, which everybody sees."""
    return m.DemonstrationPoint.objects.in_area(scope.area).named(scope.as_of)


def _without_paper(scope: Scope) -> QuerySet:
    """Points whose title of the day lacks its paper; few, so they are looked up by their periods."""
    periods = m.StatusPeriod.objects.filter(m.valid_on(scope.as_of), status__in=COUNTED, paper_pending=True)
    return _named(scope).filter(pk__in=periods.values("point"))


def _leaping(scope: Scope) -> QuerySet:
    """Incomes of the newest year that are far from those of the year before."""
    year = with_years(scope).year_of("incomes")
    before = m.CollectiveIncome.objects.public().filter(area=OuterRef("area"), year=year - 1).values("amount_yuan")[:1]
    rows = scope.sees(m.CollectiveIncome).reported(scope.as_of).filter(year=year).annotate(before=Subquery(before))
    return rows.filter(before__gt=0).exclude(amount_yuan__gte=F("before") / LEAP, amount_yuan__lte=F("before") * LEAP)


def _reported_late(scope: Scope) -> QuerySet:
    """Incomes that were reported more than a month after the end of their year."""
    rows = scope.sees(m.CollectiveIncome).reported(scope.as_of).annotate(reported_in=ExtractYear("reported_on"))
    late = rows.filter(reported_in__gt=F("year") + 1) | rows.filter(reported_in=F("year") + 1, reported_on__month__gt=1)
    return late.filter(year__gte=scope.as_of.year - 1)


declare_checks(
    Check(
        "townships-below-target",
        _("Townships below the premium target"),
        Concern.TARGET,
        _below_target,
        kind="townships",
        area="code",
        public=True,
    ),
    Check(
        "belts-short",
        _("Belts that do not qualify"),
        Concern.TARGET,
        lambda s: _belts(s).filter(premium_points__lt=_minimum(s)),
        kind="belts",
        public=True,
    ),
    Check(
        "belts-at-minimum",
        _("Belts with not one premium point to spare"),
        Concern.TARGET,
        lambda s: _belts(s).filter(premium_points=_minimum(s)),
        kind="belts",
        public=True,
    ),
    Check(
        "points-without-position",
        _("Points without a position"),
        Concern.QUALITY,
        lambda s: _named(s).filter(lng=None),
        kind="points",
        of_points=True,
    ),
    Check(
        "points-without-highlights",
        _("Points without highlights"),
        Concern.QUALITY,
        lambda s: _named(s).filter(highlights=""),
        kind="points",
        of_points=True,
    ),
    Check(
        "points-without-paper",
        _("Titles whose paper is still to be added"),
        Concern.QUALITY,
        _without_paper,
        kind="points",
        of_points=True,
    ),
    Check(
        "points-unconfirmed",
        _("Points not confirmed this year"),
        Concern.QUALITY,
        lambda s: m.DemonstrationPoint.objects.in_area(s.area).to_confirm(s.as_of),
        kind="points",
        of_points=True,
    ),
    Check(
        "incomes-leaping",
        _("Incomes more than three times, or less than a third, of the year before"),
        Concern.QUALITY,
        _leaping,
        kind="incomes",
    ),
    Check(
        "incomes-late",
        _("Incomes reported more than a month after their year"),
        Concern.QUALITY,
        _reported_late,
        kind="incomes",
        since="reported_on",
    ),
    Check(
        "organisations-without-members",
        _("Party organisations without a number of members"),
        Concern.QUALITY,
        lambda s: s.sees(m.PartyOrganisation).existing(s.as_of).filter(member_count=None),
        kind="organisations",
    ),
    Check(
        "remarks-waiting",
        _("Remarks from the public to be answered"),
        Concern.WAITING,
        lambda s: s.sees(m.Remark).open(),
        since="made_at",
        due="due_on",
        begun="made_at__year",
    ),
    Check(
        "remarks-overdue",
        _("Remarks from the public past their day"),
        Concern.OVERDUE,
        lambda s: s.sees(m.Remark).open().filter(due_on__lt=s.as_of),
        since="due_on",
    ),
    Check(
        "bookings-asked",
        _("Groups that ask to come"),
        Concern.WAITING,
        lambda s: m.Booking.objects.visible_to(s.viewer).in_area(s.area).filter(state=m.BookingState.ASKED),
        area="site__area_id",
        since="booked_for",
        begun="booked_for__year",
    ),
    Check(
        "drafts-submitted",
        _("Applications to be checked by the township"),
        Concern.WAITING,
        lambda s: s.sees(m.Draft).filter(state=m.DraftState.SUBMITTED),
        since="submitted_at",
        begun="submitted_at__year",
    ),
    Check(
        "drafts-open",
        _("Drafts that were not submitted"),
        Concern.WAITING,
        lambda s: s.sees(m.Draft).filter(state=m.DraftState.OPEN),
        since="started_at",
        begun="started_at__year",
        at_year_end=True,
    ),
)
