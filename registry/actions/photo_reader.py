"""The process that opens a photo or document: `python -m registry.actions.photo_reader SUFFIX SECONDS < FILE`.

It has neither Django nor the database. It prints its result as one line of JSON, followed by the picture to show; or,
with the exit code REFUSED, the reason of the refusal.
"""

import json
import os
import struct
import sys
from contextlib import suppress
from datetime import datetime
from io import BytesIO
from typing import Any
from zipfile import BadZipFile, ZipFile

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from registry.sandbox import REFUSED, Unreadable, limit_memory, limit_processor, limit_written

MOST_PIXELS = 50_000_000
MEMORY_MB = 1200  # of address space; 50 million pixels take up to 800
DOCUMENTS = {".pdf": "", ".docx": "word/document.xml", ".xlsx": "xl/workbook.xml"}  # suffix: what the archive holds
FORMATS = ["JPEG", "PNG", "WEBP"]  # and HEIF
SHOWN_EDGE, QUALITY = 2048, 85
BROKEN = (  # errors of Pillow for invalid or damaged pictures
    UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, KeyError, OverflowError,
    ZeroDivisionError, AttributeError, struct.error,
)  # fmt: skip


def read(suffix: str, content: bytes) -> tuple[dict[str, Any], bytes]:
    """The properties of the file, and the picture to show. Raises Unreadable."""
    if suffix in DOCUMENTS:
        check_document(suffix, content)
        return {"kind": "file"}, b""
    return read_photo(content)


def check_document(suffix: str, content: bytes) -> None:
    """Raises Unreadable if the content does not match the suffix, or contains macros."""
    is_sound = suffix == ".pdf" and content.startswith(b"%PDF-")
    if suffix != ".pdf":
        with suppress(BadZipFile):
            parts = ZipFile(BytesIO(content)).namelist()
            is_sound = DOCUMENTS[suffix] in parts and not any(part.endswith("vbaProject.bin") for part in parts)
    if not is_sound:
        raise Unreadable("not_a_document", kind=suffix[1:].upper())


def read_photo(content: bytes) -> tuple[dict[str, Any], bytes]:
    """The picture, fully decoded: checking only the first bytes proves nothing."""
    formats = FORMATS
    if content[4:8] == b"ftyp":
        from pillow_heif import register_heif_opener  # noqa: PLC0415 (its library takes a while to load)

        register_heif_opener()
        formats = ["HEIF"]
    try:
        picture = Image.open(BytesIO(content), formats=formats)
        if picture.width * picture.height > MOST_PIXELS:
            raise Unreadable("photo_large", most=MOST_PIXELS // 1_000_000)
        exif = picture.getexif()
        lng, lat = place_in(exif)
        return {"kind": "photo", "taken_on": day_taken(exif), "lng": lng, "lat": lat}, encode_shown(picture)
    except BROKEN as error:
        raise Unreadable("not_a_photo") from error


def encode_shown(picture: Image.Image) -> bytes:
    """Only the pixels, upright, in screen size: without position, camera data and thumbnail."""
    picture.draft("RGB", (SHOWN_EDGE, SHOWN_EDGE))  # a JPEG is decoded no larger than needed
    picture.load()
    if picture.mode not in ("L", "RGB"):
        picture = picture.convert("RGB")
    picture.thumbnail((SHOWN_EDGE, SHOWN_EDGE))
    picture = ImageOps.exif_transpose(picture).convert("RGB")
    plain = Image.new("RGB", picture.size)
    plain.paste(picture)
    written = BytesIO()
    plain.save(written, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return written.getvalue()


def day_taken(exif: Image.Exif) -> str | None:
    with suppress(*BROKEN):
        written = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal) or exif.get(
            ExifTags.Base.DateTime
        )
        return datetime.strptime(str(written), "%Y:%m:%d %H:%M:%S").date().isoformat()
    return None


def place_in(exif: Image.Exif) -> tuple[str | None, str | None]:
    """The camera's position (WGS 84), for the township only."""
    with suppress(*BROKEN):
        gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
        lat, lng = (degrees(gps[tag]) for tag in (ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLongitude))
        lat = -lat if gps.get(ExifTags.GPS.GPSLatitudeRef) == "S" else lat
        lng = -lng if gps.get(ExifTags.GPS.GPSLongitudeRef) == "W" else lng
        if abs(lat) <= 90 and abs(lng) <= 180:
            return f"{lng:.6f}", f"{lat:.6f}"
    return None, None


def degrees(parts: Any) -> float:
    return sum(float(part) / 60**place for place, part in enumerate(parts))


def main() -> None:
    limit_processor(int(sys.argv[2]))
    limit_memory(MEMORY_MB)
    limit_written(0)
    Image.MAX_IMAGE_PIXELS = None  # `read_photo` checks the size itself
    try:
        facts, picture = read(sys.argv[1], sys.stdin.buffer.read())
        code, printed = 0, json.dumps(facts).encode() + b"\n" + picture
    except Unreadable as refusal:
        code, printed = REFUSED, json.dumps([refusal.code, refusal.details]).encode()
    except MemoryError:
        code, printed = REFUSED, json.dumps(["slow_to_open", {}]).encode()
    sys.stdout.buffer.write(printed)
    sys.stdout.buffer.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
