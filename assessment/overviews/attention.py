"""What needs attention in assessment: rounds, notices, appeals, projects, findings, talks, links to proof."""

from datetime import timedelta

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from assessment import models as a
from assessment.overviews.supervision import warnings
from registry.access.scope import Scope
from registry.models import Area, PointStatus
from registry.overviews.attention import Check, Concern, declare_checks

SOON = timedelta(days=14)


def _rounds(scope: Scope, status: str) -> QuerySet:
    return scope.sees(a.Review).standing(status).filter(round=a.Round.APPLICATION)


def _closings(**more: bool | None) -> Exists:
    return Exists(a.LedgerEntry.objects.filter(project=OuterRef("pk"), stage=a.LedgerStage.CLOSE, **more))


def _near_a_talk(scope: Scope) -> QuerySet:
    """Townships that one more overdue finding brings to a talk, or that are there."""
    near = [warning.township.pk for warning in warnings(scope.area, scope.as_of) if warning.left <= 1]
    return Area.objects.public().filter(pk__in=near)


declare_checks(
    Check(
        "rounds-to-score",
        _("Applications to be scored"),
        Concern.WAITING,
        lambda s: _rounds(s, PointStatus.CHECKED),
        area="point__area_id",
        since="opened_on",
        begun="opened_on__year",
    ),
    Check(
        "rounds-to-notice",
        _("Scored points to be put on public notice"),
        Concern.WAITING,
        lambda s: _rounds(s, PointStatus.SCORED).filter(notice=None),
        area="point__area_id",
        since="scored_on",
        begun="scored_on__year",
    ),
    Check(
        "rounds-to-name",
        _("Points whose notice has ended, to be decided"),
        Concern.WAITING,
        lambda s: _rounds(s, PointStatus.NOTICE).filter(notice__ends_on__lt=s.as_of),
        area="point__area_id",
        since="notice__ends_on",
        begun="notice__ends_on__year",
    ),
    Check(
        "appeals-open",
        _("Appeals to be answered"),
        Concern.WAITING,
        lambda s: a.Appeal.objects.filter(result__in=s.sees(a.SchemeResult), settled_on=None),
        area="result__area_id",
        since="made_on",
        begun="made_on__year",
    ),
    Check(
        "projects-to-sign",
        _("Ledgers handed in, to be signed off"),
        Concern.WAITING,
        lambda s: s.sees(a.SecretaryProject).filter(_closings(signed_on=None, by__isnull=False)),
        kind="projects",
        begun="year",
    ),
    Check(
        "projects-not-handed-in",
        _("Ledgers opened and not handed in"),
        Concern.WAITING,
        lambda s: s.sees(a.SecretaryProject).opened(s.as_of).filter(~_closings()),
        kind="projects",
        since="opened_on",
        due="deadline",
        begun="year",
        at_year_end=True,
    ),
    Check(
        "notices-running",
        _("Points on a public notice that runs"),
        Concern.WAITING,
        lambda s: _rounds(s, PointStatus.NOTICE).filter(notice__ends_on__gte=s.as_of),
        area="point__area_id",
        since="notice__starts_on",
        begun="notice__starts_on__year",
        at_year_end=True,
    ),
    Check(
        "findings-open",
        _("Findings of supervision that are not closed"),
        Concern.WAITING,
        lambda s: s.sees(a.SupervisionFinding).exclude(done=True),
        since="inspected_on",
        due="deadline",
        begun="inspected_on__year",
        at_year_end=True,
    ),
    Check(
        "projects-overdue",
        _("Secretary projects past their deadline"),
        Concern.OVERDUE,
        lambda s: s.sees(a.SecretaryProject).opened(s.as_of).filter(~_closings(), deadline__lt=s.as_of),
        kind="projects",
        since="deadline",
    ),
    Check(
        "findings-overdue",
        _("Findings not put right in time"),
        Concern.OVERDUE,
        lambda s: s.sees(a.SupervisionFinding).overdue(s.as_of),
        since="deadline",
        begun="inspected_on__year",
    ),
    Check(
        "talks-near",
        _("Townships at or near a talk"),
        Concern.OVERDUE,
        _near_a_talk,
        kind="townships",
        area="code",
    ),
    Check(
        "packs-expiring",
        _("Links to proof that end within two weeks"),
        Concern.OVERDUE,
        lambda s: s.sees(a.InspectionPack).filter(revoked_at=None, expires_on__range=(s.as_of, s.as_of + SOON)),
        since="expires_on",
    ),
)
