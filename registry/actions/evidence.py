"""Taking in photos and documents: in parts over a weak network, checked by reading them; a photo is shown without what
the camera wrote in."""

import hashlib
import struct
import uuid
import warnings
from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError
from pillow_heif import register_heif_opener

from registry.models import Draft, DraftState, Evidence, EvidenceKind, Upload
from registry.permissions import may
from registry.refusals import Refused

from .records import ChangeSet, changes_between, values_of

register_heif_opener()
File = tuple[str, bytes]  # a name and what is in it
MEGABYTE = 1024 * 1024
MOST_BYTES, MOST_PIXELS = 20 * MEGABYTE, 50_000_000
DOCUMENTS = {".pdf": "", ".docx": "word/document.xml", ".xlsx": "xl/workbook.xml"}  # suffix: what the archive holds
FORMATS = ["JPEG", "PNG", "WEBP", "HEIF"]
SHOWN_EDGE, QUALITY = 2048, 85
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)
BROKEN = (  # what Pillow raises on bytes that are no picture, or a damaged one
    UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, KeyError, OverflowError,
    ZeroDivisionError, AttributeError, struct.error,
)  # fmt: skip


@transaction.atomic
def add_evidence(draft: Draft, name: str, content: bytes, *, by: Any) -> Evidence:
    """Keeps a photo or document for a draft: the original in private, and of a photo a copy to show without position or
    camera data. The same bytes twice are one. Raises Refused for what is neither or too large."""
    if not may(by, "draft.write", draft):
        raise Refused("not_allowed")
    held = Evidence.objects.unscoped("the same bytes are stored once").of(draft, draft.point)
    waits = draft.state == DraftState.OPEN or draft.was_public  # until the draft is written to the site
    owner = Evidence(area=draft.area, point=None if waits else draft.point, draft=draft)
    return _keep(owner, name, content, held, about=draft.point or draft, by=by)


@transaction.atomic
def add_proof(record: Any, name: str, content: bytes, *, right: str, by: Any) -> Evidence:
    """Keeps a photo or document that proves something of `record`, for the staff of its area."""
    if not may(by, right, record):
        raise Refused("not_allowed")
    held = Evidence.objects.unscoped("the same bytes are stored once").filter(area=record.area, point=None, draft=None)
    return _keep(Evidence(area=record.area, on_page=False), name, content, held, about=record, by=by)


def add_proofs(record: Any, files: Iterable[File], *, right: str, by: Any) -> list[Evidence]:
    """Keeps several at once; see `add_proof`."""
    return [add_proof(record, name, content, right=right, by=by) for name, content in files]


def _keep(evidence: Evidence, name: str, content: bytes, held: Any, *, about: Any, by: Any) -> Evidence:
    """`evidence`, which says whose it is, with the file in it; or the one of `held` that has the same bytes."""
    name = _printable(name)
    insist_on_size(name, len(content))
    fingerprint = hashlib.sha256(content).hexdigest()
    same = held.filter(sha256=fingerprint).first()
    if same:
        if same.on_page != evidence.on_page:
            same.on_page = evidence.on_page
            same.save()
            ChangeSet(by).tell("photo", about, {same.kind: [None, same.file_name]})
        return same
    evidence.code, evidence.kind, evidence.file_name = f"E-{uuid.uuid4().hex[:12]}", EvidenceKind.FILE, name
    evidence.sha256, evidence.size, evidence.added_by = fingerprint, len(content), by
    if Path(name).suffix.lower() in DOCUMENTS:
        _insist_on_document(name, content)
    else:
        _take_photo(evidence, content)
    evidence.original.save(uuid.uuid4().hex, ContentFile(content), save=False)
    evidence.full_clean()
    evidence.save()
    change_set = ChangeSet(by)
    change_set.tell("add", evidence, changes_between({}, values_of(evidence)))
    change_set.tell("photo", about, {evidence.kind: [None, name]})
    return evidence


def _take_photo(evidence: Evidence, content: bytes) -> None:
    picture, exif = _decoded(evidence.file_name, content)
    evidence.kind, evidence.taken_on = EvidenceKind.PHOTO, _taken_on(exif)
    evidence.lng, evidence.lat = _place(exif)
    evidence.shown.save(f"{uuid.uuid4().hex}.jpg", ContentFile(_shown(picture)), save=False)


def _insist_on_document(name: str, content: bytes) -> None:
    """Raises Refused for what is not what its name says, or brings macros along."""
    suffix = Path(name).suffix.lower()
    is_sound = suffix == ".pdf" and content.startswith(b"%PDF-")
    if suffix != ".pdf":
        with suppress(BadZipFile):
            parts = ZipFile(BytesIO(content)).namelist()
            is_sound = DOCUMENTS[suffix] in parts and not any(part.endswith("vbaProject.bin") for part in parts)
    if not is_sound:
        raise Refused("not_a_document", name=name, kind=suffix[1:].upper())


def _printable(name: str) -> str:
    """The file's name without folders and signs that cannot be shown."""
    return "".join(sign for sign in Path(name).name if sign.isprintable())[-120:] or "photo"


def insist_on_size(name: str, size: int) -> None:
    """Raises Refused if a photo has no bytes or too many; worth asking before it is read."""
    if size < 1:
        raise Refused("file_empty", name=name)
    if size > MOST_BYTES:
        raise Refused("file_large", name=name, size=-(-size // MEGABYTE), most=MOST_BYTES // MEGABYTE)


def _decoded(name: str, content: bytes) -> tuple[Image.Image, Image.Exif]:
    """The picture, wholly decoded and turned upright: looking at the first bytes proves nothing."""
    try:
        picture = Image.open(BytesIO(content), formats=FORMATS)
        if picture.width * picture.height > MOST_PIXELS:
            raise Refused("photo_large", name=name, most=MOST_PIXELS // 1_000_000)
        exif = picture.getexif()
        picture.load()
        return ImageOps.exif_transpose(picture), exif
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused("photo_large", name=name, most=MOST_PIXELS // 1_000_000) from error
    except BROKEN as error:
        raise Refused("not_a_photo", name=name) from error


def _shown(picture: Image.Image) -> bytes:
    """Pixels alone, written anew: no position, no camera, no thumbnail."""
    picture = picture.convert("RGB")
    picture.thumbnail((SHOWN_EDGE, SHOWN_EDGE))
    plain = Image.new("RGB", picture.size)
    plain.paste(picture)
    written = BytesIO()
    plain.save(written, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return written.getvalue()


def _taken_on(exif: Image.Exif) -> date | None:
    with suppress(*BROKEN):
        written = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal) or exif.get(
            ExifTags.Base.DateTime
        )
        return datetime.strptime(str(written), "%Y:%m:%d %H:%M:%S").date()
    return None


def _place(exif: Image.Exif) -> tuple[str | None, str | None]:
    """Where the camera says it was (WGS 84), kept for the township alone."""
    with suppress(*BROKEN):
        gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
        lat, lng = (_degrees(gps[tag]) for tag in (ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLongitude))
        lat = -lat if gps.get(ExifTags.GPS.GPSLatitudeRef) == "S" else lat
        lng = -lng if gps.get(ExifTags.GPS.GPSLongitudeRef) == "W" else lng
        if abs(lat) <= 90 and abs(lng) <= 180:
            return f"{lng:.6f}", f"{lat:.6f}"
    return None, None


def _degrees(parts: Any) -> float:
    return sum(float(part) / 60**place for place, part in enumerate(parts))


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
    if not may(by, "draft.write", draft):
        raise Refused("not_allowed")
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


@transaction.atomic
def add_part(upload: Upload, offset: int, content: bytes) -> Upload:
    """Adds the bytes from `offset` on. A part that came already is passed over; one that leaves a gap is refused. The
    last one makes the photo."""
    upload = Upload.objects.select_for_update().get(pk=upload.pk)
    if upload.evidence_id or offset + len(content) <= upload.received:
        return upload
    if offset != upload.received or offset + len(content) > upload.size:
        raise Refused("part_misplaced", received=upload.received)
    path = upload_folder() / str(upload.key)
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.seek(offset)
        file.write(content)
        file.truncate()
    upload.received += len(content)
    if upload.received == upload.size:
        upload.evidence = add_evidence(upload.draft, upload.file_name, path.read_bytes(), by=upload.by)
        transaction.on_commit(lambda: path.unlink(missing_ok=True))
    upload.save()
    return upload
