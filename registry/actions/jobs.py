"""Background jobs: enqueued, claimed, and run step by step, so that a kill at any moment loses nothing."""

import logging
from collections.abc import Callable
from datetime import timedelta
from time import sleep
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from registry.access.client_ip import Caller, called_by
from registry.actions.event_chain import seal
from registry.models import Job, User
from registry.models.jobs import OPEN_STATES, JobQuerySet, JobState

from .search import reindex_step

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=settings.JOB_LEASE)
MOST_ATTEMPTS = 5

# A step gets the cursor, the payload and the memory of this run, and returns (next cursor or None at the end, done,
# total). It runs inside the transaction that moves the cursor, so it ran exactly once if the cursor has moved. The
# memory is one dict for all steps of a run, as a cache.
Step = Callable[[int, dict, dict], tuple[int | None, int, int]]
STEPS: dict[str, Step] = {"reindex": lambda cursor, payload, memory: reindex_step(cursor)}
# The preparation of a job before its first step, outside any transaction: long work on files. Repeated after a kill.
FIRST: dict[str, Callable[[dict], None]] = {}
# Called when a job has failed for good, to mark the record that waits for it.
ON_FAILURE: dict[str, Callable[[Job], None]] = {}
PAUSE = 0.05  # seconds between steps on SQLite, so that a load does not block the pages


class LeaseLost(Exception):
    """Another worker has claimed the job: stop without writing."""


def enqueue(kind: str, *, by: User | None = None, **payload: Any) -> Job:
    """Adds a job. A hint is sent to the queue after the commit; `sweep` finds jobs whose hint was lost."""
    if kind not in STEPS:
        raise KeyError(f"no job is called {kind}")
    job = Job.objects.create(kind=kind, payload=payload, created_by=by)
    transaction.on_commit(lambda: send_hint(job.pk))
    return job


def enqueue_reindex() -> Job:
    """Enqueues a rebuild of the search index, which finds what `index` missed."""
    return enqueue("reindex")


def send_hint(job_id: int) -> None:
    """Sends a hint of a job to the queue. An error is harmless, because the row waits."""
    if not settings.REDIS_URL:
        return
    try:
        current_app.send_task("registry.run_job", (job_id,), retry=False)
    except Exception as error:  # brokers raise many kinds of errors
        logger.warning("job %s waits for the sweeper: %s", job_id, error)


def claim(job_id: int | None = None) -> Job | None:
    """Claims a job (or the oldest free one) with a lease and a new fence; None if there is none."""
    free = Job.objects.claimable(Now())
    pk = job_id or free.order_by("pk").values_list("pk", flat=True).first()
    if pk is None:
        return None
    is_claimed = free.filter(pk=pk).update(
        state=JobState.RUNNING,
        fence=F("fence") + 1,
        attempts=F("attempts") + 1,
        lease_until=timezone.now() + LEASE,
    )
    return Job.objects.get(pk=pk) if is_claimed else None


def run(job: Job, *, stopping: Callable[[], bool] = lambda: False) -> Job:
    """Runs a claimed job until it is done, has failed, or `stopping()` is true; a stopped job is free at once.

    An exception of a step fails the job, except if the database is away or busy: then the lease ends and the job is
    tried again, at most `MOST_ATTEMPTS` times.
    """
    if job.attempts > MOST_ATTEMPTS:
        return _fail(job, f"given up after {MOST_ATTEMPTS} attempts")
    with called_by(Caller(request_id=f"job-{job.pk}")):
        _work(job, stopping)
    seal()
    return job


def _work(job: Job, stopping: Callable[[], bool]) -> None:
    memory: dict = {}
    try:
        if job.kind in FIRST and job.cursor == 0:
            FIRST[job.kind](job.payload)
        while not stopping():
            if not take_step(job, memory):
                return
            if connection.vendor == "sqlite":
                sleep(PAUSE)
        _owned(job).update(lease_until=None, state=JobState.QUEUED, attempts=F("attempts") - 1)
    except LeaseLost:
        logger.warning("job %s was taken over by another worker", job.pk)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        logger.exception("job %s failed", job.pk)
        _fail(job, f"{type(error).__name__}: {error}")


@transaction.atomic
def take_step(job: Job, memory: dict) -> bool:
    """Runs one step, and saves its cursor and a new lease, in one transaction. Returns whether there is more to do."""
    current = Job.objects.select_for_update().get(pk=job.pk)
    if current.fence != job.fence or current.state != JobState.RUNNING:
        raise LeaseLost
    following, done, total = STEPS[job.kind](current.cursor, current.payload, memory)
    ended = following is None
    changed: dict[str, Any] = {"done": done, "total": total, "cursor": current.cursor if ended else following}
    if ended:
        changed |= {"state": JobState.DONE, "lease_until": None, "finished_at": timezone.now()}
    else:
        changed |= {
            "lease_until": timezone.now() + LEASE,
            "attempts": 1,
        }  # only attempts without progress count
    if not _owned(job).update(**changed):
        raise LeaseLost
    return not ended


def cancel(job: Job) -> bool:
    """Cancels a job; its worker writes nothing more. Returns whether it was open."""
    open_ones = Job.objects.filter(pk=job.pk, state__in=OPEN_STATES)
    return bool(
        open_ones.update(state=JobState.CANCELLED, fence=F("fence") + 1, lease_until=None, finished_at=timezone.now())
    )


def _owned(job: Job) -> JobQuerySet:
    return Job.objects.filter(pk=job.pk, fence=job.fence, state=JobState.RUNNING)


@transaction.atomic
def _fail(job: Job, message: str) -> Job:
    """Marks the job as failed, and the record that waits for it. `message` is for administrators."""
    ended = {"state": JobState.FAILED, "message": message[:300], "lease_until": None, "finished_at": timezone.now()}
    if _owned(job).update(**ended) and job.kind in ON_FAILURE:
        ON_FAILURE[job.kind](job)
    job.refresh_from_db()
    return job


def revive(job: Job) -> None:
    """Continues a failed job where it stopped."""
    failed = Job.objects.filter(pk=job.pk, state=JobState.FAILED)
    if failed.update(state=JobState.QUEUED, attempts=0, message="", finished_at=None):
        transaction.on_commit(lambda: send_hint(job.pk))


def run_one(job_id: int | None = None, *, stopping: Callable[[], bool] = lambda: False) -> bool:
    """Claims a job and runs it. Returns whether there was one."""
    job = claim(job_id)
    if job is None:
        return False
    run(job, stopping=stopping)
    return True


def sweep() -> int:
    """Sends a hint for every open job without a worker, after a flushed queue or a killed worker. Returns the
    number."""
    waiting = list(Job.objects.claimable(Now()).values_list("pk", flat=True))
    for pk in waiting:
        send_hint(pk)
    return len(waiting)
