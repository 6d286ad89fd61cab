"""Delivers webhook calls: signed, only to allowed hosts, never inside a transaction, with retries at growing intervals.

Webhooks have their own process or thread: a slow receiver delays no job.
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

PATIENCE = 5  # seconds for a connection, and for each part of an answer
DEADLINE = 10  # seconds for a whole call
BETWEEN_CALLS = 5  # seconds between two checks for due calls
LEASE = timedelta(minutes=2)  # no other worker makes a call during its lease
MOST_READ = 1000  # bytes of an answer
WAITS = [timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30)]
WAITS += [timedelta(hours=hours) for hours in (2, 6, 12, 24)]
SPELL = 20  # seconds of calling before new events are collected
FAILURES = (OSError, HTTPException, Refused, UnicodeError)


def call_hooks(stop: threading.Event) -> None:
    """Delivers calls every few seconds until `stop`. Errors are logged, and the call is repeated."""
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
    """Collects calls and delivers the due ones, for a limited time. Returns the number of calls."""
    collect()
    count, until = 0, time.monotonic() + SPELL
    while time.monotonic() < until and (delivery := _claim()):
        _send(delivery)
        count += 1
    return count


def _claim() -> Delivery | None:
    """Claims the oldest due call; None if there is none, or another worker was faster."""
    now = timezone.now()
    delivery = Delivery.objects.due(now).order_by("next_try_at").select_related("hook").first()
    if delivery is None:
        return None
    mine = Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.WAITING, next_try_at=delivery.next_try_at)
    return delivery if mine.update(next_try_at=now + LEASE) else None


def _send(delivery: Delivery) -> None:
    try:
        status, answer = call(delivery)
    except FAILURES as failure:
        status, answer = 0, str(failure) if isinstance(failure, Refused) else type(failure).__name__
    _note(delivery, status, answer)


@transaction.atomic
def _note(delivery: Delivery, status: int, answer: str) -> None:
    """Stores the result of a call. After the last failed try the hook is switched off."""
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
    content = {"delivery": str(delivery.key), "hook": delivery.hook.name, "changes": delivery.changes}
    return json.dumps(content, ensure_ascii=False).encode()


def signature(key: bytes, delivery: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 over id, time and body (Standard Webhooks)."""
    signed = b".".join((delivery.encode(), timestamp.encode(), body))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def call(delivery: Delivery) -> tuple[int, str]:
    """The status and the beginning of the answer. Raises Refused for a forbidden address."""
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
    """The current IP address of the host, which is then called itself, without a second DNS lookup. Raises Refused if
    the name leads into the own network and the host is not allowed to."""
    addresses = {str(entry[4][0]) for entry in socket.getaddrinfo(allowed.host, port, type=socket.SOCK_STREAM)}
    for text in addresses:
        address = ip_address(text.partition("%")[0])
        address = getattr(address, "ipv4_mapped", None) or address
        never = address.is_link_local or address.is_multicast or address.is_unspecified
        if never or not (address.is_global or allowed.is_private):
            raise Refused("hook_inside", host=allowed.host, address=text)
    return sorted(addresses)[0]


class Pinned(HTTPConnection):
    """A connection to a checked IP address. It is cut off after DEADLINE, because the timeout of a socket restarts with
    each byte."""

    pinned = ""
    is_cut = False

    def connect(self) -> None:
        self.sock = socket.create_connection((self.pinned, self.port), self.timeout)
        self.line = self.sock.dup()  # to cut the connection in any reading state
        self.timer = threading.Timer(DEADLINE, self._cut)
        self.timer.start()

    def _cut(self) -> None:
        self.is_cut = True
        with suppress(OSError):
            self.line.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def in_time(self) -> Iterator[None]:
        """Limits a call: closes the connection, and raises TimeoutError if it was cut off."""
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
