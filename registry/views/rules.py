"""The rules that the district may change, each with its values over time."""

from datetime import date
from decimal import Decimal

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from registry.access.requests import SignedInRequest
from registry.actions import rules as acts
from registry.forms import Typed, day
from registry.models import Parameter
from registry.text.refusals import Refused
from registry.text.validators import line, number

from .access import asks_for


class RuleForm(forms.Form):
    value = Typed(number("0", "999999999999", 4), label=gettext_lazy("New value"))
    valid_from = day(gettext_lazy("From"), required=True)
    reason = Typed(line(300, 2), label=gettext_lazy("Reason"))
    document_no = Typed(line(60), label=gettext_lazy("Paper number"), required=False)


@asks_for(acts.RIGHT)
def rule_list(request: SignedInRequest) -> HttpResponse:
    """The value in force of each rule, and the values before it."""
    by_rule: dict[str, list[Parameter]] = {}
    for parameter in Parameter.objects.public().order_by("name", "-valid_from"):
        by_rule.setdefault(parameter.rule, []).append(parameter)
    context = {"rules": list(by_rule.values()), "unconfirmed": Parameter.objects.unconfirmed().count()}
    return render(request, "registry/rules/list.html", context)


@asks_for(acts.RIGHT)
def rule_page(request: SignedInRequest, code: str) -> HttpResponse:
    """A new value from a day on. First it is shown which figures it would change; then it is set."""
    parameter = get_object_or_404(Parameter.objects.public(), code=code)
    form = RuleForm(
        request.POST if request.method == "POST" else None,
        initial={"valid_from": date(timezone.localdate().year + 1, 1, 1)},
    )
    refusal: Refused | ValidationError | None = None
    effects, status = None, 400 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        value, valid_from = Decimal(str(typed["value"])), typed["valid_from"]
        refusal = next(acts.refusals_to_change_rule(parameter, by=request.user, valid_from=valid_from), None)
        if refusal is None and "confirm" in request.POST:
            try:
                acts.change_rule(parameter, by=request.user, **typed | {"value": value})
            except (Refused, ValidationError) as error:
                refusal, status = error, 409
            else:
                messages.success(request, _("%(rule)s has a new value.") % {"rule": parameter.name})
                return redirect("rules")
        elif refusal is None:
            effects = acts.effects_of(parameter, value, valid_from)
        else:
            status = 409
    context = {"parameter": parameter, "form": form, "refusal": refusal, "effects": effects}
    return render(request, "registry/rules/rule.html", context, status=status)


class CorrectionForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    value = Typed(number("0", "999999999999", 4), label=gettext_lazy("Right value"))
    reason = Typed(line(300, 2), label=gettext_lazy("Reason"), help_text=gettext_lazy("Everybody will read it."))
    document_no = Typed(line(60, 2), label=gettext_lazy("Paper number"))


@asks_for(acts.RIGHT)
def correct(request: SignedInRequest, code: str) -> HttpResponse:
    """A value that was wrong is corrected for all its time. First it is shown which figures of which days change."""
    parameter = get_object_or_404(Parameter.objects.public(), code=code)
    form = CorrectionForm(request.POST if request.method == "POST" else None, initial={"version": parameter.version})
    refusal: Refused | ValidationError | None = None
    effects, status = None, 400 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        typed = dict(form.cleaned_data)
        parameter.version, value = typed.pop("version"), Decimal(str(typed.pop("value")))
        refusal = next(acts.refusals_to_correct_rule(parameter, value=value, by=request.user), None)
        if refusal is None and "confirm" in request.POST:
            try:
                acts.correct_rule(parameter, value=value, by=request.user, **typed)
            except (Refused, ValidationError) as error:
                refusal = error
            else:
                messages.success(request, _("%(rule)s was corrected.") % {"rule": parameter.name})
                return redirect("rules")
        elif refusal is None:
            effects = acts.effects_of_correction(parameter, value)
        status = 409 if refusal else status
    context = {"parameter": parameter, "form": form, "refusal": refusal, "effects": effects}
    return render(request, "registry/rules/correct.html", context, status=status)


@asks_for(acts.RIGHT)
@require_POST
def confirm(request: SignedInRequest) -> HttpResponse:
    count = acts.confirm_rules(by=request.user)
    words = ngettext("%(count)s value was confirmed.", "%(count)s values were confirmed.", count) % {"count": count}
    messages.success(request, words)
    return redirect("rules")
