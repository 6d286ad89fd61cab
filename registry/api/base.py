"""The base of all API views: the scope of a request, and the check of its parameters."""

import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from django.http import Http404
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.views import APIView

from registry.access.scope import BadInput, Scope, read_scope

SCOPED = ("area", "as_of")


class Negotiation(DefaultContentNegotiation):
    """`format` in the address decides. Without it the “Accept” header does, unless it accepts any type."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        if request.query_params.get("format") or "*/*" in request.META.get("HTTP_ACCEPT", "*/*"):
            return renderers[0], renderers[0].media_type
        return super().select_renderer(request, renderers, format_suffix)


class ApiView(APIView):
    """Base view of the API. `accepted` are the parameters it takes."""

    accepted: tuple[str, ...] = (*SCOPED, "format")
    formats: tuple[str, ...] = ("json",)
    content_negotiation_class = Negotiation

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        method = str(request.method)
        if not hasattr(self, method.lower()):
            raise MethodNotAllowed(method)
        check_parameters(request.query_params, self.parameters())
        for value in kwargs.values():
            if not str(value).isprintable():
                raise Http404
        self.file_format = choice_parameter(request.query_params, "format", self.formats)

    @property
    def is_reading(self) -> bool:
        """Whether the request only reads. The schema generator calls this without a request."""
        request = getattr(self, "request", None)
        return request is None or request.method in SAFE_METHODS

    def parameters(self) -> tuple[str, ...]:
        return self.accepted

    def scope(self, request: Request) -> Scope:
        return read_scope(request.query_params, request.user)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Every answer must be revalidated; unchanged, it costs a 304. The answer to an account is never cached."""
        response = super().finalize_response(request, response, *args, **kwargs)
        user = getattr(request, "_user", None)
        if user is not None and user.is_authenticated:
            patch_cache_control(response, private=True, no_store=True)
        else:
            patch_cache_control(response, no_cache=True)
        return response


def check_parameters(parameters: Any, accepted: Iterable[str]) -> None:
    """Raises BadInput for a parameter that is unknown, is given twice, or holds unusable text."""
    accepted = tuple(accepted)
    for name, values in parameters.lists():
        if name not in accepted:
            raise unknown_name(name, values[-1], accepted, _("There is no parameter “%(name)s” here. %(hint)s"))
        if len(values) > 1:
            raise BadInput(name, ", ".join(values), _("It is given more than once. Give it once."), "given_twice")
        if not values[0]:
            raise BadInput(name, "", _("It is given without a value. Leave it out, or give it one."), "empty")
        if any(unicodedata.category(character) in ("Cc", "Cs") for character in values[0]):
            raise BadInput(name, "", _("It holds characters that are no text. Take them out."), "no_text")


def unknown_name(name: str, value: str, accepted: Iterable[str], sentence: str, field: str = "") -> BadInput:
    """The error for an unknown name, with similar names, or else all names, as a hint."""
    accepted = list(accepted)
    near = get_close_matches(name, accepted)
    hint = _("Did you mean: %(names)s?") if near else _("There are: %(names)s.")
    text = sentence % {"name": name, "hint": hint % {"names": ", ".join(near or accepted) or "—"}}
    return BadInput(field or name, value, text, "unknown")


def choice_parameter(parameters: Any, name: str, values: tuple[str, ...]) -> str:
    """The value of a parameter with a fixed list of values; the first of them if it is not given."""
    value = parameters.get(name, values[0])
    if value not in values:
        raise unknown_name(value, value, values, _("“%(name)s” does not exist here. %(hint)s"), field=name)
    return value


def check_names(parameters: Any, name: str, accepted: Iterable[str]) -> tuple[str, ...]:
    """The names that a parameter lists, separated by commas. Each must be accepted, and none may be empty."""
    accepted = tuple(accepted)
    names = tuple(dict.fromkeys(parameters[name].split(","))) if name in parameters else ()
    for item in names:
        if item not in accepted:
            raise unknown_name(item, item, accepted, _("“%(name)s” does not exist here. %(hint)s"), field=name)
    return names
