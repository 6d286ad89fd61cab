"""`manage.py callhooks`: calls the web hooks, beside the Celery worker, until it is asked to stop. Without Redis,
`runjobs` does it in a thread."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from registry.actions.webhook_delivery import call_hooks


class Command(BaseCommand):
    help = "Calls the web hooks; a process of its own, so that no job waits for a slow receiver."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda received, frame: stop.set())
        call_hooks(stop)
