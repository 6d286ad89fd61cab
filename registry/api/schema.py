"""The OpenAPI description, generated from the declarations of the resources."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.translation import gettext_lazy as _
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import force_instance
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import Direction, OpenApiExample, OpenApiParameter
from rest_framework import serializers

from registry.api.inputs import Inputs
from registry.api.serialize import fields_of
from registry.filters import filters_of
from registry.kinds import Column, Kind

from .geometry import GEOMETRIES
from .paging import MOST, PAGE_SIZE
from .problems import PROBLEM
from .resources import Resource, ResourcePart, resource_of

TYPES: list[tuple[type, type]] = [
    (models.DateTimeField, serializers.DateTimeField),
    (models.DateField, serializers.DateField),
    (models.DecimalField, serializers.FloatField),
    (models.IntegerField, serializers.IntegerField),
    (models.UUIDField, serializers.UUIDField),
    (models.JSONField, serializers.DictField),
    (models.BooleanField, serializers.BooleanField),
]
FILES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
EXAMPLES = Path(__file__).with_name("examples.json")  # answers of the sample data; a test keeps them current


@cache
def examples() -> dict[str, Any]:
    return json.loads(EXAMPLES.read_text(encoding="utf-8"))


class FieldErrorSerializer(serializers.Serializer):
    """What is wrong with one field of the request."""

    field = serializers.CharField(allow_blank=True)
    code = serializers.CharField(help_text=_("For programs; it stays when the wording changes."))
    reason = serializers.CharField()
    what_to_do = serializers.CharField(allow_blank=True)
    value = serializers.CharField(required=False, allow_blank=True)
    index = serializers.IntegerField(required=False, help_text=_("Which of several items, counted from 0."))


class ProblemSerializer(serializers.Serializer):
    """A problem document (RFC 9457), in the language of “Accept-Language”."""

    type = serializers.CharField(help_text=_("For programs; it stays when the wording changes."))
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = FieldErrorSerializer(many=True, required=False)  # type: ignore[assignment]  # a serializer has its own


class GoneSerializer(serializers.Serializer):
    """A record changed since then that is not in the list any more: deleted, or no longer counted."""

    code = serializers.CharField()
    deleted = serializers.BooleanField()
    at = serializers.DateTimeField()


def _nullable(model: type[models.Model], path: str) -> bool:
    """Whether a value, or a record on the path to it, may be null. A computed value always may."""
    first, _rest, further = path.partition("__")
    try:
        column: Any = model._meta.get_field(first)
    except FieldDoesNotExist:
        return True
    return column.null or (bool(further) and _nullable(column.related_model, further))


def field_of(model: type[models.Model], column: Column, stored: models.Field) -> serializers.Field:
    options: dict[str, Any] = {
        "required": False,
        "allow_null": column.happens or (column.name not in ("code", "id") and _nullable(model, column.source)),
        "help_text": column.label,
    }
    if column.choices:
        return serializers.ChoiceField(column.choices.choices, allow_blank=True, **options)
    field_class = next((ours for theirs, ours in TYPES if isinstance(stored, theirs)), None)
    return field_class(**options) if field_class else serializers.CharField(allow_blank=True, **options)


def _serializer(name: str, fields: dict[str, serializers.Field], doc: Any = "") -> type[serializers.Serializer]:
    return type(f"{name}Serializer", (serializers.Serializer,), {**fields, "__doc__": str(doc)})


def _columns(kind: Kind) -> dict[str, serializers.Field]:
    stored = fields_of(kind)
    return {column.name: field_of(kind.model, column, stored[column.name]) for column in kind.columns}


def _name(resource: Resource) -> str:
    return "".join(part.title() for part in resource.slug.split("-"))


@cache
def row_of(resource: Resource) -> type[serializers.Serializer]:
    """A row in the list, or expanded in another record."""
    fields = _columns(resource.listed)
    if resource.has_address:
        fields["url"] = serializers.URLField(required=False)
        fields["illustrative"] = serializers.BooleanField(required=False, help_text=_("Made up for demonstration."))
    elif resource.slug == "events":
        fields["act"] = serializers.CharField(required=False)
    return _serializer(f"{_name(resource)}Row", fields)


@cache
def item_of(resource: Resource, full: bool = False) -> type[serializers.Serializer]:
    """A row with its expandable records; with `full`, the detail view."""
    fields = dict(row_of(resource)().get_fields())
    if full:
        fields |= _columns(resource.full)
    for link in resource.links:
        fields[link.name] = row_of(resource_of(link.kind))(required=False, allow_null=True, help_text=link.label)
    for part in resource.parts:
        fields[part.name] = _part(resource, part)(many=True, required=False, help_text=part.label)
    if full and resource.has_address:
        fields["page"] = serializers.URLField(required=False, allow_null=True, help_text=_("Page for people."))
    return _serializer(_name(resource) + ("" if full else "Item"), fields, resource.kind.label)


@cache
def _part(resource: Resource, part: ResourcePart) -> type[serializers.Serializer]:
    name = f"{_name(resource)}{part.name.title().replace('_', '')}"
    owner = part.model
    return _serializer(name, {c.name: field_of(owner, c, _stored(owner, c.source)) for c in part.columns}, part.label)


def _stored(model: type[models.Model], path: str) -> models.Field:
    first, _rest, further = path.partition("__")
    column: Any = model._meta.get_field(first)
    return _stored(column.related_model, further) if further else column


@cache
def page_of(resource: Resource) -> type[serializers.Serializer]:
    fields = {
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "results": item_of(resource)(many=True),
        "asked_at": serializers.DateTimeField(required=False, help_text=_("Next time's updated_since.")),
        "gone": GoneSerializer(many=True, required=False),
    }
    return _serializer(f"{_name(resource)}Page", fields)


DESCRIBED: dict[str, Any] = {
    "area": _("Area code; the area and everything below it. By default the district."),
    "as_of": _("The day. By default today."),
    "year": _("A year: yearly figures answer for it, the others for its last day."),
    "search": _("A name, or part of it: characters, pinyin, or initials."),
    "cursor": _("Where the page begins: taken from next or previous."),
    "updated_since": _("Only what changed since this day or time; gone says what is no longer there."),
    "page_size": _("Rows of a page."),
    "ordering": _("A column; with a minus sign before it, descending."),
    "fields": _("Only these fields, separated by commas."),
    "expand": _("Records and parts to be given in full, separated by commas."),
    "format": _("The form of the answer."),
    "bbox": _("West, south, east, north in degrees of WGS 84."),
    "datetime": _("A day or time, or an interval of two with a slash between; two dots leave an end open."),
    "limit": _("Features of a page."),
    "by": _("A dimension to break the figure down by."),
}


def parameter(name: str, **more: Any) -> OpenApiParameter:
    options: dict[str, Any] = {"type": str, "description": DESCRIBED.get(name, ""), **more}
    return OpenApiParameter(name, **options)


def parameters_of(view: Any) -> list[OpenApiParameter]:
    """The parameters of a view, each with its accepted values."""
    resource: Resource | None = getattr(view, "resource", None)
    special: dict[str, dict[str, Any]] = {
        "as_of": {"type": OpenApiTypes.DATE},
        "page_size": {"type": {"type": "integer", "minimum": 1, "maximum": MOST, "default": PAGE_SIZE}},
        "limit": {"type": {"type": "integer", "minimum": 1, "default": PAGE_SIZE}},
        "format": {"enum": view.formats},
    }
    if resource is not None:
        special |= _of_resource(resource, view.field_names())
    return [parameter(name, **special.get(name, {})) for name in view.parameters()]


def _of_resource(resource: Resource, names: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    columns = [column.name for column in resource.listed.columns]
    listed = {"many": True, "style": "form", "explode": False}
    parameters: dict[str, dict[str, Any]] = {
        "ordering": {"enum": [*columns, *(f"-{name}" for name in columns)]},
        "fields": {"enum": names, **listed},
        "expand": {"enum": resource.expandable, **listed} if resource.expandable else {},
    }
    if resource.statuses:
        parameters["status"] = {
            "enum": resource.statuses.values,
            "description": _("Where it stands; by default, named."),
        }
    for name, filter_field in filters_of(resource.kind).base_filters.items():
        dimension = resource.kind.dimension(name) if resource.kind.has_dimension(name) else None
        choices = {"enum": [*dimension.choices.values, "none"]} if dimension and dimension.choices else {}
        parameters[name] = {"description": DESCRIBED.get(name) or filter_field.label, **choices}
    return parameters


WRITE_PROBLEMS = (400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 422, 428, 429)
READ_PROBLEMS = (400, 401, 403, 404, 405, 406, 429)


class Schema(AutoSchema):
    """Describes reads of a resource by its declaration. Every operation may be answered by a problem."""

    def get_auth(self) -> list[dict]:
        """Reading needs no account; an account only adds rows."""
        return [*super().get_auth(), *([{}] if self.method == "GET" else [])]

    @property
    def resource(self) -> Resource | None:
        return getattr(self.view, "resource", None) if self.method == "GET" else None

    @property
    def is_one(self) -> bool:
        return self.path.endswith("{code}/")

    def get_operation_id(self) -> str:
        own = self.resource
        return (
            f"{own.slug.replace('-', '_')}_{'retrieve' if self.is_one else 'list'}"
            if own
            else super().get_operation_id()
        )

    def _get_request_for_media_type(self, serializer: Any, direction: Any = "request") -> tuple[Any, bool]:
        """Inputs are described where they are sent: some are personal, and components hold nothing personal."""
        inputs = force_instance(serializer)
        if not isinstance(inputs, Inputs):
            return super()._get_request_for_media_type(serializer, direction)
        schema = self._map_serializer(inputs, direction)
        return schema, bool(schema.get("required"))

    def get_tags(self) -> list[str]:
        return [self.path.removeprefix("/api/v1/").partition("/")[0]]

    def get_summary(self) -> str | None:
        """The label of the resource, else the first sentence of what the operation does."""
        if self.resource:
            return str(self.resource.kind.label)
        sentence = " ".join(self.get_description().split()).partition(". ")[0].rstrip(".")
        return sentence or self.get_operation_id().replace("_", " ")

    def get_override_parameters(self) -> list:
        if self.method != "GET" or not hasattr(self.view, "parameters"):
            return super().get_override_parameters()
        code = examples().get(self.path, {}).get("code")
        of_path = [parameter("code", location=OpenApiParameter.PATH, examples=[OpenApiExample("sample", code)])]
        layer = [parameter("layer", location=OpenApiParameter.PATH, enum=list(GEOMETRIES))]
        return [
            *(of_path if code else []),
            *(layer if "{layer}" in self.path else []),
            *parameters_of(self.view),
        ]

    def get_response_serializers(self) -> Any:
        own = self.resource
        if own is None:
            return super().get_response_serializers()
        if self.is_one:
            return item_of(own, full=True)
        files = {(200, FILES[name]): OpenApiTypes.BINARY for name in own.formats if name in FILES}
        shapes = {(200, "application/geo+json"): OpenApiTypes.OBJECT} if "geojson" in own.formats else {}
        return {(200, "application/json"): page_of(own), **files, **shapes}

    def get_examples(self) -> list[OpenApiExample]:
        value = examples().get(self.path) if self.resource else None
        return [OpenApiExample("sample", value, response_only=True, status_codes=[200])] if value else []

    def _get_response_bodies(self, direction: Direction = "response") -> dict:
        bodies = super()._get_response_bodies(direction)
        if direction == "response":
            for status in READ_PROBLEMS if self.method == "GET" else WRITE_PROBLEMS:
                bodies.setdefault(str(status), self._get_response_for_code(ProblemSerializer, str(status), [PROBLEM]))
        return bodies
