"""What belongs to a record and goes with it, and what else refers to it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from graphlib import TopologicalSorter
from typing import Any

from django.db import models

from registry.models.base import Guarded, Part, ScopedQuerySet, Voidable

MOST_NAMED = 3  # records that a refusal names


def belongings(record: models.Model) -> list[models.Model]:
    """The rows that go with `record`, and with those, the nearest first: voided ones, too."""
    found: dict[tuple, models.Model] = {_key(record): record}
    layer = [record]
    while layer:
        layer = [row for row in _belonging_to(layer) if _key(row) not in found]
        found |= {_key(row): row for row in layer}
    return list(found.values())[1:]


def _key(row: models.Model) -> tuple:
    return type(row), row.pk


def _by_model(rows: Iterable[models.Model]) -> dict[type[models.Model], list[Any]]:
    grouped = defaultdict(list)
    for row in rows:
        grouped[type(row)].append(row.pk)
    return grouped


def _relations(model: type[models.Model]) -> Iterator[models.ForeignObjectRel]:
    """The keys of other rows that point at rows of `model`, those of lists included."""
    for relation in model._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete and (relation.one_to_many or relation.one_to_one):
            yield relation


def _belonging_to(rows: Iterable[models.Model]) -> Iterator[models.Model]:
    for model, keys in _by_model(rows).items():
        for relation in _relations(model):
            if relation.field.name in getattr(relation.related_model, "goes_with", ()):
                yield from relation.related_model._base_manager.filter(**{f"{relation.field.name}__pk__in": keys})


def owner_of(row: models.Model) -> Any:
    """The record that a row belongs to first of all; None for one of its own."""
    name = next(iter(getattr(row, "goes_with", ())), "")
    return getattr(row, name) if name else None


def record_of(part: models.Model) -> Any:
    """The record that a part, or a part of a part, belongs to; None for one of none."""
    row = owner_of(part)
    while row is not None and not isinstance(row, Guarded):
        row = owner_of(row)
    return row


def is_shared(row: models.Model, rows: Collection[models.Model]) -> bool:
    """Whether the row belongs to a record that is not among `rows`, too: a point's place in a belt."""
    keys = {_key(row) for row in rows}
    owners = (getattr(row, name) for name in getattr(row, "goes_with", ()))
    return any(owner is not None and _key(owner) not in keys for owner in owners)


def names_of_referrers(rows: Collection[models.Model], *, in_force: bool) -> list[str]:
    """What refers to any of `rows` and is none of them, by name: a few of it. With `in_force`, only what counts: not
    what was voided."""
    names = []
    for row in _referrers(rows, in_force):
        names.append(str(row))
        if len(names) == MOST_NAMED:
            break
    return names


def _referrers(rows: Collection[models.Model], in_force: bool) -> Iterator[models.Model]:
    keys = {_key(row) for row in rows}
    for model, of_model in _by_model(rows).items():
        for relation in _relations(model):
            other, name = relation.related_model, relation.field.name
            if other._meta.auto_created is model:
                continue  # its own list
            if relation.on_delete is models.CASCADE and not other._meta.auto_created:
                continue  # made anew or on its way: an entry of the search, an upload
            found = other._base_manager.filter(**{f"{name}__pk__in": of_model})
            if in_force and issubclass(other, Voidable):
                found = found.filter(voided=None)
            for row in found.order_by("pk"):
                owner = _lister(row) if other._meta.auto_created else row
                if _key(owner) not in keys and not (in_force and getattr(owner, "voided", None)):
                    yield owner


def _lister(row: models.Model) -> Any:
    """Of an entry of a list, the row that has the list."""
    model = row._meta.auto_created
    return getattr(row, next(field.name for field in row._meta.fields if field.related_model is model))


def was_ever_public(row: Any) -> bool:
    """Whether anybody may have seen the row or counted it in a figure; of a part, whether its record was."""
    if isinstance(row, Part):
        return was_ever_public(owner_of(row))
    rows = type(row)._default_manager
    if not isinstance(row, Voidable) or not isinstance(rows.all(), ScopedQuerySet) or row.pk is None:
        return False
    return rows.with_voided().ever_public().filter(pk=row.pk).exists()


def in_order_of_deletion(rows: Iterable[models.Model]) -> list[tuple[type[models.Model], list[Any]]]:
    """The keys of the rows, model by model: what refers to others before those."""
    grouped = _by_model(rows)
    refers = TopologicalSorter({model: set() for model in grouped})
    for model in grouped:
        for field in model._meta.concrete_fields:
            if field.is_relation and field.related_model in grouped and field.related_model is not model:
                refers.add(field.related_model, model)
    return [(model, grouped[model]) for model in refers.static_order()]
