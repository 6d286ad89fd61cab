"""The API as a program sees it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.api.sending import program
from tests.processes import ended, production, serve


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
        records = []
        while address:
            page = api(address)
            records += page["results"] if way == "next" else page["results"][::-1]
            address = page[way]
        return records

    return rows


@pytest.fixture
def clerk(sample, clerk_tangfang):
    return program(clerk_tangfang)


@contextmanager
def live(folder: Path, database: str = "") -> Iterator[tuple[dict[str, str], str]]:
    """The production server over the sample data: its environment and its address. Without `database`, the address of
    one on PostgreSQL, it has a copy on SQLite."""
    without_limits = {"SECOND_FACTOR": "offered", "API_PER_MINUTE": "0", "API_PER_MINUTE_WITHOUT_TOKEN": "0"}
    env = production(folder, DATABASE_URL=database, **without_limits)
    web, address = serve(env)
    try:
        yield env, address
    finally:
        ended(web)
