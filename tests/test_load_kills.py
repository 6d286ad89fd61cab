"""A load goes on by itself whatever is killed: it ends with exactly the file's rows, and nobody has to lend a hand."""

import csv
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis

from tests.processes import ROOT, ended, eventually, prepare, started
from tests.test_processes import sql
from tools.servers import postgres, postgres_programs, redis_program
from tools.servers import redis as throw_away_redis

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(not (postgres_programs() and redis_program()), reason="PostgreSQL or Redis is not installed"),
]
ROWS, KILLS = 10_000, 20
HEADINGS = ["所属乡镇", "示范点名称", "党组织名称", "所属领域", "级别", "等次", "书记", "命名时间", "命名文号"]
SEND = """
from pathlib import Path
from uuid import uuid4
from registry.loading.loads import apply_load, send_load
from registry.actions.jobs import run_one
from registry.models import User
area = dict(read_prefix="130207", write_prefix="130207")
by = User.objects.get_or_create(username="loader", defaults=dict(role="admin", **area))[0]
file = Path({file!r})
load = send_load(file.name, file.read_bytes(), kind="point", key=uuid4(), by=by)
while load.state == "reading":
    run_one(load.job_id)
    load.refresh_from_db()
print(apply_load(load, by=by).pk)
"""


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    with postgres() as database, throw_away_redis() as queue:
        own = {
            "SECRET_KEY": "only-for-this-test-" + "x" * 40, "DATABASE_URL": database, "REDIS_URL": queue,
            "DATA_DIR": str(tmp_path_factory.mktemp("data")), "TESTING": "0", "PATH": os.environ["PATH"],
            "JOB_LEASE": "2",
        }  # fmt: skip
        prepare(own)
        yield own


def ledger(folder: Path, name: str) -> Path:
    """A district's ledger of so many sites of one township, three sites to a party branch."""
    file = folder / f"{name}.csv"
    with file.open("w", encoding="utf-8-sig", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(HEADINGS)
        for number in range(ROWS):
            title = ["农村", "区级", "达标", "示例书记", "2021-06-28", "丰组字〔2021〕示6号"]
            writer.writerow(["唐坊镇", f"{name}第{number}示范点", f"{name}第{number // 3}党支部", *title])
    return file


def sent(known, file: Path) -> tuple[int, int]:
    """Sends and checks the file, and asks for it to be applied; the load and its job."""
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", SEND.format(file=str(file))],
        cwd=ROOT, env=known, capture_output=True, text=True, check=True,
    )  # fmt: skip
    load = int(done.stdout.split()[-1])
    return load, sql(known, f"SELECT job_id FROM registry_load WHERE id = {load}")[0][0]


def job_of(known, job: int) -> tuple[str, int]:
    return sql(known, f"SELECT state, done FROM registry_job WHERE id = {job}")[0]


def holds_exactly(known, load: int, name: str) -> None:
    """The points of the file are there once each, as is the report on them."""
    state, new, refused, change_set = sql(
        known, f"SELECT state, new, refused, change_set FROM registry_load WHERE id = {load}"
    )[0]
    assert (state, new, refused) == ("applied", ROWS, 0)
    points = "SELECT count(*), count(DISTINCT code), count(DISTINCT name) FROM registry_demonstrationpoint"
    assert sql(known, f"{points} WHERE name LIKE '{name}%'") == [(ROWS, ROWS, ROWS)]
    events = f"SELECT kind, count(*) FROM registry_event WHERE change_set = '{change_set}' GROUP BY kind ORDER BY kind"
    assert sql(known, events) == [("demonstrationpoint", ROWS), ("partyorganisation", ROWS // 3 + 1)]
    rows = f"SELECT count(*), count(DISTINCT code) FROM registry_loadrow WHERE load_id = {load} AND verdict = 'new'"
    assert sql(known, rows) == [(ROWS, ROWS)]


def test_a_worker_killed_at_twenty_random_chunks_leaves_exactly_the_files_rows(known, tmp_path):
    load, job = sent(known, ledger(tmp_path, "断电"))
    seed = random.randrange(10**6)
    moments = iter(sorted(random.Random(seed).sample(range(0, ROWS, 100), KILLS)))
    print(f"\nseed {seed}")
    kills, moment = 0, next(moments)
    began = time.monotonic()
    while job_of(known, job)[0] != "done":
        worker = started({**known, "REDIS_URL": ""}, "manage.py", "runjobs")
        while moment is not None and job_of(known, job)[1] < moment and job_of(known, job)[0] != "done":
            time.sleep(0.005)
        if moment is not None:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()
            kills, moment = kills + 1, next(moments, None)
            continue
        eventually(lambda: job_of(known, job)[0] == "done", 120)
        ended(worker)
    print(f"{kills} kills, {time.monotonic() - began:.0f} s")
    assert kills == KILLS
    holds_exactly(known, load, "断电")


def test_a_killed_child_and_a_flushed_queue_delay_a_load_and_lose_nothing(known, tmp_path):
    """The worker's child dies in the middle, and the queue forgets everything: the sweeper of the schedule finds it."""
    load, job = sent(known, ledger(tmp_path, "清空"))
    schedule = str(Path(known["DATA_DIR"]) / "beat-load")
    beat = started(known, "-m", "celery", "-A", "fengnan", "beat", "-s", schedule, "-l", "error")
    worker = started(known, "-m", "celery", "-A", "fengnan", "worker", "-c", "1", "-l", "fatal")
    try:
        eventually(lambda: job_of(known, job)[1] > ROWS // 4, 90)
        for child in Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text().split():
            os.kill(int(child), signal.SIGKILL)
        redis.Redis.from_url(known["REDIS_URL"]).flushall()
        eventually(lambda: job_of(known, job)[0] == "done", 120)
    finally:
        ended(worker)
        ended(beat)
    holds_exactly(known, load, "清空")
