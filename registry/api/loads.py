"""Files of many rows by program: sent, looked at, applied, taken back."""

import hashlib
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from registry.access.permissions import may
from registry.api.actions import Given, sent_in, values_in
from registry.api.bulk_write import load_of
from registry.api.parsers import ExactJSON
from registry.api.write_schema import KEY, taken
from registry.loading import lifecycle as acts
from registry.loading.messages import row_answer, state_of
from registry.loading.sheet_types import SHEET_TYPES
from registry.models import Load, LoadState, RowVerdict, TokenScope
from registry.text.refusals import Refused, raise_first
from registry.text.validators import yes_no

from .base import ApiView, one_of
from .idempotency import idempotent
from .paging import Key, page_of, page_size, placed
from .resources import RESOURCES

NEWEST = (Key("id", descending=True, nullable=False),)
IN_ORDER = (Key("sheet", nullable=False), Key("row", nullable=False))
MOST_ROWS = 500  # of the refused ones, told with the load itself
YES, NO = ("true", "1", "yes"), ("false", "0", "no", "")
CONFIRM = Given("confirm", yes_no)
ACTS = {"apply": acts.apply_load, "undo": acts.undo_load, "cancel": acts.cancel_load, "retry": acts.retry_load}


class LoadView(ApiView):
    """Finds the load; one that the account may not see is not there."""

    token_scope = TokenScope.LOAD
    known: tuple[str, ...] = ("format",)

    def rows_of(self, request: Request) -> Any:
        if not request.user.is_authenticated:
            raise NotAuthenticated
        return Load.objects.visible_to(request.user)

    def load(self, request: Request, key: str) -> Load:
        found = self.rows_of(request).select_related("by", "area", "job").filter(key=key).first()
        if found is None:
            raise Http404
        return found

    def page(
        self, request: Request, rows: QuerySet, keys: tuple[Key, ...], told: Callable[[Any], dict[str, Any]]
    ) -> Response:
        """A page of `rows`, each as `told` puts it."""
        parameters, address = request.query_params, request.build_absolute_uri(request.path)
        size, values = page_size(parameters), rows.values("id")
        page = page_of(keys, parameters, address, size, lambda at: list(placed(values, keys, at, size)))
        found = rows.in_bulk([row["id"] for row in page.rows])
        results = [told(found[row["id"]]) for row in page.rows if row["id"] in found]
        return Response({"next": page.next, "previous": page.previous, "results": results})

    def told(self, request: Request, load: Load) -> dict[str, Any]:
        address = reverse("api-load", [load.key], request=request)
        job = load.job
        return {
            "key": str(load.key),
            "url": address,
            **state_of(load),
            "is_working": load.is_working,
            "done": job.done if job else 0,
            "total": job.total if job else 0,
            "sent_at": load.sent_at.isoformat(),
            "applied_at": load.applied_at.isoformat() if load.applied_at else None,
            "rows_url": f"{address}rows/",
        }


def personal_in(load: Load) -> set[str]:
    """The fields whose text is masked: telephones and the like."""
    slugs = {load.kind, *(sheet.get("kind", "") for sheet in load.sheets)} & SHEET_TYPES.keys()
    return {column.name for slug in slugs for column in SHEET_TYPES[slug].columns if column.personal}


class LoadSerializer(serializers.Serializer):
    """A load: where it stands and what its rows amount to."""

    key = serializers.UUIDField()
    url = serializers.URLField()
    file = serializers.CharField()
    kind = serializers.CharField(allow_blank=True)
    state = serializers.ChoiceField(LoadState.choices)
    message = serializers.CharField(allow_blank=True)
    notes = serializers.ListField(child=serializers.CharField())
    new = serializers.IntegerField()
    changed = serializers.IntegerField()
    same = serializers.IntegerField()
    refused = serializers.IntegerField()
    skipped_sheets = serializers.ListField(child=serializers.CharField())
    is_working = serializers.BooleanField()
    done = serializers.IntegerField()
    total = serializers.IntegerField()
    sent_at = serializers.DateTimeField()
    applied_at = serializers.DateTimeField(allow_null=True)
    rows_url = serializers.URLField()


class CellSerializer(serializers.Serializer):
    cell = serializers.CharField(allow_blank=True)
    column = serializers.CharField(allow_blank=True)
    code = serializers.CharField()
    text = serializers.CharField()


class LoadRowSerializer(serializers.Serializer):
    sheet = serializers.CharField(allow_blank=True)
    row = serializers.IntegerField()
    verdict = serializers.ChoiceField(RowVerdict.choices)
    messages = CellSerializer(many=True)


class FullLoadSerializer(LoadSerializer):
    rows = LoadRowSerializer(many=True)


class LoadsSerializer(serializers.Serializer):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = LoadSerializer(many=True)


class LoadRowsSerializer(LoadsSerializer):
    results = LoadRowSerializer(many=True)


SENT = {
    "type": "object",
    "properties": {
        "file": {"type": "string", "format": "binary"},
        "kind": {"type": "string"},
        "dry_run": {"type": "string", "enum": [*NO, *YES]},
        "confirm": {"type": "string", "enum": [*NO, *YES]},
    },
    "required": ["file"],
}


class LoadList(LoadView):
    parser_classes = [MultiPartParser]

    def parameters(self) -> tuple[str, ...]:
        return ("format", "cursor", "page_size") if self.is_reading else ("format",)

    @extend_schema(operation_id="loads_list", responses=LoadsSerializer)
    def get(self, request: Request) -> Response:
        """The own loads, and for an administrator those of the area; the latest first."""
        rows = self.rows_of(request).select_related("by", "area", "job")
        return self.page(request, rows, NEWEST, lambda load: self.told(request, load))

    @extend_schema(
        operation_id="loads_send", request={"multipart/form-data": SENT}, responses={202: LoadSerializer},
        parameters=[KEY],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Takes in a `file`. Without `dry_run` its good rows are written as soon as it is read; with it, they wait for
        `apply`. Where a row changes an amount a hundredfold or more they wait, too, unless `confirm` is given. `kind`
        may be left out where the headings say it."""
        if not may(request.user, "load.send"):
            raise Refused("not_allowed")
        file, kind = self._sent(request)
        waits, confirmed = (one_of(request.data, name, (*NO, *YES)) in YES for name in ("dry_run", "confirm"))
        raise_first(acts.refusals_to_send(file.name, file.size, kind, request.user))
        content = file.read()

        def act() -> Response:
            load = acts.send_load(
                file.name, content, kind=kind, key=uuid4(), by=request.user, at_once=not waits, confirmed=confirmed
            )
            told = self.told(request, load)
            return Response(told, 202, headers={"Location": told["url"]})

        return idempotent(request, [hashlib.sha256(content).hexdigest(), file.name, kind, waits, confirmed], act)

    def _sent(self, request: Request) -> tuple[Any, str]:
        file = request.FILES.get("file")
        if file is None:
            raise Refused("file_missing")
        kind = str(request.data.get("kind", ""))
        resource = RESOURCES.get(kind)
        known = load_of(resource.model) if resource else None
        return file, known.slug if known else kind


class LoadDetail(LoadView):
    @extend_schema(operation_id="loads_retrieve", responses=FullLoadSerializer)
    def get(self, request: Request, key: str) -> Response:
        """State, counts, and the refused rows with the reasons, the first of them; `rows_url` has all."""
        load = self.load(request, key)
        refused = load.rows.filter(verdict=RowVerdict.REFUSED).order_by("sheet", "row")[:MOST_ROWS]
        personal = personal_in(load)
        return Response(self.told(request, load) | {"rows": [row_answer(row, load, personal) for row in refused]})


class LoadRows(LoadView):
    known = ("format", "verdict", "cursor", "page_size")

    @extend_schema(operation_id="loads_rows", responses=LoadRowsSerializer)
    def get(self, request: Request, key: str) -> Response:
        """Every row of the load, or those of one `verdict`."""
        load = self.load(request, key)
        verdict = one_of(request.query_params, "verdict", ("", *RowVerdict.values))
        rows = load.rows.filter(verdict=verdict) if verdict else load.rows.all()
        personal = personal_in(load)
        return self.page(request, rows, IN_ORDER, lambda row: row_answer(row, load, personal))


class LoadAct(LoadView):
    act = ""

    @extend_schema(request=None, responses={202: LoadSerializer}, parameters=[KEY])
    def post(self, request: Request, key: str) -> Response:
        """Goes on with the load in the background; `GET` its address for what came of it."""
        return self.do(request, key)

    def do(self, request: Request, key: str, **more: Any) -> Response:
        load = self.load(request, key)

        def act() -> Response:
            told = self.told(request, ACTS[self.act](load, by=request.user, **more))
            return Response(told, 202, headers={"Location": told["url"]})

        return idempotent(request, more or None, act)


class LoadApply(LoadAct):
    parser_classes = [ExactJSON, FormParser, MultiPartParser]

    @extend_schema(request={"application/json": taken((CONFIRM,))}, responses={202: LoadSerializer}, parameters=[KEY])
    def post(self, request: Request, key: str) -> Response:
        """Writes what the preview showed, in the background. A load with rows that change an amount a hundredfold or
        more is refused (`load-doubtful`) until `confirm` says that they are meant so."""
        values = values_in((CONFIRM,), sent_in(request, (CONFIRM,)))
        return self.do(request, key, **({"confirmed": True} if values.get("confirm") else {}))
