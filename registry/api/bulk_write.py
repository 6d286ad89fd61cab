"""Reads the items of a body, and writes them: see `registry/loading/items.py`. What is refused becomes a problem
document with all errors of all items."""

from collections.abc import Sequence
from typing import Any

from registry.api.parsers import text_of, texts_in
from registry.api.problems import Unusable, field_error
from registry.loading.items import Item, ItemsRefused, WriteResult, Writing
from registry.loading.messages import sentence
from registry.loading.sheet_types import SheetType
from registry.text.refusals import Refused

MOST_ITEMS = 1000
STATUS = {
    "not_allowed": 403, "outside": 403, "code_unknown": 404, "stale": 412, "version_missing": 428, "exists": 409,
    "key_taken": 409, "database_says": 409, "title_by_life_cycle": 409,
}  # fmt: skip


def write_items(writing: Writing, items: Sequence[Item]) -> list[WriteResult]:
    """Writes the items. Raises Unusable."""
    try:
        return writing.write(items)
    except ItemsRefused as refusal:
        errors = [serialize_message(message, index) for index, message in refusal.messages]
        raise Unusable(errors, status_of(errors)) from refusal


def serialize_message(message: dict, index: int) -> dict:
    """A message of a row as the API serializes it."""
    return field_error(message["field"], sentence(message), message["code"], index=index)


def status_of(errors: Sequence[dict]) -> int:
    """The status common to all errors; 400 if they differ."""
    statuses = {STATUS.get(error["code"], 400) for error in errors}
    return statuses.pop() if len(statuses) == 1 else 400


def items_in(kind: SheetType, body: Any, *, code: str = "", versions: Sequence[str] = (), changing: bool) -> list[Item]:
    """The items of a body, one or several. Raises Unusable for what cannot be parsed."""
    objects = body if isinstance(body, list) else [body]
    if len(objects) > MOST_ITEMS:
        raise Refused("items_many", most=MOST_ITEMS)
    if not objects:
        raise Refused("items_none")
    errors: list[dict] = []
    items = []
    for index, sent in enumerate(objects):
        texts = texts_in(kind, sent, index, errors)
        item = Item(index, texts)
        if changing:
            item.code = code or _code_in(sent, index, errors)
            item.versions = versions or _version_in(sent)
            item.emptied = [name for name, text in texts.items() if not text.strip()]
        items.append(item)
    if errors:
        raise Unusable(errors, 400)
    return items


def _code_in(sent: Any, index: int, errors: list[dict]) -> str:
    code = text_of(sent.get("code")) if isinstance(sent, dict) else ""
    if isinstance(sent, dict) and not code:
        errors.append(field_error("code", str(Refused("code_missing")), "code_missing", index=index))
    return code or ""


def _version_in(sent: Any) -> Sequence[str]:
    version = sent.get("version") if isinstance(sent, dict) else None
    return [str(version)] if isinstance(version, int | str) and not isinstance(version, bool) else []
