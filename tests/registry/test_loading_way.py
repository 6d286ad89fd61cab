"""The way of a load: sent, read, looked at, applied, undone; stopped, taken up again, and never done twice."""

from uuid import uuid4

import pytest

from registry.actions import jobs
from registry.actions.jobs import run_one
from registry.loading import job_steps, lifecycle
from registry.loading import write as writing
from registry.models import DemonstrationPoint, Event, Job, Load
from registry.text.refusals import Refused
from tests.registry.test_loading_files import HEADINGS, applied, checked, refusals, site, undone, workbook

pytestmark = pytest.mark.usefixtures("old_ledgers")  # the ledgers hold titles


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(job_steps, "CHUNK", 2)


def ledger(count: int = 5) -> bytes:
    return workbook(HEADINGS, *(site(示范点名称=f"唐坊镇新立{number}示范点") for number in range(count)))


def new_points() -> int:
    return DemonstrationPoint.objects.unscoped("test").filter(name__startswith="唐坊镇新立").count()


def test_the_same_form_sent_twice_is_one_load(sample, administrator):
    key = uuid4()
    first = lifecycle.send_load("台账.xlsx", ledger(), key=key, by=administrator)
    assert lifecycle.send_load("台账.xlsx", ledger(), key=key, by=administrator) == first
    assert Load.objects.unscoped("test").count() == 1


def test_the_kind_is_found_by_the_headings_where_nobody_says_it(sample, administrator):
    load = checked(ledger(), administrator, kind="")
    assert (load.sheets[0]["kind"], load.new) == ("point", 5)


def test_nothing_is_written_before_somebody_has_looked(sample, administrator, small_chunks):
    events = Event.objects.count()
    load = checked(ledger(), administrator)
    assert (load.state, load.new, new_points(), Event.objects.count()) == ("ready", 5, 0, events)


def test_applying_twice_writes_once(sample, administrator, small_chunks):
    load = checked(ledger(), administrator)
    applied(load)
    assert lifecycle.apply_load(load, by=administrator).state == "applied"
    assert new_points() == 5


def test_a_load_stopped_while_it_is_applied_is_taken_back(sample, administrator, small_chunks):
    load = lifecycle.apply_load(checked(ledger(), administrator), by=administrator)
    job = jobs.claim(load.job_id)
    jobs.take_step(job, {})
    assert new_points() == 2
    load = lifecycle.cancel_load(load, by=administrator)
    with pytest.raises(jobs.LeaseLost):
        jobs.take_step(job, {})
    run_one(load.job_id)
    load.refresh_from_db()
    assert (load.state, new_points()) == ("undone", 0)


def test_a_chunk_that_fails_in_the_middle_leaves_nothing_and_is_done_again(
    sample, administrator, small_chunks, monkeypatch
):
    load = lifecycle.apply_load(checked(ledger(), administrator), by=administrator)
    whole = writing.keep_rows

    def dies(load, rows):
        whole(load, rows)
        raise KeyboardInterrupt

    monkeypatch.setattr(job_steps, "keep_rows", dies)
    with pytest.raises(KeyboardInterrupt):
        run_one(load.job_id)
    assert new_points() == 0
    monkeypatch.setattr(job_steps, "keep_rows", whole)
    Job.objects.filter(pk=load.job_id).update(lease_until=None)
    run_one(load.job_id)
    load.refresh_from_db()
    assert (load.state, load.new, new_points()) == ("applied", 5, 5)


def test_what_a_worker_wrote_in_vain_it_writes_when_it_has_the_job_again(
    sample, administrator, small_chunks, monkeypatch
):
    named = (
        {"示范点名称": f"唐坊镇新立{number}示范点", "党组织名称": f"唐坊镇新立{number}党支部"} for number in range(5)
    )
    load = lifecycle.apply_load(
        checked(workbook(HEADINGS, *(site(**cells) for cells in named)), administrator), by=administrator
    )
    job = jobs.claim(load.job_id)
    jobs.take_step(job, {})
    with monkeypatch.context() as lost, pytest.raises(jobs.LeaseLost):
        lost.setattr(jobs, "_owned", lambda job: Job.objects.none())
        jobs.take_step(job, {})
    assert new_points() == 2
    Job.objects.filter(pk=load.job_id).update(lease_until=None)
    run_one(load.job_id)
    load.refresh_from_db()
    assert (load.state, load.new, load.refused, new_points()) == ("applied", 5, 0, 5)


def test_a_job_that_failed_can_be_taken_up_again(sample, administrator, monkeypatch):
    load = lifecycle.send_load("台账.xlsx", ledger(), key=uuid4(), by=administrator)
    monkeypatch.setitem(jobs.STEPS, "load-read", lambda cursor, payload, memory: 1 / 0)
    run_one(load.job_id)
    assert Job.objects.get(pk=load.job_id).state == "failed"
    monkeypatch.undo()
    load = lifecycle.retry_load(load, by=administrator)
    run_one(load.job_id)
    load.refresh_from_db()
    assert (load.state, load.new) == ("ready", 5)


def test_nobody_applies_the_load_of_another_township(sample, clerk_tangfang, clerk_daqi):
    load = checked(ledger(), clerk_tangfang)
    with pytest.raises(Refused) as refused:
        lifecycle.apply_load(load, by=clerk_daqi)
    assert refused.value.code == "not_allowed"


def test_a_file_without_anything_new_is_not_applied(sample, administrator):
    data = ledger()
    applied(checked(data, administrator))
    assert [refusal.code for refusal in lifecycle.refusals_to_apply(checked(data, administrator))] == [
        "load_says_nothing"
    ]


def test_rows_refused_first_and_mended_are_all_that_is_added(sample, administrator):
    broken = workbook(HEADINGS, site(), site(示范点名称="唐坊镇新立二号示范点", 等次=""))
    load = applied(checked(broken, administrator))
    assert refusals(load) == {3: [("G3", "title_needs")]}
    again = applied(checked(workbook(HEADINGS, site(), site(示范点名称="唐坊镇新立二号示范点")), administrator))
    assert (again.new, again.same, again.refused) == (1, 1, 0)


def test_undo_puts_back_what_was_changed(sample, administrator):
    applied(checked(workbook(HEADINGS, site()), administrator))
    point = DemonstrationPoint.objects.unscoped("test").get(name__startswith="唐坊镇新立")
    load = applied(checked(workbook([*HEADINGS, "阵地面积"], site(书记="新书记", 阵地面积="120.5")), administrator))
    assert load.changed == 1
    point.refresh_from_db()
    assert (str(point.venue_area), point.organisation.secretary) == ("120.50", "新书记")
    undone(load)
    point = DemonstrationPoint.objects.unscoped("test").get(pk=point.pk)
    assert (point.venue_area, point.organisation.secretary) == (None, "示例书记")
