"""Adds, changes and deletes records. Each item is validated and written like a row of a spreadsheet, so the same
mistake has the same code and message everywhere. Several items are written all together or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from django.db import models, transaction
from django.utils import timezone

from registry.access.permissions import may
from registry.actions.records import stale
from registry.api.parsers import text_of, texts_in
from registry.api.problems import Unusable, field_error
from registry.loading.context import Context
from registry.loading.messages import sentence
from registry.loading.sheet_types import SHEET_TYPES, SheetRow, SheetType, may_load
from registry.loading.templates import text_for
from registry.loading.validate import read, validate, verdict_of
from registry.loading.write import write_rows
from registry.models import Area, Draft, Load, RowVerdict
from registry.text.refusals import Refused

MOST_ITEMS = 1000
ATTEMPTS = 3  # a concurrent load may take the same code: then the next one is chosen
STATUS = {
    "not_allowed": 403, "outside": 403, "code_unknown": 404, "stale": 412, "version_missing": 428, "exists": 409,
    "key_taken": 409, "database_says": 409, "title_by_life_cycle": 409,
}  # fmt: skip


def load_of(model: type[models.Model]) -> SheetType | None:
    """The sheet type that records of this model are written with, or None."""
    return next((kind for kind in SHEET_TYPES.values() if kind.model is model), None)


@dataclass
class Item:
    """An item of a body: its texts, the fields to empty, and the code and version of the record it changes."""

    index: int
    texts: dict[str, str]
    emptied: list[str] = field(default_factory=list)
    code: str = ""
    versions: Sequence[str] = ()


@dataclass(frozen=True)
class WriteResult:
    """The result of an item. A clerk's item about a site becomes a draft, identified by its key."""

    index: int
    verdict: str
    code: str
    version: int | None
    draft: str
    warnings: list[dict]


class Writing:
    """Writes items of one sheet type for one account. Raises Unusable with all errors of all items."""

    def __init__(self, kind: SheetType, by: Any, reason: str = ""):
        if not may_load(by, kind.slug):
            raise Refused("not_allowed")
        self.kind, self.by, self.reason = kind, by, reason[:300]

    def write(self, items: Sequence[Item]) -> list[WriteResult]:
        for attempt in range(ATTEMPTS):
            try:
                with transaction.atomic():
                    return self._write(items)
            except Unusable as refusal:
                is_conflict = any(error["code"] == "database_says" for error in refusal.errors)
                if not is_conflict or attempt + 1 == ATTEMPTS:
                    raise
        raise AssertionError

    def _write(self, items: Sequence[Item]) -> list[WriteResult]:
        self._require_visible_codes(items)
        context = Context(self.by, timezone.localdate(), writing=True)
        if not all(item.code for item in items):
            self._queue(context)
        load = Load(pk=0, key=uuid4(), by=self.by, file_name=self.reason)  # never stored
        current = self._current_texts(items)
        rows = [SheetRow(0, item.index, self._texts(item, current)) for item in items]
        read(self.kind, rows, context)
        validate(self.kind, rows, context, load)
        for item, row in zip(items, rows, strict=True):
            self._check_item(item, row)
        verdicts = [verdict_of(row) for row in rows]
        refuse(rows)
        write_rows(self.kind, rows, context, load)
        refuse(rows)
        return [self._written(row, verdict) for row, verdict in zip(rows, verdicts, strict=True)]

    def _queue(self, context: Context) -> None:
        """Takes a lock, so that concurrent writers get their codes one after another and see each other's records."""
        areas = Area.objects.unscoped("a lock against two that give the same code")
        areas.select_for_update(no_key=True).get(code=context.area)

    def _require_visible_codes(self, items: Sequence[Item]) -> None:
        """Raises Unusable for unknown codes. A record that the account may not see counts as unknown."""
        codes = {item.code for item in items} - {""}
        rows = self.kind.model._default_manager.visible_to(self.by).filter(code__in=codes)  # type: ignore[attr-defined]
        seen = set(rows.values_list("code", flat=True)) if codes else set()
        unknown = [item for item in items if item.code not in seen | {""}]
        refuse([_refused(SheetRow(0, item.index, {}), "code", "code_unknown", text=item.code) for item in unknown])

    def _current_texts(self, items: Sequence[Item]) -> dict[str, dict[str, str]]:
        """The current texts of the records to change, if the sheet type has a prefill function."""
        codes = {item.code for item in items} - {""}
        if self.kind.prefill is None or not codes:
            return {}
        rows = self.kind.model._default_manager.visible_to(self.by).filter(code__in=codes)  # type: ignore[attr-defined]
        return {
            values["code"]: {
                column.name: text for column in self.kind.columns if (text := text_for(column, values.get(column.name)))
            }
            for values in self.kind.prefill(rows)
        }

    def _texts(self, item: Item, current: dict[str, dict[str, str]]) -> dict[str, str]:
        """A change is validated together with the current texts."""
        if not item.code:
            return item.texts
        sent = {name: text for name, text in item.texts.items() if name not in item.emptied}
        return current.get(item.code, {}) | sent | {"code": item.code}

    def _check_item(self, item: Item, row: SheetRow) -> None:
        """Checks that a new item is new, and that the version of a change is the current one."""
        if not item.code:
            if row.record is not None:
                row.refuse("", "exists", name=row.record, code=row.record.code)
            return
        if row.record is None or row.is_refused:
            return
        if not item.versions:
            row.refuse("version", "version_missing")
        elif str(row.record.version) not in item.versions and "*" not in item.versions:
            refusal = stale(row.record)
            row.refuse("version", refusal.code, **refusal.details)
        for name in item.emptied:
            self._empty(row, name)

    def _empty(self, row: SheetRow, name: str) -> None:
        column = self.kind.column(name)
        field = {stored.name: stored for stored in self.kind.model._meta.concrete_fields}.get(name)
        if column is None or column.required:
            row.refuse(name, "required")
        elif field is None or field.is_relation or not (field.null or field.blank) or not may(self.by, "record.change"):
            row.refuse(name, "not_emptied")
        elif getattr(row.record, name) not in (None, ""):
            row.main.changes[name] = [getattr(row.record, name), None if field.null else ""]

    def _written(self, row: SheetRow, verdict: RowVerdict) -> WriteResult:
        record = row.main.record
        drafts = [pk for label, pk, *_rest in row.undo if label == Draft._meta.label_lower]
        draft = Draft.objects.unscoped("the writer's own").get(pk=drafts[0]) if drafts else None
        code = "" if draft is not None and row.record is None else record.code
        return WriteResult(
            row.number, verdict, code, getattr(record, "version", None) if code else None,
            str(draft.key) if draft else "", [serialize_message(message, row.number) for message in row.messages],
        )  # fmt: skip


def _refused(row: SheetRow, name: str, code: str, **details: Any) -> SheetRow:
    row.refuse(name, code, **details)
    return row


def serialize_message(message: dict, index: int) -> dict:
    """A message of a row as the API serializes it."""
    return field_error(message["field"], sentence(message), message["code"], index=index)


def refuse(rows: Sequence[SheetRow]) -> None:
    """Raises Unusable if any row is refused, with all errors of all rows."""
    errors = [
        serialize_message(message, row.number)
        for row in rows
        for message in row.messages
        if message["level"] == "refused"
    ]
    if errors:
        raise Unusable(errors, status_of(errors))


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
