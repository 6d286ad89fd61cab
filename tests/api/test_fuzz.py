"""Whatever the description of the API allows is asked of the live server, and much that it does not: never is the
answer an error of the server, or something the description does not say.

The suite asks a fixed sample: two examples of every operation. Deep runs ask everything of everyone on both databases:
`make fuzz`; FUZZ_EXAMPLES says how many examples each operation gets.
"""

import json
import os
import re
import subprocess
import sys
import urllib.request
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import DAQI, DISTRICT
from tests.processes import signed_in, token_of

from .conftest import live

pytestmark = pytest.mark.processes
AREAS = {"public": "", "clerk": DAQI, "admin": DISTRICT}
SEED = "16"
FILTERS = {
    "everything": [],
    "reading": ["--include-method=GET"],
    "writing": ["--exclude-method=GET"],
    # One kind of record, all acts, and what is unlike the rest: every bound of everything takes minutes.
    "bounded": ["--include-path-regex=/(points|drafts|events|figures|loads|ogc)/|}/[a-z]"],
}
SAMPLE = [
    ("sqlite", "public", "everything"),
    ("sqlite", "clerk", "reading"),
    ("sqlite", "clerk", "writing"),
    ("sqlite", "admin", "writing"),
    ("postgresql", "admin", "reading"),
    ("postgresql", "admin", "writing"),
]
LISTS, KEYS = ("results", "collections", "features"), ("code", "slug", "key", "id")
# Which areas exist, and which cursor belongs to which list, no description can say.
UNSAID = "positive_data_acceptance"
# What takes long where the machine is busy is no fault.
BUSY_MACHINE = ["--suppress-health-check", "too_slow", "--request-timeout", "60"]


@pytest.fixture(scope="module")
def server(request, tmp_path_factory):
    """A server of its own on each database, since nothing else is tested on what is written here: its environment, its
    address, and its description as a file, which takes a second to make."""
    database = request.getfixturevalue("postgres_database") if request.param == "postgresql" else ""
    folder = tmp_path_factory.mktemp(request.param)
    with live(folder, database) as (env, address):
        file = folder / "description.json"
        file.write_text(json.dumps(describe(env, address)), encoding="utf-8")
        yield env, address, file


def describe(env: dict[str, str], address: str) -> dict:
    """The description, with the keys of an existing record as the example of each path: what an act takes is read only
    where its record is found."""
    headers = {"Authorization": f"Token {token_of(env, 'admin', DISTRICT)}"}

    def get_json(path: str):
        with urllib.request.urlopen(urllib.request.Request(address + path, headers=headers)) as answer:
            return json.load(answer)

    @cache
    def first_key(path: str) -> str:
        """The key of the first record of a list, empty where there is none; the list of all lists is not served."""
        if path == "/api/v1/":
            return "points"
        content = get_json(path)
        rows = content if isinstance(content, list) else next(content[name] for name in LISTS if name in content)
        return next((row[name] for row in rows[:1] for name in KEYS if name in row), "")

    description = get_json("/api/v1/schema/?format=json")
    for path, operations in description["paths"].items():
        keys: dict[str, str] = {}
        for name in re.findall(r"{(\w+)}", path):
            keys[name] = first_key(path.partition(f"{{{name}}}")[0].format(**keys)) if all(keys.values()) else ""
        for parameter in (
            parameter for operation in operations.values() for parameter in operation.get("parameters", [])
        ):
            if parameter["in"] == "path" and keys[parameter["name"]]:
                parameter["example"] = keys[parameter["name"]]
    return description


@pytest.fixture
def ask(server, tmp_path):
    """Asks the server as `role` for some operations, by their name in FILTERS; it must keep to its description."""
    env, address, description = server

    def run(role: str, operations: str, phases: str, *options: str) -> None:
        command = [Path(sys.executable).with_name("schemathesis"), "run", description, "--url", address, "--no-color"]
        command += ["--exclude-checks", UNSAID, "--warnings", "off", "--generation-database", "none", *BUSY_MACHINE]
        command += ["--phases", phases, *options, *FILTERS[operations]]
        if role != "public":
            area, reads = AREAS[role], operations == "reading"
            cookie_or_token = signed_in(env, role, area) if reads else token_of(env, role, area)
            command += ["--header", f"{'Cookie:' if reads else 'Authorization:Token '}{cookie_or_token}"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        print(done.stdout[-400:])
        assert done.returncode == 0, done.stdout[-6000:]

    return run


@pytest.mark.parametrize(("server", "role", "operations"), SAMPLE, indirect=["server"])
def test_the_server_keeps_to_its_description(server, role, operations, ask):
    """People read by their session, programs write by a token."""
    ask(role, operations, "examples,fuzzing", "--max-examples", "2", "--seed", SEED)


@pytest.mark.parametrize("server", ["postgresql"], indirect=True)
def test_it_keeps_to_it_at_every_bound_of_points_and_of_acts(server, ask):
    ask("admin", "bounded", "coverage", "--seed", SEED)


@pytest.mark.deep
@pytest.mark.parametrize("operations", ["reading", "writing"])
@pytest.mark.parametrize("role", AREAS)
@pytest.mark.parametrize("server", ["sqlite", "postgresql"], indirect=True)
def test_it_keeps_to_it_however_long_it_is_asked(server, role, operations, seed, ask):
    examples = os.environ.get("FUZZ_EXAMPLES", "20")
    print(f"{examples} examples of each operation")
    ask(role, operations, "examples,coverage,fuzzing", "--max-examples", examples, "--seed", str(seed))
