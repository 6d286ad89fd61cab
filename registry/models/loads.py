"""Loads: a file of many rows, the result of each row, and remembered headings."""

import uuid
from datetime import timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from registry.models.accounts import User

from .base import ScopedManager, ScopedQuerySet, in_area_q, in_choices
from .drafts import Draft
from .evidence import private_storage
from .jobs import Job


class LoadState(models.TextChoices):
    """The state of a load. It only waits for a person when it is ready."""

    READING = "reading", _("Being read")
    READY = "ready", _("Ready: look at it")
    APPLYING = "applying", _("Being applied")
    APPLIED = "applied", _("Applied")
    UNDOING = "undoing", _("Being undone")
    UNDONE = "undone", _("Undone")
    REFUSED = "refused", _("File refused")
    FAILED = "failed", _("Broke off")
    CANCELLED = "cancelled", _("Cancelled")


DAYS_TO_LOOK = (
    7  # then a file that nobody applied is no task any more; it stays in the list of loads until it is cleared
)
WORKING = (LoadState.READING, LoadState.APPLYING, LoadState.UNDOING)


class RowVerdict(models.TextChoices):
    """The result of comparing a row with the registry."""

    NEW = "new", pgettext_lazy("row of a load", "New")
    CHANGED = "changed", pgettext_lazy("row of a load", "Changed")
    SAME = "same", pgettext_lazy("row of a load", "Same")
    REFUSED = "refused", pgettext_lazy("row of a load", "Refused")


class LoadQuerySet(ScopedQuerySet):
    def public_rows(self) -> Q:
        """Only the sender and the administrators may read a load."""
        return Q(pk__in=[])

    def waiting_for(self, by: User) -> Self:
        """Loads that wait for their sender: to be previewed, for some days only, or to be retried."""
        lately = Q(state=LoadState.READY, sent_at__gte=timezone.now() - timedelta(days=DAYS_TO_LOOK))
        return self.filter(lately | Q(state=LoadState.FAILED), by=by)

    def visible_to(self, viewer: Any) -> Self:
        """The account's own loads; an administrator sees all loads of the area, an auditor all."""
        if viewer is None or not viewer.is_authenticated:
            return self.none()._mark()
        if viewer.is_superuser or viewer.role == "auditor":
            return self._mark()
        own = Q(by=viewer)
        return self.filter(own | in_area_q(viewer.read_prefix) if viewer.role == "admin" else own)._mark()


class Load(models.Model):
    """A file sent in. `sheets` is what was detected in it, `corrections` what the sender corrected: {sheet: {"header":
    row, "columns": {column: field}}}, `edits` what was edited in the preview (`loading/edits.py`). `change_set` is
    common to the events of its rows. `doubts` summarises its doubtful rows, `confirmed` says that the sender confirmed
    them."""

    key = models.UUIDField(_("key"), default=uuid.uuid4)
    kind = models.CharField(_("kind of record"), max_length=24, blank=True)
    file = models.FileField(_("file"), storage=private_storage, upload_to="loads", max_length=120)
    file_name = models.CharField(_("file name"), max_length=160)
    file_hash = models.CharField(_("SHA-256 of the file"), max_length=64)
    size = models.PositiveIntegerField(_("bytes"), default=0)
    state = models.CharField(_("state"), max_length=10, choices=LoadState, default=LoadState.READING)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="loads", verbose_name=_("sent by"))
    area = models.ForeignKey("registry.Area", models.PROTECT, related_name="+", verbose_name=_("area"))
    job = models.ForeignKey(Job, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("job"))
    change_set = models.UUIDField(_("change set"), default=uuid.uuid4)
    sheets = models.JSONField(_("what was understood"), default=list, blank=True)
    corrections = models.JSONField(_("corrections"), default=dict, blank=True)
    edits = models.JSONField(_("edits of cells and rows"), default=dict, blank=True)
    refusal = models.JSONField(_("why the file was refused, or broke off"), default=dict, blank=True)
    doubts = models.JSONField(_("what has to be confirmed"), default=dict, blank=True)
    confirmed = models.BooleanField(_("doubtful changes confirmed"), default=False)
    new = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    same = models.PositiveIntegerField(_("same"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)
    sent_at = models.DateTimeField(_("sent at"), auto_now_add=True)
    applied_at = models.DateTimeField(_("applied at"), null=True, blank=True)

    objects: ClassVar = ScopedManager.from_queryset(LoadQuerySet)()

    class Meta:
        verbose_name = _("load")
        verbose_name_plural = _("loads")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["key"], name="load_key_once"),
            in_choices("state", LoadState, "load_state_known"),
        ]

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        return reverse("load", args=[self.key])

    @property
    def is_working(self) -> bool:
        return self.state in WORKING

    def drafts(self) -> QuerySet:
        """The keys of the drafts that its rows became or changed."""
        codes = self.rows.exclude(undo=[]).exclude(code="").values_list("code", flat=True)
        keys, points = [], []
        for code in codes:
            try:
                keys.append(uuid.UUID(code))
            except ValueError:
                points.append(code)
        drafts = Draft.objects.unscoped("of the load itself").filter(Q(key__in=keys) | Q(point__code__in=points))
        return drafts.values("pk")

    @property
    def total(self) -> int:
        return self.new + self.changed + self.same + self.refused


class LoadRow(models.Model):
    """A row of a file and its result. `changes` is {field: [before, after]}, `messages` are [{field, column, level,
    code, details}]; `undo` is the data for an undo, never shown."""

    load = models.ForeignKey(Load, models.CASCADE, db_index=False, related_name="rows", verbose_name=_("load"))
    sheet = models.PositiveSmallIntegerField(_("sheet"))
    row = models.PositiveIntegerField(_("row"))
    verdict = models.CharField(_("verdict"), max_length=8, choices=RowVerdict)
    key = models.CharField(_("what tells it from others"), max_length=200, blank=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    code = models.CharField(_("code"), max_length=40, blank=True)
    changes = models.JSONField(_("from and to"), default=dict)
    messages = models.JSONField(_("messages"), default=list)
    undo = models.JSONField(_("to be put back"), default=list)
    left = models.BooleanField(_("could not be undone"), default=False)
    doubtful = models.BooleanField(_("written only once somebody confirmed it"), default=False)

    class Meta:
        verbose_name = _("row of a load")
        verbose_name_plural = _("rows of loads")
        ordering = ["load", "sheet", "row"]
        indexes = [
            models.Index(fields=["load", "verdict", "sheet", "row"], name="load_row_verdict"),
            models.Index(fields=["load", "key"], name="load_row_key"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["load", "sheet", "row"], name="load_row_once"),
            in_choices("verdict", RowVerdict, "load_row_verdict_known"),
        ]

    def __str__(self) -> str:
        return f"{self.row} {self.name}"


class KnownHeading(models.Model):
    """The remembered meaning of a heading in the files of an area. An empty `field` means that the column is
    skipped."""

    area = models.ForeignKey("registry.Area", models.CASCADE, related_name="+", verbose_name=_("area"))
    kind = models.CharField(_("kind of record"), max_length=24)
    heading = models.CharField(_("heading"), max_length=120)
    field = models.CharField(_("field"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("heading explained")
        verbose_name_plural = _("headings explained")
        constraints = [models.UniqueConstraint(fields=["area", "kind", "heading"], name="heading_explained_once")]

    def __str__(self) -> str:
        return self.heading
