"""Public notices: posted by the district, public, and followed by the naming."""

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from assessment.actions import naming
from assessment.models import Notice
from registry.access.permissions import may
from registry.access.requests import SignedInRequest
from registry.models import PointStatus
from registry.text.refusals import Refused
from registry.views.access import asks_for
from registry.views.paging import page_within
from registry.views.records import opened

from .reviews import review_or_404, reviews_of


def day_field(label: Any, **more: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, input_formats=["%Y-%m-%d"], **more)


def status_of(form: forms.BaseForm, refusal: Refused | None) -> int:
    """The HTTP status: 400 for invalid input, 409 for a refused action."""
    return 400 if form.errors else 409 if refusal else 200


class NoticeForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("Heading"), max_length=120)
    starts_on = day_field(gettext_lazy("Posted on"))
    document_no = forms.CharField(label=gettext_lazy("Paper number"), max_length=60, required=False)
    text = forms.CharField(
        label=gettext_lazy("Wording"), widget=forms.Textarea(attrs={"rows": 4}), max_length=2000, required=False
    )


class NamingForm(forms.Form):
    document_no = forms.CharField(label=gettext_lazy("Paper number"), max_length=60, required=False)
    on = day_field(gettext_lazy("Named on"))
    batch = forms.CharField(label=gettext_lazy("Batch"), max_length=40, required=False)


def _today_if_unread(form: forms.Form, name: str) -> date:
    """The typed day, or today if it is missing or invalid."""
    return form.cleaned_data.get(name) or timezone.localdate() if form.is_bound else timezone.localdate()


@asks_for("point.notice")
def new(request: SignedInRequest) -> HttpResponse:
    """Creates a notice for the chosen scored points. Its last day follows from the working days of the parameter."""
    scored = reviews_of(request.user).standing(PointStatus.SCORED).filter(notice=None)
    waiting = page_within(scored, request.GET)
    sent = request.method == "POST"
    named = request.POST.getlist("review") if sent else request.GET.getlist("review")
    chosen = [review for review in waiting if review.code in named or not (sent or named)]
    today = timezone.localdate()
    title = _("Public notice of demonstration points, %(year)s") % {"year": today.year}
    form = NoticeForm(request.POST if sent else None, initial={"starts_on": today, "title": title})
    refusal = None
    if sent and form.is_valid():
        try:
            notice = naming.post_notice(chosen, by=request.user, **form.cleaned_data)
        except Refused as error:
            refusal = error
        else:
            messages.success(request, _("The notice runs until %(day)s.") % {"day": notice.ends_on.isoformat()})
            return redirect("notice-desk", notice.code)
    starts_on = _today_if_unread(form, "starts_on")
    context = {
        "form": form,
        "reviews": [
            (review, list(naming.refusals_to_post([review], starts_on=starts_on, by=request.user)), review in chosen)
            for review in waiting
        ],
        "waiting": waiting,
        "ends_on": naming.notice_end(starts_on),
        "days": naming.notice_days(starts_on),
        "refusal": refusal,
    }
    return render(request, "assessment/notice_new.html", context, status=status_of(form, refusal))


@asks_for("point.notice", "point.decide")
def desk(request: SignedInRequest, code: str) -> HttpResponse:
    """The district's page of a notice: its points, the remarks, the refusals, and the naming."""
    notice = Notice.objects.visible_to(request.user).in_area(request.user.write_prefix).filter(code=code).first()
    if notice is None:
        raise Http404
    reviews = naming.on_notice(notice)
    sent = request.method == "POST"
    if sent and not may(request.user, "point.decide"):
        raise Http404
    form = NamingForm(request.POST if sent else None, initial={"on": timezone.localdate()})
    chosen = [review for review in reviews if not sent or review.code in request.POST.getlist("review")]
    refusal = None
    if sent and form.is_valid():
        try:
            named = naming.name_from_notice(notice, chosen, by=request.user, **form.cleaned_data)
        except Refused as error:
            refusal = error
        else:
            words = ngettext("%(count)s point was named.", "%(count)s points were named.", len(named))
            messages.success(request, words % {"count": len(named)})
            return redirect("notice-desk", notice.code)
    on = _today_if_unread(form, "on")
    paper = form.data.get("document_no", "") if sent else "…"
    context = {
        "notice": notice,
        "form": form,
        "reviews": [(review, review in chosen) for review in reviews],
        "settled": notice.reviews.unscoped("of the notice itself").exclude(outcome="pending").select_related("point"),
        "refusals": list(naming.refusals_to_name(notice, reviews, on=on, document_no=paper, by=request.user)),
        "open_remarks": naming.open_remarks(notice),
        "may_decide": may(request.user, "point.decide"),
        "may_review": may(request.user, "point.review"),
        "may_run_out": settings.DEMO and not notice.has_ended(timezone.localdate()),
        "refusal": refusal,
    }
    return render(request, "assessment/notice_desk.html", context, status=status_of(form, refusal))


@asks_for("point.notice", "point.decide")
@require_POST
def run_out(request: SignedInRequest, code: str) -> HttpResponse:
    """Demonstration only: ends the notice."""
    notice = Notice.objects.visible_to(request.user).in_area(request.user.write_prefix).filter(code=code).first()
    if notice is None or not settings.DEMO:
        raise Http404
    try:
        naming.let_notice_run_out(notice, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("notice-desk", code)


@asks_for("point.review")
@require_POST
def take_off(request: SignedInRequest, code: str) -> HttpResponse:
    """Takes a point off its notice because of an objection: it is scored again."""
    review = review_or_404(request, code)
    notice = review.notice
    try:
        naming.take_off_notice(review, reason=request.POST.get("reason", ""), by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("notice-desk", notice.code) if notice else redirect("reviews")
    messages.success(request, _("%(name)s is off the notice and can be scored again.") % {"name": review.point})
    return redirect(review)


def public(request: HttpRequest, code: str) -> HttpResponse:
    """The public page of a notice: only name, unit and proposed grade of its points."""
    context = opened(request, "notices", code)
    notice = context["record"]
    rows = notice.reviews.unscoped("the notice itself makes them public").select_related(
        "point__area", "point__organisation"
    )
    context |= {"notice": notice, "reviews": rows, "has_ended": notice.has_ended(timezone.localdate())}
    return render(request, "assessment/notice.html", context)
