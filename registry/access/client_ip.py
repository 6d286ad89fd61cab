"""The origin of a request: client IP and request id, available to every action of the request."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import ip_address
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse

HEADER = "X-Request-ID"
SOUND = re.compile(r"[A-Za-z0-9._:+/=-]{1,64}")


@dataclass(frozen=True)
class Caller:
    """The origin of an action, apart from the account; empty outside a request."""

    address: str = ""
    request_id: str = ""


NOBODY = Caller()
_caller: ContextVar[Caller] = ContextVar("caller", default=NOBODY)


def caller() -> Caller:
    return _caller.get()


@contextmanager
def called_by(caller: Caller) -> Iterator[None]:
    """Sets the caller for all events logged inside the block."""
    token = _caller.set(caller)
    try:
        yield
    finally:
        _caller.reset(token)


class CallerMiddleware:
    """Gives each request an id, taken from the proxy if valid, and returns it in the answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        sent_id = request.headers.get(HEADER, "")
        request_id = sent_id if SOUND.fullmatch(sent_id) else uuid4().hex
        # the log asks the request itself: Django logs some answers after all middleware
        request.caller = Caller(client_ip(request)[:45], request_id)  # type: ignore[attr-defined]
        with called_by(request.caller):  # type: ignore[attr-defined]
            response = self.get_response(request)
        response[HEADER] = request_id
        return response


def client_ip(request: HttpRequest) -> str:
    """The client IP of a request: the address seen by the outermost own proxy, not the one the sender claims."""
    peer = request.META.get("REMOTE_ADDR", "")
    claimed = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    if settings.PROXIES and len(claimed) >= settings.PROXIES:
        peer = claimed[-settings.PROXIES]
    try:
        return str(ip_address(peer))
    except ValueError:
        return request.META.get("REMOTE_ADDR") or "0.0.0.0"
