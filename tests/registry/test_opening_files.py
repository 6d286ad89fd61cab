"""Photos and documents are opened in a process of its own, under limits, while no transaction is open: a hostile file
costs its sender an answer, and nobody else anything."""

import uuid
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from PIL import Image

from registry import sandbox
from registry.actions import evidence
from registry.actions.evidence import File, begin_upload, open_file
from registry.models import Evidence
from tests.api.sending import program, send_form
from tests.assessment.test_supervision import demanded, visit
from tests.factories import PHOTO, make_draft, refused


def with_many_scans(times: int) -> bytes:
    """A small progressive JPEG of 49 million pixels that goes over all of them `times` times."""
    written = BytesIO()
    Image.new("L", (7000, 7000)).save(written, "JPEG", progressive=True)
    content = written.getvalue()
    _head, _first, scan, *_others = content.split(b"\xff\xc4")
    return content[:-2] + (b"\xff\xc4" + scan) * times + content[-2:]


def test_a_photo_that_takes_too_long_to_open_is_refused(monkeypatch):
    monkeypatch.setattr(evidence, "PROCESSOR_SECONDS", 1)
    content = with_many_scans(2000)
    assert len(content) < 433 * 1024
    assert refused(open_file, "scans.jpg", content) == "slow_to_open"


def test_a_document_of_very_many_parts_ends_the_process_that_opens_it_at_worst(monkeypatch):
    monkeypatch.setattr(evidence, "PROCESSOR_SECONDS", 1)
    written = BytesIO()
    with ZipFile(written, "w") as archive:
        archive.writestr("word/document.xml", "")
    content = written.getvalue()
    start = content.index(b"PK\x01\x02")
    entry, end = content[start : content.index(b"PK\x05\x06")], bytearray(content[-22:])
    many = 250_000
    end[8:12], end[12:16] = b"\xff\xff\xff\xff", (len(entry) * many).to_bytes(4, "little")
    assert refused(open_file, "parts.docx", content[:start] + entry * many + bytes(end)) == "slow_to_open"


# Nobody else waits


@pytest.fixture
def opened(monkeypatch, tmp_path, settings) -> list[bool]:
    """Of each file that is opened, whether a transaction was open then (apart from that of the test)."""
    settings.PRIVATE_ROOT = tmp_path
    outside, run, states = len(connection.savepoint_ids), sandbox.run, []

    def watched(*arguments, **options):
        states.append(len(connection.savepoint_ids) > outside)
        return run(*arguments, **options)

    monkeypatch.setattr(sandbox, "run", watched)
    return states


@pytest.fixture
def finding(sample, reviewer):
    """A finding of 唐坊镇 that is to be put right, with proof."""
    [new_finding] = visit(reviewer)
    return demanded(new_finding, reviewer)


def photo() -> SimpleUploadedFile:
    return SimpleUploadedFile("a.jpg", PHOTO)


def add_by_form(client, clerk, finding):
    return client.post(f"/desk/drafts/{make_draft(clerk).key}/photos/add/", {"photos": photo()})


def send_in_parts(client, clerk, finding):
    upload = begin_upload(make_draft(clerk), key=uuid.uuid4(), name="a.jpg", size=len(PHOTO), by=clerk)
    address = f"/desk/drafts/{upload.draft.key}/photos/{upload.key}/?offset=0"
    return client.post(address, PHOTO, content_type="application/octet-stream")


def prove_on_a_page(client, clerk, finding):
    values = {"on": "2026-11-01", "text": "已补齐记录", "proof": photo()}
    return client.post(f"/desk/supervision/{finding.code}/rectify/", values)


def prove_by_program(client, clerk, finding):
    return send_form(program(clerk), f"findings/{finding.code}/rectify/", {"text": "已补齐记录"}, PHOTO)


@pytest.mark.parametrize("send", [add_by_form, send_in_parts, prove_on_a_page, prove_by_program])
def test_no_transaction_is_open_while_a_photo_is_opened(send, finding, clerk_tangfang, client, opened):
    client.force_login(clerk_tangfang)
    before = Evidence.objects.unscoped("test").count()
    send(client, clerk_tangfang, finding)
    assert opened == [False]
    assert Evidence.objects.unscoped("test").count() == before + 1


def test_after_a_photo_that_is_too_slow_no_other_of_the_request_is_opened(sample, clerk_tangfang, client, monkeypatch):
    ended = []
    monkeypatch.setattr(sandbox, "run", lambda *arguments, **options: (ended.append(1), (-9, b""))[1])
    client.force_login(clerk_tangfang)
    client.post(f"/desk/drafts/{make_draft(clerk_tangfang).key}/photos/add/", {"photos": [photo(), photo()]})
    assert len(ended) == 1


def test_a_last_part_that_comes_again_while_the_photo_is_opened_makes_one_photo(
    sample, clerk_tangfang, monkeypatch, opened
):
    upload = begin_upload(
        make_draft(clerk_tangfang), key=uuid.uuid4(), name="a.jpg", size=len(PHOTO), by=clerk_tangfang
    )
    opening = evidence.open_file

    def interrupted(name: str, content: bytes) -> File:
        monkeypatch.setattr(evidence, "open_file", opening)
        evidence.add_part(upload, 0, PHOTO)
        return opening(name, content)

    monkeypatch.setattr(evidence, "open_file", interrupted)
    before = Evidence.objects.unscoped("test").count()
    assert evidence.add_part(upload, 0, PHOTO).evidence is not None
    assert Evidence.objects.unscoped("test").count() == before + 1


def test_a_photo_that_was_cut_off_while_it_was_opened_is_made_by_the_next_request(sample, clerk_tangfang, monkeypatch):
    upload = begin_upload(
        make_draft(clerk_tangfang), key=uuid.uuid4(), name="a.jpg", size=len(PHOTO), by=clerk_tangfang
    )
    with monkeypatch.context() as cut, pytest.raises(KeyboardInterrupt):
        cut.setattr(sandbox, "run", lambda *arguments, **options: (_ for _ in ()).throw(KeyboardInterrupt))
        evidence.add_part(upload, 0, PHOTO)
    assert evidence.add_part(upload, 0, PHOTO).evidence is not None
