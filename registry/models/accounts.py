"""Accounts: a role, and separate areas to read and to write."""

from copy import copy
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Length
from django.db.models.lookups import In
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from registry.text import area_codes

from .base import PlainText


class Role(models.TextChoices):
    CLERK = "clerk", _("Township clerk")
    HEAD = "head", _("Township head")
    REVIEWER = "reviewer", _("District reviewer")
    ADMIN = "admin", _("District administrator")
    LEADER = "leader", _("Read-only leader")
    AUDITOR = "auditor", _("Auditor")
    API = "api", _("API client")


class User(PlainText, AbstractUser):
    """An account of a person or program. An empty prefix means no area, never all areas. `saved_views` has the
    query of its list of sites by the name it was saved under."""

    role = models.CharField(_("role"), max_length=12, choices=Role)
    display_name = models.CharField(_("name shown"), max_length=40, blank=True)
    read_prefix = models.CharField(_("area read"), max_length=12, blank=True)
    write_prefix = models.CharField(_("area written"), max_length=12, blank=True)
    reads_all_areas = models.BooleanField(_("reads every area"), default=False)
    must_change_password = models.BooleanField(_("must choose a new password"), default=False)
    password_changed_at = models.DateTimeField(_("password chosen at"), null=True, blank=True, editable=False)
    sessions_ended = models.PositiveIntegerField(_("times all sessions were ended"), default=0, editable=False)
    wants_digest = models.BooleanField(_("daily e-mail with what is to be done"), default=False)
    digest_sent_on = models.DateField(_("last daily e-mail"), null=True, blank=True, editable=False)
    wants_news_mail = models.BooleanField(_("e-mail at once when something is returned or decided"), default=False)
    news_mailed_to = models.PositiveBigIntegerField(_("number of the last event mailed"), default=0, editable=False)
    news_seen_at = models.DateTimeField(_("news read up to"), null=True, blank=True, editable=False)
    language = models.CharField(
        _("language of e-mails"), max_length=10, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    large_type = models.BooleanField(_("large type"), default=False)
    saved_views = models.JSONField(_("saved views of its sites"), default=dict, blank=True, editable=False)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            models.CheckConstraint(
                condition=In(Length(name), (0, *area_codes.LENGTHS)),
                name=f"account_{name}_length",
                violation_error_message=_("An area code has 2, 4, 6, 9 or 12 digits."),
            )
            for name in ("read_prefix", "write_prefix")
        ]

    def __str__(self) -> str:
        return self.display_name or self.username

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(raw_password)
        self.sessions_ended += 1

    def take_password(self, hashed: str) -> None:
        """Sets a new hashed password. It ends all sessions and all tokens."""
        self.password = hashed
        self.sessions_ended += 1

    def check_password(self, raw_password: str | None) -> bool:
        """Rehashing the same password, for example with more rounds, does not count as a new password."""
        ended = self.sessions_ended
        is_right = super().check_password(raw_password)
        self.sessions_ended = ended
        return is_right

    def get_session_auth_hash(self) -> str:
        """Depends on the password and on `sessions_ended`: a change invalidates all earlier sessions."""
        made_of = f"{self.password}:{self.sessions_ended}"
        return salted_hmac("registry.User.session", made_of, algorithm="sha256").hexdigest()

    def get_session_auth_fallback_hash(self) -> tuple[str, ...]:
        return ()

    @property
    def reads_everything(self) -> bool:
        return self.is_superuser or (self.reads_all_areas and not self.reads_published_only)

    @property
    def reads_published_only(self) -> bool:
        """Leaders and programs read public data and counts, but no work in progress."""
        return self.role in (Role.LEADER, Role.API) and not self.is_superuser

    @property
    def fills_in_drafts(self) -> bool:
        """Whether it belongs to the accounts that write and check the drafts of a township. Until a draft is submitted,
        nobody else reads it, whatever area the account reads."""
        return self.role in (Role.CLERK, Role.HEAD) or self.is_superuser

    def within(self, area: str) -> "User":
        """The account limited to `area`, without the permissions of a superuser. Not to be saved."""
        acting = copy(self)
        if self.is_superuser:
            acting.is_superuser, acting.role = False, Role.ADMIN
            acting.read_prefix = acting.write_prefix = area
        else:
            everywhere = area if self.reads_all_areas else ""
            acting.read_prefix = everywhere or _both(self.read_prefix, area)
            acting.write_prefix = _both(self.write_prefix, area)
        acting.reads_all_areas = False
        return acting

    @property
    def rank(self) -> str:
        """The role, or “superuser”: the level of the account."""
        return "superuser" if self.is_superuser else self.role

    @property
    def needs_new_password(self) -> bool:
        """Somebody else set the password, or it is older than the rules allow."""
        chosen = self.password_changed_at or self.date_joined
        days = settings.PASSWORD_DAYS
        return self.must_change_password or (days is not None and timezone.now() - chosen >= timedelta(days=days))


def _both(prefix: str, area: str) -> str:
    """The narrower of two nested areas; else none."""
    if not prefix or not area:
        return ""
    return max(prefix, area, key=len) if prefix.startswith(area) or area.startswith(prefix) else ""
