"""What the registry holds of a record, as a person types it in the columns of its sheet type."""

from collections.abc import Iterable
from contextlib import suppress
from decimal import Decimal
from typing import Any

from django.db.models import Model

from registry.kinds.field_visibility import Visibility, visibility_of
from registry.loading.sheet_types import SheetColumn, SheetType
from registry.text.area_codes import is_below_township, is_in_township, township_of
from registry.text.validators import Invalid


def stored_texts(kind: SheetType, rows: Any, *, by_code: bool = False) -> dict[str, dict[str, str]]:
    """The texts of each of these records, {code: {column: text}}, without personal values. Other records are written by
    name, or `by_code`, which is never ambiguous."""
    if kind.prefill:
        filled: Iterable[dict[str, Any]] = kind.prefill(rows)
    else:
        filled = ({"code": record.code, **stored_values(kind, record)} for record in rows)
    return {values["code"]: _texts(kind, values, by_code) for values in filled}


def _texts(kind: SheetType, values: dict[str, Any], by_code: bool) -> dict[str, str]:
    texts = {
        column.name: text_for(column, _codes(values.get(column.name)) if by_code else values.get(column.name))
        for column in kind.columns
    }
    return {name: text for name, text in texts.items() if text}


def _codes(value: Any) -> Any:
    """The codes of records, in their place."""
    if isinstance(value, list):
        return [_codes(item) for item in value]
    return getattr(value, "code", value) if isinstance(value, Model) else value


def stored_values(kind: SheetType, record: Any) -> dict[str, Any]:
    """The values of the columns, with those that `stored` of a column reads."""
    derived = {column.name: column.stored(record) for column in kind.columns if column.stored}
    return own_values(kind, record) | derived


def own_values(kind: SheetType, record: Any) -> dict[str, Any]:
    """The columns that are attributes of the record, except personal ones."""
    values: dict[str, Any] = {}
    for column in kind.columns:
        value = getattr(record, column.name, None)
        if visibility_of(kind.model, column.name) is not Visibility.PERSONAL and not hasattr(value, "all"):
            values[column.name] = value
    area = getattr(record, "area_id", None) or ""
    if is_in_township(area):
        values["township"] = township_of(area)  # a place can be given by its code as well
    if is_below_township(area):
        values |= {"village": record.area.name, "village_or_unit": record.area.name, "village_code": area}
    return values


def text_for(column: SheetColumn, value: Any) -> str:
    """`value` as a person types it in this column, and as the column parses it in any language; empty if it is none of
    the column's words."""
    if value in (None, "", []):
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Decimal):
        return f"{(value / 10_000 if column.unit == '万元' else value).normalize():f}"
    if isinstance(value, list | tuple):
        return "、".join(map(str, value))
    words = (str(word) for word in column.words if reads(column, str(word)) == value)
    return next(words, "" if column.words else str(value))


def reads(column: SheetColumn, text: str) -> Any:
    """What the column reads from a text; None if it is invalid."""
    with suppress(Invalid):
        return column.read(text)
    return None
