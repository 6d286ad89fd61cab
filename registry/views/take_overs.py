"""The terms for old ledgers: opened, listed, closed."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from registry.access.requests import SignedInRequest
from registry.actions import take_overs as acts
from registry.actions.accounts import areas_below
from registry.forms import Typed, day
from registry.models import Area, TakeOver, User
from registry.text.refusals import Refused
from registry.text.validators import line

from .access import asks_for

USUAL_DAYS = 30
MOST_TERMS = 50


class TermForm(forms.Form):
    """Offers the own area and those directly inside."""

    area = forms.ModelChoiceField(Area.objects.none(), label=gettext_lazy("Area"), empty_label=None)
    ends_on = day(gettext_lazy("Last day"), required=True)
    document_no = Typed(line(60), label=gettext_lazy("Paper number"), required=False)
    reason = Typed(line(300), label=gettext_lazy("Reason"))

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["area"].queryset = areas_below(by)
        fields["ends_on"].initial = timezone.localdate() + timedelta(days=USUAL_DAYS)


@asks_for(acts.RIGHT)
def take_over_list(request: SignedInRequest) -> HttpResponse:
    """The terms there are, the newest first, and the form that opens one."""
    form = TermForm(request.POST if request.method == "POST" else None, by=request.user)
    refusal, status = None, 400 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            term = acts.open_take_over(**form.cleaned_data, by=request.user)
        except Refused as error:
            refusal, status = error, 409
        else:
            message = _("Titles of old ledgers of %(area)s may be entered until %(until)s.")
            messages.success(request, message % {"area": term.area, "until": term.ends_on.isoformat()})
            return redirect("take-overs")
    terms = TakeOver.objects.select_related("area", "opened_by", "closed_by")[:MOST_TERMS]
    context = {"form": form, "refusal": refusal, "terms": terms, "today": timezone.localdate()}
    return render(request, "registry/take_overs.html", context, status=status)


@asks_for(acts.RIGHT)
@require_POST
def close(request: SignedInRequest, pk: int) -> HttpResponse:
    term = acts.close_take_over(get_object_or_404(TakeOver, pk=pk), by=request.user)
    messages.success(request, _("The term for old ledgers of %(area)s is closed.") % {"area": term.area})
    return redirect("take-overs")
