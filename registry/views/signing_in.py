"""Signing in: name and password, then the code of the second factor if the account has one; and being locked out."""

import logging
import time
from typing import Any

from axes.helpers import get_client_ip_address, get_cool_off
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from registry.access.client_ip import client_ip
from registry.access.second_factor import has_second_factor
from registry.actions.second_factor import use_code
from registry.models import User
from registry.text.refusals import Refused

from .access import to_come_again

logger = logging.getLogger(__name__)
HALFWAY = "halfway"  # in the session: whose password was right, and when
BY_PROVIDER = "by_provider"  # in the session: signed in at the identity provider, without the portal's password
MINUTES = 5
KNOWN_BROWSER, KNOWN_DAYS = "known", 180  # the cookie of a browser that signed in before, and how long it is known
MOST_NAMES = 15  # with wrong passwords from one address, before it is slowed
PAUSE = 3  # seconds between two attempts then


class SignIn(LoginView):
    """Name and password. Whether the name exists cannot be told from the answer."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        name = request.POST.get("username", "")
        try:
            check_pace(request, name)
            return super().post(request, *args, **kwargs)
        except Refused as refusal:  # what was typed stays, but for the password
            form = self.get_form_class()(request, initial={"username": name})
            context = self.get_context_data(form=form, refusal=refusal)
            return to_come_again(self.render_to_response(context), refusal)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        return pass_first_step(self.request, form.get_user(), self.get_success_url())


def pass_first_step(request: HttpRequest, user: User, onward: str, by_provider: bool = False) -> HttpResponse:
    """Signs in, or asks for the code of the second factor first. `by_provider`: an identity provider said who it is."""
    if not has_second_factor(user):
        return _signed_in(request, user, onward, by_provider)
    request.session.flush()
    request.session[HALFWAY] = {
        "user": user.pk,
        "hash": user.get_session_auth_hash(),
        "at": int(time.time()),
        "onward": onward,
        BY_PROVIDER: by_provider,
    }
    return redirect("login-code")


def _signed_in(request: HttpRequest, user: User, onward: str, by_provider: bool) -> HttpResponse:
    """A new session under a new key: nothing of what the browser held before goes on."""
    request.session.flush()
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    if by_provider:
        request.session[BY_PROVIDER] = True
    answer = redirect(onward)
    answer.set_cookie(
        KNOWN_BROWSER, _mark_of(user.get_username()), max_age=KNOWN_DAYS * 24 * 3600, path=reverse("login"),
        httponly=True, secure=settings.SESSION_COOKIE_SECURE, samesite="Lax",
    )  # fmt: skip
    return answer


def _mark_of(name: str) -> str:
    return salted_hmac("registry.known-browser", name, algorithm="sha256").hexdigest()


def check_pace(request: HttpRequest, name: str) -> None:
    """Raises Refused where wrong passwords of many names came from this address within the time a name stays closed:
    then one attempt in a few seconds is taken from there. A browser that signed in with this name before goes on as
    ever, so that nobody keeps the rest of an office out; and one person's own wrong passwords are those of one name."""
    address, since = client_ip(request), timezone.now() - settings.AXES_COOLOFF_TIME
    tried = AccessAttempt.objects.filter(ip_address=address, attempt_time__gte=since)
    if tried.values("username").distinct().count() < MOST_NAMES:
        return
    if constant_time_compare(request.COOKIES.get(KNOWN_BROWSER, ""), _mark_of(name)):
        return
    try:
        is_first = cache.add(f"sign-in:{address}", True, PAUSE)
    except Exception as error:  # a cache that is gone stops nobody; each backend has errors of its own
        logger.warning("attempts to sign in are not slowed: %s", error)
        return
    if not is_first:
        raise Refused("address_slow", wait=PAUSE)


@never_cache
@sensitive_post_parameters("code")
def code_page(request: HttpRequest) -> HttpResponse:
    """The second step. Without the first, or five minutes after it, back to the first."""
    user = _halfway(request)
    if user is None:
        return redirect("login")
    refusal = None
    if request.method == "POST":
        try:
            use_code(user, request.POST.get("code", "")[:40])
        except Refused as error:
            refusal = error
        else:
            half = request.session[HALFWAY]
            return _signed_in(request, user, half["onward"], half.get(BY_PROVIDER, False))
    return render(request, "registration/code.html", {"refusal": refusal}, status=400 if refusal else 200)


def _halfway(request: HttpRequest) -> User | None:
    half = request.session.get(HALFWAY)
    if not half or time.time() - half["at"] > MINUTES * 60:
        return None
    user = User.objects.filter(pk=half["user"], is_active=True).first()
    same = user is not None and constant_time_compare(half["hash"], user.get_session_auth_hash())
    return user if same else None


def locked_out(
    request: HttpRequest, response: HttpResponse | None = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """Too many wrong passwords: says when to try again, the same whether the account exists or not."""
    attempts = AccessAttempt.objects.filter(username=(credentials or {}).get("username"))
    own = attempts.filter(ip_address=get_client_ip_address(request))
    last = (own or attempts).latest("attempt_time") if attempts else None
    until = (last.attempt_time if last else timezone.now()) + get_cool_off(request)
    answer = render(request, "registration/locked.html", {"until": until}, status=429)
    answer["Retry-After"] = max(int((until - timezone.now()).total_seconds()), 1)
    return answer
