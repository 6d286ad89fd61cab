"""The versions of the standard: which were in force when, and the draft of the next one."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from assessment.actions import standards as acts
from assessment.forms import standards as forms
from assessment.models import Standard
from assessment.overviews.standard_preview import preview
from registry.text.refusals import Refused
from registry.views.access import asks_for


def _versions() -> Any:
    return Standard.objects.drafts() | Standard.objects.public()


@asks_for(acts.RIGHT)
def version_list(request: HttpRequest) -> HttpResponse:
    """The versions, the newest first; a draft comes before them."""
    versions = sorted(
        _versions(), key=lambda version: (version.valid_from is None, str(version.valid_from)), reverse=True
    )
    today = timezone.localdate()
    rows = [(version, acts.items_of(version), version.pk in _in_force(today)) for version in versions]
    context = {
        "versions": rows,
        "last": next((version for version in versions if version.valid_from and version.valid_to is None), None),
        "has_draft": any(version.valid_from is None for version in versions),
        "unconfirmed": [version for version in versions if acts.is_unconfirmed(version)],
    }
    return render(request, "assessment/standards/list.html", context)


def _in_force(today: Any) -> set[int]:
    return set(Standard.objects.public().in_force(today).values_list("pk", flat=True))


def version_or_404(code: str) -> Standard:
    return get_object_or_404(_versions(), code=code)


@asks_for(acts.RIGHT)
@require_POST
def new(request: HttpRequest, code: str) -> HttpResponse:
    """A draft that begins as a copy of this version."""
    return redirect("standard", acts.draft_version(version_or_404(code), by=request.user).code)


@asks_for(acts.RIGHT)
def version_page(request: HttpRequest, code: str) -> HttpResponse:
    """A version; a draft can be edited, with a look at what it would say of the points named today."""
    standard = version_or_404(code)
    if standard.valid_from is not None:
        context = {"standard": standard, "items": acts.items_of(standard), "lines": standard.pass_lines.all()}
        return render(request, "assessment/standards/version.html", context)
    typed = request.POST if request.method == "POST" else None
    form, items = forms.StandardForm(typed, standard=standard), forms.item_forms(standard, typed)
    refusal, status = None, 200
    if typed is not None:
        status = 400
        if form.is_valid() and items.is_valid():
            try:
                acts.edit_draft(form.opened, forms.edited_items(items, standard), form.lines, by=request.user)
                messages.success(request, _("The draft was saved."))
                return redirect("standard", code)
            except Refused as error:
                refusal, status = error, 409
            except ValidationError as error:
                form.add_error(None, error.messages)
    return _draft_page(request, code, form, items, None, refusal, status)


def _draft_page(
    request: HttpRequest, code: str, form: Any, items: Any, force: Any, refusal: Any, status: int
) -> HttpResponse:
    stored = version_or_404(code)
    context = {
        "standard": stored,
        "form": form,
        "items": items,
        "force": force or forms.ForceForm(standard=stored),
        "refusal": refusal,
        "weights": sum(item.weight for item in acts.items_of(stored)),
        "vetoes": stored.vetoes.order_by("number"),
        "preview": preview(stored, timezone.localdate()),
        "refusals": list(acts.refusals_to_put_in_force(stored, by=request.user)),
    }
    return render(request, "assessment/standards/draft.html", context, status=status)


@asks_for(acts.RIGHT)
@require_POST
def put_in_force(request: HttpRequest, code: str) -> HttpResponse:
    """The district puts the draft in force from a day."""
    standard = version_or_404(code)
    force = forms.ForceForm(request.POST, standard=standard)
    refusal, status = None, 400
    if force.is_valid():
        values = dict(force.cleaned_data)
        standard.version = values.pop("version")
        try:
            acts.put_in_force(standard, by=request.user, **values | {"document_no": values["document_no"] or ""})
        except Refused as error:
            refusal, status = error, 409
        else:
            messages.success(request, _("“%(name)s” is in force from that day on.") % {"name": standard})
            return redirect("standards")
    standard = version_or_404(code)
    if standard.valid_from is not None:
        return redirect("standard", code)
    form, items = forms.StandardForm(standard=standard), forms.item_forms(standard)
    return _draft_page(request, code, form, items, force, refusal, status)


@asks_for(acts.RIGHT)
@require_POST
def discard(request: HttpRequest, code: str) -> HttpResponse:
    acts.discard_draft(version_or_404(code), by=request.user)
    messages.success(request, _("The draft was discarded."))
    return redirect("standards")


@asks_for(acts.RIGHT)
@require_POST
def confirm(request: HttpRequest, code: str) -> HttpResponse:
    """The standard that the registry was started with is the district's own."""
    standard = acts.confirm_standard(version_or_404(code), by=request.user)
    messages.success(request, _("“%(name)s” was confirmed.") % {"name": standard})
    return redirect("standards")
