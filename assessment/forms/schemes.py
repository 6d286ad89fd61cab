"""The forms of a scheme: items and weights, scores of units and district, appeals and answers."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.forms.models import model_to_dict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessment.forms.projects import text_area
from assessment.forms.proof import Proof
from assessment.models import ItemScore, Scheme, SchemeItem, SchemeKind, SchemeResult
from registry.forms import BuilderForm, Typed, numeric
from registry.text.validators import line, number, whole

SPARE = 3  # empty items below the existing ones


class SchemeForm(BuilderForm):
    year = Typed(whole(2000, 2100), label=_("Year"), widget=forms.TextInput(attrs={"size": 6}))

    class Meta:
        model = Scheme
        fields = ["name", "year", "kind"]
        labels = {"kind": _("Whom it assesses")}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            self.initial.update(year=timezone.localdate().year, kind=SchemeKind.TOWNSHIP)


class ItemForm(forms.ModelForm):
    """An item. Its number is its place in the list."""

    part = Typed(line(40), label=_("Section"), help_text=_("Such as: three basic tasks, special task X."))
    name = Typed(line(80), label=_("Item"))
    weight = Typed(number("0.1", "100", decimals=1), label=_("Weight"))
    method = Typed(line(200), label=_("How it is judged"), required=False)
    full_at = numeric(number("0.01", "999999999999", decimals=2), _("Full weight at"))

    class Meta:
        model = SchemeItem
        fields = ["part", "name", "weight", "bonus", "figure", "full_at", "method"]
        labels = {"figure": _("Computed from"), "bonus": _("Bonus, on top of the 100")}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if bool(cleaned.get("figure")) != (cleaned.get("full_at") is not None) and "full_at" not in self.errors:
            message = _("A computed item needs the value that gives the full weight, and only it.")
            self.add_error("full_at", message)
        return cleaned


def item_forms(scheme: Scheme, data: Any = None) -> Any:
    """The items of a scheme as a formset, with empty ones to add more; a marked one is deleted."""
    formset = forms.formset_factory(ItemForm, extra=SPARE, can_delete=True, max_num=60)
    initial = [model_to_dict(item, ItemForm.Meta.fields) for item in SchemeItem.objects.filter(scheme=scheme.pk)]
    return formset(data, initial=initial, prefix="items")


def edited_items(formset: Any) -> list[SchemeItem]:
    """The items that are filled in and not deleted, grouped by part. Only of a valid formset."""
    items = [form.instance for form in formset if form not in formset.deleted_forms and form.instance.name]
    parts = list(dict.fromkeys(item.part for item in items))
    return sorted(items, key=lambda item: parts.index(item.part))


class ScoresForm(forms.Form):
    """A score for each item scored by hand: the unit's own with proof, or the district's with a note."""

    def __init__(self, *args: Any, result: SchemeResult, items: Sequence[SchemeItem], own: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.items, self.own = items, own
        self.item_scores = item_scores = {score.item_id: score for score in result.scores.all()}
        for item in items:
            score = item_scores.get(item.pk)
            current = None if score is None else score.self_score if own else score.score
            self.fields[f"score-{item.number}"] = numeric(
                number("0", f"{item.weight:f}", decimals=1),
                _("Own score") if own else _("Score"),
                initial="" if current is None else f"{current.normalize():f}",
                help_text=_("0 to %(most)s") % {"most": f"{item.weight.normalize():f}"},
            )
            if own:
                self.fields[f"proof-{item.number}"] = Proof(required=False)
            else:
                note = Typed(line(200), label=_("Note"), required=False, initial=score.note if score else "")
                self.fields[f"note-{item.number}"] = note

    def rows(self) -> Iterator[tuple[SchemeItem, list[forms.BoundField], ItemScore | None]]:
        """Each item with its fields, and its current values."""
        for item in self.items:
            beside = self[f"{'proof' if self.own else 'note'}-{item.number}"]
            yield item, [self[f"score-{item.number}"], beside], self.item_scores.get(item.pk)

    def read_values(self, name: str) -> dict[int, Any]:
        """The typed values of the fields `name`, by item number. Only of a valid form."""
        return {item.number: self.cleaned_data[f"{name}-{item.number}"] for item in self.items}

    @property
    def scores(self) -> dict[int, Decimal | None]:
        return self.read_values("score")


class AppealForm(forms.Form):
    item = forms.ChoiceField(label=_("Item"))
    text = Typed(line(300, least=4), label=_("Reason"), widget=text_area(3))
    proof = Proof(required=False)

    def __init__(self, *args: Any, items: Sequence[SchemeItem], **kwargs: Any):
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["item"].choices = [(str(item.number), item.name) for item in items]


class SettleForm(forms.Form):
    answer = Typed(line(300, least=4), label=_("Answer"), widget=text_area(3))
    score = numeric(
        number("0", "100", decimals=1), _("New score"), help_text=_("Left empty, the score stays as it is.")
    )
