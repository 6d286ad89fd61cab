"""Who may open a page of the desk: signed in, with one of the rights it asks for. Others find nothing there. And who
knows the present password, where a page asks for it again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib.auth import logout, user_login_failed
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from registry.access.client_ip import client_ip
from registry.access.permissions import may
from registry.text.refusals import Refused

View = Callable[..., HttpResponse]
AUTOSAVE = "X-Autosave"
WRONG = "wrong_passwords"  # in the session: how many were typed where the present one was asked for


class SignedOut(Exception):
    """The session has ended while a view was at work."""


def wants_json(request: HttpRequest) -> bool:
    """Whether a script asks in the background, so that a page in answer would be of no use."""
    return AUTOSAVE in request.headers


def asks_for(*rights: str) -> Callable[[View], View]:
    """Only for accounts that have one of `rights`; without any, for every account. A form that was sent after the
    session had ended comes back with everything typed, to be sent again after signing in. An act that is refused, and
    that the view has no better place to say so, is answered with a page that gives the reason."""

    def around(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return _without_session(request)
            if rights and not any(may(request.user, right) for right in rights):
                raise Http404
            try:
                return view(request, *args, **kwargs)
            except Refused as refusal:
                return refused_page(request, refusal)
            except SignedOut:
                return redirect_to_login(request.get_full_path())

        guarded.access = rights  # type: ignore[attr-defined]
        return guarded

    return around


def refused_page(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """Why an act was refused."""
    status = 429 if "wait" in refusal.details else 409
    if wants_json(request):
        answer: HttpResponse = JsonResponse({"error": str(refusal)}, status=status)
    else:
        answer = render(request, "registry/refused.html", {"refusal": refusal}, status=status)
    answer.refusal = refusal.code  # type: ignore[attr-defined]  # for those who tell of refused attempts
    return to_come_again(answer, refusal)


def to_come_again(answer: HttpResponse, refusal: Refused | None) -> HttpResponse:
    """The answer to what was refused for a while, made one that says how long."""
    if refusal is not None and "wait" in refusal.details:
        answer.status_code, answer["Retry-After"] = 429, str(refusal.details["wait"])
    return answer


@contextmanager
def asking_password(request: HttpRequest) -> Iterator[None]:
    """Around an act that takes the present password. A wrong one counts like a wrong one at sign-in, and as many as
    close the name there end the session: whoever sits at somebody's desk guesses no further."""
    credentials = {"username": request.user.get_username()}
    if AxesProxyHandler.is_locked(request, credentials):
        request.axes_locked_out, request.axes_credentials = True, credentials  # type: ignore[attr-defined]
        raise Refused("password_wrong")  # the middleware of axes answers: try again at this time
    try:
        yield
    except Refused as refusal:
        if refusal.code == "password_wrong":
            _count_wrong_password(request, credentials)
        raise
    request.session.pop(WRONG, None)
    AxesProxyHandler.reset_attempts(username=credentials["username"], ip_address=client_ip(request))


def _count_wrong_password(request: HttpRequest, credentials: dict[str, str]) -> None:
    user_login_failed.send(sender=__name__, credentials=credentials, request=request)
    request.session[WRONG] = request.session.get(WRONG, 0) + 1
    if getattr(request, "axes_locked_out", False) or request.session[WRONG] >= settings.AXES_FAILURE_LIMIT:
        logout(request)
        raise SignedOut


def _without_session(request: HttpRequest) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"error": _("You are signed out. Sign in again; nothing typed is lost.")}, status=401)
    if request.method == "POST":
        return kept_page(request, status=401)
    return redirect_to_login(request.get_full_path())


def onward(request: HttpRequest, default: str) -> str:
    """Where the address wanted to go next, if that is a page of the portal; else the page named `default`."""
    address = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if safe else resolve_url(default)


def kept_page(request: HttpRequest, status: int) -> HttpResponse:
    """Everything that was typed, ready to be sent again."""
    typed = [
        (name, value)
        for name, values in request.POST.lists()
        if name != "csrfmiddlewaretoken" and "password" not in name
        for value in values
    ]
    return render(request, "registry/drafts/kept.html", {"typed": typed}, status=status)
