"""The life cycle of a load: sent, read, checked, previewed, applied, perhaps undone. The row in the database holds the
state."""

import hashlib
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from registry.access.permissions import may
from registry.actions import jobs, records
from registry.loading.files.limits import MOST_MB
from registry.loading.files.reading import read_file
from registry.loading.matching import understand
from registry.loading.messages import doubts_of
from registry.loading.sheet_types import SHEET_TYPES, kinds_for, may_load
from registry.models import Area, Job, KnownHeading, Load, LoadState, RowVerdict, district_area
from registry.sandbox import MB
from registry.text.area_codes import district_of
from registry.text.refusals import Refused, raise_first

MOST_BYTES = MOST_MB * MB
JOBS = {LoadState.READING: "load-read", LoadState.APPLYING: "load-apply", LoadState.UNDOING: "load-undo"}
FAILURES = {"read_failed": LoadState.READING, "apply_failed": LoadState.APPLYING, "undo_failed": LoadState.UNDOING}


@transaction.atomic
def send_load(
    name: str, data: bytes, *, kind: str = "", key: uuid.UUID, by: Any, at_once: bool = False, confirmed: bool = False
) -> Load:
    """Accepts a file; it is read in the background. The same form key twice is one load. `kind` is the sheet type of
    the rows, or empty if the headings decide; `at_once` applies it without a preview, unless it has doubtful rows that
    are not `confirmed`. Raises Refused."""
    raise_first(refusals_to_send(name, len(data), kind, by))
    again = Load.objects.unscoped("a key is known to its maker").filter(key=key, by=by).first()
    if again:
        return again
    area = Area.objects.unscoped("area names are public").get(code=by.write_prefix or district_area())
    load = Load(
        key=key, kind=kind, file_name=Path(name).name[-160:], size=len(data), by=by, area=area, confirmed=confirmed,
        file_hash=hashlib.sha256(data).hexdigest(),
    )  # fmt: skip
    load.file.save(f"{key}{Path(name).suffix[:8].lower()}", ContentFile(data), save=False)
    if at_once:
        _begin(load, LoadState.APPLYING, "load-at-once")
    else:
        _begin(load, LoadState.READING)
    return load


def refusals_to_send(name: str, size: int, kind: str, by: Any) -> Iterator[Refused]:
    if not may(by, "load.send"):
        yield Refused("not_allowed")
    elif kind and not may_load(by, kind):
        yield Refused("kind_unknown", kind=kind, kinds="、".join(kinds_for(by)))
    if not size:
        yield Refused("file_empty", name=name)
    if size > MOST_BYTES:
        yield Refused("file_size", name=name, size=round(size / MB, 1), most=MOST_BYTES // MB)


def _begin(load: Load, state: LoadState, kind: str = "") -> None:
    load.state, load.refusal = state, {}
    load.save()
    load.job = jobs.enqueue(kind or JOBS[state], by=load.by, load=load.pk)
    load.save()


def is_unclear(load: Load) -> bool:
    """Whether a person has to say what the rows of a sheet are."""
    return any(sheet.get("rivals") for sheet in load.sheets)


def locked(load: Load) -> Load:
    return records.locked(load, "by", "area", "job")


@transaction.atomic
def correct(load: Load, corrections: dict[str, dict], *, kind: str = "", by: Any) -> Load:
    """Reads the file again with a person's corrections: {sheet: {"header": row, "columns": {column: field}, "kind":
    type, "given": {field: text of all rows}}}. The meaning of a heading is remembered for the district."""
    load = _mine(load, by, LoadState.READY)
    if kind and not may_load(by, kind):
        raise Refused("kind_unknown", kind=kind, kinds="、".join(kinds_for(by)))
    load.corrections = corrections
    load.kind, load.confirmed = kind or load.kind, False
    for correction in corrections.values():
        if correction.get("kind") and not may_load(by, correction["kind"]):
            raise Refused("kind_unknown", kind=correction["kind"], kinds="、".join(kinds_for(by)))
    _remember(load)
    _begin(load, LoadState.READING)
    return load


@transaction.atomic
def edit_load(load: Load, edits: dict[str, dict], *, by: Any) -> Load:
    """Validates the rows again with `edits` of cells and rows. The file is not opened again."""
    load = _mine(load, by, LoadState.READY)
    if edits != load.edits:
        load.edits, load.confirmed = edits, False
        _begin(load, LoadState.READING, "load-check")
    return load


@transaction.atomic
def forget_heading(heading: KnownHeading, *, by: Any) -> None:
    """Forgets what a heading was explained to mean. Raises Refused."""
    inside = heading.area_id.startswith(by.write_prefix) or by.write_prefix.startswith(heading.area_id)
    if not (inside and may_load(by, heading.kind)):
        raise Refused("not_allowed")
    heading.delete()


def _remember(load: Load) -> None:
    for sheet in load.sheets:
        columns = load.corrections.get(str(sheet["index"]), {}).get("columns", {})
        for column in sheet["columns"]:
            field = columns.get(str(column["at"]))
            if field is not None and column["heading"]:
                KnownHeading.objects.update_or_create(
                    area_id=district_of(load.area_id),
                    kind=sheet["kind"],
                    heading=column["plain"],
                    defaults={"field": field},
                )


def _mine(load: Load, by: Any, *states: str) -> Load:
    load = locked(load)
    if load.by_id != by.pk and not may(by, "record.add", load):
        raise Refused("not_allowed")
    if load.state not in states:
        raise Refused("load_moved_on", state=load.get_state_display())
    return load


def refusals_to_apply(load: Load, *, confirmed: bool = False) -> Iterator[Refused]:
    """All refusals to apply; empty if it may be applied. Doubtful rows must be `confirmed`."""
    if load.state != LoadState.READY:
        yield Refused("load_moved_on", state=load.get_state_display())
    if not load.new + load.changed:
        yield Refused("load_says_nothing")
    for sheet in load.sheets:
        if sheet.get("rivals"):
            first, second = (SHEET_TYPES[rival["kind"]].label for rival in sheet["rivals"])
            yield Refused("kind_unclear", sheet=sheet["name"], first=first, second=second)
    if (doubts := doubts_of(load)) and not confirmed:
        yield doubts


@transaction.atomic
def apply_load(load: Load, *, by: Any, confirmed: bool = False) -> Load:
    """Writes what the preview showed; doubtful rows only if `confirmed`. Each row is validated again, because the
    registry may have changed."""
    load = _mine(load, by, LoadState.READY, LoadState.APPLYING, LoadState.APPLIED)
    if load.state != LoadState.READY:
        return load
    raise_first(refusals_to_apply(load, confirmed=confirmed))
    load.confirmed = load.confirmed or confirmed
    _begin(load, LoadState.APPLYING)
    return load


@transaction.atomic
def undo_load(load: Load, *, by: Any) -> Load:
    """Undoes all rows that nobody changed since."""
    load = _mine(load, by, LoadState.APPLIED, LoadState.UNDOING, LoadState.UNDONE)
    if load.state == LoadState.APPLIED:
        _begin(load, LoadState.UNDOING)
    return load


@transaction.atomic
def cancel_load(load: Load, *, by: Any) -> Load:
    """Cancels a load that is being read or previewed. A load that is being applied is undone."""
    load = _mine(
        load, by, LoadState.READING, LoadState.READY, LoadState.APPLYING, LoadState.FAILED, LoadState.CANCELLED
    )
    stage = failed_stage(load) or load.state
    if load.job:
        jobs.cancel(load.job)
    if stage in (LoadState.APPLYING, LoadState.UNDOING):
        _begin(load, LoadState.UNDOING)
    elif stage != LoadState.CANCELLED:
        load.state, load.refusal = LoadState.CANCELLED, {}
        load.save(update_fields=["state", "refusal"])
    return load


@transaction.atomic
def retry_load(load: Load, *, by: Any) -> Load:
    """Continues a load whose job failed, at the failed step. Finished work stays."""
    load = _mine(load, by, LoadState.READING, LoadState.APPLYING, LoadState.UNDOING, LoadState.FAILED)
    stage = failed_stage(load)
    if stage and load.job:
        load.state, load.refusal = stage, {}
        load.save(update_fields=["state", "refusal"])
        jobs.revive(load.job)
    elif stage:
        _begin(load, stage)
    return load


def failed_stage(load: Load) -> LoadState | None:
    """The stage at which the load's job failed; None if it did not fail."""
    return FAILURES.get(load.refusal.get("code", "")) if load.state == LoadState.FAILED else None


def mark_failed(job: Job) -> None:
    """Marks a load whose job failed. Rows that were written stay until it continues or is undone."""
    rows = Load.objects.unscoped("the worker's own").select_for_update()
    load = rows.filter(pk=job.payload["load"], job=job.pk).first()
    if load is None or not load.is_working:
        return
    code = next(code for code, stage in FAILURES.items() if stage == load.state)
    if load.state == LoadState.READING:
        load.new = load.changed = load.same = load.refused = 0
    else:
        count_rows(load)
    load.refusal = {"code": code, "details": {"job": job.pk, "done": job.done, "total": job.total or load.total}}
    finish(load, LoadState.FAILED)


def rows_file(load: Load) -> Path:
    """The file with the cells of a load, one line per row."""
    return Path(f"{load.file.path}.rows")


def read_load(payload: dict) -> None:
    """Reads the file in a child process and detects its sheets. It may run twice with the same result."""
    load = Load.objects.unscoped("the worker's own").select_related("by", "area").get(pk=payload["load"])
    if load.state not in (LoadState.READING, LoadState.APPLYING):
        return
    try:
        sheets = read_file(Path(load.file.path), load.file_name, rows_file(load))
        load.sheets = understand(load, sheets, rows_file(load))
        load.refusal = {}
    except Refused as refusal:
        details = {
            name: value if isinstance(value, int | float) else str(value) for name, value in refusal.details.items()
        }
        load.refusal = {"code": refusal.code, "details": details}
    load.save(update_fields=["sheets", "refusal"])


def count_rows(load: Load) -> None:
    """Stores the counts of the verdicts, and the doubtful rows, in the load."""
    counts = dict(load.rows.values_list("verdict").annotate(Count("pk")))
    for verdict in RowVerdict.values:
        setattr(load, verdict, counts.get(verdict, 0))
    doubtful = load.rows.filter(doubtful=True).order_by("sheet", "row")
    load.doubts = {}
    if first := doubtful.first():
        details = next(message["details"] for message in first.messages if message["level"] == "doubt")
        load.doubts = {"count": doubtful.count(), "row": first.row, **details}


def finish(load: Load, state: LoadState) -> None:
    load.state = state
    if state == LoadState.APPLIED:
        load.applied_at = timezone.now()
    load.save()
