"""Pages of rows that begin behind a given row, not at a number: the last costs what the first does."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.db.models import CharField, F, Func, Model, Q, QuerySet, Value
from django.db.models.lookups import GreaterThan, LessThan
from django.utils.translation import gettext as _

from registry.access.scope import BadInput, Scope
from registry.kinds import Kind
from registry.query_cache import placeholder
from registry.text.validators import plain_number

PAGE_SIZE, MOST = 50, 500
KEY = "key_%d"
HOLED = ("code", "area_id")


@dataclass(frozen=True)
class Key:
    """One column of an order. Rows without a value come last, either way. `column` is the one of the rows that shows
    its values, if there is one."""

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
        """Rows that come after one with `value`, as this column alone tells."""
        if value is None:
            return Q(**{f"{self.path}__isnull": False}) if backward else Q(pk__in=[])
        further = Q(**{f"{self.path}__{'lt' if self.descending != backward else 'gt'}": value})
        return further | Q(**{f"{self.path}__isnull": True}) if self.nullable and not backward else further

    def same(self, value: Any) -> Q:
        return Q(**{f"{self.path}__isnull": True}) if value is None else Q(**{self.path: value})


class Together(Func):
    """Several values compared as one, the first deciding first: (a, b) > (1, 2)."""

    template, output_field = "(%(expressions)s)", CharField()


@dataclass
class Page:
    rows: list[dict]
    next: str | None
    previous: str | None


def keys_of(kind: Kind, ordering: str = "") -> tuple[Key, ...]:
    """The order asked for, closed by what tells any two rows apart. Raises BadInput for a column that is not there."""
    columns = {column.name: column for column in kind.columns}
    if ordering and ordering.removeprefix("-") not in columns:
        raise BadInput("ordering", ordering, _unknown(ordering, columns), "unknown")
    return _keys(kind, (ordering,) if ordering else kind.order)


@cache
def _keys(kind: Kind, names: tuple[str, ...]) -> tuple[Key, ...]:
    columns = {column.name: column for column in kind.columns}
    shown = {column.source: column.name for column in kind.columns}
    scope = Scope(date.today(), settings.DISTRICT_AREA)
    values, unique = kind.values(kind.on(scope), scope), "id" if kind.redacted else "code"
    found: list[Key] = []
    for name in names:
        bare = name.removeprefix("-")
        path = columns[bare].source if bare in columns else bare
        nullable = path != unique and _nullable(path, values)
        found.append(Key(path, name.startswith("-"), nullable, shown.get(path, "")))
    last = Key(unique, nullable=False, column=shown.get(unique, ""))
    return tuple(found) if found[-1].path == unique else (*found, last)


def _unknown(ordering: str, known: Iterable[str]) -> str:
    names = ", ".join(sorted(known))
    return _("“%(value)s” cannot be ordered by. Choose one of: %(names)s.") % {"value": ordering, "names": names}


def _nullable(path: str, values: QuerySet) -> bool:
    """What is worked out may always be missing; a stored column says so itself."""
    return "__" in path or path in values.query.annotations or values.model._meta.get_field(path).null


@dataclass(frozen=True)
class Position:
    """Behind which row a page begins, and which way it goes; no `values` for the first page."""

    backward: bool = False
    values: tuple | None = None

    def with_holes(self, keys: tuple[Key, ...]) -> tuple["Position", dict[str, str]]:
        """The position with holes for its codes, so that one text serves every page, and what fills them."""
        if self.values is None:
            return self, {}
        held = {placeholder(at): value for at, value in enumerate(self.values) if keys[at].path in HOLED}
        shape = tuple(placeholder(at) if placeholder(at) in held else value for at, value in enumerate(self.values))
        return Position(self.backward, shape), held


def placed(values: QuerySet, keys: tuple[Key, ...], at: Position, size: int) -> QuerySet:
    """`values` from a position on, in the order of `keys`, whose own values are added to the rows where they do not
    show them; one row more than the page holds, to see whether there is another."""
    shown = values.query.selected
    added = {KEY % number: F(key.path) for number, key in enumerate(keys) if key.column not in shown}
    values = values.annotate(**added)
    values = values.order_by(*(key.ordering(at.backward) for key in keys))
    if at.values is not None:
        values = _begun(values.filter(_after(values.model, keys, at.values, at.backward)))
    return values[: size + 1]


def _begun(values: QuerySet) -> QuerySet:
    """Says where the page begins before all else. Of two bounds of a column SQLite begins at the one it reads first,
    and the area asked for is one too."""
    conditions = values.query.where.children
    conditions.insert(0, conditions.pop())
    return values


def page_of(keys: tuple[Key, ...], parameters: Any, address: str, size: int, fetch: Callable) -> Page:
    """`size` rows from where `cursor` says; `fetch` gives the rows that `placed` asks for; `address` is that of the
    list, without its query."""
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
        kept = {name: value for name, value in parameters.items() if name != "cursor"}
        return f"{address}?{urlencode({**kept, 'cursor': cursor})}"

    page = Page(rows, link(-1, False), link(0, True))
    for name in set(names) - {key.column for key in keys}:
        for row in rows:
            del row[name]
    return page


def _after(model: type[Model], keys: tuple[Key, ...], position: tuple, backward: bool) -> Any:
    """Rows behind `position`: beyond in the first column, or the same there and beyond in the next, and so on. Columns
    that always hold a value and run the same way are compared as one, which an index serves to the last column."""
    if len(keys) > 1 and not any(key.nullable or key.descending != keys[0].descending for key in keys):
        beyond = LessThan if keys[0].descending != backward else GreaterThan
        fields = (model._meta.get_field(key.path) for key in keys)
        held = (Value(value, field) for value, field in zip(position, fields, strict=True))
        return beyond(Together(*(F(key.path) for key in keys)), Together(*held))
    found, same = Q(), Q()
    for key, value in zip(keys, position, strict=True):
        found |= same & key.beyond(value, backward)
        same &= key.same(value)
    return found


def _position(cursor: str, signer: signing.Signer) -> Position:
    if not cursor:
        return Position()
    try:
        backward, values = signer.unsign_object(cursor)
    except (signing.BadSignature, ValueError, TypeError) as error:
        said = _("The cursor does not belong to this list and order. Take the address from “next” as it is.")
        raise BadInput("cursor", cursor, said) from error
    return Position(backward, tuple(values))


def page_size(parameters: Any, default: int = PAGE_SIZE) -> int:
    text = parameters.get("page_size", str(default))
    size = plain_number(text)
    if size is None or not 0 < size <= MOST:
        said = _("“%(value)s” is not a number of rows. Write a number from 1 to %(most)s.")
        raise BadInput("page_size", text, said % {"value": text, "most": MOST})
    return size


def _plain(value: Any) -> Any:
    """A value as the cursor holds it; the database reads it back."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
