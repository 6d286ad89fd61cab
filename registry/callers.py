"""Where a request came from."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """The address a request came from: what the outermost of our own proxies saw, not what the sender claims."""
    peer = request.META.get("REMOTE_ADDR", "")
    claimed = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    if settings.PROXIES and len(claimed) >= settings.PROXIES:
        peer = claimed[-settings.PROXIES]
    try:
        return str(ip_address(peer))
    except ValueError:
        return request.META.get("REMOTE_ADDR") or "0.0.0.0"
