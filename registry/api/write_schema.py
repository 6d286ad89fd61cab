"""What can be written, as OpenAPI describes it: read from the columns and acts themselves."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser

from registry.api.bulk_write import MOST_ITEMS, load_of
from registry.api.idempotency import HEADER
from registry.api.parsers import body_schema
from registry.api.resources import Resource
from registry.api.schema import FieldErrorSerializer
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
    """What became of an item. A clerk's site is a draft, with its key, until it is submitted."""

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
    """What stands against an act: a code, why, and what to do."""

    code = serializers.CharField()
    reason = serializers.CharField()
    what_to_do = serializers.CharField(allow_blank=True)


class TakenSerializer(serializers.Serializer):
    name = serializers.CharField()
    required = serializers.BooleanField()


class ActSerializer(serializers.Serializer):
    """An act that can be done with a record, what it takes, and what stands against it now."""

    verb = serializers.CharField()
    label = serializers.CharField()
    url = serializers.URLField()
    fields = TakenSerializer(many=True)  # type: ignore[assignment]
    refusals = RefusalSerializer(many=True)


ONE_OR_ALL = PolymorphicProxySerializer(
    "WrittenAnswer", [WrittenSerializer, AllWrittenSerializer], resource_type_field_name=None
)


def _many(item: dict) -> dict[str, Any]:
    return {"type": "array", "items": item, "minItems": 1, "maxItems": MOST_ITEMS}


def describe_list(view: type, resource: Resource) -> None:
    kind, name = load_of(resource.model), resource.slug.replace("-", "_")
    if kind is None:
        return
    one, change = body_schema(kind), body_schema(kind, changing=True)
    named = {"code": {"type": "string"}, "version": {"type": "integer"}}
    change = change | {"properties": named | change["properties"], "required": list(named)}
    extend_schema_view(
        post=extend_schema(
            operation_id=f"{name}_add",
            request={"application/json": {"oneOf": [one, _many(one)]}},
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
    kind, name = load_of(resource.model), resource.slug.replace("-", "_")
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


def describe_act(view: type, slug: str, verb: Any) -> None:
    """An act of the noun `slug`: see actions.py."""
    name = f"{slug}_{verb.name}".replace("-", "_")
    forms = {parser.media_type: taken(verb.takes, parser.media_type) for parser in verb.parsers}
    extend_schema_view(
        get=extend_schema(operation_id=f"{name}_ask", summary=verb.label, responses=ActSerializer),
        post=extend_schema(
            operation_id=name,
            summary=verb.label,
            request=forms if verb.takes else None,
            responses={201 if verb.made else 200: OpenApiTypes.OBJECT},
            parameters=[KEY, MAY_MATCH],
        ),
    )(view)


def describe_adding(view: type, slug: str, verb: Any) -> None:
    """Making a record by an act, at the list of its kind."""
    described = extend_schema(
        operation_id=f"{slug}_add", summary=verb.label, request={"application/json": taken(verb.takes)},
        responses={201: OpenApiTypes.OBJECT}, parameters=[KEY],
    )  # fmt: skip
    extend_schema_view(post=described)(view)


def taken(takes: tuple, media_type: str = "application/json") -> dict[str, Any]:
    """The values of an act as a body of this form holds them: files come in a form only."""
    held = [take for take in takes if not take.is_files or media_type == MultiPartParser.media_type]
    needed = [each.name for each in held if each.required]
    return {
        "type": "object",
        "properties": {each.name: each.schema for each in held},
        "additionalProperties": False,
        **({"required": needed} if needed else {}),
    }


def describe_acts(view: type, slug: str) -> None:
    described = extend_schema(operation_id=f"{slug}_actions", responses=ActSerializer(many=True))
    extend_schema_view(get=described)(view)
