"""`manage.py runjobs`: the worker where there is no Redis. Works through the job table and the schedule until it is
asked to stop, and calls the web hooks in a thread of its own."""

import multiprocessing
import os
import signal
import sys
import threading
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections

from registry.actions.jobs import run_one
from registry.actions.scheduled import Clock
from registry.actions.webhook_delivery import call_hooks

PAUSE = 1.0
REST = 10  # seconds for the call of a hook that is under way


def work(stop: threading.Event, *, once: bool = False, parent: int | None = None) -> None:
    """Works until `stop`; with `once`, until no job is left, and without hooks; with `parent`, until jobs were done and
    none is left, or the process of that number is gone."""
    clock, has_worked = Clock(), False
    hooks = threading.Thread(target=call_hooks, args=[stop], daemon=True)
    if not once:
        hooks.start()
    while not stop.is_set() and parent in (None, os.getppid()):
        close_old_connections()
        clock.tick(time.monotonic())
        if run_one(stopping=stop.is_set):
            has_worked = True
        elif once:
            return
        elif parent and has_worked:
            stop.set()
            hooks.join(REST)
        else:
            stop.wait(PAUSE)


def work_in_turns(stop: threading.Event) -> None:
    """Works until `stop` in a process of its own. Another one follows it when its jobs are done: what they took of the
    memory goes with it. Here no database is opened, as no process may inherit an open one."""
    fork = multiprocessing.get_context("fork")
    while not stop.is_set():
        worker = fork.Process(target=work, args=[stop], kwargs={"parent": os.getpid()})
        worker.start()
        while worker.exitcode is None:
            if stop.is_set():
                worker.terminate()
            worker.join(PAUSE / 5)
        if worker.exitcode:
            sys.exit(f"The worker ended with {worker.exitcode}.")


class Command(BaseCommand):
    help = "Works through the background jobs of the database; for use without Redis."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="stop when no job is left")

    def handle(self, *args: Any, once: bool = False, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda received, frame: stop.set())
        if once or sys.platform != "linux":
            work(stop, once=once)
        else:
            work_in_turns(stop)
