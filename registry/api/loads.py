"""Loads by program: send a file, preview it, apply it, undo it."""

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
from registry.api.inputs import Inputs, TextInput
from registry.api.parsers import ExactJSON
from registry.api.write_schema import KEY
from registry.loading import lifecycle as acts
from registry.loading.messages import row_answer, state_of
from registry.loading.sheet_types import SHEET_TYPES, sheet_type_of
from registry.models import Load, LoadState, RowVerdict, TokenScope
from registry.text.refusals import Refused, raise_first
from registry.text.validators import yes_no

from .base import ApiView, choice_parameter
from .idempotency import idempotent
from .paging import Key, page_of, page_size, placed
from .resources import RESOURCES

NEWEST = (Key("id", descending=True, nullable=False),)
IN_ORDER = (Key("sheet", nullable=False), Key("row", nullable=False))
MOST_ROWS = 500  # refused rows in the answer of a load itself
YES, NO = ("true", "1", "yes"), ("false", "0", "no", "")
ACTS = {"apply": acts.apply_load, "undo": acts.undo_load, "cancel": acts.cancel_load, "retry": acts.retry_load}


class LoadView(ApiView):
    """Looks up the load. A load that the account may not see is a 404."""

    token_scope = TokenScope.LOAD
    accepted: tuple[str, ...] = ("format",)

    def rows_of(self, request: Request) -> Any:
        if not request.user.is_authenticated:
            raise NotAuthenticated
        return Load.objects.visible_to(request.user)

    def load(self, request: Request, key: str) -> Load:
        load = self.rows_of(request).select_related("by", "area", "job").filter(key=key).first()
        if load is None:
            raise Http404
        return load

    def page(
        self, request: Request, rows: QuerySet, keys: tuple[Key, ...], serialize: Callable[[Any], dict[str, Any]]
    ) -> Response:
        """A page of `rows`, each written by `serialize`."""
        parameters, address = request.query_params, request.build_absolute_uri(request.path)
        size, values = page_size(parameters), rows.values("id")
        page = page_of(keys, parameters, address, size, lambda at: list(placed(values, keys, at, size)))
        records = rows.in_bulk([row["id"] for row in page.rows])
        results = [serialize(records[row["id"]]) for row in page.rows if row["id"] in records]
        return Response({"next": page.next, "previous": page.previous, "results": results})

    def serialize(self, request: Request, load: Load) -> dict[str, Any]:
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
    """The fields whose text is masked, such as telephone numbers."""
    slugs = {load.kind, *(sheet.get("kind", "") for sheet in load.sheets)} & SHEET_TYPES.keys()
    return {column.name for slug in slugs for column in SHEET_TYPES[slug].columns if column.personal}


class LoadSheet(serializers.Serializer):
    """What was understood of a sheet."""

    name = serializers.CharField(allow_blank=True)
    kind = serializers.CharField()
    why = serializers.ListField(child=serializers.CharField())
    alternatives = serializers.ListField(child=serializers.CharField())
    for_all_rows = serializers.DictField(child=serializers.CharField())


class MissingColumn(serializers.Serializer):
    """A required column that a sheet lacks, and what fills it."""

    sheet = serializers.CharField(allow_blank=True)
    column = serializers.CharField()
    heading = serializers.CharField()
    text = serializers.CharField()


class LoadSerializer(serializers.Serializer):
    """A load: its state and the counts of its rows."""

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
    sheets = LoadSheet(many=True)
    missing_columns = MissingColumn(many=True)
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


class LoadRowsSerializer(serializers.Serializer):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = LoadRowSerializer(many=True)


SENT = {
    "type": "object",
    "properties": {
        "file": {"type": "string", "format": "binary"},
        "kind": {"type": "string", "description": "May be left out where the headings say it."},
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
        """The account's loads, and for an administrator those of the area; the latest first."""
        rows = self.rows_of(request).select_related("by", "area", "job")
        return self.page(request, rows, NEWEST, lambda load: self.serialize(request, load))

    @extend_schema(
        operation_id="loads_send", request={"multipart/form-data": SENT}, responses={202: LoadSerializer},
        parameters=[KEY],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Accepts a `file`. Without `dry_run` its valid rows are written as soon as it is read; with it, they wait for
        `apply`. If a row changes an amount a hundredfold or more, they wait as well, unless `confirm` is given. `kind`
        may be left out if the headings identify it."""
        if not may(request.user, "load.send"):
            raise Refused("not_allowed")
        file, kind = self._sent(request)
        waits, confirmed = (choice_parameter(request.data, name, (*NO, *YES)) in YES for name in ("dry_run", "confirm"))
        raise_first(acts.refusals_to_send(file.name, file.size, kind, request.user))
        content = file.read()

        def act() -> Response:
            load = acts.send_load(
                file.name, content, kind=kind, key=uuid4(), by=request.user, at_once=not waits, confirmed=confirmed
            )
            result = self.serialize(request, load)
            return Response(result, 202, headers={"Location": result["url"]})

        return idempotent(request, [hashlib.sha256(content).hexdigest(), file.name, kind, waits, confirmed], act)

    def _sent(self, request: Request) -> tuple[Any, str]:
        file = request.FILES.get("file")
        if file is None:
            raise Refused("file_missing")
        kind = str(request.POST.get("kind", ""))
        resource = RESOURCES.get(kind)
        sheet_type = sheet_type_of(resource.model) if resource else None
        return file, sheet_type.slug if sheet_type else kind


class LoadDetail(LoadView):
    @extend_schema(operation_id="loads_retrieve", responses=FullLoadSerializer)
    def get(self, request: Request, key: str) -> Response:
        """State, counts, and the first refused rows with their reasons; `rows_url` has all rows."""
        load = self.load(request, key)
        refused = load.rows.filter(verdict=RowVerdict.REFUSED).order_by("sheet", "row")[:MOST_ROWS]
        personal = personal_in(load)
        return Response(self.serialize(request, load) | {"rows": [row_answer(row, load, personal) for row in refused]})


class LoadRows(LoadView):
    accepted = ("format", "verdict", "cursor", "page_size")

    @extend_schema(operation_id="loads_rows", responses=LoadRowsSerializer)
    def get(self, request: Request, key: str) -> Response:
        """All rows of the load, or those of one `verdict`."""
        load = self.load(request, key)
        verdict = choice_parameter(request.query_params, "verdict", ("", *RowVerdict.values))
        rows = load.rows.filter(verdict=verdict) if verdict else load.rows.all()
        personal = personal_in(load)
        return self.page(request, rows, IN_ORDER, lambda row: row_answer(row, load, personal))


class LoadAct(LoadView):
    act = ""

    @extend_schema(request=None, responses={202: LoadSerializer}, parameters=[KEY])
    def post(self, request: Request, key: str) -> Response:
        """Continues the load in the background. `GET` its address for the result."""
        return self.do(request, key)

    def do(self, request: Request, key: str, **more: Any) -> Response:
        load = self.load(request, key)

        def act() -> Response:
            result = self.serialize(request, ACTS[self.act](load, by=request.user, **more))
            return Response(result, 202, headers={"Location": result["url"]})

        return idempotent(request, more or None, act)


class ConfirmInputs(Inputs):
    """Whether rows that change an amount a hundredfold or more are written as well."""

    confirm = TextInput(yes_no)


class LoadApply(LoadAct):
    parser_classes = [ExactJSON, FormParser, MultiPartParser]

    @extend_schema(request={"application/json": ConfirmInputs}, responses={202: LoadSerializer}, parameters=[KEY])
    def post(self, request: Request, key: str) -> Response:
        """Writes what the preview showed, in the background. A load with rows that change an amount a hundredfold or
        more is refused (`load-doubtful`) until `confirm` is true."""
        values = ConfirmInputs.read(request.data)
        return self.do(request, key, **({"confirmed": True} if values.get("confirm") else {}))
