"""The doctor: one line for each thing, with what to do, and an exit code that says whether something is wrong."""

import os
import subprocess
import sys
from datetime import datetime, timedelta
from hashlib import sha256
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.management import call_command
from django.utils import timezone

from fengnan.doctor import data, examine, installation, services
from fengnan.doctor.finding import State
from registry.actions import scheduled
from registry.models import Area, Brand, Event, Evidence, Job, Load, ScheduledRun, SearchEntry
from registry.schedule import SCHEDULE

ROOT = Path(__file__).resolve().parents[2]
GOOD, DOUBTFUL, WRONG = State.GOOD, State.DOUBTFUL, State.WRONG


@pytest.fixture(autouse=True)
def folders(settings, tmp_path):
    settings.DATA_DIR, settings.MEDIA_ROOT, settings.PRIVATE_ROOT = tmp_path, tmp_path / "media", tmp_path / "private"
    settings.EVENTS_DIR, settings.BACKUP_DIR = tmp_path / "events", None
    tmp_path.chmod(0o700)


def states(check) -> list[State]:
    return [finding.state for finding in check()]


@pytest.fixture
def healthy(sample, administrator, settings, monkeypatch):
    """An installation at which nothing is wrong."""
    settings.SECRET_KEY, settings.ALLOWED_HOSTS = (
        "abcdefghijklmnopqrstuvwxyz0123456789-ABCDEFGHIJ",
        ["registry.example.cn"],
    )
    settings.SITE_URL, settings.HTTPS_ONLY, settings.PROXIES = "https://registry.example.cn", True, 1
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", "mail.example.cn"
    scheduled.sign_alive()
    for work in SCHEDULE:
        if work.hours:
            ScheduledRun.objects.create(name=work.name, due_at=services.last_due(work, timezone.localtime()))
    monkeypatch.setattr(installation.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 10**12}))


def test_a_healthy_installation_is_all_good_but_for_the_missing_backup(healthy, settings):
    findings = list(examine())
    assert [str(finding) for finding in findings if finding.state != GOOD and "BACKUP_DIR" not in finding.text] == []
    assert len(findings) >= 18
    assert all(finding.todo for finding in findings if finding.state != GOOD)


def test_the_command_says_it_in_chinese_and_ends_with_one_when_something_is_wrong(healthy, settings):
    out = StringIO()
    call_command("doctor", stdout=out)
    assert "✓ 搜索索引完整" in out.getvalue()
    assert "! 未设置 BACKUP_DIR" in out.getvalue()
    settings.DEBUG = True
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", stdout=out)
    assert ended.value.code == 1
    assert "✗ DEBUG 已打开" in out.getvalue() and "— 请从环境变量中去掉 DEBUG" in out.getvalue()


@pytest.mark.parametrize(("check", "values", "state"), [
    (installation.check_mode, {"DEBUG": True}, WRONG),
    (installation.check_mode, {"DEMO": True}, DOUBTFUL),
    (installation.check_secret_key, {"SECRET_KEY": "only-for-development-and-tests-" + "x" * 40}, WRONG),
    (installation.check_secret_key, {"SECRET_KEY": "ab" * 30}, WRONG),
    (installation.check_hosts, {"ALLOWED_HOSTS": ["*"]}, WRONG),
    (installation.check_hosts, {"SITE_URL": "https://a.cn", "ALLOWED_HOSTS": ["b.cn"]}, WRONG),
    (installation.check_hosts, {"SITE_URL": "https://a.cn", "ALLOWED_HOSTS": [".cn"]}, GOOD),
    (installation.check_hosts, {"SITE_URL": "", "ALLOWED_HOSTS": ["localhost"]}, DOUBTFUL),
    (installation.check_https, {"HTTPS_ONLY": False}, DOUBTFUL),
    (installation.check_https, {"HTTPS_ONLY": True, "SITE_URL": "http://a.cn"}, WRONG),
    (installation.check_https, {"HTTPS_ONLY": True, "SITE_URL": "https://a.cn", "PROXIES": 0}, DOUBTFUL),
    (installation.check_mail, {"SITE_URL": ""}, DOUBTFUL),
])  # fmt: skip
def test_each_setting_is_judged(settings, check, values, state):
    for name, value in values.items():
        setattr(settings, name, value)
    assert states(check) == [state]


def test_a_folder_that_cannot_be_written_is_named(settings, tmp_path):
    settings.EVENTS_DIR = tmp_path / "file" / "events"
    (tmp_path / "file").touch()
    [finding, *_] = installation.check_folders()
    assert finding.state == WRONG and "EVENTS_DIR" in finding.text


@pytest.mark.parametrize(("free", "state"), [(10**8, WRONG), (10**9, DOUBTFUL), (10**11, GOOD)])
def test_a_full_disk_is_told(monkeypatch, free, state):
    monkeypatch.setattr(installation.shutil, "disk_usage", lambda path: type("Usage", (), {"free": free}))
    assert states(installation.check_disks) == [state]


def test_a_clock_that_runs_ahead_or_back_is_told(sample, monkeypatch):
    assert states(services.check_clock) == [GOOD]
    monkeypatch.setattr(services.time, "time", lambda: datetime.now().timestamp() + 60)
    assert states(services.check_clock) == [WRONG]
    monkeypatch.undo()
    Event.objects.create(change_set="5b7c2f6e7f4b4c269a553f5f2f0b8f11", verb="change", kind="belt", code="B-01")
    monkeypatch.setattr(services.timezone, "now", lambda: datetime.now().astimezone() - timedelta(hours=2))
    assert states(services.check_clock) == [WRONG]


def test_a_worker_is_seen_by_its_sign_in_database_and_folder(db, settings, tmp_path):
    assert states(services.check_worker) == [WRONG]
    scheduled.sign_alive()
    assert states(services.check_worker) == [GOOD, GOOD]
    settings.DATA_DIR = tmp_path / "another"
    assert states(services.check_worker) == [GOOD, WRONG]
    ScheduledRun.objects.update(done_at=timezone.now() - timedelta(minutes=10))
    assert states(services.check_worker) == [WRONG]


def test_jobs_that_wait_or_failed_are_counted(db):
    assert states(services.check_jobs) == [GOOD]
    Job.objects.create(kind="reindex", state="failed", finished_at=timezone.now())
    Job.objects.create(kind="reindex")
    Job.objects.filter(state="queued").update(created_at=timezone.now() - timedelta(hours=1))
    assert states(services.check_jobs) == [WRONG, DOUBTFUL]


def test_scheduled_work_that_was_missed_is_named(db):
    daily = [work for work in SCHEDULE if work.hours and work.name != "backup"]
    assert states(services.check_schedule) == [DOUBTFUL] * len(daily)
    for work in daily:
        ScheduledRun.objects.create(name=work.name, due_at=timezone.now() - timedelta(days=3))
    assert states(services.check_schedule) == [WRONG] * len(daily)


def test_the_search_index_is_compared_with_the_records(sample):
    assert states(data.check_search_index) == [GOOD]
    SearchEntry.objects.filter(kind="brands").delete()
    SearchEntry.objects.create(kind="points", code="FN-9999", name="x", names="x", pinyin="x", initials="x")
    [finding] = data.check_search_index()
    assert finding.state == WRONG
    assert str(Brand.objects.public().count() + 1) in finding.text and "brands" in finding.text
    with pytest.raises(SystemExit):  # there is no worker
        call_command("doctor", "--reindex", stdout=StringIO())
    assert states(data.check_search_index) == [GOOD]


def test_files_are_read_and_compared_with_their_hash(sample, administrator, settings, monkeypatch):
    area = Area.objects.unscoped("test").get(code="130207114")
    folder = settings.PRIVATE_ROOT / "originals"
    folder.mkdir(parents=True)
    storage = FileSystemStorage(location=settings.PRIVATE_ROOT)
    monkeypatch.setattr(Evidence._meta.get_field("original"), "storage", storage)
    for name in ("good", "changed", "missing"):
        hashed = sha256(name.encode()).hexdigest()
        Evidence.objects.create(
            code=f"E-{name}", area=area, kind="file", original=f"originals/{name}", sha256=hashed, size=len(name)
        )
    (folder / "good").write_text("good")
    assert [finding.state for finding in data.check_evidence()] == [WRONG]
    (folder / "changed").write_text("other")
    [finding] = data.check_evidence()
    assert "3 个中有 2 个" in finding.text and "E-changed, E-missing" in finding.text
    Evidence.objects.unscoped("test").filter(code__in=["E-changed", "E-missing"]).delete()
    assert states(data.check_evidence) == [GOOD]
    Load.objects.create(file="loads/x.csv", file_name="x.csv", file_hash="0" * 64, by=administrator, area=area)
    assert states(data.check_loads) == [WRONG]


def test_backups_have_to_be_recent(settings, tmp_path):
    assert states(data.check_backups) == [DOUBTFUL]
    settings.BACKUP_DIR = tmp_path / "backups"
    assert states(data.check_backups) == [WRONG]
    for days in (3, 0):
        made = timezone.localtime() - timedelta(days=days)
        folder = settings.BACKUP_DIR / made.strftime("registry-%Y-%m-%dT%H%M%S")
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text("{}")
        assert states(data.check_backups) == ([WRONG, DOUBTFUL] if days else [GOOD, DOUBTFUL])  # on the same disk


def test_a_check_that_breaks_off_stops_no_other(healthy, monkeypatch):
    def broken():
        raise RuntimeError("no such table\nand more")
        yield

    monkeypatch.setattr("fengnan.doctor.CHECKS", (broken, data.check_migrations))
    first, second = examine()
    assert (first.state, second.state) == (WRONG, GOOD)
    assert "broken" in first.text and "no such table" in first.text and "and more" not in first.text


def test_an_empty_database_is_told_and_is_no_trace(tmp_path):
    variables = {"PATH": os.environ["PATH"], "TESTING": "1", "DATA_DIR": str(tmp_path / "new")}
    (tmp_path / "new").mkdir()
    command = [sys.executable, "manage.py", "doctor"]
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True)
    assert done.returncode == 1
    assert "python manage.py migrate" in done.stdout
    assert "Traceback" not in done.stderr
