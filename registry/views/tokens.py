"""The tokens of one's own account, and of the programs one looks after: made, shown once, revoked."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from registry.access.requests import SignedInRequest
from registry.actions import tokens as acts
from registry.models import TokenScope, User
from registry.text.refusals import Refused

from .access import asking_password, asks_for, to_come_again
from .paging import page_within

DAYS = (30, 90, 180, acts.MOST_DAYS)


class TokenForm(forms.Form):
    """Offers the accounts and areas `by` may make tokens for."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=60, help_text=gettext_lazy("What it is for, such as “Map of the city”.")
    )
    owner = forms.ModelChoiceField(
        User.objects.none(), label=gettext_lazy("Account"), empty_label=None,
        help_text=gettext_lazy("The token does what this account may do, never more."),
    )  # fmt: skip
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("It may"), choices=TokenScope.choices, widget=forms.CheckboxSelectMultiple,
        initial=[TokenScope.READ],
    )  # fmt: skip
    area = forms.ChoiceField(label=gettext_lazy("Only in the area"), required=False)
    days = forms.TypedChoiceField(label=gettext_lazy("Valid for"), coerce=int, initial=DAYS[1])
    addresses = forms.CharField(
        label=gettext_lazy("Only from the addresses"), max_length=400, required=False,
        help_text=gettext_lazy("Such as 10.20.0.5 or 10.20.0.0/16, with spaces between. Left empty: from everywhere."),
    )  # fmt: skip

    password = forms.CharField(
        label=gettext_lazy("Your password"), strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text=gettext_lazy("So that nobody makes a token at a desk you have left."),
    )  # fmt: skip

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["owner"].queryset = acts.owners_for(by)
        fields["owner"].initial = by.pk
        places = [(area.code, area.name) for area in acts.areas_for(by)]
        fields["area"].choices = [("", _("All areas of the account")), *places]
        fields["days"].choices = [(days, ngettext("%s day", "%s days", days) % days) for days in DAYS]


@asks_for()
@never_cache
@sensitive_post_parameters("password")
def token_list(request: SignedInRequest) -> HttpResponse:
    """The tokens there are; a new one is shown once, in answer to the form."""
    form = TokenForm(request.POST or None, by=request.user)
    made, text, refusal = None, "", None
    if request.method == "POST" and form.is_valid():
        try:
            with asking_password(request):
                made, text = acts.make_token(**form.cleaned_data, by=request.user)
        except Refused as error:
            refusal = error
            form.add_error("password" if refusal.code == "password_wrong" else None, str(refusal))
    tokens = page_within(acts.tokens_for(request.user), request.GET)
    context = {"form": form, "tokens": tokens, "made": made, "text": text}
    answer = render(request, "registry/tokens.html", context, status=400 if form.errors else 200)
    return to_come_again(answer, refusal)


@asks_for()
@require_POST
def revoke(request: SignedInRequest, pk: int) -> HttpResponse:
    token = acts.tokens_for(request.user).filter(pk=pk).first()
    if token is None:
        raise Http404
    acts.revoke_token(token, by=request.user)
    messages.success(request, _("“%(name)s” was revoked.") % {"name": token})
    return redirect("tokens")
