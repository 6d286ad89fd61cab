"""Detects the content of a file: which sheets hold rows, of what type, and which column is which field."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from registry.loading.money_units import WAN, YUAN, money_unit, unit_of_sheet
from registry.loading.sheet_types import SHEET_TYPES, SheetType, kinds_for, may_load
from registry.models import KnownHeading, Load
from registry.text.refusals import Refused, raise_first
from registry.text.validators import plain_number

from .files.reading import RawSheet
from .files.tables import SheetTable, find_tables, letter, plain_heading, top_rows, unit_of
from .own_exports import Stamp, columns_in, exported, fields_in, stamp_of

REASON = "原因"  # the column added to refused rows; it is not read


def headings_of(kind: SheetType) -> dict[str, str]:
    """The field by plain heading, for every heading of a column."""
    fields: dict[str, str] = {}
    for column in kind.columns:
        for heading in column.headings:
            fields.setdefault(plain_heading(heading), column.name)
    return fields


def understand(load: Load, sheets: list[RawSheet], into: Path) -> list[dict]:
    """Detects what each sheet holds, as `Load.sheets` stores it. Raises Refused if no sheet can be read."""
    slugs = [load.kind] if load.kind else kinds_for(load.by)
    explained: dict[str, dict[str, str]] = {slug: {} for slug in slugs}
    for kind, heading, field in KnownHeading.objects.filter(area=load.area, kind__in=slugs).values_list(
        "kind", "heading", "field"
    ):
        explained[kind][heading] = field
    known_headings = {heading for slug in slugs for heading in {**headings_of(SHEET_TYPES[slug]), **explained[slug]}}
    stamps, refused = _own_exports(load, sheets, into)
    headers = {index: stamp.header for index, stamp in stamps.items()}
    headers |= {
        int(index): correction["header"] for index, correction in load.corrections.items() if correction.get("header")
    }
    tables = find_tables(sheets, into, known_headings, headers)
    for table in tables:
        table.skipped = table.skipped or ("own_export" if table.sheet in refused else "")
    understood = [
        _sheet(load, sheet, table, slugs, explained, stamps.get(sheet.index))
        for sheet, table in zip(sheets, tables, strict=True)
    ]
    if all(sheet["skipped"] for sheet in understood):
        raise_first(refused.values())
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


def _sheet(
    load: Load, sheet: RawSheet, table: SheetTable, slugs: list[str], explained: dict[str, dict[str, str]],
    stamp: Stamp | None,
) -> dict:  # fmt: skip
    own = columns_in(stamp.as_stored, table.headings) if stamp else {}
    kind: Any = exported(stamp.slug).load if stamp else None  # type: ignore[union-attr]
    slug, fields = (kind.slug, fields_in(own, kind)) if kind else _by_headings(load, sheet, table, slugs, explained)
    for at, field in load.corrections.get(str(sheet.index), {}).get("columns", {}).items():
        fields = {column: name for column, name in fields.items() if name != field or not field}
        fields[int(at)] = field
    of_sheet = unit_of_sheet([sheet.name, *table.above])
    in_yuan = {at for at, column in own.items() if column.unit == "yuan"}
    return {
        "index": sheet.index, "name": sheet.name, "kind": slug, "skipped": table.skipped,
        "header": list(table.header_rows), "first": table.first_data_row, "rows": sheet.rows,
        "encoding": sheet.encoding, "format": sheet.kind, "export": stamp.as_stored if stamp else {},
        "columns": [
            {
                "at": at, "letter": letter(at), "heading": heading, "plain": plain_heading(heading),
                "field": fields.get(at, ""),
                **_unit(SHEET_TYPES.get(slug), fields.get(at, ""), heading, YUAN if at in in_yuan else of_sheet),
            }
            for at, heading in sorted(table.headings.items())
        ],
        "start": table.start, "merged": table.merged, "sums": {}, "totals": [], "from_1904": sheet.from_1904,
    }  # fmt: skip


def _by_headings(
    load: Load, sheet: RawSheet, table: SheetTable, slugs: list[str], explained: dict[str, dict[str, str]]
) -> tuple[str, dict[int, str]]:
    """The sheet type with these headings, and the field of each column."""
    correction = load.corrections.get(str(sheet.index), {})
    plain = {at: plain_heading(heading) for at, heading in table.headings.items()}
    last = {at: plain_heading(heading.split("/")[-1]) for at, heading in table.headings.items()}
    fits = {slug: _fields(plain, last, {**headings_of(SHEET_TYPES[slug]), **explained[slug]}) for slug in slugs}
    slug = correction.get("kind") or max(
        slugs, key=lambda candidate: _likeness(SHEET_TYPES[candidate], fits[candidate]), default=""
    )
    return slug, dict(fits.get(slug, {}))


def _unit(kind: SheetType | None, field: str, heading: str, of_sheet: str) -> dict[str, Any]:
    """The unit of a bare number under a heading. For money it is never open: as in the heading, else as on the sheet,
    else as usual for such columns, which then needs a warning (`told`)."""
    column = kind.column(field) if kind and field else None
    if column is None or column.unit not in (YUAN, WAN):
        return {"unit": unit_of(heading), "told": False}
    unit = money_unit(heading) or of_sheet
    return {"unit": unit or column.unit, "told": not unit}


def _fields(plain: dict[int, str], last: dict[int, str], fields_by_heading: dict[str, str]) -> dict[int, str]:
    """The field by column: by the whole heading, else by its lower part. A field is used once, by the first column."""
    fields: dict[int, str] = {}
    for heads in (plain, last):
        for at, heading in sorted(heads.items()):
            field = fields_by_heading.get(heading)
            if field and at not in fields and field not in fields.values():
                fields[at] = field
    return fields


def _likeness(kind: SheetType, fields: dict[int, str]) -> tuple[float, int]:
    """How well a sheet fits a type: the share of required fields it has counts most, then all fields it has. The number
    of missing ones would favour types that require little: a bare 序号 would make any sheet one of scores."""
    there = set(fields.values())
    required = {column.name for column in kind.required}
    return (len(required & there) / max(len(required), 1), len(there))


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
        if typed.get("kind", sheet["kind"]) not in ("", sheet["kind"]):
            correction["columns"] = {}  # fields of another type
            continue
        header = typed.get(f"header-{sheet['index']}", "").strip()
        if header and header != str(max(sheet["header"])):
            correction["header"] = _row_number(header, sheet)
        names = {column.name for column in SHEET_TYPES[sheet["kind"]].columns} | {""}
        for column in sheet["columns"]:
            field = typed.get(f"field-{sheet['index']}-{column['at']}")
            if field in names and field != column["field"]:
                correction["columns"][str(column["at"])] = field
    return corrections


def _row_number(text: str, sheet: dict) -> int:
    number = plain_number(text)
    if number is None or not 0 < number <= sheet["rows"]:
        raise Refused("header_unread", text=text, most=sheet["rows"])
    return number
