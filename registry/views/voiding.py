"""Marking a record as entered in error, and taking the mark off again."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.access.requests import SignedInRequest
from registry.access.scope import read_scope
from registry.actions import voiding as acts
from registry.actions.dependents import belongings
from registry.forms import Typed
from registry.models import Record
from registry.text.refusals import Refused
from registry.text.validators import line

from .access import asks_for
from .records import kind_or_404, record_or_404


class MarkForm(forms.Form):
    """`version` is the one that was opened: what somebody changed since is looked at first."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = Typed(line(300), label=gettext_lazy("Reason"), help_text=gettext_lazy("Everybody will read it."))
    document_no = Typed(line(60), label=gettext_lazy("Paper number"))


class RestoreForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = Typed(line(300), label=gettext_lazy("Reason"), help_text=gettext_lazy("Everybody will read it."))


@asks_for(acts.RIGHT)
def void(request: SignedInRequest, kind: str, code: str) -> HttpResponse:
    """Asks for the reason and the paper, says what goes with it and what stands against it, and does it."""
    record_kind = kind_or_404(kind)
    record = record_or_404(record_kind, code, read_scope({}, request.user))
    is_voided = bool(record.voided)
    form_class = RestoreForm if is_voided else MarkForm
    form = form_class(request.POST if request.method == "POST" else None, initial={"version": record.version})
    refusals_to = acts.refusals_to_restore if is_voided else acts.refusals_to_mark
    refusals = list(refusals_to(record, by=request.user))
    refusal, status = None, 400 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        act = acts.restore_record if is_voided else acts.mark_entered_in_error
        record.version = form.cleaned_data.pop("version")
        try:
            act(record, by=request.user, **form.cleaned_data)
        except Refused as error:
            refusal, status = error, 409
        except ValidationError as error:
            form.add_error(None, error)
            status = 409
        else:
            message = _("“%(name)s” counts again.") if is_voided else _("“%(name)s” is marked as entered in error.")
            messages.success(request, message % {"name": record})
            return redirect("record", kind, code)
    with_it = acts.voided_with(record)[1:] if is_voided else belongings(record)
    context = {
        "kind": record_kind,
        "record": record,
        "voided": is_voided,
        "form": form,
        "with_it": [row for row in with_it if isinstance(row, Record)],
        "refusals": refusals,
        "refusal": refusal,
    }
    return render(request, "registry/void.html", context, status=status)
