"""The working calendar of a year at the desk."""

from datetime import date

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from registry.actions import calendar as acts
from registry.forms import Typed, day
from registry.models import DayUse
from registry.text.refusals import Refused
from registry.text.validators import line

from .access import asks_for

FIRST_YEAR, LAST_YEAR = 2000, 2099


class DaysForm(forms.Form):
    first = day(gettext_lazy("Date"), required=True)
    last = day(gettext_lazy("Last day"))
    use = forms.ChoiceField(label=gettext_lazy("Use of the day"), choices=DayUse, initial=DayUse.FREE)
    name = Typed(
        line(40), label=gettext_lazy("Name"), help_text=gettext_lazy("Such as: National Day, or worked for it.")
    )
    reason = Typed(line(300), label=gettext_lazy("Reason"), required=False)


@asks_for(acts.RIGHT)
def calendar(request: HttpRequest) -> HttpResponse:
    return redirect("calendar-year", timezone.localdate().year)


@asks_for(acts.RIGHT)
def year_page(request: HttpRequest, year: int) -> HttpResponse:
    """The days of a year that are not as their weekday says, days to enter, and what is proposed."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Http404
    form = DaysForm(request.POST if request.method == "POST" else None, initial={"first": date(year, 1, 1)})
    refusal, status = None, 400 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        first, last = typed["first"], typed["last"] or typed["first"]
        try:
            written = acts.keep_days(
                first, last, working=typed["use"] == DayUse.WORKED, name=typed["name"], reason=typed["reason"] or "",
                by=request.user,
            )  # fmt: skip
        except Refused as error:
            refusal, status = error, 409
        else:
            _tell(request, len(written))
            return redirect("calendar-year", first.year)
    context = {
        "year": year,
        "days": acts.days_of(year),
        "proposed": acts.proposed_days(year),
        "form": form,
        "refusal": refusal,
    }
    return render(request, "registry/calendar.html", context, status=status)


def _tell(request: HttpRequest, count: int) -> None:
    words = ngettext("%(count)s day was entered.", "%(count)s days were entered.", count) % {"count": count}
    messages.success(request, words if count else _("Nothing was changed: the days are so already."))


@asks_for(acts.RIGHT)
@require_POST
def adopt(request: HttpRequest, year: int) -> HttpResponse:
    """Takes over the proposed days that are ticked."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Http404
    ticked = set(request.POST.getlist("day"))
    days = [proposed.day for proposed in acts.proposed_days(year) if proposed.day.isoformat() in ticked]
    _tell(request, len(acts.adopt_days(year, days, by=request.user)))
    return redirect("calendar-year", year)
