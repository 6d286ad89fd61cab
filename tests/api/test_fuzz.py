"""Whatever the description of the API allows is asked of the live server, and much that it does not: never is the
answer an error of the server, or something the description does not say. `make fuzz` asks longer."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import DAQI, DISTRICT
from tests.processes import signed_in, token_of
from tools.servers import postgres_programs

from .conftest import live

pytestmark = pytest.mark.processes
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "3"))
# To try every bound of the description takes minutes: for each role on one database here, on both in `make fuzz`.
BOUNDS = {"public": "sqlite", "clerk": "sqlite", "admin": "postgresql"}
# Which areas exist, and which cursor belongs to which list, no description can say.
UNSAID = "positive_data_acceptance"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def own_engine(request, tmp_path_factory):
    """A server of its own: nothing else is tested on what is written here."""
    if request.param == "postgresql" and not postgres_programs():
        pytest.skip("PostgreSQL is not installed")
    with live(request.param, tmp_path_factory.mktemp(request.param)) as found:
        yield found


def ask_everything(folder: Path, server: tuple, role: str, header: str, methods: tuple[str, ...]) -> None:
    (known, address), seed = server, random.randrange(10**9)
    engine = "postgresql" if known["DATABASE_URL"] else "sqlite"
    phases = ["examples", "fuzzing", *(["coverage"] if BOUNDS[role] == engine or "FUZZ_EXAMPLES" in os.environ else [])]
    print(f"\n{engine}: seed {seed}, {EXAMPLES} examples")
    command = [Path(sys.executable).with_name("schemathesis"), "run", f"{address}/api/v1/schema/", "--no-color"]
    options = ["--phases", ",".join(phases), "--exclude-checks", UNSAID, "--warnings", "off"]
    bounds = ["--max-examples", str(EXAMPLES), "--seed", str(seed), "--generation-database", "none"]
    chosen = [f"--include-method={method}" for method in methods] + (["--header", header] if header else [])
    done = subprocess.run(
        [*command, *options, *bounds, *chosen], cwd=folder, capture_output=True, text=True, check=False
    )
    print(done.stdout[-400:])
    assert done.returncode == 0, done.stdout[-6000:]


@pytest.mark.parametrize(("role", "area"), [("public", ""), ("clerk", DAQI), ("admin", DISTRICT)])
def test_the_server_keeps_to_its_description_where_people_and_programs_read(role, area, own_engine, tmp_path):
    header = "" if role == "public" else f"Cookie:{signed_in(own_engine[0], role, area)}"
    ask_everything(tmp_path, own_engine, role, header, ("GET",))


@pytest.mark.parametrize(("role", "area"), [("public", ""), ("clerk", DAQI), ("admin", DISTRICT)])
def test_it_keeps_to_it_where_programs_write(role, area, own_engine, tmp_path):
    header = "" if role == "public" else f"Authorization:Token {token_of(own_engine[0], role, area)}"
    ask_everything(tmp_path, own_engine, role, header, ("POST", "PATCH", "DELETE"))
