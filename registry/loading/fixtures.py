"""Writes the rows of fixtures: says of each whether it is new, changed or the same, and logs an event for each record.

A fixture is the administrator's own tool on the server: it asks for no right, and nothing of it can be undone. What a
row does not name stays as it is. Values are checked field by field, and constraints by the database.
"""

import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, models, transaction
from django.utils.translation import gettext as _

from registry.actions.accounts import LOGGED_COLUMNS
from registry.actions.dependents import owner_of
from registry.actions.records import ChangeSet, changes_between, part_change, values_of
from registry.actions.search import rebuild
from registry.models import Area, Record, RowVerdict, User, forget_district
from registry.models.base import Part

from .fixture_format import FixtureFault, Place


@dataclass
class _Written:
    """A row that was written: what was stored before, {} for a new one."""

    row: models.Model
    before: dict[str, Any]


class Later:
    """A row that refers to a row further down; Django saves it again at the end."""

    def __init__(self, entry: Any):
        self.entry = entry

    def save_deferred_fields(self, using: str | None = None) -> None:
        for column, value in self.entry.deferred_fields.items():
            try:
                self.entry.deferred_fields = {column: value}
                self.entry.save_deferred_fields(using=using)
            except (DatabaseError, ValidationError) as error:
                raise _refused(self.entry, error) from error
            except Exception as error:
                raise _refers_to_nothing(self.entry.place, column.name, value) from error


@dataclass
class FixtureWriter:
    """Takes the rows one by one, then `finish()`. `counts` are the rows by verdict."""

    by: Any = None
    counts: Counter = field(default_factory=Counter)
    written: list[_Written] = field(default_factory=list)
    places: dict[tuple, Place] = field(default_factory=dict)
    references: list[tuple[Place, str, Any, Any]] = field(default_factory=list)

    def write(self, entry: Any, using: str) -> None:
        row = entry.object
        stored = type(row)._base_manager.filter(pk=row.pk).first() if row.pk is not None else None
        if stored is not None:
            _take_unnamed(row, stored, entry.named)
        _require_valid(entry)
        self._note_references(entry)
        if stored is not None and not entry.deferred_fields and _content(entry) == _stored_content(stored, entry):
            self.counts[RowVerdict.SAME] += 1
            self._require_once(entry)
            return
        if stored is not None and isinstance(row, Record):
            row.version = max(row.version, stored.version + 1)
        try:
            with transaction.atomic(using=using):
                entry.save(using=using)
        except (DatabaseError, ValidationError) as error:
            raise _refused(entry, error) from error
        self._require_once(entry)
        self.counts[RowVerdict.NEW if stored is None else RowVerdict.CHANGED] += 1
        self.written.append(_Written(row, values_of(stored) if stored is not None else {}))

    def _require_once(self, entry: Any) -> None:
        key = (type(entry.object), entry.object.pk)
        if key in self.places:
            text = _("the same row is object %(number)s already.") % {"number": self.places[key].number}
            raise FixtureFault(entry.place, text)
        self.places[key] = entry.place

    def _note_references(self, entry: Any) -> None:
        for column in entry.object._meta.concrete_fields:
            value = getattr(entry.object, column.attname)
            if column.is_relation and value is not None:
                self.references.append((entry.place, column.name, column.related_model, value))
        for name, values in (entry.m2m_data or {}).items():
            model = entry.object._meta.get_field(name).related_model
            self.references += [(entry.place, name, model, value) for value in values]

    def broken_reference(self) -> FixtureFault | None:
        """The first row that refers to a row which neither the database nor the file holds."""
        for place, name, model, value in self.references:
            is_written = (model, value) in self.places
            if not is_written and not model._base_manager.filter(pk=value).exists():
                return _refers_to_nothing(place, name, value)
        return None

    def finish(self, reason: str) -> None:
        """Logs an event for each record with its parts, and brings the search index up to date."""
        if not self.written:
            return
        forget_district()
        options = ChangeSet(self.by, reason[:300], key=uuid.uuid4())
        events: dict[tuple, list] = {}
        for written in self.written:
            row = type(written.row)._base_manager.get(pk=written.row.pk)
            owner = row
            while isinstance(owner, Part):
                owner = owner_of(owner)
            if isinstance(owner, Record | Area | User):
                entry = events.setdefault((type(owner), owner.pk), [owner, "change", {}])
                _add_changes(entry, row, written.before)
        for owner, verb, changes in events.values():
            if changes:
                options.log(verb, owner, changes)
        rebuild()


def _add_changes(event: list, row: Any, before: dict[str, Any]) -> None:
    """Adds the changes of a record, or of a part of it, to its event [record, verb, changes]."""
    changes, after = event[2], values_of(row)
    if not isinstance(row, Part):
        names = LOGGED_COLUMNS if isinstance(row, User) else after
        changes |= changes_between(before, {name: after[name] for name in names})
        verb = "change" if before else "add"
        event[1] = f"{verb}_account" if isinstance(row, User) else verb
        return
    own = {row._meta.pk.name, row.goes_with[0]}
    before, after = ({name: kept for name, kept in values.items() if name not in own} for values in (before, after))
    how = "changed" if before else "added"
    listed = changes.setdefault(str(row._meta.model_name), {}).setdefault(how, [])
    listed.append(part_change(row, before, after))


def _take_unnamed(row: models.Model, stored: models.Model, named: set[str]) -> None:
    """What the file does not name of a stored row stays as it is."""
    for column in row._meta.concrete_fields:
        if not column.primary_key and column.name not in named:
            setattr(row, column.attname, getattr(stored, column.attname))


def _content(entry: Any) -> dict[str, Any]:
    lists = {name: sorted(map(str, values)) for name, values in (entry.m2m_data or {}).items()}
    return _columns(entry.object) | lists


def _stored_content(stored: models.Model, entry: Any) -> dict[str, Any]:
    lists = {name: sorted(str(row.pk) for row in getattr(stored, name).all()) for name in entry.m2m_data or {}}
    return _columns(stored) | lists


def _columns(row: models.Model) -> dict[str, Any]:
    return {
        column.attname: getattr(row, column.attname) for column in row._meta.concrete_fields if column.name != "version"
    }


def _require_valid(entry: Any) -> None:
    """The values of the row's own columns. Raises FixtureFault for the first that is wrong."""
    row = entry.object
    relations = {column.name for column in row._meta.concrete_fields if column.is_relation}
    try:
        row.clean_fields(exclude=relations)
    except ValidationError as error:
        for name, faults in error.error_dict.items():
            for fault in faults:
                if fault.code != "blank":  # an empty list is a value; what must not be empty, the database knows
                    raise FixtureFault(entry.place, " ".join(fault.messages), name) from error


def _refused(entry: Any, error: Exception) -> FixtureFault:
    """Why the database refuses a row, in the words of the constraint if it has any."""
    row = entry.object
    for column in row._meta.concrete_fields:
        if not column.null and not column.primary_key and getattr(row, column.attname) is None:
            if column in entry.deferred_fields:
                return _refers_to_nothing(entry.place, column.name, entry.deferred_fields[column])
            return FixtureFault(entry.place, _("this field is missing."), column.name)
    try:
        row.validate_constraints()
        row.validate_unique()
    except ValidationError as fault:
        name, messages = next(iter(fault.message_dict.items()))
        return FixtureFault(entry.place, " ".join(messages), "" if name == "__all__" else name)
    return FixtureFault(entry.place, str(error).partition("\n")[0])


def _refers_to_nothing(place: Place, name: str, value: Any) -> FixtureFault:
    shown = ", ".join(map(str, value)) if isinstance(value, list) else value
    return FixtureFault(place, _("it refers to “%(value)s”, which does not exist.") % {"value": shown}, name)
