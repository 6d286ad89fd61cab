"""Attempts to write what one may not: each is an event."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from registry.actions.access_log import log_refusal

READING = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
FOR_LACK_OF_RIGHT = frozenset({"not_allowed", "outside", "own_work", "account_above", "own_account"})


class RefusedAttempts:
    """Tells of a request that was to write and was answered with 401, 403 or 404, or whose act was refused for lack of
    right or scope. `refusal`, on the answer, is the code of the latter."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        refusal = getattr(response, "refusal", "")
        is_refused = response.status_code in (401, 403, 404) or refusal in FOR_LACK_OF_RIGHT
        if request.method not in READING and is_refused and request.resolver_match is not None:
            match, arguments = request.resolver_match, request.resolver_match.kwargs
            code = next((str(arguments[name]) for name in ("code", "key", "object_id", "pk") if name in arguments), "")
            log_refusal(
                view=(match.view_name or match.route)[:60], code=code, method=request.method or "",
                status=response.status_code, refusal=refusal, by=request.user,
            )  # fmt: skip
        return response
