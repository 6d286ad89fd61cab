"""Writes a record together with its parts and lists, with one event that holds all changes."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import models, transaction

from registry.actions.dependents import was_ever_public
from registry.models import Record
from registry.models.base import Part
from registry.text.refusals import Refused

from .deletion import delete_record
from .records import part_change, save_record, values_of


@dataclass
class Parts:
    """The parts of a record to write: `saved` are those added or changed, not saved yet, `removed` those to delete."""

    saved: list[Any] = field(default_factory=list)
    removed: list[Any] = field(default_factory=list)


@transaction.atomic
def edit_record(
    record: Any,
    *,
    parts: Parts,
    lists: Mapping[str, Iterable[Any]],
    by: Any,
    reason: str = "",
    document_no: str = "",
) -> Any:
    """Adds or changes a record with `parts` and with `lists`, its many-to-many columns by name. Parts of a record that
    was public are voided instead of deleted, with a document; parts with their own code are records, and are deleted as
    such. Raises as `save_record` does."""
    key = uuid.uuid4()
    options: dict[str, Any] = {"by": by, "reason": reason, "document_no": document_no, "key": key}
    is_public = not record._state.adding and was_ever_public(record)
    if is_public and not document_no and any(isinstance(part, Part) for part in parts.removed):
        raise Refused("void_paper")
    also = _of_lists(record, lists) | _of_parts(parts)
    save_record(record, also=also, **options)
    for name, chosen in lists.items():
        getattr(record, name).set(chosen)
    for part in parts.removed:
        if isinstance(part, Record):
            delete_record(part, by=by, reason=reason)
        elif is_public:
            type(part)._base_manager.filter(pk=part.pk).update(voided=key)
        else:
            part.delete()
    for part in parts.saved:
        setattr(part, part.goes_with[0], record)
        if isinstance(part, Record):
            save_record(part, **options)
        else:
            part.save()
    return record


def _of_lists(record: Any, lists: Mapping[str, Iterable[Any]]) -> dict[str, Any]:
    changes = {}
    for name, chosen in lists.items():
        before = [] if record._state.adding else [str(item) for item in getattr(record, name).all()]
        after = [str(item) for item in chosen]
        if sorted(before) != sorted(after):
            changes[name] = [before, after]
    return changes


def _of_parts(parts: Parts) -> dict[str, Any]:
    """The changes of parts without a code, for the event."""
    changes: dict[str, dict] = {}
    for part in (part for part in parts.saved if not isinstance(part, Record)):
        stored = type(part)._base_manager.filter(pk=part.pk).first()
        how, before = ("changed", _values(stored)) if stored else ("added", {})
        _listed(changes, part, how).append(part_change(part, before, _values(part)))
    for part in (part for part in parts.removed if not isinstance(part, Record)):
        stored = type(part)._base_manager.get(pk=part.pk)
        _listed(changes, part, "removed").append(part_change(stored, _values(stored), {}))
    return changes


def _listed(changes: dict[str, dict], part: models.Model, how: str) -> list:
    return changes.setdefault(str(part._meta.model_name), {}).setdefault(how, [])


def _values(part: Any) -> dict[str, Any]:
    """The part's columns, without its key and that of its record."""
    own = {part._meta.pk.name, part.goes_with[0]}
    return {name: value for name, value in values_of(part).items() if name not in own}
