"""One log line a request. Addresses are logged without what follows the question mark, which may name people."""

import logging
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

logger = logging.getLogger("registry.requests")
LONGEST = 300


class RequestLog:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        begun = time.monotonic()
        response = self.get_response(request)
        if logger.isEnabledFor(logging.INFO):
            account = getattr(request, "_cached_user", None)  # asked for by nobody: then it is not read for the log
            logger.info(
                "request",
                extra={
                    "method": request.method,
                    "path": request.path[:LONGEST],
                    "status": response.status_code,
                    "ms": round((time.monotonic() - begun) * 1000),
                    "account": account.get_username() if account is not None else "",
                },
            )
        return response
