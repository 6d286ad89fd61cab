"""Rate limits per minute, by token or account, and by client IP for anonymous requests. Counters are in the cache;
without Redis each web process counts for itself."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from registry.access.client_ip import client_ip
from registry.models import ApiToken

logger = logging.getLogger(__name__)
MINUTE = 60


class PerMinute(BaseThrottle):
    def allow_request(self, request: Request, view: Any) -> bool:
        if isinstance(request.auth, ApiToken):
            self.rest = _spend(request, f"token:{request.auth.pk}", settings.API_PER_MINUTE)
        elif request.user.is_authenticated:
            self.rest = _spend(request, f"account:{request.user.pk}", settings.API_PER_MINUTE)
        else:
            self.rest = spend_by_address(request)
        return not self.rest

    def wait(self) -> int:
        return self.rest


def spend_by_address(request: Request) -> int:
    return _spend(request, f"address:{client_ip(request)}", settings.API_PER_MINUTE_WITHOUT_TOKEN)


def _spend(request: Request, who: str, limit: int) -> int:
    """Counts one request. Returns the seconds to wait if the limit is exceeded, else 0. A `limit` of 0 means no
    limit."""
    if not limit:
        return 0
    now = int(time.time())
    rest = MINUTE - now % MINUTE
    key = f"api:{who}:{now // MINUTE}"
    try:
        count = _count(key, 2 * MINUTE)
    except Exception as error:  # a broken cache blocks nobody; each backend has its own exceptions
        logger.warning("requests are not counted: %s", error)
        return 0
    request._request.api_limit = (limit, max(limit - count, 0), rest)  # type: ignore[attr-defined]  # see add_limits
    return rest if count > limit else 0


def _count(key: str, timeout: int) -> int:
    """How often this was called with the key, with this call. Redis is asked once, the memory of a process twice."""
    if settings.REDIS_URL:
        return cache.count(key, timeout)  # type: ignore[attr-defined]  # fengnan/redis_cache.py
    cache.add(key, 0, timeout)
    return cache.incr(key)


class LimitHeaders:
    """Adds headers with the number of requests left in this minute."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        names = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
        for name, value in zip(names, getattr(request, "api_limit", ()), strict=False):
            response[name] = str(value)
        return response
