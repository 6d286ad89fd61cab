"""Assessment (先锋亮绩): the ranking and the cards; the desk to write, score and publish schemes."""

from collections.abc import Callable
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise as Words
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from assessment.actions import schemes as acts
from assessment.forms import schemes as forms
from assessment.models import Appeal, ItemScore, Scheme, SchemeResult, SchemeState, fingerprint
from assessment.overviews import standings
from registry.access.permissions import may
from registry.access.requests import SignedInRequest
from registry.models import Evidence
from registry.text.refusals import Refused
from registry.views.access import asks_for
from registry.views.paging import page_within
from registry.views.records import opened

from .notices import status_of

DONE: dict[str, str | Words] = {
    "open": gettext_lazy("The scheme is open, and what it says is frozen."),
    "announce": gettext_lazy("The ranking is announced."),
    "publish": gettext_lazy("The ranking is published."),
    "copy": gettext_lazy("The scheme was copied: look it over and open it."),
}

SCHEMES_SHOWN = 10  # with their cards


def scheme_page(request: HttpRequest, code: str) -> HttpResponse:
    """The items of a scheme and, as far as the viewer may see them, the ranking."""
    context = opened(request, "schemes", code)
    scheme, scope = context["record"], context["scope"]
    visible_results = set(
        SchemeResult.objects.visible_to(scope.viewer).filter(scheme=scheme).values_list("pk", flat=True)
    )
    visible = [
        standing for standing in standings.standings(scheme, scope.as_of) if standing.result.pk in visible_results
    ]
    items = [item | {"label": standings.label_of(item["figure"])} for item in standings.items_of(scheme)]
    context |= {
        "parts": [(part, list(rows)) for part, rows in groupby(items, key=lambda item: item["part"])],
        "standings": visible,
        "is_ranked": scheme.announced_on is not None
        or may(request.user, acts.SCORE, scheme)
        or may(request.user, acts.SETTLE, scheme),
        "is_intact": not scheme.sha256 or fingerprint(scheme.frozen) == scheme.sha256,
        "steps": _steps(scheme, request.user),
    }
    return render(request, "assessment/schemes/scheme.html", context)


def _steps(scheme: Scheme, user: Any) -> list[tuple[str, str | Words, list[Refused]]]:
    """(action, text, refusals) of the account's next actions on the scheme."""
    steps: list[tuple[str, str | Words, Any]] = []
    if may(user, acts.SETTLE, scheme):
        if scheme.state == SchemeState.OPEN:
            steps.append(("announce", _("Announce the ranking"), acts.refusals_to_announce(scheme, by=user)))
        if scheme.state == SchemeState.ANNOUNCED:
            steps.append(("publish", _("Publish the ranking"), acts.refusals_to_publish(scheme, by=user)))
    if may(user, acts.WRITE, scheme) and scheme.opened_on:
        steps.append(("copy", _("Copy for the next year"), []))
    return [(act, words, list(refusals)) for act, words, refusals in steps]


def result_page(request: HttpRequest, code: str) -> HttpResponse:
    """A unit's card, live or frozen; each line links to its rows."""
    context = opened(request, "results", code)
    result, scope = context["record"], context["scope"]
    scheme = result.scheme
    all_standings = standings.standings(scheme, scope.as_of)
    standing = next((candidate for candidate in all_standings if candidate.result.pk == result.pk), None)
    if standing is None:  # entered in error, so it has no standing
        return render(request, "registry/record.html", context)
    inside = may(request.user, "record.view", result)
    proof = _proof(result) if inside else {}
    is_frozen = scheme.announced_on is not None
    context |= {
        "scheme": scheme,
        "standing": standing,
        "is_frozen": is_frozen,
        "inside": inside,
        "lines": [(line, _opens(line, result, inside), proof.get(line.number, [])) for line in standing.lines],
        "moved": standings.moved(scheme, standing, timezone.localdate()) if is_frozen else [],
        "appeals": _appeals(result, request.user) if inside else [],
        "appeal_until": acts.appeal_until(scheme) if scheme.state == SchemeState.ANNOUNCED else None,
        "steps": _result_steps(result, request.user),
        "may_settle": may(request.user, acts.SETTLE, result),
    }
    return render(request, "assessment/schemes/result.html", context)


def _opens(line: standings.CardLine, result: SchemeResult, inside: bool) -> str:
    """The URL of a computed line's rows, if the viewer may see them."""
    return line.address(result.area_id) if line.figure and (inside or not line.is_internal) else ""


def _proof(result: SchemeResult) -> dict[int, list]:
    scores = ItemScore.objects.filter(result=result).select_related("item")
    return {score.item.number: list(score.proof.unscoped("linked for the staff of the area")) for score in scores}


def _appeals(result: SchemeResult, user: Any) -> list[tuple[Appeal, list, bool]]:
    """(appeal, proof, whether the account may take it back) of a card."""
    proof = Prefetch("proof", Evidence.objects.unscoped("linked for the staff of the area"))
    rows = result.appeals.select_related("result", "item", "by", "settled_by").prefetch_related(proof)
    return [(appeal, list(appeal.proof.all()), not any(acts.refusals_to_withdraw(appeal, by=user))) for appeal in rows]


def _result_steps(result: SchemeResult, user: Any) -> list[tuple[str, str | Words]]:
    """(address, text) of the account's next actions on the card."""
    state, steps = result.scheme.state, []
    if state == SchemeState.OPEN and may(user, acts.OWN, result):
        steps.append(("result-own", _("Give the own scores")))
    if state == SchemeState.OPEN and may(user, acts.SCORE, result):
        steps.append(("result-score", _("Score")))
    if not list(acts.refusals_to_appeal(result, by=user)):
        steps.append(("result-appeal", _("Appeal")))
    return [(reverse(name, args=[result.code]), words) for name, words in steps]


@asks_for("scheme.view")
def desk(request: SignedInRequest) -> HttpResponse:
    """The schemes, with the account's open cards."""
    area = request.user.write_prefix or request.user.read_prefix
    cards = SchemeResult.objects.visible_to(request.user).in_area(area).order_by("code")
    results = Prefetch("results", cards.select_related("area", "organisation", "scheme"), to_attr="cards")
    schemes = Scheme.objects.visible_to(request.user).order_by("-year", "code").prefetch_related(results)
    context = {
        "schemes": page_within(schemes, request.GET, per_page=SCHEMES_SHOWN),
        "may_write": may(request.user, acts.WRITE),
    }
    return render(request, "assessment/schemes/desk.html", context)


def scheme_or_404(request: SignedInRequest, code: str) -> Scheme:
    rows = Scheme.objects.visible_to(request.user).in_area(request.user.write_prefix)
    return get_object_or_404(rows.select_related("area"), code=code)


@asks_for(acts.WRITE)
def write(request: SignedInRequest, code: str = "") -> HttpResponse:
    """The form of a scheme, and its opening."""
    scheme = scheme_or_404(request, code) if code else Scheme(area_id=request.user.write_prefix)
    if scheme.opened_on:
        return redirect(scheme)
    typed = request.POST if request.method == "POST" else None
    form, items = forms.SchemeForm(typed, instance=scheme, viewer=request.user), forms.item_forms(scheme, typed)
    refusal = None
    if typed is not None and form.is_valid() and items.is_valid():
        try:
            edited = forms.edited_items(items)
            saved = acts.write_scheme(form.opened, edited, key=form.cleaned_data["key"], by=request.user)
            messages.success(request, _("“%(name)s” was saved.") % {"name": saved})
            return redirect("scheme-edit", saved.code)
        except Refused as error:
            refusal = error
        except ValidationError as error:
            form.add_error(None, error.messages)
    stored = scheme_or_404(request, code) if code else None
    context = {
        "form": form,
        "items": items,
        "scheme": stored,
        "refusal": refusal,
        "weights": standings.weights(acts.items_in(stored)) if stored else None,
        "refusals": list(acts.refusals_to_open(stored, by=request.user)) if stored else [],
    }
    status = 400 if typed is not None and not items.is_valid() else status_of(form, refusal)
    return render(request, "assessment/schemes/write.html", context, status=status)


@asks_for(acts.WRITE, acts.SETTLE)
@require_POST
def act(request: SignedInRequest, code: str, act: str) -> HttpResponse:
    """The next step of a scheme."""
    scheme = scheme_or_404(request, code)
    steps: dict[str, Callable] = {"open": acts.open_scheme, "announce": acts.announce, "publish": acts.publish}
    if act == "copy":
        done = acts.copy_scheme(scheme, by=request.user)
    else:
        done = steps[act](scheme, by=request.user)
    messages.success(request, str(DONE[act]))
    return redirect("scheme-edit", done.code) if act == "copy" else redirect(done)


def result_or_404(request: SignedInRequest, code: str) -> SchemeResult:
    rows = SchemeResult.objects.visible_to(request.user).in_area(request.user.write_prefix)
    return get_object_or_404(rows.select_related("scheme", "area", "organisation"), code=code)


def _scores(request: SignedInRequest, code: str, right: str, title: str, act: Callable) -> HttpResponse:
    """A page with a score for each item scored by hand."""
    result = result_or_404(request, code)
    typed = (request.POST, request.FILES) if request.method == "POST" else ()
    items = acts.hand_items(result.scheme)
    form = forms.ScoresForm(*typed, result=result, items=items, own=right == acts.OWN)
    refusal = None
    if typed and form.is_valid():
        try:
            act(result, form)
            messages.success(request, _("“%(name)s” was saved.") % {"name": result})
            return redirect(result)
        except Refused as error:
            refusal = error
    context = {
        "result": result,
        "title": title,
        "form": form,
        "refusals": list(acts.refusals_to_score(result, right=right, by=request.user)),
        "refusal": refusal,
    }
    return render(request, "assessment/schemes/scores.html", context, status=status_of(form, refusal))


@asks_for(acts.OWN)
def own_scores(request: SignedInRequest, code: str) -> HttpResponse:
    """The unit's own scores, with proof."""

    def act(result: SchemeResult, form: forms.ScoresForm) -> None:
        acts.give_own_scores(result, form.scores, form.read_values("proof"), by=request.user)

    return _scores(request, code, acts.OWN, _("Give the own scores"), act)


@asks_for(acts.SCORE)
def district_scores(request: SignedInRequest, code: str) -> HttpResponse:
    """The district's scores."""

    def act(result: SchemeResult, form: forms.ScoresForm) -> None:
        acts.give_scores(result, form.scores, form.read_values("note"), by=request.user)

    return _scores(request, code, acts.SCORE, _("Score"), act)


@asks_for(acts.APPEAL)
def appeal(request: SignedInRequest, code: str) -> HttpResponse:
    """An appeal of the unit against an item's score."""
    result = result_or_404(request, code)
    items = {str(item.number): item for item in acts.items_in(result.scheme)}
    typed = (request.POST, request.FILES) if request.method == "POST" else ()
    form = forms.AppealForm(*typed, items=list(items.values()))
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            values = form.cleaned_data
            acts.make_appeal(result, items[values["item"]], values["text"], proof=values["proof"], by=request.user)
            messages.success(request, _("The appeal was handed in."))
            return redirect(result)
        except Refused as error:
            refusal = error
    context = {
        "result": result,
        "title": _("Appeal"),
        "form": form,
        "refusals": list(acts.refusals_to_appeal(result, by=request.user)),
        "refusal": refusal,
    }
    return render(request, "assessment/schemes/appeal.html", context, status=status_of(form, refusal))


@asks_for(acts.APPEAL)
@require_POST
def withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    """The unit takes an appeal back that is not answered yet."""
    result = acts.withdraw_appeal(_appeal_or_404(request, pk), by=request.user)
    messages.success(request, _("The appeal was taken back."))
    return redirect(result)


def _appeal_or_404(request: SignedInRequest, pk: int) -> Appeal:
    mine = SchemeResult.objects.visible_to(request.user).in_area(request.user.write_prefix)
    rows = Appeal.objects.filter(result__in=mine).select_related("result__scheme", "result__area", "item", "by")
    return get_object_or_404(rows, pk=pk)


@asks_for(acts.SETTLE)
def settle(request: SignedInRequest, pk: int) -> HttpResponse:
    """The answer to an appeal."""
    appeal = _appeal_or_404(request, pk)
    form = forms.SettleForm(request.POST if request.method == "POST" else None)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            acts.settle_appeal(appeal, by=request.user, **form.cleaned_data)
            messages.success(request, _("The appeal was answered."))
            return redirect(appeal.result)
        except Refused as error:
            refusal = error
    context = {
        "result": appeal.result,
        "appeal": appeal,
        "proof": list(appeal.proof.unscoped("of the appeal itself")),
        "inside": True,
        "title": _("Answer an appeal"),
        "form": form,
        "given": ItemScore.objects.filter(result=appeal.result, item=appeal.item).first(),
        "refusals": list(acts.refusals_to_settle(appeal, by=request.user)),
        "refusal": refusal,
    }
    return render(request, "assessment/schemes/appeal.html", context, status=status_of(form, refusal))
