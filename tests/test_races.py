"""Two people at once: two who decide on the same round or draft, two who write the same field, two who promise the last
places. One does it, the other is told who was first, or what is left; without the locks both do it, and one of them in
vain."""

import json
import os
import subprocess
import sys

import pytest

from tests.processes import ROOT
from tools.servers import postgres, postgres_programs

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(not postgres_programs(), reason="PostgreSQL is not installed"),
]
DECIDING = {"Applications": 200, "Checks": 20, "Rechecks": 20}
WRITING = {"Scores": 20, "Drafts": 200, "Records": 20}
BOOKING = {"Bookings": 20}


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory):
    """What became of the races on each database; both run at the same time."""
    folder = tmp_path_factory.mktemp("races")
    with postgres() as address:
        running = {
            name: subprocess.Popen(
                [sys.executable, "-m", "tests.racing"],
                cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                env={"DATABASE_URL": where, "DATA_DIR": str(folder), "TESTING": "1", "PATH": os.environ["PATH"]},
            )
            for name, where in (("postgresql", address), ("sqlite", f"sqlite:///{folder / 'races.sqlite3'}"))
        }  # fmt: skip
        ended = {name: (*process.communicate(timeout=300), process.returncode) for name, process in running.items()}
    assert {name: error for name, (_told, error, code) in ended.items() if code} == {}
    told = {name: json.loads(told) for name, (told, _error, _code) in ended.items()}
    print(f"\n{json.dumps(told, indent=1)}")
    return told


def test_one_of_two_wins_every_race_and_the_other_is_told_who_was_first(ledgers):
    wanted = {race: {"one": rounds} for race, rounds in (DECIDING | WRITING | BOOKING).items()}
    assert ledgers["postgresql"]["locked"] == wanted


def test_so_it_is_on_sqlite_where_one_transaction_waits_for_the_other(ledgers):
    assert {name for counts in ledgers["sqlite"]["locked"].values() for name in counts} == {"one"}


@pytest.mark.parametrize("race", ["Applications", "Rechecks", *WRITING, *BOOKING])
def test_without_the_locks_both_win(race, ledgers):
    assert ledgers["postgresql"]["unlocked"][race].get("both", 0) > 0
