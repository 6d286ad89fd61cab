"""The desk of secretary projects: plan, ledgers, signature, and the district's board."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise as Words
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from assessment.actions import projects as acts
from assessment.forms import projects
from assessment.models import SecretaryProject
from assessment.overviews import ledgers
from registry.access.permissions import may
from registry.access.requests import SignedInRequest
from registry.actions.unsent_forms import unsent_form
from registry.text.refusals import Refused, raise_first
from registry.views.access import asks_for, wants_json
from registry.views.autosave import forget, offer_typed, save_while_typing
from registry.views.paging import page_within

from .notices import status_of

TITLES: dict[str, str | Words] = {
    "check": gettext_lazy("Check the ledger"),
    "solve": gettext_lazy("Strike off a problem"),
    "amend": gettext_lazy("Amend the promise"),
    "hand-in": gettext_lazy("Hand the ledger in"),
}


def project_or_404(request: SignedInRequest, code: str) -> SecretaryProject:
    """A project of the area the account writes in."""
    rows = SecretaryProject.objects.visible_to(request.user).in_area(request.user.write_prefix)
    project = rows.select_related("organisation", "area").filter(code=code).first()
    if project is None:
        raise Http404
    return project


def _run_action(form: Any, act: Any) -> tuple[Any, Refused | None]:
    """The result of `act`, or the refusal; validation errors go to the form."""
    try:
        return act(), None
    except Refused as refusal:
        return None, refusal
    except ValidationError as error:
        form.add_error(None, error.messages)
        return None, None


@asks_for(acts.WRITE)
def plan(request: SignedInRequest, code: str = "") -> HttpResponse:
    """The plan of a new project, or of one whose promise is not frozen; and the opening of its ledger."""
    project = project_or_404(request, code) if code else SecretaryProject()
    if code and acts.has_promise(project):
        return redirect(project)
    problems = [problem.name for problem in acts.problems_of(project)] if code else []
    typed = request.POST if request.method == "POST" else None
    like = {} if code else _plan_like(request)
    form = projects.PlanForm(typed, instance=project, viewer=request.user, problems=problems, initial=like)
    offer_typed(request, form)
    if typed is not None and wants_json(request):
        return save_while_typing(request, form)
    refusal = None
    if typed is not None and form.is_valid():
        values = form.cleaned_data
        act = lambda: acts.open_project(form.opened, values["problems"], key=values["key"], by=request.user)  # noqa: E731
        saved, refusal = _run_action(form, act)
        if saved:
            forget(request)
            messages.success(request, _("“%(name)s” was saved.") % {"name": saved})
            return redirect("project-plan", saved.code)
    return _plan_page(request, code, form, refusal)


def _plan_like(request: SignedInRequest) -> dict[str, Any]:
    """What a new plan takes over from the project that the address names, for the year after it."""
    rows = SecretaryProject.objects.visible_to(request.user).in_area(request.user.write_prefix)
    project = rows.filter(code=request.GET.get("like", "")).first()
    if project is None:
        return {}
    names = ("measures", "expected_results", "responsible_person", "team")
    year = project.year + 1
    deadline = date(year, project.deadline.month, min(project.deadline.day, 28))
    title = {"name": project.name.replace(str(project.year), str(year)), "organisation": project.organisation_id}
    return {name: getattr(project, name) for name in names} | title | {"deadline": deadline}


def _plan_page(
    request: SignedInRequest, code: str, form: projects.PlanForm, refusal: Refused | None = None
) -> HttpResponse:
    stored = project_or_404(request, code) if code else None
    on = (stored.opened_on or min(timezone.localdate(), stored.deadline)) if stored else None
    context = {
        "form": form,
        "project": stored,
        "opening": projects.OpenForm(initial={"on": on}),
        "refusals": list(acts.refusals_to_freeze(stored, on=on, by=request.user)) if stored else [],
        "refusal": refusal,
    }
    return render(request, "assessment/projects/plan.html", context, status=status_of(form, refusal))


@asks_for(acts.WRITE)
@require_POST
def open_ledger(request: SignedInRequest, code: str) -> HttpResponse:
    """建账: freezes the saved promise, after a page that asks once more and says what is frozen."""
    project = project_or_404(request, code)
    form = projects.OpenForm(request.POST)
    if form.is_valid():
        on = form.cleaned_data["on"]
        raise_first(acts.refusals_to_freeze(project, on=on, by=request.user))
        if "sure" not in request.POST:
            return _ask_to_seal(request, project, on)
        acts.freeze_promise(project, on=on, by=request.user)
        messages.success(request, _("The ledger is open, and what was promised is frozen."))
        return redirect(project)
    messages.error(request, _("Give the day the ledger is opened on."))
    return redirect("project-plan", project.code)


def _ask_to_seal(request: SignedInRequest, project: SecretaryProject, on: date) -> HttpResponse:
    unsent = unsent_form(reverse("project-plan", args=[project.code]), by=request.user)
    context = {
        "project": project,
        "on": project.opened_on or on,
        "promised_problems": [problem.name for problem in acts.problems_of(project)],
        "typed_at": unsent.saved_at if unsent.values else None,
    }
    return render(request, "assessment/projects/seal.html", context)


def _step(
    request: SignedInRequest, project: SecretaryProject, name: str, form: Any, act: Any, right: str
) -> HttpResponse:
    """A page with one form and its action; without the form, if the action is refused whatever it says."""
    offer_typed(request, form)
    if form.is_bound and wants_json(request):
        return save_while_typing(request, form)
    refusal = None
    if request.method == "POST" and form.is_valid():
        done, refusal = _run_action(form, lambda: act(form.cleaned_data))
        if done:
            forget(request)
            messages.success(request, _("“%(name)s” was saved.") % {"name": project})
            return redirect(project)
    refusals = list(acts.refusals_to_write(project, right=right, by=request.user))
    if name == "solve" and not form.fields["problem"].choices:
        refusals.append(Refused("all_solved"))
    context = {
        "project": project,
        "title": TITLES[name],
        "form": form,
        "fields": getattr(form, "input_fields", form),
        "refusals": refusals,
        "is_closed": bool(refusals) and not form.is_bound,
        "refusal": refusal,
        "lines": ledgers.settlement(project, timezone.localdate()) if name == "hand-in" else [],
        "inside": True,
    }
    return render(request, "assessment/projects/step.html", context, status=status_of(form, refusal))


def _typed(request: HttpRequest) -> tuple[Any, Any]:
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def _opened_or_404(request: SignedInRequest, code: str) -> SecretaryProject:
    project = project_or_404(request, code)
    if project.opened_on is None:
        raise Http404
    return project


@asks_for(acts.CHECK)
def check(request: SignedInRequest, code: str) -> HttpResponse:
    """查账, prefilled from the registry."""
    project = _opened_or_404(request, code)
    form = projects.CheckForm(*_typed(request), project=project)
    act = lambda values: acts.add_check(project, by=request.user, **values)  # noqa: E731
    return _step(request, project, "check", form, act, acts.CHECK)


@asks_for(acts.WRITE)
def solve(request: SignedInRequest, code: str) -> HttpResponse:
    """Marks one problem as solved, with proof."""
    project = _opened_or_404(request, code)
    unsolved = {problem.code: problem for problem in acts.problems_of(project) if problem.solved_on is None}
    form = projects.SolveForm(*_typed(request), problems=list(unsolved.values()))

    def act(values: dict[str, Any]) -> Any:
        return acts.solve_problem(unsolved[values.pop("problem")], by=request.user, **values)

    return _step(request, project, "solve", form, act, acts.WRITE)


@asks_for(acts.WRITE)
def amend(request: SignedInRequest, code: str) -> HttpResponse:
    """Amends the promise."""
    project = _opened_or_404(request, code)
    problems = [problem.name for problem in acts.problems_of(project)]
    typed = request.POST if request.method == "POST" else None
    form = projects.AmendForm(typed, instance=project, viewer=request.user, problems=problems)

    def act(values: dict[str, Any]) -> Any:
        return acts.amend_promise(form.opened, values["problems"], reason=values["reason"], by=request.user)

    return _step(request, project, "amend", form, act, acts.WRITE)


@asks_for(acts.WRITE)
def hand_in(request: SignedInRequest, code: str) -> HttpResponse:
    """交账: promised, delivered, difference, proof."""
    project = _opened_or_404(request, code)
    form = projects.HandInForm(*_typed(request))
    act = lambda values: acts.hand_in(project, by=request.user, **values)  # noqa: E731
    return _step(request, project, "hand-in", form, act, acts.WRITE)


@asks_for(acts.SIGN)
def sign(request: SignedInRequest, code: str) -> HttpResponse:
    """A second person signs off the ledger or sends it back."""
    project = _opened_or_404(request, code)
    form = projects.SignForm(request.POST if request.method == "POST" else None)
    offer_typed(request, form)
    if form.is_bound and wants_json(request):
        return save_while_typing(request, form)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            if request.POST.get("then") == "sign":
                acts.sign_off(project, by=request.user)
                messages.success(request, _("“%(name)s” was signed off.") % {"name": project})
            else:
                acts.send_back(project, reason=form.cleaned_data["reason"], by=request.user)
                messages.success(request, _("“%(name)s” was sent back.") % {"name": project})
            forget(request)
            return redirect(project)
        except Refused as error:
            refusal = error
    context = {
        "project": project,
        "form": form,
        "lines": ledgers.settlement(project, timezone.localdate()),
        "refusals": list(acts.refusals_to_sign(project, by=request.user)),
        "refusal": refusal,
        **ledgers.describe_promise(project, request.user),
    }
    return render(request, "assessment/projects/sign.html", context, status=status_of(form, refusal))


@asks_for("project.board")
def board(request: SignedInRequest) -> HttpResponse:
    """The projects of a year by stage, or along the year; overdue ones first."""
    today = timezone.localdate()
    rows = SecretaryProject.objects.visible_to(request.user).in_area(request.user.read_prefix)
    years = sorted(set(rows.order_by().values_list("year", flat=True)), reverse=True)
    newest = rows.aggregate(newest=Max("year"))["newest"] or today.year
    requested = request.GET.get("year", "")
    year = int(requested) if requested in map(str, years) else newest
    of_year = rows.filter(year=year).with_progress(today).select_related("organisation", "area")
    projects = page_within(of_year.prefetch_related("entries").order_by("deadline", "code"), request.GET)
    is_open = [project for project in projects if ledgers.column_of(project) not in ("close", "signed")]
    context = {
        "year": year,
        "years": years,
        "today": today,
        "projects": projects,
        "view": "timeline" if request.GET.get("view") == "timeline" else "board",
        "columns": [
            (label, [project for project in projects if ledgers.column_of(project) == column])
            for column, label in ledgers.COLUMNS.items()
        ],
        "overdue": [(project, (today - project.deadline).days) for project in is_open if project.deadline < today],
        "lanes": [_lane(project, year) for project in projects if project.opened_on],
        "may_open": may(request.user, acts.WRITE),
    }
    return render(request, "assessment/projects/board.html", context)


def _lane(project: SecretaryProject, year: int) -> dict[str, Any]:
    """A project's line along its year: first and last day, and its marks."""

    def place(day: date) -> int:
        return min(max((day - date(year, 1, 1)).days, 0), 365)

    marks = [(place(entry.entered_on), entry) for entry in project.entries.all()]
    start, end = place(project.opened_on or project.deadline), place(project.deadline)
    return {"project": project, "start": start, "length": end - start, "end": end, "marks": marks}
