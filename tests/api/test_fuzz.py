"""Whatever the description of the API allows is asked of the live server, and much that it does not: never is the
answer an error of the server, or something the description does not say.

The suite asks a fixed sample: two examples of every operation. Deep runs ask everything of everyone on both databases:
`make fuzz`; FUZZ_EXAMPLES says how many examples each operation gets.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import DAQI, DISTRICT
from tests.processes import get, signed_in, token_of

from .conftest import live

pytestmark = pytest.mark.processes
AREAS = {"public": "", "clerk": DAQI, "admin": DISTRICT}
SEED = "16"
READING, WRITING = ["--include-method=GET"], ["--exclude-method=GET"]
SAMPLE = [
    ("sqlite", "public", []),
    ("sqlite", "clerk", READING),
    ("sqlite", "clerk", WRITING),
    ("sqlite", "admin", WRITING),
    ("postgresql", "admin", READING),
    ("postgresql", "admin", WRITING),
]
# One kind of record with all its verbs, and what no other kind has: to try every bound of everything takes minutes.
BOUNDED = ["--include-path-regex=/(points|drafts|events|figures|loads|ogc)/"]
# Which areas exist, and which cursor belongs to which list, no description can say.
UNSAID = "positive_data_acceptance"
# What takes long where the machine is busy is no fault.
BUSY_MACHINE = ["--suppress-health-check", "too_slow", "--request-timeout", "60"]


@pytest.fixture(scope="module")
def server(request, tmp_path_factory):
    """A server of its own on each database: nothing else is tested on what is written here."""
    database = request.getfixturevalue("postgres_database") if request.param == "postgresql" else ""
    with live(tmp_path_factory.mktemp(request.param), database) as server:
        yield server


@pytest.fixture(scope="module")
def description(tmp_path_factory):
    """The description of the API, asked of a server only once: to make it takes a second."""
    return tmp_path_factory.mktemp("description") / "schema.yaml"


@pytest.fixture
def ask(server, description, tmp_path):
    """Asks the server as `role` for the operations that `filters` select; it must keep to its description."""
    env, address = server
    if not description.exists():
        description.write_bytes(get(f"{address}/api/v1/schema/")[1])

    def run(role: str, filters: list[str], phases: str, *options: str) -> None:
        command = [Path(sys.executable).with_name("schemathesis"), "run", description, "--url", address, "--no-color"]
        command += ["--exclude-checks", UNSAID, "--warnings", "off", "--generation-database", "none", *BUSY_MACHINE]
        command += ["--phases", phases, *options, *filters]
        if role != "public":
            area, reads = AREAS[role], filters == READING
            cookie_or_token = signed_in(env, role, area) if reads else token_of(env, role, area)
            command += ["--header", f"{'Cookie:' if reads else 'Authorization:Token '}{cookie_or_token}"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        print(done.stdout[-400:])
        assert done.returncode == 0, done.stdout[-6000:]

    return run


@pytest.mark.parametrize(("server", "role", "filters"), SAMPLE, indirect=["server"])
def test_the_server_keeps_to_its_description(server, role, filters, ask):
    """People read by their session, programs write by a token."""
    ask(role, filters, "examples,fuzzing", "--max-examples", "2", "--seed", SEED)


@pytest.mark.parametrize("server", ["postgresql"], indirect=True)
def test_it_keeps_to_it_at_every_bound_of_a_kind_of_record(server, ask):
    ask("admin", BOUNDED, "coverage", "--seed", SEED)


@pytest.mark.deep
@pytest.mark.parametrize("filters", [READING, WRITING], ids=["reading", "writing"])
@pytest.mark.parametrize("role", AREAS)
@pytest.mark.parametrize("server", ["sqlite", "postgresql"], indirect=True)
def test_it_keeps_to_it_however_long_it_is_asked(server, role, filters, seed, ask):
    examples = os.environ.get("FUZZ_EXAMPLES", "20")
    print(f"{examples} examples of each operation")
    ask(role, filters, "examples,coverage,fuzzing", "--max-examples", examples, "--seed", str(seed))
