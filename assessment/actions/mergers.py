"""What of assessment goes to the successor of a merged village: what is still open on the day."""

from datetime import date
from functools import partial

from django.db.models import QuerySet

from assessment.models import InspectionPack, ProjectProblem, SecretaryProject, SupervisionFinding
from registry.actions.mergers import MERGED, Moving, declare_moving, on_or_after, until_after


def _projects(day: date) -> QuerySet:
    return SecretaryProject.objects.unscoped(MERGED).filter(year__gte=day.year)


def _findings(day: date) -> QuerySet:
    rows = SupervisionFinding.objects.unscoped(MERGED)
    return rows.open(day) | rows.filter(inspected_on__gte=day)


declare_moving(
    Moving(SecretaryProject, _projects),
    Moving(ProjectProblem, partial(until_after, ProjectProblem, "solved_on")),
    Moving(SupervisionFinding, _findings),
    Moving(InspectionPack, partial(on_or_after, InspectionPack, "expires_on")),
)
