"""POST, PATCH and DELETE of a resource: `CollectionWrites` for its list, `Single` for one record."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from registry.access.permissions import may
from registry.actions.deletion import delete_record
from registry.actions.records import stale
from registry.api.bulk_write import items_in, serialize_message, write_items
from registry.api.idempotency import idempotent
from registry.api.parsers import ExactJSON
from registry.api.problems import Unusable, field_error
from registry.loading.items import WriteResult, Writing
from registry.loading.sheet_types import sheet_type_of
from registry.text.refusals import Refused
from registry.text.validators import Invalid, line

REASON = line(300)


class Writes:
    """The shared part of both views. The view it is mixed into has a `resource`."""

    parser_classes = [ExactJSON]
    is_reading: bool

    def parameters(self) -> tuple[str, ...]:
        return super().parameters() if self.is_reading else ("reason", "format")  # type: ignore[misc]

    def reason(self, request: Request) -> str:
        """The reason for the event: `reason` in the address."""
        try:
            return REASON(request.query_params.get("reason", ""))
        except Invalid as invalid:
            raise Unusable([field_error("reason", str(invalid), invalid.code)]) from invalid

    def writing(self, request: Request) -> Writing:
        kind = sheet_type_of(self.resource.model)  # type: ignore[attr-defined]
        if kind is None:
            raise Http404
        return Writing(kind, request.user, self.reason(request))

    def serialize(self, request: Request, written: WriteResult) -> dict[str, Any]:
        slug = self.resource.slug  # type: ignore[attr-defined]
        url = reverse("api-draft", [written.draft], request=request) if written.draft else None
        return {
            "index": written.index,
            "code": written.code or None,
            "url": url or reverse(f"api-{slug}", [written.code], request=request),
            "version": written.version,
            "verdict": written.verdict,
            "draft": written.draft or None,
            "warnings": [serialize_message(message, written.index) for message in written.warnings],
        }


class CollectionWrites(Writes):
    """An object is one item; a list is up to a thousand items. All are written, or none."""

    def post(self, request: Request) -> Response:
        """Adds one record, or several. An existing code is a 409."""
        return self._write(request, changing=False)

    def patch(self, request: Request) -> Response:
        """Changes several records. Each item has the `code` and the `version` that was read."""
        return self._write(request, changing=True)

    def _write(self, request: Request, *, changing: bool) -> Response:
        writing, body = self.writing(request), request.data
        items = items_in(writing.kind, body, changing=changing)

        def act() -> Response:
            results = [self.serialize(request, result) for result in write_items(writing, items)]
            if isinstance(body, list) or changing:
                return Response({"results": results}, 200 if changing else 201)
            return Response(results[0], 201, headers=_headers(results[0]))

        return idempotent(request, body, act)


def _headers(result: dict) -> dict[str, str]:
    return {"Location": result["url"]} | ({"ETag": f'"{result["version"]}"'} if result["version"] else {})


class Single(Writes):
    """One record, at a version the client has read."""

    def patch(self, request: Request, code: str) -> Response:
        """Changes the fields in the body. `null` empties a field. `If-Match` names the version."""
        writing, versions = self.writing(request), versions_in(request)
        items = items_in(writing.kind, request.data, code=code, versions=versions, changing=True)
        if isinstance(request.data, list):
            raise Unusable([field_error("", str(Refused("one_item")), "one_item")])

        def act() -> Response:
            result = self.serialize(request, write_items(writing, items)[0])
            return Response(result, headers={name: text for name, text in _headers(result).items() if name == "ETag"})

        return idempotent(request, [request.data, versions], act)

    def delete(self, request: Request, code: str) -> Response:
        """Deletes the record, with a reason. Its history stays."""
        reason, versions = self.reason(request), versions_in(request)
        return idempotent(request, [code, versions], lambda: self._delete(request, code, reason, versions))

    @transaction.atomic
    def _delete(self, request: Request, code: str, reason: str, versions: Sequence[str]) -> Response:
        model = self.resource.model  # type: ignore[attr-defined]
        seen = model._default_manager.visible_to(request.user).filter(code=code).values("pk")
        record = model._base_manager.select_for_update().filter(pk__in=seen).first()
        if record is None:
            raise Http404
        if not may(request.user, "record.delete", record):
            raise Refused("not_allowed")
        if str(record.version) not in versions and "*" not in versions:
            raise stale(record)
        if len(reason) < 2:
            raise Refused("reason_short")
        try:
            delete_record(record, by=request.user, reason=reason)
        except (ProtectedError, RestrictedError) as error:
            raise Refused("in_use") from error
        return Response(status=204)


def versions_in(request: Request) -> list[str]:
    """The versions in `If-Match`; of an ETag, the part before the full stop. Raises Refused without one."""
    tags = [tag.strip().removeprefix("W/").strip('"') for tag in request.headers.get("If-Match", "").split(",")]
    versions = [tag.partition(".")[0] for tag in tags if tag]
    if not versions:
        raise Refused("version_missing")
    return versions
