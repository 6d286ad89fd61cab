"""Authentication by token or session, and the scope of a token."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied, Throttled
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from registry.access.client_ip import client_ip
from registry.access.second_factor import lacks_second_factor
from registry.actions.tokens import recognise
from registry.api.throttles import spend_by_address
from registry.models import ApiToken, TokenScope, User
from registry.text.refusals import Refused

KEYWORD = "Token"


class TokenAuthentication(BaseAuthentication):
    """Reads `Authorization: Token …`. The account is the token's, limited to the token's scope. Any other content of
    the header is a 401."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        if "Authorization" not in request.headers:
            return None
        try:
            token = recognise(_token_in(request.headers["Authorization"]), address=client_ip(request))
        except Refused as refusal:
            wait = spend_by_address(request)
            if wait:
                raise Throttled(wait) from refusal
            raise AuthenticationFailed(str(refusal), refusal.code) from refusal
        return token.account, token

    def authenticate_header(self, request: Request) -> str:
        return KEYWORD


def _token_in(header: str) -> str:
    """Raises Refused for another scheme: an unreadable credential is not treated as anonymous."""
    keyword, _space, text = header.partition(" ")
    if keyword.lower() != KEYWORD.lower():
        raise Refused("authorization_unread")
    return text.strip()


class DeskSession(SessionAuthentication):
    """The session of the pages. An account that must first choose a password or set up its second factor is anonymous
    here."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        credentials = super().authenticate(request)
        if credentials is None or not (credentials[0].needs_new_password or lacks_second_factor(credentials[0])):
            return credentials
        if request.method in SAFE_METHODS:
            return None
        refusal = Refused("desk_first")
        raise PermissionDenied(str(refusal), refusal.code)


class WithinToken(BasePermission):
    """A write needs an account, and a token needs the scope. The actions themselves check the permissions of the
    account."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not hasattr(view, str(request.method).lower()):
            return True  # nobody may: the answer is a 404 for this action
        if not isinstance(request.auth, ApiToken):
            return request.method in SAFE_METHODS or request.user.is_authenticated
        usual = TokenScope.READ if request.method in SAFE_METHODS else TokenScope.WRITE
        scope = getattr(view, "token_scope", usual)
        if request.auth.allows(scope):
            return True
        refusal = Refused("token_scope", scope=TokenScope(scope).label)
        raise PermissionDenied(str(refusal), refusal.code)


class TokenInSchema(OpenApiAuthenticationExtension):
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        description = "`Token` and the text of a token, made on the desk."
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": description}


class SessionInSchema(OpenApiAuthenticationExtension):
    target_class = DeskSession
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
