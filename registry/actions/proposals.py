"""What one account proposes and another confirms: proposed, withdrawn, settled."""

from collections.abc import Iterator
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from registry.models import Proposal, ProposalOutcome
from registry.text.refusals import Refused

from .records import ChangeSet, locked


def open_proposal(act: str, subject: Any) -> Proposal | None:
    return Proposal.objects.open(act).filter(subject=str(subject)).first()


def refusals_to_confirm(proposal: Proposal, *, by: Any) -> Iterator[Refused]:
    """The refusals that every act has: the proposal is settled, or it is the own one."""
    if proposal.outcome != ProposalOutcome.OPEN:
        yield Refused("proposal_settled", outcome=proposal.get_outcome_display(), who=proposal.settled_by)
    if proposal.proposed_by_id == by.pk:
        yield Refused("own_proposal")


def propose(act: str, subject: Any, *, values: dict[str, Any], reason: str = "", by: Any) -> Proposal:
    """Raises Refused if the same is proposed already."""
    try:
        with transaction.atomic():
            proposal = Proposal.objects.create(
                act=act, subject=str(subject), values=values, reason=reason, proposed_by=by
            )
            ChangeSet(by, reason).log("propose", proposal, {"act": [None, act]})
    except IntegrityError:
        other = open_proposal(act, subject)
        raise Refused("proposed_already", who=other.proposed_by if other else "—") from None
    return proposal


def settle(proposal: Proposal, outcome: str, *, by: Any) -> Proposal:
    """Inside the transaction of the act: of two who settle it, the second is refused."""
    proposal = locked(proposal)
    if proposal.outcome != ProposalOutcome.OPEN:
        raise Refused("proposal_settled", outcome=proposal.get_outcome_display(), who=proposal.settled_by)
    proposal.outcome, proposal.settled_by, proposal.settled_at = outcome, by, timezone.now()
    proposal.save()
    return proposal


@transaction.atomic
def withdraw(proposal: Proposal, *, by: Any, may_withdraw: bool) -> Proposal:
    """Takes a proposal back: who made it, or whom the act lets."""
    if proposal.proposed_by_id != by.pk and not may_withdraw:
        raise Refused("not_allowed")
    proposal = settle(proposal, ProposalOutcome.WITHDRAWN, by=by)
    ChangeSet(by).log("withdraw-proposal", proposal, {"act": [proposal.act, None]})
    return proposal
