"""Adds and changes records one by one: by a form of the desk or by a program. Each item is validated and written like a
row of a spreadsheet, so that the same mistake has the same code and message everywhere. Several items are written all
together or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from registry.access.permissions import may
from registry.actions.records import stale
from registry.loading.context import Context
from registry.loading.sheet_types import SheetRow, SheetType, may_load
from registry.loading.stored_texts import stored_texts
from registry.loading.validate import read, validate, verdict_of
from registry.loading.write import write_rows
from registry.models import Area, Draft, Load, RowVerdict
from registry.text.refusals import Refused

ATTEMPTS = 3  # a concurrent load may take the same code: then the next one is chosen


@dataclass
class Item:
    """An item to write: its texts, the fields to empty, and the code and version of the record it changes."""

    index: int
    texts: dict[str, str]
    emptied: list[str] = field(default_factory=list)
    code: str = ""
    versions: Sequence[str] = ()


@dataclass(frozen=True)
class WriteResult:
    """The result of an item, with its messages as rows hold them. A clerk's item about a site becomes a draft,
    identified by its key."""

    index: int
    verdict: str
    code: str
    version: int | None
    draft: str
    warnings: list[dict]


class ItemsRefused(Exception):
    """Items that are not written. `messages` are (index, message) of all refusals, and of all doubts if there is no
    refusal."""

    def __init__(self, messages: Sequence[tuple[int, dict]]):
        super().__init__(messages)
        self.messages = messages

    @property
    def codes(self) -> set[str]:
        return {message["code"] for _index, message in self.messages}


class Writing:
    """Writes items of one sheet type for one account. Raises ItemsRefused with all messages of all items. Without
    `confirmed`, doubtful items are refused too."""

    def __init__(self, kind: SheetType, by: Any, reason: str = "", document_no: str = "", *, confirmed: bool = True):
        if not may_load(by, kind.slug):
            raise Refused("not_allowed")
        self.kind, self.by, self.reason, self.document_no = kind, by, reason[:300], document_no
        self.confirmed = confirmed

    def write(self, items: Sequence[Item]) -> list[WriteResult]:
        for attempt in range(ATTEMPTS):
            try:
                with transaction.atomic():
                    return self._write(items)
            except ItemsRefused as refusal:
                if "database_says" not in refusal.codes or attempt + 1 == ATTEMPTS:
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
        refuse(rows, "refused")
        if not self.confirmed:
            refuse(rows, "doubt")
        for row in rows:
            row.main.document_no = row.main.document_no or self.document_no
        write_rows(self.kind, rows, context, load)
        refuse(rows, "refused")
        return [self._written(row, verdict) for row, verdict in zip(rows, verdicts, strict=True)]

    def _queue(self, context: Context) -> None:
        """Takes a lock, so that concurrent writers get their codes one after another and see each other's records."""
        areas = Area.objects.unscoped("a lock against two that give the same code")
        areas.select_for_update(no_key=True).get(code=context.area)

    def _visible(self, items: Sequence[Item]) -> Any:
        """The records with the codes of these items that the account may see."""
        codes = {item.code for item in items} - {""}
        return self.kind.model._default_manager.visible_to(self.by).filter(code__in=codes)  # type: ignore[attr-defined]

    def _require_visible_codes(self, items: Sequence[Item]) -> None:
        """Refuses unknown codes. A record that the account may not see counts as unknown."""
        if not any(item.code for item in items):
            return
        seen = {"", *self._visible(items).values_list("code", flat=True)}
        unknown = [item for item in items if item.code not in seen]
        refuse([_refused(SheetRow(0, item.index, {}), "code", "code_unknown", text=item.code) for item in unknown])

    def _current_texts(self, items: Sequence[Item]) -> dict[str, dict[str, str]]:
        """The current texts of the records to change, if they are needed."""
        if not any(item.code for item in items) or not (self.kind.prefill or self.kind.together):
            return {}
        return stored_texts(self.kind, self._visible(items), by_code=True)

    def _texts(self, item: Item, current: dict[str, dict[str, str]]) -> dict[str, str]:
        """A change is validated together with the current texts: all of them, or those that belong to what was sent."""
        if not item.code:
            return item.texts
        sent = {name: text for name, text in item.texts.items() if name not in item.emptied}
        stored = current.get(item.code, {})
        if self.kind.prefill is None:
            groups = [set(group) for group in self.kind.together if item.texts.keys() & set(group)]
            needed = set().union(*groups) - {*item.emptied}
            stored = {name: text for name, text in stored.items() if name in needed}
        return stored | sent | {"code": item.code}

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
            str(draft.key) if draft else "", row.messages,
        )  # fmt: skip


def _refused(row: SheetRow, name: str, code: str, **details: Any) -> SheetRow:
    row.refuse(name, code, **details)
    return row


def refuse(rows: Sequence[SheetRow], level: str = "refused") -> None:
    """Raises ItemsRefused if any row has messages of this level, with all of them."""
    messages = [(row.number, message) for row in rows for message in row.messages if message["level"] == level]
    if messages:
        raise ItemsRefused(messages)
