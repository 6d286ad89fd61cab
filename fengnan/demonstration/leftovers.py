"""What the dated sample leaves open at the end of 2021, finished in January 2022, so that nothing is overdue by years.
It is not part of the sample: as of 2021 all of it is open."""

from collections.abc import Iterator
from datetime import date

from assessment.actions import schemes, supervision
from assessment.actions.projects import solved_share
from assessment.models import FindingState, LedgerEntry, LedgerStage, Scheme, SecretaryProject, SupervisionFinding
from registry.actions import bookings
from registry.models import Booking, BookingState

from .stage import Stage, Story, picture

WHY = "the demonstration finishes it"
ANNOUNCED, RECTIFIED, CHECKED, PUBLISHED = (date(2022, 1, day) for day in (5, 10, 14, 20))


def stories(stage: Stage) -> Iterator[Story]:
    for booking in Booking.objects.unscoped(WHY).open().order_by("code"):
        yield _call_off(stage, booking)
    for scheme in Scheme.objects.unscoped(WHY).filter(opened_on__isnull=False, published_on=None):
        yield _rank(stage, scheme)
    for finding in SupervisionFinding.objects.unscoped(WHY).exclude(done=True).order_by("code"):
        yield _close(stage, finding)
    opened = SecretaryProject.objects.unscoped(WHY).filter(opened_on__isnull=False)
    for project in opened.exclude(entries__stage=LedgerStage.CLOSE).order_by("code"):
        yield _hand_in(project)


def _call_off(stage: Stage, booking: Booking) -> Story:
    """The group did not come: visits do not change."""
    yield ANNOUNCED
    end = bookings.refuse if booking.state == BookingState.ASKED else bookings.cancel
    end(booking, reason="来访单位改期，未成行。（示例）", by=stage["admin"])


def _rank(stage: Stage, scheme: Scheme) -> Story:
    yield ANNOUNCED
    schemes.announce(scheme, by=stage["admin"])
    yield PUBLISHED
    schemes.publish(scheme, by=stage["admin"])


def _close(stage: Stage, finding: SupervisionFinding) -> Story:
    if finding.stage == FindingState.FOUND:
        yield ANNOUNCED
        finding = supervision.demand(
            finding, text="公示并落实开放时间（示例）", deadline=PUBLISHED, by=stage["reviewer"]
        )
    if finding.stage == FindingState.DEMANDED:
        yield RECTIFIED
        supervision.rectify(finding, text="已按要求整改。（示例）", proof=[picture(finding.pk)], by=stage["clerk"])
    yield CHECKED
    supervision.close(finding, text="复查合格，予以销号。（示例）", by=stage["reviewer"])


def _hand_in(project: SecretaryProject) -> Story:
    """Written like the ledgers of the sample, which no account wrote."""
    yield CHECKED
    LedgerEntry.objects.create(
        project=project, stage=LedgerStage.CLOSE, entered_on=CHECKED, percent=solved_share(project, CHECKED),
        text="年度交账，看实效。（示例）", difference="较承诺时限延后一个月交账。（示例）",
    )  # fmt: skip
