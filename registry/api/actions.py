"""Actions on a record beyond changing its fields, each at its own address below the record.

`GET` describes the inputs of the action and the refusals that apply now; `POST` runs it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.http import Http404
from django.urls import path
from django.utils.functional import Promise
from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from registry.access.permissions import may
from registry.actions.records import stale
from registry.api.base import ApiView
from registry.api.idempotency import idempotent
from registry.api.inputs import FilesInput, Inputs, inputs_of
from registry.api.parsers import ExactJSON
from registry.api.problems import two_parts
from registry.api.write_schema import describe_act, describe_acts
from registry.api.write_views import versions_in
from registry.text.refusals import Refused, raise_first


@dataclass(frozen=True)
class Action:
    """An action. `act(record, by=…, **values)` runs it. `refusals(record, by=…)` yields what is against it whatever the
    values. If it creates something, `serialize_result` describes the new record."""

    name: str
    label: str | Promise
    act: Callable[..., Any]
    refusals: Callable[..., Iterable[Refused]]
    inputs: type[Inputs]
    serialize_result: Callable[[Any], dict[str, Any]] | None = None

    @property
    def fields(self) -> dict[str, serializers.Field]:
        return self.inputs._declared_fields

    @property
    def files(self) -> dict[str, FilesInput]:
        return {name: taken for name, taken in self.fields.items() if isinstance(taken, FilesInput)}

    @property
    def parsers(self) -> list[type[BaseParser]]:
        """The parsers of the action: a form only where it takes files, and no JSON where it requires some."""
        needs_form = any(taken.required for taken in self.files.values())
        return [*([] if needs_form else [ExactJSON]), *([MultiPartParser] if self.files else [])]


@dataclass
class RecordActions:
    """The actions on records. `rows(user)` are the records the account may see, `key` is the field that identifies one,
    `serialize(record)` is the answer after an action. `creates(by=…, **values)` creates a record, at the list."""

    slug: str
    rows: Callable[[Any], models.QuerySet]
    serialize: Callable[[Any], dict[str, Any]]
    key: str = "code"
    actions: list[Action] = field(default_factory=list)
    creates: Action | None = None

    def add(self, name: str, label: str | Promise, act: Callable, refusals: Callable, /, **more: Any) -> None:
        """Adds an action. `more` are its inputs by name, and perhaps `serialize_result`."""
        self.actions.append(self._action(name, label, act, refusals, **more))

    def create_by(self, label: str | Promise, act: Callable, refusals: Callable, /, **inputs: Any) -> None:
        self.creates = self._action("add", label, act, refusals, **inputs)

    def _action(
        self, name: str, label: str | Promise, act: Callable, refusals: Callable, /,
        serialize_result: Callable | None = None, **inputs: Any
    ) -> Action:  # fmt: skip
        title = f"{self.slug}-{name}".title().replace("-", "")
        return Action(name, label, act, refusals, inputs_of(title, inputs), serialize_result)


ACTIONS: dict[str, RecordActions] = {}


def actions_on(slug: str, rows: Callable, serialize: Callable, key: str = "code") -> RecordActions:
    """Declares records that have actions."""
    return ACTIONS.setdefault(slug, RecordActions(slug, rows, serialize, key))


def needs(right: str) -> Callable[..., Iterator[Refused]]:
    """Returns the refusals of an action that only needs a permission."""

    def refusals(record: Any, *, by: Any) -> Iterator[Refused]:
        if not may(by, right, record):
            yield Refused("not_allowed")

    return refusals


def refusals_of(action: Action, record: Any, by: Any) -> list[Refused]:
    """The refusals of an action. If the account lacks the permission, it sees only that one."""
    refusals = list(action.refusals(record, by=by))
    return next(([refusal] for refusal in refusals if refusal.code == "not_allowed"), refusals)


class RecordActionView(ApiView):
    """Looks up the record. A record that the account may not see is a 404."""

    records: RecordActions
    accepted = ("format",)
    parser_classes = [ExactJSON]

    def record(self, request: Request, code: str) -> Any:
        if not request.user.is_authenticated:
            raise NotAuthenticated
        try:
            return self.records.rows(request.user).get(**{self.records.key: code})
        except (models.ObjectDoesNotExist, ValueError, ValidationError) as error:  # the key may have another format
            raise Http404 from error

    def described(self, request: Request, action: Action, record: Any, code: str) -> dict[str, Any]:
        against = refusals_of(action, record, request.user)
        return {
            "verb": action.name,
            "label": str(action.label),
            "url": reverse(f"api-{self.records.slug}-{action.name}", [code], request=request),
            "fields": [{"name": name, "required": taken.required} for name, taken in action.fields.items()],
            "refusals": [_serialize_refusal(refusal) for refusal in against],
        }


def _serialize_refusal(refusal: Refused) -> dict[str, str]:
    reason, what_to_do = two_parts(str(refusal))
    return {"code": refusal.code, "reason": reason, "what_to_do": what_to_do}


class ActionView(RecordActionView):
    record_action: Action

    def get(self, request: Request, code: str) -> Response:
        """Describes the inputs of the action and the refusals that apply now."""
        return Response(self.described(request, self.record_action, self.record(request, code), code))

    def post(self, request: Request, code: str) -> Response:
        """Runs the action. `If-Match`, if sent, names the version that was read."""
        record = self.record(request, code)
        for refusal in refusals_of(self.record_action, record, request.user):
            if refusal.code == "not_allowed":
                raise refusal
        body: Any = request.data or {}
        values = self.record_action.inputs.read(body)
        files = self.record_action.files.keys() & values.keys()
        prints = {name: [sha256(file.content).hexdigest() for file in values[name]] for name in files}
        versions = versions_in(request) if "If-Match" in request.headers else []

        def act() -> Response:
            if versions:
                require_version(record, versions)
            done = self.record_action.act(record, by=request.user, **values)
            if self.record_action.serialize_result:
                return Response(self.record_action.serialize_result(done), 201)
            return Response(self.records.serialize(self._again(record)))

        return idempotent(request, [{**body, **prints}, versions], act)

    def _again(self, record: Any) -> Any:
        return type(record)._base_manager.get(pk=record.pk)


def require_version(record: Any, versions: list[str]) -> None:
    stored = type(record)._base_manager.select_for_update().get(pk=record.pk)
    if str(stored.version) not in versions and "*" not in versions:
        raise stale(stored)


class Creates:
    """Mixin for the list of records that are created by an action."""

    creates: Action
    records: RecordActions
    parser_classes = [ExactJSON]
    is_reading: bool

    def parameters(self) -> tuple[str, ...]:
        return super().parameters() if self.is_reading else ("format",)  # type: ignore[misc]

    def post(self, request: Request) -> Response:
        """Creates a record."""
        raise_first(refusals_of(self.creates, None, request.user))
        body = request.data or {}
        values = self.creates.inputs.read(body)

        def act() -> Response:
            result = self.records.serialize(self.creates.act(by=request.user, **values))
            url = reverse(f"api-{self.records.slug}", [result["code"]], request=request)
            return Response(result, 201, headers={"Location": url, "ETag": f'"{result["version"]}"'})

        return idempotent(request, body, act)


class ActionListView(RecordActionView):
    def get(self, request: Request, code: str) -> Response:
        """All actions of this record, each with its refusals."""
        record = self.record(request, code)
        return Response([self.described(request, action, record, code) for action in self.records.actions])


def action_urls() -> list:
    patterns = []
    for slug, records in ACTIONS.items():
        name = slug.title().replace("-", "")
        actions: Any = type(f"{name}Actions", (ActionListView,), {"records": records})
        describe_acts(actions, slug)
        patterns.append(path(f"{slug}/<str:code>/actions/", actions.as_view(), name=f"api-{slug}-actions"))
        for action in records.actions:
            own = {"records": records, "record_action": action, "parser_classes": action.parsers}
            view: Any = type(action.inputs.__name__, (ActionView,), own)
            describe_act(view, slug, action)
            address = f"{slug}/<str:code>/{action.name}/"
            patterns.append(path(address, view.as_view(), name=f"api-{slug}-{action.name}"))
    return patterns
