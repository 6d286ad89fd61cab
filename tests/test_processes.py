"""Web and worker as real processes on a throw-away PostgreSQL and Redis: what is promised of production."""

import json
import re
import socket
import urllib.request
from pathlib import Path

import pytest

from tests.processes import ended, eventually, get, production, serve, shell, sql, started

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def env(postgres_database, redis_server, tmp_path_factory):
    return production(tmp_path_factory.mktemp("data"), DATABASE_URL=postgres_database, REDIS_URL=redis_server)


@pytest.fixture(scope="module")
def site(env):
    web, address = serve(env)
    yield address
    ended(web)


@pytest.fixture(scope="module")
def site_below_a_path(env):
    web, address = serve({**env, "SCRIPT_NAME": "/fengnan"})
    yield address
    ended(web)


@pytest.fixture
def worker(env):
    """A Celery worker with beat, as `make run` starts it where there is Redis."""
    options = ["-B", "-s", str(Path(env["DATA_DIR"]) / "beat"), "-c", "1", "-l", "error"]
    process = started(env, "-m", "celery", "-A", "fengnan", "worker", *options)
    yield process
    ended(process)


def test_the_portal_serves_the_figures_from_postgresql(site):
    assert get(f"{site}/readyz")[0] == 200
    status, page = get(f"{site}/")
    assert status == 200 and "445" in page.decode()
    assert json.loads(get(f"{site}/api/v1/figures/points/")[1])["value"] == 445


def ask_plainly(site: str, sent: bytes) -> bytes:
    """The beginning of the answer to these very bytes."""
    with socket.create_connection(site.removeprefix("http://").split(":"), timeout=10) as plain:
        plain.sendall(sent)
        return plain.recv(12)


def test_a_body_of_unknown_length_is_refused(site):
    """In HTTP/1 by its header; in HTTP/2, where it needs none, because the server does not speak it."""
    head = b"PATCH /api/v1/organisations/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert ask_plainly(site, head + b"2\r\n[]\r\n0\r\n\r\n") == b"HTTP/1.1 411"
    settings_frame = b"\0\0\0\x04\0\0\0\0\0"
    assert ask_plainly(site, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings_frame) == b""


@pytest.mark.parametrize("sign", [b"\x00", b"\x01", b"\x1b", b"\x7f"])
def test_the_server_refuses_headers_that_hold_controls(sign, site):
    """Django could not make a request of a charset with a NUL."""
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nContent-Type: text/plain; charset=%b\r\n\r\n"
    assert ask_plainly(site, head % sign) == b"HTTP/1.1 400"


def test_static_files_are_served_under_names_that_never_change(site):
    page = get(f"{site}/")[1].decode()
    style = page.split('<link rel="stylesheet" href="')[1].split('"')[0]
    with urllib.request.urlopen(site + style) as answer:
        assert "immutable" in answer.headers["Cache-Control"]


def test_a_job_is_done_by_the_worker(env, worker):
    job = shell(env, "from registry.actions.jobs import enqueue; print(enqueue('reindex').pk)")
    eventually(lambda: sql(env, f"SELECT state FROM registry_job WHERE id = {job}") == [("done",)])


def test_the_portal_says_so_when_its_database_is_gone(env):
    web, address = serve({**env, "DATABASE_URL": "postgresql://registry@127.0.0.1:1/none"})
    try:
        status, body = get(f"{address}/readyz")
        assert (status, json.loads(body)["database"]) == (503, "OperationalError")
        status, page = get(f"{address}/")
        assert status in (500, 503) and b"Traceback" not in page
    finally:
        ended(web)


@pytest.mark.parametrize("path", ["/fengnan/points/", "/points/"], ids=["prefix kept", "prefix taken off by the proxy"])
def test_the_portal_lives_below_a_path_of_another_site(path, site_below_a_path):
    status, page = get(site_below_a_path + path)
    links = re.findall(r'(?:href|src|action)="([^"]*)"', page.decode())
    assert status == 200
    assert {link for link in links if not link.startswith(("/fengnan/", "#", "?"))} == set()
