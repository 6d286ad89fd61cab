"""Drafts of sites: the typed values, stored on the server until they are written to the record."""

import uuid
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .base import IN_FORCE, Part, ScopedManager, ScopedQuerySet, in_choices
from .points import PUBLIC, DemonstrationPoint, PointStatus, StatusPeriod


class DraftState(models.TextChoices):
    """The state of a draft. It is settled once the township has checked it."""

    OPEN = "open", _("Being filled in")
    SUBMITTED = "submitted", _("Submitted")
    APPLIED = "applied", _("Taken over")
    DISCARDED = "discarded", _("Discarded")


UNSETTLED = (DraftState.OPEN, DraftState.SUBMITTED)


class DraftQuerySet(ScopedQuerySet):
    def public_rows(self) -> Q:
        """Only the township may read a draft."""
        return Q(pk__in=[])

    def visible_to(self, viewer: Any) -> Self:
        rows = super().visible_to(viewer)
        return rows if getattr(viewer, "fills_in_drafts", False) else rows.exclude(state=DraftState.OPEN)

    def unsettled(self) -> Self:
        return self.filter(state__in=UNSETTLED)

    def for_lists(self) -> Self:
        """With what a list shows of each draft: place, purpose and state."""
        title = StatusPeriod.objects.filter(point=OuterRef("point"), status=PointStatus.NAMED, valid_to=None)
        rows = self.select_related("point", "area", "opened_by").prefetch_related("remarks__by")
        return rows.annotate(changes_title=Exists(title))

    def get_by_natural_key(self, key: str) -> Any:
        return self.unscoped("a natural key of a fixture").get(key=key)


class Draft(models.Model):
    """A site being registered (no `point` yet) or changed. `values` holds every field as typed, valid or not, so that
    nothing is lost; `stamps` holds for each field the version and account that last wrote it, so that two people can
    edit one draft; `confirmed` holds the confirmed facts, as they were then; `overruled` holds the reason for each
    overruled warning."""

    goes_with = ("point",)

    key = models.UUIDField(_("key"), default=uuid.uuid4)
    point = models.ForeignKey(
        DemonstrationPoint, models.PROTECT, null=True, blank=True, related_name="drafts", verbose_name=_("point")
    )
    area = models.ForeignKey("registry.Area", models.PROTECT, verbose_name=_("area"))
    state = models.CharField(_("state"), max_length=10, choices=DraftState, default=DraftState.OPEN)
    values = models.JSONField(_("as typed"), default=dict, blank=True)
    stamps = models.JSONField(_("who wrote what"), default=dict, blank=True)
    confirmed = models.JSONField(_("confirmed facts"), default=dict, blank=True)
    overruled = models.JSONField(_("warnings set aside"), default=dict, blank=True)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    point_version = models.PositiveIntegerField(_("version of the site it began from"), null=True, editable=False)
    writers = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="drafts", verbose_name=_("written by"))
    started_at = models.DateTimeField(_("begun at"), auto_now_add=True)
    saved_at = models.DateTimeField(_("saved at"), auto_now_add=True)
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)
    opened_at = models.DateTimeField(_("first opened by a checker at"), null=True, blank=True, editable=False)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("first opened by"),
    )

    objects: ClassVar = ScopedManager.from_queryset(DraftQuerySet)()

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        ordering = ["-saved_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["key"], name="draft_key_once"),
            models.UniqueConstraint(
                fields=["point"],
                condition=Q(state__in=UNSETTLED),
                name="draft_one_unsettled",
                violation_error_message=_("Somebody is changing this site already: go on with that draft."),
            ),
            in_choices("state", DraftState, "draft_state_known"),
        ]

    def __str__(self) -> str:
        name = self.values.get("name", "").strip() or (self.point.name if self.point else "")
        return name[:80] or str(_("A site without a name yet"))

    def natural_key(self) -> tuple[str]:
        return (str(self.key),)

    def get_absolute_url(self) -> str:
        return reverse("draft", args=[self.key])

    @property
    def code(self) -> str:
        """The code in events and links: the site's code, if it has one."""
        return self.point.code if self.point else str(self.key)

    @property
    def is_change(self) -> bool:
        """Whether it changes a named site; otherwise it applies for a title."""
        if "changes_title" in self.__dict__:
            return bool(self.__dict__["changes_title"])
        return self.point is not None and self.point.periods.filter(status="named", valid_to=None).exists()

    @property
    def open_remarks(self) -> list["FieldRemark"]:
        """The remarks of the last return, until the draft is submitted again."""
        return [remark for remark in self.remarks.all() if remark.settled_at is None] if self.pk else []

    @property
    def answered_remarks(self) -> list["FieldRemark"]:
        """The remarks that the last submission answers."""
        settled = self.remarks.all() if self.pk and self.submitted_at else ()
        return [remark for remark in settled if remark.settled_at == self.submitted_at]

    @property
    def state_words(self) -> str:
        """The state as people read it: a draft that was sent back is returned until it is submitted again."""
        if self.state == DraftState.OPEN and self.open_remarks:
            return str(PointStatus.RETURNED.label)
        return self.get_state_display()

    @property
    def purpose(self) -> str:
        """What the draft is for: a new site, or a change of one that has a title."""
        return gettext("Change of a named point") if self.is_change else gettext("Application")

    @property
    def was_public(self) -> bool:
        """Whether the site was ever named: then its page only changes after the township's check."""
        return self.point is not None and self.point.periods.filter(status__in=PUBLIC).exists()


class FieldRemark(Part):
    """A checker's request to correct a field, or, without a field, the opinion on the whole draft. One on a field
    stands against submitting until the field differs from `value_then`. The next submission settles all of them."""

    natural_fields = ("draft__key", "field", "at")
    goes_with = ("draft",)

    draft = models.ForeignKey(Draft, models.PROTECT, related_name="remarks", verbose_name=_("draft"))
    field = models.CharField(_("field"), max_length=40, blank=True)
    text = models.CharField(_("what to put right"), max_length=500)
    value_then = models.TextField(_("value at that time"), blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"), auto_now_add=True)
    settled_at = models.DateTimeField(_("settled by the submission at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("remark on a field")
        verbose_name_plural = _("remarks on fields")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.text


class Confirmation(Part):
    """A township's confirmation in a year that the stored facts of a site are still true."""

    natural_fields = ("point__code", "year")
    goes_with = ("point",)

    point = models.ForeignKey(DemonstrationPoint, models.PROTECT, related_name="confirmations", verbose_name=_("point"))
    year = models.PositiveSmallIntegerField(_("year"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("yearly confirmation")
        verbose_name_plural = _("yearly confirmations")
        ordering = ["-year", "point"]
        constraints = [
            models.UniqueConstraint(fields=["point", "year"], condition=IN_FORCE, name="confirmation_once_a_year")
        ]

    def __str__(self) -> str:
        return f"{self.point} {self.year}"
