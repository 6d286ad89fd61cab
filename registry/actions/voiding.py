"""Marking as entered in error what was public and never was so. It counts on no day from then on; its page stays, and
says why and on which paper. For what was right and is over, there are dates instead."""

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
REASON, PAPER = 4, 2  # the least number of characters


@dataclass(frozen=True)
class Voided:
    """Why a record was marked as entered in error, on which paper, when."""

    reason: str
    document_no: str
    at: datetime


def voided_because(record: Any) -> Voided | None:
    """What the page of a voided record says; None for one in force."""
    if not getattr(record, "voided", None):
        return None
    rows = Event.objects.filter(change_set=record.voided, kind=record._meta.model_name, code=record.code, verb="void")
    event = rows.first()
    return Voided(event.reason, event.document_no, event.at) if event else None


def refusals_to_mark(record: Any, *, by: Any) -> Iterator[Refused]:
    """Everything that stands against marking the record as entered in error; empty if it may be done."""
    if not may(by, RIGHT, record):
        yield Refused("not_allowed")
    if record.voided:
        yield Refused("voided_stays", name=record)
    if names := names_of_referrers([record, *belongings(record)], in_force=True):
        yield Refused("referred_to", names="、".join(names))


@transaction.atomic
def mark_entered_in_error(record: Any, *, reason: str, document_no: str, by: Any) -> Any:
    """Takes a record out of every list and figure, on all days, with the records that belong to it and its places in
    others. It carries the version it was opened with."""
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
            _put_away(row)
        elif not row.voided and (isinstance(row, Guarded) or is_shared(row, rows)):
            void(row, change_set)
    return record


def void(row: Any, change_set: ChangeSet) -> None:
    """Voids one row, with its event: that of a part is its record's."""
    if isinstance(row, Guarded):
        rows = type(row)._default_manager.filter(pk=row.pk)  # type: ignore[attr-defined]
        is_public = rows.public().exists()
        change_set.tell("void", row, {"published": [True, None]} if is_public else {})
        unlist(row)
    else:
        change_set.tell("parts", owner_of(row), _parts("removed", row, values_of(row), {}))
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


def _put_away(draft: Draft) -> None:
    """What is being typed of a record that never was is typed in vain."""
    if draft.state in (DraftState.OPEN, DraftState.SUBMITTED):
        draft.state = DraftState.DISCARDED
        draft.save(update_fields=["state"])


def refusals_to_restore(record: Any, *, by: Any) -> Iterator[Refused]:
    """Everything that stands against taking the mark off again; empty if it may be done."""
    if not may(by, RIGHT, record):
        yield Refused("not_allowed")
    if not record.voided:
        yield Refused("not_voided", name=record)
        return
    rows = voided_with(record)
    keys = {(type(row), row.pk) for row in rows}
    for row in rows:
        for other in _referred(row):
            if other.voided and (type(other), other.pk) not in keys:
                yield Refused("refers_to_voided", name=row, other=other)


def voided_with(record: Any) -> list[Any]:
    """The record, and what belongs to it and was voided by the same act."""
    return [row for row in [record, *belongings(record)] if getattr(row, "voided", None) == record.voided]


def _referred(row: models.Model) -> Iterable[Any]:
    keys = (field.name for field in row._meta.concrete_fields if field.is_relation)
    return (other for name in keys if isinstance(other := getattr(row, name), Voidable))


@transaction.atomic
def restore_record(record: Any, *, reason: str, by: Any) -> Any:
    """Takes the mark off again: the record counts by its dates, with all that was voided with it. Raises
    ValidationError where something else has taken its place meanwhile."""
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
            change_set.tell("restore", row, {})
            index(row)
        else:
            change_set.tell("parts", owner_of(row), _parts("added", row, {}, values_of(row)))
    return record
