"""Public pages from memory: the answer to an address is made once for each generation of the data."""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.middleware.gzip import re_accepts_gzip
from django.utils.http import parse_etags

from registry.api.problems import is_api
from registry.memory import ByteCache
from registry.models import forget_district, holds_illustrative
from registry.models.generation import current_generation

Key = tuple[str, ...]
FOR_ONE_PERSON = ("HTTP_AUTHORIZATION", "HTTP_HX_REQUEST")  # part of a page, too, is asked for by htmx
REVALIDATED = "no-cache"  # a cache in between may keep it, and asks each time whether it is still right
VARY = "Accept-Encoding, Accept-Language, Cookie"
OVERHEAD = 1500  # bytes of an answer beside its content: key, headers, objects


@dataclass(frozen=True)
class Page:
    content: bytes
    headers: dict[str, str]


class Pages:
    """The answers of one generation; `most` is in bytes."""

    def __init__(self, most: int) -> None:
        self.generation = ""
        self.answers: ByteCache[Page] = ByteCache(most)
        self.lock = threading.Lock()

    def get(self, generation: str, key: Key) -> Page | None:
        with self.lock:
            return self.answers.get(key) if generation == self.generation else None

    def add(self, generation: str, key: Key, page: Page) -> None:
        with self.lock:
            if generation != self.generation:
                self.answers.clear()
                self.generation = generation
            self.answers.add(key, page, len(page.content) + OVERHEAD)


class PageCache:
    """Answers a public page from memory, or with 304 where the browser has it, while neither data nor day have changed.
    Never for who has a session or a message, and never an answer that sets a cookie or is for one person.

    Its ETag is made from the address, the day, the generation and the release, so that 304 needs no page at all."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.pages = Pages(settings.PAGE_CACHE_MB << 20)
        self.generation = ""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not (self.pages.answers.most and is_for_everybody(request)):
            return self.get_response(request)
        key = key_of(request)
        generation = current_generation()
        if generation is None:
            return self.get_response(request)
        if generation != self.generation:
            forget_district()  # before anybody else takes this generation for read
            self.generation = generation
        etag = etag_of(generation, key)
        if etag in parse_etags(request.META.get("HTTP_IF_NONE_MATCH", "")):
            return HttpResponseNotModified(headers={"ETag": etag, "Cache-Control": REVALIDATED, "Vary": VARY})
        page = self.pages.get(generation, key)
        if page is not None:
            return HttpResponse(page.content, headers=page.headers)
        return self._make(request, generation, key, etag)

    def _make(self, request: HttpRequest, generation: str, key: Key, etag: str) -> HttpResponseBase:
        response = self.get_response(request)
        if not (isinstance(response, HttpResponse) and may_be_kept(response)):
            return response
        response["Cache-Control"] = REVALIDATED
        if current_generation() == generation:  # else it may hold something of both, or was itself a writing
            response["ETag"] = etag
            self.pages.add(generation, key, Page(response.content, dict(response.items())))
        return response


def is_for_everybody(request: HttpRequest) -> bool:
    """Whether the answer depends on nobody who asks."""
    return (
        request.method in {"GET", "HEAD"}
        and not any(name in request.META for name in FOR_ONE_PERSON)
        and settings.SESSION_COOKIE_NAME not in request.COOKIES
        and "messages" not in request.COOKIES
        and not is_api(request)
    )


def may_be_kept(response: HttpResponse) -> bool:
    """An answer with nothing of one person in it, whose view says nothing of caches itself. A page with a form sets
    the cookie of its token."""
    return response.status_code == 200 and not response.cookies and "Cache-Control" not in response.headers


def key_of(request: HttpRequest) -> Key:
    """What an answer depends on beside the data: the address, with its host, scheme and prefix, which holds scope and
    language; today; the encoding; and the note on illustrative rows, which a process looks for once in some seconds.
    Raises DisallowedHost."""
    is_packed = bool(re_accepts_gzip.search(request.META.get("HTTP_ACCEPT_ENCODING", "")))
    return (
        request.scheme or "", request.get_host(), request.path, request.META.get("QUERY_STRING", ""),
        date.today().isoformat(), "gzip" if is_packed else "", "noted" if holds_illustrative() else "",
    )  # fmt: skip


def etag_of(generation: str, key: Key) -> str:
    content = "\0".join((release(), generation, *key)).encode("utf-8", "surrogatepass")
    return f'W/"{hashlib.blake2b(content, digest_size=16, key=settings.SECRET_KEY.encode()[:64]).hexdigest()}"'


@cache
def release() -> str:
    """Changes with the code, the templates, the words and the settings: a page of another release is another page."""
    content = hashlib.blake2b(digest_size=16)
    folders = (settings.BASE_DIR / name for name in ("assessment", "fengnan", "registry", "templates", "locale"))
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in {".py", ".html", ".mo"})
    for path in [*files, Path(settings.STATIC_ROOT) / "staticfiles.json"]:
        if path.exists():
            content.update(f"{path}\0{path.stat().st_mtime_ns}\0{path.stat().st_size}\0".encode())
    plain = (bool, int, str, list, tuple, dict, type(None))
    shown = {name: getattr(settings, name) for name in dir(settings) if name.isupper()}
    content.update(repr(sorted((name, value) for name, value in shown.items() if isinstance(value, plain))).encode())
    return content.hexdigest()
