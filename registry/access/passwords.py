"""The password rules beyond Django's own; see `password_rules` in the settings."""

import string
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

KINDS = (string.ascii_lowercase, string.ascii_uppercase, string.digits)


class DiffersFromPresent:
    """A new password must differ from the current one."""

    def validate(self, password: str, user: Any = None) -> None:
        if user is not None and user.password and user.check_password(password):
            raise ValidationError(_("This is the password in use. Choose another one."), code="password_in_use")

    def get_help_text(self) -> str:
        return _("It is not the password in use.")


class KindsOfCharacter:
    """A password must contain `least` of: small letters, capital letters, digits, other characters."""

    def __init__(self, least: int = 3):
        self.least = least

    def validate(self, password: str, user: Any = None) -> None:
        kinds = sum(any(letter in kind for letter in password) for kind in KINDS)
        kinds += any(all(letter not in kind for kind in KINDS) for letter in password)
        if kinds < self.least:
            raise ValidationError(
                _("The password has %(found)s kinds of character. Use at least %(least)s of: small letters, capital "
                  "letters, digits, other characters."),
                code="password_kinds",
                params={"found": kinds, "least": self.least},
            )  # fmt: skip

    def get_help_text(self) -> str:
        return _("It has at least %(least)s of: small letters, capital letters, digits, other characters.") % {
            "least": self.least
        }
