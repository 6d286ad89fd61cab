"""What can be done with a record beyond changing its fields: each act of the pages, as an address below the record's.

`GET` says what the act takes and what stands against it now; `POST` does it.
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
from registry.actions.evidence import File, insist_on_size, open_file
from registry.actions.records import stale
from registry.api.base import ApiView, unknown
from registry.api.idempotency import idempotent
from registry.api.parsers import ExactJSON, text_of
from registry.api.problems import Unusable, field_error, two_parts
from registry.api.write_schema import describe_act, describe_acts, taken
from registry.api.write_views import versions_in
from registry.text.refusals import Refused, raise_first
from registry.text.validators import Invalid, Reader, line

Text = str | Promise
SHORT = line(300)
# A text as JSON may hold it: a program need not put a number in quotes.
TEXT = {"oneOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}]}


@dataclass(frozen=True)
class Given:
    """A value that an act takes. `read` turns what was sent into it and raises Invalid; `is_map` takes an object of
    texts, `is_list` a list of them, `is_files` photos and documents; `rows` are the values of each of a list of
    objects. One that is left out is not handed on."""

    name: str
    read: Reader = SHORT
    required: bool = False
    is_map: bool = False
    is_list: bool = False
    is_files: bool = False
    rows: tuple["Given", ...] = ()

    def value(self, sent: Any) -> Any:
        if self.is_files:
            return [_file(each) for each in (sent if isinstance(sent, list) else [sent])]
        if self.rows:
            return self._rows(_of_type(sent, list))
        if self.is_map:
            return {self._text(name): self._text(each) for name, each in _of_type(sent, dict).items()}
        if self.is_list:
            return [self.read(self._text(each)) for each in _of_type(sent, list)]
        return self.read(self._text(sent))

    def _rows(self, sent: list) -> list[dict[str, Any]]:
        found, errors = [], []
        for number, each in enumerate(sent):
            try:
                found.append(values_in(self.rows, each))
            except Unusable as unusable:
                errors += [one | {"field": f"{self.name}[{number}].{one['field']}"} for one in unusable.errors]
        if errors:
            raise Unusable(errors)
        return found

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
            return {"type": "array", "items": taken(self.rows)}
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
    insist_on_size(sent.name or "", sent.size or 0)
    return open_file(sent.name or "", sent.read())


def day(text: str) -> date:
    """A whole day; today where nothing is said."""
    if not text.strip():
        return timezone.localdate()
    try:
        found = date.fromisoformat(text.strip()) if len(text.strip()) == 10 else None
    except ValueError:
        found = None
    if found is None or not 1900 <= found.year <= 2200:
        raise Invalid("not_a_day", text=text.strip()[:40])
    return found


def plain(text: str) -> str:
    """A text as it was sent, for what the act itself reads."""
    return text


def filled(read: Reader) -> Reader:
    """Of a value that may be left out, but not emptied."""

    def insist(text: str) -> Any:
        if not text.strip():
            raise Invalid("required")
        return read(text)

    return insist


@dataclass(frozen=True)
class Verb:
    """An act. `act(record, by=…, **values)` does it; `refusals(record, by=…)` is everything that stands against it
    whatever the values. Where it makes something, `made` tells of that."""

    name: str
    label: Text
    act: Callable[..., Any]
    refusals: Callable[..., Iterable[Refused]]
    takes: tuple[Given, ...] = ()
    made: Callable[[Any], dict[str, Any]] | None = None

    @property
    def parsers(self) -> list[type[BaseParser]]:
        """A form is sent where there are files, and nothing else where there must be some."""
        files = [take for take in self.takes if take.is_files]
        return [*([] if any(file.required for file in files) else [ExactJSON]), *([MultiPartParser] if files else [])]


@dataclass(frozen=True)
class Noun:
    """What acts are done with. `rows(user)` are the records the account may see, `key` the field they are named by;
    `told(record)` is what an answer says of one afterwards. `adds(by=…, **values)` makes one, at the list."""

    slug: str
    rows: Callable[[Any], models.QuerySet]
    told: Callable[[Any], dict[str, Any]]
    verbs: list[Verb]
    key: str = "code"
    adds: Verb | None = None


NOUNS: dict[str, Noun] = {}


def offer(noun: Noun) -> None:
    """Makes acts known. A noun that is known already is offered with further ones."""
    if noun.slug in NOUNS:
        NOUNS[noun.slug].verbs.extend(noun.verbs)
    else:
        NOUNS[noun.slug] = noun


def sent_in(request: Request, takes: tuple[Given, ...]) -> Any:
    """What was sent: JSON, or a form, whose fields hold one value each unless several are taken."""
    if not isinstance(request.data, MultiValueDict):
        return request.data or {}
    many = {take.name for take in takes if take.is_list or take.is_files}
    return {name: request.data.getlist(name) if name in many else request.data[name] for name in request.data}


def values_in(takes: tuple[Given, ...], body: Any) -> dict[str, Any]:
    """The values of a body. Raises Unusable with everything that cannot be taken."""
    if not isinstance(body, dict):
        said = _("An item is an object of fields and values. Send one.")
        raise Unusable([field_error("", said, "not_an_object")])
    known = {take.name: take for take in takes}
    errors, values = [], {}
    for name, sent in body.items():
        if name not in known:
            error = unknown(name, "", known, _("There is no field “%(name)s” here. %(hint)s"))
            errors.append(field_error(name, error.message, "unknown"))
            continue
        try:
            if sent is not None:
                values[name] = known[name].value(sent)
        except Invalid as invalid:
            errors.append(field_error(name, str(invalid), invalid.code))
        except Unusable as unusable:
            errors += unusable.errors
    missing = [name for name, each in known.items() if each.required and body.get(name) in (None, "", [], {})]
    errors += [field_error(name, str(Invalid("required")), "required") for name in missing]
    if errors:
        raise Unusable(errors)
    return values


def needs(right: str) -> Callable[..., Iterator[Refused]]:
    """What stands against an act that asks for a right and nothing else before its values are known."""

    def refusals(record: Any, *, by: Any) -> Iterator[Refused]:
        if not may(by, right, record):
            yield Refused("not_allowed")

    return refusals


def standing_against(verb: Verb, record: Any, by: Any) -> list[Refused]:
    """What stands against the act; of what an account may not do at all, it learns nothing more."""
    found = list(verb.refusals(record, by=by))
    return next(([each] for each in found if each.code == "not_allowed"), found)


class NounView(ApiView):
    """Finds the record; one that the account may not see is not there."""

    noun: Noun
    known = ("format",)
    parser_classes = [ExactJSON]

    def record(self, request: Request, code: str) -> Any:
        if not request.user.is_authenticated:
            raise NotAuthenticated
        try:
            return self.noun.rows(request.user).get(**{self.noun.key: code})
        except (models.ObjectDoesNotExist, ValueError, ValidationError) as error:  # a key may be none at all
            raise Http404 from error

    def described(self, request: Request, verb: Verb, record: Any, code: str) -> dict[str, Any]:
        against = standing_against(verb, record, request.user)
        return {
            "verb": verb.name,
            "label": str(verb.label),
            "url": reverse(f"api-{self.noun.slug}-{verb.name}", [code], request=request),
            "fields": [{"name": take.name, "required": take.required} for take in verb.takes],
            "refusals": [_told(refusal) for refusal in against],
        }


def _told(refusal: Refused) -> dict[str, str]:
    reason, what_to_do = two_parts(str(refusal))
    return {"code": refusal.code, "reason": reason, "what_to_do": what_to_do}


class VerbView(NounView):
    verb: Verb

    def get(self, request: Request, code: str) -> Response:
        """What the act takes, and what stands against it now."""
        return Response(self.described(request, self.verb, self.record(request, code), code))

    def post(self, request: Request, code: str) -> Response:
        """Does it. `If-Match`, where it is sent, names the version that was read."""
        record = self.record(request, code)
        for refusal in standing_against(self.verb, record, request.user):
            if refusal.code == "not_allowed":
                raise refusal
        body = sent_in(request, self.verb.takes)
        values = values_in(self.verb.takes, body)
        files = {take.name for take in self.verb.takes if take.is_files}
        prints = {name: [sha256(file.content).hexdigest() for file in values[name]] for name in files & values.keys()}
        versions = versions_in(request) if "If-Match" in request.headers else []

        def act() -> Response:
            if versions:
                insist_on_version(record, versions)
            done = self.verb.act(record, by=request.user, **values)
            if self.verb.made:
                return Response(self.verb.made(done), 201)
            return Response(self.noun.told(self._again(record)))

        return idempotent(request, [body | prints, versions], act)

    def _again(self, record: Any) -> Any:
        return type(record)._base_manager.get(pk=record.pk)


def insist_on_version(record: Any, versions: list[str]) -> None:
    stored = type(record)._base_manager.select_for_update().get(pk=record.pk)
    if str(stored.version) not in versions and "*" not in versions:
        raise stale(stored)


class Adds:
    """Mixed into the list of a noun whose records are made by an act of their own."""

    adds: Verb
    noun: Noun
    parser_classes = [ExactJSON]

    def parameters(self) -> tuple[str, ...]:
        return super().parameters() if self.is_reading else ("format",)  # type: ignore[misc]

    def post(self, request: Request) -> Response:
        """Makes one."""
        raise_first(standing_against(self.adds, None, request.user))
        body = request.data or {}
        values = values_in(self.adds.takes, body)

        def act() -> Response:
            told = self.noun.told(self.adds.act(by=request.user, **values))
            url = reverse(f"api-{self.noun.slug}", [told["code"]], request=request)
            return Response(told, 201, headers={"Location": url, "ETag": f'"{told["version"]}"'})

        return idempotent(request, body, act)


class ActionsView(NounView):
    def get(self, request: Request, code: str) -> Response:
        """All acts there are for this record, with what stands against each."""
        record = self.record(request, code)
        return Response([self.described(request, verb, record, code) for verb in self.noun.verbs])


def verb_addresses() -> list:
    found = []
    for slug, noun in NOUNS.items():
        name = slug.title().replace("-", "")
        actions = type(f"{name}Actions", (ActionsView,), {"noun": noun})
        describe_acts(actions, slug)
        found.append(path(f"{slug}/<str:code>/actions/", actions.as_view(), name=f"api-{slug}-actions"))
        for verb in noun.verbs:
            named = f"{name}{verb.name.title().replace('-', '')}"
            view = type(named, (VerbView,), {"noun": noun, "verb": verb, "parser_classes": verb.parsers})
            describe_act(view, slug, verb)
            address = f"{slug}/<str:code>/{verb.name}/"
            found.append(path(address, view.as_view(), name=f"api-{slug}-{verb.name}"))
    return found
