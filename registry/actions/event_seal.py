"""Exports the events of a day as files to keep elsewhere: the events, the head of their chain, and the hashes of both.
With these files a later change can be proved, even if the whole chain was rewritten."""

import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from registry.actions.event_chain import newest_link, seal
from registry.models import Event, EventLink

COLUMNS = (
    "id", "at", "actor__username", "role", "address", "request_id", "verb", "kind", "code", "area", "changes", "reason",
    "document_no", "change_set",
)  # fmt: skip
MOST_DAYS = 31  # days that one run catches up


def export_daily() -> list[Path]:
    """The scheduled export, into the folder of the settings."""
    return export_finished_days(settings.EVENTS_DIR)


def export_finished_days(folder: Path) -> list[Path]:
    """Exports the finished days that are missing since the newest exported one; at first, only yesterday. Returns the
    files of events."""
    yesterday = timezone.localdate() - timedelta(days=1)
    days = [date.fromisoformat(file.name[7:17]) for file in folder.glob("events-????-??-??.json")]
    first = max([max(days) + timedelta(days=1)] if days else [yesterday])
    first = max(first, yesterday - timedelta(days=MOST_DAYS))
    return [export_day(folder, first + timedelta(days=number)) for number in range((yesterday - first).days + 1)]


def export_day(folder: Path, day: date) -> Path:
    """Exports the events of a day: NAME.jsonl, NAME.json with the head of the chain, NAME.sha256 over both. An
    unfinished day has the time in its name. Raises FileExistsError for a day that was exported already."""
    seal()
    now = timezone.localtime()
    name = f"events-{day}" if day < now.date() else f"events-{day}T{now:%H%M%S}"
    folder.mkdir(parents=True, exist_ok=True)
    lines, head = folder / f"{name}.jsonl", folder / f"{name}.json"
    if head.exists():
        raise FileExistsError(str(head))
    hashed, count = sha256(), 0
    with lines.open("wb") as file:  # an interrupted export is written again
        for line in _lines(day):
            file.write(line)
            hashed.update(line)
            count += 1
    head_text = json.dumps(_head(day, lines.name, count, hashed.hexdigest()), ensure_ascii=False, indent=2) + "\n"
    sums = {lines.name: hashed.hexdigest(), head.name: sha256(head_text.encode()).hexdigest()}
    text = "".join(f"{hash_of}  {file_name}\n" for file_name, hash_of in sums.items())
    (folder / f"{name}.sha256").write_text(text, encoding="ascii")
    head.write_text(head_text, encoding="utf-8")
    return lines


def _lines(day: date) -> Iterator[bytes]:
    start = timezone.make_aware(datetime.combine(day, time.min))
    rows = Event.objects.filter(at__gte=start, at__lt=start + timedelta(days=1)).order_by("pk")
    for row in rows.values(*COLUMNS).iterator(chunk_size=2000):
        row["actor"] = row.pop("actor__username")
        yield json.dumps(row, ensure_ascii=False, default=str, sort_keys=True).encode() + b"\n"


def _head(day: date, file: str, count: int, hashed: str) -> dict[str, Any]:
    link = newest_link()
    head = {"number": link.number, "hash": link.hash} if link else None
    return {"day": day.isoformat(), "file": file, "events": count, "sha256": hashed, "chain": head,
            "sealed_at": timezone.localtime().isoformat()}  # fmt: skip


def against(folder: Path) -> Iterator[str]:
    """All differences between the files in `folder` and the current chain, as sentences; empty if they agree."""
    for file in sorted(folder.glob("events-*.json")):
        head = json.loads(file.read_text(encoding="utf-8"))
        lines = folder / head["file"]
        if not lines.is_file() or sha256(lines.read_bytes()).hexdigest() != head["sha256"]:
            yield f"{head['file']} is not as it was written"
        chain = head["chain"]
        if chain and not EventLink.objects.filter(number=chain["number"], hash=chain["hash"]).exists():
            yield f"link {chain['number']} of the chain is not the one that {file.name} names"
