"""Declares a yearly form complete; closes a year, which freezes its figures: one account proposes it, another confirms
what it saw. A year is never reopened; closing it again adds an edition."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from registry.access.permissions import may
from registry.models import (
    FrozenFigure,
    FrozenYear,
    Proposal,
    ProposalOutcome,
    ProposedAct,
    YearDeclaration,
    district_area,
)
from registry.text.refusals import Refused, raise_first

from . import proposals
from .records import ChangeSet, save_record

RIGHT = "year.close"
CONFIRM = "year.confirm"
Taking = Callable[[int, str], Iterable[FrozenFigure]]


def refusals_to_declare(form: str, year: int, *, by: Any) -> Iterator[Refused]:
    """All refusals against declaring `form` complete for `year`."""
    if not may(by, RIGHT):
        yield Refused("not_allowed")
    if year > timezone.localdate().year:
        yield Refused("year_not_begun", year=year)
    if YearDeclaration.objects.public().filter(form=form, year=year).exists():
        yield Refused("year_declared", year=year)


@transaction.atomic
def declare_year(form: str, year: int, *, by: Any, reason: str = "") -> YearDeclaration:
    """From today, what nobody reported in `form` for `year` is a true zero. Raises Refused."""
    raise_first(refusals_to_declare(form, year, by=by))
    before = YearDeclaration.objects.with_voided().unscoped("codes are never used again").filter(form=form, year=year)
    code = f"YD-{form}-{year}" + (f"-{before.count() + 1}" if before.exists() else "")
    declaration = YearDeclaration(
        code=code, area_id=district_area(), form=form, year=year,
        declared_on=timezone.localdate(), declared_by=str(by), reason=reason,
    )  # fmt: skip
    return save_record(declaration, right=RIGHT, by=by, reason=reason)


def latest_edition(year: int) -> FrozenYear | None:
    return FrozenYear.objects.public().last_of(year).select_related("closed_by").first()


def refusals_to_close(year: int, *, by: Any, edition: int | None = None) -> Iterator[Refused]:
    """All refusals against closing `year`; `edition` is the last one that `by` saw."""
    if not may(by, RIGHT):
        yield Refused("not_allowed")
    if year >= timezone.localdate().year:
        yield Refused("year_not_over", year=year)
    last = latest_edition(year)
    if edition is not None and (last.edition if last else 0) != edition:
        yield Refused("year_closed_meanwhile", year=year, who=last.closed_by if last else "—", edition=edition + 1)


def propose_closing(year: int, take: Taking, *, by: Any, edition: int, reason: str = "") -> Proposal:
    """Proposes to close `year` with the figures as they are now. Raises Refused."""
    raise_first(refusals_to_close(year, by=by, edition=edition))
    values = {"edition": edition, "sha256": digest_of(take(year, district_area()))}
    return proposals.propose(ProposedAct.CLOSE_YEAR, year, values=values, reason=reason, by=by)


def digest_of(figures: Iterable[FrozenFigure]) -> str:
    """A hash over figures that are about to be frozen."""
    hashes = sorted(f"{figure.area_id} {figure.slug} {figure.hash}" for figure in figures)
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def refusals_to_confirm_closing(proposal: Proposal, *, by: Any) -> Iterator[Refused]:
    """All refusals against `by` confirming the proposal, but for figures that changed since."""
    if not may(by, CONFIRM):
        yield Refused("not_allowed")
    yield from proposals.refusals_to_confirm(proposal, by=by)


@transaction.atomic
def confirm_closing(proposal: Proposal, take: Taking, *, by: Any) -> FrozenYear:
    """Closes the year as it was proposed, by another account. Raises Refused, also if a figure changed since."""
    raise_first(refusals_to_confirm_closing(proposal, by=by))
    year, edition = int(proposal.subject), proposal.values["edition"]
    figures = list(take(year, district_area()))
    if digest_of(figures) != proposal.values["sha256"]:
        raise Refused("figures_changed", year=year, who=proposal.proposed_by)
    proposal = proposals.settle(proposal, ProposalOutcome.CONFIRMED, by=by)
    closing = close_year(
        year, lambda _year, _area: figures, by=proposal.proposed_by, edition=edition, reason=proposal.reason
    )
    ChangeSet(by, proposal.reason).log("confirm-closing", closing, {"hash": [None, closing.hash]})
    return closing


def close_year(year: int, take: Taking, *, by: Any, edition: int, reason: str = "") -> FrozenYear:
    """Freezes the figures of `take(year, district)` as the edition after `edition`: the second half of
    `confirm_closing`. Raises Refused."""
    raise_first(refusals_to_close(year, by=by, edition=edition))
    try:
        with transaction.atomic():
            return _close(year, take, by, edition, reason)
    except IntegrityError:  # two at once: the edition exists
        for refusal in refusals_to_close(year, by=by, edition=edition):
            raise refusal from None
        raise


def _close(year: int, take: Taking, by: Any, edition: int, reason: str) -> FrozenYear:
    now, before = timezone.now(), latest_edition(year)
    closing = FrozenYear(
        code=f"FY-{year}-{edition + 1}", area_id=district_area(), year=year, edition=edition + 1,
        closed_at=now, closed_on=timezone.localdate(now), closed_by=by, hash="", remark=reason,
    )  # fmt: skip
    figures = sorted(take(year, district_area()), key=lambda figure: (figure.area_id, figure.slug))
    closing.hash = closing.hash_over([figure.hash for figure in figures], before.hash if before else "")
    closing.save()
    for figure in figures:
        figure.frozen = closing
    FrozenFigure.objects.bulk_create(figures, batch_size=200)
    ChangeSet(by, reason).log("close-year", closing, {"hash": [before.hash if before else None, closing.hash]})
    return closing
