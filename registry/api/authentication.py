"""Who asks: a program with a token, a person with a session, or anybody. And what the token is for."""

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
    """`Authorization: Token …`. The account that acts is the token's, narrowed to what the token is bound to. Any other
    content of the header is a 401."""

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
    """Raises Refused for another scheme: who shows what we cannot read is not taken for nobody."""
    keyword, _space, text = header.partition(" ")
    if keyword.lower() != KEYWORD.lower():
        raise Refused("authorization_unread")
    return text.strip()


class DeskSession(SessionAuthentication):
    """The session of the pages. An account that has to choose a password or set up its second factor first is nobody
    here until it did."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        found = super().authenticate(request)
        if found is None or not (found[0].needs_new_password or lacks_second_factor(found[0])):
            return found
        if request.method in SAFE_METHODS:
            return None
        refusal = Refused("desk_first")
        raise PermissionDenied(str(refusal), refusal.code)


class WithinToken(BasePermission):
    """Whoever writes is known, and a token does what it was made for. What the account may do is asked by the acts."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not hasattr(view, str(request.method).lower()):
            return True  # nobody may: the answer is that there is no such act here
        if not isinstance(request.auth, ApiToken):
            return request.method in SAFE_METHODS or request.user.is_authenticated
        usual = TokenScope.READ if request.method in SAFE_METHODS else TokenScope.WRITE
        wanted = getattr(view, "token_scope", usual)
        if request.auth.allows(wanted):
            return True
        refusal = Refused("token_scope", scope=TokenScope(wanted).label)
        raise PermissionDenied(str(refusal), refusal.code)


class TokenInSchema(OpenApiAuthenticationExtension):
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        said = "`Token` and the text of a token, made on the desk."
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": said}


class SessionInSchema(OpenApiAuthenticationExtension):
    target_class = DeskSession
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
