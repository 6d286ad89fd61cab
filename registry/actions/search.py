"""The search index, built from the public rows of the searched record kinds."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from registry.access.permissions import may
from registry.kinds import KINDS, Kind
from registry.models import Area, AreaAlias, AreaLevel, PartyOrganisation, SearchEntry
from registry.models.base import Versioned
from registry.models.generation import move_generation
from registry.text.spellings import normalized, pinyin_of

from .access_log import log_reading

STEP = 500
MOST_PEOPLE = 20


AREA_LEVELS = {"townships": AreaLevel.TOWNSHIP, "villages": AreaLevel.VILLAGE}  # of the kinds that search shows
ENTRY = ("kind", "code", "area", "name", "names", "pinyin", "initials")


def entry_of(*record: Any) -> SearchEntry:
    """The search entry of one record; see `entry_values`."""
    columns = {field.name: field.attname for field in SearchEntry._meta.concrete_fields}
    names = (columns[name] for name in ENTRY)
    return SearchEntry(**dict(zip(names, entry_values(*record), strict=True)))


def kinds_of(record: Any) -> list[Kind]:
    """The searched kinds that the record belongs to; none for a part."""
    if not isinstance(record, Versioned):
        return []
    kinds = [kind for kind in KINDS.values() if kind.searched and kind.model is type(record)]
    return [kind for kind in kinds if not isinstance(record, Area) or AREA_LEVELS[kind.slug] == record.level]


def entry_for(kind: Kind, record: Any) -> SearchEntry:
    """The search entry of a stored record."""
    [values] = values_for(kind, [record])
    columns = {field.name: field.attname for field in SearchEntry._meta.concrete_fields}
    return SearchEntry(**dict(zip((columns[name] for name in ENTRY), values, strict=True)))


def values_for(kind: Kind, records: Sequence[Any]) -> Iterator[tuple]:
    """The values of the entries of stored records of one kind; see `entry_values`."""
    if kind.model is Area:
        aliases = aliases_of([area.pk for area in records])
        for area in records:
            yield entry_values(kind, area.code, area.name, area.code, (area.short_name, *aliases.get(area.code, ())))
    else:
        for record in records:
            yield entry_values(kind, record.code, str(record), getattr(record, "area_id", None))


def aliases_of(codes: Collection[str] | None = None) -> dict[str, list[str]]:
    """The other names of areas by code; of all areas, if no codes are given."""
    rows = (
        AreaAlias.objects.order_by("pk") if codes is None else AreaAlias.objects.filter(area__in=codes).order_by("pk")
    )
    aliases: dict[str, list[str]] = {}
    for area, alias in rows.values_list("area_id", "name"):
        aliases.setdefault(area, []).append(alias)
    return aliases


def entry_values(kind: Kind, code: str, name: str, area: str | None, others: tuple[str, ...] = ()) -> tuple:
    """The values of an entry in the order of ENTRY: all names of a record, their pinyin without tones, initials."""
    names = (name, *others)
    spellings = [pinyin_of(name) for name in names]
    pinyin = "\n".join(whole for whole, _first in spellings)
    initials = " ".join(first for _whole, first in spellings)
    return kind.slug, code, area, name[:120], "\n".join(names), pinyin, initials[:200]


def _searched_rows(kind: Kind) -> QuerySet:
    rows = kind.model.objects.public()
    if kind.model is Area:
        rows = rows.filter(level=AREA_LEVELS[kind.slug])
    return rows


def _entries(kind: Kind) -> list[SearchEntry]:
    title = next(name for name in ("name", "title") if name in {field.name for field in kind.model._meta.fields})
    rows = _searched_rows(kind)
    if kind.model is Area:
        aliases = aliases_of()
        return [
            entry_of(kind, area.code, area.name, area.code, (area.short_name, *aliases.get(area.code, ())))
            for area in rows
        ]
    has_area = any(field.name == "area" for field in kind.model._meta.fields)
    columns = ("code", title, "area_id") if has_area else ("code", title)
    return [entry_of(kind, code, name, *rest or (None,)) for code, name, *rest in rows.values_list(*columns)]


def searched_kinds() -> list[Kind]:
    return [kind for kind in KINDS.values() if kind.searched]


def organisations_led_by(text: str, *, by: Any) -> list[PartyOrganisation]:
    """The organisations whose secretary's name holds `text`, for staff of their area alone. Each one shown is logged as
    personal data that was read."""
    text = normalized(text)
    if len(text) < 2 or not may(by, "record.view"):
        return []
    rows = PartyOrganisation.objects.visible_to(by).filter(secretary__contains=text).order_by("code")[:MOST_PEOPLE]
    shown = [organisation for organisation in rows.select_related("area") if may(by, "record.view", organisation)]
    for organisation in shown:
        log_reading(organisation, ["secretary"], by=by)
    return shown


@transaction.atomic
def reindex_kind(kind: Kind) -> int:
    """Rebuilds the index of one kind. Returns the number of entries."""
    rows = SearchEntry.objects.filter(kind=kind.slug)
    rows.drop()
    entries = _entries(kind)
    SearchEntry.objects.bulk_create(entries, batch_size=STEP)
    rows.add_pairs()
    move_generation()
    return len(entries)


def index_gaps() -> Iterator[tuple[Kind, set[str]]]:
    """For each kind, the codes that the index lacks or should not hold."""
    for kind in searched_kinds():
        indexed = set(SearchEntry.objects.filter(kind=kind.slug).values_list("code", flat=True))
        yield kind, indexed ^ set(_searched_rows(kind).values_list("code", flat=True))


def reindex_step(cursor: int) -> tuple[int | None, int, int]:
    """One step of the reindexing job: the kind with the number `cursor`. Returns the next cursor or None, done and
    total."""
    kinds = searched_kinds()
    if cursor < len(kinds):
        reindex_kind(kinds[cursor])
    following = cursor + 1
    return (following if following < len(kinds) else None), min(following, len(kinds)), len(kinds)


def rebuild() -> int:
    """Rebuilds the whole index at once. Returns the number of entries."""
    return sum(reindex_kind(kind) for kind in searched_kinds())
