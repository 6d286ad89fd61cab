"""Marks public records as entered in error. A voided record counts on no day; its page stays, with the reason and the
document. A record that was right and has ended gets dates instead."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models, transaction

from registry.access.permissions import may
from registry.actions.dependents import belongings, is_shared, names_of_referrers, owner_of
from registry.models import Draft, DraftState, Event, Record
from registry.models.base import Guarded, Voidable
from registry.text.refusals import Refused, raise_first

from .records import ChangeSet, index, part_change, stale, unlist, values_of

RIGHT = "record.void"
REASON, PAPER = 4, 2  # minimum number of characters


@dataclass(frozen=True)
class Voided:
    """The reason, document and time of a void."""

    reason: str
    document_no: str
    at: datetime


def voided_because(record: Any) -> Voided | None:
    """The void shown on the page of a record; None if it is in force."""
    if not getattr(record, "voided", None):
        return None
    rows = Event.objects.filter(change_set=record.voided, kind=record._meta.model_name, code=record.code, verb="void")
    event = rows.first()
    return Voided(event.reason, event.document_no, event.at) if event else None


def refusals_to_mark(record: Any, *, by: Any) -> Iterator[Refused]:
    """All refusals against marking the record as entered in error; empty if it is allowed."""
    if not may(by, RIGHT, record):
        yield Refused("not_allowed")
    if record.voided:
        yield Refused("voided_stays", name=record)
    if names := names_of_referrers([record, *belongings(record)], in_force=True):
        yield Refused("referred_to", names="、".join(names))


@transaction.atomic
def mark_entered_in_error(record: Any, *, reason: str, document_no: str, by: Any) -> Any:
    """Removes a record from all lists and figures, on all days, with the records that belong to it and its memberships.
    It carries the version it was opened with."""
    _lock(record)
    raise_first(refusals_to_mark(record, by=by))
    reason, document_no = reason.strip(), document_no.strip()
    if len(reason) < REASON:
        raise Refused("void_reason")
    if len(document_no) < PAPER:
        raise Refused("void_paper")
    change_set = ChangeSet(by, reason[:300], document_no[:60])
    rows = [record, *belongings(record)]
    for row in rows:
        if isinstance(row, Draft):
            _discard_drafts(row)
        elif not row.voided and (isinstance(row, Guarded) or is_shared(row, rows)):
            void(row, change_set)
    return record


def void(row: Any, change_set: ChangeSet) -> None:
    """Voids one row, with its event; the event of a part belongs to its record."""
    if isinstance(row, Guarded):
        rows: Any = type(row)._default_manager.filter(pk=row.pk)
        is_public = rows.public().exists()
        change_set.log("void", row, {"published": [True, None]} if is_public else {})
        unlist(row)
    else:
        change_set.log("parts", owner_of(row), _parts("removed", row, values_of(row), {}))
    row.voided = change_set.key
    _store(row)


def _parts(how: str, part: Any, before: dict, after: dict) -> dict[str, Any]:
    return {part._meta.model_name: {how: [part_change(part, before, after)]}}


def _store(row: Any) -> None:
    names = ["voided"]
    if isinstance(row, Record):
        row.version += 1
        names.append("version")
    row.save(update_fields=names)


def _lock(record: Any) -> None:
    stored = type(record)._base_manager.select_for_update().get(pk=record.pk)
    if any(getattr(stored, name, None) != getattr(record, name, None) for name in ("version", "voided")):
        raise stale(record)


def _discard_drafts(draft: Draft) -> None:
    """Discards open drafts of a voided record."""
    if draft.state in (DraftState.OPEN, DraftState.SUBMITTED):
        draft.state = DraftState.DISCARDED
        draft.save(update_fields=["state"])


def refusals_to_restore(record: Any, *, by: Any) -> Iterator[Refused]:
    """All refusals against removing the mark; empty if it is allowed."""
    if not may(by, RIGHT, record):
        yield Refused("not_allowed")
    if not record.voided:
        yield Refused("not_voided", name=record)
        return
    rows = voided_with(record)
    keys = {(type(row), row.pk) for row in rows}
    for row in rows:
        for target in _referred(row):
            if target.voided and (type(target), target.pk) not in keys:
                yield Refused("refers_to_voided", name=row, other=target)


def voided_with(record: Any) -> list[Any]:
    """The record, and the rows that belong to it and were voided by the same action."""
    return [row for row in [record, *belongings(record)] if getattr(row, "voided", None) == record.voided]


def _referred(row: models.Model) -> Iterable[Any]:
    keys = (field.name for field in row._meta.concrete_fields if field.is_relation)
    return (target for name in keys if isinstance(target := getattr(row, name), Voidable))


@transaction.atomic
def restore_record(record: Any, *, reason: str, by: Any) -> Any:
    """Removes the mark: the record counts by its dates, with everything that was voided with it. Raises ValidationError
    if another record has taken its place."""
    _lock(record)
    raise_first(refusals_to_restore(record, by=by))
    if len(reason.strip()) < REASON:
        raise Refused("restore_reason")
    change_set = ChangeSet(by, reason.strip()[:300])
    rows = voided_with(record)
    for row in rows:
        row.voided = None
        row.validate_constraints()
        _store(row)
    for row in rows:
        if isinstance(row, Guarded):
            change_set.log("restore", row, {})
            index(row)
        else:
            change_set.log("parts", owner_of(row), _parts("added", row, {}, values_of(row)))
    return record
