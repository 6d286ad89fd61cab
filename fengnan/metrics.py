"""`/metrics` for Prometheus, where METRICS_TOKEN is set: the state of the installation, read when it is asked for. All
web processes answer the same, because nothing is counted in a process."""

import hmac
import shutil
import time
from collections.abc import Callable, Iterator

from django.conf import settings
from django.db import Error
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from fengnan.doctor.installation import folders
from registry.actions.backup.daily import backups, made_at
from registry.actions.scheduled import ALIVE
from registry.models import Event, Job, ScheduledRun


def metrics(request: HttpRequest) -> HttpResponse:
    sent = request.headers.get("Authorization", "")
    if not hmac.compare_digest(sent.encode(), f"Bearer {settings.METRICS_TOKEN}".encode()):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    registry = CollectorRegistry()
    registry.register(Installation())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class MetricsPage:
    """Answers before host and scheme are looked at, like the health checks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.METRICS_TOKEN and request.path_info == "/metrics":
            return metrics(request)
        return self.get_response(request)


class Installation(Collector):
    def describe(self) -> list:
        return []  # nothing is read when it is registered

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            found = [*_jobs(), *_schedule(), _events()]
        except Error:
            found = []
        yield GaugeMetricFamily("registry_database_up", "Whether the database answers.", value=bool(found))
        yield from found
        yield _disks()
        if settings.BACKUP_DIR and (made := backups(settings.BACKUP_DIR)):
            newest = made_at(made[-1]).timestamp()
            yield GaugeMetricFamily("registry_backup_newest_timestamp_seconds", "The newest backup.", value=newest)


def _jobs() -> Iterator[GaugeMetricFamily]:
    states = GaugeMetricFamily("registry_jobs", "Background jobs by state.", labels=["state"])
    for state, number in Job.objects.order_by().values_list("state").annotate(Count("pk")):
        states.add_metric([state], number)
    yield states
    oldest = Job.objects.filter(state="queued").aggregate(oldest=Min("created_at"))["oldest"]
    waiting = time.time() - oldest.timestamp() if oldest else 0
    yield GaugeMetricFamily("registry_job_waiting_seconds", "How long the oldest job waits.", value=max(waiting, 0))


def _schedule() -> Iterator[GaugeMetricFamily]:
    last = GaugeMetricFamily("registry_scheduled_timestamp_seconds", "The last run of each work.", labels=["work"])
    for name, done_at in ScheduledRun.objects.exclude(done_at=None).values_list("name", "done_at"):
        signed = done_at.timestamp() if done_at else 0
        if name == ALIVE:
            yield GaugeMetricFamily("registry_worker_timestamp_seconds", "The worker's last sign.", value=signed)
        else:
            last.add_metric([name], signed)
    yield last


def _events() -> GaugeMetricFamily:
    newest = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    return GaugeMetricFamily("registry_newest_event", "The number of the newest event.", value=newest)


def _disks() -> GaugeMetricFamily:
    free = GaugeMetricFamily("registry_disk_free_bytes", "Free space where a folder lies.", labels=["folder"])
    for name, folder in folders().items():
        if folder.exists():
            free.add_metric([name], shutil.disk_usage(folder).free)
    return free
