"""Hashing passwords in few slots: it takes half a second of a processor, so that whoever asks for many at once would
slow every page. One at a time in each process of the web server, one more waits; the next is asked to come again."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from django.contrib.auth.hashers import PBKDF2PasswordHasher

from registry.text.refusals import Refused


class Slots:
    """Lets `size` at a time through; `waiting` more stand in a queue, for at most `patience` seconds."""

    def __init__(self, size: int, waiting: int, patience: float):
        self.patience = patience
        self._slots, self._queue = BoundedSemaphore(size), BoundedSemaphore(size + waiting)

    @contextmanager
    def one(self) -> Iterator[None]:
        """Raises Refused("too_busy") where there is no place."""
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


SLOTS = Slots(size=1, waiting=1, patience=2)  # a process has three threads: one is left for pages


class SlottedPBKDF2(PBKDF2PasswordHasher):
    """Django's own hash, in one of the slots; passwords stored by that are known and stay as they are."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        with SLOTS.one():
            return super().encode(password, salt, iterations)
