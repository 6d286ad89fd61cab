"""Deletes data after its retention period. The days are settings (`KEEP_…_DAYS`)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from registry.actions.evidence import upload_folder
from registry.actions.records import ChangeSet
from registry.actions.unsent_forms import clear_unsent
from registry.models import (
    Booking,
    Delivery,
    DeliveryState,
    DraftState,
    Evidence,
    KeptAnswer,
    Remark,
    RemarkState,
    Upload,
)
from registry.models.generation import prune_generations

FLOOD_LIMIT = timedelta(days=2)  # senders are counted for one day
CLEARED = ["…", "…"]  # how an event shows a personal value: not at all


def clear_sessions(now: datetime) -> int:
    """Deletes expired sessions. Like all these functions it returns the number of rows."""
    return Session.objects.filter(expire_date__lt=now).delete()[0]


def clear_sign_ins(now: datetime) -> int:
    """Deletes the log of sign-ins and wrong passwords."""
    old = {"attempt_time__lt": now - timedelta(days=settings.KEEP_SIGN_IN_DAYS)}
    return AccessLog.objects.filter(**old).delete()[0] + AccessAttempt.objects.filter(**old).delete()[0]


def clear_answers(now: datetime) -> int:
    """Deletes stored answers to requests with an idempotency key."""
    return KeptAnswer.objects.filter(made_at__lt=now - timedelta(days=settings.KEEP_ANSWER_DAYS)).delete()[0]


def clear_deliveries(now: datetime) -> int:
    """Deletes delivered webhook calls."""
    delivered = Delivery.objects.filter(state=DeliveryState.DELIVERED)
    return delivered.filter(answered_at__lt=now - timedelta(days=settings.KEEP_DELIVERY_DAYS)).delete()[0]


@transaction.atomic
def clear_contacts(now: datetime) -> int:
    """Empties the contact data of settled remarks and past bookings. The records stay."""
    before = now - timedelta(days=settings.KEEP_CONTACT_DAYS)
    remarks = Remark.objects.unscoped("contacts are cleared by age")
    settled = remarks.filter(answered_at__lt=before).exclude(state=RemarkState.NEW).exclude(contact="")
    bookings = Booking.objects.unscoped("contacts are cleared by age")
    over = bookings.filter(booked_for__lt=timezone.localdate(before)).exclude(contact="", phone="")
    cleared = _blank(settled, "contact") + _blank(over, "contact", "phone")
    return cleared + remarks.filter(made_at__lt=now - FLOOD_LIMIT).exclude(sender="").update(sender="")


def _blank(records: Any, *columns: str) -> int:
    """Empties personal `columns`, with an event per record. The event holds none of the old values."""
    rows_to_blank = list(records)
    for record in rows_to_blank:
        ChangeSet(None).log("change", record, {column: CLEARED for column in columns if getattr(record, column)})
    rows = records.model._base_manager.filter(pk__in=[record.pk for record in rows_to_blank])
    return rows.update(version=F("version") + 1, **dict.fromkeys(columns, ""))


@transaction.atomic
def clear_uploads(now: datetime) -> int:
    """Deletes uploads that are incomplete or long complete, and photos of discarded drafts."""
    before = now - timedelta(days=settings.KEEP_UPLOAD_DAYS)
    for path in upload_folder().iterdir():
        if path.stat().st_mtime < before.timestamp():
            path.unlink(missing_ok=True)
    photos = Evidence.objects.unscoped("photos are cleared by age").select_related("draft")
    unused = photos.filter(point=None, draft__state=DraftState.DISCARDED, draft__saved_at__lt=before)
    for photo in unused:
        ChangeSet(None).log("photo", photo.draft, {photo.kind: [photo.file_name, None]})
        delete_with_files(photo, photo.original, photo.shown)
    return len(unused) + Upload.objects.filter(begun_at__lt=before).delete()[0]


def delete_with_files(record: Any, *files: Any) -> None:
    """Deletes a record, and its files after the commit."""
    record.delete()
    paths = [(file.storage, file.name) for file in files if file]
    transaction.on_commit(lambda: [storage.delete(name) for storage, name in paths])


CLEANERS: list[Callable[[datetime], int]] = [  # other modules register their own
    clear_sessions, clear_sign_ins, clear_answers, clear_deliveries, clear_contacts, clear_uploads,
    clear_unsent,
]  # fmt: skip


def tidy() -> int:
    """Runs all cleaners. Returns the number of rows deleted or emptied."""
    now = timezone.now()
    return sum(clear(now) for clear in CLEANERS) + prune_generations()
