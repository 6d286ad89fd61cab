"""Celery with Redis, for production. The queue carries hints; the jobs are rows (registry/actions/jobs.py)."""

import os

from celery import Celery
from celery.schedules import crontab
from django.conf import settings

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
    timezone="Asia/Shanghai",
    beat_schedule={
        "hooks": {"task": "registry.send_hooks", "schedule": 10.0},
        "digest": {"task": "registry.send_digests", "schedule": crontab(hour="7-9", minute=0)},  # once a day each
        "tidy": {"task": "registry.tidy", "schedule": crontab(hour=2, minute=45)},
        "reindex": {"task": "registry.reindex", "schedule": crontab(hour=3, minute=15)},
    },
)
app.autodiscover_tasks(["registry"])


@app.on_after_finalize.connect
def sweep_twice_a_lease(sender: Celery, **_options) -> None:
    """How soon the job of a killed worker goes on depends on JOB_LEASE alone; settings are not read at import."""
    sender.add_periodic_task(settings.JOB_LEASE / 2, sender.signature("registry.sweep_jobs"), name="sweep")
