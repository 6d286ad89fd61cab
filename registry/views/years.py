"""The desk of closed years: which are closed, what was amended since, and the act of closing."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.access.requests import SignedInRequest
from registry.actions import years as acts
from registry.figures.frozen import amendments_of_year, broken_hashes, take_year
from registry.forms import Typed
from registry.models import FrozenYear
from registry.text.refusals import Refused
from registry.text.validators import line

from .access import asks_for

YEARS_LISTED = 10


class CloseForm(forms.Form):
    """`edition` is the last one that was seen: a second click, or somebody else's, closes nothing more."""

    edition = forms.IntegerField(widget=forms.HiddenInput)
    reason = Typed(line(300), label=gettext_lazy("Remark"), required=False)


@asks_for(acts.RIGHT)
def year_list(request: SignedInRequest) -> HttpResponse:
    newest = timezone.localdate().year - 1
    closed: dict[int, FrozenYear] = {}
    for edition in FrozenYear.objects.public().select_related("closed_by").order_by("year", "edition"):
        closed[edition.year] = edition
    years = sorted({*range(newest - YEARS_LISTED + 1, newest + 1), *closed}, reverse=True)
    return render(request, "registry/years/list.html", {"years": [(year, closed.get(year)) for year in years]})


@asks_for(acts.RIGHT)
def year_page(request: SignedInRequest, year: int) -> HttpResponse:
    """The editions of a year, whether they are as they were written, what was amended since, and the button."""
    if not 1949 <= year < timezone.localdate().year:
        raise Http404
    editions = list(FrozenYear.objects.public().filter(year=year).select_related("closed_by"))
    last = editions[0] if editions else None
    form = CloseForm(request.POST if request.method == "POST" else None)
    form.initial = {"edition": last.edition if last else 0}
    refusal, status = None, 400 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            acts.close_year(year, take_year, by=request.user, **form.cleaned_data)
        except Refused as error:
            refusal, status = error, 409
        else:
            messages.success(request, _("%(year)s is closed: its figures are frozen.") % {"year": year})
            return redirect("year-close", year)
    context = {
        "year": year,
        "editions": editions,
        "form": form,
        "refusal": refusal,
        "broken": [word for edition in editions for word in broken_hashes(edition)],
        "amendments": list(amendments_of_year(last)) if last else [],
    }
    return render(request, "registry/years/year.html", context, status=status)
