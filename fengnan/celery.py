"""Celery with Redis, for production. The queue carries hints; the jobs are rows (registry/actions/jobs.py)."""

import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from django.conf import settings

from registry.schedule import SCHEDULE

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fengnan.settings")

app = Celery("fengnan")
app.conf.update(
    broker_url=os.environ.get("REDIS_URL") or "memory://",
    broker_connection_retry_on_startup=True,
    broker_transport_options={"socket_connect_timeout": 2, "socket_timeout": 5, "visibility_timeout": 600},
    broker_connection_timeout=2,
    task_publish_retry=False,
    task_ignore_result=True,
    worker_hijack_root_logger=False,
    worker_prefetch_multiplier=1,
    worker_max_memory_per_child=250_000,  # KB: after a large load, a new process takes the next job
    timezone="Asia/Shanghai",
    beat_schedule={
        work.name: {
            "task": "registry.scheduled",
            "args": [work.name],
            "schedule": work.every or crontab(hour=",".join(map(str, work.hours)), minute=work.minute),
        }
        for work in SCHEDULE
    },
)
app.autodiscover_tasks(["registry"])


@app.on_after_finalize.connect
def sweep_twice_a_lease(sender: Celery, **_options: Any) -> None:
    """How soon the job of a killed worker goes on depends on JOB_LEASE alone; settings are not read at import."""
    sender.conf.beat_schedule["sweep"]["schedule"] = settings.JOB_LEASE / 2
