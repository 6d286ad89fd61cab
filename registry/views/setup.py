"""Setting a registry up: the list of steps, its start in the browser, its names, the accounts of its townships."""

import csv
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from registry.access.requests import SignedInRequest
from registry.actions import start
from registry.actions.records import save_record
from registry.models import District, current_district, forget_district
from registry.overviews.setup import STEPS
from registry.text.refusals import Refused

from .access import asks_for

RIGHT = "registry.set_up"


class StartForm(forms.Form):
    code = forms.RegexField(
        r"^\d{2,9}$",
        label=gettext_lazy("Area code"),
        help_text=gettext_lazy("Six digits of a district, such as 130208; four of a city."),
    )
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("By default as in the list of areas."),
    )
    areas = forms.FileField(
        label=gettext_lazy("Own list of areas (csv)"),
        required=False,
        help_text=gettext_lazy("With the columns code and name. Not needed where the national list is there."),
    )


class DistrictForm(forms.ModelForm):
    version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = District
        fields = [
            "name",
            "name_en",
            "title",
            "title_en",
            "plate_title",
            "plate_title_en",
            "code_prefix",
            "sources",
            "sources_en",
            "contact",
        ]
        widgets = {name: forms.Textarea(attrs={"rows": 3}) for name in ("sources", "sources_en")}


@asks_for(RIGHT)
def setup(request: SignedInRequest) -> HttpResponse:
    """The steps with their state. An empty registry is started here."""
    form = StartForm(request.POST or None, request.FILES or None)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            district = _start(form.cleaned_data)
        except (start.AreasUnusable, Refused) as error:
            refusal = error
        except ValidationError as error:
            form.add_error(None, error)
        else:
            _give_area(request.user, district.area_id)
            messages.success(request, _("%(title)s has begun.") % {"title": district.title})
            return redirect("setup")
    context = {
        "steps": [(step, step.is_done()) for step in STEPS],
        "district_is_there": current_district() is not None,
        "has_national_list": bool(start.national_list()),
        "form": form,
        "refusal": refusal,
    }
    return render(request, "registry/setup/steps.html", context, status=400 if refusal or form.errors else 200)


def _start(typed: dict[str, Any]) -> District:
    with TemporaryDirectory() as folder:
        files = start.national_list()
        if typed["areas"]:
            file = Path(folder) / "areas.csv"
            file.write_bytes(typed["areas"].read())
            files = [file]
        if not files:
            raise start.AreasUnusable(_("There is no national list here. Choose the district's own list of areas."))
        district, _counts = start.start_district(
            typed["code"], start.read_areas(typed["code"], files), name=typed["name"]
        )
    return district


def _give_area(user: Any, code: str) -> None:
    """Whoever starts the registry works in all of it."""
    if not user.write_prefix:
        user.read_prefix = user.write_prefix = code
        user.save(update_fields=["read_prefix", "write_prefix"])


@asks_for(RIGHT)
def district_page(request: SignedInRequest) -> HttpResponse:
    """The names of the district, read everywhere."""
    record = District.objects.unscoped("its names are public").first()
    if record is None:
        return redirect("setup")
    form = DistrictForm(request.POST or None, instance=record, initial={"version": record.version})
    refusal, status = None, 400 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        changed = form.save(commit=False)
        changed.version = form.cleaned_data["version"]
        try:
            save_record(changed, right=RIGHT, by=request.user)
        except Refused as error:
            refusal, status = error, 409
        else:
            forget_district()
            messages.success(request, _("The names were saved."))
            return redirect("district")
    return render(request, "registry/setup/district.html", {"form": form, "refusal": refusal}, status=status)


@asks_for("account.manage")
@require_POST
def township_accounts(request: SignedInRequest) -> HttpResponse:
    """One file with the first passwords of the accounts that were missing, or of all that are unused; it is made once
    and not kept."""
    make = start.renew_first_passwords if "unused" in request.POST else start.add_township_accounts
    made = make(by=request.user)
    if not made:
        messages.info(request, _("Every township has a clerk and a head already."))
        return redirect("accounts")
    response = HttpResponse(content_type="text/csv; charset=utf-8", headers={"Cache-Control": "no-store"})
    response["Content-Disposition"] = 'attachment; filename="accounts.csv"'
    response.write("\ufeff")
    writer = csv.writer(response)
    writer.writerow([_("Township"), _("Role"), _("User name"), _("First password")])
    writer.writerows(made)
    return response
