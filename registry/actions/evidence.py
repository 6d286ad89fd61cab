"""Taking in photos and documents: in parts over a weak network, and opened in a process of its own; a photo is shown
without what the camera wrote in."""

import hashlib
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction

from registry import sandbox
from registry.access.permissions import may
from registry.models import Draft, DraftState, Evidence, EvidenceKind, Upload
from registry.sandbox import MB
from registry.text.refusals import Refused
from registry.text.validators import REFUSED

from .records import ChangeSet, changes_between, locked, values_of

MOST_BYTES = 20 * MB
PROCESSOR_SECONDS, SECONDS = 8, 20  # for one file: of the processor, and by the clock of a busy machine


@dataclass(frozen=True)
class File:
    """A photo or document that was opened: its name and bytes; of a photo the picture to show, and the day and place
    that the camera wrote in."""

    name: str
    content: bytes
    kind: str
    shown: bytes = b""
    taken_on: date | None = None
    lng: str | None = None
    lat: str | None = None


def open_file(name: str, content: bytes) -> File:
    """Opens what was sent, in a process of its own and under limits. Never to be called inside a transaction: everybody
    else's writes would wait for it. Raises Refused for what is neither photo nor document, too large or too slow."""
    name = _printable(name)
    insist_on_size(name, len(content))
    arguments = (Path(name).suffix.lower(), str(PROCESSOR_SECONDS))
    code, printed = sandbox.run("registry.actions.photo_reader", *arguments, seconds=SECONDS, content=content)
    if code == sandbox.REFUSED:
        reason, details = json.loads(printed)
        raise Refused(reason, name=name, **details)
    if code:
        raise Refused("slow_to_open" if code in sandbox.OUT_OF_TIME else "not_a_photo", name=name)
    found, _newline, shown = printed.partition(b"\n")
    known = json.loads(found)
    if known.get("taken_on"):
        known["taken_on"] = date.fromisoformat(known["taken_on"])
    return File(name, content, shown=shown, **known)


def add_evidence(draft: Draft, name: str, content: bytes, *, by: Any) -> Evidence:
    """Keeps a photo or document for a draft: the original in private, and of a photo a copy to show without position or
    camera data. The same bytes twice are one. Raises Refused for what is neither or too large."""
    _insist_on_writer(draft, by)
    return _keep_for(draft, open_file(name, content), by)


def _insist_on_writer(draft: Draft, by: Any) -> None:
    if not may(by, "draft.write", draft):
        raise Refused("not_allowed")


@transaction.atomic
def _keep_for(draft: Draft, file: File, by: Any) -> Evidence:
    held = Evidence.objects.unscoped("the same bytes are stored once").of(draft, draft.point)
    waits = draft.state == DraftState.OPEN or draft.was_public  # until the draft is written to the site
    owner = Evidence(area=draft.area, point=None if waits else draft.point, draft=draft)
    return _keep(owner, file, held, about=draft.point or draft, by=by)


@transaction.atomic
def add_proof(record: Any, file: File, *, right: str, by: Any) -> Evidence:
    """Keeps a photo or document that proves something of `record`, for the staff of its area."""
    if not may(by, right, record):
        raise Refused("not_allowed")
    held = Evidence.objects.unscoped("the same bytes are stored once").filter(area=record.area, point=None, draft=None)
    return _keep(Evidence(area=record.area, on_page=False), file, held, about=record, by=by)


def add_proofs(record: Any, files: Iterable[File], *, right: str, by: Any) -> list[Evidence]:
    """Keeps several at once; see `add_proof`."""
    return [add_proof(record, file, right=right, by=by) for file in files]


def _keep(evidence: Evidence, file: File, held: Any, *, about: Any, by: Any) -> Evidence:
    """`evidence`, which says whose it is, with the file in it; or the one of `held` that has the same bytes."""
    fingerprint = hashlib.sha256(file.content).hexdigest()
    same = held.filter(sha256=fingerprint).first()
    if same:
        if same.on_page != evidence.on_page:
            same.on_page = evidence.on_page
            same.save()
            ChangeSet(by).tell("photo", about, {same.kind: [None, same.file_name]})
        return same
    evidence.code, evidence.kind, evidence.file_name = f"E-{uuid.uuid4().hex[:12]}", EvidenceKind(file.kind), file.name
    evidence.sha256, evidence.size, evidence.added_by = fingerprint, len(file.content), by
    evidence.taken_on, evidence.lng, evidence.lat = file.taken_on, file.lng, file.lat
    if file.shown:
        evidence.shown.save(f"{uuid.uuid4().hex}.jpg", ContentFile(file.shown), save=False)
    evidence.original.save(uuid.uuid4().hex, ContentFile(file.content), save=False)
    evidence.full_clean()
    evidence.save()
    change_set = ChangeSet(by)
    change_set.tell("add", evidence, changes_between({}, values_of(evidence)))
    change_set.tell("photo", about, {evidence.kind: [None, file.name]})
    return evidence


def _printable(name: str) -> str:
    """The file's name without folders and signs that cannot be shown."""
    shown = REFUSED.sub("", Path(name).name)
    return "".join(sign for sign in shown if sign.isprintable())[-120:] or "photo"


def insist_on_size(name: str, size: int) -> None:
    """Raises Refused if a photo has no bytes or too many; worth asking before it is read."""
    if size < 1:
        raise Refused("file_empty", name=name)
    if size > MOST_BYTES:
        raise Refused("file_large", name=name, size=-(-size // MB), most=MOST_BYTES // MB)


@transaction.atomic
def remove_evidence(evidence: Evidence, *, by: Any) -> None:
    """Takes a photo or document off. One that was submitted stays for the reviewers, but leaves the page."""
    if not may(by, "draft.write", evidence):
        raise Refused("not_allowed")
    ChangeSet(by).tell("photo", evidence.point or evidence.draft, {evidence.kind: [evidence.file_name, None]})
    if evidence.point_id or (evidence.draft and evidence.draft.state != DraftState.OPEN):
        evidence.on_page = False
        evidence.save()
    else:
        evidence.delete()
        kept = [file for file in (evidence.original, evidence.shown) if file]
        transaction.on_commit(lambda: [file.storage.delete(file.name) for file in kept])


def upload_folder() -> Path:
    """Where photos lie that arrived in part."""
    folder = Path(settings.PRIVATE_ROOT) / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@transaction.atomic
def begin_upload(draft: Draft, *, key: uuid.UUID, name: str, size: int, by: Any) -> Upload:
    """Announces a photo of `size` bytes; the same key again finds the upload where it stopped. One whose photo was
    taken off since, or that has another size now, begins anew."""
    _insist_on_writer(draft, by)
    name = _printable(name)
    insist_on_size(name, size)
    upload, _made = Upload.objects.get_or_create(
        key=key, defaults={"draft": draft, "by": by, "file_name": name, "size": size}
    )
    if upload.draft_id != draft.pk:
        raise Refused("not_allowed")
    path = upload_folder() / str(key)
    arrived = path.stat().st_size if path.exists() else 0
    is_shown = upload.evidence is not None and upload.evidence.on_page
    if not is_shown and (upload.size != size or arrived < upload.received or upload.received == size):
        upload.size, upload.received, upload.evidence = size, 0, None
        upload.save()
    return upload


def add_part(upload: Upload, offset: int, content: bytes) -> Upload:
    """Adds the bytes from `offset` on. A part that came already is passed over; one that leaves a gap is refused. The
    last one makes the photo."""
    upload = _write_part(upload, offset, content)
    is_complete = upload.received == upload.size and upload.evidence_id is None
    return _finish(upload) if is_complete else upload


@transaction.atomic
def _write_part(upload: Upload, offset: int, content: bytes) -> Upload:
    upload = locked(upload)
    if upload.evidence_id or offset + len(content) <= upload.received:
        return upload
    if offset != upload.received or offset + len(content) > upload.size:
        raise Refused("part_misplaced", received=upload.received)
    path = _path_of(upload)
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.seek(offset)
        file.write(content)
        file.truncate()
    upload.received += len(content)
    upload.save()
    return upload


def _finish(upload: Upload) -> Upload:
    """Makes the photo of an upload that is complete. Two requests may do so at once: the second finds it made."""
    _insist_on_writer(upload.draft, upload.by)
    path = _path_of(upload)
    try:
        file = open_file(upload.file_name, path.read_bytes())
    except FileNotFoundError:
        upload.refresh_from_db()
        return upload
    with transaction.atomic():
        upload = locked(upload)
        if upload.evidence_id is None:
            upload.evidence = _keep_for(upload.draft, file, upload.by)
            upload.save()
            transaction.on_commit(lambda: path.unlink(missing_ok=True))
    return upload


def _path_of(upload: Upload) -> Path:
    return upload_folder() / str(upload.key)
