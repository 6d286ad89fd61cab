"""The API as a program sees it."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.api.sending import program
from tests.processes import ended, prepare, serve
from tools.servers import postgres, postgres_programs


@pytest.fixture
def api(sample, client):
    """The JSON at an address under /api/v1/, or at an address the API itself gave."""

    def get(address: str, status: int = 200, **headers):
        answer = client.get(address if "://" in address else f"/api/v1/{address}", headers=headers)
        assert answer.status_code == status, answer.content
        return answer.json()

    return get


@pytest.fixture
def walk(api):
    """All rows of a list, page by page."""

    def rows(address: str, way: str = "next") -> list[dict]:
        found = []
        while address:
            page = api(address)
            found += page["results"] if way == "next" else page["results"][::-1]
            address = page[way]
        return found

    return rows


@pytest.fixture
def clerk(sample, clerk_tangfang):
    return program(clerk_tangfang)


@contextmanager
def live(engine: str, folder) -> Iterator[tuple[dict[str, str], str]]:
    """The production server over the sample data on a database of its own: its environment and its address."""
    with ExitStack() as stack:
        database = stack.enter_context(postgres()) if engine == "postgresql" else ""
        known = {
            "DATABASE_URL": database, "DATA_DIR": str(folder), "REDIS_URL": "", "DEMO": "0", "TESTING": "0",
            "SECRET_KEY": "only-for-this-test-" + "x" * 40, "SECOND_FACTOR": "offered", "PATH": os.environ["PATH"],
            "API_PER_MINUTE": "0", "API_PER_MINUTE_WITHOUT_TOKEN": "0",
        }  # fmt: skip
        prepare(known)
        web, address = serve(known)
        stack.callback(ended, web)
        yield known, address


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def each_engine(request, tmp_path_factory):
    if request.param == "postgresql" and not postgres_programs():
        pytest.skip("PostgreSQL is not installed")
    with live(request.param, tmp_path_factory.mktemp(request.param)) as found:
        yield found
