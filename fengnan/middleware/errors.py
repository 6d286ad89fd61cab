"""Bad input, and acts that are refused, answered in plain words: a page for people, a problem document for programs."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import DisallowedHost, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.csrf import csrf_failure

from registry.access.permissions import may
from registry.access.scope import BadInput, NotSetUp
from registry.api import problems
from registry.text.refusals import Refused
from registry.views.access import kept_page, refused_page, wants_json


class BadInputMiddleware:
    """Turns BadInput into a 400 that says which field, what stood there, why and what to do; and a refusal that no view
    had a better place for into a page that gives the reason."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info:
            return page_not_found(request, Http404())
        try:
            _check_query(request)
        except BadInput as error:
            return _answer(request, error)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: Any) -> None:
        """A NUL in a form becomes a sign that no reader takes, so that it is refused at its field and nothing typed is
        lost. Programs send JSON."""
        if request.method == "POST" and not problems.is_api(request):
            typed = list(request.POST.lists())
            if any("\0" in text for name, values in typed for text in (name, *values)):
                form = QueryDict(mutable=True)
                for name, values in typed:
                    form.setlist(name.replace("\0", "\ufffd"), [text.replace("\0", "\ufffd") for text in values])
                request.POST = form  # type: ignore[assignment]  # the stubs know only the immutable one

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, Refused) and not problems.is_api(request):
            return refused_page(request, error)
        if isinstance(error, NotSetUp):
            return _not_set_up(request)
        return _answer(request, error) if isinstance(error, BadInput) else None


def _not_set_up(request: HttpRequest) -> HttpResponse:
    """A registry without a district: what it is and that it is being set up; the staff goes on to the list of steps."""
    if problems.is_api(request):
        return problems.answer(503, _("The registry is being set up. There is nothing to read yet."))
    if may(request.user, "registry.set_up"):
        return redirect("setup")
    return render(request, "not_set_up.html")


def _check_query(request: HttpRequest) -> None:
    """Raises BadInput for a NUL, which PostgreSQL cannot look for."""
    for name, values in request.GET.lists():
        if any("\0" in text for text in (name, *values)):
            text = _("It holds characters that are no text. Take them out.")
            raise BadInput(name.replace("\0", "\ufffd"), "", text, "no_text")


def _answer(request: HttpRequest, error: BadInput) -> HttpResponse:
    if problems.is_api(request):
        return JsonResponse(problems.of_bad_input(error), status=400, content_type=problems.PROBLEM)
    return render(request, "400.html", {"error": error}, status=400)


class BodyLengthMiddleware:
    """Refuses a body of unknown length with 411. Django reads as many bytes as `Content-Length` says, so a body sent in
    chunks would be taken as empty, and what it holds would be lost without a word."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "Transfer-Encoding" not in request.headers:
            return self.get_response(request)
        return _refuse(request, 411, _("The length of what was sent is unknown. Send it with “Content-Length”."))


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if problems.is_api(request):
        return problems.answer(404)
    return render(request, "404.html", status=404)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What was sent is too large, has too many fields or is damaged; or it asked for a host that is not ours."""
    if isinstance(exception, DisallowedHost):  # a page would need the host for its own links
        text = _("The portal does not answer under this host name.")
        return HttpResponse(text, status=400, content_type="text/plain; charset=utf-8")
    is_large = isinstance(exception, RequestDataTooBig)
    status = 413 if is_large else 400
    text = (
        _("More was sent at once than fits. Shorten the text.") if is_large else _("It arrived damaged. Send it again.")
    )
    return _refuse(request, status, text)


def _refuse(request: HttpRequest, status: int, text: str) -> HttpResponse:
    """The answer to a body that cannot be read, in the form in which the sender can read it."""
    if problems.is_api(request):
        return problems.answer(status, text)
    if wants_json(request):
        return JsonResponse({"error": text}, status=status)
    return render(request, "400.html", {"text": text}, status=status)


def without_token(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form came without a valid token, as when cookies were cleared meanwhile. What a page of the desk sent from this
    very site comes back to be sent again; anything else is refused."""
    match = request.resolver_match
    if match is None or not hasattr(match.func, "access") or not _is_own(request):
        return csrf_failure(request, reason)
    if wants_json(request):
        return JsonResponse({"error": _("You are signed out. Sign in again; nothing typed is lost.")}, status=403)
    return kept_page(request, status=403)


def _is_own(request: HttpRequest) -> bool:
    return request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"


def server_error(request: HttpRequest) -> HttpResponse:
    if problems.is_api(request):
        return problems.answer(500)
    return HttpResponse(render_to_string("500.html"), status=500)  # no context: its processors may be what failed
