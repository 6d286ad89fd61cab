"""Limits concurrent password hashing: a hash takes half a second of CPU, and many at once would slow down every page.
Each web process hashes one password at a time; one more request waits, the next is refused for now."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from django.contrib.auth.hashers import PBKDF2PasswordHasher

from registry.text.refusals import Refused


class Slots:
    """Admits `size` at a time; `waiting` more wait for at most `patience` seconds."""

    def __init__(self, size: int, waiting: int, patience: float):
        self.patience = patience
        self._slots, self._queue = BoundedSemaphore(size), BoundedSemaphore(size + waiting)

    @contextmanager
    def acquire(self) -> Iterator[None]:
        """Takes a slot. Raises Refused("too_busy") if there is none."""
        if not self._queue.acquire(blocking=False):
            raise Refused("too_busy", wait=round(self.patience))
        try:
            if not self._slots.acquire(timeout=self.patience):
                raise Refused("too_busy", wait=round(self.patience))
            try:
                yield
            finally:
                self._slots.release()
        finally:
            self._queue.release()


SLOTS = Slots(size=1, waiting=1, patience=2)  # a process has three threads: one stays free for pages


class SlottedPBKDF2(PBKDF2PasswordHasher):
    """Django's own hasher inside a slot. Stored passwords stay valid."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        with SLOTS.acquire():
            return super().encode(password, salt, iterations)
