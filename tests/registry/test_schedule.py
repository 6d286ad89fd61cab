"""One list of what is done regularly, done alike by Celery beat and by the worker that needs no Redis."""

from datetime import datetime, timedelta

import pytest
from celery.schedules import crontab
from django.db import DatabaseError
from django.utils import timezone
from django.utils.module_loading import import_string

from fengnan.celery import app
from registry.actions import scheduled
from registry.actions.jobs import run_one
from registry.actions.scheduled import BY_NAME, Clock, run
from registry.models import Brand, Job, ScheduledRun, SearchEntry
from registry.schedule import SCHEDULE, Work
from registry.tasks import run_scheduled

DAILY = [work for work in SCHEDULE if work.hours]


def at(hour: int, minute: int = 0, days: int = 0) -> datetime:
    return timezone.make_aware(datetime(2026, 8, 3, hour, minute)) + timedelta(days=days)


@pytest.fixture
def clock(monkeypatch):
    """Sets the time of day."""
    return lambda now: monkeypatch.setattr("registry.actions.scheduled.timezone.localtime", lambda: now)


@pytest.fixture
def done(monkeypatch) -> list[str]:
    """What was done, by name, without doing it."""
    names: list[str] = []
    by_path = {work.does: work.name for work in SCHEDULE}
    monkeypatch.setattr(scheduled, "import_string", lambda path: lambda: names.append(by_path[path]))
    return names


def test_beat_and_the_embedded_worker_do_the_same_list(db, clock, done):
    clock(at(7))
    Clock().tick(0)
    assert done == [work.name for work in SCHEDULE]
    beat = {entry["args"][0]: entry for entry in app.conf.beat_schedule.values()}
    assert beat.keys() == BY_NAME.keys()
    assert {entry["task"] for entry in beat.values()} == {"registry.scheduled"}
    for work in SCHEDULE:
        expected = work.every or crontab(hour=",".join(map(str, work.hours)), minute=work.minute)
        assert beat[work.name]["schedule"] == expected
    done.clear()
    clock(at(7, days=1))
    for entry in beat.values():
        run_scheduled(*entry["args"])
    assert sorted(done) == sorted(BY_NAME)


@pytest.mark.parametrize("work", SCHEDULE, ids=lambda work: work.name)
def test_each_names_a_function_that_takes_nothing_and_may_run_twice(work, sample, settings, tmp_path):
    settings.EVENTS_DIR, settings.DATA_DIR, settings.BACKUP_DIR = tmp_path, tmp_path, None
    for _ in range(2):
        import_string(work.does)()


def test_the_embedded_worker_renews_the_index_of_the_search(sample, clock):
    SearchEntry.objects.filter(kind="brands").delete()
    clock(at(3, 15))
    Clock().tick(0)
    while run_one():
        pass
    assert SearchEntry.objects.filter(kind="brands").count() == Brand.objects.public().count()


@pytest.mark.parametrize("work", DAILY, ids=lambda work: work.name)
def test_what_has_its_hours_is_done_once_for_each(work, db, clock, done):
    for hour in range(24):
        for minute in (0, work.minute, 59):
            clock(at(hour, minute))
            run(work.name)
    assert len(done) == len(work.hours)


def test_what_was_missed_is_made_up_for_the_same_day_and_a_mail_is_not(db, clock, done):
    clock(at(10, 30))
    assert [work.name for work in DAILY if run(work.name)] == ["export-events", "backup", "tidy", "reindex"]
    clock(at(10, 30, days=1))
    assert run("reindex")


def test_of_two_workers_one_does_it(db, clock, done):
    clock(at(3, 20))
    assert [run("reindex"), run("reindex")] == [True, False]
    assert ScheduledRun.objects.get(name="reindex").due_at == at(3, 15)


def test_what_is_done_every_few_seconds_waits_for_them(db, clock, done):
    clock(at(12))
    own = Clock()
    for second in range(60):
        own.tick(float(second))
    counted = {work.name: done.count(work.name) for work in SCHEDULE if work.every}
    assert counted == {"sweep": 2, "seal": 6, "alive": 1, "news-mail": 2, "fold-counts": 1}


def test_what_fails_stops_nothing_else(db, clock, done, monkeypatch):
    clock(at(3, 15))
    whole = scheduled.import_string
    monkeypatch.setattr(scheduled, "import_string", lambda path: whole(path) if "sweep" not in path else lambda: 1 / 0)
    Clock().tick(0)
    assert "reindex" in done


def test_a_database_that_is_away_stops_the_worker(db, clock, monkeypatch):
    def away():
        raise DatabaseError

    monkeypatch.setattr(scheduled, "import_string", lambda path: away)
    with pytest.raises(DatabaseError):
        run("sweep")


def test_a_work_is_due_from_its_minute_on_until_it_is_too_late():
    work = Work("x", "x", hours=(7, 9), minute=30, late=timedelta(hours=1))
    times = [at(7, 29), at(7, 30), at(8, 29), at(8, 30), at(9, 31)]
    assert [work.due_at(time) for time in times] == [None, at(7, 30), at(7, 30), None, at(9, 30)]


def test_the_command_does_what_is_due_and_ends(sample, clock, monkeypatch):
    from django.core.management import call_command

    monkeypatch.setattr("signal.signal", lambda number, handler: None)
    monkeypatch.setattr("registry.management.commands.runjobs.close_old_connections", lambda: None)  # the test's own
    clock(at(3, 15))
    call_command("runjobs", "--once")
    assert Job.objects.filter(kind="reindex", state="done").count() == 1
