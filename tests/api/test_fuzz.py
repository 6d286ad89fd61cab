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
# Which areas exist, and which cursor belongs to which list, no description can say.
UNSAID = "positive_data_acceptance"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def own_engine(request, tmp_path_factory):
    """A server for those who write: nothing else is tested on what they leave behind."""
    if request.param == "postgresql" and not postgres_programs():
        pytest.skip("PostgreSQL is not installed")
    with live(request.param, tmp_path_factory.mktemp(request.param)) as found:
        yield found


def ask_everything(folder: Path, known: dict[str, str], address: str, header: str, *more: str) -> None:
    seed = random.randrange(10**9)
    print(f"\n{known['DATABASE_URL'][:10] or 'sqlite'}: seed {seed}, {EXAMPLES} examples")
    command = [Path(sys.executable).with_name("schemathesis"), "run", f"{address}/api/v1/schema/", "--no-color"]
    options = ["--phases", "examples,coverage,fuzzing", "--exclude-checks", UNSAID, "--warnings", "off"]
    bounds = ["--max-examples", str(EXAMPLES), "--seed", str(seed), "--generation-database", "none"]
    headers = ["--header", header] if header else []
    done = subprocess.run(
        [*command, *options, *bounds, *headers, *more], cwd=folder, capture_output=True, text=True, check=False
    )
    print(done.stdout[-400:])
    assert done.returncode == 0, done.stdout[-6000:]


@pytest.mark.parametrize(("role", "area"), [("public", ""), ("clerk", DAQI), ("admin", DISTRICT)])
def test_the_server_keeps_to_its_description(role, area, each_engine, tmp_path):
    known, address = each_engine
    ask_everything(tmp_path, known, address, "" if role == "public" else f"Cookie:{signed_in(known, role, area)}")


@pytest.mark.parametrize(("role", "area"), [("clerk", DAQI), ("admin", DISTRICT)])
def test_it_keeps_to_it_where_programs_write(role, area, own_engine, tmp_path):
    known, address = own_engine
    header = f"Authorization:Token {token_of(known, role, area)}"
    writes = (f"--include-method={each}" for each in ("POST", "PATCH", "DELETE"))
    ask_everything(tmp_path, known, address, header, *writes)
