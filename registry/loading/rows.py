"""Rows on their way from the child to the parent: JSON lines, so that work can go on from any line."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

from .limits import LAST_ROW, MOST_COLUMNS, Unreadable

ERRORS = frozenset({"#REF!", "#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#VALUE!", "#SPILL!", "#CALC!"})
BATCH = 200
GAP = "\x1f"  # never stands raw inside a JSON string, so it can be told from what people typed
BLURRED = ("true", "false", "NaN", "Infinity", '"#')


def _dated(value: Any) -> Any:
    if type(value) is date:
        return {"d": value.isoformat()}
    if isinstance(value, datetime):
        midnight = (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
        return {"d": value.date().isoformat()} if midnight else {"t": value.isoformat()}
    return str(value)


_encode = json.JSONEncoder(ensure_ascii=False, separators=(GAP, ":"), check_circular=False, default=_dated).encode


def _marked(value: Any) -> Any:
    """A value JSON would blur with another: yes or no, no number at all, the words of an error."""
    if isinstance(value, bool):
        return {"b": value}
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return {"e": "#NUM!"}
    if isinstance(value, str) and value.strip() in ERRORS:
        return {"e": value.strip()}
    return value


class Rows:
    """Writes the rows of one sheet after another into a file; many are encoded at once, which is three times as fast."""

    def __init__(self, into: Path):
        self.file = into.open("w", encoding="utf-8", buffering=1024 * 1024, newline="\n")
        self.waiting: list[tuple[int, int, list]] = []
        self.begin(0)

    def begin(self, sheet: int, name: str = "", most_rows: int | None = LAST_ROW) -> None:
        self.flush()
        self.sheet, self.name, self.most_rows = sheet, name, most_rows
        self.last = self.columns = 0

    def add(self, number: int, row: list[Any]) -> None:
        while row and (row[-1] == "" or row[-1] is None):
            row.pop()
        if not row:
            return
        if len(row) > self.columns:
            self.columns = len(row)
            if self.columns > MOST_COLUMNS:
                raise Unreadable("file_wide", sheet=self.name, most=MOST_COLUMNS)
        if self.most_rows and number > self.most_rows:
            raise Unreadable("file_long", sheet=self.name, most=self.most_rows)
        self.last = number
        self.waiting.append((self.sheet, number, row))
        if len(self.waiting) == BATCH:
            self.flush()

    def flush(self) -> None:
        if not self.waiting:
            return
        text = _encode(self.waiting)
        if any(word in text for word in BLURRED):
            text = _encode([(sheet, number, list(map(_marked, row))) for sheet, number, row in self.waiting])
        text = text[1:-1].replace(f"]]{GAP}[", "]]\n[").replace('[""', "[null").replace(f'{GAP}""', f"{GAP}null")
        self.file.write(text.replace(GAP, ",") + "\n")
        self.waiting.clear()

    def close(self) -> None:
        self.flush()
        self.file.close()
