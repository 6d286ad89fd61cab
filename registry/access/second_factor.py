"""The second factor of an account: authenticator codes (TOTP) and recovery codes."""

from base64 import b32encode
from typing import Any

import segno
from django.conf import settings
from django.utils.crypto import salted_hmac
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from registry.access.permissions import decides


def has_second_factor(user: Any) -> bool:
    return TOTPDevice.objects.filter(user=user, confirmed=True).exists()


def lacks_second_factor(user: Any) -> bool:
    """Whether `user` must set up a second factor first: required of roles that decide, if the district requires it."""
    return settings.SECOND_FACTOR == "required" and decides(user) and not has_second_factor(user)


def device_being_set_up(user: Any) -> TOTPDevice | None:
    return TOTPDevice.objects.filter(user=user, confirmed=False).first()


def recovery_codes_left(user: Any) -> int:
    device = StaticDevice.objects.filter(user=user).first()
    return device.token_set.count() if device else 0


def picture_of(device: TOTPDevice) -> str:
    """The QR code for an authenticator, as a data URI; nothing is fetched from other hosts."""
    return segno.make(device.config_url, error="m").svg_data_uri(scale=5, border=4, light="#fff")


def secret_of(device: TOTPDevice) -> str:
    """The secret for typing, in groups of four."""
    text = b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def hash_recovery_code(code: str) -> str:
    """The stored hash of a recovery code: the database alone is not enough to sign in."""
    return salted_hmac("registry.recovery-code", code, algorithm="sha256").hexdigest()[:16]
