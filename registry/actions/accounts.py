"""Accounts: added, changed, switched off by those above them; each person looks after their own password and wishes."""

import secrets
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from registry.access.permissions import WRITES, contains_district, may, roles_below
from registry.models import Area, Role, User
from registry.models.base import in_area_q
from registry.text.refusals import Refused, raise_first

from .records import ChangeSet, changes_between, locked

TOLD = ("username", "display_name", "role", "read_prefix", "write_prefix", "is_active")
GIVEN_ONCE = {"username", "password"}
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is easily taken for another


def accounts_below(by: Any) -> QuerySet[User]:
    """The accounts `by` looks after: of a lower role, inside the own area, never the own one."""
    rows = User.objects.filter(role__in=roles_below(by), is_superuser=False).exclude(pk=by.pk).order_by("username")
    if by.is_superuser:
        return rows
    written = Q(write_prefix="") | in_area_q(by.write_prefix, "write_prefix")
    return rows.filter(in_area_q(by.write_prefix, "read_prefix"), written, reads_all_areas=False)


def areas_below(by: Any) -> QuerySet[Area]:
    """The areas `by` may give to an account: the own one and what lies directly inside."""
    own = by.write_prefix or (settings.DISTRICT_AREA if by.is_superuser else "")
    areas = Area.objects.visible_to(by).existing(timezone.localdate()).filter(in_area_q(own, "code"))
    return areas.filter(Q(code=own) | Q(parent=own)).order_by("code")


def refusals_to_manage(account: User, *, by: Any) -> Iterator[Refused]:
    """Everything that stands against `by` looking after `account`."""
    if account == by:
        yield Refused("own_account")
    elif not may(by, "account.manage", account):
        yield Refused("account_above")


def refusals_to_give(role: str, area: str, *, by: Any) -> Iterator[Refused]:
    """Everything that stands against `by` giving an account this role in this area."""
    if not may(by, "account.manage"):
        yield Refused("not_allowed")
    if role not in roles_below(by):
        yield Refused("role_above")
    inside = by.is_superuser or (by.write_prefix and area.startswith(by.write_prefix))
    if not inside or not Area.objects.unscoped("whether there is one").filter(code=area).exists():
        yield Refused("area_outside")
    if role == Role.ADMIN and not contains_district(area):
        yield Refused("administrator_below_district")


def insist_on_password(user: User, password: str) -> None:
    """Raises Refused if this is not the present password of `user`."""
    if not user.check_password(password):
        raise Refused("password_wrong")


def _told(account: User) -> dict[str, Any]:
    return {name: getattr(account, name) for name in TOLD}


def _place(account: User, role: str, area: str) -> None:
    account.role, account.read_prefix = role, area
    account.write_prefix = area if role in WRITES else ""
    account.is_staff = role == "admin"


def _random_password() -> str:
    """Three groups of four: read out over the telephone without mistakes, and good under every rule for passwords."""
    while True:
        groups = ["".join(secrets.choice(LETTERS) for _each in range(4)) for _group in range(3)]
        if any(letter.isdigit() for letter in "".join(groups)) and any(map(str.isalpha, "".join(groups))):
            return "-".join(groups)


def add_account(username: str, *, display_name: str, role: str, area: str, by: Any) -> tuple[User, str]:
    """A new account with its first password, which is told once and must be changed. Raises ValidationError for a user
    name that is taken or has other characters."""
    raise_first(refusals_to_give(role, area, by=by))
    password = _random_password()
    account = User(username=username, display_name=display_name, must_change_password=True)
    _place(account, role, area)
    account.set_password(password)  # before the transaction: hashing takes a while
    return _add(account, by), password


@transaction.atomic
def _add(account: User, by: Any) -> User:
    account.full_clean()
    account.save()
    ChangeSet(by).tell("add_account", account, changes_between({}, _told(account)))
    return account


@transaction.atomic
def change_account(account: User, *, display_name: str, role: str, area: str, by: Any) -> User:
    """Another name, role or area; another role ends all sessions and tokens. Both the account as it is and as it
    becomes must be below `by`."""
    account = locked(account)
    raise_first(refusals_to_manage(account, by=by))
    raise_first(refusals_to_give(role, area, by=by))
    before = _told(account)
    account.display_name = display_name
    if role != account.role:
        account.sessions_ended += 1
    if (role, area) != (account.role, account.read_prefix):
        _place(account, role, area)
    account.full_clean(exclude=GIVEN_ONCE)
    account.save()
    if changes := changes_between(before, _told(account)):
        ChangeSet(by).tell("change_account", account, changes)
    return account


@transaction.atomic
def switch_account(account: User, *, on: bool, by: Any) -> User:
    """Off: nobody signs in with it, and all its sessions and tokens end. It is never deleted, for events name it."""
    account = locked(account)
    raise_first(refusals_to_manage(account, by=by))
    if account.is_active != on:
        account.is_active = on
        account.sessions_ended += 1
        account.save()
        ChangeSet(by).tell("switch_account", account, {"is_active": [not on, on]})
    return account


def reset_password(account: User, *, by: Any) -> str:
    """A new random password, told once, that must be changed; ends all sessions and tokens of the account."""
    raise_first(refusals_to_manage(account, by=by))
    password = _random_password()
    _give_password(account, make_password(password), "reset_password", by)
    return password


@transaction.atomic
def _give_password(account: User, hashed: str, verb: str, by: Any) -> User:
    account = locked(account)
    if account != by:
        raise_first(refusals_to_manage(account, by=by))
    account.take_password(hashed)
    account.must_change_password, account.password_changed_at = account != by, timezone.now()
    account.save()
    ChangeSet(by).tell(verb, account, {})
    return account


@transaction.atomic
def end_sessions(account: User, *, by: Any) -> User:
    """Signs the account out everywhere, at once, its programs too: one's own, or one below."""
    account = locked(account)
    if account != by:
        raise_first(refusals_to_manage(account, by=by))
    account.sessions_ended += 1
    account.save()
    ChangeSet(by).tell("end_sessions", account, {})
    return account


def choose_password(user: User, password: str, *, present: str, by: Any) -> User:
    """One's own new password, by who knows the present one; ends all other sessions and all tokens. Raises
    ValidationError with every rule it breaks."""
    if user != by:
        raise Refused("not_allowed")
    insist_on_password(user, present)
    validate_password(password, user)
    return _give_password(user, make_password(password), "choose_password", by)


@transaction.atomic
def set_wishes(user: User, *, email: str, wants_digest: bool, large_type: bool, by: Any) -> User:
    """How the registry looks and writes to oneself; no event tells of it."""
    if user != by:
        raise Refused("not_allowed")
    user = locked(user)
    user.email, user.wants_digest, user.large_type = email, wants_digest, large_type
    user.full_clean(exclude=GIVEN_ONCE)
    user.save()
    return user
