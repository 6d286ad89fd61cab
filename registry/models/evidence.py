"""Photos and files: stored once, used by the site's page and as proof for any number of items."""

import uuid
from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.core.signing import Signer
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .base import Record, ScopedManager, ScopedQuerySet, in_choices
from .drafts import Draft, DraftState
from .points import PUBLIC, DemonstrationPoint, StatusPeriod


def private_storage() -> FileSystemStorage:
    """A folder outside the web server: a view hands out files after a permission check."""
    return FileSystemStorage(location=settings.PRIVATE_ROOT, base_url=None)


SIGNER = Signer(salt="registry.Upload.ticket")


class EvidenceKind(models.TextChoices):
    PHOTO = "photo", _("Photo")
    FILE = "file", _("File")


class EvidenceQuerySet(ScopedQuerySet):
    def public_rows(self) -> Q:
        """Photos for the page of a named site."""
        named = StatusPeriod.objects.filter(point=OuterRef("point"), status__in=PUBLIC)
        return Q(Exists(named), kind=EvidenceKind.PHOTO, on_page=True)

    def ever_public_rows(self) -> Q:
        """All evidence of a site that was ever named, also what was removed from its page."""
        return Q(Exists(DemonstrationPoint.objects.with_voided().ever_public().filter(pk=OuterRef("point"))))

    def visible_to(self, viewer: Any) -> Self:
        """Evidence of a draft is readable like the draft, until it is submitted and belongs to a site."""
        rows = super().visible_to(viewer)
        is_own = getattr(viewer, "fills_in_drafts", False)
        return rows if is_own else rows.exclude(point=None, draft__state=DraftState.OPEN)

    def of(self, draft: Draft | None = None, point: DemonstrationPoint | None = None) -> Self:
        """The evidence a site or its draft may show and cite, oldest first."""
        mine = Q(pk__in=[])
        if draft is not None:
            mine |= Q(draft=draft)
        if point is not None:
            mine |= Q(point=point)
        return self.filter(mine).order_by("pk")


class Evidence(Record):
    """A photo or file of a site. `original` is private and unchanged; `shown` is a copy without position and camera
    data. The same bytes are stored once per area (`sha256`)."""

    goes_with = (
        "point",
        "draft",
    )

    kind = models.CharField(_("kind"), max_length=5, choices=EvidenceKind)
    area = models.ForeignKey("registry.Area", models.PROTECT, verbose_name=_("area"))
    point = models.ForeignKey(
        DemonstrationPoint, models.PROTECT, null=True, blank=True, related_name="evidence", verbose_name=_("point")
    )
    draft = models.ForeignKey(
        "registry.Draft", models.PROTECT, null=True, blank=True, related_name="evidence", verbose_name=_("draft")
    )
    original = models.FileField(_("file as it came"), upload_to="originals/", storage=private_storage)
    shown = models.ImageField(_("picture shown"), upload_to="photos/", storage=private_storage, blank=True)
    file_name = models.CharField(_("file name"), max_length=120, blank=True)
    sha256 = models.CharField(_("fingerprint"), max_length=64)
    size = models.PositiveIntegerField(_("size (bytes)"))
    caption = models.CharField(_("caption"), max_length=120, blank=True)
    credit = models.CharField(_("taken by"), max_length=60, blank=True)
    taken_on = models.DateField(_("taken on"), null=True, blank=True)
    lng = models.DecimalField(_("longitude"), max_digits=9, decimal_places=6, null=True, blank=True)
    lat = models.DecimalField(_("latitude"), max_digits=9, decimal_places=6, null=True, blank=True)
    on_page = models.BooleanField(_("shown on the page of the site"), default=True)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("added by")
    )
    added_at = models.DateTimeField(_("added at"), auto_now_add=True)

    objects: ClassVar = ScopedManager.from_queryset(EvidenceQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("photo or file")
        verbose_name_plural = _("photos and files")
        constraints = [*Record.Meta.constraints, in_choices("kind", EvidenceKind, "evidence_kind_known")]

    def __str__(self) -> str:
        return self.caption or self.file_name or self.code

    def get_absolute_url(self) -> str:
        return reverse("evidence", args=[self.code])


class Upload(models.Model):
    """An upload in parts. `received` bytes are in its file; after a lost connection it continues from there. A photo of
    a draft becomes evidence at once; a proof without a draft waits for the form that it is chosen in."""

    key = models.UUIDField(_("key"), default=uuid.uuid4)
    draft = models.ForeignKey(
        "registry.Draft", models.CASCADE, null=True, blank=True, related_name="uploads", verbose_name=_("draft")
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("by"))
    file_name = models.CharField(_("file name"), max_length=120)
    size = models.PositiveIntegerField(_("size (bytes)"))
    received = models.PositiveIntegerField(_("received (bytes)"), default=0)
    evidence = models.ForeignKey(Evidence, models.SET_NULL, null=True, blank=True, verbose_name=_("photo or file"))
    begun_at = models.DateTimeField(_("begun at"), auto_now_add=True)

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        constraints = [models.UniqueConstraint(fields=["key"], name="upload_key_once")]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_done(self) -> bool:
        return self.evidence_id is not None if self.draft_id else self.received == self.size

    @property
    def ticket(self) -> str:
        """What the form of a proof names the sent file by. Only who sent it was given it."""
        return SIGNER.sign(self.key.hex)
