"""What is cleared by age: each thing on the day before its time, when it stays, and on the day after, when it goes."""

import os
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from axes.models import AccessAttempt, AccessLog
from django.contrib.sessions.models import Session
from django.core.files.storage import FileSystemStorage
from django.utils import timezone

from registry.actions.cleanup import tidy
from registry.actions.drafts import discard_draft
from registry.actions.evidence import add_evidence, add_part, begin_upload
from registry.actions.remarks import answer_remark, leave_remark
from registry.kinds import KINDS
from registry.loading.lifecycle import cancel_load, rows_file
from registry.models import Booking, Draft, Event, Evidence, KeptAnswer, Load, Remark, TeachingSite, Upload
from tests.factories import PHOTO, make_draft, make_named_point
from tests.registry.test_loading_files import HEADINGS, applied, checked, site, undone, workbook

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def files(settings, tmp_path, monkeypatch) -> Path:
    """The private folder, empty."""
    settings.PRIVATE_ROOT = tmp_path
    for model, name in ((Evidence, "original"), (Evidence, "shown"), (Load, "file")):
        monkeypatch.setattr(model._meta.get_field(name), "storage", FileSystemStorage(location=tmp_path))
    return tmp_path


def files_in(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def ago(days: int) -> dict:
    """How old a thing is that was kept for exactly so many days, and one that was kept for a day less."""
    return {"kept": timezone.now() - timedelta(days=days) + DAY, "over": timezone.now() - timedelta(days=days) - DAY}


def test_an_expired_session_goes_and_a_live_one_stays(db):
    for key, expires in (("live", timezone.now() + DAY), ("expired", timezone.now() - DAY)):
        Session.objects.create(session_key=key, session_data="", expire_date=expires)
    tidy()
    assert list(Session.objects.values_list("pk", flat=True)) == ["live"]


def test_the_log_of_sign_ins_goes_after_its_days(db, settings):
    for name, at in ago(settings.KEEP_SIGN_IN_DAYS).items():
        for model, more in ((AccessLog, {}), (AccessAttempt, {"failures_since_start": 1})):
            model.objects.create(username=name, ip_address="10.0.0.1", **more)
            model.objects.filter(username=name).update(attempt_time=at)
    tidy()
    for model in (AccessLog, AccessAttempt):
        assert list(model.objects.values_list("username", flat=True)) == ["kept"]


def test_answers_to_keyed_requests_go_after_their_days(administrator, settings):
    settings.KEEP_ANSWER_DAYS = 3
    for name, at in ago(3).items():
        KeptAnswer.objects.create(account=administrator, key=name, asked="x")
        KeptAnswer.objects.filter(key=name).update(made_at=at)
    tidy()
    assert list(KeptAnswer.objects.values_list("key", flat=True)) == ["kept"]


# Contacts -----------------------------------------------------------------------------------------


def remark_of(point) -> Remark:
    words = {"text": "牌匾上的名称写错了。", "contact": "王女士 13800001234", "sender": uuid.uuid4().hex}
    return leave_remark(KINDS["points"], point, key=uuid.uuid4(), **words)


@pytest.mark.parametrize("since", ["kept", "over"])
def test_the_contact_of_a_settled_remark_goes_after_its_days_and_the_remark_stays(
    since, sample, clerk_tangfang, settings
):
    remark = remark_of(make_named_point())
    answer_remark(remark, outcome="corrected", reply="已更正。", by=clerk_tangfang)
    Remark.objects.update(answered_at=ago(settings.KEEP_CONTACT_DAYS)[since])
    tidy()
    after = Remark.objects.unscoped("test").get()
    assert (bool(after.contact), after.text) == (since == "kept", remark.text)
    assert after.version == (1 if since == "kept" else 2)


def test_the_contact_of_an_open_remark_stays_however_old_it_is(sample):
    remark_of(make_named_point())
    Remark.objects.update(made_at=timezone.now() - timedelta(days=4000))
    tidy()
    assert Remark.objects.unscoped("test").get().contact


@pytest.mark.parametrize(("days", "stays"), [(1, True), (3, False)])
def test_the_fingerprint_of_a_sender_goes_once_no_limit_counts_it(days, stays, sample):
    remark_of(make_named_point())
    Remark.objects.update(made_at=timezone.now() - timedelta(days=days))
    tidy()
    assert bool(Remark.objects.unscoped("test").get().sender) == stays


@pytest.mark.parametrize("since", ["kept", "over"])
def test_the_contact_of_a_booking_goes_some_days_after_the_group_came(since, sample, settings):
    day = timezone.localdate(ago(settings.KEEP_CONTACT_DAYS)[since])
    booking = Booking.objects.create(
        code="B-T", site=TeachingSite.objects.public().first(), booked_for=day, visitor="某区委组织部", headcount=20,
        contact="张三", phone="13911112222",
    )  # fmt: skip
    tidy()
    booking = Booking.objects.unscoped("test").get(pk=booking.pk)
    expected = ("张三", "13911112222") if since == "kept" else ("", "")
    assert (booking.contact, booking.phone) == expected
    events = Event.objects.filter(kind="booking", code="B-T")
    assert [event.changes for event in events] == (
        [] if since == "kept" else [{"contact": ["…"] * 2, "phone": ["…"] * 2}]
    )


# Uploads ------------------------------------------------------------------------------------------


def age(path: Path, at) -> None:
    os.utime(path, (at.timestamp(), at.timestamp()))


@pytest.mark.parametrize("since", ["kept", "over"])
def test_a_photo_that_never_arrived_whole_goes_after_its_days(since, sample, clerk_tangfang, settings, files):
    at = ago(settings.KEEP_UPLOAD_DAYS)[since]
    upload = begin_upload(
        make_draft(clerk_tangfang), key=uuid.uuid4(), name="a.jpg", size=len(PHOTO), by=clerk_tangfang
    )
    add_part(upload, 0, PHOTO[:100])
    [part] = files_in(files)
    age(part, at)
    Upload.objects.update(begun_at=at)
    tidy()
    assert (Upload.objects.exists(), part.exists()) == (since == "kept",) * 2


@pytest.mark.parametrize("since", ["kept", "over"])
def test_photos_of_a_draft_that_was_put_away_go_after_its_days(
    since, sample, clerk_tangfang, settings, files, django_capture_on_commit_callbacks
):
    draft = make_draft(clerk_tangfang)
    add_evidence(draft, "a.jpg", PHOTO, by=clerk_tangfang)
    discard_draft(draft, by=clerk_tangfang)
    Draft.objects.update(saved_at=ago(settings.KEEP_UPLOAD_DAYS)[since])
    with django_capture_on_commit_callbacks(execute=True):
        tidy()
    assert (Evidence.objects.unscoped("test").filter(draft=draft).exists(), bool(files_in(files))) == (
        since == "kept",
    ) * 2


def test_photos_of_an_open_draft_stay_however_old_it_is(sample, clerk_tangfang, files):
    draft = make_draft(clerk_tangfang)
    add_evidence(draft, "a.jpg", PHOTO, by=clerk_tangfang)
    Draft.objects.update(saved_at=timezone.now() - timedelta(days=4000))
    tidy()
    assert Evidence.objects.unscoped("test").filter(draft=draft).exists() and files_in(files)


def load_of(by) -> Load:
    return checked(workbook(HEADINGS, site()), by)


@pytest.mark.parametrize(
    "way", [lambda load: load, lambda load: cancel_load(load, by=load.by), lambda load: undone(applied(load))]
)
@pytest.mark.parametrize("since", ["kept", "over"])
def test_a_load_that_changes_nothing_goes_with_its_file_after_its_days(
    since, way, sample, administrator, settings, files, django_capture_on_commit_callbacks, old_ledgers
):
    load = way(load_of(administrator))
    assert rows_file(load).exists()
    Load.objects.update(sent_at=ago(settings.KEEP_UPLOAD_DAYS)[since])
    with django_capture_on_commit_callbacks(execute=True):
        tidy()
    assert (Load.objects.unscoped("test").exists(), bool(files_in(files))) == (since == "kept",) * 2


def test_a_load_that_was_applied_stays_with_its_file(sample, administrator, files, old_ledgers):
    load = applied(load_of(administrator))
    Load.objects.update(sent_at=timezone.now() - timedelta(days=4000))
    tidy()
    assert Load.objects.unscoped("test").get(pk=load.pk).file.storage.exists(load.file.name)


def test_a_load_that_broke_off_halfway_stays(sample, administrator, files, old_ledgers):
    """As a worker leaves it that was killed for good: some rows are written, the others are not."""
    load = applied(load_of(administrator))
    Load.objects.update(sent_at=timezone.now() - timedelta(days=4000), state="applying")
    tidy()
    assert Load.objects.unscoped("test").filter(pk=load.pk).exists()
