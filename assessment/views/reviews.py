"""The desk of reviews: the queues, the township's check, and the reviewer's page."""

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from assessment.actions import scoring
from assessment.models import Review, Round
from assessment.models.reviews import ReviewQuerySet
from assessment.overviews.review_sheet import Judging
from assessment.overviews.usual_reasons import usual_deductions, usual_remarks
from registry.access.permissions import may
from registry.access.requests import SignedInRequest
from registry.actions.drafts import log_reading_of, note_opening
from registry.fields.points import BY_NAME
from registry.models import Draft, DraftState, Event, PointStatus, User
from registry.overviews.draft_form import DraftForm
from registry.text.refusals import Refused
from registry.text.validators import Invalid, masked
from registry.views.access import asks_for, wants_json
from registry.views.paging import page_within

STAFF = ("point.check", "point.review", "point.notice", "point.decide")


def reviews_of(user: User) -> ReviewQuerySet:
    """The rounds of the account's own area."""
    return Review.objects.visible_to(user).in_area(user.write_prefix).select_related("point__area", "standard")


def _submitted(user: User) -> QuerySet:
    drafts = Draft.objects.visible_to(user).in_area(user.write_prefix).filter(state=DraftState.SUBMITTED)
    return drafts.for_lists().order_by("submitted_at")


@asks_for(*STAFF)
def queue(request: SignedInRequest) -> HttpResponse:
    """The queues by step: submissions to check, points to score, to put on notice, on notice, re-checks."""
    user = request.user
    drafts = page_within(_submitted(user) if may(user, "point.check") else [], request.GET, "drafts")
    rows = reviews_of(user)
    steps = [
        (gettext_lazy("To score"), rows.standing(PointStatus.CHECKED)),
        (gettext_lazy("To put on notice"), rows.standing(PointStatus.SCORED).filter(notice=None)),
        (gettext_lazy("On notice"), rows.standing(PointStatus.NOTICE).select_related("notice")),
        (gettext_lazy("Re-checks"), rows.standing(PointStatus.NAMED).filter(round=Round.RECHECK)),
    ]
    context = {
        "draft_page": drafts,
        "drafts": [(draft, list(scoring.refusals_to_pass_unopened(draft, by=user))) for draft in drafts],
        "checks": may(user, "point.check"),
        "steps": [(label, page_within(rounds, request.GET, f"step-{at}")) for at, (label, rounds) in enumerate(steps)]
        if any(may(user, right) for right in STAFF[1:])
        else [],
        "may_post": may(user, "point.notice"),
        "may_review": may(user, "point.review"),
        "may_decide": may(user, "point.decide"),
    }
    return render(request, "assessment/queue.html", context)


@asks_for("point.check")
@require_POST
def pass_many(request: SignedInRequest) -> HttpResponse:
    """Passes the chosen submissions without opening them; only those without warnings."""
    chosen = [draft for draft in _submitted(request.user) if str(draft.key) in request.POST.getlist("draft")]
    try:
        count = scoring.pass_unopened(chosen, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, ngettext("%(count)s passed.", "%(count)s passed.", count) % {"count": count})
    return redirect("reviews")


@asks_for("point.check")
def check_draft(request: SignedInRequest, key: uuid.UUID) -> HttpResponse:
    """The township's check: answers, changes, overruled warnings, photos; then pass or send back."""
    drafts = Draft.objects.visible_to(request.user).in_area(request.user.write_prefix).filter(key=key)
    draft = drafts.select_related("point__unit", "point__organisation", "area").first()
    if draft is None:
        raise Http404
    if request.method != "POST":
        note_opening(draft, by=request.user)
        return _draft_page(request, draft)
    try:
        if request.POST.get("then") == "return":
            opinion = request.POST.get("opinion", "")
            scoring.return_draft(draft, remarks=_remarks(request), opinion=opinion, by=request.user)
            messages.success(request, _("“%(name)s” was sent back.") % {"name": draft})
        else:
            scoring.pass_draft(
                draft, opinion=request.POST.get("opinion", ""), scores=request.POST.dict(), by=request.user
            )
            messages.success(request, _("“%(name)s” was passed.") % {"name": draft})
    except (Refused, Invalid) as refusal:
        return _draft_page(request, draft, refusal)
    return redirect("reviews")


def _remarks(request: HttpRequest) -> dict[str, str]:
    names = [*BY_NAME, "photos"]
    return {name: request.POST.get(f"remark-{name}", "") for name in names}


def _draft_page(request: HttpRequest, draft: Draft, refusal: Exception | None = None) -> HttpResponse:
    drafting = DraftForm(draft)
    standard = scoring.standard_in_force()
    context = {
        "draft": draft,
        "drafting": drafting,
        "rows": _rows(request, drafting),
        "doubts": [(doubt, drafting.overruled(doubt)) for doubt in drafting.doubts],
        "items": standard.items.unscoped("the standard is public") if standard and not draft.is_change else [],
        "typed": request.POST,
        "photos_remark": request.POST.get("remark-photos", ""),
        "requests": drafting.answered_requests,
        "usual": usual_remarks(request.user),
        "usual_opinions": usual_remarks(request.user, on_whole=True),
        "refusals": list(scoring.refusals_to_pass(draft, by=request.user)),
        "refusal": refusal,
    }
    return render(request, "assessment/check.html", context, status=409 if refusal else 200)


def _rows(request: HttpRequest, drafting: DraftForm, *, mask: bool = False) -> list[dict]:
    """The answers for a reader: a telephone number only inside the own township."""
    rows = []
    if not mask:
        log_reading_of(drafting, by=request.user)
    for fact in drafting.facts.values():
        hidden = mask and fact.input.personal
        rows.append(
            {
                "fact": fact,
                "words": masked(fact.text) if hidden else fact.words,
                "was": masked(fact.stored) if hidden else fact.was,
                "changed": fact.changed and drafting.point is not None and drafting.draft.state == DraftState.SUBMITTED,
                "remark": request.POST.get(f"remark-{fact.input.name}", ""),
            }
        )
    return rows


def review_or_404(request: SignedInRequest, code: str) -> Review:
    review = reviews_of(request.user).filter(code=code).select_related("point__organisation", "point__unit").first()
    if review is None:
        raise Http404
    return review


@asks_for("point.review")
def review_page(request: SignedInRequest, code: str) -> HttpResponse:
    """The reviewer's page. Every button first saves the typed values; then the round is handed in, refused or sent
    back."""
    review = review_or_404(request, code)
    if request.method != "POST":
        return _review_page(request, review)
    names = Judging(review).fields
    typed = {name: request.POST[name] for name in names if name in request.POST}
    was = {name: request.POST[f"was-{name}"] for name in typed if f"was-{name}" in request.POST}
    try:
        saved = scoring.save_scores(review, typed, was=was, proof=_proof(request), by=request.user)
    except Refused as refusal:
        if wants_json(request):
            return JsonResponse({"error": str(refusal)}, status=409)
        return _review_page(request, review, typed=typed, refusal=refusal)
    if wants_json(request):
        return JsonResponse(_answer(request, saved), status=409 if saved.conflicts else 200)
    if saved.conflicts or saved.problems:
        return _review_page(request, saved.review, typed=typed, saved=saved)
    return _decide(request, saved.review, typed)


def _proof(request: HttpRequest) -> dict[str, list[str]]:
    numbers = request.POST.getlist("proof-shown")
    return {number: request.POST.getlist(f"proof-{number}") for number in numbers}


def _decide(request: SignedInRequest, review: Review, typed: dict[str, str]) -> HttpResponse:
    act = request.POST.get("then", "save")
    try:
        if act == "finish":
            scoring.finish_scoring(review, seen=typed, by=request.user)
            messages.success(request, _("%(name)s: the scores were handed in.") % {"name": review.point})
        elif act == "refuse":
            scoring.refuse_application(review, reason=request.POST.get("refusal", ""), by=request.user)
            messages.success(request, _("%(name)s was refused.") % {"name": review.point})
        elif act == "return":
            opinion = request.POST.get("refusal", "")
            scoring.return_review(review, remarks=_remarks(request), opinion=opinion, by=request.user)
            messages.success(request, _("“%(name)s” was sent back.") % {"name": review.point})
        else:
            return redirect(review)
    except Refused as refusal:
        return _review_page(request, review_or_404(request, review.code), refusal=refusal)
    following = _next(request, review)
    return redirect(following) if following else redirect("reviews")


def _next(request: SignedInRequest, review: Review) -> Review | None:
    """The next round that waits to be scored."""
    waiting = reviews_of(request.user).standing(PointStatus.CHECKED).exclude(pk=review.pk)
    return waiting.filter(pk__gt=review.pk).order_by("pk").first() or waiting.order_by("pk").first()


def _answer(request: HttpRequest, saved: scoring.Scored) -> dict:
    """The answer to the saving script: the time, invalid fields, and the total with its grade."""
    bar = render_to_string("assessment/review.html#bar", _bar(request, saved.review), request)
    return {
        "saved": f"{timezone.localtime():%H:%M}",
        "problems": saved.problems,
        "unsaved": list(saved.problems),
        "conflicts": [vars(conflict) for conflict in saved.conflicts],
        "bar": bar,
    }


def _bar(request: HttpRequest, review: Review) -> dict:
    return {
        "review": review,
        "judging": Judging(review),
        "refusals": list(scoring.refusals_to_finish(review, by=request.user)),
    }


def _drafting_of(review: Review) -> DraftForm:
    """The submitted draft; an empty one for a point without a draft."""
    drafts = review.point.drafts.unscoped("of the point in review").exclude(state=DraftState.DISCARDED)
    draft = drafts.select_related("area").first() or Draft(point=review.point, area=review.point.area)
    draft.point = review.point
    return DraftForm(draft)


def _review_page(
    request: SignedInRequest,
    review: Review,
    *,
    typed: Any = None,
    saved: scoring.Scored | None = None,
    refusal: Any = None,
) -> HttpResponse:
    typed = typed or {}
    bar = _bar(request, review)
    judging: Judging = bar["judging"]
    drafting = _drafting_of(review)
    submitted = Event.objects.filter(kind="demonstrationpoint", code=review.point.code, verb="submit").first()
    problems = saved.problems if saved else {}
    conflicts = {conflict.name: conflict for conflict in saved.conflicts} if saved else {}
    deductions = usual_deductions(request.user, review)

    def field(name: str) -> dict:
        reviewed = judging.fields[name]
        return {
            "name": name,
            "label": reviewed.label,
            "text": typed.get(name, reviewed.stands),
            "was": conflicts[name].theirs if name in conflicts else reviewed.stands,
            "problem": problems.get(name, ""),
            "conflict": conflicts.get(name),
        }

    context = bar | {
        "drafting": drafting,
        "rows": _rows(request, drafting, mask=True),
        "changes": submitted.changes if submitted and drafting.draft.was_public else {},
        "doubts": [(doubt, drafting.overruled(doubt)) for doubt in drafting.doubts] if drafting.draft.pk else [],
        "lines": [
            (
                line,
                field(f"score-{line.item.number}"),
                field(f"reason-{line.item.number}"),
                deductions[line.item.number],
            )
            for line in judging.lines
        ],
        "photos_remark": request.POST.get("remark-photos", ""),
        "requests": drafting.answered_requests,
        "usual": usual_remarks(request.user),
        "usual_opinions": usual_remarks(request.user, on_whole=True),
        "vetoes": [(veto, field(f"veto-{veto.number}")) for veto, _reason in judging.vetoes],
        "opinion": field("opinion"),
        "following": _next(request, review),
        "waiting": reviews_of(request.user).standing(PointStatus.CHECKED).count(),
        "cannot": list(scoring.refusals_to_score(review, by=request.user)),
        "refusal": refusal,
        "typed": request.POST,
    }
    return render(request, "assessment/review.html", context, status=409 if refusal or conflicts else 200)
