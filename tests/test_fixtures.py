"""`dumpdata` → an empty database → `loaddata` is a round trip, on both engines."""

import os
import shutil

import pytest

from tests.processes import manage
from tests.test_upgrade import ENGINES, output_of
from tools.sample_database import database_url, postgres_copy, run_sql, sqlite_sample
from tools.servers import postgres

pytestmark = pytest.mark.processes
# Rows of every shape: voided parts, drafts, closed years, accounts, times to the microsecond.
WORK = """
import uuid
from registry.actions.drafts import draft_of
from registry.actions.years import close_year
from registry.figures.frozen import take_year
from registry.models import *
User.objects.create_user("clerk", password="x", role="clerk", read_prefix="130207", write_prefix="130207")
admin = User.objects.create_user("admin", password="x", role="admin", read_prefix="130207", write_prefix="130207")
draft_of(DemonstrationPoint.objects.public().first(), by=User.objects.get(username="clerk"))
close_year(2020, take_year, by=admin, edition=0)
member = BeltMembership.objects.first()
BeltMembership._base_manager.filter(pk=member.pk).update(voided=uuid.uuid4())
member.pk = None
member.save()
"""
STATE = "from registry.models import *; print(Event.objects.count(), SearchEntry.objects.count())"


# Sequences are PostgreSQL's alone
@pytest.mark.parametrize("engine", [pytest.param("sqlite", marks=pytest.mark.deep), *ENGINES[1:]])
def test_a_dump_loaded_into_an_empty_database_is_the_same_registry(engine, tmp_path):
    names = [tmp_path / name for name in ("old", "new")]
    old, new = ({"SECRET_KEY": "only-for-this-test-" + "x" * 40, "DATA_DIR": str(folder), "PATH": os.environ["PATH"]}
                for folder in names)  # fmt: skip
    for folder in names:
        folder.mkdir()
    if engine == "sqlite":
        shutil.copy(sqlite_sample(), names[0] / "registry.sqlite3")
        _round_trip(old, new, tmp_path)
        return
    with postgres() as server, postgres_copy(server) as database:
        run_sql(server, "CREATE DATABASE empty")
        _round_trip(old | {"DATABASE_URL": database}, new | {"DATABASE_URL": database_url(server, "empty")}, tmp_path)


def _round_trip(old: dict, new: dict, folder) -> None:
    first, second = folder / "first.json", folder / "second.json"
    output_of(old, "shell", "-v0", "-c", WORK)
    manage(old, "dumpdata", "-o", str(first))
    manage(new, "migrate", "-v0")
    manage(new, "loaddata", str(first), "-v0")
    manage(new, "dumpdata", "-o", str(second))
    assert second.read_bytes() == first.read_bytes()
    assert "617 figures as written" in output_of(new, "frozen", "2020")
    assert "as they were written" in output_of(new, "events", "--verify")
    state = output_of(new, "shell", "-v0", "-c", STATE)
    assert state.split()[1] == output_of(old, "shell", "-v0", "-c", STATE).split()[1]
    manage(new, "loaddata", str(first), "-v0")
    assert output_of(new, "shell", "-v0", "-c", STATE) == state  # a second time, all is the same
