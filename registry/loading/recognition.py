"""Recognises what the rows of a sheet are, by evidence: how sheet, title and file are called, codes in cells, headings,
and cells that fit the column they would be read as."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from registry.loading.files.tables import plain_heading
from registry.loading.sheet_types import BLANKS, SHEET_TYPES, SheetColumn, SheetType
from registry.text.validators import Invalid

SAMPLE = 12  # rows whose cells are compared with the readers
FITS = 0.6  # share of cells that a column must read, if its heading alone does not say what it is
NEAR = 0.8  # of two kinds that differ by less, a person chooses
CALLED = {"sheet": 3.0, "title": 3.0, "file": 1.5}
OF_CODES = 4.0
Cells = Mapping[int, list[str]]  # the first filled cells of each column, as text


@dataclass
class Candidate:
    """A kind that a sheet may be: the field of each column, how much speaks for it, and what does."""

    slug: str
    fields: dict[int, str]
    score: float = 0.0
    why: list[dict[str, Any]] = field(default_factory=list)

    def add(self, score: float, code: str = "", **details: Any) -> None:
        self.score += score
        if code:
            self.why.append({"code": code, "details": details})


def fit(column: SheetColumn, cells: Iterable[str]) -> float | None:
    """The share of cells that the column reads; None if there are none."""
    filled = [cell for cell in cells if cell.strip() and cell not in BLANKS]
    return sum(_reads(column, cell) for cell in filled) / len(filled) if filled else None


def _reads(column: SheetColumn, cell: str) -> bool:
    try:
        return column.read(cell) not in (None, "", [])
    except Invalid as error:
        return error.value is not None


def headings_of(kind: SheetType) -> dict[str, str]:
    """The field by plain heading, for every heading of a column."""
    fields: dict[str, str] = {}
    for column in kind.columns:
        for heading in column.headings:
            fields.setdefault(plain_heading(heading), column.name)
    return fields


@cache
def all_headings(slug: str) -> frozenset[str]:
    """Every heading a sheet of this type may have."""
    kind = SHEET_TYPES[slug]
    return frozenset(headings_of(kind)) | {plain_heading(text) for column in kind.columns for text in column.maybe}


@cache
def _types_with() -> Counter[str]:
    """How many types know a heading."""
    return Counter(heading for kind in SHEET_TYPES.values() for heading in headings_of(kind))


def fields_of(kind: SheetType, headings: Mapping[int, str], learned: Mapping[str, str], cells: Cells) -> dict[int, str]:
    """The field by column: by the whole heading, else by its lower part, else by its cells. A field is used once, by
    the first column."""
    known = {**headings_of(kind), **learned}
    plain = {at: plain_heading(heading) for at, heading in headings.items()}
    last = {at: plain_heading(heading.split("/")[-1]) for at, heading in headings.items()}
    fields: dict[int, str] = {}
    for heads in (plain, last):
        for at, heading in sorted(heads.items()):
            name = _field(kind, heading, known, cells.get(at, ()), set(fields.values()))
            if name and at not in fields:
                fields[at] = name
    return fields


def _field(kind: SheetType, heading: str, known: Mapping[str, str], cells: Iterable[str], taken: set[str]) -> str:
    """The field of a heading. One that its cells contradict is left to a column they fit better."""
    name = known.get(heading, "")
    declared = kind.column(name) if name not in taken else None
    if declared is not None and fit(declared, cells) != 0:
        return name
    for column in kind.columns:
        if column.name not in taken and heading in map(plain_heading, column.maybe):
            share = fit(column, cells)
            if share is not None and share >= FITS:
                return column.name
    return name if declared is not None else ""


def candidates(
    slugs: Iterable[str], headings: Mapping[int, str], learned: Mapping[str, Mapping[str, str]], cells: Cells,
    named: Mapping[str, str],
) -> list[Candidate]:  # fmt: skip
    """The kinds that a sheet with these headings may be, the likeliest first. `named` are the names of the sheet, its
    title and its file. A kind whose naming column is absent is none of them."""
    fitting = []
    for slug in slugs:
        kind = SHEET_TYPES[slug]
        candidate = Candidate(slug, fields_of(kind, headings, learned.get(slug, {}), cells))
        _add_codes(candidate, kind, cells)
        there = set(candidate.fields.values())
        if there >= set(kind.naming_columns) or ("code" in there and candidate.score):
            _add_headings(candidate, kind, headings, cells)
            fitting.append(candidate)
    for source, text in named.items():
        _add_names(fitting, source, text)
    return sorted(fitting, key=lambda candidate: -candidate.score)


def _add_codes(candidate: Candidate, kind: SheetType, cells: Cells) -> None:
    at = next((at for at, name in candidate.fields.items() if name == "code"), None)
    codes = [cell for cell in cells.get(at, ()) if cell.strip()] if at is not None else []
    if not codes:
        return
    prefix = kind.codes() if callable(kind.codes) else kind.codes
    if prefix and all(code.strip().startswith(prefix) and code.strip() != prefix for code in codes):
        candidate.add(OF_CODES, "why_codes", text=codes[0].strip()[:40])


def _add_headings(candidate: Candidate, kind: SheetType, headings: Mapping[int, str], cells: Cells) -> None:
    """Headings that few types know say most; those without a field speak against the kind, and so do cells that the
    column does not read, and required columns that are absent."""
    for at, name in candidate.fields.items():
        column: Any = kind.column(name)
        plain = plain_heading(headings[at].split("/")[-1])
        is_own = plain == plain_heading(column.heading) or plain_heading(headings[at]) == plain_heading(column.heading)
        weight = (1.0 if is_own else 0.7) / max(_types_with()[plain], 1) ** 0.5
        weight += 0.7 * (name in kind.naming_columns) + 0.3 * column.required
        share = fit(column, cells.get(at, ()))
        candidate.add(weight * (1.0 if share is None else 0.2 + 0.8 * share))
    there = set(candidate.fields.values())
    absent = [column for column in kind.required if column.name not in there and not column.follows]
    candidate.add(-0.3 * (len(headings) - len(there)) - 0.3 * len(absent))
    candidate.why.append({"code": "why_headings", "details": {"count": len(there), "all": len(headings)}})


def _add_names(fitting: list[Candidate], source: str, text: str) -> None:
    """A name means its last word: 示范点创建资金 are funds."""
    plain = unicodedata.normalize("NFKC", re.sub(r"\s+", "", text))
    ends = {
        candidate.slug: max(
            ((plain.rfind(word) + len(word), len(word)) for word in words if word in plain), default=None
        )
        for candidate in fitting
        if (words := SHEET_TYPES[candidate.slug].called)
    }
    last = max((end for end in ends.values() if end), default=())
    for candidate in fitting:
        if last and ends.get(candidate.slug) == last:
            candidate.add(CALLED[source], f"why_{source}", text=text.strip()[:60])
        elif ends.get(candidate.slug):
            candidate.add(CALLED[source] / 3)


def rivals_of(ordered: list[Candidate]) -> list[Candidate]:
    """The best two, if they are near; else none."""
    best = ordered[:2]
    return best if len(best) == 2 and best[0].score - best[1].score < NEAR else []
