"""Signing in at the identity provider of a district (OpenID Connect), where `OIDC_ISSUER` names one.

The provider says who somebody is, in place of the password. Accounts, roles and areas stay the portal's own, and so
does the second factor of an account that has one.
"""

import logging
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache

from registry.models import User
from registry.text.refusals import Refused

from .signing_in import pass_first_step

logger = logging.getLogger(__name__)
ONWARD = "oidc_onward"  # in the session: the page that was asked for


@cache
def provider() -> Any:
    """The client of the provider. Its addresses and keys come from its discovery document."""
    oauth = import_string("authlib.integrations.django_client.OAuth")()  # 30 MB, only where a provider is used
    return oauth.register(
        "oidc",
        client_id=settings.OIDC_CLIENT_ID,
        client_secret=settings.OIDC_CLIENT_SECRET,
        server_metadata_url=f"{settings.OIDC_ISSUER}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid profile", "code_challenge_method": "S256", "default_timeout": 10},
    )


@never_cache
def begin(request: HttpRequest) -> HttpResponse:
    """Leads to the provider's own page."""
    if not settings.OIDC_ISSUER:
        raise Http404
    onward = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(onward, {request.get_host()}, require_https=request.is_secure())
    request.session[ONWARD] = onward if is_ours else resolve_url(settings.LOGIN_REDIRECT_URL)
    try:
        return provider().authorize_redirect(request, request.build_absolute_uri(reverse("oidc-callback")))
    except Exception as error:  # network, discovery document and answer each have errors of their own
        return _not_signed_in(request, Refused("provider_failed"), error)


@never_cache
def callback(request: HttpRequest) -> HttpResponse:
    """Where the provider leads back to. Its claim must name an account that is here already and in use."""
    if not settings.OIDC_ISSUER:
        raise Http404
    onward = request.session.get(ONWARD) or reverse(settings.LOGIN_REDIRECT_URL)
    try:
        name = _name_of(request)
    except Exception as error:
        return _not_signed_in(request, Refused("provider_failed"), error)
    user = User.objects.filter(username=name, is_active=True).first() if name else None
    if user is None:
        return _not_signed_in(request, Refused("provider_unknown", name=name or "-"))
    return pass_first_step(request, user, onward, by_provider=True)


def _name_of(request: HttpRequest) -> str:
    """The user name in the signed answer of the provider, or else in its user info."""
    token = provider().authorize_access_token(request)
    claims = token.get("userinfo") or {}
    if settings.OIDC_CLAIM not in claims:
        claims = provider().userinfo(token=token)
    return str(claims.get(settings.OIDC_CLAIM) or "")


def _not_signed_in(request: HttpRequest, refusal: Refused, error: Exception | None = None) -> HttpResponse:
    if error is not None:
        logger.warning("signing in at the provider: %s: %s", type(error).__name__, error)
    context = {"form": AuthenticationForm(request), "refusal": refusal, "next": request.session.pop(ONWARD, "")}
    return render(request, "registration/login.html", context, status=502 if error else 403)
