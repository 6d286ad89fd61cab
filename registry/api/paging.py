"""Cursor pagination: a page begins after a given row, so the last page costs what the first does."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import urlencode

from django.core import signing
from django.db.models import CharField, F, Func, Model, Q, QuerySet, Value
from django.db.models.lookups import GreaterThan, LessThan
from django.utils.translation import gettext as _

from registry.access.scope import ANY_AREA, BadInput, Scope
from registry.kinds import Kind
from registry.query_cache import placeholder
from registry.text.validators import plain_number

PAGE_SIZE, MOST = 50, 500
KEY = "key_%d"
CACHED_AS_PLACEHOLDER = ("code", "area_id")


@dataclass(frozen=True)
class Key:
    """One column of an order. Rows without a value come last, in either direction. `column` is the column of the rows
    that shows its values, if any."""

    path: str
    descending: bool = False
    nullable: bool = True
    column: str = ""

    def ordering(self, backward: bool) -> Any:
        down = self.descending != backward
        if not self.nullable:
            return F(self.path).desc() if down else F(self.path).asc()
        nulls = {"nulls_first": True} if backward else {"nulls_last": True}
        return F(self.path).desc(**nulls) if down else F(self.path).asc(**nulls)

    def beyond(self, value: Any, backward: bool) -> Q:
        """Rows after one with `value`, by this column alone."""
        if value is None:
            return Q(**{f"{self.path}__isnull": False}) if backward else Q(pk__in=[])
        further = Q(**{f"{self.path}__{'lt' if self.descending != backward else 'gt'}": value})
        return further | Q(**{f"{self.path}__isnull": True}) if self.nullable and not backward else further

    def same(self, value: Any) -> Q:
        return Q(**{f"{self.path}__isnull": True}) if value is None else Q(**{self.path: value})


class Together(Func):
    """Several values compared as a tuple: (a, b) > (1, 2)."""

    template, output_field = "(%(expressions)s)", CharField()


@dataclass
class Page:
    rows: list[dict]
    next: str | None
    previous: str | None


def keys_of(kind: Kind, ordering: str = "") -> tuple[Key, ...]:
    """The requested order, completed by a unique column. Raises BadInput for an unknown column."""
    columns = {column.name: column for column in kind.columns}
    if ordering and ordering.removeprefix("-") not in columns:
        raise BadInput("ordering", ordering, _unknown(ordering, columns), "unknown")
    return _keys(kind, (ordering,) if ordering else kind.order)


@cache
def _keys(kind: Kind, names: tuple[str, ...]) -> tuple[Key, ...]:
    columns = {column.name: column for column in kind.columns}
    column_names = {column.source: column.name for column in kind.columns}
    scope = Scope(date.today(), ANY_AREA)
    values, unique = kind.values(kind.on(scope), scope), "id" if kind.redacted else "code"
    keys: list[Key] = []
    for name in names:
        bare = name.removeprefix("-")
        path = columns[bare].source if bare in columns else bare
        nullable = path != unique and _nullable(path, values)
        keys.append(Key(path, name.startswith("-"), nullable, column_names.get(path, "")))
    last = Key(unique, nullable=False, column=column_names.get(unique, ""))
    return tuple(keys) if keys[-1].path == unique else (*keys, last)


def _unknown(ordering: str, columns: Iterable[str]) -> str:
    names = ", ".join(sorted(columns))
    return _("“%(value)s” cannot be ordered by. Choose one of: %(names)s.") % {"value": ordering, "names": names}


def _nullable(path: str, values: QuerySet) -> bool:
    """Whether the value may be missing. A computed value always may."""
    return "__" in path or path in values.query.annotations or values.model._meta.get_field(path).null


@dataclass(frozen=True)
class Position:
    """The row a page begins after, and its direction. The first page has no `values`."""

    backward: bool = False
    values: tuple | None = None

    def with_placeholders(self, keys: tuple[Key, ...]) -> tuple["Position", dict[str, str]]:
        """The position with placeholders for its codes, so that one compiled query serves every page, and the
        parameters."""
        if self.values is None:
            return self, {}
        parameters = {
            placeholder(at): value for at, value in enumerate(self.values) if keys[at].path in CACHED_AS_PLACEHOLDER
        }
        shape = tuple(
            placeholder(at) if placeholder(at) in parameters else value for at, value in enumerate(self.values)
        )
        return Position(self.backward, shape), parameters


def placed(values: QuerySet, keys: tuple[Key, ...], at: Position, size: int) -> QuerySet:
    """`values` from a position on, in the order of `keys`. Key values that the rows do not show are added. One row more
    than a page is fetched, to see whether there is another page."""
    selected = values.query.selected or ()
    added = {KEY % number: F(key.path) for number, key in enumerate(keys) if key.column not in selected}
    values = values.annotate(**added)
    values = values.order_by(*(key.ordering(at.backward) for key in keys))
    if at.values is not None:
        values = _begun(values.filter(_after(values.model, keys, at.values, at.backward)))
    return values[: size + 1]


def _begun(values: QuerySet) -> QuerySet:
    """Puts the bound of the page first. Of two bounds of a column SQLite uses the one it reads first, and the area is
    one too."""
    conditions = values.query.where.children
    conditions.insert(0, conditions.pop())
    return values


def page_of(keys: tuple[Key, ...], parameters: Any, address: str, size: int, fetch: Callable) -> Page:
    """`size` rows from `cursor` on. `fetch` returns the rows of `placed`; `address` is the URL of the list without its
    query."""
    signer = signing.Signer(salt=f"cursor {[(key.path, key.descending) for key in keys]}")
    at = _position(parameters.get("cursor", ""), signer)
    rows = fetch(at)
    more, rows = len(rows) > size, rows[:size]
    if at.backward:
        rows.reverse()
    names = [KEY % number if rows and KEY % number in rows[0] else key.column for number, key in enumerate(keys)]

    def link(row: int, back: bool) -> str | None:
        if not (more if back == at.backward else at.values is not None) or not rows:
            return None
        cursor = signer.sign_object([back, [_plain(rows[row][name]) for name in names]])
        query = {name: value for name, value in parameters.items() if name != "cursor"}
        return f"{address}?{urlencode({**query, 'cursor': cursor})}"

    page = Page(rows, link(-1, False), link(0, True))
    for name in set(names) - {key.column for key in keys}:
        for row in rows:
            del row[name]
    return page


def _after(model: type[Model], keys: tuple[Key, ...], position: tuple, backward: bool) -> Any:
    """Rows after `position`: beyond it in the first column, or equal there and beyond it in the next, and so on.
    Columns that are never null and run the same way are compared as one tuple, which an index serves."""
    if len(keys) > 1 and not any(key.nullable or key.descending != keys[0].descending for key in keys):
        beyond = LessThan if keys[0].descending != backward else GreaterThan
        fields: Iterator[Any] = (model._meta.get_field(key.path) for key in keys)
        bounds = (Value(value, field) for value, field in zip(position, fields, strict=True))
        return beyond(Together(*(F(key.path) for key in keys)), Together(*bounds))
    condition, same = Q(), Q()
    for key, value in zip(keys, position, strict=True):
        condition |= same & key.beyond(value, backward)
        same &= key.same(value)
    return condition


def _position(cursor: str, signer: signing.Signer) -> Position:
    if not cursor:
        return Position()
    try:
        backward, values = signer.unsign_object(cursor)
    except (signing.BadSignature, ValueError, TypeError) as error:
        message = _("The cursor does not belong to this list and order. Take the address from “next” as it is.")
        raise BadInput("cursor", cursor, message) from error
    return Position(backward, tuple(values))


def page_size(parameters: Any, default: int = PAGE_SIZE) -> int:
    text = parameters.get("page_size", str(default))
    size = plain_number(text)
    if size is None or not 0 < size <= MOST:
        message = _("“%(value)s” is not a number of rows. Write a number from 1 to %(most)s.")
        raise BadInput("page_size", text, message % {"value": text, "most": MOST})
    return size


def _plain(value: Any) -> Any:
    """A value as the cursor stores it; the database parses it back."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
