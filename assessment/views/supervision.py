"""The desk of supervision: findings by state, one finding with its steps, and the talk after too many overdue ones."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from assessment.actions import supervision as acts
from assessment.forms import supervision as forms
from assessment.models import AccountabilityAction, SupervisionFinding
from assessment.overviews.supervision import by_state, warning_of, warnings
from registry.access.permissions import may
from registry.access.requests import SignedInRequest
from registry.models import Area
from registry.models.base import in_area_q
from registry.overviews.history import history_of
from registry.text.area_codes import is_below_district, township_of
from registry.text.refusals import Refused
from registry.views.access import asks_for
from registry.views.paging import page_within

from .notices import status_of

CLOSED_SHOWN = 30


def _findings(user: Any) -> Any:
    rows = SupervisionFinding.objects.visible_to(user).in_area(user.read_prefix)
    return rows.select_related("organisation", "area").prefetch_related("steps__by")


@asks_for("record.view")
def listing(request: SignedInRequest) -> HttpResponse:
    """Findings of the account's area by state, overdue ones first; and the townships near a talk."""
    today, area = timezone.localdate(), request.user.read_prefix
    findings = _findings(request.user).in_area(request.GET.get("area") or area)
    open_ones = page_within(findings.exclude(done=True).order_by("deadline", "code"), request.GET)
    closed = list(findings.filter(done=True).order_by("-rechecked_on", "code")[:CLOSED_SHOWN])
    near = warnings(area, today)
    own = Area.objects.unscoped("area names are public").filter(pk=area).first() if is_below_district(area) else None
    context = {
        "today": today,
        "formats": ("csv", "xlsx", "json"),
        "open": open_ones,
        "groups": by_state([*open_ones, *closed], today),
        "near": near,
        "own": warning_of(own, today) if own else None,
        "may_talk": may(request.user, acts.TALK),
        "may_inspect": may(request.user, acts.INSPECT),
        "talks": AccountabilityAction.objects.visible_to(request.user).in_area(area).order_by("-occurred_on")[:5]
        if may(request.user, "internal.view")
        else [],
    }
    return render(request, "assessment/supervision/list.html", context)


@asks_for(acts.INSPECT)
def visit(request: SignedInRequest) -> HttpResponse:
    """A visit and its findings."""
    typed = request.POST if request.method == "POST" else None
    form = forms.VisitForm(typed, viewer=request.user, initial={"key": uuid.uuid4()})
    refusal = None
    if typed is not None and form.is_valid():
        try:
            findings = acts.record_visit(by=request.user, **form.cleaned_data)
            messages.success(request, _("The visit was recorded. Say what is asked for, and by when."))
            return redirect(findings[0] if len(findings) == 1 else "supervision")
        except Refused as error:
            refusal = error
    context = {"form": form, "refusal": refusal, "title": _("Record a visit")}
    return render(request, "assessment/supervision/step.html", context, status=status_of(form, refusal))


def _finding_or_404(request: HttpRequest, code: str) -> SupervisionFinding:
    finding = _findings(request.user).filter(code=code).first()
    if finding is None:
        raise Http404
    return finding


@asks_for("record.view")
def finding_page(request: SignedInRequest, code: str) -> HttpResponse:
    """A finding: its steps, next actions, and history."""
    return _page(request, _finding_or_404(request, code))


def _step(act: str) -> Callable[..., HttpResponse]:
    """Runs one step; a refusal is shown on the page."""

    @asks_for(acts.ALLOWED[act][0])
    @require_POST
    def step(request: HttpRequest, code: str) -> HttpResponse:
        finding = _finding_or_404(request, code)
        form, refusal = _form(act, request, finding), None
        if form.is_valid():
            try:
                _do(act, finding, form.cleaned_data, request)
                messages.success(request, _("“%(name)s” was saved.") % {"name": finding.finding})
                return redirect(finding)
            except Refused as error:
                refusal = error
        return _page(request, finding, act, form, refusal)

    return step


demand, rectify, check = (_step(act) for act in acts.ALLOWED)


def _do(act: str, finding: SupervisionFinding, values: dict[str, Any], request: HttpRequest) -> None:
    if act == "demand":
        acts.demand(finding, by=request.user, **values)
    elif act == "rectify":
        acts.rectify(finding, by=request.user, **values)
    else:
        check = acts.close if request.POST.get("then") == "close" else acts.send_back
        check(finding, by=request.user, **values)


def _form(act: str, request: HttpRequest | None, finding: SupervisionFinding) -> Any:
    kind = {"demand": forms.DemandForm, "rectify": forms.RectifyForm, "check": forms.CheckForm}[act]
    typed = (request.POST, request.FILES) if request else ()
    return kind(*typed, finding=finding)


def _page(
    request: HttpRequest, finding: SupervisionFinding, act: str = "", form: Any = None, refusal: Refused | None = None
) -> HttpResponse:
    """The page with the forms of the allowed actions; the submitted form keeps its input."""
    steps = [(step, list(step.proof.unscoped("of the finding itself"))) for step in finding.steps.all()]
    offered = [
        (action, form if action == act and form else _form(action, None, finding))
        for action in acts.ALLOWED
        if not any(acts.refusals_to(action, finding, by=request.user))
    ]
    own_work = [
        refusal for refusal in acts.refusals_to("check", finding, by=request.user) if refusal.code == "own_work"
    ]
    township = Area.objects.unscoped("area names are public").get(pk=township_of(finding.area_id))
    context = {
        "finding": finding,
        "steps": steps,
        "is_late": finding.is_overdue(timezone.localdate()),
        "offered": offered,
        "form": form,
        "refusal": refusal,
        "why_not": own_work,
        "warning": warning_of(township, timezone.localdate()),
        "entries": history_of(finding, request.user),
    }
    status = status_of(form, refusal) if form is not None else 200
    return render(request, "assessment/supervision/finding.html", context, status=status)


@asks_for(acts.TALK)
def talk(request: SignedInRequest, code: str) -> HttpResponse:
    """The talk that the rule requires, prefilled from the overdue findings."""
    rows = Area.objects.unscoped("area names are public").filter(in_area_q(request.user.write_prefix, "pk"))
    township = rows.filter(pk=code).first()
    if township is None:
        raise Http404
    warning = warning_of(township, timezone.localdate())
    form = forms.TalkForm(request.POST if request.method == "POST" else None, warning=warning, viewer=request.user)
    refusal = next(acts.refusals_to_talk(township, by=request.user), None)
    if request.method == "POST" and form.is_valid():
        try:
            acts.record_talk(township, by=request.user, **form.cleaned_data)
            messages.success(request, _("The talk was recorded. The public reads the number of talks, nothing else."))
            return redirect("supervision")
        except Refused as error:
            refusal = error
    status = status_of(form, refusal) if request.method == "POST" else 200
    context = {"form": form, "refusal": refusal, "title": _("Record the talk"), "about": township}
    return render(request, "assessment/supervision/step.html", context, status=status)
