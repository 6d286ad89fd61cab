"""The mark “entered in error” of a record: read it, set it, remove it."""

from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from registry.actions import voiding as acts
from registry.api.actions import require_version
from registry.api.inputs import Inputs, TextInput
from registry.api.parsers import ExactJSON
from registry.api.write_schema import KEY, MAY_MATCH, WHY
from registry.api.write_views import Writes, versions_in
from registry.kinds import KINDS
from registry.models.base import Voidable
from registry.text.validators import line

from .base import ApiView
from .idempotency import idempotent
from .resources import RESOURCES, Resource


class MarkInputs(Inputs):
    """Why a record was entered in error, and the document that says so."""

    reason = TextInput(required=True)
    document_no = TextInput(line(60), required=True)


class EnteredInError(APIException):
    """The record exists, but is marked as entered in error: 410."""

    status_code = 410
    default_code = "entered_in_error"


def record_of(resource: Resource, code: str, viewer: Any) -> Any:
    """The record with this code, marked or not; None if the viewer may not see it."""
    if not issubclass(resource.model, Voidable):
        return None
    return resource.model._default_manager.with_voided().visible_to(viewer).filter(code=code).first()


def missing(resource: Resource, code: str, viewer: Any) -> Exception:
    """The error for a record that is not shown: it does not exist, or it was entered in error."""
    record = record_of(resource, code, viewer)
    because = acts.voided_because(record) if record is not None else None
    if because is None:
        return Http404()
    message = _("“%(name)s” was entered in error: %(reason)s (%(paper)s). Its history stays.")
    return EnteredInError(message % {"name": record, "reason": because.reason, "paper": because.document_no or "—"})


class MarkSerializer(serializers.Serializer):
    """Whether a record is marked as entered in error, and why; `version` is that of the record."""

    entered_in_error = serializers.BooleanField()
    reason = serializers.CharField(allow_null=True)
    document_no = serializers.CharField(allow_null=True)
    at = serializers.DateTimeField(allow_null=True)
    page = serializers.URLField(allow_null=True)
    version = serializers.IntegerField()


class MarkView(Writes, ApiView):
    accepted = ("format",)
    parser_classes = [ExactJSON]

    def parameters(self) -> tuple[str, ...]:
        return ("reason",) if getattr(getattr(self, "request", None), "method", "") == "DELETE" else self.accepted

    def record(self, request: Request, slug: str, code: str) -> Any:
        record = record_of(RESOURCES[slug], code, request.user) if slug in RESOURCES else None
        if record is None or not hasattr(record, "version"):
            raise Http404
        return record

    def answered(self, request: Request, record: Any) -> Response:
        because = acts.voided_because(record)
        slug = next((slug for slug, kind in KINDS.items() if kind.model is type(record) and not kind.redacted), "")
        page = request.build_absolute_uri(reverse("record", args=[slug, record.code])) if slug else None
        return Response(
            {
                "entered_in_error": because is not None,
                "reason": because and because.reason,
                "document_no": because and because.document_no,
                "at": because and timezone.localtime(because.at).isoformat(),
                "page": page,
                "version": record.version,
            },
            headers={"ETag": f'"{record.version}"'},
        )

    @extend_schema(operation_id="mark_ask", responses=MarkSerializer)
    def get(self, request: Request, slug: str, code: str) -> Response:
        """Whether the record is marked as entered in error, and why."""
        return self.answered(request, self.record(request, slug, code))

    @extend_schema(
        operation_id="mark_set",
        request=MarkInputs,
        responses=MarkSerializer,
        parameters=[KEY, MAY_MATCH],
    )
    def post(self, request: Request, slug: str, code: str) -> Response:
        """Marks the record as entered in error. It leaves every list and figure, on all days."""
        record, values = self.record(request, slug, code), MarkInputs.read(request.data)
        return self._act(request, record, values, lambda: acts.mark_entered_in_error(record, by=request.user, **values))

    @extend_schema(
        operation_id="mark_take_off", request=None, responses=MarkSerializer, parameters=[KEY, MAY_MATCH, WHY]
    )
    def delete(self, request: Request, slug: str, code: str) -> Response:
        """Removes the mark. The record counts again, by its dates."""
        record, reason = self.record(request, slug, code), self.reason(request)
        return self._act(request, record, reason, lambda: acts.restore_record(record, by=request.user, reason=reason))

    def _act(self, request: Request, record: Any, body: Any, act: Any) -> Response:
        versions = versions_in(request) if "If-Match" in request.headers else []

        def done() -> Response:
            if versions:
                require_version(record, versions)
            return self.answered(request, act())

        return idempotent(request, [body, versions], done)
