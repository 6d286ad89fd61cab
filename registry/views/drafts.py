"""The form of a site: where to begin, its sections, checking the answers, submitting."""

import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from registry.access.permissions import may
from registry.access.requests import SignedInRequest
from registry.actions import drafts as acts
from registry.fields.points import SECTIONS, of_section
from registry.models import DemonstrationPoint, Draft, DraftState
from registry.models.base import in_area_q
from registry.overviews.draft_form import DraftForm, similar_sites
from registry.overviews.places import landmarks, place_choices
from registry.text.refusals import Refused

from .access import asks_for, wants_json


def draft_or_404(request: SignedInRequest, key: uuid.UUID) -> Draft:
    """A draft of the account's own area."""
    drafts = Draft.objects.visible_to(request.user).filter(in_area_q(request.user.write_prefix))
    draft = drafts.select_related("point__unit", "point__organisation", "area").filter(key=key).first()
    if draft is None:
        raise Http404
    return draft


def site_or_404(request: SignedInRequest, code: str) -> DemonstrationPoint:
    """A site of the account's own area."""
    sites = DemonstrationPoint.objects.visible_to(request.user).filter(in_area_q(request.user.write_prefix))
    site = sites.select_related("area", "organisation", "unit").filter(code=code).first()
    if site is None:
        raise Http404
    return site


@asks_for("draft.write")
def start(request: SignedInRequest) -> HttpResponse:
    """Where the new site lies. Everything the registry holds of that place is filled in from there."""
    if request.method == "POST":
        code = request.POST.get("place", "")
        groups = place_choices(request.user, timezone.localdate())
        places = {choice.place.code: choice.place for _heading, group in groups for choice in group}
        if code in places:
            key, another = key_of(request.POST.get("key", "")), request.POST.get("then") == "another"
            try:
                return redirect(acts.start_draft(places[code], key=key, another=another, by=request.user))
            except Refused as refusal:
                return _start(request, 409, refusal=refusal, chosen=code, begun=acts.drafts_at(places[code]))
        return _start(request, 400, refusal=_("Choose a place from the list."), at="place")
    return _start(request)


def _start(request: SignedInRequest, status: int = 200, **more: Any) -> HttpResponse:
    context = {"places": place_choices(request.user, timezone.localdate()), "key": uuid.uuid4(), **more}
    return render(request, "registry/drafts/start.html", context, status=status)


def key_of(text: str) -> uuid.UUID:
    """The key a form was sent with, so that the same form sent twice is one act; a new one for anything else."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.uuid4()


@asks_for("draft.write")
def similar(request: SignedInRequest) -> HttpResponse:
    """Sites that may be the same one, while the name is being typed."""
    sites = similar_sites(request.GET.get("name", "")[:80], request.user.write_prefix)
    own = request.GET.get("except", "")
    return render(request, "registry/drafts/similar.html", {"sites": [site for site in sites if site.code != own][:5]})


@asks_for("draft.write")
@require_POST
def edit(request: SignedInRequest, code: str) -> HttpResponse:
    """Begins, or goes on with, changing a site."""
    return redirect(acts.draft_of(site_or_404(request, code), by=request.user))


@asks_for("draft.write", "point.check")
def draft_page(request: SignedInRequest, key: uuid.UUID) -> HttpResponse:
    """The sections with their states, in any order; for who checks drafts and writes none, the page that checks it."""
    if not may(request.user, "draft.write"):
        return redirect("review-draft", key)
    return _draft(request, draft_or_404(request, key))


def _draft(request: SignedInRequest, draft: Draft, refusal: Refused | None = None) -> HttpResponse:
    drafting = DraftForm(draft)
    acts.log_reading_of(drafting, by=request.user)
    context = {
        "draft": draft,
        "drafting": drafting,
        "sections": [_state_of(drafting, section) for section in SECTIONS],
        "known": [fact for fact in drafting.facts.values() if fact.is_known and fact.stored != fact.input.default],
        "unconfirmed": drafting.is_unconfirmed,
        "requests": drafting.open_requests,
        "may_take_back": not any(acts.refusals_to_take_back(draft, by=request.user)),
        "refusal": refusal,
    }
    return render(request, "registry/drafts/draft.html", context, status=409 if refusal else 200)


def _state_of(drafting: DraftForm, section: str) -> dict:
    problems = [problem for problem in drafting.problems if problem.section == section]
    hard = [problem for problem in problems if problem.hard]
    open_doubts = [problem for problem in drafting.open_doubts if problem.section == section]
    state = "todo" if hard else "doubt" if open_doubts else "done"
    return {"name": section, "label": SECTIONS[section], "state": state, "hard": hard, "doubts": open_doubts}


@asks_for("draft.write")
def section_page(request: SignedInRequest, key: uuid.UUID, section: str) -> HttpResponse:
    """One group of questions. A script saves it while typing; without one, the button does."""
    draft = draft_or_404(request, key)
    if section not in SECTIONS:
        raise Http404
    if request.method != "POST":
        return _section(request, draft, section) if draft.state == DraftState.OPEN else redirect(draft)
    facts = DraftForm(draft).facts
    names = [field.name for field in of_section(section) if field.name in facts]
    typed = {name: request.POST[name] for name in names if name in request.POST}
    was = {name: request.POST[f"was-{name}"] for name in typed if f"was-{name}" in request.POST}
    try:
        saved = acts.save_fields(draft, typed, was=was, by=request.user)
    except Refused as refusal:
        if wants_json(request):
            return JsonResponse({"error": str(refusal)}, status=409)
        return _section(request, draft, section, typed=typed, refusal=refusal)
    if wants_json(request):
        return JsonResponse(_answer(saved, section), status=409 if saved.conflicts else 200)
    if saved.conflicts:
        return _section(request, saved.draft, section, typed=typed, conflicts=saved.conflicts)
    return _onward(request, saved.draft, section)


def _answer(saved: acts.Saved, section: str) -> dict:
    """What the script shows: when it was saved, what is wrong with each field, and where the position lies (WGS 84)."""
    drafting = DraftForm(saved.draft)
    problems = {p.name: p.text for p in drafting.read[1] if p.section == section and p.code != "required"}
    return {
        "saved": f"{timezone.localtime(saved.draft.saved_at):%H:%M}",
        "problems": problems,
        "conflicts": [vars(conflict) for conflict in saved.conflicts],
        "position": drafting.position,
    }


def _onward(request: SignedInRequest, draft: Draft, section: str) -> HttpResponse:
    """To the section itself if something typed in it cannot be read, else to the next one or the task list."""
    unreadable = [p for p in DraftForm(draft).read[1] if p.section == section and p.code != "required"]
    if unreadable:
        return redirect("draft-section", draft.key, section)
    if draft.open_remarks:
        left = [request.section for request in DraftForm(draft).open_requests if request.is_open]
        return redirect("draft-section", draft.key, left[0]) if left else redirect("draft-check", draft.key)
    names = list(SECTIONS)
    following = names[names.index(section) + 1 :][:1]
    if following and request.POST.get("then") == "next":
        return redirect("draft-section", draft.key, following[0])
    return redirect(draft)


def _section(
    request: SignedInRequest,
    draft: Draft,
    section: str,
    *,
    typed: Any = None,
    conflicts: Any = (),
    refusal: Refused | None = None,
) -> HttpResponse:
    drafting = DraftForm(draft)
    acts.log_reading_of(drafting, section=section, by=request.user)
    checked = "check" in request.GET or draft.submitted_at is not None
    fields = _fields(drafting, section, typed or {}, conflicts, checked)
    context = {
        "draft": draft,
        "drafting": drafting,
        "section": section,
        "label": SECTIONS[section],
        "place_of": (list(SECTIONS).index(section) + 1, len(SECTIONS)),
        "fields": fields,
        "problems": problems if len(problems := list(_errors(fields))) > 1 else [],
        "doubts": [doubt for doubt in drafting.doubts if doubt.section == section],
        "requests": [item for item in drafting.open_requests if item.remark.field == section],
        "others": landmarks(drafting) if section == "position" else {},
        "place": drafting.position if section == "position" else None,
        "refusal": refusal,
    }
    return render(request, "registry/drafts/section.html", context, status=409 if conflicts or refusal else 200)


def _fields(drafting: DraftForm, section: str, typed: dict, conflicts: Iterable[Any], checked: bool) -> list[dict]:
    """The fields of a section with what is wrong with each; what is missing only in a form that was checked."""
    problems = {
        problem.name: problem.text
        for problem in drafting.hard
        if problem.section == section and problem.code != "remark_open" and (checked or problem.code != "required")
    }
    requests = {request.remark.field: request for request in drafting.open_requests}
    conflict_of = {conflict.name: conflict for conflict in conflicts}
    return [
        {
            "fact": fact,
            "text": typed.get(name, fact.text),
            "problem": problems.get(name, ""),
            "conflict": conflict_of.get(name),
            "change": requests.get(name),
        }
        for name, fact in drafting.facts.items()
        if fact.input.section == section
    ]


def _errors(fields: list[dict]) -> Iterator[tuple[str, Any, str]]:
    """(id, label, text) of each error, for the summary above the form."""
    for field in fields:
        declared = field["fact"].input
        if field["problem"]:
            yield f"f-{declared.name}", declared.label, field["problem"]
        if field["conflict"]:
            yield f"f-{declared.name}", declared.label, _("somebody else wrote this meanwhile.")


@asks_for("draft.write")
@require_POST
def confirm(request: SignedInRequest, key: uuid.UUID) -> HttpResponse:
    draft = acts.confirm_facts(draft_or_404(request, key), by=request.user)
    return redirect("draft-check", draft.key) if request.POST.get("then") == "check" else redirect(draft)


@asks_for("draft.write")
@require_POST
def overrule(request: SignedInRequest, key: uuid.UUID) -> HttpResponse:
    draft = draft_or_404(request, key)
    key_of_doubt, reason = request.POST.get("doubt", ""), request.POST.get("reason", "")
    if key_of_doubt not in {doubt.key for doubt in DraftForm(draft).doubts}:
        raise Http404
    try:
        acts.overrule(draft, key_of_doubt, reason=reason, by=request.user)
    except Refused as refusal:
        return _check(request, draft, refusal)
    return redirect("draft-check", draft.key)


@asks_for("draft.write")
@require_POST
def discard(request: SignedInRequest, key: uuid.UUID) -> HttpResponse:
    draft = acts.discard_draft(draft_or_404(request, key), by=request.user)
    messages.success(request, _("The draft “%(name)s” was put away.") % {"name": draft})
    return redirect("desk")


@asks_for("draft.write")
@require_POST
def take_back(request: SignedInRequest, key: uuid.UUID) -> HttpResponse:
    draft = draft_or_404(request, key)
    try:
        draft = acts.take_back(draft, by=request.user)
    except Refused as refusal:
        return _draft(request, draft, refusal)
    messages.success(request, _("“%(name)s” was taken back. Go on with it.") % {"name": draft})
    return redirect(draft)


@asks_for("draft.write")
def check(request: SignedInRequest, key: uuid.UUID) -> HttpResponse:
    """All answers on one page, with what changes, what is missing and what is doubtful; and the submitting."""
    draft = draft_or_404(request, key)
    if request.method != "POST":
        return _check(request, draft)
    try:
        submitted = acts.submit_draft(draft, by=request.user)
    except Refused as refusal:
        return _check(request, draft, refusal)
    messages.success(request, _("“%(name)s” was submitted to the township.") % {"name": submitted.point})
    return redirect("desk")


def _check(request: SignedInRequest, draft: Draft, refusal: Refused | None = None) -> HttpResponse:
    drafting = DraftForm(draft)
    acts.log_reading_of(drafting, by=request.user)
    context = {
        "draft": draft,
        "drafting": drafting,
        "refusals": list(acts.refusals_to_submit(drafting, by=request.user)),
        "refusal": refusal,
        "doubts": [(doubt, drafting.overruled(doubt)) for doubt in drafting.doubts],
        "is_open": draft.state == DraftState.OPEN,
    }
    return render(request, "registry/drafts/check.html", context, status=409 if refusal else 200)
