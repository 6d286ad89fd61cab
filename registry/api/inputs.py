"""The inputs of actions: serializers whose fields read what a program sent like the text of a form."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from registry.actions.evidence import File, check_size, open_file
from registry.api.base import unknown_name
from registry.api.parsers import text_of
from registry.api.problems import Unusable, field_error
from registry.text.validators import Invalid, Reader, line

SHORT = line(300)
# A text in JSON. A client may send a number without quotes.
TEXT = {"oneOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}]}


class Inputs(serializers.Serializer):
    """The inputs of an action. An input that is left out or null is not passed to the action; no other may be sent."""

    @classmethod
    def read(cls, body: Any) -> dict[str, Any]:
        """The values in a body. Raises Unusable with all errors."""
        return cls().to_internal_value(body or {})

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            message = _("An item is an object of fields and values. Send one.")
            raise Unusable([field_error("", message, "not_an_object")])
        errors: list[dict] = []
        values = {}
        for name in data:
            if name not in self.fields:
                error = unknown_name(name, "", self.fields, _("There is no field “%(name)s” here. %(hint)s"))
                errors.append(field_error(name, error.message, "unknown"))
                continue
            try:
                sent = self.fields[name].get_value(data)
                if sent is not None:
                    values[name] = self.fields[name].to_internal_value(sent)
            except Invalid as invalid:
                errors.append(field_error(name, str(invalid), invalid.code))
            except Unusable as unusable:
                errors += unusable.errors
        required = [name for name, field in self.fields.items() if field.required]
        missing = [name for name in required if data.get(name) in (None, "", [], {})]
        errors += [field_error(name, str(Invalid("required")), "required") for name in missing]
        if errors:
            raise Unusable(errors)
        return values


class DescribedInputs(OpenApiSerializerExtension):
    """No other field may be sent."""

    target_class = Inputs
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        schema.pop("description", None)  # that of the class
        return schema | {"additionalProperties": False}


def inputs_of(name: str, fields: Mapping[str, serializers.Field]) -> type[Inputs]:
    """The serializer of these fields, in their order, whenever each was created."""
    made: Any = type(name, (Inputs,), {})
    made._declared_fields = dict(fields)
    return made


class Input(serializers.Field):
    """A text, read by `read`, which raises Invalid."""

    def __init__(self, read: Reader = SHORT, *, required: bool = False, **options: Any):
        super().__init__(required=required, **options)
        self.read = read

    def get_value(self, dictionary: Any) -> Any:
        return dictionary[self.field_name]


@extend_schema_field(TEXT)
class TextInput(Input):
    def __init__(self, read: Reader = SHORT, *, required: bool = False):
        super().__init__(read, required=required, allow_null=not required)

    def to_internal_value(self, data: Any) -> Any:
        return self.read(_text(data))


@extend_schema_field({"type": "string"})
class TypedInput(Input):
    """A text as it was typed, valid or not."""

    def to_internal_value(self, data: Any) -> str:
        return _text(data)


@extend_schema_field({"type": "array", "items": TEXT})
class ListInput(Input):
    """A list of texts."""

    def to_internal_value(self, data: Any) -> list[Any]:
        return [self.read(_text(item)) for item in _of_type(data, list)]


@extend_schema_field({"type": "object", "additionalProperties": TEXT})
class MapInput(Input):
    """An object of texts, which the action reads; with `names`, only of these."""

    def __init__(self, *, names: Collection[str] = (), **options: Any):
        super().__init__(**options)
        self.names = names

    def to_internal_value(self, data: Any) -> dict[str, str]:
        texts = {_text(name): _text(item) for name, item in _of_type(data, dict).items()}
        if self.names:
            check_names(str(self.field_name), texts, self.names)
        return texts


@extend_schema_field({"type": "array", "items": {"type": "string", "format": "binary"}})
class FilesInput(Input):
    """Photos and documents."""

    def get_value(self, dictionary: Any) -> Any:
        sent = super().get_value(dictionary)
        return dictionary.getlist(self.field_name) if isinstance(dictionary, MultiValueDict) else sent

    def to_internal_value(self, data: Any) -> list[File]:
        return [_file(item) for item in (data if isinstance(data, list) else [data])]


class RowsInput(serializers.ListSerializer):
    """A list of objects."""

    def to_internal_value(self, data: Any) -> list[dict[str, Any]]:
        child: Any = self.child
        results, errors = [], []
        for number, item in enumerate(_of_type(data, list)):
            try:
                results.append(child.to_internal_value(item))
            except Unusable as unusable:
                errors += [
                    error | {"field": f"{self.field_name}[{number}].{error['field']}"} for error in unusable.errors
                ]
        if errors:
            raise Unusable(errors)
        return results


def check_names(within: str, values: Mapping[str, str], names: Collection[str]) -> None:
    """Raises Unusable for a key that is none of `names`."""
    choices = ", ".join(names)
    errors = [
        field_error(f"{within}.{name}", str(Invalid("not_a_choice", text=name, choices=choices)), "unknown")
        for name in sorted(values.keys() - set(names))
    ]
    if errors:
        raise Unusable(errors)


def _text(sent: Any) -> str:
    text = None if isinstance(sent, list | dict) else text_of(sent)
    if text is None:
        raise Invalid("control")
    return text


def _of_type(sent: Any, kind: type) -> Any:
    if not isinstance(sent, kind):
        raise Invalid("control")
    return sent


def _file(sent: Any) -> File:
    if not isinstance(sent, UploadedFile):
        raise Invalid("not_a_file")
    check_size(sent.name or "", sent.size or 0)
    return open_file(sent.name or "", sent.read())


def day(text: str) -> date:
    """A date; today if the text is empty."""
    if not text.strip():
        return timezone.localdate()
    try:
        result = date.fromisoformat(text.strip()) if len(text.strip()) == 10 else None
    except ValueError:
        result = None
    if result is None or not 1900 <= result.year <= 2200:
        raise Invalid("not_a_day", text=text.strip()[:40])
    return result


def filled(read: Reader) -> Reader:
    """Wraps a reader: the value may be left out, but it may not be empty."""

    def read_filled(text: str) -> Any:
        if not text.strip():
            raise Invalid("required")
        return read(text)

    return read_filled
