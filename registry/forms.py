"""The plain fields of a belt, a zone, a study route. See overviews/member_selection.py for members."""

import json
import uuid
from functools import cached_property
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.fields.outlines import Outline, read_outline
from registry.text.refusals import Refused
from registry.text.validators import SENTENCES, Invalid, Reader, keyboard_of, line, number, prose, whole

from .models import (
    Belt,
    CoordinateSystem,
    OrganisationKind,
    PartyOrganisation,
    ReportText,
    StudyRoute,
    Zone,
)

COMMITTEES = (OrganisationKind.DISTRICT, OrganisationKind.TOWNSHIP)


class Typed(forms.CharField):
    """A text read by one of the shared validators."""

    def __init__(self, read: Reader, **more: Any):
        self.read = read
        super().__init__(strip=False, **more)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        keyboard = keyboard_of(self.read) if isinstance(widget, forms.TextInput) else ""
        return super().widget_attrs(widget) | ({"inputmode": keyboard} if keyboard else {})

    def clean(self, value: Any) -> Any:
        try:
            return self.read(super().clean(value))
        except Invalid as invalid:
            raise forms.ValidationError(str(invalid), code=invalid.code) from invalid


def day(label: Any, required: bool = False) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, widget=widget)


def numeric(read: Reader, label: Any, **more: Any) -> Typed:
    return Typed(read, label=label, required=False, **more)


class BuilderForm(forms.ModelForm):
    """Carries the version that was opened, and a key of its own by which a double click is known."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    key = forms.UUIDField(widget=forms.HiddenInput)
    name = Typed(line(80, least=4), label=_("Name"))

    def __init__(self, *args: Any, viewer: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.viewer = viewer
        self.initial.setdefault("version", self.instance.version if self.instance.pk else None)
        self.initial.setdefault("key", uuid.uuid4())
        for field in self.fields.values():
            field.error_messages["required"] = _(SENTENCES["required"])

    def offer(self, name: str, rows: Any) -> None:
        self.fields[name].queryset = rows  # type: ignore[attr-defined]

    @property
    def input_fields(self) -> list[forms.BoundField]:
        """The fields a person fills in, but for an outline's."""
        return [field for field in self.visible_fields() if not field.name.startswith("outline_")]

    @property
    def opened(self) -> Any:
        """The record with what was typed, at the version that was opened. Only of a valid form."""
        self.instance.version = self.cleaned_data.get("version") or self.instance.version
        return self.instance


class GroupingForm(BuilderForm):
    highlights = Typed(prose(1000), label=_("Highlights"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    planned_on = day(_("Planned on"))
    started_on = day(_("Begun on"))
    built_on = day(_("Built on"))
    ended_on = day(_("Ended on"))

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        organisations = PartyOrganisation.objects.visible_to(self.viewer).existing(timezone.localdate())
        current = PartyOrganisation.objects.visible_to(self.viewer).filter(pk=self.instance.organisation_id)
        self.offer("organisation", (organisations.filter(kind__in=COMMITTEES) | current).order_by("code"))
        if not self.instance.pk and self.initial.get("planned_on") is None:
            self.initial["planned_on"] = timezone.localdate()


class BeltForm(GroupingForm):
    kind = Typed(line(40), label=_("Belt type"), required=False, help_text=_("Such as rural revitalisation."))
    start = Typed(
        line(60), label=_("From"), required=False, help_text=_("Left empty: the township of the first point.")
    )
    end = Typed(line(60), label=_("To"), required=False, help_text=_("Left empty: the township of the last point."))

    class Meta:
        model = Belt
        fields = [
            "name", "level", "kind", "organisation", "start", "end", "planned_on", "started_on", "built_on", "ended_on",
            "highlights",
        ]  # fmt: skip
        labels = {"level": _("Level"), "organisation": _("Responsible organisation")}


class ZoneForm(GroupingForm):
    theme = Typed(line(40), label=_("Theme"), required=False)
    outline_system = forms.ChoiceField(
        label=_("Coordinate system"), choices=CoordinateSystem, required=False, initial=CoordinateSystem.CGCS2000
    )
    outline_file = forms.FileField(label=_("GeoJSON file"), required=False)
    outline_text = forms.CharField(
        label=_("Outline as GeoJSON"), required=False, strip=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )  # fmt: skip

    class Meta:
        model = Zone
        fields = [
            "name", "kind", "level", "theme", "organisation", "within", "planned_on", "started_on", "built_on",
            "ended_on", "highlights",
        ]  # fmt: skip
        labels = {
            "kind": _("Zone type"), "level": _("Level"), "organisation": _("Responsible organisation"),
            "within": _("Lies in the zone"),
        }  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.offer("within", Zone.objects.visible_to(self.viewer).exclude(pk=self.instance.pk).order_by("code"))
        measured = self.instance.outline_measured or {"system": None, "geometry": self.instance.outline}
        if measured["geometry"]:
            self.initial.setdefault("outline_text", json.dumps(measured["geometry"]))
            self.initial.setdefault("outline_system", measured["system"] or CoordinateSystem.CGCS2000)

    @cached_property
    def drawn(self) -> tuple[Outline | None, Invalid | None]:
        """The outline as it was given, or why it cannot be taken; also of a form that is not checked yet."""
        data = self.data if self.is_bound else self.initial
        system = data.get("outline_system") or CoordinateSystem.CGCS2000
        try:
            return read_outline(data.get("outline_text") or "", system), None
        except Invalid as invalid:
            return None, invalid
        except ValueError:  # a coordinate system nobody offered: its own field says so
            return None, None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        outline, invalid = self.drawn
        if invalid:
            self.add_error("outline_text", forms.ValidationError(str(invalid), code=invalid.code))
        self.instance.outline = outline and outline.geometry
        self.instance.outline_measured = outline and outline.measured
        if self.instance.pk and cleaned.get("within") and _lies_in(cleaned["within"], self.instance.pk):
            self.add_error("within", str(Refused("within_itself")))
        return cleaned


def _lies_in(zone: Zone, key: int) -> bool:
    """Whether `zone` lies, over any number of steps, in the zone with this key."""
    outer: dict[int, int | None] = dict(
        Zone.objects.unscoped("which zone lies in which").values_list("pk", "within_id")
    )
    at: int | None = zone.pk
    for _step in outer:
        if at == key:
            return True
        at = outer.get(at) if at else None
    return False


class RouteForm(BuilderForm):
    theme = Typed(line(80), label=_("Theme"), required=False)
    start_time = forms.TimeField(
        label=_("Sets out at"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=_("With it, the times at each stop are shown."),
    )  # fmt: skip
    hours = numeric(
        number("0.1", "72", decimals=1),
        _("Duration (hours)"),
        help_text=_("Left empty: what stays and ways take."),
    )
    capacity = numeric(whole(1, 5000), _("Suits groups of"))
    opened_on = day(_("Opened on"), required=True)
    closed_on = day(_("Closed on"))

    class Meta:
        model = StudyRoute
        fields = ["name", "theme", "start_time", "hours", "capacity", "opened_on", "closed_on"]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if not self.instance.pk and self.initial.get("opened_on") is None:
            self.initial["opened_on"] = timezone.localdate()


class ReportTextForm(forms.ModelForm):
    """The district's words on a section of the year report. Empty takes them away."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    key = forms.UUIDField(widget=forms.HiddenInput)
    text = Typed(
        prose(4000),
        label=_("Text"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text=_("Stands above the figures of the section; an empty line is not needed between paragraphs."),
    )

    class Meta:
        model = ReportText
        fields = ("text",)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.initial.setdefault("version", self.instance.version)

    @property
    def opened(self) -> ReportText:
        """The text as typed, at the version that was opened. Only of a valid form."""
        self.instance.version = self.cleaned_data.get("version") or self.instance.version
        return self.instance
