"""Web and worker as real processes on a throw-away PostgreSQL and Redis: what is promised of production."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psycopg
import pytest
import redis

from tests.processes import ROOT, ended, eventually, get, prepare, serve, started
from tools.servers import postgres, postgres_programs, redis_program
from tools.servers import redis as throw_away_redis

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(not (postgres_programs() and redis_program()), reason="PostgreSQL or Redis is not installed"),
]


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """The environment of a production start, with migrations and sample data in place."""
    with postgres() as database, throw_away_redis() as queue:
        data = tmp_path_factory.mktemp("data")
        own = {
            "SECRET_KEY": "only-for-this-test-" + "x" * 40, "DATABASE_URL": database, "REDIS_URL": queue,
            "DATA_DIR": str(data), "DEMO": "0", "TESTING": "0", "PATH": os.environ["PATH"],
        }  # fmt: skip
        prepare(own)
        yield own


@pytest.fixture(scope="module")
def site(known):
    web, address = serve(known)
    yield address
    ended(web)


@pytest.fixture
def worker(known):
    """A Celery worker with beat, as `make run` starts it where there is Redis."""
    schedule = Path(known["DATA_DIR"]) / f"beat-{time.monotonic_ns()}"
    process = started(
        known, "-m", "celery", "-A", "fengnan", "worker", "-B", "-s", str(schedule), "-c", "1", "-l", "error"
    )
    yield process
    ended(process)


def sql(known, statement: str):
    with psycopg.connect(known["DATABASE_URL"], autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else None


def enqueue(known) -> int:
    code = "from registry.actions.jobs import enqueue; print(enqueue('reindex').pk)"
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", code],
        cwd=ROOT,
        env=known,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout.split()[-1])


def state(known, job: int) -> str:
    return sql(known, f"SELECT state FROM registry_job WHERE id = {job}")[0][0]


def test_the_portal_serves_the_figures_from_postgresql(site):
    assert get(f"{site}/readyz")[0] == 200
    status, page = get(f"{site}/")
    assert status == 200 and "445" in page.decode()
    assert json.loads(get(f"{site}/api/v1/figures/points/")[1])["value"] == 445


def test_static_files_are_served_under_names_that_never_change(site):
    page = get(f"{site}/")[1].decode()
    style = page.split('<link rel="stylesheet" href="')[1].split('"')[0]
    with urllib.request.urlopen(site + style) as answer:
        assert "immutable" in answer.headers["Cache-Control"]


def test_a_job_is_done_by_the_worker(known, worker):
    job = enqueue(known)
    eventually(lambda: state(known, job) == "done")


def test_a_flushed_queue_loses_no_job(known):
    job = enqueue(known)
    redis.Redis.from_url(known["REDIS_URL"]).flushall()
    assert state(known, job) == "queued"
    schedule = Path(known["DATA_DIR"]) / "beat-flushed"
    process = started(
        known, "-m", "celery", "-A", "fengnan", "worker", "-B", "-s", str(schedule), "-c", "1", "-l", "error"
    )
    try:
        eventually(lambda: state(known, job) == "done", seconds=75)
    finally:
        ended(process)


def test_a_killed_workers_job_is_done_by_the_next_one(known, worker):
    """The job is as a killed worker leaves it: running, half done, under a lease that has run out."""
    job = enqueue(known)
    eventually(lambda: state(known, job) == "done")
    os.killpg(worker.pid, signal.SIGKILL)
    sql(
        known,
        "UPDATE registry_job SET state = 'running', cursor = 3, lease_until = now() - interval '1 minute' "
        f"WHERE id = {job}",
    )
    done = subprocess.run([sys.executable, "manage.py", "runjobs", "--once"], cwd=ROOT, env=known, timeout=60)
    assert done.returncode == 0
    assert state(known, job) == "done"
    assert sql(known, f"SELECT fence FROM registry_job WHERE id = {job}")[0][0] == 2


def test_the_portal_says_so_when_its_database_is_gone(known, site):
    gone = {**known, "DATABASE_URL": "postgresql://registry@127.0.0.1:1/none"}
    web, address = serve(gone)
    try:
        status, body = get(f"{address}/readyz")
        assert (status, json.loads(body)["database"]) == (503, "OperationalError")
        status, page = get(f"{address}/")
        assert status in (500, 503) and b"Traceback" not in page
    finally:
        ended(web)


@pytest.mark.parametrize("path", ["/fengnan/points/", "/points/"], ids=["prefix kept", "prefix taken off by the proxy"])
def test_the_portal_lives_below_a_path_of_another_site(path, known):
    web, address = serve({**known, "SCRIPT_NAME": "/fengnan"})
    try:
        status, page = get(address + path)
        links = re.findall(r'(?:href|src|action)="([^"]*)"', page.decode())
        assert status == 200
        assert {link for link in links if not link.startswith(("/fengnan/", "#", "?"))} == set()
    finally:
        ended(web)
