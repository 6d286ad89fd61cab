"""Writes validated rows: a chunk of rows in a few statements, each record with its event."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models.functions import Length
from django.utils.translation import gettext as _

from registry.access.client_ip import caller
from registry.access.permissions import area_of, role_of
from registry.actions.records import changes_between, values_of
from registry.actions.search import ENTRY, kinds_of, values_for
from registry.kinds import KINDS, Kind
from registry.loading.context import Context
from registry.loading.sheet_types import PART, RECORD, SHEET_TYPES, PendingWrite, SheetRow, SheetType
from registry.loading.validate import plain, serialize_changes, verdict_of
from registry.models import Event, Load, LoadRow, Record, SearchEntry
from registry.models.base import Versioned, guard_lifted

from .bulk import STEP, add_all, add_values, check_references_at_once


def write_rows(kind: SheetType, rows: list[SheetRow], context: Context, load: Load) -> None:
    """Writes all rows that were not refused. If the database refuses the chunk, the rows are written one by one, and a
    row it refuses is marked as refused with the reason."""
    good = [row for row in rows if not row.is_refused]
    write = kind.write or write_records
    try:
        with transaction.atomic():
            check_references_at_once()
            write(good, context, load)
    except IntegrityError:
        _reset_rows(write for row in good for write in row.writes if write.is_new)
        for row in good:
            _write_alone(write, row, context, load)


def _write_alone(write: Any, row: SheetRow, context: Context, load: Load) -> None:
    adding = [
        write for write in row.writes if write.is_new and write.record._state.adding
    ]  # not what a row before added
    try:
        with transaction.atomic():
            write([row], context, load)
    except IntegrityError:
        _reset_rows(adding)
        row.refuse("", "database_says", text=_reason(row))


def _reset_rows(writes: Iterable[PendingWrite]) -> None:
    """Makes the added records unsaved again, after a rolled-back transaction."""
    for write in writes:
        write.record.pk, write.record._state.adding = None, True


def _reason(row: SheetRow) -> str:
    """The message of the model for the error, in the reader's language."""
    for write in row.writes:
        try:
            with guard_lifted("constraints hold over all rows, whoever asks"):
                write.record.full_clean(exclude=["code"])
        except ValidationError as error:
            return " ".join(error.messages)
        except (ValueError, models.ObjectDoesNotExist):
            continue
    return ""


def write_records(rows: list[SheetRow], context: Context, load: Load) -> None:
    """Writes stage by stage and model by model: new records, then changed ones; then their events and search
    entries."""
    writes = [write for row in rows for write in row.writes if write.does_something]
    writes = list({id(write.record): write for write in writes}.values())
    new = [write for write in writes if write.is_new and write.record._state.adding]
    changed = [write for write in writes if not write.is_new]
    before = {id(write): _keep(write) for write in changed}
    add_all([_coded(group, context) for group in _by_stage(new)])
    for group in _by_stage(changed):
        _change(group)
    written = [*new, *changed]
    whole = [write for write in written if write.stage != PART]
    reasons = {id(write): _reason_for(load, row)[:300] for row in rows if row.edited for write in row.writes}
    log_events(
        load,
        (
            (
                write.verb or ("add" if write.is_new else "change"),
                write.record,
                changes_between(before.get(id(write), {}), values_of(write.record)) | write.also,
                write.document_no,
                reasons.get(id(write), ""),
            )
            for write in whole
        ),
    )
    unlist(write.record for write in whole if not write.is_new)
    public_records = [write.record for write in whole if write.public]
    index(public((write.record for write in whole if write.public is None), public_records))
    _remember(rows, {id(write) for write in written})


def _reason_for(load: Load, row: SheetRow) -> str:
    """The reason in the events of a row that was edited on the page: which columns, without their values, because an
    event may be public."""
    kinds = {sheet["index"]: SHEET_TYPES[sheet["kind"]] for sheet in load.sheets if sheet["kind"] in SHEET_TYPES}
    columns = [kinds[row.sheet].column(name) for name in row.edited] if row.sheet in kinds else []
    headings = "、".join(column.heading for column in columns if column)
    return _("%(file)s, changed on the page: %(headings)s") % {"file": load.file_name, "headings": headings}


def _by_stage(writes: list[PendingWrite]) -> list[list[PendingWrite]]:
    """The writes by stage and then by model."""
    model_of = lambda write: (write.stage, type(write.record).__name__)  # noqa: E731
    return [list(group) for _model, group in groupby(sorted(writes, key=model_of), key=model_of)]


def _remember(rows: list[SheetRow], written: set[int]) -> None:
    """What undo needs: [model, key, None if it was added or {attribute: value before}, version now]."""
    for row in rows:
        row.undo = [
            [
                write.record._meta.label_lower,
                write.record.pk,
                None if write.is_new else {name: plain(both[0]) for name, both in write.changes.items()},
                getattr(write.record, "version", 0),
            ]
            for write in row.writes
            if id(write) in written
        ]


def _keep(write: PendingWrite) -> dict[str, Any]:
    """Stores the values before for the event, and puts the new values on the record."""
    before = values_of(write.record)
    for name, (_before, after) in write.changes.items():
        setattr(write.record, name, after)
    return before


def _coded(writes: list[PendingWrite], context: Context) -> list[Any]:
    """The records of these writes, all of one model, with a code if they have one."""
    model, records = type(writes[0].record), [write.record for write in writes]
    voided_codes = _codes_of_voided(model, [write.prefix for write in writes if not write.digits])
    for write, record in zip(writes, records, strict=True):
        if isinstance(record, Record) and not record.code:
            again = write.prefix in voided_codes
            prefix, digits = (f"{write.prefix}-", 1) if again else (write.prefix, write.digits)
            record.code = next_code(model, prefix, digits, context)
    return records


def _codes_of_voided(model: type[models.Model], codes: list[str]) -> set[str]:
    """Which of these codes belong to records entered in error."""
    if not codes or not issubclass(model, Record):
        return set()
    voided = model._base_manager.filter(code__among=codes, voided__isnull=False)
    return set(voided.values_list("code", flat=True))


def next_code(model: type[models.Model], prefix: str, digits: int, context: Context) -> str:
    """The next free code with this prefix. The database is asked once per prefix and load. Without digits the prefix is
    the code; if a voided record has it, a number follows."""
    if not digits:
        return prefix

    def last() -> int:
        codes = model._base_manager.filter(code__startswith=prefix).order_by(-Length("code"), "-code")
        rests = (code.removeprefix(prefix) for code in codes.values_list("code", flat=True)[:200])
        return max((int(rest) for rest in rests if rest.isdecimal()), default=0)

    return f"{prefix}{context.next_number((model, prefix), last):0{digits}d}"


def _change(writes: list[PendingWrite]) -> None:
    """Updates all changed columns of all rows in one statement. The rows were locked when they were looked up."""
    model = type(writes[0].record)
    names = {name for write in writes for name in write.changes}
    if issubclass(model, Versioned):
        names.add("version")
        for write in writes:
            write.record.version += 1
    columns = [model._meta.get_field(name.removesuffix("_id")).name for name in names]
    records = [write.record for write in writes]
    model._base_manager.bulk_create(
        records, batch_size=STEP, update_conflicts=True, unique_fields=[model._meta.pk.name], update_fields=columns
    )


def log_events(load: Load, logged: Iterable[tuple], reason: str = "") -> None:
    """Logs an event for each (verb, record, {field: [before, after]}) of the load; a document number and a reason of
    its own may follow."""
    names = ("verb", "kind", "code", "area", "changes", "document_no", "reason")
    why = (reason or load.file_name)[:300]
    events = (
        (
            verb,
            record._meta.model_name,
            str(getattr(record, "code", record.pk)),
            area_of(record),
            changes,
            more[0] if more else "",
            more[1] if more[1:] and more[1] else why,
        )
        for verb, record, changes, *more in logged
    )
    by = {"actor": load.by_id, "role": role_of(load.by), "address": caller().address}
    add_values(Event, names, events, change_set=load.change_set, request_id=caller().request_id, **by)


def unlist(records: Iterable[Any]) -> None:
    """Removes the search entries of these records."""
    for kind, mine in _by_kind(records):
        SearchEntry.objects.filter(kind=kind.slug, code__among=[record.code for record in mine]).drop()


def public(records: Iterable[Any], public_records: Iterable[Any] = ()) -> list[tuple[Kind, list[Any]]]:
    """The records that search may show, by kind; `public_records` are known to be public."""
    entries = list(_by_kind(public_records))
    for kind, mine in _by_kind(records):
        keys = {record.pk for record in mine}
        if kind.model.objects.all().public_rows():
            keys = set(kind.model.objects.public().filter(pk__among=keys).values_list("pk", flat=True))
        entries.append((kind, [record for record in mine if record.pk in keys]))
    return entries


def index(records_by_kind: list[tuple[Kind, list[Any]]]) -> None:
    """Writes the search entries of these records."""
    for kind, records in records_by_kind:
        add_values(SearchEntry, ENTRY, values_for(kind, records))
        SearchEntry.objects.filter(kind=kind.slug, code__among=[record.code for record in records]).add_pairs()


def by_model(records: Iterable[Any]) -> dict[type[models.Model], list[Any]]:
    grouped = defaultdict(list)
    for record in records:
        grouped[type(record)].append(record)
    return grouped


def _by_kind(records: Iterable[Any]) -> Iterator[tuple[Kind, list[Any]]]:
    """The records of kinds that search shows."""
    grouped: dict[str, list[Any]] = defaultdict(list)
    for record in records:
        for kind in kinds_of(record):
            grouped[kind.slug].append(record)
    for slug, mine in grouped.items():
        yield KINDS[slug], mine


def forget_rows(load: Load, rows: list[SheetRow]) -> None:
    """Deletes the stored rows of an earlier run."""
    numbers = {(row.sheet, row.number) for row in rows}
    for sheet in {sheet for sheet, _number in numbers}:
        here = [number for of, number in numbers if of == sheet]
        load.rows.filter(sheet=sheet, row__range=(min(here), max(here))).delete()


def keep_rows(load: Load, rows: list[SheetRow]) -> None:
    """Stores the result of these rows."""
    names = ("sheet", "row", "verdict", "key", "name", "code", "changes", "messages", "undo", "doubtful")
    noted = (
        (
            row.sheet,
            row.number,
            verdict_of(row),
            next(iter(row.keys), ""),
            row.name,
            _code(row),
            {} if row.is_refused else serialize_changes(row),
            row.messages,
            row.undo,
            row.is_doubtful and not row.is_refused,
        )
        for row in rows
    )
    add_values(LoadRow, names, noted, load=load.pk)


def _code(row: SheetRow) -> str:
    """The code of the record the row is about."""
    about = row.record or next((write.record for write in row.writes if write.stage == RECORD), None)
    return str(getattr(about, "code", "") or "")
