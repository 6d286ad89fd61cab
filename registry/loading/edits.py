"""Edits made on the preview of a load: of a cell, of a value in all rows that have it, of rows that are left out. They
stay with the load, and the file stays as it was sent.

`Load.edits` is {sheet: {"cells": {row: {field: text}}, "values": {field: {text: text}}, "left_out": [row]}}."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from registry.loading.files.limits import MOST_CELL
from registry.loading.sheet_types import SHEET_TYPES, SheetType, Use
from registry.models import Load
from registry.text.refusals import Refused
from registry.text.validators import masked, storable

MOST_EDITS = 5_000
CELL = re.compile(r"cell-(\d{1,5})-(\d{1,7})-(\w{1,60})")
ROW = re.compile(r"(out|back)-(\d{1,5})-(\d{1,7})")
Place = tuple[int, int]  # a row: its sheet, and its number there


class SheetEdits:
    """The edits of one sheet, as they are applied while its rows are read."""

    def __init__(self, load: Load, sheet: int):
        edits = load.edits.get(str(sheet), {})
        self.cells: dict[str, dict[str, str]] = edits.get("cells", {})
        self.values: dict[str, dict[str, str]] = edits.get("values", {})
        self.left_out = frozenset(edits.get("left_out", ()))

    def __bool__(self) -> bool:
        return bool(self.cells or self.values or self.left_out)

    def of_row(self, number: int) -> dict[str, str]:
        return self.cells.get(str(number), {})

    def text(self, number: int, name: str, text: str) -> str:
        """The text of a cell after the edits: its own edit, else that of its value."""
        return self.of_row(number).get(name, self.values.get(name, {}).get(text.strip(), text))

    def names_in(self, number: int, texts: Mapping[str, str]) -> list[str]:
        """The fields of a row that were edited; `texts` are those of the row now."""
        edited = {name for name, values in self.values.items() if texts.get(name) in values.values()}
        return [name for name in texts if name in edited or name in self.of_row(number)]


def edits_in(
    load: Load, typed: Mapping[str, str], read_texts: Callable[[Iterable[Place]], Mapping[Place, Mapping[str, str]]]
) -> dict[str, dict]:
    """The edits of a form, merged with earlier ones: `cell-<sheet>-<row>-<field>`, with `all-…` for all rows that have
    the same text, `out-<sheet>-<row>` and, to take that back, `back-<sheet>-<row>`. `read_texts` gives the texts that
    the form showed. A cell that was not changed is no edit. Raises Refused."""
    edits = {index: _copied(edit) for index, edit in load.edits.items()}
    kinds = {str(sheet["index"]): SHEET_TYPES.get(sheet["kind"]) for sheet in load.sheets if not sheet["skipped"]}
    cells = [match for name in typed if (match := CELL.fullmatch(name)) and is_editable(kinds.get(match[1]), match[3])]
    texts = read_texts((int(match[1]), int(match[2])) for match in cells)
    for match in cells:
        sheet, row, name = match.groups()
        before = texts.get((int(sheet), int(row)), {}).get(name, "").strip()
        after = storable(typed[match[0]]).strip()[:MOST_CELL]
        if before != after and (int(sheet), int(row)) in texts:
            in_all_rows = f"all-{sheet}-{row}-{name}" in typed
            _set(edits.setdefault(sheet, _copied({})), row, name, before, after, in_all_rows)
    for match in filter(None, map(ROW.fullmatch, typed)):
        act, sheet, row = match.groups()
        if sheet in kinds:
            edit = edits.setdefault(sheet, _copied({}))
            edit["left_out"] = sorted({*edit["left_out"]} - {int(row)} | ({int(row)} if act == "out" else set()))
    if sum(map(_size, edits.values())) > MOST_EDITS:
        raise Refused("edits_many", most=MOST_EDITS)
    return {index: edit for index, edit in edits.items() if _size(edit)}


def is_editable(kind: SheetType | None, name: str) -> bool:
    column = kind.column(name) if kind else None
    return column is not None and column.use is not Use.IGNORE


def _copied(edit: dict) -> dict:
    copies = {name: {key: {**value} for key, value in edit.get(name, {}).items()} for name in ("cells", "values")}
    return {**copies, "left_out": [*edit.get("left_out", ())]}


def _size(edit: dict) -> int:
    return sum(len(group) for name in ("cells", "values") for group in edit[name].values()) + len(edit["left_out"])


def _set(edit: dict, row: str, name: str, before: str, after: str, in_all_rows: bool) -> None:
    """Stores an edit of a cell. In all rows, it replaces what earlier edits made of them as well."""
    if not in_all_rows:
        edit["cells"].setdefault(row, {})[name] = after
        return
    values = edit["values"].setdefault(name, {})
    values |= {text: after for text, edited in values.items() if edited == before} | {before: after}
    for cells in edit["cells"].values():
        if cells.get(name) == before:
            cells[name] = after


@dataclass(frozen=True)
class EditShown:
    """An edit as the page lists it: the row, 0 for all rows; an empty `name` is a row that is left out."""

    sheet: int
    row: int
    name: str
    heading: str
    before: str
    after: str


def edits_shown(load: Load) -> Iterator[EditShown]:
    """All edits of a load, personal values masked."""
    for sheet in load.sheets:
        index: int = sheet["index"]
        kind: Any = SHEET_TYPES.get(sheet["kind"])
        edits = SheetEdits(load, index)
        for name, values in edits.values.items() if kind else ():
            for before, after in values.items():
                yield _shown(kind, index, 0, name, before, after)
        for row, cells in sorted(edits.cells.items(), key=lambda item: int(item[0])) if kind else ():
            for name, after in cells.items():
                yield _shown(kind, index, int(row), name, "", after)
        yield from (EditShown(index, row, "", "", "", "") for row in sorted(edits.left_out))


def _shown(kind: SheetType, sheet: int, row: int, name: str, before: str, after: str) -> EditShown:
    column = kind.column(name)
    if column is not None and column.personal:
        before, after = masked(before), masked(after)
    return EditShown(sheet, row, name, column.heading if column else name, before, after)
