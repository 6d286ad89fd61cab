"""The second factor of an account: set up by its owner, required at sign-in, removed by the owner or an account
above."""

import re
import secrets
import unicodedata
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.timezone import localtime
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from registry.access.permissions import decides
from registry.access.second_factor import device_being_set_up, has_second_factor, hash_recovery_code
from registry.models import User
from registry.text.refusals import Refused, raise_first

from .accounts import LETTERS, refusals_to_manage, require_password
from .records import ChangeSet

RECOVERY_CODES = 10


@transaction.atomic
def begin_second_factor(user: User, *, by: Any) -> TOTPDevice:
    """Creates a new secret, which is not required until a code of it was entered. Calling it twice has no further
    effect."""
    if user != by:
        raise Refused("not_allowed")
    User.objects.select_for_update().get(pk=user.pk)
    return device_being_set_up(user) or TOTPDevice.objects.create(user=user, name="authenticator", confirmed=False)


def confirm_second_factor(user: User, code: str, *, by: Any) -> list[str]:
    """Confirms the authenticator with its first code. Replaces an older one, ends all other sessions and all tokens,
    and returns the recovery codes, which are shown once."""
    device = device_being_set_up(user)
    if user != by or device is None:
        raise Refused("not_allowed")
    _require_code(TOTPDevice, device.pk, _plain(code))
    with transaction.atomic():
        TOTPDevice.objects.filter(user=user, confirmed=True).delete()
        TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
        account = User.objects.select_for_update().get(pk=user.pk)
        account.sessions_ended += 1
        account.save()
        user.sessions_ended = account.sessions_ended
        ChangeSet(by).log("add_second_factor", user, {})
        return _new_codes(user)


def renew_recovery_codes(user: User, *, password: str, by: Any) -> list[str]:
    """Creates ten new recovery codes; the old ones become invalid."""
    if user != by or not has_second_factor(user):
        raise Refused("not_allowed")
    require_password(user, password)  # before the transaction: hashing takes a while
    with transaction.atomic():
        ChangeSet(by).log("renew_recovery_codes", user, {})
        return _new_codes(user)


def _new_codes(user: User) -> list[str]:
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="recovery codes")
    codes = ["".join(secrets.choice(LETTERS) for _index in range(10)) for _code in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=hash_recovery_code(code)) for code in codes)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def use_code(user: User, code: str) -> None:
    """Checks a code of the authenticator, or a recovery code; each is valid once. Raises Refused("code_wrong"), or
    Refused("code_wait") after too many wrong ones: one second after the first, then twice as long each time."""
    code = _plain(code)
    model = TOTPDevice if re.fullmatch(r"\d{6}", code, re.ASCII) else StaticDevice
    device = model.objects.filter(user=user, confirmed=True).first()
    if device is None:
        raise Refused("code_wrong")
    _require_code(model, device.pk, code if model is TOTPDevice else hash_recovery_code(code))
    if model is StaticDevice:
        ChangeSet(user).log("use_recovery_code", user, {})


def _plain(code: str) -> str:
    return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", code)).lower()


def _require_code(model: type[TOTPDevice] | type[StaticDevice], pk: int, code: str) -> None:
    """The counter of wrong codes must be committed, so the refusal is raised after the transaction."""
    with transaction.atomic():
        device = model.objects.select_for_update().get(pk=pk)
        allowed, why = device.verify_is_allowed()
        good = allowed and device.verify_token(code)
    if not allowed:
        raise Refused("code_wait", when=f"{localtime(why['locked_until']):%H:%M:%S}")
    if not good:
        raise Refused("code_wrong")


def refusals_to_remove_second_factor(account: User, *, by: Any) -> Iterator[Refused]:
    """All refusals against removing the second factor of `account`."""
    if account != by:
        yield from refusals_to_manage(account, by=by)
    elif settings.SECOND_FACTOR == "required" and decides(account):
        yield Refused("factor_required")
    if not has_second_factor(account):
        yield Refused("no_second_factor")


def remove_second_factor(account: User, *, by: Any, password: str = "") -> User:
    """Removes the authenticator and the recovery codes: the own ones, with the password; or, if they are lost, by an
    account above, which ends all sessions of the account."""
    raise_first(refusals_to_remove_second_factor(account, by=by))
    if account == by:
        require_password(account, password)
    return _remove(account, by)


@transaction.atomic
def _remove(account: User, by: Any) -> User:
    TOTPDevice.objects.filter(user=account).delete()
    StaticDevice.objects.filter(user=account).delete()
    if account != by:
        account = User.objects.select_for_update().get(pk=account.pk)
        account.sessions_ended += 1
        account.save()
    ChangeSet(by).log("remove_second_factor", account, {})
    return account
