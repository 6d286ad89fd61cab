"""Data for the pages of supervision: which townships are near a talk, and the findings by state."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from assessment.models import AccountabilityAction, AccountabilityKind, FindingState, SupervisionFinding
from registry.models import Area, Parameter
from registry.models.base import in_area_q
from registry.text.area_codes import township_of

RULE = "talk-overdue-findings"


@dataclass(frozen=True)
class Warning:
    """A township's distance from a talk: the overdue findings since the last one, and the number that leads to one."""

    township: Area
    overdue: int
    limit: int

    @property
    def left(self) -> int:
        return max(self.limit - self.overdue, 0)

    @property
    def fired(self) -> bool:
        return self.overdue >= self.limit


def warnings(area: str, today: date) -> list[Warning]:
    """The townships of `area` with overdue findings that no talk covered yet, the worst first."""
    limit = Parameter.objects.count_on(RULE, today, default=3)
    overdue: Counter[str] = Counter()
    talked = _last_talks(area)
    rows = SupervisionFinding.objects.unscoped("counted only").in_area(area).overdue(today)
    for code, deadline in rows.values_list("area_id", "deadline"):
        talk = talked.get(township_of(code))
        overdue[township_of(code)] += deadline is not None and (talk is None or deadline >= talk)
    places = Area.objects.unscoped("area names are public").filter(pk__in=[code for code, n in overdue.items() if n])
    late_places = [Warning(place, overdue[place.pk], limit) for place in places]
    return sorted(late_places, key=lambda warning: (-warning.overdue, warning.township.pk))


def warning_of(township: Area, today: date) -> Warning:
    """The warning of one township, also without overdue findings."""
    limit = Parameter.objects.count_on(RULE, today, default=3)
    return next(iter(warnings(township.pk, today)), Warning(township, 0, limit))


def _last_talks(area: str) -> dict[str, date]:
    """The day of the last talk in each township."""
    talks = AccountabilityAction.objects.unscoped("days only").filter(kind=AccountabilityKind.INTERVIEW)
    rows = talks.filter(in_area_q(area)).order_by("occurred_on")
    return {township_of(code): day for code, day in rows.values_list("area_id", "occurred_on")}


def findings_of(area: str, as_of: date) -> tuple[int, int]:
    """(open, closed) on a day of the findings of its year in `area`, for use in a scheme."""
    rows = SupervisionFinding.objects.unscoped("counted only").in_area(area).of_year(as_of)
    return rows.open(as_of).count(), rows.closed(as_of).count()


def by_state(findings: list[SupervisionFinding], today: date) -> list[tuple[Any, list[SupervisionFinding]]]:
    """(state, findings): first the overdue ones, under None."""
    late = [finding for finding in findings if finding.is_overdue(today)]
    groups: list[tuple[Any, list[SupervisionFinding]]] = [(None, late)]
    for state in FindingState:
        groups.append((state, [finding for finding in findings if finding.stage == state and finding not in late]))
    return groups
