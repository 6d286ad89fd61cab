"""The API as a program sees it."""

import pytest


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
