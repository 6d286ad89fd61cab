"""Parses bodies: JSON with exact numbers and limits; each field becomes the text that a cell would hold."""

import json
from decimal import Decimal
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from registry.api.base import unknown_name
from registry.api.problems import field_error
from registry.loading.sheet_types import SheetColumn, SheetType
from registry.text.validators import UNSTORABLE, storable

MOST_BYTES = 10 * 1024 * 1024
MOST_DIGITS, MOST_DECIMALS = 18, 40  # of a number
WAN = "万元"  # the unit of a bare amount on paper; in the API it is yuan
NOT_GIVEN = {"code", "version"}  # they identify the record and are not its content


class ExactJSON(BaseParser):
    """JSON whose numbers keep their digits. Invalid or too deeply nested JSON is a 400; too large a body is a 413."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        content = stream.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise RequestDataTooBig
        try:
            return json.loads(content.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise ParseError(_("This is not JSON in UTF-8. Look at the brackets and quotation marks.")) from error


def _no_number(name: str) -> None:
    raise ValueError(name)


def text_of(value: Any) -> str | None:
    """The text of a cell; None for a value that no cell can hold."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, str):
        return None if UNSTORABLE.search(value) else value
    if isinstance(value, int | Decimal):
        return _digits(Decimal(value))
    if isinstance(value, list):
        texts = [text_of(item) for item in value if not isinstance(item, list)]
        return None if None in texts or len(texts) < len(value) else "、".join(texts)  # type: ignore[arg-type]
    return None


def _digits(number: Decimal) -> str | None:
    """The number in full; None if it has too many digits: 1e999999999 would take a gigabyte."""
    exponent = number.as_tuple().exponent
    fits = isinstance(exponent, int) and -MOST_DECIMALS <= exponent <= MOST_DIGITS and number.adjusted() < MOST_DIGITS
    return f"{number:f}" if fits else None


def texts_in(kind: SheetType, item: Any, index: int, errors: list[dict]) -> dict[str, str]:
    """The texts of an item's fields. Unknown, read-only and unreadable fields are added to `errors`."""
    if not isinstance(item, dict):
        errors.append(field_error("", _("An item is an object of fields and values. Send one."), "not_an_object"))
        errors[-1]["index"] = index
        return {}
    fields, texts = kind.writable, {}
    for name, value in item.items():
        if name in NOT_GIVEN and name not in fields:
            continue
        text = text_of(value)
        if name not in fields:
            errors.append(_not_writable(kind, name, fields) | {"index": index})
        elif text is None:
            message = _("This is no text, number or list of texts that could be kept. Look at the value.")
            errors.append(field_error(name, message, "unreadable", index=index))
        else:
            texts[name] = f"{text}元" if fields[name].unit == WAN and text[-1:].isdigit() else text
    return texts


def _not_writable(kind: SheetType, name: str, fields: dict[str, SheetColumn]) -> dict:
    name = storable(name)[:80]
    if kind.column(name):
        message = _("The registry keeps this elsewhere, or counts it itself. Leave it out.")
        return field_error(name, message, "read_only")
    error = unknown_name(name, "", fields, _("There is no field “%(name)s” here. %(hint)s"))
    return field_error(name, error.message, "unknown")


def body_schema(kind: SheetType, *, changing: bool = False) -> dict[str, Any]:
    """The body in OpenAPI: the fields of the sheet type, in their order."""
    fields = kind.writable
    required = [name for name, column in fields.items() if column.required and not (changing or column.follows)]
    properties = {name: _property(column) for name, column in fields.items()}
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        **({"required": required} if required else {}),
    }


def _unit(column: SheetColumn) -> str:
    return f"({'元' if column.unit == WAN else column.unit})" if column.unit else ""


def _property(column: SheetColumn) -> dict[str, Any]:
    types = ["number", "string"] if column.numeric else ["string", "number", "boolean", "array"]
    notes = [column.heading, _unit(column), " / ".join(map(str, column.words))]
    options: list[dict] = [{"type": type_, **({"items": {}} if type_ == "array" else {})} for type_ in types]
    return {"description": " ".join(filter(None, notes)), "nullable": True, "oneOf": options}
