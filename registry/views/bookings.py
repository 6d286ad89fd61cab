"""The desk of bookings: groups that want to come, those confirmed, and who was received against what sites take."""

import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.access.requests import SignedInRequest
from registry.actions import bookings as acts
from registry.actions.access_log import log_reading, personal_in
from registry.forms import Typed, day
from registry.models import Booking, TeachingSite
from registry.overviews.capacity import balance
from registry.overviews.history import history_of
from registry.text.refusals import Refused
from registry.text.validators import line, masked, phone, whole

from .access import asks_for
from .paging import page_within

SETTLED_SHOWN = 30


class People(Typed):
    def __init__(self, **more: Any):
        super().__init__(whole(1, 100_000), **more)


class BookingForm(forms.Form):
    site = forms.ModelChoiceField(TeachingSite.objects.none(), label=gettext_lazy("Teaching site"))
    booked_for = day(gettext_lazy("Date"), required=True)
    visitor = Typed(line(80, least=2), label=gettext_lazy("Visitors"))
    headcount = People(label=gettext_lazy("People"))
    topic = Typed(line(120), label=gettext_lazy("Topic"), required=False)
    contact = Typed(line(40), label=gettext_lazy("Contact"), required=False)
    phone = Typed(phone, label=gettext_lazy("Telephone"), required=False)
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, sites: Any, **kwargs: Any):
        kwargs["initial"] = {"key": uuid.uuid4()}
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["site"].queryset = sites


class ReasonForm(forms.Form):
    reason = Typed(line(200, least=2), label=gettext_lazy("Reason"))


class HoldForm(forms.Form):
    headcount = People(label=gettext_lazy("People who came"))


FORMS: dict[str, type[forms.Form]] = {
    "confirm": forms.Form, "hold": HoldForm, "refuse": ReasonForm, "cancel": ReasonForm,
}  # fmt: skip
DO: dict[str, Callable[..., Any]]
DO = {
    "confirm": acts.confirm,
    "hold": acts.hold,
    "refuse": acts.refuse,
    "cancel": acts.cancel,
}


@asks_for(acts.RIGHT)
def booking_list(request: SignedInRequest) -> HttpResponse:
    """What is open, the balance of a year, and the form of a new booking."""
    today = timezone.localdate()
    own = TeachingSite.objects.visible_to(request.user).in_area(request.user.write_prefix).order_by("code")
    form = BookingForm(request.POST if request.method == "POST" else None, sites=own.named(today))
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            return redirect(acts.ask(by=request.user, **form.cleaned_data))
        except Refused as error:
            refusal = error
    bookings = Booking.objects.visible_to(request.user).select_related("site")
    years = sorted({today.year, *(day.year for day in bookings.dates("booked_for", "year"))}, reverse=True)
    year = _year(request, years, bookings)
    months = [month for month in balance(own, date(year, 1, 1)) if month.booked or month.received]
    context = {
        "form": form, "refusal": refusal, "today": today, "year": year, "years": years, "months": months,
        "open": page_within(bookings.open().order_by("booked_for", "code"), request.GET),
        "settled": bookings.exclude(pk__in=bookings.open()).order_by("-booked_for", "code")[:SETTLED_SHOWN],
    }  # fmt: skip
    status = 400 if form.errors else 409 if refusal else 200
    return render(request, "registry/bookings/list.html", context, status=status)


def _year(request: HttpRequest, years: list[int], bookings: Any) -> int:
    """The year asked for; else the newest that has a booking."""
    text = request.GET.get("year", "")
    newest = bookings.order_by("-booked_for").values_list("booked_for", flat=True).first()
    return next((year for year in years if str(year) == text), newest.year if newest else years[0])


@asks_for(acts.RIGHT)
def booking_page(request: SignedInRequest, code: str) -> HttpResponse:
    """One booking, what may be done with it, and its history. `then` says which act was sent."""
    booking = Booking.objects.visible_to(request.user).filter(code=code).select_related("site", "visit").first()
    if booking is None:
        raise Http404
    act, form, refusal = request.POST.get("then", ""), None, None
    if request.method == "POST":
        if act not in FORMS:
            raise Http404
        form = FORMS[act](request.POST, auto_id=f"{act}_%s")
        if form.is_valid():
            try:
                DO[act](booking, by=request.user, **form.cleaned_data)
                messages.success(request, _("“%(name)s” was saved.") % {"name": booking})
                return redirect(booking)
            except Refused as error:
                refusal = error
    context = {
        "booking": booking,
        "contact": _contact(booking, request.user),
        "month": balance([booking.site], booking.booked_for, 1)[0],
        "form": form,
        "refusal": refusal,
        "offered": _offered(booking, request.user, act, form),
        "why_not": [] if refusal else _too_many(booking, request.user),
        "entries": history_of(booking, request.user),
    }
    status = 400 if form and form.errors else 409 if refusal else 200
    return render(request, "registry/bookings/booking.html", context, status=status)


def _contact(booking: Booking, reader: Any) -> str:
    """Whom to call, for as long as there is a reason to; afterwards the number is hidden."""
    if booking.state not in acts.ALLOWED["cancel"]:
        return f"{booking.contact} {masked(booking.phone)}".strip()
    log_reading(booking, personal_in(booking), by=reader)
    return f"{booking.contact} {booking.phone}".strip()


def _offered(booking: Booking, user: Any, sent: str, form: forms.Form | None) -> list[tuple[str, forms.Form]]:
    """The acts that may be done now with their forms; the one that was sent holds what was typed."""
    return [
        (act, form if form and act == sent else made(initial={"headcount": booking.headcount}, auto_id=f"{act}_%s"))
        for act, made in FORMS.items()
        if not any(acts.refusals_to(act, booking, by=user))
    ]


def _too_many(booking: Booking, user: Any) -> list[Refused]:
    """Why a group that asks cannot be confirmed, where it is for want of places."""
    refusals = list(acts.refusals_to("confirm", booking, by=user))
    return refusals if [refusal.code for refusal in refusals] == ["booking_full"] else []
