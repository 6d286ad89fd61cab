"""Whatever the description of the API allows is asked of the live server, and much that it does not: never is the
answer an error of the server, or something the description does not say. `make fuzz` asks longer."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import DAQI, DISTRICT
from tests.processes import signed_in

pytestmark = pytest.mark.processes
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "3"))
# Which areas exist, and which cursor belongs to which list, no description can say.
UNSAID = "positive_data_acceptance"


@pytest.mark.parametrize(("role", "area"), [("public", ""), ("clerk", DAQI), ("admin", DISTRICT)])
def test_the_server_keeps_to_its_description(role, area, each_engine, tmp_path):
    known, address = each_engine
    headers = [] if role == "public" else ["--header", f"Cookie:{signed_in(known, role, area)}"]
    seed = random.randrange(10**9)
    print(f"\n{role}, {known['DATABASE_URL'][:10] or 'sqlite'}: seed {seed}, {EXAMPLES} examples")
    command = [Path(sys.executable).with_name("schemathesis"), "run", f"{address}/api/v1/schema/", "--no-color"]
    options = ["--phases", "examples,coverage,fuzzing", "--exclude-checks", UNSAID, "--warnings", "off"]
    bounds = ["--max-examples", str(EXAMPLES), "--seed", str(seed), "--generation-database", "none"]
    done = subprocess.run(
        [*command, *options, *bounds, *headers], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    print(done.stdout[-400:])
    assert done.returncode == 0, done.stdout[-6000:]
