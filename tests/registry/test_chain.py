"""The chain over all events: added to without a lock, and broken by whatever is done behind the registry's back."""

import hashlib
import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Max
from django.utils import timezone

from registry.actions import event_chain
from registry.actions.event_chain import newest_link, seal, verify
from registry.actions.event_seal import against, export_day, export_finished_days
from registry.actions.records import ChangeSet, save_record
from registry.loading.bulk import add_values
from registry.models import Brand, Event, EventLink
from tests.factories import load_rows, make_belt
from tests.registry.test_loading_points import NEW

TABLES = {"registry_event": "id", "registry_eventlink": "number"}
OFF = {
    "sqlite": [
        f"DROP TRIGGER {name}_no_{act}" for name in ("event", "event_link") for act in ("update", "delete")
    ],
    "postgresql": [
        "SET CONSTRAINTS ALL IMMEDIATE", *(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in TABLES),
    ],
}  # fmt: skip


def logged(count: int, by=None, **more) -> list[Event]:
    """Events as acts add them."""
    belt = make_belt()
    return [ChangeSet(by, f"第{number}次").log("change", belt, {"name": ["甲", "乙"]}) for number in range(count)]


@pytest.fixture
def behind(sample):
    """Does what only who owns the database can: past the triggers."""

    def execute(statement: str, *values) -> None:
        with connection.cursor() as cursor:
            for switch in OFF[connection.vendor] if not execute.off else ():
                cursor.execute(switch)
            execute.off = True
            cursor.execute(statement, values)

    execute.off = False
    return execute


def numbers(link: EventLink) -> list[int]:
    return [number for first, end in link.ranges for number in range(first, end + 1)]


def test_every_event_is_covered_once_in_order(sample, administrator):
    events = logged(5, administrator)
    assert (seal(), seal()) == (5, 0)
    events += logged(3, administrator)
    assert seal() == 3
    links = EventLink.objects.order_by("number")
    assert [number for link in links for number in numbers(link)] == [event.pk for event in events]
    assert [link.previous for link in links] == ["", *(link.hash for link in links)][:-1]
    assert (verify().links, verify().events, verify().broken) == (2, 8, None)


def test_a_link_holds_so_many_events_and_an_act_adds_so_many_links(sample, administrator, monkeypatch):
    monkeypatch.setattr(event_chain, "MOST", 2)
    logged(9, administrator)
    assert seal(event_chain.AT_ONCE) == 6
    assert verify().waiting == 3
    assert seal() == 3
    assert verify().links == 5


TAMPERED = {
    "a reason": ("UPDATE registry_event SET reason = 'x' WHERE id = %s", "one of its events was changed"),
    "a value": ("UPDATE registry_event SET changes = '{}' WHERE id = %s", "one of its events was changed"),
    "the time": (
        "UPDATE registry_event SET at = '2020-01-01T00:00:00Z' WHERE id = %s",
        "one of its events was changed",
    ),
    "the actor": ("UPDATE registry_event SET actor_id = NULL WHERE id = %s", "one of its events was changed"),
    "a deletion": ("DELETE FROM registry_event WHERE id = %s", "is missing"),
}


@pytest.mark.parametrize(("statement", "why"), TAMPERED.values(), ids=TAMPERED)
def test_whatever_is_changed_behind_its_back_breaks_the_first_link_that_covers_it(
    statement, why, behind, administrator
):
    events = []
    for _ in range(3):
        events += logged(2, administrator)
        seal()
    behind(statement, events[3].pk)
    broken = verify().broken
    assert (broken.number, why in broken.why) == (2, True)
    assert broken.events == f"{events[2].pk}–{events[3].pk}"
    with pytest.raises(CommandError, match=f"broken at link 2 .*{events[2].pk}"):
        call_command("events", "--verify")


def test_an_event_with_a_number_that_was_passed_is_found(behind, administrator):
    first = logged(1, administrator)[0]
    seal()
    columns = (
        "change_set, at, actor_id, verb, kind, code, area, changes, reason, document_no, role, address, request_id"
    )
    behind(
        f"INSERT INTO registry_event (id, {columns}) SELECT 0, {columns} FROM registry_event WHERE id = %s", first.pk
    )
    assert verify().broken.why == "event 0 was put in later"


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE registry_eventlink SET digest = repeat('0', 64) WHERE number = 2", "the link was changed"),
        ("UPDATE registry_eventlink SET previous = '' WHERE number = 2", "the link was changed"),
        ("DELETE FROM registry_eventlink WHERE number = 2", "the link is missing"),
    ],
)
def test_a_link_that_was_changed_or_taken_away_is_named(statement, why, behind, administrator):
    for _ in range(3):
        logged(1, administrator)
        seal()
    if connection.vendor == "sqlite":
        statement = statement.replace("repeat('0', 64)", "'0'")
    behind(statement)
    assert (verify().broken.number, verify().broken.why) == (2, why)


def test_of_two_who_add_a_link_at_once_the_second_looks_again(sample, administrator, monkeypatch):
    """It read the chain before the other added to it."""
    logged(1, administrator)
    seal()
    before = newest_link()
    logged(1, administrator)
    seal()
    logged(1, administrator)
    heads = iter([before])
    monkeypatch.setattr(event_chain, "newest_link", lambda: next(heads, None) or newest_link())
    assert seal() == 1
    monkeypatch.undo()
    assert (verify().links, verify().events, verify().broken) == (3, 3, None)


def test_an_event_of_a_transaction_that_ends_late_is_covered_by_a_later_link(behind, administrator):
    """Its number is lower than those that were committed, and covered, before it."""
    events = logged(3, administrator)
    late = Event.objects.get(pk=events[1].pk)
    behind("DELETE FROM registry_event WHERE id = %s", late.pk)
    assert seal() == 2
    assert newest_link().gaps[-1][:2] == [late.pk, late.pk]
    late.save(force_insert=True)
    assert verify().waiting == 1
    assert seal() == 1
    assert (newest_link().ranges, newest_link().gaps[1:]) == ([[late.pk, late.pk]], [])
    assert (verify().events, verify().broken) == (3, None)


def test_a_number_that_nobody_used_is_waited_for_no_longer_than_a_transaction_lasts(behind, administrator, monkeypatch):
    events = logged(3, administrator)
    behind("DELETE FROM registry_event WHERE id = %s", events[1].pk)
    seal()
    logged(1, administrator)
    later = timezone.now() + event_chain.GAP + timedelta(seconds=1)
    monkeypatch.setattr("registry.actions.event_chain.timezone.now", lambda: later)
    seal()
    assert newest_link().gaps == []
    assert verify().broken is None


def test_an_act_adds_its_link_when_it_is_committed(sample, administrator, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        brand = Brand.objects.public().first()
        for name in ("甲", "乙"):
            brand.name = name
            save_record(brand, by=administrator)
    assert len(callbacks) == 1
    assert (verify().events, verify().waiting) == (2, 0)


def test_a_load_is_covered_too(sample, administrator):
    load_rows("point", NEW, by=administrator)
    count = Event.objects.count()
    assert seal() == count
    assert (verify().events, verify().broken) == (count, None)


def test_the_command_says_how_many_and_covers_the_rest(sample, administrator, capsys):
    logged(2, administrator)
    call_command("events", "--verify")
    assert "0 events in 0 links" in capsys.readouterr().out
    call_command("events", "--verify")
    assert "2 events in 1 links, as they were written." in capsys.readouterr().out


REFUSED = [
    "UPDATE {table} SET {key} = {key}",
    "DELETE FROM {table}",
    *(["INSERT OR REPLACE INTO {table} SELECT * FROM {table}"] if connection.vendor == "sqlite" else []),
    *(["REPLACE INTO {table} SELECT * FROM {table}"] if connection.vendor == "sqlite" else []),
    *(["TRUNCATE {table}", "TRUNCATE {table} CASCADE"] if connection.vendor == "postgresql" else []),
]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("statement", REFUSED)
def test_the_database_refuses_to_change_replace_or_empty(statement, table, sample, administrator):
    logged(1, administrator)
    seal()
    before = list(EventLink.objects.values()), list(Event.objects.values())
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table=table, key=TABLES[table]))
    assert (list(EventLink.objects.values()), list(Event.objects.values())) == before


@pytest.mark.skipif(connection.vendor != "sqlite", reason="how SQLite replaces a row")
def test_the_values_of_an_event_cannot_be_replaced_under_its_number(sample, administrator):
    [event] = logged(1, administrator)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT OR REPLACE INTO registry_event (id, change_set, at, verb, kind, code, area, changes, reason, "
            "document_no, role, address, request_id) VALUES (%s, %s, %s, 'x', 'x', 'x', '', '{}', 'x', '', '', '', '')",
            [event.pk, uuid4().hex, timezone.now()],
        )
    assert Event.objects.get(pk=event.pk).reason == "第0次"


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no roles")
def test_the_application_can_neither_change_events_nor_take_the_triggers_off(sample, administrator):
    """As the application connects: by a role that owns all tables but those of events."""
    logged(1, administrator)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("CREATE ROLE showcase_app")
        cursor.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO showcase_app")
        call_command("own_events", "showcase_events", "--app", "showcase_app")
        cursor.execute("SET LOCAL ROLE showcase_app")
    last = Event.objects.aggregate(last=Max("pk"))["last"]
    add_values(Event, ("change_set", "verb", "kind", "code", "changes"), [(uuid4(), "add", "test", "T", {})])
    assert seal() == 2
    for statement in (
        f"UPDATE registry_event SET reason = 'x' WHERE id = {last}",
        "DELETE FROM registry_event",
        "TRUNCATE registry_event",
        "ALTER TABLE registry_event DISABLE TRIGGER USER",
        "DROP TRIGGER event_stays ON registry_event",
        "CREATE OR REPLACE FUNCTION registry_event_stays() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RETURN NEW; END $$",
        "DROP TABLE registry_eventlink",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert Event.objects.count() == 2


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no roles")
def test_the_events_are_given_back_for_a_migration_and_names_of_roles_are_plain(sample):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        own = cursor.fetchone()[0]
        call_command("own_events", "showcase_events", "--app", own)
        call_command("own_events", own, "--app", own)
        cursor.execute("SELECT tableowner FROM pg_tables WHERE tablename = 'registry_event'")
        assert cursor.fetchone()[0] == own
    with pytest.raises(CommandError, match="no plain name"):
        call_command("own_events", "x; DROP TABLE registry_event")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has roles")
def test_on_sqlite_there_is_nobody_to_give_them_to(sample, capsys):
    call_command("own_events", "--if-can")
    assert capsys.readouterr() == ("", "")
    with pytest.raises(CommandError, match="SQLite has no roles"):
        call_command("own_events")


def test_a_day_is_written_with_its_hashes_and_the_head_of_the_chain(sample, administrator, tmp_path):
    logged(3, administrator)
    lines = export_day(tmp_path, timezone.localdate())
    events = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
    assert [event["reason"] for event in events] == ["第0次", "第1次", "第2次"]
    assert events[0]["actor"] == administrator.username
    head = json.loads(lines.with_suffix(".json").read_text(encoding="utf-8"))
    assert (head["events"], head["chain"]["hash"]) == (3, newest_link().hash)
    sums = dict(reversed(line.split("  ")) for line in lines.with_suffix(".sha256").read_text().splitlines())
    for name, expected in sums.items():
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == expected
    assert sums.keys() == {lines.name, lines.with_suffix(".json").name}


def test_days_that_are_over_are_written_once_each(sample, tmp_path):
    [file] = export_finished_days(tmp_path)
    assert file.name == f"events-{timezone.localdate() - timedelta(days=1)}.jsonl"
    assert export_finished_days(tmp_path) == []
    for path in tmp_path.iterdir():
        path.rename(tmp_path / path.name.replace(file.stem, f"events-{timezone.localdate() - timedelta(days=4)}"))
    assert len(export_finished_days(tmp_path)) == 3
    with pytest.raises(CommandError, match="never written twice"):
        call_command("events", "--seal", str(tmp_path), "--day", f"{timezone.localdate() - timedelta(days=1)}")


def test_a_chain_that_was_written_anew_does_not_fit_what_was_kept_elsewhere(behind, administrator, tmp_path):
    [event] = logged(1, administrator)
    call_command("events", "--seal", str(tmp_path))
    call_command("events", "--verify", "--against", str(tmp_path))
    behind("UPDATE registry_event SET reason = 'x' WHERE id = %s", event.pk)
    behind("DELETE FROM registry_eventlink")
    seal()
    assert verify().broken is None
    with pytest.raises(CommandError, match="written anew"):
        call_command("events", "--verify", "--against", str(tmp_path))


def test_an_export_that_was_changed_is_named(sample, administrator, tmp_path):
    logged(1, administrator)
    lines = export_day(tmp_path, timezone.localdate())
    assert list(against(tmp_path)) == []
    lines.write_text("{}\n", encoding="utf-8")
    assert list(against(tmp_path)) == [f"{lines.name} is not as it was written"]
