"""The backup of each night: off without a folder, kept for some days, the newest one for ever."""

import os
from collections import namedtuple
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from registry.actions.backup import daily, engines
from registry.actions.backup.manifest import BackupError, Manifest, stored_file

NIGHT = timezone.make_aware(datetime(2026, 8, 3, 1, 30))


@pytest.fixture
def folder(sample, settings, tmp_path, monkeypatch):
    settings.BACKUP_DIR, settings.BACKUP_KEEP = tmp_path / "backups", 14
    settings.MEDIA_ROOT, settings.PRIVATE_ROOT = tmp_path / "media", tmp_path / "private"
    settings.EVENTS_DIR = tmp_path / "events"
    settings.PRIVATE_ROOT.mkdir()
    (settings.PRIVATE_ROOT / "photo.jpg").write_bytes(b"photo" * 100)
    # the test's own transaction cannot be copied: what the engines do is tested in tests/test_backup.py
    monkeypatch.setattr(engines.SQLite, "dump", write_database)
    monkeypatch.setattr(engines.PostgreSQL, "dump", write_database)
    return settings.BACKUP_DIR


def write_database(self, target):
    target.write_bytes(b"rows")
    return {"registry_point": 1}


def at(monkeypatch, now: datetime) -> None:
    monkeypatch.setattr("registry.actions.backup.daily.timezone.localtime", lambda: now)


def test_without_a_folder_nothing_is_backed_up(folder, settings):
    settings.BACKUP_DIR = None
    assert daily.back_up_daily() is None
    assert not folder.exists()


def test_each_night_makes_one_and_old_ones_go_but_never_the_last(folder, monkeypatch, settings):
    for night in range(20):
        at(monkeypatch, NIGHT + timedelta(days=night))
        daily.back_up_daily()
        daily.back_up_daily()  # again in the same second: nothing more
    assert [path.name[9:19] for path in daily.backups(folder)] == [f"2026-08-{day:02}" for day in range(8, 23)]
    daily.prune(folder, NIGHT + timedelta(days=300))
    assert [path.name[9:19] for path in daily.backups(folder)] == ["2026-08-22"]


def test_a_file_that_did_not_change_is_stored_once(folder, monkeypatch, settings):
    at(monkeypatch, NIGHT)
    first = daily.back_up_daily()
    (settings.PRIVATE_ROOT / "new.jpg").write_bytes(b"new")
    at(monkeypatch, NIGHT + timedelta(days=1))
    second = daily.back_up_daily()
    assert (first / "private/photo.jpg").stat().st_ino == (second / "private/photo.jpg").stat().st_ino
    (settings.PRIVATE_ROOT / "photo.jpg").write_bytes(b"other")
    at(monkeypatch, NIGHT + timedelta(days=2))
    third = daily.back_up_daily()
    assert (third / "private/photo.jpg").read_bytes() == b"other"
    for backup in (first, second, third):
        files = Manifest.read(backup).files
        assert {path: stored_file(backup / path) for path in files} == files


def test_a_backup_that_breaks_off_leaves_nothing_that_looks_like_one(folder, monkeypatch):
    def break_off(self, target):
        target.write_bytes(b"ro")
        raise OSError("no space left on device")

    monkeypatch.setattr(engines.SQLite, "dump", break_off)
    monkeypatch.setattr(engines.PostgreSQL, "dump", break_off)
    with pytest.raises(BackupError, match="no space left on device"):
        daily.back_up_daily()
    assert list(folder.iterdir()) == []


def test_a_folder_that_was_killed_before_its_end_is_no_backup_and_goes_after_a_day(folder, monkeypatch):
    killed = folder / ".registry-2026-08-01T013000.0a1b2c3d.unfinished"
    killed.mkdir(parents=True)
    assert daily.backups(folder) == []
    old = (NIGHT - timedelta(days=2)).timestamp()
    os.utime(killed, (old, old))
    assert daily.prune(folder, NIGHT) == [killed]
    assert not killed.exists()


def test_the_schedule_makes_it(folder, monkeypatch):
    from registry.actions import scheduled

    monkeypatch.setattr("registry.actions.scheduled.timezone.localtime", lambda: NIGHT)
    assert scheduled.run("backup")
    assert len(daily.backups(folder)) == 1


def test_too_little_space_is_told_before_anything_is_written(folder, monkeypatch):
    usage = namedtuple("Usage", "free")(10)
    monkeypatch.setattr("registry.actions.backup.create.shutil.disk_usage", lambda path: usage)
    with pytest.raises(BackupError, match=r"MB left; the backup needs"):
        daily.back_up_daily()
