"""The field of a form that takes proof: photos and documents, sent while the form is filled in, or with it."""

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from registry.actions.evidence import File, check_size, name_of_upload, open_file, open_upload
from registry.text.refusals import Refused

ACCEPTED = "image/jpeg,image/png,image/webp,image/heic,image/heif,.pdf,.docx,.xlsx"
NO_UPLOAD = "00000000-0000-0000-0000-000000000000"  # the script puts the key of each file here


class Files(forms.ClearableFileInput):
    """Chosen files. A script makes photos smaller, sends them in parts, and leaves their tickets in the form; they are
    still there when the form comes back."""

    allow_multiple_selected = True
    template_name = "django/forms/files.html"

    class Media:
        js = (forms.Script("js/uploads.js", defer=True),)

    def __init__(self) -> None:
        super().__init__({"accept": ACCEPTED})

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Any]:
        tickets = data.getlist(f"{name}-sent") if hasattr(data, "getlist") else data.get(f"{name}-sent", [])
        return [*tickets, *(super().value_from_datadict(data, files, name) or [])]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}-sent" not in data and super().value_omitted_from_data(data, files, name)

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        tickets = [ticket for ticket in value or () if isinstance(ticket, str)]
        context["sent"] = [(ticket, file_name) for ticket in tickets if (file_name := name_of_upload(ticket))]
        context["widget"]["attrs"] |= {
            "data-begin": reverse("proof-begin"),
            "data-part": reverse("proof-part", args=[NO_UPLOAD]),
            "data-sending": _now("Sending"),
            "data-waiting": _now("No connection: waiting to go on"),
            "data-done": _now("Sent"),
            "data-remove": _now("Take it off"),
        }
        if context["sent"]:
            context["widget"]["attrs"].pop("required", None)
        return context


class Proof(forms.FileField):
    """Any number of photos and documents, opened."""

    widget = Files

    def __init__(self, **more: Any):
        super().__init__(label=_("Proof"), help_text=_("Photos, or PDF, DOCX, XLSX."), **more)

    def bound_data(self, data: Any, initial: Any) -> Any:
        """The tickets stay in a form that comes back; Django leaves files out."""
        return data

    def clean(self, data: Any, initial: Any = None) -> list[File]:
        chosen = data or ([None] if self.required else [])
        try:
            return [self._opened(item, initial) for item in chosen]
        except Refused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal

    def _opened(self, item: Any, initial: Any) -> File:
        if isinstance(item, str):
            return open_upload(item)
        file = super().clean(item, initial)
        check_size(file.name, file.size)
        return open_file(file.name, file.read())
