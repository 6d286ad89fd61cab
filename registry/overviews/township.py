"""A township on one page: its premium points, what its belts lack, what it reported, its remarks, what is due."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from registry.access.scope import Scope
from registry.figures import FIGURES, YEARLY_FORMS, Answer, answer_all
from registry.figures.yearly import Coverage, coverages_in
from registry.models import Belt, DemonstrationPoint, Stop, Verdict

from .attention import CHECKS, Check, Finding, count_checks, due_rows, year_to_report

FIGURES_SHOWN = ("points", "premium-rate", "income-villages", "projects")
REMARK_CHECKS = ("remarks-waiting", "remarks-overdue")


@dataclass(frozen=True)
class TownshipBelt:
    """A belt through the township, its verdict, and those of its stops in the township that do not count."""

    belt: Belt
    verdict: Verdict
    not_counting: list[Stop]


@dataclass(frozen=True)
class TownshipOverview:
    """What the page of a township shows on the scope's day. `coverages` are of the year to report, by those forms that
    somebody in the township owes; `due` is (day, check, row)."""

    answers: dict[str, Answer]
    premium: list[DemonstrationPoint]
    belts: list[TownshipBelt]
    coverages: list[Coverage]
    remarks: list[Finding]
    due: list[tuple[date, Check, Any]]

    @property
    def short_belts(self) -> int:
        return sum(not belt.verdict.qualifies for belt in self.belts)


def township_overview(scope: Scope) -> TownshipOverview:
    """The overview of the township that is the area of the scope."""
    points = DemonstrationPoint.objects.visible_to(scope.viewer).in_area(scope.area)
    coverages = coverages_in(YEARLY_FORMS, scope, year_to_report(scope.as_of)).values()
    return TownshipOverview(
        answer_all([FIGURES[slug] for slug in FIGURES_SHOWN], scope),
        list(points.premium(scope.as_of).order_by("code")),
        _belts(scope),
        [coverage for coverage in coverages if coverage.expected],
        count_checks([CHECKS[slug] for slug in REMARK_CHECKS], scope),
        due_rows(scope),
    )


def _belts(scope: Scope) -> list[TownshipBelt]:
    """The belts through the township, those that lack most first."""
    rows = Belt.objects.visible_to(scope.viewer).current(scope.as_of).filter(townships=scope.area).order_by("code")
    belts = []
    for belt in rows:
        verdict = belt.verdict(scope.as_of)
        own = [stop for stop in verdict.stops if not stop.counts and stop.point.area_id.startswith(scope.area)]
        belts.append(TownshipBelt(belt, verdict, own))
    return sorted(belts, key=lambda belt: -belt.verdict.missing)
