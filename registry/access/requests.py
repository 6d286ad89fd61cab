"""The requests that views get, with what the middleware adds. They are types alone: no object is made of them."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from registry.models import User


class PageRequest(HttpRequest):
    """A request of a page, of which htmx may ask for a part."""

    htmx: HtmxDetails


class SignedInRequest(PageRequest):
    """A request of somebody who is signed in: what `asks_for` lets through."""

    user: User
