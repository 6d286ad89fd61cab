"""How long a session lasts, what comes before the desk, what no cache may keep."""

import time
from collections.abc import Callable

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import logout
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.cache import patch_cache_control
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from registry.access.second_factor import lacks_second_factor
from registry.views.access import wants_json
from registry.views.signing_in import BY_PROVIDER

SIGNED_IN_AT, SEEN_AT = "signed_in_at", "seen_at"
FIRST = ({"account-password"}, {"account-factor", "account-factor-begin"})


class SessionRules:
    """Ends a session that was idle or is old. Leads a person who must choose a password or set up a second factor there
    before any page of the desk or the administration. A page made for somebody signed in is never kept by a cache."""

    def __init__(self, get_response: Callable):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        has_cookie = settings.SESSION_COOKIE_NAME in request.COOKIES
        if has_cookie and request.user.is_authenticated:
            _end_or_extend(request)
        response = self.get_response(request)
        if has_cookie and request.user.is_authenticated:
            del response["Cache-Control"]
            patch_cache_control(response, private=True, no_store=True)
        return response

    def process_view(self, request: HttpRequest, view: Callable, args: tuple, kwargs: dict) -> HttpResponse | None:
        match = request.resolver_match
        if match is None:
            return None
        name = match.url_name or ""
        if not (hasattr(view, "access") or match.app_name == "admin") or not request.user.is_authenticated:
            return None
        if request.user.needs_new_password and not request.session.get(BY_PROVIDER):
            return None if name in FIRST[0] else _first(request, "account-password")
        if name not in FIRST[0] | FIRST[1] and lacks_second_factor(request.user):
            return _first(request, "account-factor")
        return None


def _end_or_extend(request: HttpRequest) -> None:
    """Times are in whole seconds; they are written once a minute at most."""
    now, session = int(time.time()), request.session
    seen_at, signed_in_at = session.get(SEEN_AT, now), session.get(SIGNED_IN_AT, now)
    if now - seen_at >= settings.IDLE_MINUTES * 60 or now - signed_in_at >= settings.SESSION_HOURS * 3600:
        logout(request)
    elif SEEN_AT not in session or now - seen_at >= 60:
        session[SEEN_AT], session[SIGNED_IN_AT] = now, signed_in_at


def _first(request: HttpRequest, name: str) -> HttpResponse:
    if wants_json(request):
        return JsonResponse(
            {"error": _("Your account asks for something first. Open the desk in a new tab.")}, status=401
        )
    answer = redirect(name)
    if request.method == "GET":
        answer["Location"] += f"?{urlencode({'next': request.get_full_path()})}"
    return answer


class WrongPasswords(AxesDatabaseHandler):
    """Counts wrong passwords of a name from one address in full, of the same name from everywhere a tenth: guessing
    from many addresses is slowed, and nobody locks an office behind one address by guessing at one of its accounts."""

    def get_failures(self, request: HttpRequest, credentials: dict | None = None) -> int:
        name = (credentials or {}).get("username") or request.POST.get("username")
        attempts = AccessAttempt.objects.filter(username=name, attempt_time__gte=get_cool_off_threshold(request))
        everywhere = attempts.aggregate(count=Sum("failures_since_start"))["count"] or 0
        return max(super().get_failures(request, credentials), everywhere // 10)
