"""Records of which one ends the one before: wage rules of a post, verdicts on a community."""

from datetime import date
from typing import Any

from registry.loading.context import Context
from registry.loading.sheet_types import OWNER, PendingWrite, SheetRow
from registry.loading.write import write_records


def in_force(records: list[Any], day: date) -> Any:
    """The record in force on `day`; None if there is none."""
    begun = sorted((record for record in records if record.valid_from <= day), key=lambda record: record.valid_from)
    return next((record for record in reversed(begun) if record.valid_to is None or day < record.valid_to), None)


def end_the_one_before(row: SheetRow, siblings: list[Any]) -> None:
    """The row's new record ends the one in force on its first day, and is valid until the next one. `siblings` are the
    others, stored or added by earlier rows."""
    if row.record is not None:
        return
    new: Any = row.main.record
    before = in_force(siblings, new.valid_from)
    later = [record.valid_from for record in siblings if record.valid_from > new.valid_from]
    new.valid_to = min(later, default=None)
    if before is None:
        return
    if before.pk is None:
        before.valid_to = new.valid_from
    else:
        row.writes.append(PendingWrite(before, {"valid_to": [before.valid_to, new.valid_from]}, stage=OWNER))


def write_ends_first(rows: list[SheetRow], context: Context, load: Any) -> None:
    """The old record ends before the new one begins: there are never two open ones."""
    for write in (write for row in rows for write in row.writes):
        if not write.is_new and "valid_to" in write.changes:
            rows_of = type(write.record)._base_manager.filter(pk=write.record.pk)
            rows_of.update(valid_to=write.changes["valid_to"][1])
    write_records(rows, context, load)
