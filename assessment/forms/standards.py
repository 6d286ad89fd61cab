"""The forms of a version of the standard: its names, items and pass lines, and the day on which it comes into force."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessment.actions.standards import items_of, lines_of
from assessment.models import Standard, StandardItem
from registry.forms import Typed, day, numeric
from registry.models import Grade
from registry.text.validators import line, number

SPARE = 2  # empty items below the existing ones


class StandardForm(forms.Form):
    """`version` is the one that was opened."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    name = Typed(line(80, least=4), label=_("Name"))
    issuer = Typed(line(80), label=_("Issued by"), required=False)

    def __init__(self, *args: Any, standard: Standard, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.standard, lines = standard, lines_of(standard)
        self.initial.update(version=standard.version, name=standard.name, issuer=standard.issuer)
        for grade in Grade:
            minimum = lines.get(grade.value)
            self.fields[f"line-{grade.value}"] = numeric(
                number("0.1", "100", decimals=1), _("“%(grade)s” from a total of") % {"grade": grade.label},
                initial="" if minimum is None else f"{minimum.normalize():f}",
            )  # fmt: skip

    @property
    def opened(self) -> Standard:
        """The draft with what was typed, at the version that was opened. Only of a valid form."""
        self.standard.version = self.cleaned_data["version"]
        self.standard.name, self.standard.issuer = self.cleaned_data["name"], self.cleaned_data["issuer"] or ""
        return self.standard

    @property
    def lines(self) -> dict[str, Decimal | None]:
        return {grade.value: self.cleaned_data[f"line-{grade.value}"] for grade in Grade}


class ItemForm(forms.Form):
    """An item. Its number is its place in the list; an empty one is not kept."""

    code = forms.CharField(widget=forms.HiddenInput, required=False)
    name = Typed(line(120, least=2), label=_("Item"))
    name_en = Typed(line(160), label=_("English name"), required=False)
    weight = numeric(number("0.1", "100", decimals=1), _("Weight"))
    method = Typed(line(120), label=_("What it is judged by"), required=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["weight"].required = True


def item_forms(standard: Standard, data: Any = None) -> Any:
    """The items of a version as a formset, with empty ones to add more; a marked one is removed."""
    formset = forms.formset_factory(ItemForm, extra=SPARE, can_delete=True, max_num=60)
    initial = [
        {"code": item.code, "name": item.name, "name_en": item.name_en, "method": item.method}
        | {"weight": f"{item.weight.normalize():f}"}
        for item in items_of(standard)
    ]
    return formset(data, initial=initial, prefix="items")


def edited_items(formset: Any, standard: Standard) -> list[StandardItem]:
    """The items that are filled in and not removed, in their order. Only of a valid formset."""
    stored = {item.code: item for item in items_of(standard)}
    items = []
    for form in formset:
        values = dict(form.cleaned_data)
        if not values.get("name") or form in formset.deleted_forms:
            continue
        item = stored.pop(values["code"], None) or StandardItem()
        for name in ("name", "name_en", "weight", "method"):
            setattr(item, name, values[name] or "")
        items.append(item)
    return items


class ForceForm(forms.Form):
    prefix = "force"  # beside the form of the draft

    valid_from = day(_("In force since"), required=True)
    reason = Typed(line(300, 2), label=_("Reason"))
    document_no = Typed(line(60), label=_("Paper number"), required=False)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, standard: Standard, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.initial.update(valid_from=timezone.localdate(), version=standard.version)
