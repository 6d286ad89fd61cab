"""Django's fixtures in JSON: every row carries its key where it has no other identity, times are exact, and a faulty
row is refused with its place. `settings.SERIALIZATION_MODULES` names this module."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management import CommandError
from django.core.serializers.base import DeserializationError, DeserializedObject
from django.core.serializers.json import Deserializer as JSONDeserializer
from django.core.serializers.json import DjangoJSONEncoder
from django.core.serializers.json import Serializer as JSONSerializer
from django.db import models
from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Place:
    """Where a row stands: the file, the number of the object in it, and what the row is."""

    file: str
    number: int = 0
    model: str = ""

    def at(self, field: str) -> str:
        words = [_("object %(number)s") % {"number": self.number}] if self.number else []
        words += [self.model] if self.model else []
        words += [_("field “%(field)s”") % {"field": field}] if field else []
        return _(", ").join([self.file, *words])


class FixtureFault(CommandError):
    """A fixture that cannot be loaded, in one sentence: file, number of the object, field, and what is wrong."""

    def __init__(self, place: Place, text: str, field: str = ""):
        super().__init__(_("%(place)s: %(text)s") % {"place": place.at(field), "text": text})


class ExactEncoder(DjangoJSONEncoder):
    def default(self, value: Any) -> Any:
        """Django's own encoder cuts microseconds off."""
        return value.isoformat() if isinstance(value, datetime) else super().default(value)


class Serializer(JSONSerializer):
    def _init_options(self) -> None:
        super()._init_options()  # type: ignore[misc]
        if self.json_kwargs["cls"] is DjangoJSONEncoder:
            self.json_kwargs["cls"] = ExactEncoder

    def get_dump_object(self, obj: models.Model) -> dict:
        """With natural keys Django leaves every primary key out; one that is no number is the row's code."""
        data = super().get_dump_object(obj)
        key: Any = obj._meta.pk
        if "pk" not in data and not isinstance(key, models.AutoField):
            value = self._value_from_field(obj, key)  # type: ignore[attr-defined]
            data = {"model": data["model"], "pk": value, "fields": data["fields"]}
        return data


class Deserializer(JSONDeserializer):
    """Yields the rows of a fixture. Each has `place` and `named`, the fields the file names. Raises FixtureFault."""

    def __init__(self, stream_or_string: Any, **options: Any):
        self.place = Place(Path(str(getattr(stream_or_string, "name", ""))).name or "fixture")
        try:
            text = stream_or_string if isinstance(stream_or_string, bytes | str) else stream_or_string.read()
            super().__init__(text.decode("utf-8-sig") if isinstance(text, bytes) else text, **options)
        except (DeserializationError, UnicodeDecodeError) as error:
            raise FixtureFault(self.place, _syntax(error)) from error
        if not isinstance(self.stream, list):
            raise FixtureFault(self.place, _("this is no fixture: a fixture is a list of objects."))

    def _handle_object(self, row: Any) -> Iterator[DeserializedObject]:
        self.place = Place(self.place.file, self.place.number + 1)
        try:
            found = list(super()._handle_object(row))  # type: ignore[misc]
        except Exception as error:
            label = row.get("model", "") if isinstance(row, dict) else ""
            place = Place(self.place.file, self.place.number, str(label))
            raise FixtureFault(place, *self._diagnose(row, error)) from error
        for entry in found:
            entry.place = Place(self.place.file, self.place.number, entry.object._meta.label_lower)
            entry.named = set(row["fields"])
            yield entry

    def _diagnose(self, row: Any, error: Exception) -> tuple[str, str]:
        """What is wrong with a row, and at which field."""
        if not isinstance(row, dict) or not isinstance(row.get("fields"), dict):
            return _("an object has “model” and “fields”, and may have “pk”."), ""
        try:
            model = apps.get_model(row["model"])
        except (LookupError, ValueError, TypeError, AttributeError):
            return _("“%(name)s” is no kind of row.") % {"name": row.get("model")}, "model"
        columns = {"pk": model._meta.pk, **_fields_of(model)}
        for name, value in {"pk": row.get("pk"), **row["fields"]}.items():
            if name not in columns:
                return _("there is no such field."), name
            try:
                self._read(columns[name], value)
            except ValidationError as fault:
                return " ".join(fault.messages), name
            except Exception:  # whatever a value of the wrong kind raises
                return _("“%(value)s” cannot be read as such a value.") % {"value": value}, name
        return str(error), ""

    def _read(self, field: models.Field, value: Any) -> None:
        if isinstance(field, models.ManyToManyField):
            self._handle_m2m_field_node(field, value)  # type: ignore[attr-defined]
        elif isinstance(field, models.ForeignKey):
            self._handle_fk_field_node(field, value)  # type: ignore[attr-defined]
        else:
            field.to_python(value)


def _fields_of(model: type[models.Model]) -> dict[str, models.Field]:
    return {field.name: field for field in (*model._meta.concrete_fields, *model._meta.many_to_many)}


def _syntax(error: Exception) -> str:
    cause = error.__cause__
    if isinstance(cause, json.JSONDecodeError):
        where = {"line": cause.lineno, "column": cause.colno}
        return _("this is no valid JSON from line %(line)s, column %(column)s on.") % where
    return _("the file is no text in UTF-8.")


__all__ = ["Deserializer", "FixtureFault", "Place", "Serializer"]
