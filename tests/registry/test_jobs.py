"""Background jobs: the row is the truth, a lease and a fence keep workers apart, a kill loses nothing."""

from datetime import timedelta

import pytest
from django.utils import timezone

from registry.actions import jobs
from registry.models import Job, SearchEntry

PAST = timezone.now() - timedelta(hours=1)


@pytest.fixture
def written(monkeypatch) -> list[int]:
    """A job of three steps that notes each step it does."""
    steps: list[int] = []

    def step(cursor, payload, memory):
        steps.append(cursor)
        return (cursor + 1 if cursor < 2 else None), cursor + 1, 3

    monkeypatch.setitem(jobs.STEPS, "three-steps", step)
    return steps


def test_a_job_is_done_step_by_step(db, written):
    job = jobs.enqueue("three-steps")
    assert jobs.run_one()
    job.refresh_from_db()
    assert (written, job.state, job.done, job.total) == ([0, 1, 2], "done", 3, 3)
    assert not jobs.run_one()


def test_a_claimed_job_cannot_be_claimed_again_while_its_lease_holds(db, written):
    jobs.enqueue("three-steps")
    assert jobs.claim() is not None
    assert jobs.claim() is None


def test_a_killed_workers_job_goes_on_where_it_stopped(db, written):
    jobs.enqueue("three-steps")
    killed = jobs.claim()
    jobs.take_step(killed, {})
    Job.objects.update(lease_until=PAST)
    assert jobs.run_one()
    assert written == [0, 1, 2]
    assert Job.objects.get().state == "done"


def test_a_worker_that_comes_back_after_its_lease_writes_nothing(db, written):
    jobs.enqueue("three-steps")
    late = jobs.claim()
    Job.objects.update(lease_until=PAST)
    jobs.claim()
    with pytest.raises(jobs.LeaseLost):
        jobs.take_step(late, {})
    assert written == []


def test_a_job_is_given_up_after_five_attempts(db, written):
    jobs.enqueue("three-steps")
    for _attempt in range(jobs.MOST_ATTEMPTS):
        assert jobs.claim()
        Job.objects.update(lease_until=PAST)
    jobs.run_one()
    assert Job.objects.get().state == "failed"


def test_a_step_that_fails_ends_the_job_with_its_reason(db, monkeypatch):
    def step(cursor, payload, memory):
        raise ValueError("the third row is torn")

    monkeypatch.setitem(jobs.STEPS, "torn", step)
    jobs.enqueue("torn")
    jobs.run_one()
    job = Job.objects.get()
    assert (job.state, job.message) == ("failed", "ValueError: the third row is torn")


def test_a_stopped_worker_leaves_the_job_free_at_once(db, written):
    jobs.enqueue("three-steps")
    jobs.run_one(stopping=lambda: len(written) == 1)
    job = Job.objects.get()
    assert (job.state, job.lease_until, job.cursor, job.attempts) == ("queued", None, 1, 0)
    jobs.run_one()
    assert written == [0, 1, 2]


def test_the_sweeper_finds_what_a_flushed_queue_forgot(db, written):
    jobs.enqueue("three-steps")
    jobs.enqueue("three-steps")
    jobs.claim()
    assert jobs.sweep() == 1


def test_an_unknown_kind_of_job_is_refused(db):
    with pytest.raises(KeyError):
        jobs.enqueue("no such job")


def test_reindexing_makes_the_same_index_again(sample):
    before = set(SearchEntry.objects.values_list("kind", "code", "name"))
    SearchEntry.objects.filter(kind="points").delete()
    jobs.enqueue("reindex")
    jobs.run_one()
    assert set(SearchEntry.objects.values_list("kind", "code", "name")) == before
    assert Job.objects.get().state == "done"
