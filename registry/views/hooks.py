"""Web hooks and the hosts they may call, with what the last calls were answered."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from registry.access.requests import SignedInRequest
from registry.actions import webhooks as acts
from registry.actions.tokens import owners_for
from registry.models import HookHost, User, WebHook
from registry.text.refusals import Refused

from .access import asks_for

LAST = 5  # calls shown of each hook


class HookForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    address = forms.CharField(
        label=gettext_lazy("Address"), max_length=400,
        help_text=gettext_lazy("Changes are sent there by POST. Its host has to be in the list."),
    )  # fmt: skip
    owner = forms.ModelChoiceField(
        User.objects.none(), label=gettext_lazy("Account"), empty_label=None,
        help_text=gettext_lazy("The hook is told of records this account may see."),
    )  # fmt: skip
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Kinds of record"), widget=forms.CheckboxSelectMultiple, initial=["points"]
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["owner"].queryset = owners_for(by)
        fields["owner"].initial = by.pk
        fields["kinds"].choices = [(slug, kind.label) for slug, kind in acts.kinds_for_hooks().items()]


class HostForm(forms.Form):
    host = forms.CharField(
        label=gettext_lazy("Host"), max_length=253, help_text=gettext_lazy("Such as map.example.gov.cn.")
    )
    is_private = forms.BooleanField(label=gettext_lazy("It may lie inside our own network"), required=False)


@asks_for(acts.RIGHT)
@never_cache
def hook_list(request: SignedInRequest) -> HttpResponse:
    """The hooks there are; a new one's secret is shown once, in answer to the form."""
    form, made = HookForm(request.POST or None, by=request.user), None
    if request.method == "POST" and form.is_valid():
        try:
            made = acts.add_hook(**form.cleaned_data, by=request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
    return _page(request, form=form, made=made)


def _page(request: SignedInRequest, **more: Any) -> HttpResponse:
    hooks = WebHook.objects.select_related("owner")
    context = {
        "form": HookForm(by=request.user),
        "host_form": HostForm(),
        "hosts": HookHost.objects.all(),
        "hooks": [(hook, _names_of_kinds(hook), hook.deliveries.order_by("-pk")[:LAST]) for hook in hooks],
        **more,
    }
    wrong = context["form"].errors or context["host_form"].errors
    return render(request, "registry/hooks.html", context, status=400 if wrong else 200)


def _names_of_kinds(hook: WebHook) -> str:
    kinds = acts.kinds_for_hooks()
    return pgettext("between names", ", ").join(str(kinds[slug].label) for slug in hook.kinds if slug in kinds)


@asks_for(acts.RIGHT)
@require_POST
def allow(request: SignedInRequest) -> HttpResponse:
    form = HostForm(request.POST)
    if form.is_valid():
        try:
            acts.allow_host(**form.cleaned_data, by=request.user)
        except (Refused, ValidationError) as error:
            form.add_error("host", str(error) if isinstance(error, Refused) else error.messages)
        else:
            return redirect("hooks")
    return _page(request, host_form=form)


@asks_for(acts.RIGHT)
@require_POST
def forbid(request: SignedInRequest, pk: int) -> HttpResponse:
    allowed = get_object_or_404(HookHost, pk=pk)
    acts.forbid_host(allowed, by=request.user)
    messages.success(request, _("“%(name)s” is not called any more.") % {"name": allowed})
    return redirect("hooks")


@asks_for(acts.RIGHT)
@require_POST
def switch(request: SignedInRequest, pk: int) -> HttpResponse:
    """Off or on, as the form says."""
    acts.switch_hook(get_object_or_404(WebHook, pk=pk), on=request.POST.get("on") == "1", by=request.user)
    return redirect("hooks")
