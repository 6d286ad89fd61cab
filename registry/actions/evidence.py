"""Photos and documents: uploaded in parts over a slow network, and opened in a separate process. A photo is shown
without its camera data."""

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
from django.core.signing import BadSignature
from django.db import transaction
from django.db.models.fields.files import FieldFile

from registry import sandbox
from registry.access.permissions import may
from registry.models import Draft, DraftState, Evidence, EvidenceKind, Upload
from registry.models.evidence import SIGNER
from registry.sandbox import MB
from registry.text.refusals import Refused
from registry.text.validators import REFUSED

from .records import ChangeSet, changes_between, locked, values_of

MOST_BYTES = 20 * MB
PROVING = ("project.check", "supervision.rectify", "scheme.own", "scheme.appeal")  # rights to acts that take proof
PROCESSOR_SECONDS, SECONDS = 8, 20  # per file: processor time, and wall clock on a busy machine


@dataclass(frozen=True)
class File:
    """An opened photo or document: its name and bytes; for a photo the picture to show, and the date and position from
    the camera."""

    name: str
    content: bytes
    kind: str
    shown: bytes = b""
    taken_on: date | None = None
    lng: str | None = None
    lat: str | None = None


def open_file(name: str, content: bytes) -> File:
    """Opens an uploaded file in a separate process with limits. Never call it inside a transaction, because all other
    writes would wait. Raises Refused for a file that is neither photo nor document, too large or too slow."""
    name = _printable(name)
    check_size(name, len(content))
    arguments = (Path(name).suffix.lower(), str(PROCESSOR_SECONDS))
    code, printed = sandbox.run("registry.actions.photo_reader", *arguments, seconds=SECONDS, content=content)
    if code == sandbox.REFUSED:
        reason, details = json.loads(printed)
        raise Refused(reason, name=name, **details)
    if code:
        raise Refused("slow_to_open" if code in sandbox.OUT_OF_TIME else "not_a_photo", name=name)
    header, _newline, picture = printed.partition(b"\n")
    facts = json.loads(header)
    if facts.get("taken_on"):
        facts["taken_on"] = date.fromisoformat(facts["taken_on"])
    return File(name, content, shown=picture, **facts)


def add_evidence(draft: Draft, name: str, content: bytes, *, by: Any) -> Evidence:
    """Stores a photo or document of a draft: the original in private, and for a photo a copy to show without position
    or camera data. The same bytes twice are stored once. Raises Refused for an invalid or too large file."""
    _require_writer(draft, by)
    return attach_file(draft, open_file(name, content), by=by)


def _require_sender(draft: Draft | None, by: Any) -> None:
    if draft is not None:
        _require_writer(draft, by)
    elif not any(may(by, right) for right in PROVING):
        raise Refused("not_allowed")


def _require_writer(draft: Draft, by: Any) -> None:
    if not may(by, "draft.write", draft):
        raise Refused("not_allowed")


@transaction.atomic
def attach_file(draft: Draft, file: File, *, by: Any) -> Evidence:
    """Stores an opened photo or document of a draft; see `add_evidence`."""
    _require_writer(draft, by)
    stored = Evidence.objects.unscoped("the same bytes are stored once").of(draft, draft.point)
    waits = draft.state == DraftState.OPEN or draft.was_public  # until the draft is written to the site
    owner = Evidence(area=draft.area, point=None if waits else draft.point, draft=draft)
    return _store(owner, file, stored, about=draft.point or draft, by=by)


@transaction.atomic
def add_proof(record: Any, file: File, *, right: str, by: Any) -> Evidence:
    """Stores a photo or document that proves something of `record`, for the staff of its area."""
    if not may(by, right, record):
        raise Refused("not_allowed")
    stored = Evidence.objects.unscoped("the same bytes are stored once").filter(
        area=record.area, point=None, draft=None
    )
    return _store(Evidence(area=record.area, on_page=False), file, stored, about=record, by=by)


def add_proofs(record: Any, files: Iterable[File], *, right: str, by: Any) -> list[Evidence]:
    """Stores several files; see `add_proof`."""
    return [add_proof(record, file, right=right, by=by) for file in files]


def _store(evidence: Evidence, file: File, stored: Any, *, about: Any, by: Any) -> Evidence:
    """Saves `evidence`, which has its owner set, with the file; or returns the one of `stored` with the same bytes."""
    fingerprint = hashlib.sha256(file.content).hexdigest()
    same = stored.filter(sha256=fingerprint).first()
    if same:
        if same.on_page != evidence.on_page:
            same.on_page = evidence.on_page
            same.save()
            ChangeSet(by).log("photo", about, {same.kind: [None, same.file_name]})
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
    change_set.log("add", evidence, changes_between({}, values_of(evidence)))
    change_set.log("photo", about, {evidence.kind: [None, file.name]})
    return evidence


def _printable(name: str) -> str:
    """The file name without folders and unprintable characters."""
    text = REFUSED.sub("", Path(name).name)
    return "".join(sign for sign in text if sign.isprintable())[-120:] or "photo"


def check_size(name: str, size: int) -> None:
    """Raises Refused if a photo is empty or too large; to be called before it is read."""
    if size < 1:
        raise Refused("file_empty", name=name)
    if size > MOST_BYTES:
        raise Refused("file_large", name=name, size=-(-size // MB), most=MOST_BYTES // MB)


@transaction.atomic
def remove_evidence(evidence: Evidence, *, by: Any) -> None:
    """Removes a photo or document. A submitted one stays for the reviewers, but leaves the page."""
    if not may(by, "draft.write", evidence):
        raise Refused("not_allowed")
    ChangeSet(by).log("photo", evidence.point or evidence.draft, {evidence.kind: [evidence.file_name, None]})
    if evidence.point_id or (evidence.draft and evidence.draft.state != DraftState.OPEN):
        evidence.on_page = False
        evidence.save()
    else:
        evidence.delete()
        files = [file for file in (evidence.original, evidence.shown) if file]
        transaction.on_commit(lambda: delete_files(files))


def delete_files(files: Iterable[FieldFile]) -> None:
    for file in files:
        file.storage.delete(str(file.name))


def upload_folder() -> Path:
    """The folder of incomplete uploads."""
    folder = Path(settings.PRIVATE_ROOT) / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@transaction.atomic
def begin_upload(draft: Draft | None, *, key: uuid.UUID, name: str, size: int, by: Any) -> Upload:
    """Starts an upload of `size` bytes, of a draft or of a proof. The same key again continues the upload. If its photo
    was removed since, or the size differs, it starts again."""
    _require_sender(draft, by)
    name = _printable(name)
    check_size(name, size)
    upload, _made = Upload.objects.get_or_create(
        key=key, defaults={"draft": draft, "by": by, "file_name": name, "size": size}
    )
    if upload.draft != draft or (draft is None and upload.by != by):
        raise Refused("not_allowed")
    path = upload_folder() / str(key)
    arrived = path.stat().st_size if path.exists() else 0
    is_shown = upload.evidence is not None and upload.evidence.on_page
    is_used = draft is not None and upload.received == size
    if not is_shown and (upload.size != size or arrived < upload.received or is_used):
        upload.size, upload.received, upload.evidence = size, 0, None
        upload.save()
    return upload


def add_part(upload: Upload, offset: int, content: bytes) -> Upload:
    """Adds the bytes from `offset` on. A repeated part is ignored; a gap is refused. The last part creates the
    photo."""
    upload = _write_part(upload, offset, content)
    if upload.received < upload.size or upload.evidence_id:
        return upload
    return _finish(upload, upload.draft) if upload.draft else _check(upload)


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


def _check(upload: Upload) -> Upload:
    """Opens a complete proof, so that a wrong file is refused beside its name and not only with the whole form."""
    try:
        open_file(upload.file_name, _path_of(upload).read_bytes())
    except Refused:
        Upload.objects.filter(pk=upload.pk).update(received=0)
        raise
    return upload


def open_upload(ticket: str) -> File:
    """The proof that was sent under this ticket, opened again. Raises Refused if it was not, or too long ago."""
    try:
        upload = Upload.objects.get(key=SIGNER.unsign(ticket), draft=None)
        content = _path_of(upload).read_bytes()
    except (BadSignature, Upload.DoesNotExist, FileNotFoundError) as error:
        raise Refused("upload_gone") from error
    return open_file(upload.file_name, content)


def name_of_upload(ticket: str) -> str:
    """The name of the file that was sent under this ticket; empty if there is none."""
    try:
        upload = Upload.objects.filter(key=SIGNER.unsign(ticket), draft=None).first()
    except BadSignature:
        return ""
    return upload.file_name if upload else ""


def _finish(upload: Upload, draft: Draft) -> Upload:
    """Creates the photo of a complete upload. Two requests may do so at once: the second gets the photo of the
    first."""
    _require_writer(draft, upload.by)
    path = _path_of(upload)
    try:
        file = open_file(upload.file_name, path.read_bytes())
    except FileNotFoundError:
        upload.refresh_from_db()
        return upload
    with transaction.atomic():
        upload = locked(upload)
        if upload.evidence_id is None:
            upload.evidence = attach_file(draft, file, by=upload.by)
            upload.save()
            transaction.on_commit(lambda: path.unlink(missing_ok=True))
    return upload


def _path_of(upload: Upload) -> Path:
    return upload_folder() / str(upload.key)
