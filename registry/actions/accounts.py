"""Accounts: added, changed and switched off by the accounts above them. Each person changes their own password and
settings."""

import secrets
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from registry.access.permissions import WRITES, contains_district, may, roles_below
from registry.models import Area, AreaLevel, Role, User, district_area
from registry.models.base import in_area_q
from registry.text.area_codes import DISTRICT
from registry.text.refusals import Refused, raise_first

from .records import ChangeSet, changes_between, locked, newest_event

LOGGED_COLUMNS = ("username", "display_name", "role", "read_prefix", "write_prefix", "is_active")
GIVEN_ONCE = {"username", "password"}
MOST_VIEWS, LONGEST_NAME = 20, 40
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # no two of these are easily confused


def accounts_below(by: Any) -> QuerySet[User]:
    """The accounts `by` manages: of a lower role, inside the own area, never the own account."""
    rows = User.objects.filter(role__in=roles_below(by), is_superuser=False).exclude(pk=by.pk).order_by("username")
    if by.is_superuser:
        return rows
    written = Q(write_prefix="") | in_area_q(by.write_prefix, "write_prefix")
    return rows.filter(in_area_q(by.write_prefix, "read_prefix"), written, reads_all_areas=False)


def areas_below(by: Any) -> QuerySet[Area]:
    """The areas `by` may give to an account: the own area and those directly inside it; in a larger area than a
    district, townships too."""
    own = by.write_prefix or (district_area() if by.is_superuser else "")
    areas = Area.objects.visible_to(by).existing(timezone.localdate()).filter(in_area_q(own, "code"))
    inside = Q(code=own) | Q(parent=own)
    if 0 < len(own) < DISTRICT:
        inside |= Q(level__in=(AreaLevel.DISTRICT, AreaLevel.TOWNSHIP))
    return areas.filter(inside).select_related("parent").order_by("code")


def refusals_to_manage(account: User, *, by: Any) -> Iterator[Refused]:
    """All refusals against `by` managing `account`."""
    if account == by:
        yield Refused("own_account")
    elif not may(by, "account.manage", account):
        yield Refused("account_above")


def refusals_to_give(role: str, area: str, *, by: Any) -> Iterator[Refused]:
    """All refusals against `by` giving an account this role in this area."""
    if not may(by, "account.manage"):
        yield Refused("not_allowed")
    if role not in roles_below(by):
        yield Refused("role_above")
    inside = by.is_superuser or (by.write_prefix and area.startswith(by.write_prefix))
    if not inside or not Area.objects.unscoped("whether there is one").filter(code=area).exists():
        yield Refused("area_outside")
    if role == Role.ADMIN and not contains_district(area):
        yield Refused("administrator_below_district")


def require_password(user: User, password: str) -> None:
    """Raises Refused if this is not the current password of `user`."""
    if not user.check_password(password):
        raise Refused("password_wrong")


def _logged_fields(account: User) -> dict[str, Any]:
    return {name: getattr(account, name) for name in LOGGED_COLUMNS}


def _place(account: User, role: str, area: str) -> None:
    account.role, account.read_prefix = role, area
    account.write_prefix = area if role in WRITES else ""
    account.is_staff = role == "admin"


def _random_password() -> str:
    """Three groups of four characters: easy to read out over the telephone, and valid under every password rule."""
    while True:
        groups = ["".join(secrets.choice(LETTERS) for _index in range(4)) for _group in range(3)]
        if any(letter.isdigit() for letter in "".join(groups)) and any(map(str.isalpha, "".join(groups))):
            return "-".join(groups)


def add_account(username: str, *, display_name: str, role: str, area: str, by: Any) -> tuple[User, str]:
    """Adds an account with a first password, which is shown once and must be changed. Raises ValidationError for an
    invalid or existing user name."""
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
    ChangeSet(by).log("add_account", account, changes_between({}, _logged_fields(account)))
    return account


@transaction.atomic
def change_account(account: User, *, display_name: str, role: str, area: str, by: Any) -> User:
    """Changes name, role or area. Another role ends all sessions and tokens. The account before and after must be below
    `by`."""
    account = locked(account)
    raise_first(refusals_to_manage(account, by=by))
    raise_first(refusals_to_give(role, area, by=by))
    before = _logged_fields(account)
    account.display_name = display_name
    if role != account.role:
        account.sessions_ended += 1
    if (role, area) != (account.role, account.read_prefix):
        _place(account, role, area)
    account.full_clean(exclude=GIVEN_ONCE)
    account.save()
    if changes := changes_between(before, _logged_fields(account)):
        ChangeSet(by).log("change_account", account, changes)
    return account


@transaction.atomic
def switch_account(account: User, *, on: bool, by: Any) -> User:
    """Switches an account on or off. Off: nobody signs in with it, and all its sessions and tokens end. It is never
    deleted, because events refer to it."""
    account = locked(account)
    raise_first(refusals_to_manage(account, by=by))
    if account.is_active != on:
        account.is_active = on
        account.sessions_ended += 1
        account.save()
        ChangeSet(by).log("switch_account", account, {"is_active": [not on, on]})
    return account


def reset_password(account: User, *, by: Any) -> str:
    """Sets a new random password, shown once, that must be changed. Ends all sessions and tokens of the account."""
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
    ChangeSet(by).log(verb, account, {})
    return account


@transaction.atomic
def end_sessions(account: User, *, by: Any) -> User:
    """Ends all sessions and tokens at once, of the own account or one below."""
    account = locked(account)
    if account != by:
        raise_first(refusals_to_manage(account, by=by))
    account.sessions_ended += 1
    account.save()
    ChangeSet(by).log("end_sessions", account, {})
    return account


def choose_password(user: User, password: str, *, present: str, by: Any) -> User:
    """Sets the own new password, given the current one. Ends all other sessions and all tokens. Raises ValidationError
    with every rule it breaks."""
    if user != by:
        raise Refused("not_allowed")
    require_password(user, present)
    validate_password(password, user)
    return _give_password(user, make_password(password), "choose_password", by)


@transaction.atomic
def set_wishes(
    user: User,
    *,
    email: str,
    wants_digest: bool,
    large_type: bool,
    wants_news_mail: bool = False,
    language: str = settings.LANGUAGE_CODE,
    by: Any,
) -> User:
    """Sets e-mail address, mails and their language, and text size of the own account; this logs no event."""
    if user != by:
        raise Refused("not_allowed")
    user = locked(user)
    if wants_news_mail and not user.wants_news_mail:
        user.news_mailed_to = newest_event()  # what was before is not mailed
    user.email, user.wants_digest, user.large_type = email, wants_digest, large_type
    user.wants_news_mail, user.language = wants_news_mail, language
    user.full_clean(exclude=GIVEN_ONCE)
    user.save()
    return user


@transaction.atomic
def save_view(user: User, name: str, query: str) -> None:
    """Saves the filters of the own account's sites under a name; this logs no event."""
    user, name = locked(user), name.strip()[:LONGEST_NAME]
    if not name:
        raise Refused("name_missing")
    if len(user.saved_views) >= MOST_VIEWS and name not in user.saved_views:
        raise Refused("views_many", most=MOST_VIEWS)
    user.saved_views = {**user.saved_views, name: query}
    user.save(update_fields=["saved_views"])


@transaction.atomic
def remove_view(user: User, name: str) -> None:
    """Removes one of the own account's saved views; this logs no event."""
    user = locked(user)
    user.saved_views = {other: query for other, query in user.saved_views.items() if other != name}
    user.save(update_fields=["saved_views"])


def mark_news_read(user: User, until: datetime) -> None:
    """Marks the news up to that time as read by the own account; this logs no event."""
    unread = Q(news_seen_at=None) | Q(news_seen_at__lt=until)
    User.objects.filter(unread, pk=user.pk).update(news_seen_at=until)
