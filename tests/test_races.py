"""Two people at once: two who decide on the same round or draft, two who write the same field, two who begin a site at
one village, two who promise the last places. One does it, the other is told who was first, or what is left; without the
locks both do it, and one of them in vain."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.processes import ROOT
from tools.sample_database import sqlite_sample

pytestmark = pytest.mark.processes
RACES = ["Applications", "Checks", "Rechecks", "Scores", "Drafts", "Beginnings", "Records", "Bookings"]
UNSAFE = [race for race in RACES if race != "Checks"]  # the order of statuses alone keeps two checks apart


@pytest.fixture(scope="module", params=[5, pytest.param(300, marks=pytest.mark.deep)])
def rounds(request) -> int:
    return request.param


@pytest.fixture(scope="module")
def ledgers(rounds, postgres_database, tmp_path_factory):
    """How the rounds of each race ended on each database; both run at the same time."""
    folder = tmp_path_factory.mktemp("races")
    shutil.copy(sqlite_sample(), folder / "races.sqlite3")
    running = {
        name: subprocess.Popen(
            [sys.executable, "-m", "tests.racing", str(rounds)],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={"DATABASE_URL": database, "DATA_DIR": str(folder), "TESTING": "1", "PATH": os.environ["PATH"]},
        )
        for name, database in (("postgresql", postgres_database), ("sqlite", f"sqlite:///{folder / 'races.sqlite3'}"))
    }  # fmt: skip
    ended = {name: (*process.communicate(), process.returncode) for name, process in running.items()}
    assert {name: errors for name, (_output, errors, code) in ended.items() if code} == {}
    ledgers = {name: json.loads(output) for name, (output, _errors, _code) in ended.items()}
    print(f"\n{json.dumps(ledgers, indent=1)}")
    return ledgers


def test_one_of_two_wins_every_race_and_the_other_is_told_who_was_first(ledgers, rounds):
    assert ledgers["postgresql"]["locked"] == {race: {"one": rounds} for race in RACES}


def test_so_it_is_on_sqlite_where_one_transaction_waits_for_the_other(ledgers, rounds):
    assert ledgers["sqlite"]["locked"] == {race: {"one": rounds} for race in RACES}


@pytest.mark.parametrize("race", UNSAFE)
def test_without_the_locks_both_win(race, ledgers):
    assert ledgers["postgresql"]["unlocked"][race].get("both", 0) > 0
