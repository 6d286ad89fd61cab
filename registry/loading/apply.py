"""Writing what was judged, a chunk of rows in a few statements, each record with its event; and taking it back."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models.functions import Length

from registry.access.client_ip import caller
from registry.access.permissions import area_of, role_of
from registry.actions.records import changes_between, values_of
from registry.actions.search import ENTRY, entry_values
from registry.kinds import KINDS, Kind
from registry.loading.lookups import Lookups
from registry.loading.sheet_types import PART, RECORD, PendingWrite, SheetRow, SheetType
from registry.loading.validate import plain, told, verdict_of
from registry.models import Event, Load, LoadRow, Record, SearchEntry
from registry.models.base import guard_lifted

from .bulk import STEP, add_all, add_values, check_references_at_once


def write_rows(kind: SheetType, rows: list[SheetRow], world: Lookups, load: Load) -> None:
    """Writes all rows that were not refused. Where the database refuses one, the rows are written one by one, and the
    one it refuses is refused with the reason."""
    good = [row for row in rows if not row.is_refused]
    write = kind.write or write_records
    try:
        with transaction.atomic():
            check_references_at_once()
            write(good, world, load)
    except IntegrityError:
        _unwrite(write for row in good for write in row.writes if write.is_new)
        for row in good:
            _write_alone(write, row, world, load)


def _write_alone(write: Any, row: SheetRow, world: Lookups, load: Load) -> None:
    adding = [
        write for write in row.writes if write.is_new and write.record._state.adding
    ]  # not what a row before added
    try:
        with transaction.atomic():
            write([row], world, load)
    except IntegrityError:
        _unwrite(adding)
        row.refuse("", "database_says", text=_reason(row))


def _unwrite(writes: Iterable[PendingWrite]) -> None:
    """These were added, and that was taken back."""
    for write in writes:
        write.record.pk, write.record._state.adding = None, True


def _reason(row: SheetRow) -> str:
    """What the models say of it, in the reader's words."""
    for write in row.writes:
        try:
            with guard_lifted("constraints hold over all rows, whoever asks"):
                write.record.full_clean(exclude=["code"])
        except ValidationError as error:
            return " ".join(error.messages)
        except (ValueError, models.ObjectDoesNotExist):
            continue
    return ""


def write_records(rows: list[SheetRow], world: Lookups, load: Load) -> None:
    """Stage by stage and model by model: new ones, changed ones; then their events and their names for the search."""
    writes = [write for row in rows for write in row.writes if write.does_something]
    writes = list({id(write.record): write for write in writes}.values())
    new = [write for write in writes if write.is_new and write.record._state.adding]
    changed = [write for write in writes if not write.is_new]
    before = {id(write): _keep(write) for write in changed}
    add_all([_coded(group, world) for group in _by_model(new)])
    for group in _by_model(changed):
        _change(group)
    written = [*new, *changed]
    whole = [write for write in written if write.stage != PART]
    log_events(
        load,
        (
            (
                write.verb or ("add" if write.is_new else "change"),
                write.record,
                changes_between(before.get(id(write), {}), values_of(write.record)) | write.also,
                write.document_no,
            )
            for write in whole
        ),
    )
    unlist(write.record for write in whole if not write.is_new)
    known = [write.record for write in whole if write.public]
    index(public((write.record for write in whole if write.public is None), known))
    _remember(rows, {id(write) for write in written})


def _by_model(writes: list[PendingWrite]) -> list[list[PendingWrite]]:
    """Stage by stage, each model's together."""
    model_of = lambda write: (write.stage, type(write.record).__name__)  # noqa: E731
    return [list(group) for _model, group in groupby(sorted(writes, key=model_of), key=model_of)]


def _remember(rows: list[SheetRow], written: set[int]) -> None:
    """What would have to be put back: [model, key, None if it was added or {attribute: before}, version now]."""
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
    """The values before, for the event; afterwards the record carries the new ones."""
    before = values_of(write.record)
    for name, (_before, after) in write.changes.items():
        setattr(write.record, name, after)
    return before


def _coded(writes: list[PendingWrite], world: Lookups) -> list[Any]:
    """The records of these writes, all of one model, with a code if they carry one."""
    model, records = type(writes[0].record), [write.record for write in writes]
    taken = _codes_of_voided(model, [write.prefix for write in writes if not write.digits])
    for write, record in zip(writes, records, strict=True):
        if isinstance(record, Record) and not record.code:
            again = write.prefix in taken
            prefix, digits = (f"{write.prefix}-", 1) if again else (write.prefix, write.digits)
            record.code = next_code(model, prefix, digits, world)
    return records


def _codes_of_voided(model: type[models.Model], codes: list[str]) -> set[str]:
    """Which of the codes records have that were entered in error."""
    if not codes or not issubclass(model, Record):
        return set()
    voided = model._base_manager.filter(code__among=codes, voided__isnull=False)
    return set(voided.values_list("code", flat=True))


def next_code(model: type[models.Model], prefix: str, digits: int, world: Lookups) -> str:
    """The next free code with this prefix; the database is asked once for each prefix of a load. Without digits the
    prefix is the code: where a voided record has it, a number follows."""
    if not digits:
        return prefix
    known = (model, prefix)
    if known not in world.numbers:
        codes = model._base_manager.filter(code__startswith=prefix).order_by(-Length("code"), "-code")
        rests = (code.removeprefix(prefix) for code in codes.values_list("code", flat=True)[:200])
        world.numbers[known] = max((int(rest) for rest in rests if rest.isdecimal()), default=0)
    world.numbers[known] += 1
    return f"{prefix}{world.numbers[known]:0{digits}d}"


def _change(writes: list[PendingWrite]) -> None:
    """All changed columns of all rows in one statement; the rows were locked when they were found."""
    model = type(writes[0].record)
    names = {name for write in writes for name in write.changes}
    if issubclass(model, Record):
        names.add("version")
        for write in writes:
            write.record.version += 1  # type: ignore[attr-defined]
    columns = [model._meta.get_field(name.removesuffix("_id")).name for name in names]
    records = [write.record for write in writes]
    model._base_manager.bulk_create(
        records, batch_size=STEP, update_conflicts=True, unique_fields=["id"], update_fields=columns
    )


def log_events(load: Load, told: Iterable[tuple], reason: str = "") -> None:
    """An event for each (verb, record, {field: [before, after]}) of what the load did; a paper number may follow."""
    names = (
        "change_set", "actor", "role", "request_id", "address", "reason", "verb", "kind", "code", "area", "changes",
        "document_no",
    )  # fmt: skip
    by, why = (role_of(load.by), caller().request_id, caller().address), (reason or load.file_name)[:300]
    always = (load.change_set, load.by_id, *by, why)
    events = (
        (
            *always,
            verb,
            record._meta.model_name,
            str(getattr(record, "code", record.pk)),
            area_of(record),
            changes,
            *(paper or ("",)),
        )
        for verb, record, changes, *paper in told
    )
    add_values(Event, names, events)


def unlist(records: Iterable[Any]) -> None:
    """Takes what the search knows of these records away."""
    for kind, mine in _searched(records):
        SearchEntry.objects.filter(kind=kind.slug, code__among=[record.code for record in mine]).delete()


def public(records: Iterable[Any], known: Iterable[Any] = ()) -> list[tuple[Kind, list[Any]]]:
    """Those of the records that search may find, by kind; with those that are `known` to be public."""
    shown = list(_searched(known))
    for kind, mine in _searched(records):
        keys = {record.pk for record in mine}
        if kind.model.objects.all().public_rows():
            keys = set(kind.model.objects.public().filter(pk__among=keys).values_list("pk", flat=True))
        shown.append((kind, [record for record in mine if record.pk in keys]))
    return shown


def index(shown: list[tuple[Kind, list[Any]]]) -> None:
    """Writes down under which names search finds these records."""
    for kind, records in shown:
        entries = (entry_values(kind, record.code, str(record), getattr(record, "area_id", None)) for record in records)
        add_values(SearchEntry, ENTRY, entries)


def _searched(records: Iterable[Any]) -> Iterator[tuple[Kind, list[Any]]]:
    by_model = defaultdict(list)
    for record in records:
        by_model[type(record)].append(record)
    for kind in KINDS.values():
        if kind.searched and kind.model in by_model and issubclass(kind.model, Record):
            yield kind, by_model[kind.model]


def forget_rows(load: Load, rows: list[SheetRow]) -> None:
    """What was noted of these rows before gives way."""
    numbers = {(row.sheet, row.number) for row in rows}
    for sheet in {sheet for sheet, _number in numbers}:
        here = [number for of, number in numbers if of == sheet]
        load.rows.filter(sheet=sheet, row__range=(min(here), max(here))).delete()


def keep_rows(load: Load, rows: list[SheetRow]) -> None:
    """Notes what became of these rows."""
    names = ("load", "sheet", "row", "verdict", "key", "name", "code", "changes", "messages", "undo", "doubtful")
    noted = (
        (
            load.pk,
            row.sheet,
            row.number,
            verdict_of(row),
            next(iter(row.keys), ""),
            row.name,
            _code(row),
            {} if row.is_refused else told(row),
            row.messages,
            row.undo,
            row.is_doubtful and not row.is_refused,
        )
        for row in rows
    )
    add_values(LoadRow, names, noted)


def _code(row: SheetRow) -> str:
    """The code of the record the row is about."""
    about = row.record or next((write.record for write in row.writes if write.stage == RECORD), None)
    return str(getattr(about, "code", "") or "")
