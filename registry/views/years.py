"""The turn of a year: what is still open of it, its yearly forms, its closing by two people, and what the new year
takes over."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.access.permissions import may
from registry.access.requests import SignedInRequest
from registry.access.scope import Scope
from registry.actions import proposals
from registry.actions import years as acts
from registry.figures import FIGURES, YEARLY_FORMS, answer_all, with_years
from registry.figures.frozen import amendments_of_year, broken_hashes, take_year
from registry.figures.yearly import coverages_in
from registry.forms import Typed
from registry.models import FrozenYear, Proposal, ProposedAct, district_area
from registry.overviews.attention import open_of_year
from registry.overviews.turn_of_year import successions_of
from registry.text.refusals import Refused
from registry.text.validators import line

from .access import asks_for

VIEW = "year.view"
YEARS_LISTED = 10


class CloseForm(forms.Form):
    """`edition` is the last one that was seen: a second click, or somebody else's, closes nothing more."""

    edition = forms.IntegerField(widget=forms.HiddenInput)
    reason = Typed(line(300), label=gettext_lazy("Remark"), required=False)


@asks_for(VIEW)
def year_list(request: SignedInRequest) -> HttpResponse:
    this_year = timezone.localdate().year
    closed: dict[int, FrozenYear] = {}
    for edition in FrozenYear.objects.public().select_related("closed_by").order_by("year", "edition"):
        closed[edition.year] = edition
    years = sorted({*range(this_year - YEARS_LISTED, this_year + 1), *closed}, reverse=True)
    rows = [(year, closed.get(year)) for year in years]
    return render(request, "registry/years/list.html", {"years": rows, "this_year": this_year})


@asks_for(VIEW)
def year_page(request: SignedInRequest, year: int) -> HttpResponse:
    """All that the turn of `year` asks for, on one page; sent with `act` it is proposed, confirmed or withdrawn."""
    if not 1949 <= year <= timezone.localdate().year:
        raise Http404
    editions = list(FrozenYear.objects.public().filter(year=year).select_related("closed_by"))
    last = editions[0] if editions else None
    form = CloseForm(request.POST if request.method == "POST" and _act(request) == "propose" else None)
    form.initial = {"edition": last.edition if last else 0}
    refusal, status = None, 400 if form.errors else 200
    if request.method == "POST" and not form.errors:
        try:
            return _do(request, year, form)
        except Refused as error:
            refusal, status = error, 409
    proposal = proposals.open_proposal(ProposedAct.CLOSE_YEAR, year)
    context = {
        **_matters(request, year),
        "editions": editions,
        "closing": _closing(request.user, year, proposal),
        "form": form,
        "refusal": refusal,
        "broken": [word for edition in editions for word in broken_hashes(edition)],
        "amendments": list(amendments_of_year(last)) if last else [],
    }
    return render(request, "registry/years/year.html", context, status=status)


def _act(request: SignedInRequest) -> str:
    return request.POST.get("act", "propose")


def _do(request: SignedInRequest, year: int, form: CloseForm) -> HttpResponse:
    """Proposes, confirms or withdraws the closing. Raises Refused."""
    act, by = _act(request), request.user
    words = {"year": year}
    if act == "propose":
        acts.propose_closing(year, take_year, by=by, **form.cleaned_data)
        messages.success(request, _("The closing of %(year)s is proposed: a second person confirms it.") % words)
        return redirect("year-close", year)
    proposal = Proposal.objects.filter(act=ProposedAct.CLOSE_YEAR, subject=str(year)).first()
    if proposal is None:
        raise Http404
    if act == "confirm":
        acts.confirm_closing(proposal, take_year, by=by)
        messages.success(request, _("%(year)s is closed: its figures are frozen.") % words)
    else:
        proposals.withdraw(proposal, by=by, may_withdraw=may(by, acts.RIGHT))
        messages.success(request, _("The proposal is withdrawn."))
    return redirect("year-close", year)


@dataclass(frozen=True)
class Closing:
    """What the account may do about closing a year. `figures` are the district's that would be frozen."""

    proposal: Proposal | None
    figures: list[Any]
    refusals: list[Refused]
    may_propose: bool
    may_withdraw: bool


def _closing(user: Any, year: int, proposal: Proposal | None) -> Closing:
    is_over = year < timezone.localdate().year
    if proposal is None:
        refusals = list(acts.refusals_to_close(year, by=user))
    else:
        refusals = list(acts.refusals_to_confirm_closing(proposal, by=user))
    may_propose = may(user, acts.RIGHT)
    return Closing(
        proposal,
        _preview(year) if is_over else [],
        refusals,
        may_propose,
        may_withdraw=proposal is not None and (may_propose or proposal.proposed_by_id == user.pk),
    )


def _preview(year: int) -> list[Any]:
    """The district's figures at the end of the year, as the public sees them."""
    scope = with_years(Scope(as_of=date(year, 12, 31), area=district_area()))
    return [answer for answer in answer_all(FIGURES.values(), scope).values() if answer.part is not None]


def _matters(request: SignedInRequest, year: int) -> dict[str, Any]:
    """What is open of the year today, the coverage of its forms, and what the next one takes over."""
    today = timezone.localdate()
    scope = with_years(Scope(as_of=today, area=district_area(), viewer=request.user, default_as_of=today, lookups={}))
    coverages = coverages_in(YEARLY_FORMS, scope, year)
    return {
        "year": year,
        "next_year": year + 1,
        "scope": scope,
        "open": open_of_year(Scope(as_of=today, area=district_area(), viewer=request.user, year=year)),
        "query": Scope(as_of=today, area=district_area(), default_as_of=today, year=year).query,
        "coverages": list(coverages.values()),
        "successions": successions_of(year, request.user),
        "is_over": year < today.year,
    }
