"""Undoes a load: added records are deleted, or voided if they were public; changed records get their old values; rows
changed since then stay."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.translation import gettext as _

from registry.actions.deletion import deletion_events, remove_rows
from registry.actions.records import changes_between, values_of
from registry.models import Draft, DraftState, Event, Load, LoadRow, Record
from registry.models.base import Versioned, Voidable, guard_lifted

from .bulk import STEP
from .write import by_model, index, log_events, public, unlist

Entry = tuple[str, int]  # model label and key
OWNERS = {"registry.partyorganisation": 2, "registry.unit": 3}  # other records refer to them: removed last


def undo_rows(load: Load, rows: list[LoadRow]) -> None:
    """Undoes these rows in one transaction of the caller. A row that cannot be undone is marked with the reason and
    stays as a whole."""
    entries = {row.pk: [(label, pk, before, version) for label, pk, before, version in row.undo] for row in rows}
    stored = _stored(entry for all_of_row in entries.values() for entry in all_of_row)
    touched = _touched(load, entries, stored)
    added = {
        (label, pk) for all_of_row in entries.values() for label, pk, before, _version in all_of_row if before is None
    }
    while True:  # a row that stays also keeps what it refers to, which may keep others
        going = {row.pk for row in rows if not touched.get(row.pk)}
        leaving = _added(entry for key in going for entry in entries[key])
        used = _used(added, leaving)
        staying = {row.pk: "in_use" for row in rows if row.pk in going and _main(entries[row.pk]) & used}
        if not staying:
            break
        touched |= staying
    left = [row for row in rows if touched.get(row.pk)]
    for row in left:
        row.left, reason = True, touched[row.pk]
        row.messages = [*row.messages, {"field": "", "column": "", "level": "left", "code": reason, "details": {}}]
    with guard_lifted("the load's own records, to take them back"):
        removed = _remove_added(load, [entry for entry in leaving if entry not in used], stored)
        _restore_values(
            load, [entry for key in going for entry in entries[key] if entry[2] is not None], stored, removed
        )
    LoadRow.objects.bulk_update(left, ["left", "messages"], batch_size=STEP)


def _stored(entries: Iterable[Sequence]) -> dict[Entry, models.Model]:
    return {
        (label, record.pk): record
        for label, keys in _keys_by_label((label, pk) for label, pk, _before, _version in entries).items()
        for record in apps.get_model(label)._base_manager.select_for_update().filter(pk__among=keys)
    }


def _keys_by_label(entries: Iterable[Entry]) -> dict[str, set[int]]:
    keys: dict[str, set[int]] = defaultdict(set)
    for label, pk in entries:
        keys[label].add(pk)
    return keys


def _touched(load: Load, entries: dict[int, list], stored: dict[Entry, models.Model]) -> dict[int, str]:
    """The reason by row, where somebody changed a record of it since, or decided on it."""
    codes = {(record._meta.model_name, str(getattr(record, "code", record.pk))): key for key, record in stored.items()}
    since = Event.objects.filter(change_set=load.change_set).order_by("pk").values_list("pk", flat=True).first() or 0
    later = Event.objects.filter(pk__gt=since, code__among={code for _kind, code in codes}).exclude(
        change_set=load.change_set
    )
    changed_later = {codes[key] for key in later.values_list("kind", "code") if key in codes}
    reasons = {}
    for row, all_of_row in entries.items():
        for label, pk, _before, version in all_of_row:
            record = stored.get((label, pk))
            moved = record is not None and getattr(record, "version", 0) != version
            decided = isinstance(record, Draft) and record.state != DraftState.OPEN
            if moved or decided or (label, pk) in changed_later:
                reasons[row] = "touched"
    return reasons


def _main(entries: list) -> set[Entry]:
    """The row's main record among those it added. Units and organisations it added may stay if others use them."""
    added = _added(entries)
    return added if len(added) == 1 else {entry for entry in added if entry[0] not in OWNERS}


def _added(entries: Iterable[Sequence]) -> set[Entry]:
    return {(label, pk) for label, pk, before, _version in entries if before is None}


def _used(added: set[Entry], leaving: set[Entry]) -> set[Entry]:
    """Which of the records `added` are referred to by something that is not `leaving` with them."""
    used: set[Entry] = set()
    for label, keys in _keys_by_label(added).items():
        for field in apps.get_model(label)._meta.get_fields(include_hidden=True):
            if not (field.auto_created and not field.concrete and (field.one_to_many or field.one_to_one)):
                continue
            model, name = field.related_model, field.field.attname
            if field.on_delete is models.CASCADE and not model._meta.auto_created:
                continue  # goes with the record, such as its search entry
            if model._meta.auto_created is apps.get_model(label):
                continue  # the record's own list, such as the writers of a draft, is deleted with it
            rows = model._base_manager.filter(**{f"{field.field.name}__pk__among": keys}).values_list("pk", name)
            used |= {(label, pk) for row, pk in rows if (model._meta.label_lower, row) not in leaving}
    return used


def _restore_values(load: Load, entries: list, stored: dict[Entry, models.Model], removed: dict[Entry, dict]) -> None:
    """Restores the old values. `removed` are the added parts, by the record they were added to, for the events."""
    by_label: dict[str, list[tuple[models.Model, dict]]] = defaultdict(list)
    logged: set[Entry] = set()
    for label, pk, before, _version in entries:
        record = stored.get((label, pk))
        if record and (before or (label, pk) not in logged):
            by_label[label].append((record, before))
            logged.add((label, pk))
    for label, records in by_label.items():
        model = apps.get_model(label)
        names: set[str] = {"version"} if issubclass(model, Versioned) else set()
        events = []
        for record, before in records:
            old = values_of(record)
            for name, value in before.items():
                setattr(record, name, model._meta.get_field(name.removesuffix("_id")).to_python(value))
                names.add(model._meta.get_field(name.removesuffix("_id")).name)
            if isinstance(record, Versioned) and before:
                record.version += 1
            if not isinstance(record, Draft):  # nobody may read typed values before they are submitted
                changes = changes_between(old, values_of(record)) | removed.pop((label, record.pk), {})
                events.append(("change", record, changes))
        if names:
            model._base_manager.bulk_update([record for record, _before in records], sorted(names), batch_size=STEP)
        log_events(load, events, reason_of(load))
        unlist(record for record, _before in records)
        index(public(record for record, _before in records))
    _log_owners(load, removed)


def _log_owners(load: Load, removed: dict[Entry, dict]) -> None:
    """Logs events of records that the load only added parts to."""
    for label in {label for label, _pk in removed}:
        of_model = {pk: parts for (owner_label, pk), parts in removed.items() if owner_label == label}
        rows = apps.get_model(label)._base_manager.filter(pk__among=of_model)
        log_events(load, (("parts", record, of_model[record.pk]) for record in rows), reason_of(load))


def reason_of(load: Load) -> str:
    """The reason in the events of an undo and on the page of a voided record."""
    return _("Load undone: %(file)s") % {"file": load.file_name}


def _remove_added(load: Load, entries: Iterable[Entry], stored: dict[Entry, models.Model]) -> dict[Entry, dict]:
    """Voids public records, which keep their parts, and parts of a record that stays; deletes the rest. Returns the
    parts removed from records that stay, for their events."""
    rows = [stored[entry] for entry in entries if entry in stored]
    public = _ever_public(rows)
    _void_records(load, [row for row in rows if _key(row) in public])
    rest = [row for row in rows if _key(row) not in public and _owner(row) not in public]
    leaving = {_key(row) for row in rest}
    joined = [row for row in rest if _owner(row) is not None and _owner(row) not in leaving]
    removed = _removed(joined)
    _void_parts(load, [row for row in joined if isinstance(row, Voidable)])
    _delete(load, [row for row in rest if row not in joined or not isinstance(row, Voidable)])
    return removed


def _key(row: models.Model) -> Entry:
    return row._meta.label_lower, row.pk


def _owner(row: models.Model) -> Entry | None:
    """The record that the row is a part of; a draft of a new site has none yet."""
    lister = row._meta.auto_created
    name = next(iter(getattr(row, "goes_with", ())), "")
    for field in row._meta.concrete_fields:
        if field.related_model and (field.name == name or (lister and field.related_model is lister)):
            key = getattr(row, field.attname)
            return None if key is None else (field.related_model._meta.label_lower, key)
    return None


def _ever_public(rows: Iterable[models.Model]) -> set[Entry]:
    """Which of the records have ever been visible to the public. An area that nothing refers to is none of them: its
    code must be free again."""
    entries: set[Entry] = set()
    for model, records in by_model(row for row in rows if isinstance(row, Record)).items():
        public = model._default_manager.with_voided().ever_public()  # type: ignore[attr-defined]
        keys = public.filter(pk__among=[record.pk for record in records]).values_list("pk", flat=True)
        entries |= {(model._meta.label_lower, key) for key in keys}
    return entries


def _void_records(load: Load, records: list[models.Model]) -> None:
    log_events(load, (("void", record, {"published": [True, None]}) for record in records), reason_of(load))
    unlist(records)
    for model, rows in by_model(records).items():
        keys = [row.pk for row in rows]
        model._base_manager.filter(pk__among=keys).update(voided=load.change_set, version=models.F("version") + 1)


def _void_parts(load: Load, parts: list[models.Model]) -> None:
    for model, rows in by_model(parts).items():
        model._base_manager.filter(pk__among=[row.pk for row in rows]).update(voided=load.change_set)


def _removed(parts: list[models.Model]) -> dict[Entry, dict]:
    """The change of removed parts in the event of each owner."""
    removed: dict[Entry, dict] = {}
    for model, rows in by_model(parts).items():
        relations = [field.name for field in model._meta.concrete_fields if field.is_relation]
        named = model._base_manager.select_related(*relations).in_bulk([row.pk for row in rows])
        for row in rows:
            listed = removed.setdefault(_owner(row), {}).setdefault(model._meta.model_name, {"removed": []})  # type: ignore[arg-type]
            listed["removed"].append({"part": _name(named[row.pk]), "changes": changes_between(values_of(row), {})})
    return removed


def _name(part: models.Model) -> str:
    """The name of a part for readers; of a list entry, the listed record."""
    lister = part._meta.auto_created
    others = (field for field in part._meta.concrete_fields if field.is_relation and field.related_model is not lister)
    return str(getattr(part, next(others).name)) if lister else str(part)


def _delete(load: Load, rows: list[models.Model]) -> None:
    drafts: Iterable[tuple[str, Any, dict]]
    drafts = (("delete", row, {}) for row in rows if isinstance(row, Draft))  # nobody may read typed values
    records = (("delete", record, gone) for record, gone in deletion_events(rows))
    log_events(load, chain(records, drafts), reason_of(load))
    unlist(row for row in rows if isinstance(row, Versioned))
    remove_rows(rows)
