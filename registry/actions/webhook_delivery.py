"""Calling web hooks: signed, to allowed addresses alone, never inside a transaction, tried again later and later.

Hooks have a process or a thread of their own: however slow a receiver is, no job waits for it.
"""

import base64
import hashlib
import hmac
import json
import logging
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import ip_address
from typing import Any

from django.db import close_old_connections, connections, transaction
from django.utils import timezone

from registry.actions.webhooks import collect, host_of, parts_of
from registry.models import Delivery, DeliveryState, HookHost
from registry.text.refusals import Refused

logger = logging.getLogger(__name__)

PATIENCE = 5  # seconds for a connection, and for each piece of an answer
DEADLINE = 10  # seconds for a whole call, however many pieces the answer comes in
BETWEEN_CALLS = 5  # seconds from one look for calls that are due to the next
LEASE = timedelta(minutes=2)  # a call that is being made is nobody else's meanwhile
MOST_READ = 1000  # bytes of an answer
WAITS = [timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30)]
WAITS += [timedelta(hours=hours) for hours in (2, 6, 12, 24)]
SPELL = 20  # seconds of calling before new events are looked for
FAILURES = (OSError, HTTPException, Refused, UnicodeError)


def call_hooks(stop: threading.Event) -> None:
    """Calls the hooks every few seconds until `stop`. What goes wrong is logged and tried again."""
    try:
        while not stop.is_set():
            close_old_connections()
            try:
                send_hooks()
            except Exception:
                logger.exception("hooks were not called")
            stop.wait(BETWEEN_CALLS)
    finally:
        connections.close_all()


def send_hooks() -> int:
    """Makes calls ready and makes those that are due, for a while. Returns how many were made."""
    collect()
    made, until = 0, time.monotonic() + SPELL
    while time.monotonic() < until and (delivery := _claim()):
        _send(delivery)
        made += 1
    return made


def _claim() -> Delivery | None:
    """Takes the oldest call that is due; None if there is none, or another worker was quicker."""
    now = timezone.now()
    found = Delivery.objects.due(now).order_by("next_try_at").select_related("hook").first()
    if found is None:
        return None
    mine = Delivery.objects.filter(pk=found.pk, state=DeliveryState.WAITING, next_try_at=found.next_try_at)
    return found if mine.update(next_try_at=now + LEASE) else None


def _send(delivery: Delivery) -> None:
    try:
        status, answer = call(delivery)
    except FAILURES as failure:
        status, answer = 0, str(failure) if isinstance(failure, Refused) else type(failure).__name__
    _note(delivery, status, answer)


@transaction.atomic
def _note(delivery: Delivery, status: int, answer: str) -> None:
    """What came of a call. After the last try in vain the hook is switched off, until somebody looks at it."""
    now = timezone.now()
    delivery.attempts += 1
    delivery.status, delivery.answered_at = status, now
    delivery.answer = "".join(sign if sign.isprintable() else " " for sign in answer)[:300]
    if 200 <= status < 300:
        delivery.state = DeliveryState.DELIVERED
    elif delivery.attempts > len(WAITS):
        delivery.state = DeliveryState.GIVEN_UP
        delivery.hook.is_on = False
        delivery.hook.save(update_fields=["is_on"])
    else:
        delivery.next_try_at = now + WAITS[delivery.attempts - 1]
    delivery.save()


def body_of(delivery: Delivery) -> bytes:
    said = {"delivery": str(delivery.key), "hook": delivery.hook.name, "changes": delivery.changes}
    return json.dumps(said, ensure_ascii=False).encode()


def signature(key: bytes, delivery: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 over id, time and body (Standard Webhooks)."""
    signed = b".".join((delivery.encode(), timestamp.encode(), body))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def call(delivery: Delivery) -> tuple[int, str]:
    """The status and the beginning of the answer. Raises Refused for an address that may not be called."""
    hook, body, now = delivery.hook, body_of(delivery), str(int(time.time()))
    allowed = host_of(hook.address)
    parts = parts_of(hook.address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    make: Any = PinnedHTTPS if parts.scheme == "https" else Pinned
    connection = make(parts.hostname, port, timeout=PATIENCE)
    connection.pinned = address_to_call(allowed, port)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "fengnan-registry",
        "webhook-id": str(delivery.key),
        "webhook-timestamp": now,
        "webhook-signature": signature(hook.key, str(delivery.key), now, body),
    }
    with connection.in_time():
        connection.request("POST", f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}", body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(MOST_READ).decode("utf-8", "replace")


def address_to_call(allowed: HookHost, port: int) -> str:
    """The address the host has now, which is then called itself: the name is not asked about a second time. Raises
    Refused where the name leads into our own network and nobody said it may."""
    found = {str(entry[4][0]) for entry in socket.getaddrinfo(allowed.host, port, type=socket.SOCK_STREAM)}
    for text in found:
        address = ip_address(text.partition("%")[0])
        address = getattr(address, "ipv4_mapped", None) or address
        never = address.is_link_local or address.is_multicast or address.is_unspecified
        if never or not (address.is_global or allowed.is_private):
            raise Refused("hook_inside", host=allowed.host, address=text)
    return sorted(found)[0]


class Pinned(HTTPConnection):
    """A connection to an address that was looked at, whatever the name leads to by now. It is cut off after DEADLINE:
    the timeout of a socket begins anew with each byte that comes."""

    pinned = ""
    is_cut = False

    def connect(self) -> None:
        self.sock = socket.create_connection((self.pinned, self.port), self.timeout)
        self.line = self.sock.dup()  # to cut the connection whoever reads from it
        self.timer = threading.Timer(DEADLINE, self._cut)
        self.timer.start()

    def _cut(self) -> None:
        self.is_cut = True
        with suppress(OSError):
            self.line.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def in_time(self) -> Iterator[None]:
        """Around a call: closes the connection, and raises TimeoutError if it was cut off."""
        try:
            yield
        except FAILURES:
            if not self.is_cut:
                raise
        finally:
            self.close()
            if hasattr(self, "timer"):
                self.timer.cancel()
                self.line.close()
        if self.is_cut:
            raise TimeoutError


class PinnedHTTPS(Pinned, HTTPSConnection):
    def connect(self) -> None:
        context = ssl.create_default_context()
        super().connect()
        self.sock = context.wrap_socket(self.sock, server_hostname=self.host)
