"""Adding, changing and deleting records: each item is judged and written as a row of a spreadsheet is, so that the same
mistake has the same code and the same words everywhere. Several items are written all together, or none."""

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
from registry.loading.apply import write_rows
from registry.loading.lookups import Lookups
from registry.loading.messages import sentence
from registry.loading.sheet_types import SHEET_TYPES, SheetRow, SheetType, may_load
from registry.loading.templates import text_for
from registry.loading.validate import judge, read, verdict_of
from registry.models import Area, Draft, Load, RowVerdict
from registry.text.refusals import Refused

MOST_ITEMS = 1000
ATTEMPTS = 3  # a load that adds meanwhile may have given the same code: then it is chosen anew
STATUS = {
    "not_allowed": 403, "outside": 403, "code_unknown": 404, "stale": 412, "version_missing": 428, "exists": 409,
    "key_taken": 409, "database_says": 409, "title_by_life_cycle": 409,
}  # fmt: skip


def load_of(model: type[models.Model]) -> SheetType | None:
    """How records of this model are written, if they are."""
    return next((kind for kind in SHEET_TYPES.values() if kind.model is model), None)


@dataclass
class Item:
    """An item sent: its texts, the fields to be emptied, and which version of which record it changes."""

    index: int
    texts: dict[str, str]
    emptied: list[str] = field(default_factory=list)
    code: str = ""
    versions: Sequence[str] = ()


@dataclass(frozen=True)
class Written:
    """What became of an item. A clerk's item about a site is a draft, known by its key."""

    index: int
    verdict: str
    code: str
    version: int | None
    draft: str
    warnings: list[dict]


class Writing:
    """Writes items of one kind for one account. Raises Unusable with everything that stands against any of them."""

    def __init__(self, kind: SheetType, by: Any, reason: str = ""):
        if not may_load(by, kind.slug):
            raise Refused("not_allowed")
        self.kind, self.by, self.reason = kind, by, reason[:300]

    def write(self, items: Sequence[Item]) -> list[Written]:
        for attempt in range(ATTEMPTS):
            try:
                with transaction.atomic():
                    return self._write(items)
            except Unusable as refusal:
                taken = any(error["code"] == "database_says" for error in refusal.errors)
                if not taken or attempt + 1 == ATTEMPTS:
                    raise
        raise AssertionError

    def _write(self, items: Sequence[Item]) -> list[Written]:
        self._insist_on_codes(items)
        world = Lookups(self.by, timezone.localdate())
        world.writing = True
        if not all(item.code for item in items):
            self._queue(world)
        load = Load(pk=0, key=uuid4(), by=self.by, file_name=self.reason)  # never stored: it only says who and why
        held = self._held(items)
        rows = [SheetRow(0, item.index, self._texts(item, held)) for item in items]
        read(self.kind, rows, world)
        judge(self.kind, rows, world, load)
        for item, row in zip(items, rows, strict=True):
            self._insist(item, row)
        verdicts = [verdict_of(row) for row in rows]
        refuse(rows)
        write_rows(self.kind, rows, world, load)
        refuse(rows)
        return [self._written(row, verdict) for row, verdict in zip(rows, verdicts, strict=True)]

    def _queue(self, world: Lookups) -> None:
        """Those who add wait for each other: each then gets the next code, and finds what was added before."""
        areas = Area.objects.unscoped("a lock against two that give the same code")
        areas.select_for_update(no_key=True).get(code=world.area)

    def _insist_on_codes(self, items: Sequence[Item]) -> None:
        """A record that the account may not see is to it as one that does not exist."""
        codes = {item.code for item in items} - {""}
        rows = self.kind.model._default_manager.visible_to(self.by).filter(code__in=codes)  # type: ignore[attr-defined]
        seen = set(rows.values_list("code", flat=True)) if codes else set()
        unknown = [item for item in items if item.code not in seen | {""}]
        refuse([_refused(SheetRow(0, item.index, {}), "code", "code_unknown", text=item.code) for item in unknown])

    def _held(self, items: Sequence[Item]) -> dict[str, dict[str, str]]:
        """What the registry holds of the records to be changed, as texts, where the kind can tell it."""
        codes = {item.code for item in items} - {""}
        if self.kind.held is None or not codes:
            return {}
        rows = self.kind.model._default_manager.visible_to(self.by).filter(code__in=codes)  # type: ignore[attr-defined]
        return {
            values["code"]: {
                column.name: text for column in self.kind.columns if (text := text_for(column, values.get(column.name)))
            }
            for values in self.kind.held(rows)
        }

    def _texts(self, item: Item, held: dict[str, dict[str, str]]) -> dict[str, str]:
        """A change is judged together with what is held."""
        if not item.code:
            return item.texts
        given = {name: text for name, text in item.texts.items() if name not in item.emptied}
        return held.get(item.code, {}) | given | {"code": item.code}

    def _insist(self, item: Item, row: SheetRow) -> None:
        """Whether the item is new where it says so, and the version is the one it knows."""
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
        found = {each.name: each for each in self.kind.model._meta.concrete_fields}.get(name)
        if column is None or column.required:
            row.refuse(name, "required")
        elif found is None or found.is_relation or not (found.null or found.blank) or not may(self.by, "record.change"):
            row.refuse(name, "not_emptied")
        elif getattr(row.record, name) not in (None, ""):
            row.main.changes[name] = [getattr(row.record, name), None if found.null else ""]

    def _written(self, row: SheetRow, verdict: RowVerdict) -> Written:
        record = row.main.record
        drafts = [pk for label, pk, *_rest in row.undo if label == Draft._meta.label_lower]
        draft = Draft.objects.unscoped("the writer's own").get(pk=drafts[0]) if drafts else None
        code = "" if draft is not None and row.record is None else record.code  # type: ignore[attr-defined]
        return Written(
            row.number, verdict, code, getattr(record, "version", None) if code else None,
            str(draft.key) if draft else "", [told(message, row.number) for message in row.messages],
        )  # fmt: skip


def _refused(row: SheetRow, name: str, code: str, **details: Any) -> SheetRow:
    row.refuse(name, code, **details)
    return row


def told(message: dict, index: int) -> dict:
    """A message of a row as the API tells it."""
    return field_error(message["field"], sentence(message), message["code"], index=index)


def refuse(rows: Sequence[SheetRow]) -> None:
    """Raises Unusable if any of the rows is refused, with all that stands against all of them."""
    errors = [told(message, row.number) for row in rows for message in row.messages if message["level"] == "refused"]
    if errors:
        raise Unusable(errors, status_of(errors))


def status_of(errors: Sequence[dict]) -> int:
    """The status that fits all errors; 400 where they differ."""
    statuses = {STATUS.get(error["code"], 400) for error in errors}
    return statuses.pop() if len(statuses) == 1 else 400


def items_in(kind: SheetType, body: Any, *, code: str = "", versions: Sequence[str] = (), changing: bool) -> list[Item]:
    """The items of a body, one or several. Raises Unusable for what cannot be written at all."""
    found = body if isinstance(body, list) else [body]
    if len(found) > MOST_ITEMS:
        raise Refused("items_many", most=MOST_ITEMS)
    if not found:
        raise Refused("items_none")
    errors: list[dict] = []
    items = []
    for index, sent in enumerate(found):
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
