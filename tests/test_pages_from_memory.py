"""Public pages from memory, right after every write: in every web process, behind a caching proxy, on both engines."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import ExitStack

import httpx
import pytest

from tests.conftest import DISTRICT
from tests.processes import ROOT, ended, eventually, get, production, serve, signed_in
from tools.servers import free_port

pytestmark = pytest.mark.processes
NGINX = """
daemon off; pid {folder}/nginx.pid; error_log stderr; {user}
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/temp; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    proxy_cache_path {folder}/cache keys_zone=pages:1m;
    server {{
        listen 127.0.0.1:{port};
        proxy_cache pages;
        proxy_cache_revalidate on;
        proxy_cache_lock on;
        location / {{ proxy_pass {portal}; proxy_set_header Host $http_host; }}
    }}
}}
"""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def portal(request, tmp_path_factory):
    """The environment of a portal, and the addresses of its two web processes and of a caching proxy before one."""
    folder = tmp_path_factory.mktemp("portal")
    services = {}
    if request.param == "postgresql":
        fixtures = {"DATABASE_URL": "postgres_database", "REDIS_URL": "redis_server"}
        services = {name: request.getfixturevalue(fixture) for name, fixture in fixtures.items()}
    with ExitStack() as on_exit:
        variables = production(folder, HTTPS_ONLY="0", SECOND_FACTOR="offered", **services)
        addresses = []
        for _web in range(2):
            web, address = serve(variables)
            on_exit.callback(ended, web)
            addresses.append(address)
        if shutil.which("nginx"):
            addresses.append(on_exit.enter_context(CachingProxy(folder, addresses[0])))
        yield variables, addresses


class CachingProxy:
    def __init__(self, folder, portal: str):
        self.port, self.file = free_port(), folder / "nginx.conf"
        user = "user root;" if os.getuid() == 0 else ""
        self.file.write_text(NGINX.format(folder=folder, user=user, port=self.port, portal=portal))

    def __enter__(self) -> str:
        self.process = subprocess.Popen(["nginx", "-p", self.file.parent, "-c", self.file])
        address = f"http://127.0.0.1:{self.port}"
        eventually(lambda: get(f"{address}/healthz")[0] == 200)
        return address

    def __exit__(self, *error) -> None:
        ended(self.process)


@pytest.fixture(scope="module")
def ledger(portal):
    variables, addresses = portal
    command = [sys.executable, "-m", "tests.moving_pages", *addresses]
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_each_kind_of_write_shows_at_once_in_every_process(ledger):
    writes = {name: told for name, told in ledger.items() if "stale" in told}
    assert len(writes) == 11
    assert {
        name: told for name, told in writes.items() if told != {"changed": True, "stale": [], "unnoticed": []}
    } == {}


def test_what_no_page_shows_leaves_the_pages_in_memory(ledger):
    quiet = {name: told for name, told in ledger.items() if "moved" in told}
    assert len(quiet) == 6
    assert {name: told for name, told in quiet.items() if told != {"moved": []}} == {}


@pytest.mark.parametrize("page", ["/", "/points/", "/en/figures/points/?area=130207108"])
def test_all_processes_say_the_same_of_a_page(page, portal):
    _variables, addresses = portal
    answers = [httpx.get(address + page, headers={"Host": "localhost"}) for address in addresses for _time in range(2)]
    assert len({(answer.headers["ETag"], answer.content) for answer in answers}) == 1
    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-cache"}
    known = {"Host": "localhost", "If-None-Match": answers[0].headers["ETag"]}
    statuses = [httpx.get(address + page, headers=known).status_code for address in addresses]
    assert statuses[:2] == [304, 304]  # nginx asks for the whole of what it may not keep


def test_nobody_sees_the_page_of_somebody_who_is_signed_in(portal):
    variables, addresses = portal
    cookie = {"Cookie": signed_in(variables, "reviewer", DISTRICT)}
    for address in addresses:
        for _time in range(2):
            assert "/desk/" not in httpx.get(address).text
            own = httpx.get(address, headers=cookie)
            assert "/desk/" in own.text and own.headers["Cache-Control"] == "private, no-store"
