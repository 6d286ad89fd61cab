"""Is the process up, and is it ready: asked by the proxy, the container engine and the run command."""

import socket
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlparse

from django.conf import settings
from django.db import Error, connections
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from registry.models import District, Job

QUEUE_PATIENCE = timedelta(minutes=15)


def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "up"})


def readyz(request: HttpRequest) -> JsonResponse:
    """503 unless a fresh database connection works, the queue answers, no job has waited too long and a district was
    set up."""
    checks = {"database": _database(), "queue": _queue()}
    if checks["database"] == "ok":
        checks["jobs"] = _jobs()
        checks["district"] = "ok" if District.objects.unscoped("is there one?").exists() else "not set up"
    ready = all(state == "ok" for state in checks.values())
    response = JsonResponse({"status": "ready" if ready else "not ready", **checks}, status=200 if ready else 503)
    if not ready:
        response["Retry-After"] = "5"
    return response


def _database() -> str:
    """A fresh connection, because an old one may still be open where no new one can be had."""
    fresh = connections.create_connection("default")
    try:
        with fresh.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        return type(error).__name__
    finally:
        fresh.close()
    return "ok"


def _queue() -> str:
    if not settings.REDIS_URL:
        return "ok"
    address = urlparse(settings.REDIS_URL)
    try:
        with socket.create_connection((address.hostname, address.port or 6379), timeout=2):
            return "ok"
    except OSError as error:
        return type(error).__name__


def _jobs() -> str:
    waiting = Job.objects.filter(state="queued", created_at__lt=timezone.now() - QUEUE_PATIENCE)
    return "a job has waited too long" if waiting.exists() else "ok"


CHECKS = {"/healthz": healthz, "/readyz": readyz}


class HealthChecks:
    """Answers the health checks before host and scheme are looked at: a container engine asks by address, without TLS,
    and has to be answered whatever names `ALLOWED_HOSTS` holds."""

    def __init__(self, get_response: Callable):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        check = CHECKS.get(request.path_info, self.get_response)
        return check(request)
