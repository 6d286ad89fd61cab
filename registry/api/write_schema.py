"""The OpenAPI description of writes, generated from the columns and actions."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema, extend_schema_view
from rest_framework import serializers

from registry.api.bulk_write import MOST_ITEMS
from registry.api.idempotency import HEADER
from registry.api.inputs import inputs_of
from registry.api.parsers import ExactJSON, body_schema
from registry.api.resources import Resource
from registry.api.schema import FieldErrorSerializer
from registry.loading.sheet_types import sheet_type_of
from registry.models import RowVerdict

KEY = OpenApiParameter(HEADER, str, OpenApiParameter.HEADER, description=_("Done once under this key, however often."))
IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, required=True, description=_("The version that was read: its ETag.")
)
MAY_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description=_("The version that was read: its ETag.")
)
REASON = OpenApiParameter("reason", str, description=_("Why, for the history."))
WHY = OpenApiParameter("reason", str, required=True, description=_("Why, for the history."))


class WrittenSerializer(serializers.Serializer):
    """The result of an item. A clerk's site is a draft, with its key, until it is submitted."""

    index = serializers.IntegerField()
    code = serializers.CharField(allow_null=True)
    url = serializers.URLField()
    version = serializers.IntegerField(allow_null=True)
    verdict = serializers.ChoiceField([RowVerdict.NEW, RowVerdict.CHANGED, RowVerdict.SAME])
    draft = serializers.UUIDField(allow_null=True)
    warnings = FieldErrorSerializer(many=True)


class AllWrittenSerializer(serializers.Serializer):
    results = WrittenSerializer(many=True)


class RefusalSerializer(serializers.Serializer):
    """A refusal of an action: a code, the reason, and what to do."""

    code = serializers.CharField()
    reason = serializers.CharField()
    what_to_do = serializers.CharField(allow_blank=True)


class TakenSerializer(serializers.Serializer):
    name = serializers.CharField()
    required = serializers.BooleanField()  # type: ignore[assignment]  # a serializer has its own


class ActSerializer(serializers.Serializer):
    """An action of a record, its inputs, and the refusals that apply now."""

    verb = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a serializer has its own
    url = serializers.URLField()
    fields = TakenSerializer(many=True)  # type: ignore[assignment]
    refusals = RefusalSerializer(many=True)


ONE_OR_ALL = PolymorphicProxySerializer(
    "WrittenAnswer", [WrittenSerializer, AllWrittenSerializer], resource_type_field_name=None
)


def _many(item: dict) -> dict[str, Any]:
    return {"type": "array", "items": item, "minItems": 1, "maxItems": MOST_ITEMS}


def describe_list(view: type, resource: Resource) -> None:
    kind, name = sheet_type_of(resource.model), resource.slug.replace("-", "_")
    if kind is None:
        return
    item, change = body_schema(kind), body_schema(kind, changing=True)
    named = {"code": {"type": "string"}, "version": {"type": "integer"}}
    change = change | {"properties": named | change["properties"], "required": list(named)}
    extend_schema_view(
        post=extend_schema(
            operation_id=f"{name}_add",
            request={"application/json": {"oneOf": [item, _many(item)]}},
            responses={201: ONE_OR_ALL},
            parameters=[KEY, REASON],
        ),
        patch=extend_schema(
            operation_id=f"{name}_change_many",
            request={"application/json": _many(change)},
            responses=AllWrittenSerializer,
            parameters=[KEY, REASON],
        ),
    )(view)


def describe_one(view: type, resource: Resource) -> None:
    kind, name = sheet_type_of(resource.model), resource.slug.replace("-", "_")
    if kind is None:
        return
    extend_schema_view(
        patch=extend_schema(
            operation_id=f"{name}_change",
            request={"application/json": body_schema(kind, changing=True)},
            responses=WrittenSerializer,
            parameters=[KEY, IF_MATCH, REASON],
        ),
        delete=extend_schema(
            operation_id=f"{name}_delete", request=None, responses={204: None}, parameters=[KEY, IF_MATCH, WHY]
        ),
    )(view)


def describe_act(view: type, slug: str, action: Any) -> None:
    """Describes an action on the records `slug`."""
    name = f"{slug}_{action.name}".replace("-", "_")
    forms: dict[str, type] = {parser.media_type: action.inputs for parser in action.parsers}
    if action.files and ExactJSON in action.parsers:  # only a form can hold files
        texts = {name: taken for name, taken in action.fields.items() if name not in action.files}
        forms[ExactJSON.media_type] = inputs_of(f"{view.__name__}Text", texts)
    extend_schema_view(
        get=extend_schema(operation_id=f"{name}_ask", summary=action.label, responses=ActSerializer),
        post=extend_schema(
            operation_id=name,
            summary=action.label,
            request=forms if action.fields else None,
            responses={201 if action.serialize_result else 200: OpenApiTypes.OBJECT},
            parameters=[KEY, MAY_MATCH],
        ),
    )(view)


def describe_adding(view: type, slug: str, action: Any) -> None:
    """Describes the creation of a record by an action, at the list of its kind."""
    described = extend_schema(
        operation_id=f"{slug}_add",
        summary=action.label,
        request=action.inputs,
        responses={201: OpenApiTypes.OBJECT},
        parameters=[KEY],
    )
    extend_schema_view(post=described)(view)


def describe_acts(view: type, slug: str) -> None:
    described = extend_schema(operation_id=f"{slug}_actions", responses=ActSerializer(many=True))
    extend_schema_view(get=described)(view)
