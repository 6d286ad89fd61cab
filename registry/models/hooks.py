"""Webhooks: the allowed hosts, the subscriptions, and the calls with their results."""

import base64
import uuid
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from .base import PlainText, in_choices


class HookHost(PlainText):
    """A host that hooks may call, allowed by an administrator. A host with `is_private` may be inside the own network;
    any other must have a public address."""

    host = models.CharField(_("host"), max_length=253)
    is_private = models.BooleanField(_("inside our own network"), default=False)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("added by"))
    added_at = models.DateTimeField(_("added at"), auto_now_add=True)

    class Meta:
        verbose_name = _("host allowed for hooks")
        verbose_name_plural = _("hosts allowed for hooks")
        ordering = ["host"]
        constraints = [
            models.UniqueConstraint(
                fields=["host"], name="hook_host_once", violation_error_message=_("This host is in the list already.")
            )
        ]

    def __str__(self) -> str:
        return self.host


class WebHook(PlainText):
    """A subscription of a program to changes that `owner` may see. `cursor` is the last event that was sent or queued:
    after a pause it continues from there. `seed` is the source of its secret."""

    name = models.CharField(_("name"), max_length=60)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="hooks", verbose_name=_("account"))
    address = models.CharField(_("address"), max_length=400)
    kinds = models.JSONField(_("kinds of record"), default=list)
    seed = models.UUIDField(_("seed of the secret"), default=uuid.uuid4, editable=False)
    cursor = models.PositiveBigIntegerField(_("told up to"), default=0, editable=False)
    is_on = models.BooleanField(_("switched on"), default=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("made by"))
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)

    class Meta:
        verbose_name = _("web hook")
        verbose_name_plural = _("web hooks")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> bytes:
        """The signing key. It also depends on the portal's secret key, so the database alone does not reveal it."""
        return salted_hmac("registry.WebHook", self.seed.hex, algorithm="sha256").digest()

    @property
    def secret(self) -> str:
        """The `key` in the form for the receiver (Standard Webhooks)."""
        return "whsec_" + base64.b64encode(self.key).decode()


class DeliveryState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    DELIVERED = "delivered", _("Delivered")
    GIVEN_UP = "given_up", _("Given up")


class DeliveryQuerySet(models.QuerySet):
    def due(self, now: datetime) -> Self:
        """The calls to send now: for each active hook the oldest waiting one, if its time has come."""
        waiting = self.filter(state=DeliveryState.WAITING)
        earlier = waiting.filter(hook=models.OuterRef("hook"), pk__lt=models.OuterRef("pk"))
        return waiting.filter(
            ~models.Exists(earlier), hook__is_on=True, hook__owner__is_active=True, next_try_at__lte=now
        )


class Delivery(models.Model):
    """A call to a hook with some changes, in order. While a worker sends it, `next_try_at` is in the future, so that no
    other does; `status` and `answer` are the last ones, 0 if there was none."""

    key = models.UUIDField(_("key"), default=uuid.uuid4)
    hook = models.ForeignKey(WebHook, models.CASCADE, related_name="deliveries", verbose_name=_("web hook"))
    changes = models.JSONField(_("changes"), default=list)
    state = models.CharField(_("state"), max_length=10, choices=DeliveryState, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_try_at = models.DateTimeField(_("next try"))
    status = models.PositiveSmallIntegerField(_("status"), default=0)
    answer = models.CharField(_("answer"), max_length=300, blank=True)
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("call of a web hook")
        verbose_name_plural = _("calls of web hooks")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["key"], name="delivery_key_once"),
            in_choices("state", DeliveryState, "delivery_state_known"),
        ]
        indexes = [
            models.Index(fields=["hook", "id"], condition=Q(state="waiting"), name="delivery_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.hook} {self.pk}"
