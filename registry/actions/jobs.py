"""Asking for background work, claiming it, and doing it step by step so that a kill at any moment loses nothing."""

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
from registry.models import Job
from registry.models.jobs import OPEN_STATES, JobState

from .search import reindex_step

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=settings.JOB_LEASE)
MOST_ATTEMPTS = 5

# A step takes the cursor, the payload and the memory of this run, and returns (next cursor or None at the end, done,
# total). It runs inside the transaction that moves the cursor, so it happened exactly once whenever the cursor has
# moved. The memory is one dict for all steps of a run, for what they need not look up again.
Step = Callable[[int, dict, dict], tuple[int | None, int, int]]
STEPS: dict[str, Step] = {"reindex": lambda cursor, payload, memory: reindex_step(cursor)}
# What a job does before its first step, outside any transaction: long work on files. Done again after a kill.
FIRST: dict[str, Callable[[dict], None]] = {}
# What else is to be marked when a job has failed for good: the record that waits for it says so to people.
ON_FAILURE: dict[str, Callable[[Job], None]] = {}
PAUSE = 0.05  # seconds between steps where writers wait for each other, so that a load does not starve the pages


class LeaseLost(Exception):
    """Another worker has taken the job over: stop without writing."""


def enqueue(kind: str, *, by=None, **payload) -> Job:
    """A new job; the hint to the queue goes out once the row is there. A lost hint is found by `sweep`."""
    if kind not in STEPS:
        raise KeyError(f"no job is called {kind}")
    job = Job.objects.create(kind=kind, payload=payload, created_by=by)
    transaction.on_commit(lambda: send_hint(job.pk))
    return job


def enqueue_reindex() -> Job:
    """Makes the index of names anew: what `index` missed is found again."""
    return enqueue("reindex")


def send_hint(job_id: int) -> None:
    """Tells the queue of a job. Whatever goes wrong here is harmless: the row waits."""
    if not settings.REDIS_URL:
        return
    try:
        current_app.send_task("registry.run_job", (job_id,), retry=False)
    except Exception as error:  # the broker's own errors are of many kinds
        logger.warning("job %s waits for the sweeper: %s", job_id, error)


def claim(job_id: int | None = None) -> Job | None:
    """Takes a job (or the oldest that is free) under a lease and a new fence; None if there is none to be had."""
    free = Job.objects.claimable(Now())
    pk = job_id or free.order_by("pk").values_list("pk", flat=True).first()
    if pk is None:
        return None
    taken = free.filter(pk=pk).update(
        state=JobState.RUNNING,
        fence=F("fence") + 1,
        attempts=F("attempts") + 1,
        lease_until=timezone.now() + LEASE,
    )
    return Job.objects.get(pk=pk) if taken else None


def run(job: Job, *, stopping: Callable[[], bool] = lambda: False) -> Job:
    """Works at a claimed job until it is done, has failed, or `stopping()` says so; a stopped job is free at once.

    Whatever a step raises is a failure of the job, but for a database that is away or busy: the lease ends and the job
    is tried again, `MOST_ATTEMPTS` times at most."""
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
    """One step, its cursor and a new lease, in one transaction. Returns whether there is more to do."""
    current = Job.objects.select_for_update().get(pk=job.pk)
    if current.fence != job.fence or current.state != JobState.RUNNING:
        raise LeaseLost
    following, done, total = STEPS[job.kind](current.cursor, current.payload, memory)
    ended = following is None
    changed: dict[str, Any] = {"done": done, "total": total, "cursor": current.cursor if ended else following}
    if ended:
        changed |= {"state": JobState.DONE, "lease_until": None, "finished_at": timezone.now()}
    else:
        changed |= {"lease_until": timezone.now() + LEASE, "attempts": 1}  # it goes on: only attempts in vain count
    if not _owned(job).update(**changed):
        raise LeaseLost
    return not ended


def cancel(job: Job) -> bool:
    """Stops a job where it stands: whoever works at it writes nothing more. Returns whether it was open."""
    open_ones = Job.objects.filter(pk=job.pk, state__in=OPEN_STATES)
    return bool(
        open_ones.update(state=JobState.CANCELLED, fence=F("fence") + 1, lease_until=None, finished_at=timezone.now())
    )


def _owned(job: Job):
    return Job.objects.filter(pk=job.pk, fence=job.fence, state=JobState.RUNNING)


@transaction.atomic
def _fail(job: Job, message: str) -> Job:
    """Ends the job as failed, and tells the record that waits for it. `message` is for administrators."""
    ended = {"state": JobState.FAILED, "message": message[:300], "lease_until": None, "finished_at": timezone.now()}
    if _owned(job).update(**ended) and job.kind in ON_FAILURE:
        ON_FAILURE[job.kind](job)
    job.refresh_from_db()
    return job


def revive(job: Job) -> None:
    """Lets a failed job go on where it stopped."""
    failed = Job.objects.filter(pk=job.pk, state=JobState.FAILED)
    if failed.update(state=JobState.QUEUED, attempts=0, message="", finished_at=None):
        transaction.on_commit(lambda: send_hint(job.pk))


def run_one(job_id: int | None = None, *, stopping: Callable[[], bool] = lambda: False) -> bool:
    """Claims a job and works at it. Returns whether there was one."""
    job = claim(job_id)
    if job is None:
        return False
    run(job, stopping=stopping)
    return True


def sweep() -> int:
    """Sends a hint for every open job that nobody works at: flushed queues and killed workers. Returns how many."""
    waiting = list(Job.objects.claimable(Now()).values_list("pk", flat=True))
    for pk in waiting:
        send_hint(pk)
    return len(waiting)
