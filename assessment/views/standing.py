"""Titles after naming: choosing points for a re-check, settling it, and changing or withdrawing a title."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from assessment.actions import naming
from assessment.models import Round, longest_unchecked
from assessment.overviews.review_sheet import Judging
from registry.access.requests import SignedInRequest
from registry.actions.points import (
    CORRECTED,
    change_title,
    correct_standing,
    open_period,
    refusals_to_change_title,
)
from registry.models import DemonstrationPoint, Grade, Level, PointStatus
from registry.models.points import PUBLIC
from registry.text.refusals import Refused
from registry.views.access import asks_for

from .notices import day_field, status_of
from .reviews import review_or_404

MOST = 50  # points listed at a time


class SettleForm(forms.Form):
    grade = forms.ChoiceField(label=gettext_lazy("Decision"), required=False)
    document_no = forms.CharField(label=gettext_lazy("Paper number"), max_length=60, required=False)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, required=False)
    on = day_field(gettext_lazy("Effective from"))

    def __init__(self, *args: Any, present: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keep = [(present, _("Keep: %(grade)s") % {"grade": Grade(present).label})]
        others = [(value, label) for value, label in Grade.choices if value != present]
        fields: dict[str, Any] = self.fields
        fields["grade"].choices = [*keep, *others, ("", _("Withdraw the title"))]


class StandingForm(forms.Form):
    """`status` is kept or withdrawn; level and grade may change if it is kept."""

    status = forms.ChoiceField(
        label=gettext_lazy("Title"),
        choices=[
            (PointStatus.NAMED, gettext_lazy("Keep the title")),
            (PointStatus.WITHDRAWN, PointStatus.WITHDRAWN.label),
        ],
    )
    level = forms.ChoiceField(label=gettext_lazy("Level"), choices=Level.choices)
    grade = forms.ChoiceField(label=gettext_lazy("Grade"), choices=Grade.choices)
    document_no = forms.CharField(label=gettext_lazy("Paper number"), max_length=60, required=False)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, required=False)
    on = day_field(gettext_lazy("Effective from"))


class CorrectForm(forms.Form):
    level = forms.ChoiceField(label=gettext_lazy("Level"), choices=Level.choices)
    grade = forms.ChoiceField(label=gettext_lazy("Grade"), choices=Grade.choices)
    document_no = forms.CharField(label=gettext_lazy("Paper number"), max_length=60)
    batch = forms.CharField(label=gettext_lazy("Batch"), max_length=40, required=False)
    on = day_field(gettext_lazy("Effective from"))
    opened = forms.IntegerField(required=False, widget=forms.HiddenInput())
    reason = forms.CharField(
        label=gettext_lazy("What was typed wrongly"), max_length=300, help_text=gettext_lazy("Everybody will read it.")
    )


@asks_for("point.review")
def rechecks(request: SignedInRequest) -> HttpResponse:
    """Named points, those longest without a re-check first; opens re-checks of the chosen ones."""
    user, today = request.user, timezone.localdate()
    points = DemonstrationPoint.objects.in_area(user.write_prefix).named(today)
    if request.method == "POST":
        chosen = points.filter(code__in=request.POST.getlist("point"))
        try:
            opened = naming.open_rechecks(chosen, by=user)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("rechecks")
        words = ngettext("%(count)s re-check was opened.", "%(count)s re-checks were opened.", len(opened))
        messages.success(request, words % {"count": len(opened)})
        return redirect("reviews")
    text = request.GET.get("q", "").strip()[:60]
    matches = points.filter(name__contains=text) if text else points
    listed = longest_unchecked(matches).select_related("area")[:MOST]
    context = {"points": listed, "asked": text, "count": matches.count()}
    return render(request, "assessment/rechecks.html", context)


@asks_for("point.decide")
def settle(request: SignedInRequest, code: str) -> HttpResponse:
    """The decision on a finished re-check: keep, raise, lower, or withdraw."""
    review = review_or_404(request, code)
    now = open_period(review.point)
    if review.round != Round.RECHECK or now is None or not now.grade:
        raise Http404
    sent = request.method == "POST"
    initial = {"on": timezone.localdate(), "grade": review.proposed_grade or now.grade}
    form = SettleForm(request.POST if sent else None, initial=initial, present=now.grade)
    refusal = None
    if sent and form.is_valid():
        try:
            naming.settle_recheck(review, by=request.user, **form.cleaned_data)
        except Refused as error:
            refusal = error
        else:
            messages.success(request, _("%(name)s: decided.") % {"name": review.point})
            return redirect("reviews")
    context = {
        "review": review,
        "judging": Judging(review),
        "now": now,
        "form": form,
        "refusals": list(naming.refusals_to_settle(review, by=request.user)),
        "refusal": refusal,
    }
    return render(request, "assessment/settle.html", context, status=status_of(form, refusal))


@asks_for("point.decide")
def standing(request: SignedInRequest, code: str) -> HttpResponse:
    """Changes the level or grade of a named point, or withdraws its title, after a preview of the refusals."""
    points = DemonstrationPoint.objects.visible_to(request.user).in_area(request.user.write_prefix)
    point = points.select_related("area").filter(code=code).first()
    now = open_period(point) if point else None
    if point is None or now is None or now.status != PointStatus.NAMED:
        raise Http404
    sent = request.method == "POST"
    initial = {"status": now.status, "level": now.level, "grade": now.grade, "on": timezone.localdate()}
    form = StandingForm(request.POST if sent else None, initial=initial)
    asks = request.POST.get("then") == "ask"
    refusals = None
    if sent and form.is_valid():
        refusals = list(refusals_to_change_title(point, by=request.user, **form.cleaned_data))
        if not refusals and not asks:
            change_title(point, by=request.user, **form.cleaned_data)
            messages.success(request, _("%(point)s: changed.") % {"point": point})
            return redirect(point)
    context = {"point": point, "now": now, "form": form, "refusals": refusals, "asks": asks}
    refused = (form.errors or refusals) and not asks
    return render(request, "assessment/standing.html", context, status=409 if refused else 200)


@asks_for("point.decide")
def correct(request: SignedInRequest, code: str) -> HttpResponse:
    """Corrects typing errors in the current title: level, grade, document, batch or day."""
    points = DemonstrationPoint.objects.visible_to(request.user).in_area(request.user.write_prefix)
    point = points.select_related("area").filter(code=code).first()
    now = open_period(point) if point else None
    if point is None or now is None or now.status not in PUBLIC:
        raise Http404
    sent, refusal = request.method == "POST", None
    current = {name: getattr(now, name) for name in CORRECTED} | {"on": now.valid_from}
    form = CorrectForm(request.POST if sent else None, initial=current)
    if sent and form.is_valid():
        try:
            correct_standing(point, by=request.user, **form.cleaned_data)
        except Refused as error:
            refusal = error
        else:
            messages.success(request, _("%(point)s: corrected.") % {"point": point})
            return redirect(point)
    context = {"point": point, "now": now, "form": form, "refusal": refusal}
    return render(request, "assessment/correct.html", context, status=status_of(form, refusal))
