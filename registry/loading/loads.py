"""A load's way: sent, read, checked, looked at, applied, perhaps undone. The row in the database is the truth of it."""

import hashlib
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from registry.actions import jobs
from registry.models import Area, KnownHeading, Load, LoadState, RowVerdict
from registry.permissions import may
from registry.refusals import Refused
from registry.sandbox import MB

from .columns import kinds_for, may_load
from .files.limits import MOST_MB
from .files.reading import read_file
from .matching import understand

MOST_BYTES = MOST_MB * MB


@transaction.atomic
def send_load(name: str, data: bytes, *, kind: str = "", key: uuid.UUID, by: Any, at_once: bool = False) -> Load:
    """Takes a file in; it is read in the background. The same form key twice is one load. `kind` is that of the rows,
    or empty where the headings shall say; `at_once` applies it without waiting for somebody to look. Raises Refused."""
    for refusal in refusals_to_send(name, len(data), kind, by):
        raise refusal
    again = Load.objects.unscoped("a key is known to its maker").filter(key=key, by=by).first()
    if again:
        return again
    area = Area.objects.unscoped("area names are public").get(code=by.write_prefix or settings.DISTRICT_AREA)
    load = Load(
        key=key, kind=kind, file_name=Path(name).name[-160:], size=len(data), by=by, area=area,
        file_hash=hashlib.sha256(data).hexdigest(),
    )  # fmt: skip
    load.file.save(f"{key}{Path(name).suffix[:8].lower()}", ContentFile(data), save=False)
    if at_once:
        _begin(load, LoadState.APPLYING, "load-at-once")
    else:
        _begin(load, LoadState.READING, "load-read")
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


def _begin(load: Load, state: LoadState, kind: str) -> None:
    load.state = state
    load.save()
    load.job = jobs.enqueue(kind, by=load.by, load=load.pk)
    load.save()


def locked(load: Load) -> Load:
    rows = Load.objects.unscoped("a lock against two clicks").select_for_update(of=("self",))
    return rows.select_related("by", "area", "job").get(pk=load.pk)


@transaction.atomic
def correct(load: Load, corrections: dict[str, dict], *, kind: str = "", by: Any) -> Load:
    """Reads the file again as a person explained it: {sheet: {"header": row, "columns": {column: field}}}. What a
    heading means is remembered for the area."""
    load = _mine(load, by, LoadState.READY)
    if kind and not may_load(by, kind):
        raise Refused("kind_unknown", kind=kind, kinds="、".join(kinds_for(by)))
    load.corrections = corrections
    load.kind = kind or load.kind
    _remember(load)
    _begin(load, LoadState.READING, "load-read")
    return load


def _remember(load: Load) -> None:
    for sheet in load.sheets:
        given = load.corrections.get(str(sheet["index"]), {}).get("columns", {})
        for column in sheet["columns"]:
            field = given.get(str(column["at"]))
            if field is not None and column["heading"]:
                KnownHeading.objects.update_or_create(
                    area=load.area, kind=sheet["kind"], heading=column["plain"], defaults={"field": field}
                )


def _mine(load: Load, by: Any, *states: str) -> Load:
    load = locked(load)
    if load.by_id != by.pk and not may(by, "record.add", load):
        raise Refused("not_allowed")
    if load.state not in states:
        raise Refused("load_moved_on", state=load.get_state_display())
    return load


def refusals_to_apply(load: Load) -> Iterator[Refused]:
    """Everything that stands against applying; empty if it may be done."""
    if load.state != LoadState.READY:
        yield Refused("load_moved_on", state=load.get_state_display())
    if not load.new + load.changed:
        yield Refused("load_says_nothing")


@transaction.atomic
def apply_load(load: Load, *, by: Any) -> Load:
    """Writes what the preview showed. Each row is judged once more, since the registry may have moved on."""
    load = _mine(load, by, LoadState.READY, LoadState.APPLYING, LoadState.APPLIED)
    if load.state != LoadState.READY:
        return load
    for refusal in refusals_to_apply(load):
        raise refusal
    _begin(load, LoadState.APPLYING, "load-apply")
    return load


@transaction.atomic
def undo_load(load: Load, *, by: Any) -> Load:
    """Takes back all rows that nobody touched since."""
    load = _mine(load, by, LoadState.APPLIED, LoadState.UNDOING, LoadState.UNDONE)
    if load.state == LoadState.APPLIED:
        _begin(load, LoadState.UNDOING, "load-undo")
    return load


@transaction.atomic
def cancel_load(load: Load, *, by: Any) -> Load:
    """Stops a load that is being read, or puts one away that was looked at; one that is being applied is taken back."""
    load = _mine(load, by, LoadState.READING, LoadState.READY, LoadState.APPLYING, LoadState.CANCELLED)
    if load.job:
        jobs.cancel(load.job)
    if load.state == LoadState.APPLYING:
        _begin(load, LoadState.UNDOING, "load-undo")
    elif load.state != LoadState.CANCELLED:
        load.state = LoadState.CANCELLED
        load.save(update_fields=["state"])
    return load


@transaction.atomic
def retry_load(load: Load, *, by: Any) -> Load:
    """Begins the present stage anew after its job failed. What was applied already is found to be the same."""
    load = _mine(load, by, LoadState.READING, LoadState.APPLYING, LoadState.UNDOING)
    if load.job and load.job.state == "failed":
        kinds = {LoadState.READING: "load-read", LoadState.APPLYING: "load-apply", LoadState.UNDOING: "load-undo"}
        _begin(load, LoadState(load.state), kinds[LoadState(load.state)])
    return load


def rows_file(load: Load) -> Path:
    """Where the cells of a load lie after reading, a line a row."""
    return Path(f"{load.file.path}.rows")


def read_load(payload: dict) -> None:
    """Reads the file in a child process and finds out what it says; done again, it does the same again."""
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
    """Counts the verdicts of the rows into the load."""
    counts = dict(load.rows.values_list("verdict").annotate(Count("pk")))
    for verdict in RowVerdict.values:
        setattr(load, verdict, counts.get(verdict, 0))


def finish(load: Load, state: LoadState) -> None:
    load.state = state
    if state == LoadState.APPLIED:
        load.applied_at = timezone.now()
    load.save()
