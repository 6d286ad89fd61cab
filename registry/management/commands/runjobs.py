"""`manage.py runjobs`: the worker where there is no Redis. Works through the job table and the schedule until it is
asked to stop, and calls the web hooks in a thread of its own."""

import ctypes
import gc
import signal
import threading
import time
from contextlib import suppress
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections

from registry.actions.jobs import run_one
from registry.actions.scheduled import Clock
from registry.actions.webhook_delivery import call_hooks

PAUSE = 1.0


def work(stop: threading.Event, *, once: bool = False) -> None:
    """Works until `stop`; with `once`, until no job is left, and without hooks."""
    clock, has_worked = Clock(), False
    if not once:
        threading.Thread(target=call_hooks, args=[stop], daemon=True).start()
    while not stop.is_set():
        close_old_connections()
        clock.tick(time.monotonic())
        if run_one(stopping=stop.is_set):
            has_worked = True
            continue
        if once:
            return
        if has_worked:
            return_memory()
            has_worked = False
        stop.wait(PAUSE)


def return_memory() -> None:
    """Gives back to the system what a large job took, where the C library can."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


class Command(BaseCommand):
    help = "Works through the background jobs of the database; for use without Redis."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="stop when no job is left")

    def handle(self, *args: Any, once: bool = False, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda received, frame: stop.set())
        work(stop, once=once)
