"""Runs scheduled work once per due time, whichever worker comes first."""

import logging
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Q
from django.utils import timezone
from django.utils.module_loading import import_string

from registry.models import ScheduledRun
from registry.schedule import SCHEDULE, Work

logger = logging.getLogger(__name__)
ALIVE = "alive"
BY_NAME = {work.name: work for work in SCHEDULE}


def run(name: str) -> bool:
    """Runs the work `name` if it is due and nobody has run it. Returns whether it ran."""
    work = BY_NAME[name]
    if work.hours and not _claim(work, timezone.localtime()):
        return False
    try:
        import_string(work.does)()
    except DatabaseError:
        raise
    except Exception:  # a failed work runs again at its next time; the others go on
        logger.exception("%s failed", name)
    return True


def _claim(work: Work, now: datetime) -> bool:
    due_at = work.due_at(now)
    if due_at is None:
        return False
    ScheduledRun.objects.get_or_create(name=work.name)
    open_ones = ScheduledRun.objects.filter(Q(due_at=None) | Q(due_at__lt=due_at), name=work.name)
    return bool(open_ones.update(due_at=due_at, done_at=now))


def sign_alive() -> None:
    """The worker's sign of life: in the database, and in the data folder, which web and worker share."""
    ScheduledRun.objects.update_or_create(name=ALIVE, defaults={"done_at": timezone.now()})
    alive_file().parent.mkdir(parents=True, exist_ok=True)
    alive_file().touch()


def alive_file() -> Path:
    return Path(settings.DATA_DIR) / "worker-alive"


class Clock:
    """The schedule of a worker: `tick` runs what is due."""

    def __init__(self) -> None:
        self.next: dict[str, float] = {}

    def tick(self, now: float) -> None:
        """`now` in seconds of a monotonic clock."""
        for work in SCHEDULE:
            if now >= self.next.get(work.name, 0.0):
                self.next[work.name] = now + (work.every or MINUTE)
                run(work.name)


MINUTE = 60.0  # between two checks of work with a fixed time of day
