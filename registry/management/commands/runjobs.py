"""`manage.py runjobs`: the worker where there is no Redis. Works through the job table until it is asked to stop."""

import signal
import threading
import time

from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django.utils import timezone

from registry.actions.calling import send_hooks
from registry.actions.digest import HOURS, send_digests
from registry.actions.jobs import run_one
from registry.actions.tidying import tidy

PAUSE = 1.0
BETWEEN_CALLS = 5.0


class Hourly:
    """Sends the daily e-mails in their hours, as the scheduler does where there is Redis."""

    def __init__(self):
        self.last = None

    def __call__(self) -> None:
        now = timezone.localtime()
        if now.hour in HOURS and (now.date(), now.hour) != self.last:
            self.last = (now.date(), now.hour)
            send_digests(now.date())


class Between:
    """Between jobs: calls the web hooks every few seconds, and tidies up once a day."""

    def __init__(self):
        self.tidied = None
        self.called = float("-inf")

    def __call__(self) -> None:
        if time.monotonic() - self.called >= BETWEEN_CALLS:
            send_hooks()
            self.called = time.monotonic()
        if timezone.localdate() != self.tidied:
            tidy()
            self.tidied = timezone.localdate()


class Command(BaseCommand):
    help = "Works through the background jobs of the database; for use without Redis."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--once", action="store_true", help="stop when no job is left")

    def handle(self, *args, once: bool = False, **options):
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda received, frame: stop.set())
        mail, between = Hourly(), Between()
        while not stop.is_set():
            close_old_connections()
            mail()
            between()
            if run_one(stopping=stop.is_set):
                continue
            if once:
                return
            stop.wait(PAUSE)
