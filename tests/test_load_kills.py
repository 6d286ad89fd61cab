"""A load goes on by itself whatever is killed: it ends with exactly the file's rows, and nobody has to lend a hand."""

import csv
import os
import random
import signal
from collections import Counter
from itertools import count
from pathlib import Path

import pytest
import redis

from tests.processes import ended, eventually, production, shell, sql, started

pytestmark = pytest.mark.processes
HEADINGS = ["所属乡镇", "示范点名称", "党组织名称", "所属领域", "级别", "等次", "书记", "命名时间", "命名文号"]
CHUNK = 500  # rows a dying worker does at once
STATEMENTS = 36  # what a dying worker sends for two chunks
KILLS_OF_A_LOAD = 20
Moment = tuple[str, int]  # before a statement that contains this text, the so manieth of a worker
WRITING, WRITTEN = "SET CONSTRAINTS", 'UPDATE "registry_job"'  # the rows of a chunk; its cursor
SEND = """
from pathlib import Path
from uuid import uuid4
from registry.loading.lifecycle import apply_load, send_load
from django.utils.timezone import localdate
from registry.actions.jobs import run_one
from registry.actions.take_overs import open_take_over
from registry.models import Area, TakeOver, User
area = dict(read_prefix="130207", write_prefix="130207")
by = User.objects.get_or_create(username="loader", defaults=dict(role="admin", **area))[0]
if not TakeOver.objects.exists():
    open_take_over(Area.objects.public().get(code="130207"), ends_on=localdate(), reason="历史台账", by=by)
file = Path({file!r})
load = send_load(file.name, file.read_bytes(), kind="point", key=uuid4(), by=by)
while load.state == "reading":
    run_one(load.job_id)
    load.refresh_from_db()
print(apply_load(load, by=by).pk)
"""


@pytest.fixture(scope="module")
def env(postgres_database, redis_server, tmp_path_factory):
    return production(
        tmp_path_factory.mktemp("data"), DATABASE_URL=postgres_database, REDIS_URL=redis_server, JOB_LEASE="2"
    )


def ledger(folder: Path, name: str, rows: int) -> Path:
    """A district's ledger of so many points of one township, three points to a party branch."""
    file = folder / f"{name}.csv"
    with file.open("w", encoding="utf-8-sig", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(HEADINGS)
        for number in range(rows):
            title = ["农村", "区级", "达标", "示例书记", "2021-06-28", "丰组字〔2021〕示6号"]
            writer.writerow(["唐坊镇", f"{name}第{number}示范点", f"{name}第{number // 3}党支部", *title])
    return file


def send(env: dict[str, str], file: Path) -> tuple[int, int]:
    """Sends and checks the file, and asks for it to be applied. Returns the load and its job."""
    load = int(shell(env, SEND.format(file=str(file))))
    return load, sql(env, f"SELECT job_id FROM registry_load WHERE id = {load}")[0][0]


def state_of(env: dict[str, str], job: int) -> str:
    return sql(env, f"SELECT state FROM registry_job WHERE id = {job}")[0][0]


def rows_done(env: dict[str, str], job: int) -> int:
    return sql(env, f"SELECT done FROM registry_job WHERE id = {job}")[0][0]


def assert_holds_exactly(env: dict[str, str], load: int, name: str, rows: int) -> None:
    """The points of the file are there once each, as is the report on them."""
    state, new, refused, change_set = sql(
        env, f"SELECT state, new, refused, change_set FROM registry_load WHERE id = {load}"
    )[0]
    assert (state, new, refused) == ("applied", rows, 0)
    points = "SELECT count(*), count(DISTINCT code), count(DISTINCT name) FROM registry_demonstrationpoint"
    assert sql(env, f"{points} WHERE name LIKE '{name}第%'") == [(rows, rows, rows)]
    events = f"SELECT kind, count(*) FROM registry_event WHERE change_set = '{change_set}' GROUP BY kind ORDER BY kind"
    assert sql(env, events) == [("demonstrationpoint", rows), ("partyorganisation", (rows + 2) // 3)]
    verdicts = f"SELECT count(*), count(DISTINCT code) FROM registry_loadrow WHERE load_id = {load} AND verdict = 'new'"
    assert sql(env, verdicts) == [(rows, rows)]


def kill_workers(env: dict[str, str], job: int, moments: list[Moment]) -> Counter[int]:
    """Has a worker killed at each moment until the job is done. Returns how many were killed after how many rows."""
    kills: Counter[int] = Counter()
    for statement, number in moments:
        moment = [str(job), statement, str(number), str(CHUNK)]
        worker = started({**env, "REDIS_URL": ""}, "-m", "tests.dying_worker", *moment)
        eventually(lambda worker=worker: worker.poll() is not None or state_of(env, job) == "done")
        if state_of(env, job) == "done":
            ended(worker)
            break
        assert worker.returncode == -signal.SIGKILL
        kills[rows_done(env, job)] += 1
    return kills


def load_with_kills(env: dict[str, str], file: Path, rows: int, moments: list[Moment]) -> Counter[int]:
    """Loads the file by workers that are killed at these moments, and a last one that is not. Returns the kills."""
    load, job = send(env, file)
    kills = kill_workers(env, job, moments)
    worker = started({**env, "REDIS_URL": ""}, "manage.py", "runjobs")
    eventually(lambda: state_of(env, job) == "done")
    ended(worker)
    assert_holds_exactly(env, load, file.stem, rows)
    return kills


def test_workers_killed_before_and_after_writing_rows_leave_exactly_the_files_rows(env, tmp_path):
    rows, moments = 2_000, [(WRITING, 1), (WRITTEN, 1), (WRITING, 2), (WRITTEN, 2)]
    kills = load_with_kills(env, ledger(tmp_path, "断电", rows), rows, moments)
    assert kills == {0: 2, 500: 1, 1000: 1}


def random_moments(chance: random.Random) -> list[Moment]:
    """Moments of the kills of one load. Every fourth worker gets a chunk done: after five in vain a job is given up."""
    return [
        (WRITTEN, 2) if number % 4 == 3 else ("", chance.randint(1, STATEMENTS)) for number in range(KILLS_OF_A_LOAD)
    ]


@pytest.mark.deep
def test_two_hundred_workers_killed_at_any_moment_leave_exactly_the_files_rows(env, seed, tmp_path):
    chance, rows, most_kills, total = random.Random(seed), 10_000, 200, 0
    for number in count(1):
        moments = random_moments(chance)[: most_kills - total]
        kills = load_with_kills(env, ledger(tmp_path, f"断电{number}", rows), rows, moments)
        total += kills.total()
        print(f"load {number}: workers killed after so many rows: {dict(kills)}; {total} of {most_kills} kills")
        if total == most_kills:
            break


def test_a_killed_child_and_a_flushed_queue_delay_a_load_and_lose_nothing(env, tmp_path):
    """The worker's child dies in the middle, and the queue forgets everything: the sweeper of the schedule finds it."""
    rows = 6_000  # three chunks
    load, job = send(env, ledger(tmp_path, "清空", rows))
    schedule = str(Path(env["DATA_DIR"]) / "beat")
    beat = started(env, "-m", "celery", "-A", "fengnan", "beat", "-s", schedule, "-l", "error")
    worker = started(env, "-m", "celery", "-A", "fengnan", "worker", "-c", "1", "-l", "fatal")
    try:
        eventually(lambda: rows_done(env, job) > 0, 90)
        for child in Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text().split():
            os.kill(int(child), signal.SIGKILL)
        assert rows_done(env, job) < rows
        with redis.Redis.from_url(env["REDIS_URL"]) as queue:
            queue.flushdb()
        eventually(lambda: state_of(env, job) == "done", 120)
    finally:
        ended(worker)
        ended(beat)
    assert_holds_exactly(env, load, "清空", rows)
