"""API tokens of accounts: stored as hashes, never with more permissions than the account, and with an end date."""

from copy import copy
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Length
from django.db.models.lookups import In
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.text import area_codes

from .accounts import User
from .base import PlainText
from .district import district_area


class TokenScope(models.TextChoices):
    """The scope of a token. A token may have several."""

    READ = "read", _("Read")
    WRITE = "write", _("Add, change and move records on")
    LOAD = "load", _("Send files to be loaded")


class ApiTokenQuerySet(models.QuerySet):
    def usable(self, now: datetime) -> Self:
        """Tokens that are neither expired nor revoked, of accounts unchanged since the token was made."""
        rank = Case(When(owner__is_superuser=True, then=Value("superuser")), default=F("owner__role"))
        unchanged = Q(owner__sessions_ended=F("sessions_ended"), owner_rank=rank, owner__is_active=True)
        return self.filter(unchanged, revoked_at=None, expires_at__gt=now)


class ApiToken(PlainText):
    """A program's token for the account `owner`, or less: limited to `area`, and to `addresses`. The token itself is
    shown once and not stored; `prefix` is its beginning, to identify it. It ends together with the sessions of the
    account (a new password, a second factor, being switched off, "end all sessions") and with a change of role:
    `sessions_ended` and `owner_rank` are those of the account when the token was made."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="tokens", verbose_name=_("account")
    )
    name = models.CharField(_("name"), max_length=60)
    prefix = models.CharField(_("begins with"), max_length=12)
    hash = models.CharField(_("SHA-256"), max_length=64)
    can_read = models.BooleanField(_("reads"), default=True)
    can_write = models.BooleanField(_("writes"), default=False)
    can_load = models.BooleanField(_("loads files"), default=False)
    area = models.CharField(_("only in the area"), max_length=12, blank=True)
    addresses = models.CharField(_("only from the addresses"), max_length=400, blank=True)
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("made by"))
    sessions_ended = models.PositiveIntegerField(_("times all sessions had been ended"), editable=False)
    owner_rank = models.CharField(_("role of the account when it was made"), max_length=12, editable=False)
    expires_at = models.DateTimeField(_("valid until"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)
    last_used_from = models.CharField(_("last used from"), max_length=45, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("token")
        verbose_name_plural = _("tokens")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["hash"], name="token_hash_once"),
            models.CheckConstraint(condition=In(Length("area"), (0, *area_codes.LENGTHS)), name="token_area_length"),
            models.CheckConstraint(
                condition=Q(can_read=True) | Q(can_write=True) | Q(can_load=True), name="token_does_something"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def scopes(self) -> list[TokenScope]:
        return [scope for scope in TokenScope if self.allows(scope)]

    def allows(self, scope: str) -> bool:
        return bool(getattr(self, f"can_{scope}"))

    @property
    def is_over(self) -> bool:
        return self.expires_at <= timezone.now()

    @property
    def has_ended(self) -> bool:
        """Whether the account changed since the token was made, so that it is invalid."""
        now = (self.owner.sessions_ended, self.owner.rank, True)
        return (self.sessions_ended, self.owner_rank, self.owner.is_active) != now

    @property
    def account(self) -> User:
        """The account the program acts as: limited to the token's area. Never to be saved."""
        area = self.area or (district_area() if self.owner.is_superuser else "")
        acting = self.owner.within(area) if area else copy(self.owner)
        if not (self.can_write or self.can_load):
            acting.write_prefix = ""
        return acting

    def is_used_from(self, address: str) -> bool:
        """Whether the token may be used from this address."""
        networks = [ip_network(network) for network in self.addresses.split()]
        return not networks or any(ip_address(address) in network for network in networks)
