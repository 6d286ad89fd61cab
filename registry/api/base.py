"""What every address of the API shares: the scope of the question, and no parameter passed over in silence."""

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
    """`format` in the address decides; “Accept” is asked only where there is none, and where it is not content with
    anything."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        if request.query_params.get("format") or "*/*" in request.META.get("HTTP_ACCEPT", "*/*"):
            return renderers[0], renderers[0].media_type
        return super().select_renderer(request, renderers, format_suffix)


class ApiView(APIView):
    """A view of the API. `known` are the parameters it takes; `of(request)` may name more."""

    known: tuple[str, ...] = (*SCOPED, "format")
    formats: tuple[str, ...] = ("json",)
    content_negotiation_class = Negotiation

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not hasattr(self, request.method.lower()):
            raise MethodNotAllowed(request.method)
        check_parameters(request.query_params, self.parameters())
        for value in kwargs.values():
            if not str(value).isprintable():
                raise Http404
        self.file_format = one_of(request.query_params, "format", self.formats)

    @property
    def is_reading(self) -> bool:
        """Whether nothing is sent; what describes the view asks it without any request."""
        request = getattr(self, "request", None)
        return request is None or request.method in SAFE_METHODS

    def parameters(self) -> tuple[str, ...]:
        return self.known

    def scope(self, request: Request) -> Scope:
        return read_scope(request.query_params, request.user)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """An answer is asked for again each time; unchanged, it costs a 304. What an account sees is kept nowhere."""
        response = super().finalize_response(request, response, *args, **kwargs)
        user = getattr(request, "_user", None)
        if user is not None and user.is_authenticated:
            patch_cache_control(response, private=True, no_store=True)
        else:
            patch_cache_control(response, no_cache=True)
        return response


def check_parameters(parameters: Any, known: Iterable[str]) -> None:
    """Raises BadInput for a parameter that is not known here, is given twice, or holds what no text holds."""
    known = tuple(known)
    for name, values in parameters.lists():
        if name not in known:
            raise unknown(name, values[-1], known, _("There is no parameter “%(name)s” here. %(hint)s"))
        if len(values) > 1:
            raise BadInput(name, ", ".join(values), _("It is given more than once. Give it once."), "given_twice")
        if not values[0]:
            raise BadInput(name, "", _("It is given without a value. Leave it out, or give it one."), "empty")
        if any(unicodedata.category(character) in ("Cc", "Cs") for character in values[0]):
            raise BadInput(name, "", _("It holds characters that are no text. Take them out."), "no_text")


def unknown(name: str, value: str, known: Iterable[str], sentence: str, field: str = "") -> BadInput:
    """The refusal of a name that does not exist, with the names that are near it, or else all there are."""
    known = list(known)
    near = get_close_matches(name, known)
    hint = _("Did you mean: %(names)s?") if near else _("There are: %(names)s.")
    text = sentence % {"name": name, "hint": hint % {"names": ", ".join(near or known) or "—"}}
    return BadInput(field or name, value, text, "unknown")


def one_of(parameters: Any, name: str, values: tuple[str, ...]) -> str:
    """The value of a parameter that has a few, the first of them where it is not given."""
    value = parameters.get(name, values[0])
    if value not in values:
        raise unknown(value, value, values, _("“%(name)s” does not exist here. %(hint)s"), field=name)
    return value


def check_names(parameters: Any, name: str, known: Iterable[str]) -> tuple[str, ...]:
    """The names a parameter lists, separated by commas alone; each must be known, and none is empty."""
    known = tuple(known)
    names = tuple(dict.fromkeys(parameters[name].split(","))) if name in parameters else ()
    for each in names:
        if each not in known:
            raise unknown(each, each, known, _("“%(name)s” does not exist here. %(hint)s"), field=name)
    return names
