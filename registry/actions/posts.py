"""Hands the post of an account over to its successor: the leaving side proposes it, the successor confirms it. What
belongs to the role and the area goes with them; drafts and files that wait for the account get the successor."""

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from registry.access.permissions import may
from registry.models import Proposal, ProposalOutcome, ProposedAct, User
from registry.overviews.post import drafts_of, loads_of, post_of
from registry.text.refusals import Refused, raise_first

from . import proposals
from .records import ChangeSet, locked

MANAGE = "account.manage"


def successors_of(account: User) -> QuerySet[User]:
    """The accounts that can take over: active, of the same role, with the same or a wider area."""
    rows = User.objects.filter(is_active=True, is_superuser=False, role=account.role).exclude(pk=account.pk)
    read, write = _containing(account.read_prefix), _containing(account.write_prefix)
    return rows.filter(read_prefix__in=read, write_prefix__in=write).order_by("display_name", "username")


def _containing(prefix: str) -> list[str]:
    """The codes of the area and of those that contain it; without an area none is needed."""
    return [prefix[:length] for length in range(1, len(prefix) + 1)] if prefix else [""]


def refusals_to_propose(account: User, *, by: Any, successor: User | None = None) -> Iterator[Refused]:
    """All refusals against `by` proposing to hand the post of `account` over."""
    if account != by and not may(by, MANAGE, account):
        yield Refused("not_allowed")
    if successor is not None and not successors_of(account).filter(pk=successor.pk).exists():
        yield Refused("successor_unfit", name=successor)


def propose_hand_over(account: User, successor: User, *, reason: str = "", by: Any) -> Proposal:
    """The leaving side, the account itself or one above it, names the successor. Raises Refused."""
    raise_first(refusals_to_propose(account, by=by, successor=successor))
    values = {"account": account.pk, "successor": successor.pk}
    return proposals.propose(ProposedAct.HAND_OVER, account.username, values=values, reason=reason, by=by)


def refusals_to_confirm(proposal: Proposal, *, by: Any) -> Iterator[Refused]:
    """Only the successor takes a post over."""
    if proposal.values["successor"] != by.pk:
        yield Refused("not_allowed")
    yield from proposals.refusals_to_confirm(proposal, by=by)


@transaction.atomic
def confirm_hand_over(proposal: Proposal, *, by: Any) -> User:
    """The successor takes over: it becomes a writer of the open drafts, and the waiting files are its own. Who wrote a
    draft stays named as well: nobody checks the own work. Returns the account that left. Raises Refused."""
    raise_first(refusals_to_confirm(proposal, by=by))
    account = locked(User.objects.get(pk=proposal.values["account"]))
    if not successors_of(account).filter(pk=by.pk).exists():
        raise Refused("successor_unfit", name=by)
    proposals.settle(proposal, ProposalOutcome.CONFIRMED, by=by)
    open_matters = post_of(account).summary
    for draft in drafts_of(account):
        draft.writers.add(by)
    loads_of(account).update(by=by)
    changes = {name: [values, str(by)] for name, values in open_matters.items() if values}
    log = ChangeSet(by, proposal.reason).log
    log("hand-over", account, {"successor": [str(account), str(by)], "proposed_by": [None, str(proposal.proposed_by)]}
        | changes)  # fmt: skip
    return account
