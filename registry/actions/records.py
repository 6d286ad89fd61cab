"""Writes records: the permission, the version, and the event. Every plain write goes through this module."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.db.models.options import Options
from django.utils.timezone import localtime

from registry.access.client_ip import caller
from registry.access.permissions import area_of, may, role_of
from registry.actions.event_chain import seal_on_commit
from registry.kinds.field_visibility import PERSONAL
from registry.models import Event, SearchEntry, User
from registry.models.base import Versioned
from registry.text.refusals import Refused

from .search import entry_for, kinds_of

UNWRITTEN = {"version", "voided"}
WRITTEN = {str, int, bool, type(None)}
PLAIN = {Decimal, date}


Row = TypeVar("Row", bound=models.Model)


def locked(record: Row, *relations: str) -> Row:
    """The record as stored, with its relations, held until the transaction ends: of two who act on it, the second finds
    what the first did."""
    rows: models.QuerySet[Any] = record._meta.model._base_manager.select_for_update(of=("self",))
    return rows.select_related(*relations).get(pk=record.pk)


@dataclass(frozen=True)
class ChangeSet:
    """The common values of the events of one action. Undo and history use its `key`."""

    by: Any
    reason: str = ""
    document_no: str = ""
    key: uuid.UUID = field(default_factory=uuid.uuid4)

    def log(self, verb: str, record: Any, changes: dict[str, Any]) -> Event:
        event = Event.objects.create(
            change_set=self.key,
            actor=self.by,
            verb=verb,
            kind=record._meta.model_name,
            code=str(getattr(record, "code", record.pk)),
            area=area_of(record),
            changes=changes,
            reason=self.reason,
            document_no=self.document_no,
            role=role_of(self.by),
            address=caller().address,
            request_id=caller().request_id,
        )
        seal_on_commit()
        return event


class _Encoder(DjangoJSONEncoder):
    def default(self, value: Any) -> Any:
        return str(value) if hasattr(value, "storage") else super().default(value)  # an image: its name


@cache
def _written(options: Options) -> tuple[tuple[str, ...], Callable[[Any], tuple]]:
    """The columns of a model that events log: their names, and functions that read them from a record."""
    columns = [column for column in options.concrete_fields if column.name not in UNWRITTEN]
    return tuple(column.name for column in columns), attrgetter(*(column.attname for column in columns))


def values_of(record: Any) -> dict[str, Any]:
    """The record's own columns in the form that events store."""
    names, read = _written(record._meta)
    values = zip(names, read(record), strict=True)
    return {name: value if type(value) in WRITTEN else _plain(value) for name, value in values}


def _plain(value: Any) -> Any:
    if type(value) in PLAIN or isinstance(value, models.TextChoices):
        return str(value)
    return json.loads(json.dumps(value, cls=_Encoder, ensure_ascii=False))


def changes_between(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list]:
    """Changed columns with both values; of personal columns only that they changed. An empty `after` means a deleted
    row."""
    return {
        name: ["…", "…"] if name in PERSONAL else [before.get(name), value]
        for name, value in (after or dict.fromkeys(before)).items()
        if before.get(name) != value
    }


def part_change(part: Any, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """The entry of an event for a part that was added (no `before`), changed, or removed (no `after`)."""
    return {"part": str(part), "changes": changes_between(before, after)}


def done_before(key: uuid.UUID, *, by: Any) -> Event | None:
    """The first event of an action with this form key. Locks the account until the transaction ends: of two clicks at
    once, the second waits and then finds the event of the first."""
    User._base_manager.select_for_update().get(pk=by.pk)
    return Event.objects.filter(change_set=key, actor=by).order_by("pk").first()


def newest_event() -> int:
    """The number of the newest event; 0 without events."""
    return Event.objects.aggregate(newest=models.Max("pk"))["newest"] or 0


@transaction.atomic
def save_record(
    record: Any,
    *,
    by: Any,
    reason: str = "",
    document_no: str = "",
    right: str = "",
    key: uuid.UUID | None = None,
    also: dict[str, Any] | None = None,
) -> Any:
    """Adds or changes a record, with its event and its search entry. `key` is that of the form; `also` are changes of
    its parts, [before, after] by name, for the same event.

    A changed record must carry the `version` it was opened with: if somebody else saved it since, Refused("stale").
    `right` replaces the plain permission to add or change records: an action may write what its account otherwise may
    not. Raises ValidationError for bad values and Refused("not_allowed") outside the role or area.
    """
    adding = record._state.adding
    right = right or ("record.add" if adding else "record.change")
    if not may(by, right, record):
        raise Refused("not_allowed")
    record.full_clean()
    before: dict[str, Any] = {}
    if not adding:
        stored = type(record)._base_manager.get(pk=record.pk)
        if not may(by, right, stored):
            raise Refused("not_allowed")
        if getattr(stored, "voided", None):
            raise Refused("voided_stays", name=stored)
        before = values_of(stored)
        _take_version(record)
    record.save()
    changes = changes_between(before, values_of(record)) | (also or {})
    ChangeSet(by, reason, document_no, key or uuid.uuid4()).log("add" if adding else "change", record, changes)
    index(record)
    return record


def save_with_event(
    record: Any, *, by: Any, verb: str = "change", reason: str = "", also: dict[str, Any] | None = None
) -> Any:
    """Saves a record inside an action that has checked its permissions and locked it, at its next version, with an
    event of the changes and `also`."""
    stored = type(record)._base_manager.get(pk=record.pk)
    record.version = stored.version + 1
    record.save()
    ChangeSet(by, reason).log(verb, record, changes_between(values_of(stored), values_of(record)) | (also or {}))
    return record


def _take_version(record: Any) -> None:
    """Increments the version, if it is still the one that was opened."""
    model: Any = type(record)
    if not issubclass(model, Versioned):
        return
    rows = model._base_manager.filter(pk=record.pk, version=record.version)
    if not rows.update(version=models.F("version") + 1):
        raise stale(record)
    record.version += 1


def stale(record: Any) -> Refused:
    """The refusal if somebody changed the record since it was read: who, and when."""
    last = Event.objects.filter(kind=record._meta.model_name, code=record.code).first()
    who = last.actor if last and last.actor else "—"
    return Refused("stale", who=who, when=f"{localtime(last.at):%Y-%m-%d %H:%M}" if last else "—")


def unlist(record: Any) -> None:
    """Removes the record from the search index."""
    for kind in kinds_of(record):
        SearchEntry.objects.filter(kind=kind.slug, code=record.code).drop()


def index(record: Any) -> None:
    """Updates the record's search entry: present if it is public, else removed."""
    unlist(record)
    for kind in kinds_of(record):
        if type(record).objects.public().filter(pk=record.pk).exists():
            entry_for(kind, record).save()
            SearchEntry.objects.filter(kind=kind.slug, code=record.code).add_pairs()
