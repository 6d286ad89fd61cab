"""Deletes records that were never public. Public records stay: they end by their dates, or are marked as entered in
error (`voiding.py`)."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import transaction

from registry.access.permissions import may
from registry.actions.dependents import (
    belongings,
    in_order_of_deletion,
    is_shared,
    names_of_referrers,
    owner_of,
    record_of,
    was_ever_public,
)
from registry.models import Evidence
from registry.models.base import Guarded, Part
from registry.text.refusals import Refused, raise_first

from .evidence import delete_files
from .records import ChangeSet, changes_between, part_change, unlist, values_of


def refusals_to_delete(record: Any, *, by: Any) -> Iterator[Refused]:
    """All refusals against deleting the record, by any channel; empty if it may be deleted."""
    if not may(by, "record.delete", record):
        yield Refused("not_allowed")
    if was_ever_public(record):
        yield Refused("was_public", name=record)
        return
    rows = [record, *belongings(record)]
    public = next((row for row in rows if isinstance(row, Guarded) and was_ever_public(row)), None)
    if public is not None:
        yield Refused("was_public", name=public)
    names = [str(owner_of(row)) for row in rows if is_shared(row, rows)] + names_of_referrers(rows, in_force=False)
    if names:
        yield Refused("referred_to", names="、".join(names))


@transaction.atomic
def delete_record(record: Any, *, by: Any, reason: str = "") -> None:
    """Deletes a record that was never public, with its parts. The events keep all values. Raises the first refusal."""
    type(record)._base_manager.select_for_update().get(pk=record.pk)
    raise_first(refusals_to_delete(record, by=by))
    delete_rows([record, *belongings(record)], ChangeSet(by, reason))


def delete_rows(rows: list[Any], change_set: ChangeSet) -> None:
    """Deletes these rows, which nothing else refers to, and logs an event for each record among them."""
    for record, changes in deletion_events(rows):
        change_set.log("delete", record, changes)
        unlist(record)
    remove_rows(rows)


def deletion_events(rows: Iterable[Any]) -> Iterator[tuple[Any, dict[str, Any]]]:
    """The change of each record among `rows` in its event: its values, and those of its parts."""
    records: dict[tuple[type, Any], tuple[Any, dict[str, Any]]] = {
        (type(row), row.pk): (row, changes_between(values_of(row), {})) for row in rows if isinstance(row, Guarded)
    }
    for part in (row for row in rows if not isinstance(row, Guarded)):
        record = record_of(part)
        if record is not None and (type(record), record.pk) in records:
            listed = records[type(record), record.pk][1].setdefault(part._meta.model_name, {"removed": []})
            listed["removed"].append(part_change(part, values_of(part) if isinstance(part, Part) else {}, {}))
    yield from records.values()


def remove_rows(rows: Iterable[Any]) -> None:
    """Deletes rows without events, referring rows first. Their files are deleted after the commit."""
    rows = list(rows)
    files = [file for row in rows if isinstance(row, Evidence) for file in (row.original, row.shown) if file]
    for model, keys in in_order_of_deletion(rows):
        model._base_manager.filter(pk__among=keys).delete()
    transaction.on_commit(lambda: delete_files(files))
