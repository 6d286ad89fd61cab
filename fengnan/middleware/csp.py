"""What a browser may do with an answer."""

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from django.http import HttpRequest, HttpResponseBase

NOTHING = "default-src 'none'; frame-ancestors 'none'"
DATA = ("application/json", "application/geo+json", "application/problem+json")


class ContentPolicy(CSPMiddleware):
    """The policy of CONTENT_SECURITY_POLICY; answers for programs load nothing and lie in no frame."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.get("Content-Type", "").startswith(DATA):
            response.setdefault(HEADER, NOTHING)
            return response
        return super().process_response(request, response)
