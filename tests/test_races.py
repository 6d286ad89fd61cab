"""Two people at once, 200 times each: one comes through, the other is told and loses nothing."""

import json
import os
import subprocess
import sys

import pytest

from tests.processes import ROOT, prepare
from tools.servers import postgres, postgres_programs

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(not postgres_programs(), reason="PostgreSQL is not installed"),
]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """How the pairs ended, by race."""
    with postgres() as database:
        known = {
            "SECRET_KEY": "only-for-this-test-" + "x" * 40, "DATABASE_URL": database, "REDIS_URL": "", "TESTING": "1",
            "DATA_DIR": str(tmp_path_factory.mktemp("data")), "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "fengnan.settings",
        }  # fmt: skip
        prepare(known)
        done = subprocess.run(
            [sys.executable, "-m", "tests.races"], cwd=ROOT, env=known, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stderr[-2000:]
        print(f"\n{done.stdout}")
        return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("race", ["typing", "scoring", "deciding"])
def test_of_two_at_once_exactly_one_comes_through(race, outcomes):
    assert outcomes[race] == {"one": 200}


@pytest.mark.parametrize("race", ["typing", "scoring"])
def test_without_the_locks_one_overwrites_the_other_unseen(race, outcomes):
    assert outcomes[f"{race} without locks"]["both"] > 0


def test_without_the_locks_two_decisions_meet_at_the_last_line_of_defence(outcomes):
    twin = outcomes["deciding without locks"]
    assert twin.get("both", 0) + twin.get("broke", 0) > 0
