"""Validates the rows of a file against the registry: new, changed, same, or refused with the reason."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from hashlib import sha256
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import CharField, DecimalField, Model, TextField
from django.db.models import Field as ModelField

from registry.access.permissions import area_of
from registry.loading.context import Context
from registry.loading.lookups import WHY
from registry.loading.money_units import WAN, YUAN, in_yuan
from registry.loading.sheet_types import RECORD, PendingWrite, SheetColumn, SheetRow, SheetType, Use, read_cells
from registry.models import LoadRow, RowVerdict


def read(kind: SheetType, rows: list[SheetRow], context: Context) -> None:
    """Parses the values of each row, with a message for each invalid cell."""
    columns = [column for column in kind.columns if column.use is not Use.IGNORE]
    for row in rows:
        read_cells(row, columns, context.cells)


def validate(kind: SheetType, rows: list[SheetRow], context: Context, load: Any) -> None:
    """Fills attributes, record, messages and writes of each row that was read. Reads the database in a few queries for
    all rows together, and writes nothing."""
    context.records.read(kind, rows)
    for row in rows:
        row.day = kind.day_of(row, context.today)
        row.areas_by_day = context.areas_by_day
        row.attributes |= {name: row.values.get(name) for name in kind.as_typed}
        kind.resolve(row, context)
        row.key = kind.key(row.attributes)
    if kind.find:
        kind.find(rows, context)
    else:
        for row, alike in matches(kind, rows, context):
            assign(row, alike)
    stored = kind.prepare(rows, context)
    _refuse_repeated(rows, load)
    for row in rows:
        _refuse_outside(kind, row, context)
        if not row.is_refused:
            _plan(kind, row, context, stored)
        if not (row.is_refused or _named_areas(kind, row) or context.reaches(area_of(row.main.record))):
            row.refuse("", "outside")  # the row has no area, and its record is outside the sender's area


def matches(
    kind: SheetType,
    rows: list[SheetRow],
    context: Context,
    keys: Callable[[tuple], Sequence[tuple]] = lambda key: (key,),
) -> Iterator[tuple[SheetRow, list[Any]]]:
    """Each row, with its `record` if it gives a code, and with the records of its key, the oldest first. `keys` are
    the keys that a record with that natural key is looked up by, and a row by the first of them."""
    records = context.locked(kind.records() if kind.records else kind.model._default_manager.unscoped(WHY))  # type: ignore[attr-defined]
    codes = {row.values["code"] for row in rows if row.has("code")}
    by_code = {record.code: record for record in records.filter(code__among=codes)} if codes else {}
    first = kind.natural[0]
    values = {row.attributes.get(first) for row in rows} - {None, ""}
    among = "among" if type(kind.model._meta.get_field(first)) is CharField else "in"
    by_key: dict[tuple, list[Any]] = defaultdict(list)
    for record in records.filter(**{f"{first}__{among}": values}).order_by("pk") if values else ():
        for key in keys(kind.key({name: getattr(record, name) for name in kind.natural})):
            by_key[key].append(record)
    for row in rows:
        row.record = by_code.get(row.values.get("code"))
        yield row, by_key.get(keys(row.key)[0], [])


def assign(row: SheetRow, alike: list[Any]) -> None:
    """Sets the record of the row: by its code, else the first of those with its key."""
    code, named = row.values.get("code"), next(iter(alike), None)
    if not code:
        row.record = named
    elif row.record is None:
        row.refuse("code", "code_unknown", text=code)
    elif named is not None and row.record not in alike:  # records with equal keys are identified by code
        row.refuse("code", "key_taken", code=named.code)


def _refuse_repeated(rows: list[SheetRow], load: Any) -> None:
    """If a record occurs twice in one file, the first row counts."""
    for row in rows:
        row.keys = _keys_of(row)
    keys = {key for row in rows for key in row.keys}
    first: dict[str, tuple[int, int]] = {}
    earlier = LoadRow.objects.filter(load=load, key__among=keys).exclude(verdict=RowVerdict.REFUSED)
    for key, sheet, number in earlier.order_by("sheet", "row").values_list("key", "sheet", "row"):
        first.setdefault(key, (sheet, number))
    for row in rows:
        here = (row.sheet, row.number)
        before = [] if row.is_refused else [first.setdefault(key, here) for key in row.keys]
        if before and min(before) < here:
            row.refuse("", "twice_in_file", row=min(before)[1])


def _keys_of(row: SheetRow) -> list[str]:
    """The keys of a row: the code of a record, and its natural key. A record added by an earlier row of the load had no
    code then; a row with a code is about that record only."""
    if row.record is not None and row.has("code"):
        return [row.record.code]
    return [key for key in (getattr(row.record, "code", ""), _natural_text(row)) if key]


def _natural_text(row: SheetRow) -> str:
    if not row.key or None in row.key or "" in row.key:
        return ""
    return sha256(
        "|".join(str(plain(part)) for part in row.key).encode()
    ).hexdigest()  # hashed, because it may name a person


def _named_areas(kind: SheetType, row: SheetRow) -> set[str]:
    return {kind.area_of(row), getattr(row.record, "area_id", "")} - {"", None}


def _refuse_outside(kind: SheetType, row: SheetRow, context: Context) -> None:
    if not all(map(context.reaches, _named_areas(kind, row))):
        row.refuse("township" if "township" in row.texts else "", "outside")


def _plan(kind: SheetType, row: SheetRow, context: Context, stored: Any) -> None:
    """Appends the pending writes of the row."""
    if row.record is None:
        refuse_missing(kind.columns, row)
        if row.is_refused:
            return
        attributes = {name: value for name, value in row.attributes.items() if value not in (None, "")}
        record = kind.model(**row.defaults | attributes)
        _warn_assumed_values(kind, row, record, attributes)
        write = PendingWrite(record, prefix=kind.prefix(row), digits=kind.digits)
    else:
        record = row.record
        changes = {
            name: [getattr(record, name), value]
            for name, value in row.attributes.items()
            if value not in (None, "") and not _agrees(name, getattr(record, name), value)
        }
        write = PendingWrite(record, changes)
        _doubt_leaps(kind, row, changes)
    row.writes.append(write)
    if write.is_new or write.changes:
        _check_fields(row, write)
        _check_order(kind, row, write)
    kind.parts(row, context, stored)


LEAP = 100  # a hundredfold change of an amount is probably a wrong unit


def _doubt_leaps(kind: SheetType, row: SheetRow, changes: dict[str, list]) -> None:
    for name, (before, after) in changes.items():
        column = kind.column(name)
        if column is not None and column.unit in (YUAN, WAN) and before and not 1 / LEAP < after / before < LEAP:
            row.doubt(name, "amount_leaps", before=in_yuan(before), after=in_yuan(after))


def _warn_assumed_values(kind: SheetType, row: SheetRow, record: Any, attributes: dict) -> None:
    for name, value in row.defaults.items():
        if name not in attributes and (column := kind.column(name)) and not column.follows:
            words = getattr(record, f"get_{name}_display", lambda value=value: value)()
            row.note(name, "assumed", value=words)


def _check_order(kind: SheetType, row: SheetRow, write: PendingWrite) -> None:
    """Checks that the begin is not after the end."""
    now = {name: after for name, (_before, after) in write.changes.items()}
    for earlier, later, apart in kind.order:
        first, last = (now.get(name, getattr(write.record, name)) for name in (earlier, later))
        if first and last and (last < first or (apart and last == first)):
            row.refuse(later if kind.column(later) else earlier, "order_wrong", earlier=first, later=last)


def _agrees(name: str, current: Any, value: Any) -> bool:
    """Whether the file's value equals the current one; a township alone does not contradict a village in it."""
    return same(current, value) or (name == "area_id" and bool(current) and current.startswith(value))


def refuse_missing(columns: Sequence[SheetColumn], row: SheetRow) -> None:
    """A required column that is not in the file is missing for a new record, but not for a stored one."""
    for column in columns:
        name = column.name
        is_given = row.values.get(name) or (name in row.texts and not column.follows) or name in row.excused
        if column.required and column.use is Use.STORE and not is_given:
            row.refuse(name, "required")


def same(before: Any, after: Any) -> bool:
    """Whether two values are equal, whatever their types."""
    if isinstance(before, Decimal) or isinstance(after, Decimal):
        return before is not None and Decimal(str(before)) == Decimal(str(after))
    if isinstance(before, date) or isinstance(after, date):
        return str(before) == str(after)
    return before == after


@cache
def _limited(model: type[Model]) -> list[tuple[ModelField, Callable[[Any], bool]]]:
    """The columns whose limits are checked, all but the code and foreign keys. Each has a quick test of values that are
    surely valid, because the field's own validation takes ten times as long."""
    fields = [field for field in model._meta.concrete_fields if not field.is_relation and field.name != "code"]
    return [(field, _sure(field)) for field in fields]


def _sure(field: ModelField) -> Callable[[Any], bool]:
    if field.choices:
        allowed = {value for value, _label in field.flatchoices}
        return lambda value: type(value) is str and value in allowed
    own_validators = field._validators  # type: ignore[attr-defined]  # those that the model names; `validators` has more
    if isinstance(field, CharField | TextField) and not own_validators:
        most = field.max_length
        return lambda value: type(value) is str and len(value) > 0 and (most is None or len(value) <= most)
    if isinstance(field, DecimalField) and not own_validators:
        top, places = 10 ** (field.max_digits - field.decimal_places), field.decimal_places
        return lambda value: (
            type(value) is Decimal and value.is_finite() and abs(value) < top and value == round(value, places)
        )
    return lambda value: False


def _check_fields(row: SheetRow, write: PendingWrite) -> None:
    """Validates length and range of the model's fields, as they would be after the change."""
    record, values = write.record, write.changes or row.attributes
    model: type[Model] = type(record)
    for field, fits in _limited(model):
        if field.name not in values:
            continue
        value = write.changes[field.name][1] if write.changes else getattr(record, field.attname)
        if fits(value) or (field.blank and value in field.empty_values):
            continue
        try:
            value = field.clean(value, record)
        except ValidationError as error:
            row.refuse(field.name, "model_says", text=" ".join(error.messages))
        else:
            if not write.changes:
                setattr(record, field.attname, value)


def verdict_of(row: SheetRow) -> RowVerdict:
    if row.is_refused:
        return RowVerdict.REFUSED
    if any(write.is_new for write in row.writes if write.stage == RECORD):
        return RowVerdict.NEW
    return RowVerdict.CHANGED if any(write.does_something for write in row.writes) else RowVerdict.SAME


def serialize_changes(row: SheetRow) -> dict[str, list]:
    """The changes of the row, {field: [before, after]}, of all its writes; the reader masks personal values."""
    changes: dict[str, list] = defaultdict(list)
    for write in row.writes:
        for name, (before, after) in (write.changes | write.also).items():
            changes[name.removesuffix("_id")] = [plain(before), plain(after)]
    return dict(changes)


def plain(value: Any) -> Any:
    """`value` as JSON stores it and the field parses it back."""
    if value is None or isinstance(value, bool | int | str | list | dict):
        return value
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
