"""Actions on a record beyond changing its fields, each at its own address below the record.

`GET` describes the inputs of the action and the refusals that apply now; `POST` runs it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import models
from django.http import Http404
from django.urls import path
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotAuthenticated
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from registry.access.permissions import may
from registry.actions.evidence import File, check_size, open_file
from registry.actions.records import stale
from registry.api.base import ApiView, unknown_name
from registry.api.idempotency import idempotent
from registry.api.parsers import ExactJSON, text_of
from registry.api.problems import Unusable, field_error, two_parts
from registry.api.write_schema import describe_act, describe_acts, inputs_schema
from registry.api.write_views import versions_in
from registry.text.refusals import Refused, raise_first
from registry.text.validators import Invalid, Reader, line

Text = str | Promise
SHORT = line(300)
# A text in JSON. A client may send a number without quotes.
TEXT = {"oneOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}]}


@dataclass(frozen=True)
class Input:
    """An input of an action. `read` parses the text that was sent and raises Invalid. `is_map` takes an object of
    texts, `is_list` a list of texts, `is_files` photos and documents; `rows` are the fields of each object in a list.
    An input that is left out is not passed to the action."""

    name: str
    read: Reader = SHORT
    required: bool = False
    is_map: bool = False
    is_list: bool = False
    is_files: bool = False
    rows: tuple["Input", ...] = ()

    def value(self, sent: Any) -> Any:
        if self.is_files:
            return [_file(item) for item in (sent if isinstance(sent, list) else [sent])]
        if self.rows:
            return self._rows(_of_type(sent, list))
        if self.is_map:
            return {self._text(name): self._text(item) for name, item in _of_type(sent, dict).items()}
        if self.is_list:
            return [self.read(self._text(item)) for item in _of_type(sent, list)]
        return self.read(self._text(sent))

    def _rows(self, sent: list) -> list[dict[str, Any]]:
        results, errors = [], []
        for number, item in enumerate(sent):
            try:
                results.append(read_values(self.rows, item))
            except Unusable as unusable:
                errors += [error | {"field": f"{self.name}[{number}].{error['field']}"} for error in unusable.errors]
        if errors:
            raise Unusable(errors)
        return results

    def _text(self, sent: Any) -> str:
        text = None if isinstance(sent, list | dict) else text_of(sent)
        if text is None:
            raise Invalid("control")
        return text

    @property
    def schema(self) -> dict[str, Any]:
        if self.is_map:
            return {"type": "object", "additionalProperties": TEXT}
        if self.rows:
            return {"type": "array", "items": inputs_schema(self.rows)}
        if self.is_files:
            return {"type": "array", "items": {"type": "string", "format": "binary"}}
        if self.is_list:
            return {"type": "array", "items": TEXT}
        return TEXT if self.required else TEXT | {"nullable": True}  # null is the same as left out


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


def plain(text: str) -> str:
    """Returns the text unchanged, for inputs that the action parses itself."""
    return text


def filled(read: Reader) -> Reader:
    """Wraps a reader: the value may be left out, but it may not be empty."""

    def read_filled(text: str) -> Any:
        if not text.strip():
            raise Invalid("required")
        return read(text)

    return read_filled


@dataclass(frozen=True)
class Action:
    """An action. `act(record, by=…, **values)` runs it. `refusals(record, by=…)` yields what is against it whatever the
    values. If it creates something, `serialize_result` describes the new record."""

    name: str
    label: Text
    act: Callable[..., Any]
    refusals: Callable[..., Iterable[Refused]]
    takes: tuple[Input, ...] = ()
    serialize_result: Callable[[Any], dict[str, Any]] | None = None

    @property
    def parsers(self) -> list[type[BaseParser]]:
        """The parsers of the action: a form only where it takes files, and no JSON where it requires some."""
        files = [take for take in self.takes if take.is_files]
        return [*([] if any(file.required for file in files) else [ExactJSON]), *([MultiPartParser] if files else [])]


@dataclass(frozen=True)
class ActionTarget:
    """The records that actions apply to. `rows(user)` are the records the account may see, `key` is the field that
    identifies one, `serialize(record)` is the answer after an action. `adds(by=…, **values)` creates a record, at the
    list."""

    slug: str
    rows: Callable[[Any], models.QuerySet]
    serialize: Callable[[Any], dict[str, Any]]
    actions: list[Action]
    key: str = "code"
    adds: Action | None = None


ACTION_TARGETS: dict[str, ActionTarget] = {}


def offer(target: ActionTarget) -> None:
    """Registers a target with its actions. If it is registered already, its actions are added."""
    if target.slug in ACTION_TARGETS:
        ACTION_TARGETS[target.slug].actions.extend(target.actions)
    else:
        ACTION_TARGETS[target.slug] = target


def read_body(request: Request, takes: tuple[Input, ...]) -> Any:
    """The body: JSON, or a form whose fields hold one value each, except lists and files."""
    if not isinstance(request.data, MultiValueDict):
        return request.data or {}
    many = {take.name for take in takes if take.is_list or take.is_files}
    return {name: request.data.getlist(name) if name in many else request.data[name] for name in request.data}


def read_values(takes: tuple[Input, ...], body: Any) -> dict[str, Any]:
    """Reads the values of a body. Raises Unusable with all errors."""
    if not isinstance(body, dict):
        message = _("An item is an object of fields and values. Send one.")
        raise Unusable([field_error("", message, "not_an_object")])
    fields = {take.name: take for take in takes}
    errors, values = [], {}
    for name, sent in body.items():
        if name not in fields:
            error = unknown_name(name, "", fields, _("There is no field “%(name)s” here. %(hint)s"))
            errors.append(field_error(name, error.message, "unknown"))
            continue
        try:
            if sent is not None:
                values[name] = fields[name].value(sent)
        except Invalid as invalid:
            errors.append(field_error(name, str(invalid), invalid.code))
        except Unusable as unusable:
            errors += unusable.errors
    missing = [name for name, field in fields.items() if field.required and body.get(name) in (None, "", [], {})]
    errors += [field_error(name, str(Invalid("required")), "required") for name in missing]
    if errors:
        raise Unusable(errors)
    return values


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


class TargetView(ApiView):
    """Looks up the record. A record that the account may not see is a 404."""

    target: ActionTarget
    accepted = ("format",)
    parser_classes = [ExactJSON]

    def record(self, request: Request, code: str) -> Any:
        if not request.user.is_authenticated:
            raise NotAuthenticated
        try:
            return self.target.rows(request.user).get(**{self.target.key: code})
        except (models.ObjectDoesNotExist, ValueError, ValidationError) as error:  # the key may have another format
            raise Http404 from error

    def described(self, request: Request, action: Action, record: Any, code: str) -> dict[str, Any]:
        against = refusals_of(action, record, request.user)
        return {
            "verb": action.name,
            "label": str(action.label),
            "url": reverse(f"api-{self.target.slug}-{action.name}", [code], request=request),
            "fields": [{"name": take.name, "required": take.required} for take in action.takes],
            "refusals": [_serialize_refusal(refusal) for refusal in against],
        }


def _serialize_refusal(refusal: Refused) -> dict[str, str]:
    reason, what_to_do = two_parts(str(refusal))
    return {"code": refusal.code, "reason": reason, "what_to_do": what_to_do}


class ActionView(TargetView):
    record_action: Action  # DRF reads `action` of a view as the name of a method

    def get(self, request: Request, code: str) -> Response:
        """Describes the inputs of the action and the refusals that apply now."""
        return Response(self.described(request, self.record_action, self.record(request, code), code))

    def post(self, request: Request, code: str) -> Response:
        """Runs the action. `If-Match`, if sent, names the version that was read."""
        record = self.record(request, code)
        for refusal in refusals_of(self.record_action, record, request.user):
            if refusal.code == "not_allowed":
                raise refusal
        body = read_body(request, self.record_action.takes)
        values = read_values(self.record_action.takes, body)
        files = {take.name for take in self.record_action.takes if take.is_files}
        prints = {name: [sha256(file.content).hexdigest() for file in values[name]] for name in files & values.keys()}
        versions = versions_in(request) if "If-Match" in request.headers else []

        def act() -> Response:
            if versions:
                require_version(record, versions)
            done = self.record_action.act(record, by=request.user, **values)
            if self.record_action.serialize_result:
                return Response(self.record_action.serialize_result(done), 201)
            return Response(self.target.serialize(self._again(record)))

        return idempotent(request, [body | prints, versions], act)

    def _again(self, record: Any) -> Any:
        return type(record)._base_manager.get(pk=record.pk)


def require_version(record: Any, versions: list[str]) -> None:
    stored = type(record)._base_manager.select_for_update().get(pk=record.pk)
    if str(stored.version) not in versions and "*" not in versions:
        raise stale(stored)


class Adds:
    """Mixin for the list of a target whose records are created by an action."""

    adds: Action
    target: ActionTarget
    parser_classes = [ExactJSON]

    def parameters(self) -> tuple[str, ...]:
        return super().parameters() if self.is_reading else ("format",)  # type: ignore[misc]

    def post(self, request: Request) -> Response:
        """Creates a record."""
        raise_first(refusals_of(self.adds, None, request.user))
        body = request.data or {}
        values = read_values(self.adds.takes, body)

        def act() -> Response:
            result = self.target.serialize(self.adds.act(by=request.user, **values))
            url = reverse(f"api-{self.target.slug}", [result["code"]], request=request)
            return Response(result, 201, headers={"Location": url, "ETag": f'"{result["version"]}"'})

        return idempotent(request, body, act)


class ActionsView(TargetView):
    def get(self, request: Request, code: str) -> Response:
        """All actions of this record, each with its refusals."""
        record = self.record(request, code)
        return Response([self.described(request, action, record, code) for action in self.target.actions])


def action_urls() -> list:
    patterns = []
    for slug, target in ACTION_TARGETS.items():
        name = slug.title().replace("-", "")
        listing = type(f"{name}Actions", (ActionsView,), {"target": target})
        describe_acts(listing, slug)
        patterns.append(path(f"{slug}/<str:code>/actions/", listing.as_view(), name=f"api-{slug}-actions"))
        for action in target.actions:
            named = f"{name}{action.name.title().replace('-', '')}"
            view = type(
                named, (ActionView,), {"target": target, "record_action": action, "parser_classes": action.parsers}
            )
            describe_act(view, slug, action)
            address = f"{slug}/<str:code>/{action.name}/"
            patterns.append(path(address, view.as_view(), name=f"api-{slug}-{action.name}"))
    return patterns
