"""The form of a record at the desk, made from the columns of its sheet type. It writes through the same act as a
program does, and says what is wrong in the same words."""

import json
import re
from functools import cached_property
from typing import Any

from django import forms
from django.db.models import TextField
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from registry.actions.access_log import personal_in
from registry.actions.dependents import was_ever_public
from registry.forms import Typed
from registry.loading.desk_kinds import MOST_OPTIONS, options_for
from registry.loading.items import Item, ItemsRefused, WriteResult, Writing
from registry.loading.messages import sentence
from registry.loading.sheet_types import SheetColumn, SheetType
from registry.loading.stored_texts import reads, stored_texts, text_for
from registry.loading.templates import column_words, townships_for
from registry.models import district_area
from registry.text.validators import dated, keyboard_of, line, listing, storable

LONG = 300  # length from which a text gets several lines
FULL_WIDTH = str.maketrans("()", "（）")  # headings of sheets are written in half width
UNITS = {"万元": gettext_lazy("10,000 yuan"), "元": gettext_lazy("yuan")}


class SheetField(forms.CharField):
    """The text of a column. The act says what is wrong with it."""

    def clean(self, value: Any) -> str:
        return storable(value or "")


class RecordForm(forms.Form):
    """A new record, or `record` as the account may change it. Hidden fields carry the version that was opened and the
    texts it had, so that only what somebody changed is written."""

    data: Any  # a copy, changed where somebody else saved since
    change_version = forms.CharField(widget=forms.HiddenInput, required=False)
    change_opened = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, kind: SheetType, *, by: Any, record: Any = None, data: Any = None):
        super().__init__(data.copy() if data is not None else None)
        self.kind, self.by, self.record = kind, by, record
        self.lists: dict[str, list[tuple[str, str]]] = {}
        for column in self.columns:
            self.fields[column.name] = self._field(column)
            self.initial[column.name] = self._initial(column)
        if record is not None:
            self.initial["change_version"] = str(record.version)
            self.initial["change_opened"] = json.dumps(self._shown, ensure_ascii=False)
            self._ask_why()

    @property
    def columns(self) -> list[SheetColumn]:
        return [column for column in self.kind.writable.values() if not column.only_in_files]

    @cached_property
    def current(self) -> dict[str, str]:
        """The texts of the record now, personal ones among them: who may change them may read them."""
        if self.record is None:
            return {}
        rows = self.kind.model._default_manager.unscoped("what the account may see").filter(pk=self.record.pk)  # type: ignore[attr-defined]
        texts = stored_texts(self.kind, rows).get(self.record.code, {})
        personal = {
            name: text_for(column, getattr(self.record, name))
            for name in personal_in(self.record)
            if (column := self.kind.column(name))
        }
        return texts | personal

    @property
    def _shown(self) -> dict[str, str]:
        return {column.name: self._initial(column) for column in self.columns}

    def _initial(self, column: SheetColumn) -> str:
        """What the field shows: the stored text; of words to choose from, the one that means the same."""
        text = self.current.get(column.name, "")
        if self.record is None and column.name == "township":
            return self.by.write_prefix if len(townships_for(self.by)) == 1 else ""
        if text and column.words and text not in column.words:
            value = reads(column, text)
            return next((str(word) for word in column.words if reads(column, str(word)) == value), text)
        return text

    def _ask_why(self) -> None:
        """What is public does not change without a reason."""
        self.fields["change_reason"] = Typed(
            line(300, 2), label=_("Reason of the change"), required=was_ever_public(self.record),
            error_messages={
                "required": _("The record is public. Say why it changes: the reason stays in its history.")
            },
        )  # fmt: skip
        self.fields["change_paper"] = Typed(line(60), label=_("Paper number of the change"), required=False)

    def _field(self, column: SheetColumn) -> SheetField:
        help_text = str(column.hint)
        if column.read is listing:
            help_text = help_text or _("Part several with 、 or a comma.")
        return SheetField(
            label=label_of(column, self.kind),
            required=column.required,
            widget=self._widget(column),
            help_text=help_text,
        )

    def _widget(self, column: SheetColumn) -> forms.Widget:
        if column.name == "township":
            return self._select(column, townships_for(self.by))
        if column.words:
            return self._select(column, [(str(word), self._words(column, str(word))) for word in column.words])
        if column.read is dated:
            return forms.DateInput(attrs={"type": "date"})
        field = next((field for field in self.kind.model._meta.concrete_fields if field.name == column.name), None)
        if column.read is listing or isinstance(field, TextField) or (getattr(field, "max_length", None) or 0) >= LONG:
            return forms.Textarea(attrs={"rows": 3})
        if options := self._options(column):
            return self._with_list(column, options)
        keyboard = keyboard_of(column.read) or ("decimal" if column.numeric else "")
        return forms.TextInput(attrs={"inputmode": keyboard} if keyboard else {})

    def _select(self, column: SheetColumn, choices: list[tuple[str, str]]) -> forms.Select:
        """A list to choose from. What was typed and is not in it is offered too, so that it is not lost."""
        typed = self.data.get(column.name) or self._initial(column)
        known = {value for value, _label in choices}
        more = [(typed, typed)] if typed and typed not in known else []
        return forms.Select(choices=[("", _("Please choose")), *choices, *more])

    @property
    def filled_in(self) -> list[tuple[str, str]]:
        """(label, value in words) of the fields that hold something, for who may only read the record."""
        values = ((field, str(field.value() or "")) for field in self.visible_fields())
        return [(str(field.label), _word_of(field.field.widget, value)) for field, value in values if value]

    def _words(self, column: SheetColumn, word: str) -> str:
        """A word to choose in the reader's language."""
        if _in_chinese():
            return word
        value = reads(column, word)
        if isinstance(value, bool):
            return {"是": _("yes"), "否": _("no")}.get(word, word)
        fields = {field.name: field for field in self.kind.model._meta.concrete_fields}
        choices = dict(fields[column.name].flatchoices) if column.name in fields else {}
        return str(choices.get(value, word))

    def _options(self, column: SheetColumn) -> list[tuple[str, str]]:
        options = [(name, "") for name in column_words(column, self.by.write_prefix or district_area())]
        return options + options_for(column, self.by)

    def _with_list(self, column: SheetColumn, options: list[tuple[str, str]]) -> forms.TextInput:
        """A text with the names it may hold. Where these are too many for a page, a script asks for those that fit."""
        list_id = f"list-{column.name}"
        self.lists[list_id] = options
        attrs = {"list": list_id, "autocomplete": "off"}
        if len(options) >= MOST_OPTIONS:
            attrs |= {
                "hx-get": reverse("desk-record-options", args=[self.kind.slug, column.name]),
                "hx-trigger": "input changed delay:300ms", "hx-target": f"#{list_id}", "hx-swap": "innerHTML",
            }  # fmt: skip
        return forms.TextInput(attrs=attrs)

    def save(self) -> WriteResult | None:
        """Writes what was typed. None if it was refused: then the fields say why."""
        if not self.is_valid():
            return None
        reason, paper = (self.cleaned_data.get(name) or "" for name in ("change_reason", "change_paper"))
        confirmed = "change_confirmed" in self.data
        writing = Writing(self.kind, self.by, reason, paper, confirmed=confirmed)
        try:
            [result] = writing.write([self._item()])
        except ItemsRefused as refusal:
            for _index, message in refusal.messages:
                self._take(message)
            return None
        return result

    def _item(self) -> Item:
        typed = {column.name: self.cleaned_data[column.name] for column in self.columns}
        if self.record is None:
            return Item(0, {name: text for name, text in typed.items() if text.strip()})
        changed = {name: text for name, text in typed.items() if text.strip() != self._opened.get(name, "").strip()}
        emptied = [name for name, text in changed.items() if not text.strip()]
        return Item(0, changed, emptied, self.record.code, [self.cleaned_data["change_version"]])

    @cached_property
    def _opened(self) -> dict[str, str]:
        """The texts when the form was opened."""
        try:
            opened = json.loads(self.cleaned_data["change_opened"])
        except (ValueError, RecursionError):
            return {}
        return {name: str(text) for name, text in opened.items()} if isinstance(opened, dict) else {}

    def _take(self, message: dict) -> None:
        """Says what is wrong at the field it is about."""
        if message["code"] == "stale":
            self._show_current()
        if message["level"] == "doubt":
            self.fields["change_confirmed"] = forms.BooleanField(
                label=_("I looked at it: it is meant so."), required=False
            )
        name = message["field"] if message["field"] in self.fields else None
        self.add_error(name, forms.ValidationError(sentence(message), code=message["code"]))

    def _show_current(self) -> None:
        """Somebody saved since the form was opened. What was typed stays; what the other changed as well is told beside
        it, and whatever was not touched shows the new value. Saved once more, the form is no longer stale."""
        typed_data: Any = self.data
        self.record = type(self.record)._base_manager.get(pk=self.record.pk)
        self.__dict__.pop("current", None)
        for name, text in self._shown.items():
            opened, typed = self._opened.get(name, ""), self.cleaned_data.get(name, "")
            if typed.strip() == opened.strip():
                typed_data[name] = text
            elif text != opened:
                self.add_error(name, _("Now: %(value)s") % {"value": text or "—"})
        typed_data["change_version"] = str(self.record.version)
        typed_data["change_opened"] = json.dumps(self._shown, ensure_ascii=False)


def _in_chinese() -> bool:
    return (get_language() or "").startswith("zh")


def label_of(column: SheetColumn, kind: SheetType) -> str:
    """The label of a column: in Chinese its heading; else its own label or that of the model's field, with the unit."""
    if _in_chinese():
        return column.heading.translate(FULL_WIDTH)
    fields = {field.name: field for field in kind.model._meta.concrete_fields}
    own = column.label or (fields[column.name].verbose_name if column.name in fields else column.heading)
    if not column.unit or column.unit in str(own):
        return capfirst(str(own))
    plain = re.sub(r"\s*\([^)]*\)$", "", str(own))
    return f"{capfirst(plain)} ({UNITS.get(column.unit, column.unit)})"


def _word_of(widget: forms.Widget, value: str) -> str:
    """What a list to choose from calls the value."""
    return str(dict(getattr(widget, "choices", ())).get(value, value))
