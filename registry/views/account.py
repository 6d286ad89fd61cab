"""One's own account: what it is, how it looks, its password, its second factor, its sessions."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from registry.access.requests import SignedInRequest
from registry.access.second_factor import (
    device_being_set_up,
    has_second_factor,
    lacks_second_factor,
    picture_of,
    recovery_codes_left,
    secret_of,
)
from registry.actions import accounts as acts
from registry.actions import second_factor as factor_acts
from registry.models import Area, User
from registry.text.refusals import Refused

from .access import asking_password, asks_for, onward, to_come_again


class PasswordForm(PasswordChangeForm):
    """The act asks whether the present password is right, and only then whether the new one is good: else the rule that
    it must be another one would tell who guesses."""

    def clean_old_password(self) -> str:
        return self.cleaned_data["old_password"]

    def validate_password_for_user(self, *args: Any, **kwargs: Any) -> None: ...


class WishesForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["large_type", "wants_digest", "wants_news_mail", "email", "language"]
        help_texts = {"email": gettext_lazy("Used for nothing but these e-mails.")}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["language"].required = False

    def clean_language(self) -> str:
        return self.cleaned_data["language"] or self.instance.language

    def clean(self) -> dict[str, Any]:
        super().clean()
        cleaned = self.cleaned_data
        wants_mail = cleaned.get("wants_digest") or cleaned.get("wants_news_mail")
        if wants_mail and not cleaned.get("email"):
            self.add_error("email", _("An e-mail needs an address. Fill it in, or take the tick away."))
        return cleaned


@asks_for()
def account(request: SignedInRequest) -> HttpResponse:
    """Who one is here, and one's wishes."""
    form = WishesForm(request.POST or None, instance=User.objects.get(pk=request.user.pk))
    if request.method == "POST" and form.is_valid():
        acts.set_wishes(request.user, **form.cleaned_data, by=request.user)
        messages.success(request, _("Saved."))
        return redirect("account")
    return render(request, "registry/account/account.html", _context(request, form), status=400 if form.errors else 200)


def _context(request: SignedInRequest, form: WishesForm) -> dict:
    user = request.user
    names = dict(
        Area.objects.visible_to(user).filter(code__in={user.read_prefix, user.write_prefix}).values_list("code", "name")
    )
    return {
        "form": form,
        "reads": names.get(user.read_prefix, user.read_prefix),
        "writes": names.get(user.write_prefix, user.write_prefix),
        "has_factor": has_second_factor(user),
    }


@asks_for()
@sensitive_post_parameters()
def password(request: SignedInRequest) -> HttpResponse:
    """A new password, by who knows the present one. The session goes on under a new key, all others end."""
    form, refusal = PasswordForm(request.user, request.POST or None), None
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            with asking_password(request):
                user = acts.choose_password(
                    request.user, typed["new_password1"], present=typed["old_password"], by=request.user
                )
        except ValidationError as error:
            form.add_error("new_password1", error)
        except Refused as error:
            refusal = error
            form.add_error("old_password", str(refusal))
        else:
            update_session_auth_hash(request, user)
            messages.success(request, _("The new password holds from now on."))
            return redirect(onward(request, "account"))
    context = {"form": form, "must": request.user.needs_new_password}
    answer = render(request, "registry/account/password.html", context, status=400 if form.errors else 200)
    return to_come_again(answer, refusal)


@asks_for()
@sensitive_post_parameters()
def factor(request: SignedInRequest) -> HttpResponse:
    """The second factor: what there is, or the code to scan and its confirmation."""
    if request.method != "POST":
        return _factor(request)
    try:
        codes = factor_acts.confirm_second_factor(request.user, request.POST.get("code", "")[:40], by=request.user)
    except Refused as refusal:
        return _factor(request, refusal)
    update_session_auth_hash(request, request.user)
    return _codes(request, codes)


def _factor(request: SignedInRequest, refusal: Refused | None = None) -> HttpResponse:
    device = device_being_set_up(request.user)
    context = {
        "has_factor": has_second_factor(request.user),
        "must": lacks_second_factor(request.user),
        "picture": picture_of(device) if device else "",
        "secret": secret_of(device) if device else "",
        "app_address": device.config_url if device else "",
        "left": recovery_codes_left(request.user),
        "refusals": list(factor_acts.refusals_to_remove_second_factor(request.user, by=request.user)),
        "refusal": refusal,
        "query": request.GET.urlencode(),
    }
    answer = render(request, "registry/account/factor.html", context, status=400 if refusal else 200)
    return to_come_again(answer, refusal)


def _codes(request: HttpRequest, codes: list[str]) -> HttpResponse:
    return render(request, "registry/account/codes.html", {"codes": codes, "onward": onward(request, "account")})


@asks_for()
@require_POST
def factor_begin(request: SignedInRequest) -> HttpResponse:
    factor_acts.begin_second_factor(request.user, by=request.user)
    answer = redirect("account-factor")
    answer["Location"] += f"?{request.GET.urlencode()}" if request.GET else ""
    return answer


@asks_for()
@require_POST
@sensitive_post_parameters()
def factor_codes(request: SignedInRequest) -> HttpResponse:
    try:
        with asking_password(request):
            codes = factor_acts.renew_recovery_codes(
                request.user, password=request.POST.get("password", ""), by=request.user
            )
    except Refused as refusal:
        return _factor(request, refusal)
    return _codes(request, codes)


@asks_for()
@require_POST
@sensitive_post_parameters()
def factor_remove(request: SignedInRequest) -> HttpResponse:
    try:
        with asking_password(request):
            factor_acts.remove_second_factor(request.user, password=request.POST.get("password", ""), by=request.user)
    except Refused as refusal:
        return _factor(request, refusal)
    messages.success(request, _("The second factor was taken off."))
    return redirect("account")


@asks_for()
@require_POST
def end_sessions(request: SignedInRequest) -> HttpResponse:
    """Signs out everywhere, here too."""
    acts.end_sessions(request.user, by=request.user)
    logout(request)
    return redirect("login")
