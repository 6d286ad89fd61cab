"""The queue's way to the jobs: each task takes an id, calls one action, and may run twice without harm."""

from celery import shared_task
from django.utils import timezone

from registry.actions import calling, digest, jobs, tidying


@shared_task(name="registry.run_job", acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def run_job(job_id: int) -> None:
    jobs.run_one(job_id)


@shared_task(name="registry.sweep_jobs", ignore_result=True)
def sweep_jobs() -> int:
    return jobs.sweep()


@shared_task(name="registry.reindex", ignore_result=True)
def reindex() -> None:
    jobs.enqueue("reindex")


@shared_task(name="registry.send_digests", ignore_result=True)
def send_digests() -> int:
    return digest.send_digests(timezone.localdate())


@shared_task(name="registry.send_hooks", ignore_result=True)
def send_hooks() -> int:
    return calling.send_hooks()


@shared_task(name="registry.tidy", ignore_result=True)
def tidy() -> int:
    return tidying.tidy()
