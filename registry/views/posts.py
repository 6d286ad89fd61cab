"""The post of an account, handed over: what is open in it, who takes over, and the word of both."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.access.permissions import may
from registry.access.requests import SignedInRequest
from registry.actions import posts as acts
from registry.actions import proposals
from registry.forms import Typed
from registry.models import Proposal, ProposalOutcome, ProposedAct, User
from registry.overviews.post import post_of
from registry.text.refusals import Refused
from registry.text.validators import line

from .access import asks_for


class HandOverForm(forms.Form):
    successor = forms.ModelChoiceField(label=gettext_lazy("Successor"), queryset=User.objects.none())
    reason = Typed(line(300), label=gettext_lazy("Remark"), required=False)

    def __init__(self, *args: Any, account: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["successor"].queryset = acts.successors_of(account)  # type: ignore[attr-defined]


@asks_for()
def hand_over(request: SignedInRequest, pk: int) -> HttpResponse:
    """For the account itself, the accounts above it, and the one that is asked to take over."""
    account, last = _account_or_404(request, pk)
    proposal = last if last and last.outcome == ProposalOutcome.OPEN else None
    act = request.POST.get("act", "propose")
    form = HandOverForm(request.POST if request.method == "POST" and act == "propose" else None, account=account)
    refusal, status = None, 400 if form.errors else 200
    if request.method == "POST" and not form.errors:
        try:
            return _do(request, act, account, last, form)
        except Refused as error:
            refusal, status = error, 409
    is_manager = may(request.user, acts.MANAGE, account)
    context = {
        "account": account,
        "post": post_of(account),
        "form": form,
        "proposal": proposal,
        "successor": User.objects.filter(pk=last.values["successor"]).first() if last else None,
        "last": last,
        "refusals": list(acts.refusals_to_confirm(proposal, by=request.user)) if proposal else [],
        "has_successors": acts.successors_of(account).exists(),
        "may_propose": account == request.user or is_manager,
        "is_manager": is_manager,
        "refusal": refusal,
    }
    return render(request, "registry/accounts/hand_over.html", context, status=status)


def _account_or_404(request: SignedInRequest, pk: int) -> tuple[User, Proposal | None]:
    """The account and its last hand-over."""
    account = User.objects.filter(pk=pk, is_superuser=False).first()
    if account is None:
        raise Http404
    last = Proposal.objects.filter(act=ProposedAct.HAND_OVER, subject=account.username).first()
    is_successor = last is not None and last.values["successor"] == request.user.pk
    if account != request.user and not is_successor and not may(request.user, acts.MANAGE, account):
        raise Http404
    return account, last


def _do(request: SignedInRequest, act: str, account: User, last: Proposal | None, form: HandOverForm) -> HttpResponse:
    """Proposes, confirms or withdraws the hand-over. Raises Refused."""
    by = request.user
    if act == "propose":
        chosen = form.cleaned_data
        acts.propose_hand_over(account, chosen["successor"], reason=chosen["reason"], by=by)
        words = {"name": chosen["successor"]}
        messages.success(request, _("Proposed. “%(name)s” finds it on the desk and confirms it.") % words)
    elif last is None:
        raise Http404
    elif act == "confirm":
        acts.confirm_hand_over(last, by=by)
        messages.success(request, _("You took over the post of “%(name)s”.") % {"name": account})
    else:
        proposals.withdraw(last, by=by, may_withdraw=may(by, acts.MANAGE, account))
        messages.success(request, _("The proposal is withdrawn."))
    return redirect("account-hand-over", account.pk)
