"""The crawl with hostile input: which requests are made, and what came of them.

An address is asked once plainly while every name that its view looks up is noted. Then each name, each part of the
path, each header and each value of JSON takes each hostile value in turn. No answer may be an error of the server.

`all_asks` are all of these requests, hundreds of thousands; `chosen` takes as many as there is time for, `sample_asks`
one or two of each address that hold one hostile value of each kind.
"""

import json
import random
import re
import traceback
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signals import got_request_exception
from django.db import transaction
from django.http import QueryDict
from django.http.cookie import SimpleCookie
from django.test import Client
from django.utils.datastructures import MultiValueDict
from rest_framework.parsers import MultiPartParser

from registry.api.docs import described
from tests.conftest import close_answer

from .hostile_values import ALONE, BODIES, DIGITS, FILES, HEADERS, KINDS, PATHS, RAW, VALUES
from .walk import Stage, addresses, cases, matrix, methods

ROOT = Path(__file__).resolve().parents[2]
INSIDE = ("public", "clerk", "head", "reviewer", "admin")
BEGINNINGS = ("/", "/points/", "/api/v1/points/", "/accounts/login/", "/admin/", "/desk/")  # each header alone
MATCH = (("If-Match", "*"),)
COMMON = ("q", "page", "all", "_facets", "_popup", "_changelist_filters")  # parameters of many pages
FIRST = ("area", "as_of", "year", "p", "e", "_to_field")  # refused before the rest is read
SLOW = "/api/v1/schema/"  # takes a second, and reads hardly anything
USUAL = {"str": "x", "slug": "points", "int": "1", "uuid": "00000000-0000-0000-0000-000000000007", "path": "x"}


@dataclass(frozen=True)
class Ask:
    """One request: as whom, how, where in it something hostile stands, and what."""

    role: str
    method: str
    address: str
    place: str = "plain"
    content: str = ""
    query: tuple[tuple[str, str], ...] = ()
    form: tuple[tuple[str, str], ...] | None = None
    body: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, str, bytes], ...] = ()

    def __str__(self) -> str:
        return f"{self.role} {self.method} {self.address[:120]} {self.place} {self.content[:80]!r}"


@dataclass
class Names:
    """What a view looked up: parameters and fields, and files."""

    fields: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)


@contextmanager
def noting_names() -> Iterator[Names]:
    """Notes every name that is looked up in a query, a form or the files of one."""
    names, originals = Names(), {}

    def noting(name: str) -> Any:
        original = originals[name] = getattr(MultiValueDict, name)

        def look_up(self: MultiValueDict, key: Any, *more: Any, **options: Any) -> Any:
            if isinstance(key, str):
                (names.fields if isinstance(self, QueryDict) else names.files).add(key)
            return original(self, key, *more, **options)

        return look_up

    looked_in = ("__getitem__", "get", "getlist", "__contains__")
    inherited = {name for name in looked_in if name not in vars(MultiValueDict)}
    for name in looked_in:
        setattr(MultiValueDict, name, noting(name))
    try:
        yield names
    finally:
        for name in looked_in:
            if name in inherited:
                delattr(MultiValueDict, name)
            else:
                setattr(MultiValueDict, name, originals[name])


class Crawl:
    """Makes requests and keeps what went wrong; whatever a request changed is undone."""

    def __init__(self, stage: Stage):
        self.stage, self.client = stage, Client(raise_request_exception=False)
        self.faults: dict[str, list[Ask]] = defaultdict(list)
        self.statuses: Counter[int] = Counter()
        self.raised = ""

    def __enter__(self) -> "Crawl":
        got_request_exception.connect(self._note)
        return self

    def __exit__(self, *error: Any) -> None:
        got_request_exception.disconnect(self._note)

    def _note(self, sender: Any, request: Any, **more: Any) -> None:
        self.raised = traceback.format_exc()

    def ask(self, ask: Ask) -> None:
        stored = self.stage.cookies[ask.role].items()
        self.client.cookies = SimpleCookie({name: morsel.value for name, morsel in stored})
        self.raised = ""
        with transaction.atomic():
            try:
                answer = self._send(ask)
                if answer.streaming:
                    for _piece in answer.streaming_content:
                        pass
                close_answer(answer)
                status = answer.status_code
            except Exception:
                status, self.raised = 500, traceback.format_exc()
            transaction.set_rollback(True)
        self.statuses[status] += 1
        if status >= 500:
            self.faults[where(self.raised)].append(ask)

    def _send(self, ask: Ask) -> Any:
        address = ask.address
        if ask.query:
            address += ("&" if "?" in address else "?") + encoded(ask.query)
        headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in ask.headers}
        kind = headers.pop("HTTP_CONTENT_TYPE", "") or "application/json"
        if ask.files:
            data = {name: NamedFile(file_name, content) for name, file_name, content in ask.files}
            return self.client.post(address, data, **headers)
        if ask.form and any("\ud800" <= sign <= "\udfff" for _name, value in ask.form for sign in value):
            body = encoded(ask.form).encode()  # the client writes no lone surrogates into parts
            return self.client.post(address, body, "application/x-www-form-urlencoded", **headers)
        if ask.form:
            return self.client.post(address, dict(ask.form), **headers)
        if ask.method == "GET":
            return self.client.get(address, **headers)
        return self.client.generic(ask.method, address, b"{}" if ask.body is None else ask.body, kind, **headers)

    def report(self) -> str:
        lines = [f"{self.statuses.total()} requests, {dict(self.statuses)}; errors in {len(self.faults)} places"]
        for place, asks in sorted(self.faults.items(), key=lambda item: -len(item[1])):
            lines.append(f"{len(asks):6} {place}")
            examples = {(ask.role, ask.method, ask.address.split("?")[0][:60]): ask for ask in asks}
            lines += [f"         {ask}" for ask in list(examples.values())[:4]]
        return "\n".join(lines)


class NamedFile(SimpleUploadedFile):
    """A file whose name goes out as it is."""

    def __init__(self, name: str, content: bytes):
        super().__init__("x", content)
        self._name = name  # past the setter, which would mend it


def quoted(value: str) -> str:
    return quote(value, safe="", errors="surrogatepass")


def encoded(pairs: Iterable[tuple[str, str]]) -> str:
    return "&".join(f"{quote(name)}={quoted(value)}" for name, value in pairs)


def where(text: str) -> str:
    """The kind of an exception and the last lines of ours it passed through."""
    frames = re.findall(rf'File "{ROOT}/(?!tests/|\.venv/)([^"]+)", line (\d+)', text)
    places = [f"{file}:{number}" for file, number in frames]
    last_line = (text.strip().splitlines() or ["no exception"])[-1]
    kind = re.sub(r"['\"].*", "", last_line)[:120]
    return f"{' < '.join(reversed(places[-2:]))} {kind}"


# Which requests are made


@cache
def table() -> dict[str, dict[str, str]]:
    return matrix()


def open_to(name: str, kind: str, method: str) -> list[str]:
    """Who is asked as: the public where it is let in, and the first of the staff who is."""
    cells = table().get(f"{name} | {kind} | {method}") or dict.fromkeys(INSIDE, "200")
    let_in = [role for role in INSIDE if cells[role].rstrip("+") not in ("401", "403", "404", "405", "302")]
    staff = [role for role in let_in if role != "public"]
    return [*(["public"] if "public" in let_in else []), *staff[:1]] or ["public"]


def plain_asks(stage: Stage, name: str) -> Iterator[Ask]:
    """An address asked as it should be, by each method for the object that most are let in to."""
    targets = cases(stage, name)
    for method in methods(name) if targets else ():
        kind, address = max(targets, key=lambda case: (len(open_to(name, case[0], method)), case[0] == "own"))
        for role in open_to(name, kind, method):
            yield Ask(role, method, address)


def paths(name: str, values_of: Any) -> Iterator[tuple[str, str]]:
    """(what is hostile, path): each part of the path in turn, the others as usual. `values_of` a converter are the
    values of a part."""
    _pattern, route = addresses()[name]
    parts = re.split(r"<(?:(\w+):)?\w+>", route)  # text, converter, text, converter …
    for at in range(1, len(parts), 2):
        for value in values_of(parts[at] or "str"):
            made = [USUAL[part or "str"] if number % 2 else part for number, part in enumerate(parts)]
            made[at] = quoted(value)
            yield value, "/" + "".join(map(str, made)).lstrip("/")


def asks_with_paths(name: str) -> Iterator[Ask]:
    values = {"str": PATHS, "path": PATHS, "int": DIGITS, "slug": ["_" * 300, "-", "0" * 400], "uuid": []}
    for value, path in paths(name, values.__getitem__):
        for method in methods(name):
            for role in ("public", "clerk", "admin"):
                yield Ask(role, method, path, "path", value[:20])


def takes_form(ask: Ask, name: str) -> bool:
    parsers = getattr(getattr(addresses()[name][0].callback, "cls", None), "parser_classes", [])
    return ask.method == "POST" and ("/api/" not in ask.address or MultiPartParser in parsers)


def names_of(crawl: Crawl, ask: Ask, name: str) -> Names:
    """What the view looks up when it is asked, and what the description of the API says that it takes."""
    with noting_names() as names:
        crawl.ask(ask)
    parameters, fields = described_names().get((bare(name), ask.method), ([], []))
    names.fields |= {*parameters, *fields}
    names.fields.discard("csrfmiddlewaretoken")
    return names


def asks_with_names(ask: Ask, names: Names, with_form: bool) -> Iterator[Ask]:
    """Each parameter in turn, each field in turn and all fields at once; and files."""
    target = ask.role, ask.method, ask.address
    fields = sorted(names.fields)
    for value in VALUES:
        for name in fields:
            yield Ask(*target, "query", f"{name}={value[:20]}", query=((name, value),))
        for chosen in [*([name] for name in fields), fields] if with_form else ():
            form = tuple((name, value) for name in chosen)
            yield Ask(*target, "form", f"{','.join(chosen)[:30]}={value[:20]}", form=form)
    for name in sorted(names.files) if with_form else ():
        for file_name, content in FILES:
            yield Ask(*target, "file", f"{name}={file_name[:20]}", files=((name, file_name, content),))


def asks_with_json(ask: Ask, fields: list[str]) -> Iterator[Ask]:
    """Each field of a body in turn, all at once, one object and a list of them."""
    target = ask.role, ask.method, ask.address
    for body in BODIES:
        yield Ask(*target, "body", repr(body[:20]), body=body, headers=MATCH)
    for raw in RAW:
        for chosen in [*([name] for name in fields), fields]:
            body = "{" + ", ".join(f"{json.dumps(name)}: {raw}" for name in chosen) + "}"
            for text in (body, f"[{body}]") if chosen is fields else (body,):
                label = f"{','.join(chosen)[:30]}={raw[:20]}"
                yield Ask(*target, "json", label, body=text.encode(), headers=MATCH)


def asks_with_headers(ask: Ask) -> Iterator[Ask]:
    """Each header alone where pages begin, many of them at once everywhere."""
    target = ask.role, ask.method, ask.address
    for header, values in HEADERS.items() if ask.address in BEGINNINGS else ():
        for value in values:
            yield Ask(*target, "header", f"{header}: {value[:20]!r}", headers=((header, value),))
    for number in range(max(map(len, HEADERS.values()))):
        headers = tuple((name, values[number % len(values)]) for name, values in HEADERS.items() if name not in ALONE)
        yield Ask(*target, "headers", str(number), headers=headers)


def bare(name: str) -> str:
    """The route as the description of the API writes it, without converters."""
    return re.sub(r"<\w+:", "<", addresses()[name][1])


@cache
def described_names() -> dict[tuple[str, str], tuple[list[str], list[str]]]:
    """The parameters and the fields of the body, by route and method, as the description of the API has them."""
    schema, names = described("en"), {}

    def names_in(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            if "$ref" in part:
                yield from names_in(schema["components"]["schemas"][part["$ref"].rpartition("/")[2]])
            yield from part.get("properties", {})
            for nested in [
                part.get("items"),
                *(schema_part for key in ("oneOf", "anyOf", "allOf") for schema_part in part.get(key, [])),
            ]:
                yield from names_in(nested)

    for path, operations in schema["paths"].items():
        route = path.lstrip("/").replace("{", "<").replace("}", ">")
        for method, operation in operations.items():
            parameters = [
                parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "query"
            ]
            content = operation.get("requestBody", {}).get("content", {}).values()
            fields = dict.fromkeys(name for media in content for name in names_in(media.get("schema")))
            names[route, method.upper()] = (parameters, [*dict.fromkeys([*fields, "code", "version"])])
    return names


def all_asks(crawl: Crawl, name: str) -> Iterator[Ask]:
    """Everything that is asked at an address."""
    yield from asks_with_paths(name)
    for ask in plain_asks(crawl.stage, name):
        yield from asks_with_names(ask, names_of(crawl, ask, name), takes_form(ask, name))
        if "/api/" in ask.address and ask.method != "GET":
            yield from asks_with_json(ask, described_names().get((bare(name), ask.method), ([], ["code"]))[1])
        yield from asks_with_headers(ask)


def chosen(asks: Iterable[Ask], most: int, seed: int) -> list[Ask]:
    """Up to about `most` of the requests to each method of an address, as many of each place."""
    places = defaultdict(list)
    for ask in asks:
        places[ask.method, ask.place].append(ask)
    share = max(1, most // max(Counter(method for method, _place in places).values(), default=1))
    chance = random.Random(seed)
    return [ask for asks in places.values() for ask in chance.sample(asks, min(share, len(asks)))]


def sample_asks(crawl: Crawl, name: str) -> Iterator[Ask]:
    """Few requests that hold one value of each kind: in the path; in headers, while the names are noted; then in the
    parameters and in the form or the body. What would be refused before the rest is read stands alone."""
    kinds, turn = [*KINDS.values()], len(name)
    signs = [kinds[0], kinds[1 + turn % 4]]
    for value, path in paths(name, lambda converter: signs if converter in ("str", "path") else ()):
        yield Ask("admin", "GET", path, "path", value)
    latin = [value for value in kinds if value.isascii()] + ["\xed\xa0\x80"]
    headers = tuple(zip(sorted(HEADERS.keys() - ALONE - {"X-CSRFToken"}), cycle(latin), strict=False))
    for ask in {plain.method: plain for plain in plain_asks(crawl.stage, name)}.values():
        query = () if "/api/" in ask.address or ask.method != "GET" else without_nul(COMMON)
        first = replace(ask, place="headers", content="of each kind", headers=headers, query=query)
        fields = sorted(names_of(crawl, first, name).fields) or ["x"]
        if ask.method == "GET":
            yield from parameters_of_each_kind(ask, fields, turn)
        elif takes_form(ask, name):
            yield replace(ask, place="form", content="of each kind", form=of_each_kind([*fields, *"abcde"]))
        else:
            body = json.dumps(dict(of_each_kind([*fields, *"abcde"])))
            for number in (KINDS["huge number"], KINDS["tiny number"]):
                body = body.replace(f'"{number}"', number)
            yield replace(ask, place="json", content="of each kind", body=body.encode(), headers=MATCH)


def of_each_kind(names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    return tuple(zip(names, cycle(KINDS.values()), strict=False))


def without_nul(names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Of a query with a NUL nothing else is read."""
    return tuple(zip(names, cycle([value for value in KINDS.values() if "\x00" not in value]), strict=False))


def parameters_of_each_kind(ask: Ask, fields: list[str], turn: int) -> Iterator[Ask]:
    """Each kind for one parameter; and all the other parameters at once, if not all of them were asked with already. An
    API refuses at the first parameter, and so does a page at those that say which area and day are meant."""
    for number, value in enumerate(KINDS.values()):
        parameter = fields[(turn + number) % len(fields)]
        if ("/api/" in ask.address and ask.address != SLOW) or number == turn % 5 or "\x00" in value:
            yield replace(ask, place="query", content=f"{parameter}={value}", query=((parameter, value),))
    others = [name for name in fields if name not in (*COMMON, *FIRST)]
    if others and "/api/" not in ask.address:
        yield replace(ask, place="query", content="of each kind", query=without_nul([*others, *"abcde"]))
