"""The rows that belong to a record and are deleted with it, and the rows that refer to it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from graphlib import TopologicalSorter
from typing import Any

from django.db import models

from registry.models.base import Guarded, Part, ScopedQuerySet, Voidable

MOST_NAMED = 3  # records named in a refusal


def belongings(record: models.Model) -> list[models.Model]:
    """The rows that belong to `record`, and to those rows, the nearest first; voided ones too."""
    records: dict[tuple, models.Model] = {_key(record): record}
    layer = [record]
    while layer:
        layer = [row for row in _belonging_to(layer) if _key(row) not in records]
        records |= {_key(row): row for row in layer}
    return list(records.values())[1:]


def _key(row: models.Model) -> tuple:
    return type(row), row.pk


def _by_model(rows: Iterable[models.Model]) -> dict[type[models.Model], list[Any]]:
    grouped = defaultdict(list)
    for row in rows:
        grouped[type(row)].append(row.pk)
    return grouped


def relations_of(model: type[models.Model]) -> Iterator[models.ForeignObjectRel]:
    """The foreign keys of other models to `model`, including many-to-many tables."""
    for relation in model._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ForeignObjectRel) and (relation.one_to_many or relation.one_to_one):
            yield relation


def _belonging_to(rows: Iterable[models.Model]) -> Iterator[models.Model]:
    for model, keys in _by_model(rows).items():
        for relation in relations_of(model):
            if relation.field.name in getattr(relation.related_model, "goes_with", ()):
                yield from relation.related_model._base_manager.filter(**{f"{relation.field.name}__pk__in": keys})


def owner_of(row: models.Model) -> Any:
    """The record that a row primarily belongs to; None for an independent record."""
    name = next(iter(getattr(row, "goes_with", ())), "")
    return getattr(row, name) if name else None


def record_of(part: models.Model) -> Any:
    """The record of a part, or of a part of a part; None if it is no part."""
    row = owner_of(part)
    while row is not None and not isinstance(row, Guarded):
        row = owner_of(row)
    return row


def is_shared(row: models.Model, rows: Collection[models.Model]) -> bool:
    """Whether the row also belongs to a record outside `rows`, such as a point's place in a belt."""
    keys = {_key(row) for row in rows}
    owners = (getattr(row, name) for name in getattr(row, "goes_with", ()))
    return any(owner is not None and _key(owner) not in keys for owner in owners)


def names_of_referrers(rows: Collection[models.Model], *, in_force: bool) -> list[str]:
    """The names of a few records outside `rows` that refer to any of them. With `in_force`, voided ones are left
    out."""
    names = []
    for row in _referrers(rows, in_force):
        names.append(str(row))
        if len(names) == MOST_NAMED:
            break
    return names


def _referrers(rows: Collection[models.Model], in_force: bool) -> Iterator[models.Model]:
    keys = {_key(row) for row in rows}
    for model, of_model in _by_model(rows).items():
        for relation in relations_of(model):
            referrer, name = relation.related_model, relation.field.name
            if referrer._meta.auto_created is model:
                continue  # its own list
            if relation.on_delete is models.CASCADE and not referrer._meta.auto_created:
                continue  # rebuilt or temporary: a search entry, an upload
            referrers = referrer._base_manager.filter(**{f"{name}__pk__in": of_model})
            if in_force and issubclass(referrer, Voidable):
                referrers = referrers.filter(voided=None)
            for row in referrers.order_by("pk"):
                owner = _lister(row) if referrer._meta.auto_created else row
                if _key(owner) not in keys and not (in_force and getattr(owner, "voided", None)):
                    yield owner


def _lister(row: models.Model) -> Any:
    """For an entry of a many-to-many table, the row that owns the list."""
    model = row._meta.auto_created
    return getattr(row, next(field.name for field in row._meta.fields if field.related_model is model))


def was_ever_public(row: Any) -> bool:
    """Whether the row was ever public or counted in a figure; for a part, whether its record was."""
    if isinstance(row, Part):
        return was_ever_public(owner_of(row))
    rows = type(row)._default_manager
    if not isinstance(row, Voidable) or not isinstance(rows.all(), ScopedQuerySet) or row.pk is None:
        return False
    return rows.with_voided().ever_public().filter(pk=row.pk).exists()


def in_order_of_deletion(rows: Iterable[models.Model]) -> list[tuple[type[models.Model], list[Any]]]:
    """The keys of the rows by model, referring models first."""
    grouped = _by_model(rows)
    refers = TopologicalSorter({model: set() for model in grouped})
    for model in grouped:
        for field in model._meta.concrete_fields:
            if field.is_relation and field.related_model in grouped and field.related_model is not model:
                refers.add(field.related_model, model)
    return [(model, grouped[model]) for model in refers.static_order()]
