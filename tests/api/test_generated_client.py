"""A client that others generate from the API's description does what the description says."""

import importlib
import json
import subprocess
import sys
from contextlib import contextmanager
from types import ModuleType

import httpx
import pytest
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator

from tests.api.sending import program

PACKAGE = "generated_registry"


@pytest.fixture(scope="module")
def generated(tmp_path_factory, django_db_setup, django_db_blocker):
    """Imports a module of the generated package."""
    folder = tmp_path_factory.mktemp("generated")
    with django_db_blocker.unblock():
        description = SchemaGenerator().get_schema(request=None, public=True)
    (folder / "description.json").write_text(json.dumps(description, default=str), encoding="utf-8")
    (folder / "config.yml").write_text("post_hooks: []\n", encoding="utf-8")
    command = [
        sys.executable, "-m", "openapi_python_client", "generate", "--path", "description.json", "--meta", "none",
        "--config", "config.yml", "--output-path", PACKAGE, "--fail-on-warning",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(folder))
    yield lambda name: importlib.import_module(f"{PACKAGE}.{name}")
    sys.path.remove(str(folder))


@pytest.fixture
def session(generated, sample, clerk_tangfang):
    """The generated client with a token of a clerk; it asks this process."""
    token = program(clerk_tangfang).text
    transport = httpx.WSGITransport(app=get_wsgi_application())
    client: ModuleType = generated("client")
    with connection_of_the_test():
        yield client.AuthenticatedClient(
            base_url="http://testserver", token=token, prefix="Token", httpx_args={"transport": transport}
        )


@contextmanager
def connection_of_the_test():
    """A request of a server closes a connection that is in a transaction, as that of a test always is."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def visit(generated, **changes):
    values = {"visited_on": "2021-06-01", "place": "孔家庄村党建示范点", "headcount": "30", "visitor": "示例来访单位"}
    return generated("models").VisitsAddBodyType0.from_dict(values | changes)


def test_it_lists_and_reads(generated, session):
    page = generated("api.points.points_list").sync(client=session, page_size=3, area="130207108")
    assert len(page.results) == 3 and page.next_
    row = generated("api.points.points_retrieve").sync(page.results[0].code, client=session)
    assert (row.code, row.name) == (page.results[0].code, page.results[0].name)


def test_it_creates_once_and_is_told_of_a_version_that_is_gone(generated, session):
    add, change = generated("api.visits.visits_add"), generated("api.visits.visits_change")
    answers = [add.sync_detailed(client=session, body=visit(generated), idempotency_key="one") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    code = answers[0].parsed.code
    assert answers[1].parsed.code == code
    body = generated("models").VisitsChangeBody.from_dict({"headcount": "31"})
    read = generated("api.visits.visits_retrieve").sync_detailed(code, client=session)
    first, second = (
        change.sync_detailed(code, client=session, body=body, if_match=read.headers["ETag"], reason="更正人次")
        for _ in range(2)
    )
    assert (first.status_code, second.status_code) == (200, 412)
    assert isinstance(second.parsed, generated("models").Problem)


def test_it_is_refused_as_described(generated, session):
    answer = generated("api.visits.visits_add").sync_detailed(client=session, body=visit(generated, headcount="许多"))
    assert (answer.status_code, answer.parsed.status) == (400, 400)
    assert [error.field for error in answer.parsed.errors] == ["headcount"]
