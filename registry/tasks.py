"""The queue's way to the jobs: each task calls one action, and may run twice without harm."""

from celery import shared_task

from registry.actions import jobs, scheduled


@shared_task(name="registry.run_job", acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def run_job(job_id: int) -> None:
    jobs.run_one(job_id)


@shared_task(name="registry.scheduled", ignore_result=True)
def run_scheduled(name: str) -> bool:
    return scheduled.run(name)
