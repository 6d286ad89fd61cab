"""Checks of what runs beside the web server: database, clock, Redis, worker, jobs, schedule."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fengnan.health import QUEUE_PATIENCE
from registry.actions.scheduled import ALIVE, alive_file
from registry.models import Event, Job, ScheduledRun
from registry.schedule import SCHEDULE, Work

from .finding import Finding, doubtful, good, wrong

CLOCK_TOLERANCE = 5.0  # seconds
SILENCE = timedelta(minutes=5)  # after which a worker that shows no sign counts as gone
LATE = timedelta(hours=1)
RECENT = timedelta(days=7)


def check_database() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version" if connection.vendor == "postgresql" else "SELECT sqlite_version()")
        version = cursor.fetchone()[0]
    yield good(_("The database answers: %(version)s") % {"version": f"{connection.display_name} {version}"})


def check_clock() -> Iterator[Finding]:
    """The clock of the database against this one, and the newest event against both."""
    with connection.cursor() as cursor:
        statement = "SELECT extract(epoch FROM clock_timestamp())"
        cursor.execute(
            statement if connection.vendor == "postgresql" else "SELECT (julianday('now') - 2440587.5) * 86400.0"
        )
        difference = abs(float(cursor.fetchone()[0]) - time.time())
    todo = _("Switch on time synchronisation (chrony or systemd-timesyncd) on every machine")
    newest = Event.objects.order_by("-pk").values_list("at", flat=True).first()
    if difference > CLOCK_TOLERANCE:
        yield wrong(_("The clock of the database is %(seconds).0f s off") % {"seconds": difference}, todo)
    elif newest and newest > timezone.now() + timedelta(minutes=1):
        yield wrong(_("The newest event is of %(at)s, in the future") % {"at": _moment(newest)}, todo)
    else:
        yield good(_("The clocks agree: %(now)s") % {"now": f"{_moment(timezone.now())} {settings.TIME_ZONE}"})


def check_redis() -> Iterator[Finding]:
    if not settings.REDIS_URL:
        return
    cache.set("doctor", "here", 10)
    if cache.get("doctor") == "here":
        yield good(_("Redis answers"))
    else:
        yield wrong(_("Redis keeps nothing"), _("Look at its memory limit and its log"))


def check_worker() -> Iterator[Finding]:
    """The worker signs once a minute in the database and in the data folder."""
    signed = ScheduledRun.objects.filter(name=ALIVE).values_list("done_at", flat=True).first()
    command = "celery worker, celery beat" if settings.REDIS_URL else "manage.py runjobs"
    if signed is None or signed < timezone.now() - SILENCE:
        since = _moment(signed) if signed else _("never")
        yield wrong(
            _("No worker runs (last sign: %(since)s)") % {"since": since},
            _("Start it: %(command)s") % {"command": command},
        )
        return
    yield good(_("The worker runs (last sign: %(since)s)") % {"since": _moment(signed)})
    file = alive_file()
    if not file.exists() or file.stat().st_mtime < (signed - SILENCE).timestamp():
        yield wrong(
            _("The worker writes to another data folder than %(folder)s") % {"folder": settings.DATA_DIR},
            _("Give web and worker the same DATA_DIR, on a disk they share"),
        )
    else:
        yield good(_("Web and worker share the data folder"))


def check_jobs() -> Iterator[Finding]:
    now = timezone.now()
    waiting = Job.objects.filter(state="queued", created_at__lt=now - QUEUE_PATIENCE).count()
    failed = Job.objects.filter(state="failed", finished_at__gt=now - RECENT).count()
    if waiting:
        yield wrong(
            ngettext("%(count)d job has waited too long", "%(count)d jobs have waited too long", waiting)
            % {"count": waiting},
            _("See whether the worker runs, and its log"),
        )
    if failed:
        yield doubtful(
            ngettext("%(count)d job failed in the last week", "%(count)d jobs failed in the last week", failed)
            % {"count": failed},
            _("Read why under /admin/ (jobs); a load can be resumed at /desk/loads/"),
        )
    if not waiting and not failed:
        yield good(_("No job waits too long, none failed"))


def check_schedule() -> Iterator[Finding]:
    """The last run of each daily work."""
    runs = {run.name: run for run in ScheduledRun.objects.all()}
    for work in SCHEDULE:
        if not work.hours or (work.name == "backup" and settings.BACKUP_DIR is None):
            continue
        run = runs.get(work.name)
        named = {"work": work.name, "at": _moment(run.due_at) if run and run.due_at else _("never")}
        text = _("Scheduled work %(work)s: last run %(at)s") % named
        due_at = last_due(work, timezone.localtime())
        if run and run.due_at and run.due_at >= due_at:
            yield good(text)
        elif run and run.due_at:
            yield wrong(text, _("It was due at %(at)s: see whether worker and beat run") % {"at": _moment(due_at)})
        else:
            yield doubtful(text, _("Right on the first day; later see whether worker and beat run"))


def last_due(work: Work, now: datetime) -> datetime:
    """The newest time at which a work was due, with an hour for its run."""
    days = (now - LATE - timedelta(days=number) for number in range(2))
    times = (day.replace(hour=hour, minute=work.minute, second=0, microsecond=0) for day in days for hour in work.hours)
    return max(at for at in times if at <= now - LATE)


def _moment(at: datetime) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M")
