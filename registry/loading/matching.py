"""Detects the content of a file: which sheets hold rows, of what type, and which column is which field."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.utils import timezone

from registry.loading.known_values import known_values
from registry.loading.lookups import Areas, AreasByDay
from registry.loading.money_units import WAN, YUAN, money_unit, unit_of_sheet
from registry.loading.recognition import (
    SAMPLE,
    Candidate,
    Cells,
    all_headings,
    candidates,
    fields_of,
    rivals_of,
)
from registry.loading.sheet_types import SHEET_TYPES, SheetType, kinds_for, may_load
from registry.models import KnownHeading, Load
from registry.text.area_codes import district_of
from registry.text.refusals import Refused, raise_first
from registry.text.validators import plain_number, storable

from .files.reading import RawSheet
from .files.tables import (
    NOTE,
    SheetTable,
    data_rows,
    find_tables,
    letter,
    plain_heading,
    text_of,
    top_rows,
    unit_of,
)
from .own_exports import Stamp, columns_in, exported, fields_in, stamp_of

REASON = "原因"  # the column added to refused rows; it is not read


def understand(load: Load, sheets: list[RawSheet], into: Path) -> list[dict]:
    """Detects what each sheet holds, as `Load.sheets` stores it. Raises Refused if no sheet can be read."""
    slugs = [load.kind] if load.kind else kinds_for(load.by)
    explained = learned_headings(load)
    known_headings = {heading for slug in SHEET_TYPES for heading in (*all_headings(slug), *explained.get(slug, ()))}
    stamps, refused = _own_exports(load, sheets, into)
    headers = {index: stamp.header for index, stamp in stamps.items()}
    headers |= {
        int(index): correction["header"] for index, correction in load.corrections.items() if correction.get("header")
    }
    tables = find_tables(sheets, into, known_headings, headers)
    for table in tables:
        table.skipped = table.skipped or ("own_export" if table.sheet in refused else "")
    areas = AreasByDay(district_of(load.area_id)).on(timezone.localdate())
    understood = [
        _sheet(load, sheet, table, slugs, explained, stamps.get(sheet.index), into, areas)
        for sheet, table in zip(sheets, tables, strict=True)
    ]
    if all(sheet["skipped"] for sheet in understood):
        raise_first(refused.values())
        for sheet in (sheet for sheet in understood if sheet["skipped"] == "other_kind"):
            raise Refused("kind_unknown", kind=SHEET_TYPES[sheet["kind"]].label, kinds="、".join(slugs))
        raise Refused("no_table", sheets="、".join(sheet["name"] for sheet in understood) or "—")
    return understood


def _own_exports(load: Load, sheets: list[RawSheet], into: Path) -> tuple[dict[int, Stamp], dict[int, Refused]]:
    """The sheets that are exports of the portal, and why some of them cannot be loaded."""
    stamps: dict[int, Stamp] = {}
    refused: dict[int, Refused] = {}
    for sheet in sheets:
        try:
            if stamp := _own_export(load, sheet, into):
                stamps[sheet.index] = stamp
        except Refused as refusal:
            refused[sheet.index] = refusal
    return stamps, refused


def _own_export(load: Load, sheet: RawSheet, into: Path) -> Stamp | None:
    """Which of the portal's own exports the sheet is, unless the sender names another type. Raises Refused for one that
    this account, or anybody, may not load."""
    top = {} if sheet.hidden else top_rows(sheet, into)
    stamp = stamp_of(sheet, top) if top else None
    if stamp is None:
        return None
    own: Any = exported(stamp.slug)
    if load.kind and (own.load is None or own.load.slug != load.kind):
        return None
    if own.load is None:
        raise Refused("export_not_loaded", kind=own.kind.label)
    if not may_load(load.by, own.load.slug):
        raise Refused("kind_unknown", kind=own.load.label, kinds="、".join(kinds_for(load.by)))
    headings = {at: str(text) for at, text in top.get(stamp.header, {}).items()}
    if all(column.name != "code" for column in columns_in(stamp.as_stored, headings).values()):
        raise Refused("export_without_codes", kind=own.kind.label)
    return stamp


def learned_headings(load: Load) -> dict[str, dict[str, str]]:
    """What people of the district explained: the field by plain heading, of each type. The own area's word counts
    most."""
    learned: dict[str, dict[str, str]] = defaultdict(dict)
    rows = KnownHeading.objects.filter(area__in={district_of(load.area_id), load.area_id}).order_by("area")
    for kind, heading, field in rows.values_list("kind", "heading", "field"):
        learned[kind][heading] = field
    return learned


def _sheet(
    load: Load, sheet: RawSheet, table: SheetTable, slugs: list[str], explained: dict[str, dict[str, str]],
    stamp: Stamp | None, into: Path, areas: Areas,
) -> dict:  # fmt: skip
    own = columns_in(stamp.as_stored, table.headings) if stamp else {}
    kind: Any = exported(stamp.slug).load if stamp else None  # type: ignore[union-attr]
    correction = load.corrections.get(str(sheet.index), {})
    rivals: list[Candidate] = []
    if kind:
        found = Candidate(kind.slug, fields_in(own, kind), why=[{"code": "why_stamp", "details": {}}])
    else:
        likely = [] if table.skipped else _by_evidence(load, sheet, table, explained, _cells(table, into))
        found, table.skipped, rivals = _choose(likely, slugs, table.skipped)
    fields = dict(found.fields)
    for at, field in correction.get("columns", {}).items():
        fields = {column: name for column, name in fields.items() if name != field or not field}
        fields[int(at)] = field
    declared = SHEET_TYPES.get(found.slug)
    given: dict[str, dict[str, str]] = {}
    if declared and not stamp and not table.skipped:
        texts = {"title": table.above, "sheet": [sheet.name], "file": [Path(load.file_name).stem]}
        given = known_values(declared, fields.values(), texts, load.by, areas)
        given |= {name: {"text": text, "code": "given_all"} for name, text in correction.get("given", {}).items()}
    of_sheet = unit_of_sheet([sheet.name, *table.above])
    in_yuan = {at for at, column in own.items() if column.unit == "yuan"}
    return {
        "index": sheet.index, "name": sheet.name, "kind": found.slug, "skipped": table.skipped,
        "header": list(table.header_rows), "first": table.first_data_row, "rows": sheet.rows,
        "encoding": sheet.encoding, "format": sheet.kind, "export": stamp.as_stored if stamp else {},
        "columns": [
            {
                "at": at, "letter": letter(at), "heading": heading, "plain": plain_heading(heading),
                "field": fields.get(at, ""),
                **_unit(declared, fields.get(at, ""), heading, YUAN if at in in_yuan else of_sheet),
            }
            for at, heading in sorted(table.headings.items())
        ],
        "why": found.why, "given": given,
        "rivals": [{"kind": rival.slug, "why": rival.why, "fields": rival.fields} for rival in rivals],
        "start": table.start, "merged": table.merged, "sums": {}, "totals": [], "from_1904": sheet.from_1904,
    }  # fmt: skip


def _choose(likely: list[Candidate], slugs: list[str], skipped: str) -> tuple[Candidate, str, list[Candidate]]:
    """The likeliest kind that the account may load, why the sheet is skipped if it is none, and the kinds between which
    a person chooses."""
    rivals = rivals_of(likely)
    open_to = [candidate for candidate in likely if candidate.slug in slugs]
    if skipped or not likely:
        return Candidate("", {}), skipped or "no_kind", []
    if not open_to or (likely[0].slug not in slugs and not rivals):
        return likely[0], "other_kind", []
    return open_to[0], "", [rival for rival in rivals if len(rivals_of(open_to)) and rival.slug in slugs]


def _by_evidence(
    load: Load, sheet: RawSheet, table: SheetTable, explained: dict[str, dict[str, str]], cells: Cells
) -> list[Candidate]:
    """The kinds that the sheet may be, the likeliest first. The one that a person or the sender names is the only
    one."""
    named = {"sheet": sheet.name, "title": " ".join(_titles(table)), "file": Path(load.file_name).stem}
    chosen = load.corrections.get(str(sheet.index), {}).get("kind") or load.kind
    if chosen:
        fields = fields_of(SHEET_TYPES[chosen], table.headings, explained.get(chosen, {}), cells)
        return [Candidate(chosen, fields, why=[{"code": "why_chosen", "details": {}}])]
    return candidates(SHEET_TYPES, table.headings, explained, cells, named)


def _titles(table: SheetTable) -> list[str]:
    return [text for text in table.above if not NOTE.match(text)]


def _cells(table: SheetTable, into: Path) -> dict[int, list[str]]:
    """The first cells of each column."""
    cells: dict[int, list[str]] = {}
    for row in data_rows(table, into, 0, SAMPLE * 2):
        if not (row.is_total or row.is_note):
            for at, cell in row.cells.items():
                cells.setdefault(at, []).append(text_of(cell))
    return {at: texts[:SAMPLE] for at, texts in cells.items()}


def _unit(kind: SheetType | None, field: str, heading: str, of_sheet: str) -> dict[str, Any]:
    """The unit of a bare number under a heading. For money it is never open: as in the heading, else as on the sheet,
    else as usual for such columns, which then needs a warning (`told`)."""
    column = kind.column(field) if kind and field else None
    if column is None or column.unit not in (YUAN, WAN):
        return {"unit": unit_of(heading), "told": False}
    unit = money_unit(heading) or of_sheet
    return {"unit": unit or column.unit, "told": not unit}


def mapping_of(sheet: dict) -> dict[int, Any]:
    """The field by column of a sheet, without the skipped columns."""
    return {column["at"]: column["field"] for column in sheet["columns"] if column["field"]}


def corrections_in(load: Load, typed: Mapping[str, str]) -> dict[str, dict]:
    """A person's corrections, merged with earlier ones: `header-<sheet>` and `field-<sheet>-<column>` of a form. A
    column left as detected is not a correction. Raises Refused."""
    corrections = {
        index: {**correction, "columns": {**correction.get("columns", {})}}
        for index, correction in load.corrections.items()
    }
    for sheet in load.sheets:
        if sheet["skipped"]:
            continue
        correction = corrections.setdefault(str(sheet["index"]), {"columns": {}})
        of_sheet = typed.get(f"kind-{sheet['index']}") or typed.get("kind") or sheet["kind"]
        if of_sheet != sheet["kind"] and of_sheet in SHEET_TYPES:
            correction |= {"columns": {}, "given": {}, "kind": of_sheet}  # fields of another type
            continue
        if sheet.get("rivals") and typed.get(f"kind-{sheet['index']}"):
            correction["kind"] = of_sheet
        header = typed.get(f"header-{sheet['index']}", "").strip()
        if header and header != str(max(sheet["header"])):
            correction["header"] = _row_number(header, sheet)
        names = {column.name for column in SHEET_TYPES[sheet["kind"]].columns} | {""}
        for column in sheet["columns"]:
            field = typed.get(f"field-{sheet['index']}-{column['at']}")
            if field in names and field != column["field"]:
                correction["columns"][str(column["at"])] = field
        for name in names - {""}:
            if text := typed.get(f"all-{sheet['index']}-{name}", "").strip():
                correction["given"] = correction.get("given", {}) | {name: storable(text)[:80]}
    return corrections


def _row_number(text: str, sheet: dict) -> int:
    number = plain_number(text)
    if number is None or not 0 < number <= sheet["rows"]:
        raise Refused("header_unread", text=text, most=sheet["rows"])
    return number
