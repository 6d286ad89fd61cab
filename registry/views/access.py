"""Who may open a page of the desk: signed in, with one of the rights it asks for. Others find nothing there."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from registry.permissions import may
from registry.refusals import Refused

View = Callable[..., HttpResponse]
AUTOSAVE = "X-Autosave"


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

        guarded.access = rights  # type: ignore[attr-defined]
        return guarded

    return around


def refused_page(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """Why an act was refused."""
    if wants_json(request):
        answer: HttpResponse = JsonResponse({"error": str(refusal)}, status=409)
    else:
        answer = render(request, "registry/refused.html", {"refusal": refusal}, status=409)
    answer.refusal = refusal.code  # type: ignore[attr-defined]  # for those who tell of refused attempts
    return answer


def _without_session(request: HttpRequest) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"error": _("You are signed out. Sign in again; nothing typed is lost.")}, status=401)
    if request.method == "POST":
        return kept_page(request, status=401)
    return redirect_to_login(request.get_full_path())


def onward(request: HttpRequest, default: str) -> str:
    """Where the address wanted to go next, if that is a page of the portal; else the page named `default`."""
    wanted = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if safe else resolve_url(default)


def kept_page(request: HttpRequest, status: int) -> HttpResponse:
    """Everything that was typed, ready to be sent again."""
    typed = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in ("csrfmiddlewaretoken", "password")
        for value in values
    ]
    return render(request, "registry/drafts/kept.html", {"typed": typed}, status=status)
