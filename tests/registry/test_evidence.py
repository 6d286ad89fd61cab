"""Photos of a site: what is taken in, what is shown of it, how it arrives in parts."""

import uuid
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from django.core.files.storage import FileSystemStorage
from PIL import Image
from pillow_heif import register_heif_opener

from registry.actions.drafts import draft_of, submit_draft, take_over
from registry.actions.evidence import (
    MOST_BYTES,
    add_evidence,
    add_part,
    begin_upload,
    remove_evidence,
)
from registry.actions.photo_reader import SHOWN_EDGE
from registry.models import Event, Evidence, Role, User
from registry.overviews.draft_form import DraftForm
from registry.sandbox import MB
from registry.text.refusals import Refused
from registry.views.photos import PART
from tests.conftest import DISTRICT
from tests.factories import PHOTO, codes, complete_change, make_draft, make_named_point, refused

register_heif_opener()
CAMERA, TAKEN_ON, ORIENTATION, GPS = 0x010F, 0x9003, 0x0112, 0x8825


@pytest.fixture(autouse=True)
def private(settings, tmp_path, monkeypatch) -> Path:
    """The private folder, empty."""
    settings.PRIVATE_ROOT = tmp_path
    for name in ("original", "shown"):
        monkeypatch.setattr(Evidence._meta.get_field(name), "storage", FileSystemStorage(location=tmp_path))
    return tmp_path


@pytest.fixture
def draft(sample, clerk_tangfang):
    return make_draft(clerk_tangfang)


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48), **more) -> bytes:
    written = BytesIO()
    Image.new("RGB", size, "#b3121d").save(written, kind, **more)
    return written.getvalue()


def as_taken() -> bytes:
    """A photo as a phone takes it, lying on its side."""
    exif = Image.Exif()
    exif[CAMERA], exif[ORIENTATION] = "Phone of 示例", 6
    exif.get_ifd(0x8769)[TAKEN_ON] = "2026:05:04 09:30:00"
    exif.get_ifd(GPS).update({1: "N", 2: (39.0, 30.0, 36.0), 3: "E", 4: (118.0, 6.0, 0.0)})
    return picture(exif=exif)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def content_of(file) -> bytes:
    with file.open() as opened:
        return opened.read()


def test_the_picture_shown_has_neither_position_nor_camera(draft, clerk_tangfang):
    photo = add_evidence(draft, "IMG.jpg", as_taken(), by=clerk_tangfang)
    content = content_of(photo.shown)
    assert dict(Image.open(BytesIO(content)).getexif()) == {}
    assert [word in content for word in (b"Phone", b"Exif", b"GPS")] == [False] * 3


def test_the_original_stays_as_it_came(draft, clerk_tangfang):
    photo = add_evidence(draft, "IMG.jpg", as_taken(), by=clerk_tangfang)
    assert (content_of(photo.original), photo.size) == (as_taken(), len(as_taken()))


def test_position_and_day_are_kept_for_the_township(draft, clerk_tangfang):
    photo = add_evidence(draft, "IMG.jpg", as_taken(), by=clerk_tangfang)
    assert (photo.lng, photo.lat, photo.taken_on) == (Decimal("118.1"), Decimal("39.51"), date(2026, 5, 4))


def test_the_picture_shown_stands_upright(draft, clerk_tangfang):
    photo = add_evidence(draft, "IMG.jpg", as_taken(), by=clerk_tangfang)
    assert Image.open(BytesIO(content_of(photo.shown))).size == (48, 64)


def test_the_picture_shown_is_no_larger_than_a_screen_needs(draft, clerk_tangfang):
    photo = add_evidence(draft, "IMG.png", picture("PNG", (3000, 1000)), by=clerk_tangfang)
    assert max(Image.open(BytesIO(content_of(photo.shown))).size) == SHOWN_EDGE


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_what_phones_write_is_taken_and_shown_as_jpeg(kind, draft, clerk_tangfang):
    photo = add_evidence(draft, "IMG", picture(kind), by=clerk_tangfang)
    assert Image.open(BytesIO(content_of(photo.shown))).format == "JPEG"


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", b"<html><script>alert(1)</script>", b"MZ\x90",
        picture("GIF"), picture("TIFF"), picture()[:-200], picture()[:20], b"\xff\xd8\xff\xe0" + b"<script>" * 40,
    ],
    ids=["svg", "html", "program", "gif", "tiff", "half a photo", "a header", "a photo's first bytes"],
)  # fmt: skip
def test_what_is_no_photo_is_refused_and_nothing_is_kept(content, draft, clerk_tangfang, private):
    assert refused(add_evidence, draft, "photo.jpg", content, by=clerk_tangfang) == "not_a_photo"
    assert (Evidence.objects.unscoped("test").count(), files(private)) == (0, [])


def test_what_hangs_on_to_a_photo_is_not_shown(draft, clerk_tangfang):
    photo = add_evidence(draft, "photo.jpg", PHOTO + b"<script>alert(1)</script>", by=clerk_tangfang)
    assert b"<script>" not in content_of(photo.shown)


def test_a_file_is_refused_for_its_size_before_it_is_read(draft, clerk_tangfang):
    assert refused(add_evidence, draft, "a.jpg", b"", by=clerk_tangfang) == "file_empty"
    assert refused(add_evidence, draft, "a.jpg", PHOTO + bytes(MOST_BYTES), by=clerk_tangfang) == "file_large"


def test_a_small_file_that_unfolds_to_a_huge_picture_is_refused(draft, clerk_tangfang):
    written = BytesIO()
    Image.new("1", (10_000, 6_000)).save(written, "PNG")
    assert len(written.getvalue()) < MB
    assert refused(add_evidence, draft, "a.png", written.getvalue(), by=clerk_tangfang) == "photo_large"


def test_a_file_name_loses_its_folders_and_what_cannot_be_shown(draft, clerk_tangfang):
    assert add_evidence(draft, "../../etc/活动\u202e室\x00.jpg", PHOTO, by=clerk_tangfang).file_name == "活动室.jpg"


def test_the_same_bytes_are_stored_once(draft, clerk_tangfang, private):
    first, second = (add_evidence(draft, f"{name}.jpg", PHOTO, by=clerk_tangfang) for name in "ab")
    assert first == second
    assert len(files(private)) == 2  # the original, and what is shown


def test_a_photo_stays_with_the_site_when_its_draft_is_submitted(draft, clerk_tangfang):
    photo = add_evidence(draft, "a.jpg", PHOTO, by=clerk_tangfang)
    point = submit_draft(draft, by=clerk_tangfang).point
    photo.refresh_from_db()
    assert photo.point == point


def test_nobody_adds_a_photo_in_another_township(draft, clerk_daqi):
    assert refused(add_evidence, draft, "a.jpg", PHOTO, by=clerk_daqi) == "not_allowed"


def test_a_photo_taken_off_before_submitting_is_gone_with_its_files(
    draft, clerk_tangfang, private, django_capture_on_commit_callbacks
):
    photo = add_evidence(draft, "a.jpg", PHOTO, by=clerk_tangfang)
    with django_capture_on_commit_callbacks(execute=True):
        remove_evidence(photo, by=clerk_tangfang)
    assert (Evidence.objects.unscoped("test").count(), files(private)) == (0, [])
    assert [event.changes for event in Event.objects.filter(verb="photo").order_by("pk")] == [
        {"photo": [None, "a.jpg"]}, {"photo": ["a.jpg", None]}
    ]  # fmt: skip


def test_a_photo_of_a_submitted_site_leaves_the_page_and_stays_as_proof(draft, clerk_tangfang, private):
    photo = add_evidence(draft, "a.jpg", PHOTO, by=clerk_tangfang)
    photo.point = submit_draft(draft, by=clerk_tangfang).point
    remove_evidence(photo, by=clerk_tangfang)
    assert not Evidence.objects.unscoped("test").get(pk=photo.pk).on_page
    assert len(files(private)) == 2


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.ADMIN, Role.AUDITOR])
def test_a_photo_of_a_draft_is_seen_by_its_township_alone_until_it_is_submitted(role, draft, clerk_tangfang, client):
    photo = add_evidence(draft, "a.jpg", PHOTO, by=clerk_tangfang)
    client.force_login(User.objects.create(username="district", role=role, read_prefix=DISTRICT))
    assert client.get(f"/evidence/{photo.code}/").status_code == 404
    submit_draft(draft, by=clerk_tangfang)
    assert client.get(f"/evidence/{photo.code}/").status_code == 200


@pytest.fixture
def change(named, clerk_tangfang):
    """The draft in which a named site is being changed, with a new photo."""
    add_evidence(draft_of(named, by=clerk_tangfang), "a.jpg", PHOTO, by=clerk_tangfang)
    return complete_change(named, clerk_tangfang)


def test_a_new_photo_of_a_named_site_is_public_once_its_change_is_checked(
    change, clerk_tangfang, head_tangfang, client
):
    [photo] = DraftForm(change).photos
    address, page = f"/evidence/{photo.code}/", f"/points/{change.point.code}/"
    change = submit_draft(change, by=clerk_tangfang)
    assert client.get(address).status_code == 404
    assert photo.code not in client.get(page).content.decode()
    take_over(change, by=head_tangfang)
    assert client.get(address).status_code == 200
    assert photo.code in client.get(page).content.decode()


def test_a_photo_of_a_submitted_change_stays_as_proof(change, clerk_tangfang, private):
    submit_draft(change, by=clerk_tangfang)
    [photo] = DraftForm(change).photos
    remove_evidence(photo, by=clerk_tangfang)
    assert len(files(private)) == 2


# In parts


@pytest.fixture
def upload(draft, clerk_tangfang):
    return begin_upload(draft, key=uuid.uuid4(), name="a.jpg", size=len(PHOTO), by=clerk_tangfang)


def test_a_photo_that_arrives_in_parts_is_the_photo(upload):
    half = len(PHOTO) // 2
    assert add_part(upload, 0, PHOTO[:half]).evidence is None
    assert content_of(add_part(upload, half, PHOTO[half:]).evidence.original) == PHOTO


def test_the_parts_are_gone_once_the_photo_is_made(upload, private, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        add_part(upload, 0, PHOTO)
    assert files(private / "uploads") == []


def test_announcing_a_photo_again_finds_where_it_stopped(upload, draft, clerk_tangfang):
    add_part(upload, 0, PHOTO[:100])
    again = begin_upload(draft, key=upload.key, name="a.jpg", size=len(PHOTO), by=clerk_tangfang)
    assert again.received == 100


@pytest.mark.parametrize("change", ["another size", "lost bytes"])
def test_a_photo_that_cannot_go_on_begins_anew(change, upload, draft, clerk_tangfang, private):
    add_part(upload, 0, PHOTO[:100])
    if change == "lost bytes":
        (private / "uploads" / str(upload.key)).write_bytes(b"")
    size = len(PHOTO) + (change == "another size")
    assert begin_upload(draft, key=upload.key, name="a.jpg", size=size, by=clerk_tangfang).received == 0


def test_a_part_that_came_already_is_passed_over(upload):
    add_part(upload, 0, PHOTO[:100])
    assert add_part(upload, 0, PHOTO[:100]).received == 100


def test_a_part_that_leaves_a_gap_or_is_too_long_is_refused_and_says_where_to_go_on(upload):
    add_part(upload, 0, PHOTO[:100])
    for offset, part in ((200, PHOTO[200:]), (50, PHOTO[50:]), (100, PHOTO)):
        with pytest.raises(Refused) as refusal:
            add_part(upload, offset, part)
        assert (refusal.value.code, refusal.value.details) == ("part_misplaced", {"received": 100})


def test_the_last_part_sent_twice_makes_one_photo(upload):
    first, second = (add_part(upload, 0, PHOTO) for _time in range(2))
    assert first.evidence == second.evidence
    assert Evidence.objects.unscoped("test").count() == 1


def test_a_photo_that_was_taken_off_can_be_sent_again(upload, draft, clerk_tangfang):
    remove_evidence(add_part(upload, 0, PHOTO).evidence, by=clerk_tangfang)
    assert begin_upload(draft, key=upload.key, name="a.jpg", size=len(PHOTO), by=clerk_tangfang).received == 0


def test_the_key_of_another_draft_is_refused(upload, clerk_tangfang):
    other = make_draft(clerk_tangfang)
    act = begin_upload
    assert refused(act, other, key=upload.key, name="a.jpg", size=9, by=clerk_tangfang) == "not_allowed"


# On the page


def test_a_photo_is_handed_out_as_a_picture_and_nothing_else(draft, clerk_tangfang, client):
    photo = add_evidence(draft, "a.jpg", PHOTO, by=clerk_tangfang)
    assert client.get(f"/evidence/{photo.code}/").status_code == 404
    client.force_login(clerk_tangfang)
    answer = client.get(f"/evidence/{photo.code}/")
    names = ("Content-Type", "X-Content-Type-Options", "Content-Security-Policy", "Cache-Control")
    assert [answer[name] for name in names] == ["image/jpeg", "nosniff", "sandbox", "private, no-store"]


@pytest.mark.parametrize("offset", ["-1", "x", "", "1e3"])
def test_a_part_for_nowhere_is_refused(offset, upload, clerk_tangfang, client):
    client.force_login(clerk_tangfang)
    address = f"/desk/drafts/{upload.draft.key}/photos/{upload.key}/?offset={offset}"
    assert client.post(address, b"x", content_type="application/octet-stream").status_code == 400


def test_a_part_larger_than_agreed_is_refused(upload, clerk_tangfang, client):
    client.force_login(clerk_tangfang)
    address = f"/desk/drafts/{upload.draft.key}/photos/{upload.key}/?offset=0"
    assert client.post(address, bytes(2 * PART + 1), content_type="application/octet-stream").status_code == 400


# Documents


def document(*parts: str) -> bytes:
    written = BytesIO()
    with ZipFile(written, "w") as archive:
        for part in parts:
            archive.writestr(part, "")
    return written.getvalue()


DOCUMENTS = {
    "制度.pdf": b"%PDF-1.7\n%%EOF",
    "总结.DOCX": document("[Content_Types].xml", "word/document.xml"),
    "台账.xlsx": document("xl/workbook.xml"),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_kept_as_it_came_and_shown_to_nobody_as_a_picture(name, draft, clerk_tangfang):
    document = add_evidence(draft, name, DOCUMENTS[name], by=clerk_tangfang)
    assert (document.kind, document.file_name, content_of(document.original), bool(document.shown)) == (
        "file",
        name,
        DOCUMENTS[name],
        False,
    )


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.pdf", PHOTO, "not_a_document"), ("a.docx", b"%PDF-1.7", "not_a_document"),
        ("a.docx", DOCUMENTS["台账.xlsx"], "not_a_document"), ("a.xlsx", b"PK\x03\x04 broken", "not_a_document"),
        ("a.docx", document("word/document.xml", "word/vbaProject.bin"), "not_a_document"),
        ("a.exe", b"MZ", "not_a_photo"), ("a.pdf", b"", "file_empty"),
        ("a.pdf", b"%PDF-" + bytes(MOST_BYTES), "file_large"),
    ],
)  # fmt: skip
def test_what_is_no_document_is_refused_and_nothing_is_kept(name, content, code, draft, clerk_tangfang, private):
    assert refused(add_evidence, draft, name, content, by=clerk_tangfang) == code
    assert files(private) == []


def test_a_document_arrives_in_parts_like_a_photo(draft, clerk_tangfang):
    content = DOCUMENTS["制度.pdf"]
    upload = begin_upload(draft, key=uuid.uuid4(), name="制度.pdf", size=len(content), by=clerk_tangfang)
    add_part(upload, 0, content[:5])
    assert add_part(upload, 5, content[5:]).evidence.kind == "file"


def test_a_document_is_handed_out_as_a_file_to_the_township_alone(draft, clerk_tangfang, clerk_daqi, client):
    document = add_evidence(draft, "制度.pdf", DOCUMENTS["制度.pdf"], by=clerk_tangfang)
    client.force_login(clerk_daqi)
    assert client.get(f"/evidence/{document.code}/").status_code == 404
    client.force_login(clerk_tangfang)
    answer = client.get(f"/evidence/{document.code}/")
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''%E5%88%B6%E5%BA%A6.pdf"
    names = ("Content-Type", "X-Content-Type-Options", "Content-Security-Policy")
    assert [answer[name] for name in names] == ["application/octet-stream", "nosniff", "sandbox"]


def test_a_document_of_a_named_site_stays_out_of_the_public(draft, clerk_tangfang, client):
    document = add_evidence(draft, "制度.pdf", DOCUMENTS["制度.pdf"], by=clerk_tangfang)
    document.point = make_named_point()
    document.save()
    assert client.get(f"/evidence/{document.code}/").status_code == 404
    assert client.get(f"/points/{document.point.code}/").content.decode().count("制度.pdf") == 0


def test_a_document_is_listed_with_the_photos_and_is_none(draft, clerk_tangfang, client):
    add_evidence(draft, "制度.pdf", DOCUMENTS["制度.pdf"], by=clerk_tangfang)
    drafting = DraftForm(draft)
    assert ([file.file_name for file in drafting.documents], drafting.photos) == (["制度.pdf"], [])
    assert "no_photo" in codes(draft)
    client.force_login(clerk_tangfang)
    assert client.get(f"/desk/drafts/{draft.key}/photos/").content.decode().count(">制度.pdf</a>") == 1


def test_a_photo_that_was_taken_off_is_none_of_the_sites_photos(draft, clerk_tangfang):
    photo = add_evidence(draft, "a.jpg", PHOTO, by=clerk_tangfang)
    photo.point = submit_draft(draft, by=clerk_tangfang).point
    remove_evidence(photo, by=clerk_tangfang)
    assert DraftForm(draft).photos == []
