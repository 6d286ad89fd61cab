"""Tokens of the REST API: created, revoked and recognised."""

import hashlib
import secrets
from collections.abc import Collection, Iterator
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from registry.access.second_factor import lacks_second_factor
from registry.models import ApiToken, Area, Role, TokenScope, User
from registry.models.base import in_area_q
from registry.text.refusals import Refused, raise_first

from .accounts import accounts_below, require_password
from .records import ChangeSet

MOST_DAYS = 365
MOST_TOKENS = 20
START = "fn_"
PREFIX_LENGTH = len(START) + 6
NOTED_EVERY = timedelta(minutes=1)  # how often the last use is saved


def owners_for(by: Any) -> QuerySet[User]:
    """The accounts `by` may create tokens for: the own one, and those of programs below."""
    below = accounts_below(by).filter(role=Role.API, is_active=True)
    return User.objects.filter(Q(pk=by.pk) | Q(pk__in=below.values("pk"))).order_by("username")


def tokens_for(by: Any) -> QuerySet[ApiToken]:
    """The tokens `by` sees and may revoke: the own ones, and those of the accounts below."""
    owners = Q(owner=by) | Q(owner__in=accounts_below(by).values("pk"))
    return ApiToken.objects.filter(owners).select_related("owner")


def areas_for(by: Any) -> QuerySet[Area]:
    """The areas a token may be limited to: the area of `by` and those directly inside."""
    areas = Area.objects.visible_to(by).existing(timezone.localdate())
    if by.reads_everything:
        return areas.filter(level="township").order_by("code")
    return areas.filter(in_area_q(by.read_prefix, "code")).filter(Q(code=by.read_prefix) | Q(parent=by.read_prefix))


def refusals_to_make_token(
    owner: User, *, scopes: Collection[str], area: str = "", days: int = MOST_DAYS, by: Any
) -> Iterator[Refused]:
    """All refusals against this token; empty if it may be created."""
    if not owners_for(by).filter(pk=owner.pk).exists():
        yield Refused("not_allowed")
    if not scopes:
        yield Refused("token_scope_missing")
    changes = set(scopes) & {TokenScope.WRITE, TokenScope.LOAD}
    if changes and not (owner.write_prefix or owner.is_superuser):
        yield Refused("token_beyond_account")
    reads = owner.reads_everything or (owner.read_prefix and area.startswith(owner.read_prefix))
    if area and not (reads and Area.objects.unscoped("whether there is one").filter(code=area).exists()):
        yield Refused("area_outside")
    if not 1 <= days <= MOST_DAYS:
        yield Refused("token_days", most=MOST_DAYS)
    if ApiToken.objects.filter(owner=owner).usable(timezone.now()).count() >= MOST_TOKENS:
        yield Refused("token_many", most=MOST_TOKENS)


def make_token(owner: User, *, password: str, by: Any, **options: Any) -> tuple[ApiToken, str]:
    """Creates a token. Returns it with its text, which is never shown again. `password` is that of `by`; in `options`,
    `addresses` are addresses or networks separated by spaces. Raises Refused."""
    require_password(by, password)  # before the transaction: it takes a while
    return _make_token(owner, by=by, **options)


@transaction.atomic
def _make_token(
    owner: User,
    *,
    name: str,
    scopes: Collection[str],
    area: str = "",
    days: int = MOST_DAYS,
    addresses: str = "",
    by: Any,
) -> tuple[ApiToken, str]:
    owner = User.objects.select_for_update().get(pk=owner.pk)
    raise_first(refusals_to_make_token(owner, scopes=scopes, area=area, days=days, by=by))
    text = START + secrets.token_urlsafe(32)
    token = ApiToken(
        owner=owner, name=name, prefix=text[:PREFIX_LENGTH], hash=hash_of(text), area=area, made_by=by,
        addresses=" ".join(_network(address) for address in addresses.replace(",", " ").split()),
        expires_at=timezone.now() + timedelta(days=days), sessions_ended=owner.sessions_ended, owner_rank=owner.rank,
        **{f"can_{scope}": scope in scopes for scope in TokenScope},
    )  # fmt: skip
    token.full_clean()
    token.save()
    changes = {"owner": [None, owner.username], "scopes": [None, " ".join(token.scopes)], "area": [None, area]}
    ChangeSet(by).log("add_token", token, changes)
    return token, text


def _network(text: str) -> str:
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        raise Refused("token_address", text=text[:60]) from None


@transaction.atomic
def revoke_token(token: ApiToken, *, by: Any) -> ApiToken:
    """Revokes the token. A second time has no effect."""
    token = ApiToken.objects.select_for_update(of=("self",)).select_related("owner").get(pk=token.pk)
    if not tokens_for(by).filter(pk=token.pk).exists():
        raise Refused("not_allowed")
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        ChangeSet(by).log("revoke_token", token, {})
    return token


def hash_of(text: str) -> str:
    """A fast hash is enough for 256 random bits."""
    return hashlib.sha256(text.encode()).hexdigest()


def recognise(text: str, *, address: str) -> ApiToken:
    """The token with this text, used from `address`. Raises Refused for an invalid or ended token, and for one of a
    person who must first choose a password or set up a second factor."""
    now = timezone.now()
    token = ApiToken.objects.usable(now).select_related("owner").filter(hash=hash_of(text)).first()
    if token is None:
        raise Refused("token_unknown")
    if not token.is_used_from(address):
        raise Refused("token_elsewhere", address=address)
    if lacks_second_factor(token.owner) or (token.owner.role != Role.API and token.owner.needs_new_password):
        raise Refused("desk_first")
    if token.last_used_at is None or now - token.last_used_at >= NOTED_EVERY or token.last_used_from != address:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now, last_used_from=address)
    return token
