"""The areas of the registry at the desk: the tree by township, and what happens to an area on a day."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.access.requests import SignedInRequest
from registry.actions import areas as acts
from registry.actions import mergers
from registry.forms import Typed, day
from registry.models import Area, AreaLevel, district_area
from registry.models.base import in_area_q
from registry.overviews.areas import area_page, areas_found
from registry.text.refusals import Refused
from registry.text.spellings import normalized
from registry.text.validators import line

from .access import asks_for

RIGHT = acts.RIGHT
BELOW = [(level.value, level.label) for level in acts.BELOW_TOWNSHIP]


class PaperForm(forms.Form):
    """The reason of an act and the paper it stands on, which everybody reads in the history."""

    on = day(gettext_lazy("From"), required=True)
    reason = Typed(line(300, 2), label=gettext_lazy("Reason"), help_text=gettext_lazy("Everybody will read it."))
    document_no = Typed(line(60, 2), label=gettext_lazy("Paper number"))

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.initial.setdefault("on", timezone.localdate())


class OpenedForm(PaperForm):
    """Carries the version that was opened."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, area: Area, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.initial.setdefault("version", area.version)


class RenameForm(OpenedForm):
    name = Typed(line(60, 2), label=gettext_lazy("New name"))
    field_order = ["name"]


class AreaForm(forms.Form):
    code = forms.RegexField(
        r"^(\d{6}|\d{9}|\d{12})$",
        label=gettext_lazy("Area code"),
        help_text=gettext_lazy("As the statistics bureau gives it: 9 digits of a township, 12 of a village."),
    )
    name = Typed(line(60, 2), label=gettext_lazy("Name"))
    level = forms.ChoiceField(
        choices=BELOW,
        label=gettext_lazy("Village or community"),
        help_text=gettext_lazy("Only for codes of 12 digits."),
    )
    valid_from = day(gettext_lazy("Exists since"), required=True)
    reason = Typed(line(300), label=gettext_lazy("Reason"), required=False)
    document_no = Typed(line(60), label=gettext_lazy("Paper number"), required=False)


class MergeForm(PaperForm):
    """The villages of one township that merge, and their successor: one of the others, or a new one."""

    areas = forms.MultipleChoiceField(label=gettext_lazy("Villages that merge"), widget=forms.CheckboxSelectMultiple)
    into = forms.ChoiceField(label=gettext_lazy("Into"), required=False)
    code = forms.RegexField(r"^\d{12}$", label=gettext_lazy("Code of a new one"), required=False)
    name = Typed(line(60), label=gettext_lazy("Name of a new one"), required=False)
    level = forms.ChoiceField(choices=BELOW, label=gettext_lazy("Village or community"), required=False)
    leave = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    field_order = ["areas", "into", "code", "name", "level", "on"]

    def __init__(self, *args: Any, township: Area, **kwargs: Any):
        super().__init__(*args, **kwargs)
        rows = Area.objects.public().filter(parent=township, valid_to=None, level__in=acts.BELOW_TOWNSHIP)
        self.by_code = {area.code: area for area in rows.order_by("code")}
        named = [(code, f"{area.name} · {code}") for code, area in self.by_code.items()]
        self.fields["areas"].choices = named  # type: ignore[attr-defined]
        self.fields["into"].choices = [("", _("A new one")), *named]  # type: ignore[attr-defined]
        kinds = [(slug, slug) for slug in (*mergers.MOVING, "user")]
        self.fields["leave"].choices = kinds  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or self.cleaned_data
        if not typed.get("into"):
            for name in ("code", "name"):
                if not typed.get(name) and name not in self.errors:
                    self.add_error(name, _("Choose a successor above, or give code and name of a new one."))
        return typed

    @property
    def merger(self) -> mergers.Merger:
        typed = self.cleaned_data
        into = self.by_code.get(typed["into"]) or Area(
            code=typed["code"], name=typed["name"], level=typed["level"], valid_from=typed["on"]
        )
        areas = [self.by_code[code] for code in typed["areas"]]
        return mergers.Merger(areas, into, typed["on"], frozenset(typed["leave"]))


def area_or_404(code: str) -> Area:
    """An area of the registry, on whatever day."""
    area = Area.objects.public().filter(in_area_q(district_area(), "code"), code=code).first()
    if area is None:
        raise Http404
    return area


@asks_for(RIGHT)
def areas(request: SignedInRequest) -> HttpResponse:
    """What lies in the registry's area, or what is found by a name or code."""
    if not district_area():
        return redirect("setup")
    text = normalized(request.GET.get("q", ""))[:60]
    if text:
        context = {"q": text, "found": areas_found(text, timezone.localdate())}
        return render(request, "registry/areas/found.html", context)
    return _area_page(request, district_area())


@asks_for(RIGHT)
def area(request: SignedInRequest, code: str) -> HttpResponse:
    """An area: its facts, what lies in it, and what can be done."""
    return _area_page(request, code)


def _area_page(request: SignedInRequest, code: str) -> HttpResponse:
    page = area_page(area_or_404(code), timezone.localdate())
    kinds = {AreaLevel.TOWNSHIP: "townships", AreaLevel.VILLAGE: "villages"}
    return render(request, "registry/areas/area.html", {"page": page, "kind": kinds.get(AreaLevel(page.area.level))})


@asks_for(RIGHT)
def add(request: SignedInRequest) -> HttpResponse:
    """A new area. Where it lies follows from its code."""
    within = request.GET.get("in", "")
    initial = {"code": within if within.isdecimal() else "", "valid_from": timezone.localdate()}
    form = AreaForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        typed = dict(form.cleaned_data)
        paper = {name: typed.pop(name) for name in ("reason", "document_no")}
        added = _done(form, lambda: acts.add_area(Area(**typed), by=request.user, **paper))
        if added is not None:
            messages.success(request, _("“%(name)s” was added.") % {"name": added})
            return redirect("desk-area", added.parent_id)
    return render(request, "registry/areas/add.html", {"form": form}, status=_status(form))


@asks_for(RIGHT)
def rename(request: SignedInRequest, code: str) -> HttpResponse:
    """A new name from a day on."""
    return _change(request, code, RenameForm, acts.rename_area, "rename")


@asks_for(RIGHT)
def end(request: SignedInRequest, code: str) -> HttpResponse:
    """An end without a successor."""
    return _change(request, code, OpenedForm, mergers.end_area, "end")


def _change(request: SignedInRequest, code: str, form_class: Any, act: Any, page: str) -> HttpResponse:
    changed = area_or_404(code)
    form = form_class(request.POST if request.method == "POST" else None, area=changed)
    if request.method == "POST" and form.is_valid():
        typed = dict(form.cleaned_data)
        changed.version = typed.pop("version")
        if _done(form, lambda: act(changed, by=request.user, **typed)) is not None:
            messages.success(request, _("Saved."))
            return redirect("desk-area", code)
    refusals = list(mergers.refusals_to_end_area(changed, on=None, by=request.user)) if page == "end" else []
    context = {"area": changed, "form": form, "refusals": refusals}
    return render(request, f"registry/areas/{page}.html", context, status=_status(form))


@asks_for(RIGHT)
def merge(request: SignedInRequest, code: str) -> HttpResponse:
    """Villages of a township become one. First it is shown what would move, end and stay; then it is done."""
    township = area_or_404(code)
    initial = {"areas": request.GET.getlist("areas")}
    form = MergeForm(request.POST if request.method == "POST" else None, township=township, initial=initial)
    plan = None
    if request.method == "POST" and form.is_valid():
        refusal = next(mergers.refusals_to_merge(form.merger, by=request.user), None)
        if refusal is not None:
            form.add_error(None, str(refusal))
        elif "confirm" in request.POST:
            paper = {name: form.cleaned_data[name] for name in ("reason", "document_no")}
            into = _done(form, lambda: mergers.merge_areas(form.merger, by=request.user, **paper))
            if into is not None:
                messages.success(request, _("The villages were merged into “%(name)s”.") % {"name": into})
                return redirect("desk-area", code)
        plan = None if refusal else mergers.plan_of(form.merger)
    context = {"township": township, "form": form, "plan": plan, "leave": request.POST.getlist("leave")}
    return render(request, "registry/areas/merge.html", context, status=_status(form))


def _done(form: forms.Form, act: Any) -> Any:
    """The result of an act; None, with the reason in the form, if it was refused."""
    try:
        return act()
    except Refused as refusal:
        form.add_error(None, str(refusal))
    except ValidationError as error:
        form.add_error(None, ValidationError(error.messages))
    return None


def _status(form: forms.Form) -> int:
    if not form.errors:
        return 200
    return 409 if set(form.errors) == {"__all__"} else 400
