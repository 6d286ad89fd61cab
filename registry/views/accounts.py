"""The accounts below one's own: listed, added, changed, switched off, helped when a password or phone is lost."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from registry.access.permissions import roles_below
from registry.access.requests import SignedInRequest
from registry.actions import accounts as acts
from registry.actions import second_factor as factor_acts
from registry.actions.start import unused_accounts
from registry.models import Area, Role, User
from registry.text.refusals import Refused

from .access import asks_for, to_come_again
from .paging import page_within

RIGHT = "account.manage"


class AccountForm(forms.Form):
    """Offers the roles and areas `by` may give; `account` is the one being changed, or None for a new one."""

    username = forms.CharField(
        label=gettext_lazy("User name"),
        max_length=150,
        help_text=gettext_lazy("Letters and digits; typed at every sign-in, so keep it short. It cannot be changed."),
    )
    display_name = forms.CharField(label=gettext_lazy("Name shown"), max_length=40)
    role = forms.ChoiceField(label=gettext_lazy("Role"))
    area = forms.ChoiceField(
        label=gettext_lazy("Area"), help_text=gettext_lazy("The account sees and writes what lies inside.")
    )

    def __init__(self, *args: Any, by: User, account: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        areas = [(area.code, _named(area, by)) for area in acts.areas_below(by)]
        if account is not None:
            del self.fields["username"]
            self.initial = {
                "display_name": account.display_name,
                "role": account.role,
                "area": account.read_prefix,
                **self.initial,
            }
            if account.read_prefix not in dict(areas):
                areas += Area.objects.visible_to(by).filter(code=account.read_prefix).values_list("code", "name")
        fields: dict[str, Any] = self.fields
        fields["role"].choices = [(role.value, role.label) for role in Role if role in roles_below(by)]
        fields["area"].choices = areas


def _named(area: Area, by: User) -> str:
    """The name of an area to choose; of one that does not lie directly in the own area, with that of its district."""
    nested = area.parent is not None and area.parent_id != by.write_prefix and area.code != by.write_prefix
    return f"{area.parent} {area.name}" if nested and not by.is_superuser else area.name


def account_or_404(request: HttpRequest, pk: int) -> User:
    """An account the signed-in person looks after."""
    account = acts.accounts_below(request.user).filter(pk=pk).first()
    if account is None:
        raise Http404
    return account


@asks_for(RIGHT)
def account_list(request: SignedInRequest) -> HttpResponse:
    """The accounts below one's own, with the area of each."""
    accounts = page_within(acts.accounts_below(request.user), request.GET)
    codes = {account.read_prefix for account in accounts}
    names = dict(Area.objects.visible_to(request.user).filter(code__in=codes).values_list("code", "name"))
    rows = [(account, names.get(account.read_prefix, account.read_prefix)) for account in accounts]
    unused = unused_accounts(request.user).count()
    return render(request, "registry/accounts/list.html", {"rows": rows, "page": accounts, "unused": unused})


@asks_for(RIGHT)
def add(request: SignedInRequest) -> HttpResponse:
    """A new account; its first password is shown once."""
    form, refusal = AccountForm(request.POST or None, by=request.user), None
    if request.method == "POST" and form.is_valid():
        typed = dict(form.cleaned_data)
        try:
            account, password = acts.add_account(typed.pop("username"), **typed, by=request.user)
        except ValidationError as error:
            form.add_error(None, error)
        except Refused as error:
            refusal = error
            form.add_error(None, str(refusal))
        else:
            return render(request, "registry/accounts/password.html", {"account": account, "password": password})
    answer = render(request, "registry/accounts/add.html", {"form": form}, status=400 if form.errors else 200)
    return to_come_again(answer, refusal)


@asks_for(RIGHT)
def change(request: SignedInRequest, pk: int) -> HttpResponse:
    """One account: its name, role and area, and what can be done for it."""
    account = account_or_404(request, pk)
    form = AccountForm(request.POST or None, by=request.user, account=account)
    if request.method == "POST" and form.is_valid():
        try:
            acts.change_account(account, **form.cleaned_data, by=request.user)
        except (ValidationError, Refused) as error:
            form.add_error(None, str(error) if isinstance(error, Refused) else error)
        else:
            messages.success(request, _("Saved."))
            return redirect("account-change", account.pk)
    return _account(request, account, form)


def _account(request: HttpRequest, account: User, form: AccountForm, refusal: Refused | None = None) -> HttpResponse:
    context = {
        "account": account,
        "form": form,
        "factor_refusals": list(factor_acts.refusals_to_remove_second_factor(account, by=request.user)),
        "refusal": refusal,
    }
    status = 409 if refusal else 400 if form.errors else 200
    return render(request, "registry/accounts/change.html", context, status=status)


@asks_for(RIGHT)
@require_POST
def switch(request: SignedInRequest, pk: int) -> HttpResponse:
    """Off or on, as the form says."""
    account = acts.switch_account(account_or_404(request, pk), on=request.POST.get("on") == "1", by=request.user)
    message = _("“%(name)s” was switched on.") if account.is_active else _("“%(name)s” was switched off.")
    messages.success(request, message % {"name": account})
    return redirect("account-change", pk)


@asks_for(RIGHT)
@require_POST
def reset_password(request: SignedInRequest, pk: int) -> HttpResponse:
    """The new password is on the answering page and nowhere else."""
    account = account_or_404(request, pk)
    password = acts.reset_password(account, by=request.user)
    return render(request, "registry/accounts/password.html", {"account": account, "password": password})


@asks_for(RIGHT)
@require_POST
def reset_factor(request: SignedInRequest, pk: int) -> HttpResponse:
    account = account_or_404(request, pk)
    try:
        factor_acts.remove_second_factor(account, by=request.user)
    except Refused as refusal:
        return _account(request, account, AccountForm(by=request.user, account=account), refusal)
    messages.success(request, _("The second factor of “%(name)s” was taken off.") % {"name": account})
    return redirect("account-change", pk)


@asks_for(RIGHT)
@require_POST
def end_sessions(request: SignedInRequest, pk: int) -> HttpResponse:
    account = acts.end_sessions(account_or_404(request, pk), by=request.user)
    messages.success(request, _("“%(name)s” is signed out everywhere.") % {"name": account})
    return redirect("account-change", pk)
